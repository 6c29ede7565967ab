"""How fast the simulation is: `python benchmarks/simulation.py [MODEL.mat]` (a 200-unit network by default).

Every figure is the median of several runs in this process; the NumPy step and the kernel are timed in turns.
"""

import platform
import statistics
import subprocess
import sys
import time

import numpy as np

from spiking import LIF_network_fnc, LIFParams, RandomDraws, RateModel, SpikingNetwork, simulate
from spiking.simulation.reference import step_by_step


def random_network(n, density, *, seed=0):
    """Balanced random weights that give a few Hz, stored as `from_rate` would store them."""
    rng = np.random.default_rng(seed)
    inhibitory = np.arange(n) >= 0.8 * n
    w = np.abs(rng.standard_normal((n, n))) * (rng.random((n, n)) < density) / np.sqrt(n * density)
    model = RateModel.load(
        {
            "w": w,
            "m": np.where(inhibitory, -1.0, 1.0),
            "w_in": rng.standard_normal((n, 1)),
            "w_out": rng.standard_normal((1, n)) / 100,
            "b_out": 0.0,
            "N": n,
            "exc": ~inhibitory,
            "inh": inhibitory,
            "taus": [4.0, 20.0],
            "taus_gaus": rng.standard_normal(n),
            "activation": "sigmoid",
        }
    )
    excitation = SpikingNetwork.from_rate(model, 60.0)
    stronger = np.where(inhibitory, 8.0, 1.0)  # the few inhibitory units outweigh the others
    weights = excitation.weights * stronger
    return SpikingNetwork(
        weights=weights if isinstance(weights, np.ndarray) else weights.tocsc(),
        w_in=excitation.w_in,
        readout=excitation.readout,
        tau_decay=excitation.tau_decay,
        populations=excitation.populations,
        params=LIFParams(),
        scaling_factor=60.0,
    )


def milliseconds(run, repeats):
    """Median time of `run(k)` after one warm-up."""
    run(0)
    times = []
    for k in range(repeats):
        start = time.perf_counter()
        run(k)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def main():
    """Print the table."""
    pulse = np.zeros((1, 201))
    pulse[0, 50:75] = 1
    network = SpikingNetwork.from_rate(sys.argv[1], 50.0) if len(sys.argv) > 1 else random_network(200, 0.1)
    model = RateModel.load(sys.argv[1]) if len(sys.argv) > 1 else None
    n = network.n_neurons
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"{network}\n")

    draws = RandomDraws.from_seed(0, 0, n_neurons=n, n_steps=20_000)
    slow, fast = [], []
    simulate(network, pulse, draws=draws)
    for _ in range(3):
        slow.append(milliseconds(lambda _: step_by_step(network, pulse, draws), 1))
        fast.append(milliseconds(lambda _: simulate(network, pulse, draws=draws, threads=1), 5))
    ratio = statistics.median(a / b for a, b in zip(slow, fast, strict=True))
    print(f"NumPy step, replayed noise      {statistics.median(slow):8.1f} ms a trial")
    print(
        f"kernel, replayed noise          {statistics.median(fast):8.2f} ms a trial, {ratio:.0f} times faster"
    )

    one = milliseconds(lambda k: simulate(network, pulse, seed=k, trials=20, threads=1), 5) / 20
    two = milliseconds(lambda k: simulate(network, pulse, seed=k, trials=20, threads=2), 5) / 20
    print(f"kernel, own noise, one thread   {one:8.2f} ms a trial")
    print(f"kernel, own noise, two threads  {two:8.2f} ms a trial, {one / two:.2f} times one")
    if model:
        call = milliseconds(
            lambda k: LIF_network_fnc(model, 50.0, pulse, {"mode": "none"}, 1, False, seed=k), 9
        )
        print(f"LIF_network_fnc, all arrays     {call:8.1f} ms a call")
    for size in (1000, 5000):
        large = random_network(size, 0.1)
        rate = simulate(large, pulse, seed=0).rates.mean()
        took = milliseconds(lambda k, large=large: simulate(large, pulse, seed=k, threads=1), 5)
        print(f"N = {size}, {rate:.1f} Hz, one thread    {took:8.1f} ms a trial")

    started = time.perf_counter()
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import numpy as np, sys; sys.path.insert(0, 'benchmarks');"
            "from simulation import random_network; from spiking import simulate;"
            "simulate(random_network(200, 0.1), np.zeros((1, 201)))",
        ],
        check=True,
    )
    print(f"a new process, first simulation {1000 * (time.perf_counter() - started):8.0f} ms in all")
    for name in ("numpy", "spiking"):
        best = min(
            subprocess.run(
                [
                    sys.executable,
                    "-c",
                    f"import time; t = time.perf_counter(); import {name}; print(time.perf_counter() - t)",
                ],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for _ in range(5)
        )
        print(f"import {name:24} {1000 * float(best):8.0f} ms")


if __name__ == "__main__":
    main()

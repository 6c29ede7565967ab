"""Time adaptation, short-term plasticity and delays: against the plain kernel, and Brian2's C++ standalone.

Run where Brian2 is installed (``pip install ".[brian2]"``): ``python benchmarks/biology.py``. One thread; the
same network and inputs in one run; best of several, so that other work on the machine matters less.
"""

import tempfile
import time

import brian2

from spiking import Record, SpikingNetwork, datasets, simulate, tasks
from spiking.export import to_brian2
from spiking.network import ShortTermPlasticity
from spiking.neuron import Adaptation

REPEATS, TRIALS = 9, 8
PLAIN = SpikingNetwork.from_rate(datasets.load("go-nogo"))
ADAPTING = PLAIN.with_params(adaptation=Adaptation(0.1, 100.0))
PLASTIC = PLAIN.with_plasticity(ShortTermPlasticity(0.5, 20.0), pre="exc")
NETWORKS = {
    "plain": PLAIN,
    "adaptation of the current": ADAPTING,
    "adaptation of the threshold": PLAIN.with_params(adaptation=Adaptation(0.1, 100.0, "threshold")),
    "short-term plasticity": PLASTIC,
    "delays of 1.5 ms": PLAIN.with_delays(1.5),
    "adaptation, plasticity and delays": PLASTIC.with_params(
        adaptation=ADAPTING.params.adaptation
    ).with_delays(1.5),
    "exponential neurons": PLAIN.with_params(neuron="exponential", threshold=30.0),
}
INPUTS = tasks.get("go-nogo").trials(TRIALS, seed=1).spiking_inputs


def kernel_times():
    """Return seconds of a trial for each network, and their mean rates in Hz."""
    best, rates = dict.fromkeys(NETWORKS, float("inf")), {}
    for name, network in NETWORKS.items():  # compiles
        rates[name] = simulate(network, INPUTS, seed=1, threads=1).rates.mean()
    for _ in range(REPEATS):
        for name, network in NETWORKS.items():
            start = time.perf_counter()
            simulate(network, INPUTS, seed=1, threads=1, record=Record(interval=1.0))
            best[name] = min(best[name], (time.perf_counter() - start) / TRIALS)
    return best, rates


def brian2_time(network):
    """Return the seconds of a trial in Brian2's C++ standalone, without compilation."""
    brian2.device.reinit()
    brian2.set_device("cpp_standalone", build_on_run=False)
    twin = to_brian2(network, INPUTS[0])
    twin.run(1 * brian2.second)
    with tempfile.TemporaryDirectory() as folder:
        brian2.device.build(directory=folder, compile=True, run=False)
        times = []
        for _ in range(3):
            brian2.device.run(directory=folder)
            times.append(brian2.device._last_run_time)
    brian2.device.reinit()
    return min(times)


if __name__ == "__main__":
    times, rates = kernel_times()
    print(f"{'200 neurons, 1 s, one thread':36} ms a trial  times the plain kernel")
    for name, seconds in times.items():
        print(f"{name:36} {1000 * seconds:10.2f}  {seconds / times['plain']:.2f}  ({rates[name]:.1f} Hz)")
    for name in ("plain", "adaptation, plasticity and delays"):
        seconds = brian2_time(NETWORKS[name])
        faster = seconds / times[name]
        print(f"Brian2 C++ standalone, {name}: {1000 * seconds:.0f} ms, {faster:.1f} times the kernel")

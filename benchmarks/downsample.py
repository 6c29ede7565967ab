"""What `downsample` costs and gains: time, accuracy and rates at 1, 2 and 4 on trained Go-NoGo models.

    python benchmarks/downsample.py model.mat:30 other.mat:55 --trials 1000

The number after the colon is the scaling factor. Half of the trials are Go, half NoGo. Times are for one
thread: the fastest of 100 single trials of `simulate` (output only) and of 30 calls of `LIF_network_fnc`.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.stats import binomtest

from spiking import LIF_network_fnc, RateModel, SpikingNetwork, simulate
from spiking.tasks import GoNoGo


def fastest(call, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def measure(path: str, factor: float, downsample: int, n_trials: int) -> str:
    task, model = GoNoGo(), RateModel.load(path)
    network = SpikingNetwork.from_rate(model, factor)
    correct, rates = {}, []
    for condition in task.conditions:
        trials = task.trials(n_trials // 2, seed=1, condition=condition)
        run = simulate(network, trials.spiking_inputs, seed=1, downsample=downsample)
        correct[condition] = int(task.score(run.output[:, 0], run.time, trials).sum())
        rates.append(run.rates.mean())
    total = sum(correct.values())
    interval = binomtest(total, n_trials).proportion_ci(method="wilson")
    u = task.trials(1, seed=1, condition="go").spiking_inputs[0]
    one = fastest(lambda: simulate(network, u, seed=1, downsample=downsample, threads=1), 100)
    published = fastest(
        lambda: LIF_network_fnc(model, factor, u, {"mode": "none"}, downsample, False, seed=1), 30
    )
    parts = ", ".join(f"{name} {2 * hits / n_trials:.1%}" for name, hits in correct.items())
    return (
        f"downsample {downsample}: {total / n_trials:.1%} correct "
        f"[{interval.low:.1%}, {interval.high:.1%}] ({parts}), mean rate {np.mean(rates):.2f} Hz, "
        f"simulate {one:.1f} ms, LIF_network_fnc {published:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="MODEL:FACTOR")
    parser.add_argument("--trials", type=int, default=1000)
    arguments = parser.parse_args()
    for model in arguments.models:
        path, _, factor = model.rpartition(":")
        print(f"{path}, scaling factor {factor}, {arguments.trials} trials")
        for downsample in (1, 2, 4):
            print(" ", measure(path, float(factor), downsample, arguments.trials), flush=True)


if __name__ == "__main__":
    main()

"""Time of a simulation with each experiment, against the plain one: `python benchmarks/experiments.py`.

Processor time of one thread, the median of the ratios of runs one after the other. Rates differ between
experiments and so does the work of spikes: rates are printed too.
"""

import statistics
import time

import numpy as np

from spiking import Smoothing, SpikingNetwork, UnitFraction, datasets, evaluate, simulate, sweep, tasks

TRIALS, REPEATS = 10, 9


def seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def main():
    task = tasks.ContextIntegration()
    network = SpikingNetwork.from_rate(datasets.load("mante-sigmoid"), 60)
    u = task.trials(TRIALS, seed=1).spiking_inputs
    experiments = {
        "scale I to E": network.scale_weights(pre="inh", post="exc", factor=0.9),
        "cut 20 %": network.cut(fraction=0.2),
        "shuffle": network.shuffle_weights(seed=1),
        "freeze I to E": network.freeze(u, seed=1, pre="inh", post="exc"),
        "remove autapses": network.remove_autapses(),
        "lesion 20 %": network.lesion(UnitFraction(0.2)),
    }

    def plain():
        simulate(network, u, seed=1, threads=1)

    plain()
    print(f"plain simulation: {1000 * seconds(plain) / TRIALS:.1f} ms a trial")
    for name, changed in experiments.items():
        ratios = [
            seconds(lambda changed=changed: simulate(changed, u, seed=1, threads=1)) / seconds(plain)
            for _ in range(REPEATS)
        ]
        rate = np.nanmean(simulate(changed, u, seed=1).rates)
        print(f"{name:24} {statistics.median(ratios):.2f}  {rate:.1f} Hz")

    def scored():
        evaluate(network, task, TRIALS, seed=1, threads=1)

    others = {
        "gaussian smoothing": lambda: evaluate(
            network, task, TRIALS, seed=1, threads=1, smoothing=Smoothing("gaussian", 20.0)
        ),
        "exponential smoothing": lambda: evaluate(
            network, task, TRIALS, seed=1, threads=1, smoothing=Smoothing("exponential", 20.0)
        ),
        "sweep of one point": lambda: sweep(
            network, task, grid={"refractory": [2.0]}, trials=TRIALS, seed=1, threads=1
        ),
    }
    for name, work in others.items():
        print(f"{name:24} {statistics.median(seconds(work) / seconds(scored) for _ in range(REPEATS)):.2f}")


if __name__ == "__main__":
    main()

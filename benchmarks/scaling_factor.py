"""What a scaling factor does: mean rate and accuracy of trained models at 20, 25, ..., 75 and 100.

    python benchmarks/scaling_factor.py go-nogo:model.mat xor:other.mat --trials 100

The word before the colon is the model's task.
"""

from __future__ import annotations

import argparse

import numpy as np

from spiking import RateModel, SpikingNetwork, simulate, tasks

FACTORS = (*range(20, 80, 5), 100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="TASK:MODEL")
    parser.add_argument("--trials", type=int, default=100)
    arguments = parser.parse_args()
    for argument in arguments.models:
        name, _, path = argument.partition(":")
        task, model = tasks.get(name), RateModel.load(path)
        weights = model.effective_weights()
        print(
            f"{path}: recurrent weights sum to {weights.sum():.0f} "
            f"({weights[weights > 0].sum():.0f} excitatory, {weights[weights < 0].sum():.0f} inhibitory)"
        )
        trials = task.trials(arguments.trials, seed=1)
        for factor in FACTORS:
            run = simulate(SpikingNetwork.from_rate(model, factor), trials.spiking_inputs, seed=1)
            correct = task.score(run.output[:, 0], run.time, trials)
            exc, inh = (np.mean(run.rates[:, model.populations[kind]]) for kind in ("exc", "inh"))
            print(
                f"  factor {factor:3}: mean rate {run.rates.mean():5.2f} Hz "
                f"(exc {exc:5.2f}, inh {inh:5.2f}), {correct.mean():.0%} correct",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""Show why some rectified networks do not convert: accuracy of rate networks against the strength of noise.

python benchmarks/conversion_failures.py docs/conversion/go-nogo.csv docs/images/conversion_failures.png

The table has the clipped_relu networks of `spiking reproduce sparse --seed 1` that took no part in choosing
the matched conversion; they are trained again here, with one of the other half that fails.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from spiking import plotting
from spiking.conversion import fit_conversion
from spiking.evaluation import score
from spiking.reproduce.networks import Network, train_network
from spiking.tasks import GoNoGo

NETWORK = Network(GoNoGo(), 250, (20.0, 50.0), {"activation": "clipped_relu", "p_rec": 0.2})
CHOICE_HALF = 100017
NOISE = np.array([0.05, 0.075, 0.1, 0.125, 0.15, 0.2])
SHOWN = 12  # that convert
GUESSING = 60  # %


def accuracy(model, noise):
    trials = NETWORK.task.trials(100, seed=7)
    run = model.run(trials.inputs, seed=3, noise=noise)
    return score(NETWORK.task, run.output, trials.time, trials).mean()


def main():
    table, picture = map(Path, sys.argv[1:])
    with table.open() as file:
        rows = [row for row in csv.DictReader(file) if row["activation"] == "clipped_relu"]
    failed = [int(row["seed"]) for row in rows if int(row["matched"]) < 95]
    converted = [int(row["seed"]) for row in rows if int(row["matched"]) >= 95][:SHOWN]
    models = {seed: train_network(NETWORK, seed, None)[1] for seed in [*converted, *failed, CHOICE_HALF]}
    with plotting.publication():
        figure, (left, right) = plt.subplots(1, 2, figsize=(6.7, 2.4), layout="constrained")
        colours, labels = iter(("#0072B2", "#D55E00", "#009E73", "#CC79A7")), {}
        for seed, model in models.items():
            values = [100 * accuracy(model, noise) for noise in NOISE]
            print(seed, [f"{value:.0f}" for value in values])
            if seed in converted:
                label, how = f"{len(converted)} that convert", {"color": "0.75", "zorder": 1}
            elif max(values) < GUESSING:
                label, how = "fail, no better than guessing themselves", {"color": "#7A1F4F"}
            else:
                label, how = f"fails, seed {seed}", {"color": next(colours)}
            labels[label] = left.plot(NOISE, values, **how)[0]
        left.axvline(0.1, color="0.4", linestyle=":", linewidth=0.8)
        left.set(
            xlabel="Noise of a step (trained with 0.1)", ylabel="Rate network correct (%)", ylim=(0, 103)
        )
        left.legend(labels.values(), labels, fontsize=6, loc="lower left", frameon=False)
        plotting.conversion(models[CHOICE_HALF], fit_conversion(models[CHOICE_HALF], "go-nogo"), ax=right)
        right.set_title(f"Seed {CHOICE_HALF}", fontsize=7)
        figure.savefig(picture, dpi=200)


if __name__ == "__main__":
    main()

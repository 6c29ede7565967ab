"""Let inputs pass the synaptic filter of each unit, as in the rate network, and see what converts then.

python benchmarks/conversion_filtered_inputs.py docs/conversion/others.csv FOLDER SEED...

The networks of context integration in that table (those of FOLDER, or trained again and kept there), with the
conversion that stands there: it was chosen with inputs that reach the membrane directly, as published.
"""

from __future__ import annotations

import csv
import dataclasses
import sys
from pathlib import Path

import numpy as np
from conversion_failures import MANTE, SEED, TRIALS, load

from spiking import SpikingNetwork, fit_conversion, simulate
from spiking.tasks.scoring import score
from spiking.timing import STEP_MS

AT_ONCE = 20  # trials


def filtered(model, inputs):
    """Return the current of each unit that inputs (trials, n_inputs, columns) cause in the rate network."""
    leak = STEP_MS / model.tau_decay()
    currents = np.zeros((len(inputs), model.n_units, inputs.shape[-1]))
    for t in range(1, inputs.shape[-1]):
        currents[:, :, t] = (1 - leak) * currents[:, :, t - 1] + leak * (inputs[:, :, t - 1] @ model.w_in.T)
    return currents


def correct(model, conversion):
    """Return how many trials the spiking network answers correctly with filtered inputs."""
    one_each = dataclasses.replace(model, w_in=np.eye(model.n_units))
    network = SpikingNetwork.from_rate(one_each, conversion=conversion)
    right = 0
    for first in range(0, TRIALS, AT_ONCE):
        trials = MANTE.task.trials(AT_ONCE, seed=SEED, first=first)
        run = simulate(
            network,
            filtered(model, trials.spiking_inputs),
            seed=SEED,
            trials=range(first, first + AT_ONCE),
            threads=1,
        )
        right += int(score(MANTE.task, run.output, run.time, trials).sum())
    return right


def main():
    table, folder, seeds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    with table.open() as file:
        rows = [row for row in csv.DictReader(file) if row["networks"].startswith("context integration")]
    print("seed,rate,direct,filtered")
    for row in rows:
        if not seeds or row["seed"] in seeds:
            model = load(folder, "mante", int(row["seed"]))
            own = {"kind": row["variant"], "gain": float(row["gain"])}
            fitted = fit_conversion(model, MANTE.task, **own)
            factor = float(row["multiple"]) * fitted.fitted_factor
            found = correct(model, fit_conversion(model, MANTE.task, **own, factor=factor))
            print(f"{row['seed']},{row['rate']},{row['matched']},{found}", flush=True)


if __name__ == "__main__":
    main()

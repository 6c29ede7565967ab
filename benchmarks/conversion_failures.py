"""Show where a matched conversion fails, and at which step from the rate to the spiking network.

python benchmarks/conversion_failures.py FOLDER TABLE
python benchmarks/conversion_failures.py --figure FOLDER TABLE PICTURE

(in the documentation: conversion/failures.csv and images/conversion_failures.png)

Of each task the networks that fail, and the first that convert, are trained as for the tables in
`docs/conversion.md` and kept in FOLDER. Every step answers the same 100 trials. What the table has already is
not measured again.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from conversion import RECIPE, STEADY
from matplotlib import pyplot as plt

import spiking
from spiking import plotting
from spiking.conversion.conversion import Conversion
from spiking.conversion.fit import fit_conversion
from spiking.neuron.f_i import fi_curve
from spiking.rate_model.transfer import ACTIVATIONS
from spiking.reproduce.paper.panels import PANELS
from spiking.reproduce.paper.spec import NetworkSpec
from spiking.reproduce.train_and_convert import train_network
from spiking.tasks import XOR, GoNoGo
from spiking.tasks.scoring import score
from spiking.timing import STEP_MS

TRIALS, SEED = 100, 1
GO_NOGO = NetworkSpec(GoNoGo(), 250, (20.0, 50.0), {"activation": "clipped_relu", "p_rec": 0.2})
MANTE = PANELS["fig6b"].conditions[0].network
# Networks that fail, and that convert: the first ones of those tables.
SEEDS = {
    "go-nogo": (
        (100004, 100012, 100017, 100018, 100060, 100076),
        (100000, 100002, 100006, 100008, 100010, 100014),
    ),
    "mante": ((100003, 100008, 100016), (100000, 100001, 100002, 100004)),
    "xor": ((3, 7, 13), (1, 2, 4, 5)),
}
FITS = {"go-nogo": 100012, "mante": 100003, "xor": 3}  # whose fit is drawn
TITLES = {
    "go-nogo": "Go-NoGo, clipped_relu",
    "mante": "Context integration, sigmoid",
    "xor": "XOR, sigmoid",
}
TASKS = {"go-nogo": GO_NOGO.task, "mante": MANTE.task, "xor": XOR()}
STEPS = {
    "rate": "rate",
    "noise": "more\nnoise",
    "fi": "f-I\ncurve",
    "direct": "direct\ninputs",
    "spiking": "spikes",
}


def load(folder, task, seed):
    """Return the model of a seed, trained now or before."""
    path = folder / f"{task}_{seed}.mat"
    if not path.exists():
        if task == "xor":
            model = spiking.train(TASKS[task], 200, seed=seed, tau=(20.0, 100.0), **RECIPE, **STEADY)
        else:
            model = train_network(GO_NOGO if task == "go-nogo" else MANTE, seed, None)[1]
        folder.mkdir(exist_ok=True)
        model.save(path)
    return spiking.RateModel.load(path)


def rate_output(model, trials, *, phi, noise=0.1, offset=0.0, output_offset=0.0, filtered=True):
    """Run the rate network as `RateModel.run` does, with another transfer function.

    `offset` is added to the currents. Without `filtered`, the inputs reach the units at once, as they do in
    the spiking network, and not through the synaptic filter.
    """
    random = np.random.default_rng(SEED)
    inputs, leak = trials.inputs, STEP_MS / model.tau_decay()
    weights, w_in = model.effective_weights().T, model.w_in.T
    x = random.standard_normal((len(trials), model.n_units)) / 100
    rates, output = phi(x + offset), []
    for t in range(inputs.shape[-1]):
        if t:
            given = inputs[:, :, t - 1] @ w_in
            x = (1 - leak) * x + leak * (rates @ weights + given * filtered)
            x += noise * random.standard_normal(x.shape)
            rates = phi(x + offset + given * (not filtered))
        output.append(rates @ model.w_out.T + model.b_out + output_offset)
    return np.moveaxis(output, 0, -1)


def measure(model, task):
    """Return of each step which trials are right, and of the conversion what it is."""
    found = spiking.find_scaling_factor(
        model, task, seed=SEED, trials=TRIALS, conversion="matched", threads=1
    )
    how = found.conversion
    trials, curve = task.trials(TRIALS, seed=SEED), fi_curve()
    offset, added = how.mean_drive if how.unit_offsets else 0.0, np.array(how.output_offsets or (0.0,))
    if how.kind == "published":
        added = -model.b_out  # which it leaves out
    own = {"phi": ACTIVATIONS[model.activation]}
    spiking_one = {
        "phi": lambda x: curve(how.gain * x + how.offset) / how.factor,
        "offset": offset,
        "output_offset": added,
    }
    steps = {
        "rate": own,
        "noise": own | {"noise": 0.15},
        "fi": spiking_one,
        "direct": spiking_one | {"filtered": False},
    }
    time = STEP_MS * np.arange(task.n_steps)
    right = {
        name: score(task, rate_output(model, trials, **step), time, trials) for name, step in steps.items()
    }
    conditions = np.array(trials.conditions)
    row = {}
    for name, bits in (right | {"spiking": found.fresh.correct}).items():
        wrong = [(c, np.sum(~bits & (conditions == c)), np.sum(conditions == c)) for c in task.conditions]
        row[name] = int(bits.sum())
        row[f"{name}_wrong"] = " ".join(f"{c} {k}/{n}" for c, k, n in wrong if k)
    chosen = {
        "variant": how.kind,
        "gain": how.gain,
        "offset": how.offset,
        "factor": how.factor,
        "fit_error": how.fit_error,
        "drive_error": found.drive_error,
    }
    return row | {key: f"{value:.4g}" if key != "variant" else value for key, value in chosen.items()}


def read(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def measure_all(folder, table):
    done = {(row["task"], int(row["seed"])) for row in read(table)} if table.exists() else set()
    with table.open("a", newline="") as file:
        writer = None
        for task, groups in SEEDS.items():
            for seed in sorted(sum(groups, ())):
                if (task, seed) in done:
                    continue
                row = {"task": task, "seed": seed} | measure(load(folder, task, seed), TASKS[task])
                print(row)
                if writer is None:
                    writer = csv.DictWriter(file, row, lineterminator="\n")
                    if not done:
                        writer.writeheader()
                writer.writerow(row)
                file.flush()


def figure(folder, table, picture):
    rows = read(table)
    with plotting.publication():
        drawn, axes = plt.subplots(2, 3, figsize=(6.7, 4.6), layout="constrained", height_ratios=(1.1, 1))
        for (task, (failed, _)), (top, bottom) in zip(SEEDS.items(), axes.T, strict=True):
            colours = iter(("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#7A1F4F", "#E69F00"))
            for row in (row for row in rows if row["task"] == task):
                fails = int(row["seed"]) in failed
                how = {"color": next(colours), "zorder": 3} if fails else {"color": "0.75", "zorder": 1}
                label = row["seed"] if fails else "_"
                top.plot([int(row[step]) for step in STEPS], marker=".", markersize=4, label=label, **how)
            top.legend(fontsize=6, frameon=False, loc="lower left", ncols=2)
            top.axhline(95, color="0.4", linestyle=":", linewidth=0.8, zorder=0)
            top.set_xticks(range(len(STEPS)), STEPS.values(), fontsize=7)
            top.set(title=TITLES[task], ylim=(0, 103))
            shown = next(row for row in rows if row["task"] == task and int(row["seed"]) == FITS[task])
            model = load(folder, task, int(shown["seed"]))
            factor, gain = float(shown["factor"]), float(shown["gain"])
            if shown["variant"] == "published":
                conversion = Conversion(kind="published", factor=factor)
            else:
                conversion = fit_conversion(
                    model, TASKS[task], kind=shown["variant"], gain=gain, factor=factor
                )
            plotting.conversion(model, conversion, TASKS[task], ax=bottom)
            bottom.set_title(f"Seed {shown['seed']}", fontsize=7)
        axes[0, 0].set_ylabel("Correct (%)")
        drawn.savefig(picture, dpi=200)


def main():
    if sys.argv[1] == "--figure":
        figure(*map(Path, sys.argv[2:]))
        return
    measure_all(*map(Path, sys.argv[1:]))


if __name__ == "__main__":
    main()

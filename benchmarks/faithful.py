"""Train networks on many tasks and seeds, and measure how faithful their spiking networks are.

python benchmarks/faithful.py train FOLDER --methods lif lif-noisy sigmoid --seeds 1001-1020
python benchmarks/faithful.py convert FOLDER --methods published matched calibrated
python benchmarks/faithful.py measure FOLDER
python benchmarks/faithful.py table
python benchmarks/faithful.py figure docs/images/trained-for-spikes.png

`train` writes one model a task, method and seed. `convert` writes a copy of each sigmoid model, with its
tuned conversion, or with `fine-tuned` the network that begins as its published conversion and is trained to
have the rate network's output. A copy that another version of the package has tuned can stand beside them,
under a name of its own such as xor_sigmoid-matched-0.1.0_1001.mat. `measure` writes a row for each model into
the table; none is left out. `table` prints the medians, `figure` draws every network. All can be stopped at
any time and started again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from published_equations import outputs

import spiking
from spiking import plotting, tasks
from spiking.tasks.scoring import wilson_interval

TASKS = {
    "go-nogo": (tasks.get("go-nogo"), 200),
    "xor": (tasks.get("xor"), 200),
    "dms": (tasks.get("dms", delay=250.0), 200),
    "mante": (tasks.get("mante"), 250),
}
METHODS = {
    "lif": {"activation": "lif"},
    "lif-noisy": {"activation": "lif", "neuron": "noisy"},
    "sigmoid": {"activation": "sigmoid"},
    **{f"lif-k{k}": {"activation": "lif", "scaling_factor": float(k)} for k in (5, 10, 40, 80, 160)},
}
CONVERSIONS = ("published", "matched", "calibrated", "fine-tuned")
FINE_TUNING = {"max_updates": 300, "stop_accuracy": None}
TRIALS, SEED = 100, 90_000  # of the measurement: trials of no training and of no choice
FACTOR = 20.0  # k of the models of the published neuron
MEASURES = {
    "output_r2": "output R2",
    "population_r2": "population R2",
    "rate_hz": "rate (Hz)",
    "cv2": "CV2",
}
SECONDS = "seconds.jsonl"  # of training, a line a model


def seeds_in(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def train(folder, names, methods, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:  # the first seeds of all tasks come first
        for name in names:
            for method in methods:
                path = folder / f"{name}_{method}_{seed}.mat"
                if path.exists():
                    continue
                task, n_units = TASKS[name]
                began = time.perf_counter()
                model = spiking.train(task, n_units, seed=seed, **METHODS[method])
                seconds = time.perf_counter() - began
                model.save(path)
                updates, stopped = int(model.extras["updates"]), np.asarray(model.extras["stopped"]).item()
                with (folder / SECONDS).open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"model": path.stem, "seconds": round(seconds, 1)}) + "\n")
                print(f"{path.stem}: {stopped}, {updates} updates, {seconds:.1f} s", flush=True)


def convert(folder, names, methods, seeds):
    for seed in seeds:
        for name in names:
            for conversion in methods:
                source = folder / f"{name}_sigmoid_{seed}.mat"
                path = folder / f"{name}_sigmoid-{conversion}_{seed}.mat"
                if conversion == "fine-tuned":
                    fine_tune(name, source, path.with_suffix(".npz"), seed)
                    continue
                if path.exists() or not source.exists():
                    continue
                copy = folder / "unfinished" / path.name
                copy.parent.mkdir(exist_ok=True)
                shutil.copyfile(source, copy)
                found = spiking.find_scaling_factor(
                    copy, seed=seed, conversion=conversion, write=True, force=True
                )
                copy.rename(path)
                print(f"{path.stem}: {found.stopped}, {found.seconds:.1f} s", flush=True)


def fine_tune(name, source, path, seed):
    published = source.with_stem(f"{name}_sigmoid-published_{seed}")
    if path.exists() or not published.exists():
        return
    began = time.perf_counter()
    network = spiking.SpikingNetwork.from_rate(published)
    model = spiking.RateModel.load(source)
    spiking.fine_tune(network, TASKS[name][0], seed=seed, model=model, **FINE_TUNING).save(path)
    print(f"{path.stem}: fine-tuned, {time.perf_counter() - began:.1f} s", flush=True)


def rows_of(table):
    return [json.loads(line) for line in table.read_text().splitlines()] if table.exists() else []


def measure(folder, table):
    """Measure the models that have no row in 100 fresh trials, and run the published equations."""
    done = {row["model"] for row in rows_of(table)}
    seconds = {row["model"]: row["seconds"] for row in rows_of(folder / SECONDS)}
    for path in sorted([*folder.glob("*.mat"), *folder.glob("*.npz")]):
        if path.stem in done:
            continue
        name, method, seed = path.stem.rsplit("_", 2)
        if method == "sigmoid":  # measured with each of its conversions
            continue
        task, _ = TASKS[name]
        if path.suffix == ".npz":
            network = spiking.SpikingNetwork.load(path)
            model = spiking.RateModel.load(folder / f"{name}_sigmoid_{seed}.mat")
        else:
            model, network = spiking.RateModel.load(path), None
        measured = spiking.analysis.faithfulness(model, network, task=task, trials=TRIALS, seed=SEED)
        row = {"model": path.stem, "task": name, "method": method}
        row |= {
            "converged": bool(np.asarray(model.extras["converged"]).item()),
            "updates": int(np.asarray(model.extras["updates"]).item()),
            "seconds": seconds.get(path.stem),
            **measured.as_json(),
        }
        if method == "lif":
            drawn = task.trials(TRIALS, seed=SEED + 1)
            output, _ = outputs(path, FACTOR, drawn.spiking_inputs, SEED)
            moments = 0.05 * np.arange(1, output.shape[-1] + 1)
            row["published_equations"] = int(task.score(output[:, 0], moments, drawn).sum())
        with table.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{path.stem}: {json.dumps(row)}", flush=True)


def print_table(rows):
    """Print a row for each method and task: medians over networks, with the lowest and the highest value."""
    print("| method | task | networks at 95 % or more | " + " | ".join(MEASURES.values()), end=" |")
    print(" published equations | training (s) |\n" + "|---" * (5 + len(MEASURES)) + "|")
    groups = {}
    for row in rows:
        groups.setdefault((row["method"], row["task"]), []).append(row)
    for (method, name), some in sorted(groups.items()):
        correct = [row["spiking"]["correct"] for row in some]
        good = sum(count >= 95 for count in correct)
        low, high = (100 * limit for limit in wilson_interval(good, len(some)))
        equations = [row["published_equations"] for row in some if "published_equations" in row]
        cells = [method, name, f"{good} of {len(some)} ({low:.0f} to {high:.0f} %), lowest {min(correct)} %"]
        cells += [middle(row[key] for row in some) for key in MEASURES]
        cells += [f"lowest {min(equations)} %" if equations else ""]
        cells += [middle(row.get("seconds") for row in some)]
        print("| " + " | ".join(map(str, cells)) + " |")


COLOURS = {
    "lif": "#7A1F4F",
    "lif-noisy": "#D98C3F",
    "sigmoid-published": "0.6",
    "sigmoid-matched-0.1.0": "#9CC3DD",
    "sigmoid-matched": "#2F6C9C",
    "sigmoid-calibrated": "#3E8E5A",
    "sigmoid-fine-tuned": "k",
}
MARKERS = {"go-nogo": "o", "xor": "s", "dms": "^", "mante": "D"}


def draw(rows, path):
    """Draw the accuracy of each network against its NRMSE, and against its mean rate."""
    with plotting.publication():
        figure, axes = plt.subplots(1, 2, figsize=(6.7, 2.6), sharey=True, layout="constrained")
        for ax, key, label in (
            (axes[0], "output_nrmse", "NRMSE of the output, single trials"),
            (axes[1], "rate_hz", "Mean rate (Hz)"),
        ):
            for row in rows:
                ax.plot(
                    *(row[key], 100 * row["spiking"]["accuracy"], MARKERS[row["task"]]),
                    color=COLOURS[row["method"]],
                    markersize=3,
                    alpha=0.6,
                    markeredgewidth=0,
                )
            ax.axhline(95, color="0.8", linewidth=0.8, zorder=0)
            ax.set(xscale="log", xlabel=label)
            ticks = (0.1, 0.2, 0.3, 0.5, 0.8) if key == "output_nrmse" else (5, 10, 20, 50, 100)
            ax.set_xticks(ticks, map(str, ticks))
            ax.xaxis.set_minor_formatter("")
        axes[0].set_ylabel("Correct trials (%)")
        kinds = [method for method in COLOURS if any(row["method"] == method for row in rows)]
        names = [name for name in MARKERS if any(row["task"] == name for row in rows)]
        handles = [plt.Line2D([], [], marker="o", ls="", ms=4, color=COLOURS[kind]) for kind in kinds]
        handles += [plt.Line2D([], [], marker=MARKERS[name], ls="", ms=4, color="0.4") for name in names]
        figure.legend(handles, kinds + names, loc="outside right center", fontsize=6, frameon=False)
        figure.savefig(path, dpi=200)


def middle(values):
    """Return the median, and the lowest and highest value."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    return f"{np.median(known):.2g} ({min(known):.2g} to {max(known):.2g})"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "convert", "measure", "table", "figure"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--methods", nargs="+", choices=[*METHODS, *CONVERSIONS])
    parser.add_argument("--table", type=Path, default=Path("benchmarks/results/faithful.jsonl"))
    parser.add_argument("--seeds", type=seeds_in, default=seeds_in("1001-1020"))
    given = parser.parse_args()
    if given.what == "train":
        train(given.folder, given.tasks, given.methods or ["lif", "lif-noisy"], given.seeds)
    elif given.what == "convert":
        convert(given.folder, given.tasks, given.methods or CONVERSIONS, given.seeds)
    elif given.what == "measure":
        measure(given.folder, given.table)
    elif given.what == "table":
        print_table(rows_of(given.table))
    else:
        draw(rows_of(given.table), given.folder)


if __name__ == "__main__":
    main()

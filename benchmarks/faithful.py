"""Train networks on many tasks and seeds, and measure how faithful their spiking networks are.

python benchmarks/faithful.py train FOLDER --methods lif lif-noisy sigmoid --seeds 1001-1020
python benchmarks/faithful.py convert FOLDER --methods published matched calibrated
python benchmarks/faithful.py measure FOLDER
python benchmarks/faithful.py table

`train` writes one model a task, method and seed. `convert` writes a copy of each sigmoid model, with its
tuned conversion; a copy that another version of the package has tuned can stand beside them, under a name of
its own such as xor_sigmoid-matched-0.1.0_1001.mat. `measure` writes a row for each model into the table; none
is left out. `table` prints the medians. All can be stopped at any time and started again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path

import numpy as np
from published_equations import outputs

import spiking
from spiking import tasks

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
}
CONVERSIONS = ("published", "matched", "calibrated")
TRIALS, SEED = 100, 90_000  # of the measurement: trials of no training and of no choice
FACTOR = 20.0  # k of the models of the published neuron
MEASURES = ("output_r2", "mean_output_r2", "population_r2", "mean_rate", "cv2", "fano")
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
                if path.exists() or not source.exists():
                    continue
                copy = path.with_name(f"unfinished-{path.name}.part")
                shutil.copyfile(source, copy)
                found = spiking.find_scaling_factor(
                    copy, seed=seed, conversion=conversion, write=True, force=True
                )
                copy.rename(path)
                print(f"{path.stem}: {found.stopped}, {found.seconds:.1f} s", flush=True)


def rows_of(table):
    return [json.loads(line) for line in table.read_text().splitlines()] if table.exists() else []


def measure(folder, table):
    """Measure the models that have no row in 100 fresh trials, and run the published equations."""
    done = {row["model"] for row in rows_of(table)}
    seconds = {row["model"]: row["seconds"] for row in rows_of(folder / SECONDS)}
    for path in sorted(folder.glob("*.mat")):
        if path.stem in done:
            continue
        name, method, _ = path.stem.rsplit("_", 2)
        if method == "sigmoid":  # measured with each of its conversions
            continue
        task, _ = TASKS[name]
        model = spiking.RateModel.load(path)
        measured = spiking.analysis.faithfulness(model, task=task, trials=TRIALS, seed=SEED)
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
    """Print a row for each method and task, with medians over networks (and the lowest and highest)."""
    print(
        "| method | task | networks | converged | at 95 % or more | lowest accuracy (%) "
        "| output R2, single trials | of means | population R2 | Hz | CV2 | Fano "
        "| published equations, lowest (%) | training (s) |"
    )
    print("|---" * 14 + "|")
    groups = {}
    for row in rows:
        groups.setdefault((row["method"], row["task"]), []).append(row)
    for (method, name), some in sorted(groups.items()):
        correct = [row["spiking"]["correct"] for row in some]
        equations = [row["published_equations"] for row in some if "published_equations" in row]
        cells = [method, name, len(some), sum(row["converged"] for row in some)]
        cells += [sum(count >= 95 for count in correct), min(correct)]
        cells += [middle(row[key] for row in some) for key in MEASURES]
        cells += [min(equations, default=""), middle(row.get("seconds") for row in some)]
        print("| " + " | ".join(map(str, cells)) + " |")


def middle(values):
    """Return the median, and the lowest and highest value."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    return f"{np.median(known):.3g} ({min(known):.3g} to {max(known):.3g})"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "convert", "measure", "table"])
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
    else:
        print_table(rows_of(given.table))


if __name__ == "__main__":
    main()

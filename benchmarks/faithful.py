"""Train networks on many tasks and seeds, and measure how faithful their spiking networks are.

python benchmarks/faithful.py train FOLDER --methods published noisy --seeds 1001-1020
python benchmarks/faithful.py measure FOLDER --table benchmarks/results/faithful.jsonl

`train` writes one model a task, method and seed, and continues where it stopped; none is left out. `measure`
writes a row for each model into the table, and prints it. Both can be stopped at any time and started again.
"""

from __future__ import annotations

import argparse
import json
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
    "published": {"activation": "lif"},
    "noisy": {"activation": "lif", "neuron": "noisy"},
    "sigmoid": {"activation": "sigmoid"},
}
TRIALS, SEED = 100, 90_000  # of the measurement: trials of no training and of no choice
FACTOR = 20.0  # k of the models of the published neuron


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
                print(f"{path.stem}: {stopped}, {updates} updates, {seconds:.1f} s", flush=True)


def rows_of(table):
    return [json.loads(line) for line in table.read_text().splitlines()] if table.exists() else []


def measure(folder, table):
    """Measure the models that have no row in 100 fresh trials, and run the published equations."""
    done = {row["model"] for row in rows_of(table)}
    for path in sorted(folder.glob("*.mat")):
        if path.stem in done:
            continue
        name, method, _ = path.stem.rsplit("_", 2)
        task, _ = TASKS[name]
        model = spiking.RateModel.load(path)
        measured = spiking.analysis.faithfulness(model, task=task, trials=TRIALS, seed=SEED)
        row = {"model": path.stem, "task": name, "method": method}
        row |= {
            "converged": bool(np.asarray(model.extras["converged"]).item()),
            "updates": int(np.asarray(model.extras["updates"]).item()),
            **measured.as_json(),
        }
        if method == "published":
            drawn = task.trials(TRIALS, seed=SEED + 1)
            output, _ = outputs(path, FACTOR, drawn.spiking_inputs, SEED)
            moments = 0.05 * np.arange(1, output.shape[-1] + 1)
            row["published_equations"] = int(task.score(output[:, 0], moments, drawn).sum())
        with table.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{path.stem}: {json.dumps(row)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "measure"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["published", "noisy"])
    parser.add_argument("--table", type=Path, default=Path("benchmarks/results/faithful.jsonl"))
    parser.add_argument("--seeds", type=seeds_in, default=seeds_in("1001-1020"))
    given = parser.parse_args()
    if given.what == "train":
        train(given.folder, given.tasks, given.methods, given.seeds)
    else:
        measure(given.folder, given.table)


if __name__ == "__main__":
    main()

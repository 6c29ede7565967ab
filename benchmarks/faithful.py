"""Train networks on many tasks and seeds, and measure how faithful their spiking networks are.

python benchmarks/faithful.py train FOLDER --methods published noisy --seeds 1001-1020
python benchmarks/faithful.py measure FOLDER

`train` writes one model a task, method and seed, and continues where it stopped; none is left out. `measure` writes
a row for each model into FOLDER/rows.jsonl, and prints the table.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

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
                with (folder / "seconds.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps([path.stem, round(seconds, 1)]) + "\n")
                stopped = np.asarray(model.extras["stopped"]).item()
                print(f"{path.stem}: {stopped}, {int(model.extras['updates'])} updates, {seconds:.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "measure"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["published", "noisy"])
    parser.add_argument("--seeds", type=seeds_in, default=seeds_in("1001-1020"))
    given = parser.parse_args()
    if given.what == "train":
        train(given.folder, given.tasks, given.methods, given.seeds)


if __name__ == "__main__":
    main()

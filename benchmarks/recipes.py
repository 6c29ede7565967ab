"""Train networks of many seeds with one recipe and convert them: which recipe converges, and converts?

python benchmarks/recipes.py JOURNAL --task go-nogo --tau 20 50 --seeds 1-20 [--set noise=0.3 ...]
python benchmarks/recipes.py JOURNAL --table

Each network adds a line to the journal; what stands there already is not done again. A network converts when
the spiking network with the best factor of the published grid (20, 25, ... 75; middle of the best on
40 trials) scores at least 95 % on 100 fresh trials.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np

import spiking
from spiking.training.train import train_steps

GRID = range(20, 76, 5)


def accuracy(model, task, factor, n, seed):
    """Return the share of n trials that the spiking network answers correctly, and the mean rate in Hz."""
    trials = task.trials(n, seed=seed)
    network = spiking.SpikingNetwork.from_rate(model, factor)
    record = spiking.Record(interval=0.5)
    run = spiking.simulate(network, trials.spiking_inputs, seed=seed, record=record, threads=1)
    return float(task.score(run.output[:, 0], run.time, trials).mean()), float(np.mean(run.rates))


def convert(model, task, seed):
    curve = [accuracy(model, task, factor, 40, 1_000_000 + seed)[0] for factor in GRID]
    best = [factor for factor, value in zip(GRID, curve, strict=True) if value == max(curve)]
    factor = best[len(best) // 2]
    fresh, rate = accuracy(model, task, factor, 100, 2_000_000 + seed)
    return {"factor": factor, "curve": curve, "spiking_accuracy": fresh, "rate": rate}


def measure(task, n_units, seed, options):
    began = time.perf_counter()
    *_, state = train_steps(task, n_units, seed=seed, **{"activation": "sigmoid"} | options)
    result = {
        "stopped": state.stopped,
        "updates": state.updates,
        "loss": state.loss,
        "accuracy": state.accuracy,
        "train_seconds": time.perf_counter() - began,
        "converts": state.converts,
    }
    return result | (convert(state.model, task, seed) if state.stopped == "converged" else {})


def wilson(k, n):
    z = 1.959964
    middle, spread = k + z * z / 2, z * math.sqrt(k * (n - k) / n + z * z / 4)
    return (middle - spread) / (n + z * z), (middle + spread) / (n + z * z)


def share(k, n):
    if n == 0:
        return "-"
    low, high = wilson(k, n)
    return f"{k}/{n} ({100 * low:.0f}-{100 * high:.0f} %)"


def table(journal):
    groups = {}
    for line in journal.read_text().splitlines():
        entry = json.loads(line)
        groups.setdefault(json.dumps(entry["setting"]), []).append(entry)
    print("| task | N | decay (ms) | options | converged | convert | mean accuracy | updates | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for key, entries in groups.items():
        setting = json.loads(key)
        options = dict(setting["options"])
        tau = "-".join(f"{limit:g}" for limit in np.atleast_1d(options.pop("tau")))
        told = ", ".join(f"{name} {value}" for name, value in options.items()) or "default"
        done = [entry for entry in entries if entry["stopped"] == "converged"]
        good = sum(entry["spiking_accuracy"] >= 0.95 for entry in done)
        mean = f"{100 * np.mean([e['spiking_accuracy'] for e in done]):.1f} %" if done else "-"
        updates = [entry["updates"] for entry in done] or [0]
        print(
            f"| {setting['task']} {setting['settings'] or ''} | {setting['n_units']} | {tau} | {told} "
            f"| {share(len(done), len(entries))} | {share(good, len(done))} | {mean} "
            f"| {np.median(updates):.0f} | {np.median([e['train_seconds'] for e in entries]):.0f} |"
        )


def value(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def pairs(texts):
    return {name: value(text) for name, _, text in (item.partition("=") for item in texts)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("journal", type=Path)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--task", default="go-nogo")
    parser.add_argument("--task-setting", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--units", type=int, default=200)
    parser.add_argument("--tau", type=float, nargs="+", default=[20.0, 100.0])
    parser.add_argument("--seeds", default="1-20")
    parser.add_argument("--set", nargs="*", default=[], metavar="OPTION=VALUE")
    chosen = parser.parse_args()
    if chosen.table:
        table(chosen.journal)
        return
    settings, options = pairs(chosen.task_setting), pairs(chosen.set)
    options["tau"] = tuple(chosen.tau) if len(chosen.tau) == 2 else chosen.tau[0]
    task = spiking.tasks.get(chosen.task, **settings)
    setting = {"task": task.name, "settings": settings, "n_units": chosen.units, "options": options}
    setting = json.loads(json.dumps(setting))
    done = set()
    if chosen.journal.exists():
        entries = map(json.loads, chosen.journal.read_text().splitlines())
        done = {entry["seed"] for entry in entries if entry["setting"] == setting}
    low, _, high = chosen.seeds.partition("-")
    for seed in range(int(low), int(high or low) + 1):
        if seed in done:
            continue
        entry = {"setting": setting, "seed": seed} | measure(task, chosen.units, seed, options)
        with chosen.journal.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        shown = {k: v for k, v in entry.items() if k not in ("setting", "curve")}
        print(task.name, shown, flush=True)


if __name__ == "__main__":
    main()

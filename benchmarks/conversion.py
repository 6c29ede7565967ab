"""Train networks of many seeds and convert each: published, matched, or by either variant of it.

python benchmarks/conversion.py JOURNAL --task go-nogo --units 250 --activation softplus --seeds 1-50
python benchmarks/conversion.py JOURNAL --table
python benchmarks/conversion.py --speed     (a matched conversion of the 200-unit Go-NoGo model, tuned)

Networks are kept in the folder JOURNAL.models. Each conversion of a network adds a line to the journal; what
stands there already is not done again, so a run that was stopped goes on with the same command. Odd seeds are
for choices (which conversion is the default, its gains and multiples), even ones for figures: the table shows
them apart. A network converts when it is right in at least 95 of 100 fresh trials. Networks whose rate model
is right in less than 95 of 100 trials are listed, not converted.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

import spiking
from spiking.analysis import conversion_quality, perturbation_response
from spiking.conversion.conversion import ASKED, Conversion
from spiking.evaluation.both_networks import run_both
from spiking.tasks.scoring import wilson_interval

# The published recipe, output and target compared at the same step; Go-NoGo for a fixed number of updates.
RECIPE = {"recipe": "published", "published_quirks": False}
FIXED = {"max_updates": 1600, "stop_loss": 1e-12}
STEADY = {"clip_norm": 1.0, "p_rec": 1.0}  # of other tasks, where training often diverges without
TRIALS, SEED = 100, 1


def trained(folder, setting, seed):
    """Return the model of a seed, trained now or before."""
    tau = setting["tau"]
    name = "_".join(
        [
            setting["task"],
            str(setting["units"]),
            "-".join(f"{limit:g}" for limit in tau),
            setting["activation"],
        ]
    )
    path = folder / f"{name}{'' if setting['dale'] else '_no-dale'}_{seed}.mat"
    if not path.exists():
        own = {"tau": tuple(tau) if len(tau) == 2 else tau[0]}
        own |= {"activation": setting["activation"], "dale": setting["dale"]}
        own |= FIXED if setting["task"] == "go-nogo" else STEADY
        model = spiking.train(setting["task"], setting["units"], seed=seed, **RECIPE, **own)
        folder.mkdir(exist_ok=True)
        model.save(path)
    return spiking.RateModel.load(path)


def measure(model, kind, threads):
    """Convert a model in one way; figures are of fresh trials."""
    began = time.perf_counter()
    found = spiking.find_scaling_factor(model, seed=SEED, conversion=kind, trials=TRIALS, threads=threads)
    seconds = time.perf_counter() - began
    conversion = found.conversion or Conversion(kind="published", factor=found.scaling_factor)
    both = run_both(model, trials=20, seed=SEED + 1, conversion=conversion, threads=threads)
    quality, rates = conversion_quality(both), both.spiking.rates
    pushed = perturbation_response(model, seed=SEED + 2, conversion=conversion, threads=threads)
    alike = {
        "drive": quality.drive,
        "output": quality.mean_output,
        "unit rates": quality.rates,
        "components": quality.trajectories,
        "push, units": pushed.units,
        "push, output": pushed.output,
    }
    return {
        "correct": found.fresh.score.correct,
        "trials": found.fresh.score.trials,
        "factor": conversion.factor,
        "multiple": conversion.factor / conversion.fitted_factor if found.conversion else None,
        "gain": conversion.gain,
        "offset": conversion.offset,
        "fit_error": conversion.fit_error if found.conversion else None,
        "calibration": found.search_trials + found.drive_trials,
        "seconds": seconds,
        "rate": float(rates.mean()),
        "highest_rate": float(rates.mean(axis=0).max()),
        **{f"{name}: {part}": value for name, of in alike.items() for part, value in asdict(of).items()},
    }


def share(k, n):
    if n == 0:
        return "-"
    low, high = wilson_interval(k, n)
    return f"{k}/{n} ({100 * low:.0f}-{100 * high:.0f} %)"


def median(entries, key, digits=2):
    """Return the median of entries, and the range of the middle half."""
    values = [entry[key] for entry in entries if entry[key] is not None]
    if not values:
        return "-"
    low, middle, high = np.nanquantile(values, (0.25, 0.5, 0.75))
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def table(journal):
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    alike = [key for key in next(e for e in lines if e["kind"] != "untrained") if ": " in key]
    shown = [key for key in alike if key.endswith(("slope", "correlation"))]
    print(
        "| networks | conversion | converts, choice half | converts, report half | mean accuracy | worst |",
        end="",
    )
    print(" rate (Hz) | " + " | ".join(shown) + " |")
    print("|---" * (7 + len(shown)) + "|")
    for setting in {json.dumps(line["setting"]): line["setting"] for line in lines}.values():
        own = [line for line in lines if line["setting"] == setting]
        tau = "-".join(f"{limit:g}" for limit in setting["tau"])
        name = f"{setting['task']}, {setting['activation']}, N = {setting['units']}, {tau} ms"
        name += "" if setting["dale"] else ", no Dale"
        for kind in ASKED:
            entries = [line for line in own if line["kind"] == kind]
            if not entries:
                continue
            halves = [
                share(sum(e["correct"] >= 0.95 * e["trials"] for e in half), len(half))
                for half in ([e for e in entries if e["seed"] % 2 == odd] for odd in (1, 0))
            ]
            accuracy = [100 * e["correct"] / e["trials"] for e in entries]
            print(
                f"| {name} | {kind} | {halves[0]} | {halves[1]} | {np.mean(accuracy):.1f} % "
                f"| {min(accuracy):.0f} % | {median(entries, 'rate', 1)} | "
                + " | ".join(median(entries, key) for key in shown)
                + " |"
            )
    for line in lines:
        if line["kind"] == "untrained":
            print(
                f"not converted: seed {line['seed']} of {line['setting']}, rate model {line['accuracy']:.2f}"
            )
        elif line["correct"] < 0.95 * line["trials"]:
            told = {
                key: line[key]
                for key in ("gain", "offset", "factor", "multiple", "fit_error", "drive: error")
            }
            print(
                f"failed: {line['kind']}, seed {line['seed']}, {line['setting']['activation']}: "
                f"{line['correct']}/{line['trials']}, {told}"
            )


def speed(threads):
    model = spiking.datasets.load("go-nogo-sigmoid")
    spiking.evaluate(spiking.SpikingNetwork.from_rate(model, 30), "go-nogo", 2, seed=SEED)  # kernel
    for run in ("first, with the f-I curve", "second"):
        began = time.perf_counter()
        found = spiking.find_scaling_factor(model, seed=SEED, conversion="matched", threads=threads)
        print(
            f"matched conversion and tuning, N = {model.n_units}, {run}: "
            f"{time.perf_counter() - began:.2f} s, "
            f"{found.search_trials} trials of search; fresh trials: {found.fresh.score}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("journal", type=Path, nargs="?", default=Path("study.jsonl"))
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--task", default="go-nogo")
    parser.add_argument("--units", type=int, default=250)
    parser.add_argument("--tau", type=float, nargs="+", default=[20.0, 50.0])
    parser.add_argument("--activation", default="sigmoid")
    parser.add_argument("--no-dale", action="store_true")
    parser.add_argument("--seeds", default="1-50")
    parser.add_argument("--kinds", nargs="+", choices=ASKED, default=ASKED)
    parser.add_argument("--threads", type=int)
    chosen = parser.parse_args()
    if chosen.speed:
        speed(chosen.threads)
        return
    if chosen.table:
        table(chosen.journal)
        return
    setting = {name: getattr(chosen, name) for name in ("task", "units", "tau", "activation")}
    setting["dale"] = not chosen.no_dale
    done = set()
    if chosen.journal.exists():
        lines = map(json.loads, chosen.journal.read_text().splitlines())
        done = {(line["seed"], line["kind"]) for line in lines if line["setting"] == setting}
    low, _, high = chosen.seeds.partition("-")
    for seed in range(int(low), int(high or low) + 1):
        missing = [kind for kind in chosen.kinds if (seed, kind) not in done]
        if not missing or (seed, "untrained") in done:
            continue
        model = trained(chosen.journal.with_name(chosen.journal.name + ".models"), setting, seed)
        accuracy = spiking.evaluate(model, trials=TRIALS, seed=SEED).accuracy
        for kind in missing if accuracy >= 0.95 else ["untrained"]:
            found = {"accuracy": accuracy} if kind == "untrained" else measure(model, kind, chosen.threads)
            entry = {"setting": setting, "seed": seed, "kind": kind, **found}
            with chosen.journal.open("a") as file:
                file.write(json.dumps(entry) + "\n")
            print(entry, flush=True)


if __name__ == "__main__":
    main()

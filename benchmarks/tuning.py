"""How fast and how good the search for the scaling factor is.

    python benchmarks/tuning.py go-nogo:model.mat xor:other.mat --seeds 1 2 --curve original_curve.json

The word before the colon is the model's task. Both methods tune every model with every seed; files are left
alone. With `--speed` the first model is also timed: grid and auto, one thread against two, and 20 searches on
two threads against two Dask workers. With `--curve`, the curve of the first model is compared with that of
another program: JSON with `scaling_factors`, `correct` and `trials`. `--theories` prints where two theories
expect the factor.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
from scipy import stats

from spiking import RateModel, SpikingNetwork, evaluate, find_scaling_factor, find_scaling_factors, tasks
from spiking.evaluation.recurrent_drive import drive_slope


def compare_methods(models, seeds):
    print("| model | task | method | seed | factor | plateau | fresh accuracy | trials | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    fresh = {"grid": [], "auto": []}
    for path, task, model in models:
        for seed in seeds:
            for method in fresh:
                found = find_scaling_factor(model, task, seed=seed, method=method)
                low, high = found.interval
                total = found.search_trials + found.fresh.score.trials + found.drive_trials
                edge = " (extended)" if found.extended else ""
                print(
                    f"| {path.name} | {task.name} | {method} | {seed} | {found.scaling_factor:g} | "
                    f"{found.plateau[0]:g} to {found.plateau[-1]:g}{edge} | {found.accuracy:.2f} "
                    f"({low:.2f} to {high:.2f}) | {total} | {found.seconds:.1f} |",
                    flush=True,
                )
                fresh[method].append(found.accuracy)
    difference = np.array(fresh["auto"]) - np.array(fresh["grid"])
    print(f"\n{len(difference)} searches: fresh accuracy of auto minus grid {difference.mean():+.4f}", end="")
    print(f", standard error {stats.sem(difference):.4f}" if len(difference) > 1 else "")


def compare_theories(models):
    """Print the factors that two theories expect: the slope of the drives, and the mean-field f-I relation.

    f-I: a unit of current x fires at 1 / (tref + tm ln((x + 25)/x)), x in mV above threshold, averaged over
    normal fluctuations of x of a few sizes; the factor is the slope of ``W f(x)`` on ``W r``.
    """
    print("| model | slope at 40, 50, 60 | f-I, no fluctuations | 1 mV | 3 mV |")
    print("|---|---|---|---|---|")
    for path, task, model in models:
        numbers = range(8)
        slopes = [drive_slope(model, task, f, seed=1, numbers=numbers)[0] for f in (40.0, 50.0, 60.0)]
        rates = model.run(task.trials(8, seed=1).inputs, seed=1).rates
        x = np.log(rates / (1 - rates))
        weights, fluctuations = model.effective_weights(), np.random.default_rng(0).standard_normal(8)
        expected, factors = weights @ rates, []
        for size in (0, 1, 3):
            current = x[..., np.newaxis] + size * fluctuations
            above = np.maximum(current, 1e-9)
            fired = np.where(current > 0, 1 / (0.002 + 0.010 * np.log((above + 25) / above)), 0).mean(axis=-1)
            factors.append(np.sum((weights @ fired) * expected) / np.sum(expected**2))
        shown = ", ".join(f"{slope:.1f}" for slope in slopes)
        print(f"| {path.name} | {shown} | " + " | ".join(f"{factor:.1f}" for factor in factors) + " |")


def seconds(run, repeats=3):
    """Median time; of more than one, after a warm-up."""
    if repeats > 1:
        run()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def speed(model, task):
    for method in ("grid", "auto"):
        took = seconds(
            lambda method=method: find_scaling_factor(
                model, task, seed=1, method=method, threads=2, extend=method == "auto"
            )
        )
        print(f"{method}, two threads: {took:.2f} s")
    twenty = [model] * 20
    one, two = (seconds(lambda n=n: find_scaling_factors(twenty, task, seed=1, threads=n), 1) for n in (1, 2))
    print(f"20 models, one thread {one:.1f} s, two threads {two:.1f} s: {one / two:.2f} times")
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        dask = seconds(lambda: find_scaling_factors(twenty, task, seed=1, client=client), 1)
    print(f"20 models, two Dask workers {dask:.1f} s: {dask / two:.2f} times two threads")


def compare_curve(model, task, curve, n_trials):
    """Chi-square test that both programs' accuracies are the same, a 2 x 2 table for each factor."""
    total = 0.0
    for factor, theirs in zip(curve["scaling_factors"], curve["correct"], strict=True):
        network = SpikingNetwork.from_rate(model, factor)
        ours = evaluate(network, task, n_trials, seed=2024 + factor).score  # other trials for each factor
        table = [[theirs, curve["trials"] - theirs], [ours.correct, ours.trials - ours.correct]]
        statistic = stats.chi2_contingency(table, correction=False).statistic
        total += statistic
        print(
            f"  {factor:3}: {theirs / curve['trials']:.2f}, ours {ours.accuracy:.3f}, chi2 {statistic:.2f}",
            flush=True,
        )
    n = len(curve["correct"])
    print(f"chi2 {total:.1f} for {n} degrees of freedom, p = {stats.chi2.sf(total, n):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="TASK:MODEL")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--theories", action="store_true")
    parser.add_argument("--curve", type=Path)
    parser.add_argument("--curve-trials", type=int, default=300)
    arguments = parser.parse_args()
    models = []
    for argument in arguments.models:
        name, _, path = argument.partition(":")
        models.append((Path(path), tasks.get(name), RateModel.load(path)))
    _, task, model = models[0]
    if arguments.curve:
        compare_curve(model, task, json.loads(arguments.curve.read_text()), arguments.curve_trials)
    if arguments.theories:
        compare_theories(models)
    if arguments.seeds:
        compare_methods(models, arguments.seeds)
    if arguments.speed:
        speed(model, task)


if __name__ == "__main__":
    main()

"""Search the scaling factor of a published conversion: the published grid, or a race with fewer trials."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from spiking.evaluation.recurrent_drive import drive_slope
from spiking.evaluation.result import Score
from spiking.parallel.blocks import TrialRunner
from spiking.random_streams import DRIVE_FIRST, SEARCH_FIRST
from spiking.tuning.candidates import Grid, checked_grid, published_grid, run_grid
from spiking.tuning.options import SearchOptions
from spiking.tuning.plateau import Bits, accuracies, is_worse, middle, plateau
from spiking.tuning.racing import around, outwards_then_between, race
from spiking.tuning.result import ScalingFactorSearch
from spiking.tuning.trial_setup import (
    DRIVE_TRIALS,
    TrialSetup,
    by_rule,
    fresh_evaluation,
    is_correct,
    mean_rate,
    other_scores,
)
from spiking.typing import Floats

_SHARE = 0.4  # maximum number of trials of `auto`, relative to that of `grid`


def search_published(
    scores: TrialRunner[float], setup: TrialSetup, options: SearchOptions
) -> ScalingFactorSearch:
    """Search the scaling factor; `scores` runs the trials of a candidate.

    The grid chooses by accuracies only. `auto` also compares the outputs with those of the rate network.
    """
    grid = checked_grid(options.candidates) if options.candidates is not None else published_grid(setup.model)
    theory, dropped, stopped = None, frozenset[float](), "all candidates have run all trials"
    drive_trials = DRIVE_TRIALS

    longest: dict[float, Floats] = {}  # the values of each candidate

    def run(wanted: Mapping[float, int]) -> dict[float, NDArray[np.bool_]]:
        numbers = {factor: range(SEARCH_FIRST, SEARCH_FIRST + n) for factor, n in wanted.items()}
        values = scores(numbers)
        longest.update(values)
        return {factor: is_correct(own) for factor, own in values.items()}

    if options.method == "grid":
        bits: Bits = run_grid(run, grid, options.trials, extend=options.extend)
    else:
        grid_trials = (len(grid.factors) + 1) * options.trials  # including the fresh ones
        budget = int(_SHARE * grid_trials) - options.trials - DRIVE_TRIALS
        if options.candidates is None:
            theory = _match(setup, grid)
            drive_trials += 2 * DRIVE_TRIALS
            highest = grid.highest if options.extend else grid.factors[-1]
            lowest = 0.0 if options.extend else grid.factors[0]
            field, further = (
                around(theory, grid.step, lowest, highest),
                outwards_then_between(grid.step, lowest, highest),
            )
            budget -= 2 * DRIVE_TRIALS
        else:
            field, further = set(grid.factors), lambda bits, dropped, top: set()
        ended = race(run, field, further, trials=options.trials, budget=budget, margin=options.margin)
        bits, dropped, stopped = ended.bits, ended.dropped, ended.stopped

    tied = near = plateau(bits, dropped)
    accuracy = accuracies(bits)
    nrmse = {factor: setup.nrmse(values) for factor, values in sorted(longest.items())}
    if options.choice == "first":
        factor = _first(bits, dropped)
        reason = f"it is the smallest of the factors with the best accuracy, {accuracy[factor]:.3f}"
    elif options.method == "auto":
        least = max(accuracy[candidate] for candidate in tied) - options.margin - 1e-9
        near = tuple(candidate for candidate in tied if accuracy[candidate] >= least)  # few trials tie many
        factor = min(near, key=lambda candidate: (nrmse[candidate], candidate))
        reason = (
            f"of the factors on the plateau that are at most {options.margin:g} less accurate than the best "
            f"({', '.join(f'{candidate:g}' for candidate in near)}), its output is the closest to the rate "
            f"network's"
        )
    else:
        factor = middle(tied, bits)
        reason = f"it is the middle of the plateau, {tied[0]:g} to {tied[-1]:g}"
    _, drive_error = _drive(setup, factor)
    fresh = scores({factor: range(options.trials)})[factor]
    return ScalingFactorSearch(
        model=setup.model,
        task=setup.task,
        scaling_factor=factor,
        method=options.method,
        choice=options.choice,
        seed=setup.seed,
        curve={f: Score.of(setup.task, bits[f]) for f in sorted(bits)},
        plateau=tied,
        extended=tuple(f for f in sorted(bits) if not grid.factors[0] <= f <= grid.factors[-1]),
        start=theory,
        fresh=fresh_evaluation(setup, fresh),
        drive_error=drive_error,
        stopped=stopped,
        drive_trials=drive_trials,
        downsample=options.downsample,
        params=options.params,
        seconds=0.0,
        nrmse=nrmse,
        rates={candidate: mean_rate(values) for candidate, values in sorted(longest.items())},
        fresh_nrmse=setup.nrmse(fresh),
        fresh_rate=mean_rate(fresh),
        reason=f"factor {factor:g} was chosen: {reason}",
        by_rule=other_scores(setup, dict(sorted(longest.items()))),
        better=_better(setup, {candidate: longest[candidate] for candidate in near}, factor),
    )


def _better(setup: TrialSetup, candidates: Mapping[float, Floats], used: float) -> str | None:
    """Return which candidate is significantly better than the used one by the strict or the sustained rule.

    `candidates` are equally accurate by the task's rule, by which alone they were compared. Of several, the
    best by the other rules is named.
    """
    chosen = candidates[used]
    found: dict[float, list[str]] = {}
    for candidate, values in candidates.items():
        common = min(len(values), len(chosen))
        for name in other_scores(setup, {candidate: values}):
            own, other = by_rule(values[:common], name), by_rule(chosen[:common], name)
            if is_worse(other, own):
                found.setdefault(candidate, []).append(f"{name} {own.mean():.3f} against {other.mean():.3f}")
            elif is_worse(own, other):
                found.pop(candidate, None)
                break
    if not found:
        return None
    factor = max(found, key=lambda one: (float(candidates[one][:, 3:].mean(axis=0).sum()), -one))
    common = min(len(candidates[factor]), len(chosen))
    return (
        f"factor {factor:g} is not significantly less accurate, and better by another rule in the same "
        f"{common} trials ({', '.join(found[factor])}; NRMSE {setup.nrmse(candidates[factor]):.2f} against "
        f"{setup.nrmse(chosen):.2f}); `spiking tune --candidates {factor:g} --force` takes it"
    )


def _drive(setup: TrialSetup, factor: float) -> tuple[float, float]:
    numbers = range(DRIVE_FIRST, DRIVE_FIRST + DRIVE_TRIALS)
    return drive_slope(
        setup.model,
        setup.task,
        factor,
        seed=setup.seed,
        numbers=numbers,
        downsample=setup.downsample,
        params=setup.params,
        threads=setup.threads,
    )


def _match(setup: TrialSetup, grid: Grid) -> float:
    """Return the factor that matches the drives, in two runs because the rates depend on the factor."""
    factor = (grid.factors[0] + grid.factors[-1]) / 2
    for _ in range(2):
        slope, _ = _drive(setup, factor)
        if np.isfinite(slope) and slope > 0:
            factor = float(np.clip(slope, grid.factors[0], grid.highest))
    return factor


def _first(bits: Bits, dropped: frozenset[float]) -> float:
    accuracy = accuracies({factor: correct for factor, correct in bits.items() if factor not in dropped})
    return min(factor for factor, value in accuracy.items() if value == max(accuracy.values()))

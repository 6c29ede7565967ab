"""Search for the best matched conversion: score gains and factors around the fit on spiking trials."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from spiking.conversion.conversion import VARIANTS, Candidate, Conversion, Variant
from spiking.conversion.fit import CALIBRATED_GAIN, fit_gain
from spiking.conversion.visited import visited_currents
from spiking.evaluation.drive import drive_slope
from spiking.evaluation.evaluate import Evaluation, Score
from spiking.parallel.blocks import TrialRunner
from spiking.random_streams import DRIVE_FIRST, SEARCH_FIRST
from spiking.tuning.candidates import published_grid
from spiking.tuning.options import SearchOptions
from spiking.tuning.plateau import plateau
from spiking.tuning.result import ScalingFactorSearch
from spiking.tuning.trial_settings import DRIVE_TRIALS, Work
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.neuron.params import LIFParams
    from spiking.rate_model.model import RateModel
    from spiking.tasks import Task


# Both variants have 20 candidates. Running 10 trials of each, and 30 more of the best 4, would take 320
# trials. Leaving out candidates that cannot win, and accepting the first that is always correct, takes about
# 130. Chosen on 30 networks, with their trials in hundreds of orders: the best of 6 after 30 trials was never
# below the third after 10, and among candidates that are always correct the first is as accurate on other
# trials as the one with the smallest error.
GAINS = (8.0, 32.0)
MULTIPLES = (0.65, 0.8, 0.9, 1.0, 1.1)
# If the best of these is wrong in any of 40 trials, these and the published grid are tried as well. Some XOR
# networks need them.
RESERVE_GAINS = (2.0,)
RESERVE_MULTIPLES = (0.9, 1.0, 1.1, 1.25)
_FIRST_TRIALS, _MOST_TRIALS, _FINALISTS = 10, 40, 4
# Trials of all candidates before the first is left out, trials between two decisions, and the same in the
# final: these need about the fewest trials on the same networks.
_FIRST_LOOK, _LOOK, _FINAL_LOOK = 3, 2, 4

Ask = Callable[[Collection[str], int], dict[str, Floats]]  # of candidates and a number of trials


def matched_candidates(
    model: RateModel,
    task: Task,
    *,
    conversion: Literal["matched", "one_offset", "mean_drive", "calibrated"],
    seed: int,
    params: LIFParams | None,
    downsample: int,
) -> dict[str, Conversion]:
    """Return the conversions to compare, by a name of variant, gain and multiple of the fitted factor.

    Those with gains in `RESERVE_GAINS` are tried if none of the others suffices.
    """
    seen = visited_currents(model, task, seed=seed)
    if conversion == "calibrated":
        fit = fit_gain(model, seen, CALIBRATED_GAIN, params=params, downsample=downsample)
        return {f"calibrated, gain {fit.gain:g}": fit.conversion("calibrated")}
    kinds: tuple[Variant, ...] = VARIANTS if conversion == "matched" else (conversion,)
    candidates: dict[str, Conversion] = {}
    for gains, multiples in ((GAINS, MULTIPLES), (RESERVE_GAINS, RESERVE_MULTIPLES)):
        fits = [fit_gain(model, seen, gain, params=params, downsample=downsample) for gain in gains]
        candidates |= {
            f"{kind}, gain {fit.gain:g}, factor x {multiple:g}": fit.conversion(kind, multiple * fit.factor)
            for kind in kinds
            for fit in fits
            for multiple in multiples
        }
    if conversion == "matched":
        for factor in published_grid(model).factors:
            candidates[f"published, factor {factor:g}"] = Conversion(kind="published", factor=factor)
    return candidates


def best_candidates(
    ask: Ask,
    names: Collection[str],
    keep: int,
    n: int,
    *,
    first: int,
    step: int,
) -> list[str]:
    """Return the best `keep` candidates by their first `n` trials, the best first.

    Among equally accurate candidates, those with the smaller output error are better, then those that are
    first in `names`. A candidate is left out as soon as it could not be among the best even if all its other
    trials were correct and without error: this saves trials and does not change the result.

    Parameters
    ----------
    ask : function of names and number of trials
        Runs candidates up to this number of trials and returns the `trial_scores` of each.
    first, step : int
        Number of trials that all candidates run, and how many more the undecided ones run between two
        decisions.
    """
    level = min(first, n)
    values = ask(names, level)

    def bound(name: str) -> tuple[float, float]:
        """Return the sort key of a candidate if all its missing trials were correct and without error."""
        correct, error = values[name].sum(axis=0)
        return -float(correct + n - len(values[name])), float(error)

    def so_far(name: str) -> tuple[float, float]:
        correct, error = values[name].mean(axis=0)
        return -round(float(correct), 9), float(error)

    values |= ask(sorted(names, key=so_far)[:keep], n)
    while True:
        best = sorted((name for name in names if len(values[name]) == n), key=bound)[:keep]
        undecided = [name for name in names if len(values[name]) < n and bound(name) <= bound(best[-1])]
        if not undecided:
            return best
        level = min(level + step, n)
        values |= ask(undecided, level)


def choose_candidate(ask: Ask, names: Collection[str], first: int, most: int) -> str:
    """Return the best candidate by `first` trials if it is correct in all of `most` trials.

    Otherwise, return the best in `most` trials of the few that are best in `first` trials. Other arguments as
    in `best_candidates`.
    """
    (leader,) = best_candidates(ask, names, 1, first, first=_FIRST_LOOK, step=_LOOK)
    if ask([leader], most)[leader][:, 0].all():
        return leader
    few = best_candidates(ask, names, _FINALISTS, first, first=_FIRST_LOOK, step=_LOOK)
    (chosen,) = best_candidates(ask, few, 1, most, first=first, step=_FINAL_LOOK)
    return chosen


def search_matched(scores: TrialRunner[Any], work: Work, options: SearchOptions) -> ScalingFactorSearch:
    """Choose the best candidate on the same trials, and score it on fresh ones."""
    first, most = min(_FIRST_TRIALS, options.trials), min(_MOST_TRIALS, options.trials)
    usual = [name for name, candidate in work.candidates.items() if candidate.gain in GAINS]
    longest: dict[str, Floats] = {}  # the values of each candidate that has run

    def ask(asked: Collection[str], n: int) -> dict[str, Floats]:
        results = scores(dict.fromkeys(asked, range(SEARCH_FIRST, SEARCH_FIRST + n)))
        longest.update({name: values for name, values in results.items() if n >= len(longest.get(name, ()))})
        return results

    chosen = choose_candidate(ask, usual, first, most)
    if not longest[chosen][:, 0].all():
        reserve = [name for name in work.candidates if name not in usual]
        few = best_candidates(ask, reserve, _FINALISTS, first, first=_FIRST_LOOK, step=_LOOK)
        (chosen,) = best_candidates(ask, [chosen, *few], 1, most, first=first, step=_FINAL_LOOK)
    names = [name for name in work.candidates if name in longest]

    tried = tuple(_candidate(work.candidates[name], longest[name]) for name in names)
    conversion = dataclasses.replace(work.candidates[chosen], candidates=tried)
    alike = [
        name
        for name in names
        if (work.candidates[name].kind, work.candidates[name].gain) == (conversion.kind, conversion.gain)
    ]
    bits = {work.candidates[name].factor: longest[name][:, 0] > 0.5 for name in alike}
    dropped = {work.candidates[name].factor for name in alike if len(longest[name]) < first}
    tied = plateau(bits, dropped)
    _, drive_error = drive_slope(
        work.model,
        work.task,
        conversion.factor,
        conversion=conversion,
        seed=work.seed,
        numbers=range(DRIVE_FIRST, DRIVE_FIRST + DRIVE_TRIALS),
        downsample=work.downsample,
        params=work.params,
        threads=work.threads,
    )
    fresh = scores({chosen: range(options.trials)})[chosen][:, 0] > 0.5
    return ScalingFactorSearch(
        model=work.model,
        task=work.task,
        scaling_factor=conversion.factor,
        method=options.method,
        choice="best",
        seed=work.seed,
        curve={f: Score(int(bits[f].sum()), len(bits[f])) for f in sorted(bits)},
        plateau=tied if conversion.factor in tied else (conversion.factor,),
        extended=(),
        start=None if conversion.kind == "published" else conversion.fitted_factor,
        fresh=Evaluation(
            task=work.task,
            seed=work.seed,
            correct=fresh,
            conditions=work.task.trials(options.trials, seed=work.seed).conditions,
        ),
        drive_error=drive_error,
        stopped=f"one of {len(names)} candidates was chosen",
        drive_trials=DRIVE_TRIALS,
        downsample=options.downsample,
        params=options.params,
        seconds=0.0,
        conversion=conversion,
    )


def _candidate(conversion: Conversion, values: Floats) -> Candidate:
    return Candidate(
        kind=conversion.kind,
        gain=conversion.gain,
        offset=conversion.offset,
        factor=conversion.factor,
        correct=int(values[:, 0].sum()),
        trials=len(values),
        output_error=float(np.sqrt(values[:, 1].mean())),
    )

"""Search for a matched conversion: compare variants, gains and factors around the fit in spiking trials."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from spiking.conversion.conversion import VARIANTS, Candidate, Conversion, Variant
from spiking.conversion.fit import CALIBRATED_GAIN, GAINS, PLAUSIBLE_RATE, fit_gain
from spiking.conversion.visited_currents import visited_currents
from spiking.evaluation.recurrent_drive import drive_slope
from spiking.evaluation.result import Score
from spiking.neuron.params import LIFParams
from spiking.parallel.blocks import TrialRunner
from spiking.random_streams import DRIVE_FIRST, SEARCH_FIRST
from spiking.tuning.candidates import checked_noises, published_grid
from spiking.tuning.options import SearchOptions
from spiking.tuning.plateau import is_worse, plateau
from spiking.tuning.result import ScalingFactorSearch
from spiking.tuning.trial_setup import (
    DRIVE_TRIALS,
    TrialSetup,
    fresh_evaluation,
    is_correct,
    mean_rate,
    other_scores,
)
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.rate_model.model import RateModel
    from spiking.tasks import Task


MULTIPLES = (0.8, 0.9, 1.0, 1.1)  # of the fitted factor
# If what is chosen is right in less than 95 % of its trials, these and the published grid are tried too.
RESERVE_MULTIPLES = (0.65, 1.25)
_FIRST_TRIALS, _LEVELS = 4, (10, 40, 100)  # trials of all candidates, and of those that may be chosen
_FINALISTS, _FINAL_TRIALS = 6, 40  # of the reserve
_CLOSE = 0.1  # the NRMSE of what is chosen is at most this far above the smallest
_MARGIN = 0.05 + 1e-9  # and its accuracy at most this far below that of the closest
_UNSURE = 0.1  # more, while a candidate has run less than all trials
_ENOUGH = 0.95  # the accuracy that a search looks for, at a mean rate of at most PLAUSIBLE_RATE
_REASON = (
    "of the {}, it has the lowest mean rate among those that are not significantly less accurate than the "
    f"best and have an NRMSE at most {_CLOSE:g} above the smallest"
)

Ask = Callable[[Collection[str], int], dict[str, Floats]]  # of candidates and a number of trials
Nrmse = Callable[[Floats], float]  # of the `trial_scores` of a candidate


def matched_candidates(
    model: RateModel,
    task: Task,
    *,
    conversion: Literal["matched", "one_offset", "mean_drive", "calibrated"],
    seed: int,
    params: LIFParams | None,
    downsample: int,
    noises: Sequence[float] | None = None,
) -> dict[str, Conversion]:
    """Return the conversions to compare, by a name of variant, gain and multiple of the fitted factor.

    With `noises`, each is fitted with each of these strengths of the membrane's noise. ``calibrated`` has a
    single candidate. Those with multiples in `RESERVE_MULTIPLES`, and the published ones, are tried if none
    of the others suffices.
    """
    seen = visited_currents(model, task, seed=seed)
    if conversion == "calibrated":
        fit = fit_gain(model, seen, CALIBRATED_GAIN, params=params, downsample=downsample)
        return {f"calibrated, gain {fit.gain:g}": fit.conversion("calibrated")}
    kinds: tuple[Variant, ...] = VARIANTS if conversion == "matched" else (conversion,)
    neurons = {"": params}
    if noises is not None:
        neurons = {
            f", noise {noise:g} mV": dataclasses.replace(params or LIFParams(), noise=noise)
            for noise in checked_noises(noises)
        }
    fits = [
        (noise, fit_gain(model, seen, gain, params=neuron, downsample=downsample))
        for noise, neuron in neurons.items()
        for gain in GAINS
    ]
    candidates = {
        f"{kind}, gain {fit.gain:g}{noise}, factor x {multiple:g}": fit.conversion(
            kind, multiple * fit.factor
        )
        for multiple in (*MULTIPLES, *RESERVE_MULTIPLES)
        for kind in kinds
        for noise, fit in fits
    }
    if conversion == "matched":
        for factor in published_grid(model).factors:
            candidates[f"published, factor {factor:g}"] = Conversion(kind="published", factor=factor)
    return candidates


def accuracy(values: Floats) -> float:
    """Return the share of correct trials."""
    return float(values[:, 0].mean())


def choose_candidate(ask: Ask, names: Sequence[str], nrmse: Nrmse, most: int) -> str:
    """Return the candidate with the lowest mean rate among those that are accurate and close enough.

    In `most` trials it is not significantly less accurate than the one that is closest to the rate network,
    and its NRMSE is at most 0.1 larger. All candidates run a few trials first. Then they are tested in the
    order of their rates, so that most of them need no more.

    Parameters
    ----------
    ask : function of names and number of trials
        Runs candidates up to this number of trials and returns the `trial_scores` of each.
    nrmse : function of `trial_scores`
    """
    values = ask(names, min(_FIRST_TRIALS, most))
    closest = min(names, key=lambda name: nrmse(values[name]))
    limit = nrmse(values[closest]) + _CLOSE + _UNSURE
    near = [name for name in names if nrmse(values[name]) <= limit]
    for name in sorted(near, key=lambda name: mean_rate(values[name])):
        for n in sorted({min(level, most) for level in _LEVELS}):
            both = ask([name, closest], n)
            limit = nrmse(both[closest]) + _CLOSE + (_UNSURE if n < most else 0.0)
            if nrmse(both[name]) > limit or is_worse(is_correct(both[name]), is_correct(both[closest])):
                break
            if n == most and accuracy(both[name]) < accuracy(both[closest]) - _MARGIN:
                break
        else:
            return name
    return closest


def choose_finalist(values: Mapping[str, Floats], nrmse: Nrmse) -> str:
    """Return the candidate with the lowest rate among those that are accurate and close enough."""

    def accurate_first(name: str) -> tuple[float, float]:
        return -float(values[name][:, 0].sum()), nrmse(values[name])

    top = is_correct(values[min(values, key=accurate_first)])
    accurate = [
        name
        for name in values
        if not is_worse(is_correct(values[name]), top) and accuracy(values[name]) >= top.mean() - _MARGIN
    ]
    limit = min(nrmse(values[name]) for name in accurate) + _CLOSE
    close = [name for name in accurate if nrmse(values[name]) <= limit]
    return min(close, key=lambda name: mean_rate(values[name]))


def search_matched(
    scores: TrialRunner[Any], setup: TrialSetup, options: SearchOptions
) -> ScalingFactorSearch:
    """Choose a candidate on the same trials, and score it on fresh ones; a single one is only scored."""
    longest: dict[str, Floats] = {}  # the values of each candidate that has run

    def ask(asked: Collection[str], n: int) -> dict[str, Floats]:
        results = scores(dict.fromkeys(asked, range(SEARCH_FIRST, SEARCH_FIRST + n)))
        longest.update({name: values for name, values in results.items() if n >= len(longest.get(name, ()))})
        return results

    chosen, reason = next(iter(setup.candidates)), "it is the only one"
    if len(setup.candidates) > 1:
        usual = [name for name in setup.candidates if name.endswith(tuple(f"x {m:g}" for m in MULTIPLES))]
        chosen = choose_candidate(ask, usual, setup.nrmse, options.trials)
        reason = _REASON.format(f"{len(usual)} candidates")
        if accuracy(longest[chosen]) < _ENOUGH:
            values = ask(list(setup.candidates), min(_LEVELS[0], options.trials))
            ranks = {name: (-own[:, 0].sum(), setup.nrmse(own)) for name, own in values.items()}
            few = sorted(ranks, key=ranks.__getitem__)[:_FINALISTS]
            finalists = ask({chosen, *few}, min(_FINAL_TRIALS, options.trials))
            chosen = choose_finalist({name: finalists[name] for name in sorted(finalists)}, setup.nrmse)
            reason = _REASON.format(f"{len(finalists)} finalists of {len(setup.candidates)} candidates")
    fresh = scores({chosen: range(options.trials)})[chosen]
    names = [name for name in setup.candidates if name in longest]

    tried = tuple(_candidate(setup, name, longest[name]) for name in names)
    conversion = dataclasses.replace(setup.candidates[chosen], candidates=tried)
    longest.setdefault(chosen, fresh)
    curve = {
        setup.candidates[name].factor: longest[name]
        for name in sorted(longest, key=lambda name: setup.candidates[name].factor)
        if _differ_in_factor(setup.candidates[name], conversion)
    }
    bits = {factor: is_correct(values) for factor, values in curve.items()}
    most = max(map(len, bits.values()))
    tied = plateau(bits, {factor for factor, correct in bits.items() if len(correct) < most})
    _, drive_error = drive_slope(
        setup.model,
        setup.task,
        conversion.factor,
        conversion=conversion,
        seed=setup.seed,
        numbers=range(DRIVE_FIRST, DRIVE_FIRST + DRIVE_TRIALS),
        downsample=setup.downsample,
        params=setup.params_of(conversion),
        threads=setup.threads,
    )
    return ScalingFactorSearch(
        model=setup.model,
        task=setup.task,
        scaling_factor=conversion.factor,
        method=options.method,
        choice="best",
        seed=setup.seed,
        curve={factor: Score.of(setup.task, correct) for factor, correct in bits.items()},
        plateau=tied if conversion.factor in tied else (conversion.factor,),
        extended=(),
        start=None if conversion.kind == "published" else conversion.fitted_factor,
        fresh=fresh_evaluation(setup, fresh),
        drive_error=drive_error,
        stopped=_ending(fresh, len(names)),
        drive_trials=DRIVE_TRIALS,
        downsample=options.downsample,
        params=options.params if options.noises is None else setup.params_of(conversion),
        seconds=0.0,
        nrmse={factor: setup.nrmse(values) for factor, values in curve.items()},
        rates={factor: mean_rate(values) for factor, values in curve.items()},
        fresh_nrmse=setup.nrmse(fresh),
        fresh_rate=mean_rate(fresh),
        reason=f"{chosen} was chosen: {reason}",
        conversion=conversion,
        by_rule=other_scores(setup, curve),
    )


def _ending(fresh: Floats, candidates: int) -> str:
    """Return what was compared, and whether the chosen one is as accurate and as slow as one would like."""
    compared = f"{candidates} candidates were compared" if candidates else "nothing to compare"
    if accuracy(fresh) >= _ENOUGH and mean_rate(fresh) <= PLAUSIBLE_RATE:
        return compared
    missed = "no candidate as close reached" if candidates else "it does not reach"
    return f"{compared}; {missed} {_ENOUGH:.0%} at {PLAUSIBLE_RATE:g} Hz or less"


def _differ_in_factor(one: Conversion, other: Conversion) -> bool:
    """Return whether two candidates have the same variant, gain and neuron, and so differ in the factor."""
    return (one.kind, one.gain, one.params) == (other.kind, other.gain, other.params)


def _candidate(setup: TrialSetup, name: str, values: Floats) -> Candidate:
    conversion = setup.candidates[name]
    return Candidate(
        kind=conversion.kind,
        gain=conversion.gain,
        offset=conversion.offset,
        factor=conversion.factor,
        correct=int(values[:, 0].sum()),
        trials=len(values),
        nrmse=setup.nrmse(values),
        rate=mean_rate(values),
        noise=(setup.params_of(conversion) or LIFParams()).of_one_neuron().noise,
    )

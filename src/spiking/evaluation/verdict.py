"""Say in one line whether a spiking network answers as often correctly as its rate network."""

from __future__ import annotations

from collections.abc import Mapping

from spiking.conversion.conversion import VARIANTS, Conversion
from spiking.evaluation.result import Evaluation, Score
from spiking.evaluation.words import OTHER_RULES, rules

ENOUGH = 0.95  # accuracy that the paper requires of a trained network and of a successful conversion
_PAGE = '"If it does not convert" in docs/tutorials/convert-your-model.md'


def verdict(rate: Evaluation, spiking: Evaluation, conversion: Conversion | None) -> str | None:
    """Return what a spiking network misses, and what to try; None if it misses nothing.

    It misses its rate network where their 95 % intervals do not overlap, over all trials, in a condition, or
    by the strict or the sustained rule. Otherwise it falls short if it is correct in less than 95 % of all
    trials, or in clearly fewer by the strict or the sustained rule: their intervals do not overlap, or only
    the first is at least 95 %.

    Parameters
    ----------
    rate, spiking : Evaluation
        Of the same trials.
    conversion : Conversion or None
        That of the spiking network; None if it is the published one.
    """
    if not spiking.score.scored:
        return None
    kind = "published" if conversion is None else conversion.kind
    pairs = {"all trials": (rate.score, spiking.score)}
    if len(spiking.by_condition) > 1:
        pairs |= {name: (rate.by_condition[name], score) for name, score in spiking.by_condition.items()}
    missed = {name: pair for name, pair in pairs.items() if pair[1].interval[1] < pair[0].interval[0]}
    others = {
        name: (rate.scores[name], spiking.scores[name])
        for name in rules(spiking)
        if name in OTHER_RULES and name in rate.scores and spiking.scores[name] != spiking.score
    }
    by_rule = {
        f"all trials by the {name} rule": pair
        for name, pair in others.items()
        if pair[1].interval[1] < pair[0].interval[0]
    }
    missed |= by_rule
    if missed:
        listed = ", ".join(
            f"{name} {_text(score)} against {_text(other)}" for name, (other, score) in missed.items()
        )
        return f"the spiking network does not reach the rate network: {listed}; {_advice(kind)}"
    if spiking.accuracy >= ENOUGH:
        return _short_by_rule(spiking.score, others, kind)
    least = min(pairs, key=lambda name: pairs[name][1].accuracy)
    where = f", least in {least} {_text(pairs[least][1])}" if least != "all trials" else ""
    if rate.accuracy < ENOUGH:
        return (
            f"both networks are below {100 * ENOUGH:g} %: rate {_text(rate.score)}, spiking "
            f"{_text(spiking.score)}; train the rate network longer, or with another seed, then convert it"
        )
    below = f"the spiking network is below {100 * ENOUGH:g} %: {_text(spiking.score)}{where}"
    if spiking.interval[1] >= ENOUGH:
        return f"{below}; more trials tell whether that is chance"
    return f"{below}; {_advice(kind)}"


def _short_by_rule(score: Score, others: Mapping[str, tuple[Score, Score]], kind: str) -> str | None:
    """Return by which rules a network is correct in clearly fewer trials; `others` are (rate, spiking)."""
    below = {
        name: pair
        for name, pair in others.items()
        if pair[1].interval[1] < score.interval[0] or pair[1].accuracy < ENOUGH
    }
    if not below:
        return None
    short = [
        f"by the {name} rule in only {_text(own)} (rate network {_text(rate)})"
        for name, (rate, own) in below.items()
    ]
    line = f"the spiking network is correct in {_text(score)}, but {', '.join(short)}"
    rate_too = all(rate.accuracy < ENOUGH for rate, _ in below.values())
    return line if rate_too else f"{line}; {_advice(kind)}"


def _text(score: Score) -> str:
    low, high = score.interval
    return f"{score.accuracy:.3f} ({low:.3f} to {high:.3f})"


def _advice(kind: str) -> str:
    if kind == "published":
        return f"try `spiking tune --conversion matched --force`, see {_PAGE}"
    if kind == "trained":
        return "train longer, or with another seed"
    return f"{'its conversion is a matched one already, ' if kind in VARIANTS else ''}see {_PAGE}"

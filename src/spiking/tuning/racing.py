"""Racing: run the same trials for all candidates, in blocks, and drop those that are significantly worse.

A race starts with a few candidates around the factor that theory predicts. It adds candidates beyond the
outermost one while that one is not worse, and candidates between the others when few are left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.evaluation.binomial import sign_test
from spiking.tuning.plateau import best, is_worse

BLOCK = 10  # trials between two decisions
_ENOUGH = 4  # with fewer candidates left in the race, half steps are tried as well
_EARLIEST = 50  # trials of each candidate before the race may end because of the margin
_HINT = 0.2  # p value of the sign test below which a candidate may be worse
_ONE_SIDED = 1.645  # 95 % quantile of the normal distribution

Run = Callable[[Mapping[float, int]], dict[float, NDArray[np.bool_]]]
Further = Callable[[Mapping[float, NDArray[np.bool_]], set[float], float], set[float]]


@dataclass(frozen=True)
class RaceResult:
    """The result of a race.

    Attributes
    ----------
    bits : dict of float to array of bool
        For each candidate, whether each of its trials was correct; all that are left have the same number.
    dropped : frozenset of float
        Candidates that dropped out.
    stopped : str
        Why the race ended.
    """

    bits: dict[float, NDArray[np.bool_]]
    dropped: frozenset[float]
    stopped: str


def race(
    run: Run, field: Collection[float], further: Further, *, trials: int, budget: int, margin: float
) -> RaceResult:
    """Search for the best scaling factor.

    Parameters
    ----------
    run : function
        Takes {candidate: number of trials} and returns, for each candidate, whether each of its trials 0 to
        number - 1 was correct.
    field : collection of float
        The first candidates.
    further : function
        Takes the trials of all candidates so far, the candidates that have dropped out, and the best; returns
        candidates to add.
    trials : int
        Maximum number of trials of a candidate.
    budget : int
        Maximum number of trials of all candidates together.
    margin : float
        The race ends when no other candidate can be more accurate than the best by more than this (one-sided
        95 % confidence).
    """
    entered = set(field)
    bits: dict[float, NDArray[np.bool_]] = {}
    dropped: set[float] = set()
    level = min(BLOCK, trials)
    while True:
        wanted = dict.fromkeys(sorted(entered - dropped), level)
        spent = sum(map(len, bits.values()))
        cost = sum(level - len(bits.get(factor, ())) for factor in wanted)
        if bits and spent + cost > budget:
            return RaceResult(bits, frozenset(dropped), "the trial budget was used up")
        bits |= run(wanted)
        top = best({factor: bits[factor] for factor in wanted})
        dropped |= {factor for factor in wanted if is_worse(bits[factor], bits[top])}
        more = further(bits, dropped, top)
        if more:
            entered |= more
        elif level == trials:
            return RaceResult(bits, frozenset(dropped), "the candidates left have run all trials")
        elif level >= _EARLIEST and all(
            _could_win_by(bits[factor], bits[top]) <= margin for factor in wanted if factor not in dropped
        ):
            return RaceResult(bits, frozenset(dropped), f"no other candidate can win by more than {margin:g}")
        else:
            level = min(level + BLOCK, trials)


def around(start: float, step: float, lowest: float, highest: float) -> set[float]:
    """Return the first candidates: two steps apart, around `start` rounded to a multiple of `step`."""
    centre = max(step, round(start / step) * step)
    field = {centre + k * step for k in (-4, -2, 0, 2, 4)}
    return {factor for factor in field if factor > 0 and lowest <= factor <= highest}


def outwards_then_between(step: float, lowest: float, highest: float) -> Further:
    """Return the function that adds candidates to a race.

    It adds candidates two steps beyond an outermost one that does well, and otherwise candidates between the
    best and its neighbours.
    """

    def further(bits: Mapping[float, NDArray[np.bool_]], dropped: set[float], top: float) -> set[float]:
        tried = sorted(bits)
        low = tried[0] - 2 * step if tried[0] > 2 * step else tried[0] / 2
        high = tried[-1] + 2 * step
        added = set()
        if low >= max(lowest, step / 2) and tried[0] not in dropped and _does_well(bits[tried[0]], bits[top]):
            added.add(low)
        if high <= highest and tried[-1] not in dropped and _does_well(bits[tried[-1]], bits[top]):
            added.add(high)
        if added:
            return added
        widest = 0.75 * step if len(tried) - len(dropped) < _ENOUGH else 1.5 * step
        index = tried.index(top)
        for neighbour in tried[max(index - 1, 0) : index + 2]:
            if abs(neighbour - top) > widest:  # gaps are 2, 1 and 1/2 steps
                added.add((neighbour + top) / 2)
        return added

    return further


def _does_well(candidate: NDArray[np.bool_], top: NDArray[np.bool_]) -> bool:
    """Return whether a candidate may be as good as the best, so that the next one may be better."""
    return sign_test(top, candidate) > _HINT


def _could_win_by(candidate: NDArray[np.bool_], top: NDArray[np.bool_]) -> float:
    """Return the upper 95 % bound of the difference in accuracy on the same trials."""
    n, wins, losses = len(top), int(np.sum(candidate & ~top)), int(np.sum(top & ~candidate))
    return float((wins - losses + _ONE_SIDED * np.sqrt(wins + losses)) / n)

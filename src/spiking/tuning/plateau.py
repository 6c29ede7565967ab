"""Find the plateau of candidates that are statistically tied with the best, and its middle."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from spiking.evaluation.binomial import sign_test

TIED = 0.05  # p value of the sign test below which a candidate is worse than the best

Bits = Mapping[float, NDArray[np.bool_]]  # for each candidate, whether each of its trials was correct


def accuracies(bits: Bits) -> dict[float, float]:
    """Return the fraction of correct trials of each candidate."""
    return {factor: float(correct.mean()) for factor, correct in bits.items()}


def best(bits: Bits) -> float:
    """Return the most accurate candidate; if several are equal, the one nearest to the middle of these."""
    accuracy = accuracies(bits)
    top = sorted(factor for factor in bits if accuracy[factor] == max(accuracy.values()))
    middle = (top[0] + top[-1]) / 2
    return min(top, key=lambda factor: (abs(factor - middle), factor))


def is_worse(candidate: NDArray[np.bool_], than: NDArray[np.bool_]) -> bool:
    """Return whether a candidate is significantly worse than another on the trials that both have run."""
    common = min(len(candidate), len(than))
    return sign_test(than[:common], candidate[:common]) < TIED


def plateau(bits: Bits, dropped: Collection[float] = ()) -> tuple[float, ...]:
    """Return the best candidate and its neighbours on both sides up to the first that is not tied with it.

    `dropped` are candidates that are known to be worse.
    """
    factors, top = sorted(bits), best({f: correct for f, correct in bits.items() if f not in dropped})
    first = last = factors.index(top)

    def tied(factor: float) -> bool:
        return factor not in dropped and not is_worse(bits[factor], bits[top])

    while first > 0 and tied(factors[first - 1]):
        first -= 1
    while last < len(factors) - 1 and tied(factors[last + 1]):
        last += 1
    return tuple(factors[first : last + 1])


def middle(tied: tuple[float, ...], bits: Bits) -> float:
    """Return the candidate nearest to the middle of a plateau; if two are equally near, the more accurate."""
    centre, accuracy = (tied[0] + tied[-1]) / 2, accuracies(bits)
    return min(tied, key=lambda factor: (abs(factor - centre), -accuracy[factor], factor))

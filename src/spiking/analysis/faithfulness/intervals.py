"""95 % bootstrap intervals of the coefficient of determination of the output, from resampled trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from spiking.analysis.bootstrap import resampled_weights, shifted_interval
from spiking.typing import Floats

_RESAMPLES = 1000


def single_trials(expected: Floats, observed: Floats, seed: int) -> tuple[float, float]:
    """Return the interval of R2 over single trials, whose sums are resampled."""
    error = np.sum((observed - expected) ** 2, axis=(1, 2))
    total, square = expected.sum(axis=2), np.sum(expected**2, axis=(1, 2))  # of each trial and output
    whole = np.arange(len(expected))
    samples = expected.shape[0] * expected.shape[2]

    def r2(weights: Floats) -> Floats:
        spread = weights @ square - np.sum((weights @ total) ** 2, axis=-1) / samples
        return _one_minus(weights @ error, spread)

    return _interval(r2, [whole], len(whole), seed)


def condition_averages(
    expected: Floats, observed: Floats, conditions: Sequence[str], seed: int
) -> tuple[float, float]:
    """Return the interval of R2 of the means of conditions, with trials resampled within each."""
    names = np.array(conditions)
    groups = [np.flatnonzero(names == name) for name in dict.fromkeys(conditions)]
    values = [array.reshape(len(array), -1) for array in (expected, observed)]

    def r2(weights: Floats) -> Floats:
        x, y = (
            np.stack([weights[:, group] @ own[group] / len(group) for group in groups], axis=1).reshape(
                len(weights), len(groups), *expected.shape[1:]
            )
            for own in values
        )
        spread = np.sum((x - x.mean(axis=(1, 3), keepdims=True)) ** 2, axis=(1, 2, 3))
        return _one_minus(np.sum((y - x) ** 2, axis=(1, 2, 3)), spread)

    return _interval(r2, groups, len(names), seed)


def _interval(
    r2: Callable[[Floats], Floats], groups: Sequence[NDArray[np.int64]], trials: int, seed: int
) -> tuple[float, float]:
    """Return the interval of R2, a function of weights (resamples, trials), at most 1; NaN for single trials.

    `groups` are the trials that are resampled among each other.
    """
    if min(map(len, groups)) < 2:
        return np.nan, np.nan
    resampled = [
        r2(weights) for weights in resampled_weights(groups, trials, seed=seed, resamples=_RESAMPLES)
    ]
    low, high = shifted_interval(r2(np.ones((1, trials)))[0], np.concatenate(resampled))
    return low, min(high, 1.0)


def _one_minus(error: Floats, spread: Floats) -> Floats:
    return 1 - np.divide(error, spread, out=np.full_like(error, np.nan), where=spread > 0)

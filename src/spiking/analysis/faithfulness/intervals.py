"""95 % bootstrap intervals of the coefficient of determination of the output, from resampled trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from spiking.analysis.bootstrap import basic_interval, resampled_weights
from spiking.typing import Floats

_RESAMPLES = 1000


def single_trials(expected: Floats, observed: Floats, seed: int) -> tuple[float, float]:
    """Return the interval of R2 over single trials, whose sums are resampled."""
    error = np.sum((observed - expected) ** 2, axis=(1, 2))
    total, square = expected.sum(axis=2), np.sum(expected**2, axis=(1, 2))  # of each trial and output
    whole = np.arange(len(expected))
    samples = expected.shape[0] * expected.shape[2]

    def unexplained(weights: Floats) -> Floats:
        spread = weights @ square - np.sum((weights @ total) ** 2, axis=-1) / samples
        return _ratio(weights @ error, spread)

    return _interval(unexplained, [whole], len(whole), seed)


def condition_averages(
    expected: Floats, observed: Floats, conditions: Sequence[str], seed: int
) -> tuple[float, float]:
    """Return the interval of R2 of the means of conditions, with trials resampled within each."""
    names = np.array(conditions)
    groups = [np.flatnonzero(names == name) for name in dict.fromkeys(conditions)]
    values = [array.reshape(len(array), -1) for array in (expected, observed)]

    def unexplained(weights: Floats) -> Floats:
        x, y = (
            np.stack([weights[:, group] @ own[group] / len(group) for group in groups], axis=1).reshape(
                len(weights), len(groups), *expected.shape[1:]
            )
            for own in values
        )
        spread = np.sum((x - x.mean(axis=(1, 3), keepdims=True)) ** 2, axis=(1, 2, 3))
        return _ratio(np.sum((y - x) ** 2, axis=(1, 2, 3)), spread)

    return _interval(unexplained, groups, len(names), seed)


def _interval(
    unexplained: Callable[[Floats], Floats], groups: Sequence[NDArray[np.int64]], trials: int, seed: int
) -> tuple[float, float]:
    """Return the interval of R2 from 1 - R2 as a function of weights (resamples, trials); NaN for one trial.

    It is a basic interval of log(1 - R2), so that it stays below 1 also where R2 is low and trials are few.
    `groups` are the trials that are resampled among each other.
    """
    if min(map(len, groups)) < 2:
        return np.nan, np.nan
    value = unexplained(np.ones((1, trials)))[0]
    if value == 0:
        return 1.0, 1.0
    resampled = [
        unexplained(weights) for weights in resampled_weights(groups, trials, seed=seed, resamples=_RESAMPLES)
    ]
    low, high = np.exp(basic_interval(np.log(value), np.log(np.concatenate(resampled))))
    return float(1 - high), float(1 - low)


def _ratio(error: Floats, spread: Floats) -> Floats:
    return np.divide(error, spread, out=np.full_like(error, np.nan), where=spread > 0)

"""95 % bootstrap intervals: resample trials, and turn the values of the resamples into an interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spiking.random_streams import BOOTSTRAP_STREAM
from spiking.typing import Floats

QUANTILES = (0.025, 0.975)
_TOGETHER = 50  # resamples that are drawn at once


def resampled_weights(
    groups: Sequence[NDArray[np.int64]], trials: int, *, seed: int, resamples: int
) -> Iterator[Floats]:
    """Yield how often each trial occurs in resamples, shape (some resamples, trials).

    Parameters
    ----------
    groups : sequence of array of int
        Trials that are resampled among each other.
    trials, seed, resamples : int
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(BOOTSTRAP_STREAM,)))
    for start in range(0, resamples, _TOGETHER):
        weights = np.zeros((min(_TOGETHER, resamples - start), trials))
        for group in groups:
            equal = np.full(len(group), 1 / len(group))
            weights[:, group] = rng.multinomial(len(group), equal, len(weights))
        yield weights


def basic_interval(
    value: Floats, resampled: Floats, method: Literal["linear", "inverted_cdf"] = "linear"
) -> tuple[Floats, Floats]:
    """Return the basic bootstrap interval: twice the value minus the quantiles of the resamples.

    Parameters
    ----------
    value : float or array, shape (...)
    resampled : array, shape (resamples, ...)
    method : {"linear", "inverted_cdf"}
        As in `numpy.quantile`; ``inverted_cdf`` also of infinite values.
    """
    low, high = np.quantile(resampled, QUANTILES, axis=0, method=method)
    return 2 * value - high, 2 * value - low


def shifted_interval(value: float, resampled: Floats) -> tuple[float, float]:
    """Return the quantiles of the resamples, shifted so that their median is the value.

    R2 of means has a bias, because means are noisy, and the means of resampled trials have this noise twice:
    the resamples are biased against the value as the value is against that of endless trials (Davison AC,
    Hinkley DV (1997) Bootstrap Methods and their Application, section 2.1). Without this second bias, they
    show the spread among other sets of as many trials, and the interval contains the value. A basic interval
    corrects for both biases: it holds the value of endless trials, and may exclude that of these.

    Parameters
    ----------
    value : float
    resampled : array, shape (resamples,)
        NaN gives NaN.
    """
    low, median, high = np.quantile(resampled, (QUANTILES[0], 0.5, QUANTILES[1]))
    return float(value + low - median), float(value + high - median)

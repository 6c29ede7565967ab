"""Cross-temporal discriminability: whether the patterns that distinguish conditions change over time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, real_numbers
from spiking.errors import ArgumentError
from spiking.typing import Floats


@check_arguments(n_splits=at_least(1))
def cross_temporal_discriminability(
    activity: ArrayLike, conditions: Sequence[str], *, seed: int = 1, n_splits: int = 20
) -> Floats:
    """Correlate the patterns that distinguish conditions at one time with those at another time.

    The method of Stokes et al. (Neuron 78:364, 2013). The trials are split into halves at random. In each
    half, the difference of the mean patterns of two conditions is computed at each time. The difference at
    time t1 in one half and that at time t2 in the other half are correlated over units (Pearson). The
    correlations are averaged, after Fisher's transformation, over pairs of conditions and over splits. A
    square of high values off the diagonal means a stable code, a ridge along the diagonal a dynamic one.

    Parameters
    ----------
    activity : array, shape (trials, N, samples)
        Activity at the times to compare, for example every 25 ms.
    conditions : sequence of str
        The condition of each trial; at least four trials of each.
    seed : int
        Seed of the splits.
    n_splits : int
        Number of splits.

    Returns
    -------
    array, shape (samples, samples)
        Fisher's z. Rows are the times in one half, columns those in the other. The expected value is
        symmetric.

    Raises
    ------
    ArgumentError
        The shapes do not fit, or there are fewer than two conditions or fewer than four trials of one.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=8, seed=1)
    >>> activity = both.spiking_activity[:, :, ::20]  # every 100 ms
    >>> analysis.cross_temporal_discriminability(activity, both.trials.conditions, seed=1).shape
    (10, 10)
    """
    values, labels = real_numbers("activity", activity, "shape (trials, N, samples)"), np.array(conditions)
    if values.ndim != 3 or len(labels) != len(values) or values.shape[1] < 3:
        raise ArgumentError(
            f"activity has shape {values.shape} and conditions {labels.shape}; expected (trials, N, samples) "
            f"with N of at least 3, and (trials,)"
        )
    names, counts = np.unique(labels, return_counts=True)
    if len(names) < 2 or counts.min() < 4:
        numbers = ", ".join(f"{name}: {count}" for name, count in zip(names, counts, strict=True))
        raise ArgumentError(
            f"trials by condition are {numbers}; expected at least two conditions with four trials each"
        )
    rng = np.random.default_rng(seed)
    total = np.zeros((values.shape[2],) * 2)
    pairs = list(itertools.combinations(range(len(names)), 2))
    for _ in range(n_splits):
        halves = _half_means(values, labels, names, rng)
        for a, b in pairs:
            first, second = (_standard(half[a] - half[b]) for half in halves)
            correlation = first.T @ second / values.shape[1]
            total += np.arctanh(np.clip(correlation, -1 + 1e-12, 1 - 1e-12))
    return total / (n_splits * len(pairs))


def _half_means(
    values: Floats, labels: NDArray[np.str_], names: NDArray[np.str_], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the mean patterns of two random halves, each of shape (conditions, N, samples)."""
    means: tuple[list[Floats], list[Floats]] = ([], [])
    for name in names:
        trials = rng.permutation(np.flatnonzero(labels == name))
        middle = trials.size // 2
        for half, part in zip(means, (trials[:middle], trials[middle:]), strict=True):
            half.append(values[part].mean(axis=0))
    return np.array(means[0]), np.array(means[1])


def _standard(difference: Floats) -> Floats:
    """Return the difference, scaled to mean 0 and variance 1 over units at each time; 0 if it is constant."""
    centred = difference - difference.mean(axis=0)
    spread = centred.std(axis=0)
    standard: Floats = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    return standard

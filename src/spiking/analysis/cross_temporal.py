"""Cross-temporal discriminability: whether patterns that distinguish conditions do so at other times too."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.checks import real_numbers, whole_number
from spiking.errors import ArgumentError
from spiking.typing import Floats


def cross_temporal_discriminability(
    activity: ArrayLike, conditions: Sequence[str], *, seed: int = 1, n_splits: int = 20
) -> Floats:
    """Correlate the patterns that tell conditions apart at one time with those at another.

    As Stokes et al. (Neuron 78:364, 2013): the trials are split at random into halves; in each half the
    difference of the mean patterns of two conditions is taken at every time; Pearson's correlation over units
    of the difference at time t1 in one half with that at t2 in the other is averaged, after Fisher's
    transformation, over pairs of conditions and splits. A square of high values off the diagonal means a
    stable code, a ridge along the diagonal a dynamic one.

    Parameters
    ----------
    activity : array, shape (trials, N, samples)
        Thinned to where one wants to know, such as every 25 ms.
    conditions : sequence of str
        Of each trial; at least four trials of each.
    seed : int
        Of the splits.
    n_splits : int

    Returns
    -------
    array, shape (samples, samples)
        Fisher z; row: time in one half, column: time in the other. Symmetric on average over splits.

    Raises
    ------
    ArgumentError
        The shapes do not fit, there are fewer than two conditions, or fewer than four trials of one.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=8, seed=1)
    >>> activity = both.spiking_activity[:, :, ::20]  # every 100 ms
    >>> analysis.cross_temporal_discriminability(activity, both.trials.conditions, seed=1).shape
    (10, 10)
    """
    values, own = real_numbers("activity", activity, "shape (trials, N, samples)"), np.array(conditions)
    if values.ndim != 3 or len(own) != len(values) or values.shape[1] < 3:
        raise ArgumentError(
            f"activity has shape {values.shape}, conditions {own.shape}; expected (trials, N, samples), N at "
            f"least 3, and (trials,)"
        )
    names, counts = np.unique(own, return_counts=True)
    if len(names) < 2 or counts.min() < 4:
        found = ", ".join(f"{name}: {count}" for name, count in zip(names, counts, strict=True))
        raise ArgumentError(f"trials by condition are {found}; expected at least two conditions of four")
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    total = np.zeros((values.shape[2],) * 2)
    pairs = list(itertools.combinations(range(len(names)), 2))
    n_splits = whole_number("n_splits", n_splits, 1)
    for _ in range(n_splits):
        halves = _half_means(values, own, names, rng)
        for a, b in pairs:
            one, other = (_standard(half[a] - half[b]) for half in halves)
            correlation = one.T @ other / values.shape[1]
            total += np.arctanh(np.clip(correlation, -1 + 1e-12, 1 - 1e-12))
    return total / (n_splits * len(pairs))


def _half_means(
    values: Floats, own: NDArray[np.str_], names: NDArray[np.str_], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the mean patterns of the conditions, (conditions, N, samples), in two halves of the trials."""
    means: tuple[list[Floats], list[Floats]] = ([], [])
    for name in names:
        trials = rng.permutation(np.flatnonzero(own == name))
        middle = trials.size // 2
        for half, part in zip(means, (trials[:middle], trials[middle:]), strict=True):
            half.append(values[part].mean(axis=0))
    return np.array(means[0]), np.array(means[1])


def _standard(difference: Floats) -> Floats:
    """Return the difference at each time with mean 0 and variance 1 over units; 0 where it is constant."""
    centred = difference - difference.mean(axis=0)
    spread = centred.std(axis=0)
    standard: Floats = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    return standard

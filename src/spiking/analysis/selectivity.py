"""Selectivity: how well the activity of each unit distinguishes two kinds of trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spiking.checks import real_numbers
from spiking.errors import ArgumentError
from spiking.typing import Floats


@dataclass(frozen=True, eq=False)
class Selectivity:
    """How well each unit tells two kinds of trials apart.

    Attributes
    ----------
    auc : array, shape (N,)
        Area under the ROC curve: the chance that a trial of the first kind has more activity than one of the
        second. 0.5 means none, 1 and 0 perfect selectivity.
    p_value : array, shape (N,)
        Two-sided Mann-Whitney test of 0.5, not corrected for the number of units.

    Examples
    --------
    >>> from spiking import analysis
    >>> found = analysis.selectivity([[5.0], [6.0], [1.0], [2.0]], [True, True, False, False])
    >>> found.auc.tolist()  # every value of the first kind is larger
    [1.0]
    """

    auc: Floats
    p_value: Floats


def selectivity(activity: ArrayLike, first: ArrayLike) -> Selectivity:
    """Say how well each unit tells two kinds of trials apart.

    Parameters
    ----------
    activity : array, shape (trials, N)
        Such as rates in a window.
    first : array of bool, shape (trials,)
        Which trials are of the first kind; the others are of the second.

    Returns
    -------
    Selectivity

    Raises
    ------
    ArgumentError
        The shapes do not fit, or there are no trials of a kind.

    Examples
    --------
    >>> from spiking import analysis
    >>> analysis.selectivity([[1.0], [2.0], [1.0], [2.0]], [True, True, False, False]).auc.tolist()
    [0.5]
    """
    from scipy.stats import mannwhitneyu

    values, own = real_numbers("activity", activity, "shape (trials, N)"), np.asarray(first)
    if values.ndim != 2 or own.shape != values.shape[:1] or own.dtype != bool:
        raise ArgumentError(
            f"activity has shape {values.shape}, first {own.shape} ({own.dtype}); "
            f"expected (trials, N) and (trials,) of bool"
        )
    if own.all() or not own.any():
        raise ArgumentError("first: expected trials of both kinds")
    found = mannwhitneyu(values[own], values[~own], axis=0)
    p = np.asarray(found.pvalue, dtype=np.float64)
    constant = np.ptp(values, axis=0) == 0  # all ranks tied: the test divides 0 by 0
    return Selectivity(
        auc=np.asarray(found.statistic, dtype=np.float64) / (own.sum() * (~own).sum()),
        p_value=np.where(constant, 1.0, p),
    )

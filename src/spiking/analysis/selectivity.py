"""Selectivity: how well the activity of each unit distinguishes two kinds of trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import numeric_array, real_numbers
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr
from spiking.typing import Floats


@dataclass(frozen=True, eq=False)
class Selectivity:
    """How well each unit distinguishes two kinds of trials.

    Attributes
    ----------
    auc : array, shape (N,)
        Area under the ROC curve: the probability that a trial of the first kind has more activity than one of
        the second. 0.5 means no selectivity; 1 and 0 mean perfect selectivity.
    p_value : array, shape (N,)
        p value of the two-sided Mann-Whitney test of 0.5, not corrected for the number of units.

    Examples
    --------
    >>> from spiking import analysis
    >>> result = analysis.selectivity([[5.0], [6.0], [1.0], [2.0]], [True, True, False, False])
    >>> result.auc.tolist()  # every value of the first kind is larger
    [1.0]
    """

    auc: Floats
    p_value: Floats

    __repr__ = short_repr


@check_arguments()
def selectivity(activity: ArrayLike, first: ArrayLike) -> Selectivity:
    """Measure how well each unit distinguishes two kinds of trials.

    Parameters
    ----------
    activity : array, shape (trials, N)
        For example the rates in a window.
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

    values = real_numbers("activity", activity, "shape (trials, N)")
    chosen = numeric_array("first", first, "a bool for each trial")
    if values.ndim != 2 or chosen.shape != values.shape[:1] or chosen.dtype != bool:
        raise ArgumentError(
            f"activity has shape {values.shape} and first {chosen.shape} ({chosen.dtype}); "
            f"expected (trials, N) and (trials,) of bool"
        )
    if chosen.all() or not chosen.any():
        raise ArgumentError("first has trials of one kind only; expected trials of both kinds")
    test = mannwhitneyu(values[chosen], values[~chosen], axis=0)
    p = np.asarray(test.pvalue, dtype=np.float64)
    constant = np.ptp(values, axis=0) == 0  # all ranks are tied: the test divides 0 by 0
    return Selectivity(
        auc=np.asarray(test.statistic, dtype=np.float64) / (chosen.sum() * (~chosen).sum()),
        p_value=np.where(constant, 1.0, p),
    )

"""Binomial statistics of correct and wrong trials."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_Z = 1.959963984540054  # 97.5 % quantile of the normal distribution


def wilson_interval(correct: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a proportion (Wilson, J. Am. Stat. Assoc. 22:209, 1927).

    Parameters
    ----------
    correct, trials : int
        Number of correct trials and number of all trials, which is at least 1.

    Returns
    -------
    low, high : float
    """
    p, z2 = correct / trials, _Z * _Z
    centre = p + z2 / (2 * trials)
    half = _Z * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials))
    low, high = ((centre + sign * half) / (1 + z2 / trials) for sign in (-1, 1))
    return (0.0 if correct == 0 else low, 1.0 if correct == trials else high)


def sign_test(better: NDArray[np.bool_], worse: NDArray[np.bool_]) -> float:
    """Return the one-sided exact p value of two networks on the same trials (McNemar's exact test).

    The null hypothesis is that `better` is not more accurate. Only trials where the two differ count: under
    the null hypothesis, each of the two is the correct one with probability 1/2.

    Parameters
    ----------
    better, worse : array of bool, shape (trials,)
        Whether each trial was correct.
    """
    wins, losses = int(np.sum(better & ~worse)), int(np.sum(worse & ~better))
    n = wins + losses
    return float(sum(math.comb(n, k) for k in range(wins, n + 1)) / 2**n)

"""Compare two networks on the same trials."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


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

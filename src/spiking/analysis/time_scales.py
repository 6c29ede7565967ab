"""Intrinsic time scales: the autocorrelation of each unit's activity over trials, and its decay."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, real_numbers
from spiking.errors import ArgumentError
from spiking.typing import Floats


@check_arguments(n_lags=at_least(1))
def autocorrelation(counts: ArrayLike, n_lags: int | None = None) -> Floats:
    """Correlate, over trials, a unit's activity in each bin with that in later bins (Murray et al. 2014).

    For each pair of bins, Pearson's correlation over trials is computed, and then averaged over pairs with
    the same lag. Activity that is the same in all trials, such as a response to the stimulus, does not
    contribute.

    Parameters
    ----------
    counts : array, shape (trials, N, bins)
        Usually the counts of one condition in a window without stimulus; a common width of the bins is 50 ms.
    n_lags : int, optional
        The longest lag in bins; by default half the number of bins.

    Returns
    -------
    array, shape (N, n_lags + 1)
        Autocorrelations for lags 0, 1, ...; the first is 1. NaN for units and lags for which no pair of bins
        varies over trials.

    Raises
    ------
    ArgumentError
        There are fewer than two trials or three bins, or as many lags as bins or more.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=12, seed=1)
    >>> counts = analysis.spike_counts(both.spiking, 20, window=(50, 250))  # 10 bins
    >>> analysis.autocorrelation(counts).shape[0]
    200
    """
    values = real_numbers("counts", counts, "shape (trials, N, bins)")
    if values.ndim != 3 or values.shape[0] < 2 or values.shape[2] < 3:
        raise ArgumentError(
            f"counts has shape {values.shape}; expected (trials, N, bins), at least 2 trials and 3 bins"
        )
    bins = values.shape[2]
    lags = bins // 2 if n_lags is None else n_lags
    if lags >= bins:
        raise ArgumentError(f"n_lags is {lags}; expected fewer than the {bins} bins")
    centred = values - values.mean(axis=0)
    spread = np.sqrt(np.mean(centred**2, axis=0))  # (N, bins)
    with np.errstate(invalid="ignore", divide="ignore"):
        standard = np.where(spread > 0, centred / spread, np.nan)
    result = np.full((values.shape[1], lags + 1), np.nan)
    for lag in range(lags + 1):
        pairs = np.mean(standard[:, :, : bins - lag] * standard[:, :, lag:], axis=0)
        known = np.isfinite(pairs)
        units = known.any(axis=1)
        result[units, lag] = np.where(known, pairs, 0)[units].sum(axis=1) / known[units].sum(axis=1)
    return result


@check_arguments()
def time_scale(correlation: ArrayLike, bin_width: float) -> Floats:
    """Fit ``a exp(-lag/tau) + b`` to autocorrelations from lag 1 on, and return tau (Murray et al. 2014).

    Parameters
    ----------
    correlation : array, shape (n_lags + 1,) or (N, n_lags + 1)
        The result of `autocorrelation`.
    bin_width : float
        Width of a bin in ms.

    Returns
    -------
    array, shape () or (N,)
        tau in ms; NaN if the autocorrelation is NaN or does not decay, and if tau is longer than the longest
        lag or shorter than a bin, which these lags cannot measure. Estimates near these limits are uncertain;
        for longer time scales use a longer window.

    Raises
    ------
    ArgumentError
        There are fewer than four lags.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking import analysis
    >>> lags = np.arange(10)
    >>> analysis.time_scale(0.8 * np.exp(-lags * 20 / 100)[None], bin_width=20.0).round(3).tolist()  # ms
    [100.0]
    """
    curves = real_numbers("correlation", correlation, "shape (n_lags + 1,) or (N, n_lags + 1)")
    if curves.ndim not in (1, 2) or curves.shape[-1] < 5:
        raise ArgumentError(
            f"correlation has shape {curves.shape}; expected (n_lags + 1,) or (N, n_lags + 1), 4 lags or more"
        )
    lags = bin_width * np.arange(1.0, curves.shape[-1])
    taus = np.array([_fit(lags, curve[1:]) for curve in curves.reshape(-1, curves.shape[-1])])
    return taus.reshape(curves.shape[:-1])


def _fit(lags: Floats, curve: Floats) -> float:
    from scipy.optimize import curve_fit

    if not np.isfinite(curve).all():
        return np.nan

    def decay(lag: Floats, amplitude: float, tau: float, offset: float) -> Floats:
        return amplitude * np.exp(-lag / tau) + offset

    longest = 10 * lags[-1]
    begin = (max(curve[0] - curve[-1], 1e-3), lags[len(lags) // 4] + lags[0], min(max(curve[-1], -0.9), 0.9))
    bounds = ((0.0, lags[0] / 20, -1.0), (np.inf, longest, 1.0))
    try:
        (amplitude, tau, _), _ = curve_fit(decay, lags, curve, p0=begin, bounds=bounds)
    except RuntimeError:  # no convergence
        return np.nan
    measured = lags[0] <= tau <= lags[-1]
    return float(tau) if amplitude > 0 and measured and curve.max() > curve.min() else np.nan

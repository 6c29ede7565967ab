"""Measure psychometric and chronometric curves from single trials, with a fit and intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spiking.analysis.bootstrap import QUANTILES, basic_interval, resampled_weights
from spiking.analysis.psychometric.logistic import fit, is_step, log_likelihood, logistic, profile_interval
from spiking.analysis.psychometric.result import PARAMETERS, Estimate, PsychometricCurve, PsychometricFit
from spiking.check_arguments import check_arguments
from spiking.checks import at_least, finite_numbers, real_numbers
from spiking.errors import ArgumentError
from spiking.tasks.scoring import wilson_interval
from spiking.typing import Floats

_FEWEST_VALUES = 4  # as many as parameters
_CHI_SQUARE = 7.814727903251179  # 95 % quantile of chi-square with 3 degrees of freedom


@check_arguments(resamples=at_least(100))
def psychometric(
    x: ArrayLike,
    response: ArrayLike,
    response_time: ArrayLike | None = None,
    *,
    answered: ArrayLike | None = None,
    trial: ArrayLike | None = None,
    seed: int = 1,
    resamples: int = 1000,
) -> PsychometricCurve:
    """Measure a psychometric curve from single trials, and fit a logistic function with lapses.

    The fit has the maximum likelihood (Wichmann & Hill, Percept. Psychophys. 63:1293, 2001), with guess and
    lapse rates from 0 to 0.5. Intervals of threshold and slope are basic bootstrap intervals: twice the
    estimate minus the percentiles of fits to resampled trials, because the limits of guess and lapse bias the
    slope. Those of response times are percentiles. Trials with the same number in `trial` are resampled
    together, so that the intervals also hold where all values of the stimulus were run with the same random
    numbers. Intervals of guess and lapse, which are often 0, are those of the profile likelihood, for
    independent trials.

    Parameters
    ----------
    x : array, shape (n,)
        Value of the stimulus in each trial, such as the evidence with the sign of the expected response.
    response : array of bool, shape (n,)
        Whether the response was made, such as ``predicted == 1``, or was correct.
    response_time : array, shape (n,), optional
        In ms; NaN in trials without one.
    answered : array of bool, shape (n,), optional
        Whether any response was made, to count the trials without; by default this is not known. The fit uses
        all trials.
    trial : array of int, shape (n,), optional
        Number of the trial, the same where random numbers are shared; by default all are independent.
    seed : int
        Seed of the bootstrap.
    resamples : int
        Number of bootstrap resamples, at least 100.

    Returns
    -------
    PsychometricCurve
        Without a fit, with the reason in `problem`, if there are fewer than 4 values, all responses are the
        same, responses do not depend on the stimulus (likelihood-ratio test at 5 %), or the threshold is
        beyond the values or the curve a step between two of them.

    Raises
    ------
    ArgumentError
        An array is empty or has another length than `x`, or `x` is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking.analysis import psychometric
    >>> rng = np.random.default_rng(1)
    >>> x = np.repeat(np.linspace(-1, 1, 9), 100)
    >>> curve = psychometric(x, rng.random(x.size) < 1 / (1 + np.exp(-5 * (x - 0.1))), resamples=200)
    >>> curve.fit.threshold.low < 0.1 < curve.fit.threshold.high
    True
    """
    values = finite_numbers("x", x, "a number for each trial") + 0.0  # no -0.0
    if values.ndim != 1 or not values.size:
        raise ArgumentError(f"x has shape {values.shape}; expected (n,), a number for each trial")
    n = values.size
    made = _row("response", response, n) != 0
    times = np.full(n, np.nan) if response_time is None else _row("response_time", response_time, n)
    silent = None if answered is None else _row("answered", answered, n) == 0
    numbers = np.arange(n) if trial is None else _row("trial", trial, n)
    levels, level = np.unique(values, return_inverse=True)
    units, unit = np.unique(numbers, return_inverse=True)
    timed = np.isfinite(times)
    # sums of each unit of resampling at each level: trials, responses, trials with a time, their times
    sums = np.zeros((4, units.size, levels.size))
    for total, amount in zip(sums, (np.ones(n), made, timed, np.where(timed, times, 0)), strict=True):
        np.add.at(total, (unit, level), amount)
    trials, responses, n_timed, time = sums.sum(axis=1)
    parameters, problem = _fit(levels, trials, responses)
    fits, means = _bootstrap(levels, sums, parameters, seed, resamples)
    intervals = [wilson_interval(int(k), int(m)) for k, m in zip(responses, trials, strict=True)]
    low, high = np.array(intervals).T
    time_low, time_high = _percentiles(means)
    return PsychometricCurve(
        x=levels,
        trials=trials.astype(np.int64),
        responses=responses.astype(np.int64),
        low=low,
        high=high,
        response_time=_mean(time, n_timed),
        response_time_low=time_low,
        response_time_high=time_high,
        timed=n_timed.astype(np.int64),
        unanswered=None if silent is None else np.bincount(level[silent], minlength=levels.size),
        fit=None
        if parameters is None
        else _with_intervals(parameters, fits, levels, trials, responses, resamples),
        problem=problem,
    )


def _row(name: str, values: ArrayLike, n: int) -> Floats:
    row = real_numbers(name, values, "numbers").astype(float)
    if row.shape != (n,):
        raise ArgumentError(f"{name} has shape {row.shape}; expected ({n},), as x")
    return row


def _fit(x: Floats, n: Floats, k: Floats) -> tuple[Floats | None, str]:
    """Return the fitted parameters, or None and why there are none."""
    if x.size < _FEWEST_VALUES:
        return None, f"x has {x.size} different values; expected at least {_FEWEST_VALUES}"
    if not 0 < k.sum() < n.sum():
        which = "no trial has the response" if k.sum() == 0 else f"all {n.sum():.0f} trials have the response"
        return None, f"{which}; add values of the stimulus at which this changes"
    parameters = fit(x, n, k, _is_rising(x, n, k))
    best = log_likelihood(logistic(x, parameters), n, k)
    constant = log_likelihood(np.full(x.size, k.sum() / n.sum()), n, k)
    if 2 * (best - constant) < _CHI_SQUARE:
        return None, "responses do not depend on the stimulus (likelihood-ratio test, p > 0.05)"
    if not x[0] <= parameters[0] <= x[-1]:
        return None, f"the threshold is not among the values, {x[0]:g} to {x[-1]:g}; add values beyond"
    if is_step(parameters, x):
        after = min(max(int(np.searchsorted(x, parameters[0])), 1), x.size - 1)
        return None, (
            f"responses change from one value to the next, near {x[after - 1]:g} to {x[after]:g}, and do not "
            f"determine the slope; add values between them"
        )
    return parameters, ""


def _is_rising(x: Floats, n: Floats, k: Floats) -> bool:
    """Return whether responses become more frequent, by the sign of their covariance with the stimulus."""
    return bool((k * (x - (n * x).sum() / n.sum())).sum() >= 0)


def _bootstrap(
    x: Floats, sums: Floats, parameters: Floats | None, seed: int, resamples: int
) -> tuple[Floats, Floats]:
    """Return parameters, (resamples, 4) or empty without a fit, and mean times (resamples, values)."""
    units = sums.shape[1]
    fits, means = [], []
    for weights in resampled_weights([np.arange(units)], units, seed=seed, resamples=resamples):
        trials, responses, timed, time = (weights @ total for total in sums)
        means.append(_mean(time, timed))
        if parameters is not None:
            rising = parameters[1] > 0
            fits += [fit(x, n, k, rising) for n, k in zip(trials, responses, strict=True)]
    return np.array(fits).reshape(-1, 4), np.concatenate(means)


def _with_intervals(
    parameters: Floats, fits: Floats, x: Floats, n: Floats, k: Floats, resamples: int
) -> PsychometricFit:
    fits[is_step(fits, x), 1] = np.inf * np.sign(parameters[1])
    low, high = basic_interval(parameters[:2], fits[:, :2], "inverted_cdf")
    low[1], high[1] = (max(low[1], 0), high[1]) if parameters[1] > 0 else (low[1], min(high[1], 0))
    intervals = [*zip(low, high, strict=True)]
    intervals += [profile_interval(x, n, k, parameters, which) for which in (2, 3)]
    estimates = {
        name: Estimate(float(value), float(low), float(high))
        for name, value, (low, high) in zip(PARAMETERS, parameters, intervals, strict=True)
    }
    return PsychometricFit(**estimates, resamples=resamples)


def _mean(total: Floats, n: Floats) -> Floats:
    mean: Floats = np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
    return mean


def _percentiles(means: Floats) -> tuple[Floats, Floats]:
    """Return the percentiles of each column, NaN where there are only NaN."""
    low, high = np.full((2, means.shape[1]), np.nan)
    for i, column in enumerate(means.T):
        known = column[~np.isnan(column)]
        if known.size:
            low[i], high[i] = np.quantile(known, QUANTILES)
    return low, high

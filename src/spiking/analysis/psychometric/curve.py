"""Measure psychometric and chronometric curves from single trials, with a fit and intervals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.analysis.psychometric.logistic import fit, is_step, log_likelihood, logistic, profile_interval
from spiking.check_arguments import check_arguments
from spiking.checks import at_least, finite_numbers, real_numbers
from spiking.errors import ArgumentError
from spiking.random_streams import BOOTSTRAP_STREAM
from spiking.short_repr import short_repr
from spiking.tasks.scoring import wilson_interval
from spiking.typing import Floats

_PARAMETERS = ("threshold", "slope", "guess", "lapse")
_FEWEST_VALUES = 4  # as many as parameters
_CHI_SQUARE = 7.814727903251179  # 95 % quantile of chi-square with 3 degrees of freedom
_QUANTILES = (0.025, 0.975)
_TOGETHER = 50  # resamples that are drawn at once


@dataclass(frozen=True)
class Estimate:
    """A parameter with its 95 % interval.

    Attributes
    ----------
    value, low, high : float
        The bound of a slope is 0 if resampled trials do not limit it.

    Examples
    --------
    >>> from spiking.analysis import Estimate
    >>> print(Estimate(0.125, 0.1, 0.15))
    0.125 (0.1 to 0.15)
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True, kw_only=True)
class PsychometricFit:
    """A logistic function with lapses: guess + (1 - guess - lapse) / (1 + exp(-slope (x - threshold))).

    Attributes
    ----------
    threshold : Estimate
        Value of the stimulus halfway between both asymptotes.
    slope : Estimate
        In 1/unit of the stimulus; negative if responses become fewer. Without guesses and lapses, the curve
        rises at the threshold by slope/4 per unit.
    guess : Estimate
        The lower asymptote.
    lapse : Estimate
        1 minus the upper asymptote.
    resamples : int
        Number of bootstrap resamples of the intervals.

    Examples
    --------
    >>> from spiking.analysis import Estimate, PsychometricFit
    >>> rates = {"guess": Estimate(0.0, 0.0, 0.01), "lapse": Estimate(0.02, 0.0, 0.04)}
    >>> fit = PsychometricFit(
    ...     threshold=Estimate(0.5, 0.4, 0.6), slope=Estimate(8.0, 7.0, 9.0), resamples=1000, **rates
    ... )
    >>> fit.predict([0.0, 0.5, 1.0]).round(2).tolist()
    [0.02, 0.49, 0.96]
    """

    threshold: Estimate
    slope: Estimate
    guess: Estimate
    lapse: Estimate
    resamples: int

    __repr__ = short_repr

    @check_arguments()
    def predict(self, x: ArrayLike) -> Floats:
        """Return the probability of a response at each value of the stimulus, shape of `x`."""
        values = real_numbers("x", x, "numbers").astype(float)
        parameters = np.array([getattr(self, name).value for name in _PARAMETERS])
        return logistic(values.ravel(), parameters).reshape(values.shape)

    def __str__(self) -> str:
        return ", ".join(f"{name} {getattr(self, name)}" for name in _PARAMETERS)


@dataclass(frozen=True, kw_only=True, eq=False)
class PsychometricCurve:
    """Responses and response times at each value of a stimulus, and a fit.

    Attributes
    ----------
    x : array, shape (values,)
        The values of the stimulus, ascending.
    trials, responses : array of int, shape (values,)
        Numbers of trials, and of those with the response.
    fraction, low, high : array, shape (values,)
        Fraction of trials with the response, and its 95 % Wilson score interval.
    response_time, response_time_low, response_time_high : array, shape (values,)
        Mean response time in ms over trials that have one, and its 95 % bootstrap interval; NaN without any.
    timed : array of int, shape (values,)
        Number of trials with a response time.
    unanswered : array of int, shape (values,), or None
        Number of trials without any response; they count as trials without *the* response. None if it is not
        known.
    fit : PsychometricFit or None
        None if the data do not determine one.
    problem : str
        Why there is no fit; empty with a fit.

    Examples
    --------
    >>> from spiking.analysis import psychometric
    >>> print(psychometric([-1.0, -1.0, 1.0, 1.0], [False, False, True, True]))
    4 trials at 2 values, no fit: x has 2 different values; expected at least 4
    """

    x: Floats
    trials: NDArray[np.int64]
    responses: NDArray[np.int64]
    low: Floats
    high: Floats
    response_time: Floats = field(repr=False)
    response_time_low: Floats = field(repr=False)
    response_time_high: Floats = field(repr=False)
    timed: NDArray[np.int64] = field(repr=False)
    unanswered: NDArray[np.int64] | None = field(default=None, repr=False)
    fit: PsychometricFit | None
    problem: str

    __repr__ = short_repr

    @property
    def fraction(self) -> Floats:
        """Fraction of trials with the response at each value."""
        fraction: Floats = self.responses / self.trials
        return fraction

    @property
    def columns(self) -> dict[str, list[Any]]:
        """The curve as a table: a list of values by name of the column."""
        counts = ("x", "trials", "responses", "fraction", "low", "high")
        times = ("timed", "response_time", "response_time_low", "response_time_high")
        columns = {name: getattr(self, name).tolist() for name in (*counts, *times)}
        if self.unanswered is not None:
            columns["unanswered"] = self.unanswered.tolist()
        return columns

    def as_json(self) -> dict[str, Any]:
        """Return the curve and its fit as numbers, lists and dictionaries."""
        parameters = None
        if self.fit is not None:
            estimates = {name: getattr(self.fit, name) for name in _PARAMETERS}
            parameters = {
                name: {"value": one.value, "interval": [one.low, one.high]} for name, one in estimates.items()
            }
        return {**self.columns, "fit": parameters, "problem": self.problem or None}

    def __str__(self) -> str:
        trials = f"{self.trials.sum()} trials at {self.x.size} values"
        if self.unanswered is not None and self.unanswered.any():
            trials += f", {self.unanswered.sum()} without a response"
        return f"{trials}: {self.fit}" if self.fit else f"{trials}, no fit: {self.problem}"


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
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(BOOTSTRAP_STREAM,)))
    units = sums.shape[1]
    fits, means = [], []
    for start in range(0, resamples, _TOGETHER):
        size = min(_TOGETHER, resamples - start)
        weights = rng.multinomial(units, np.full(units, 1 / units), size).astype(float)
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
    quantiles = np.quantile(fits[:, :2], _QUANTILES, axis=0, method="inverted_cdf")  # also infinite ones
    low, high = 2 * parameters[:2] - quantiles[::-1]
    low[1], high[1] = (max(low[1], 0), high[1]) if parameters[1] > 0 else (low[1], min(high[1], 0))
    intervals = [*zip(low, high, strict=True)]
    intervals += [profile_interval(x, n, k, parameters, which) for which in (2, 3)]
    estimates = {
        name: Estimate(float(value), float(low), float(high))
        for name, value, (low, high) in zip(_PARAMETERS, parameters, intervals, strict=True)
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
            low[i], high[i] = np.quantile(known, _QUANTILES)
    return low, high

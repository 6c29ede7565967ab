"""What a psychometric curve consists of: its points, its fit, and the fit's parameters with intervals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.analysis.psychometric.logistic import logistic
from spiking.check_arguments import check_arguments
from spiking.checks import real_numbers
from spiking.short_repr import short_repr
from spiking.typing import Floats

PARAMETERS = ("threshold", "slope", "guess", "lapse")


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
        parameters = np.array([getattr(self, name).value for name in PARAMETERS])
        return logistic(values.ravel(), parameters).reshape(values.shape)

    def __str__(self) -> str:
        return ", ".join(
            f"{name} {_slope(self.slope) if name == 'slope' else getattr(self, name)}" for name in PARAMETERS
        )


def _slope(slope: Estimate) -> str:
    """Return a slope with its interval; a bound of 0 is none."""
    if 0 not in (slope.low, slope.high):
        return str(slope)
    limit = f"at most {slope.high:.3g}" if slope.low == 0 else f"at least {slope.low:.3g}"
    return f"{slope.value:.3g} ({limit}; these trials do not set the other bound)"


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
        columns = {name: getattr(self, name).tolist() for name in (*counts, "timed")}
        for name in ("", "_low", "_high"):
            columns[f"response_time_ms{name}"] = getattr(self, f"response_time{name}").tolist()
        if self.unanswered is not None:
            columns["unanswered"] = self.unanswered.tolist()
        return columns

    def as_json(self) -> dict[str, Any]:
        """Return the curve and its fit as numbers, lists and dictionaries."""
        parameters = None
        if self.fit is not None:
            estimates = {name: getattr(self.fit, name) for name in PARAMETERS}
            parameters = {
                name: {"value": one.value, "interval": [one.low, one.high]} for name, one in estimates.items()
            }
        return {**self.columns, "fit": parameters, "problem": self.problem or None}

    def __str__(self) -> str:
        trials = f"{self.trials.sum()} trials at {self.x.size} values"
        if self.unanswered is not None and self.unanswered.any():
            trials += f", {self.unanswered.sum()} without a response"
        return f"{trials}: {self.fit}" if self.fit else f"{trials}, no fit: {self.problem}"

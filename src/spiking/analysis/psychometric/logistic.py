"""Fit a logistic function with lapses to numbers of responses, by maximum likelihood."""

from __future__ import annotations

import itertools

import numpy as np

from spiking.typing import Floats

MOST_LAPSES = 0.5  # upper limit of the guess and of the lapse rate
_STEEPEST = 20.0  # upper limit of slope x smallest distance of two values: a step between them
_STEEPEST_FOUND = 0.95 * _STEEPEST
_HALF_CHI_SQUARE = 1.9207294103470617  # half of the 95 % quantile of chi-square with 1 degree of freedom
_TINY = 1e-9  # so that logarithms are finite


def logistic(x: Floats, parameters: Floats) -> Floats:
    """Return guess + (1 - guess - lapse) / (1 + exp(-slope (x - threshold))).

    Parameters
    ----------
    x : array, shape (n,)
    parameters : array, shape (..., 4)
        Threshold, slope, guess and lapse.

    Returns
    -------
    array, shape (..., n)
    """
    threshold, slope, guess, lapse = (np.asarray(parameters)[..., k, np.newaxis] for k in range(4))
    curve: Floats = guess + (1 - guess - lapse) * _sigmoid(slope * (x - threshold))
    return curve


def log_likelihood(probability: Floats, n: Floats, k: Floats) -> Floats:
    """Return the log likelihood of k of n responses at each value, without the binomial coefficients."""
    p = np.clip(probability, _TINY, 1 - _TINY)
    total: Floats = (k * np.log(p) + (n - k) * np.log1p(-p)).sum(axis=-1)
    return total


def fit(x: Floats, n: Floats, k: Floats, rising: bool, fixed: tuple[int, float] | None = None) -> Floats:
    """Return threshold, slope, guess and lapse of maximum likelihood.

    The best point of a grid is refined by L-BFGS-B. The threshold is at most half the range beyond the
    values, guess and lapse are at most `MOST_LAPSES`, and the slope has a limit (see `is_step`).

    Parameters
    ----------
    x : array, shape (values,)
        The values of the stimulus, ascending, at least two.
    n, k : array, shape (values,)
        Numbers of trials and of responses.
    rising : bool
        Whether the slope is positive.
    fixed : (int, float), optional
        Number of a parameter, guess (2) or lapse (3), and the value at which it is held.
    """
    from scipy.optimize import minimize

    middle, half = (x[-1] + x[0]) / 2, (x[-1] - x[0]) / 2
    u = (x - middle) / half  # -1 to 1
    steepest = _STEEPEST / np.diff(u).min()
    sign = 1 if rising else -1
    grid = np.array(
        list(
            itertools.product(
                np.linspace(-1.2, 1.2, 17),
                sign * np.geomspace(1.0, steepest / 2, 6),
                (0.005, 0.05, 0.2, 0.4),
                (0.005, 0.05, 0.2, 0.4),
            )
        )
    )
    slopes = (0.0, steepest) if rising else (-steepest, 0.0)
    bounds = [(-2.0, 2.0), slopes, (0.0, MOST_LAPSES), (0.0, MOST_LAPSES)]
    if fixed is not None:
        held, value = fixed
        grid[:, held] = value
        bounds[held] = (value, value)
    start = grid[np.argmax(log_likelihood(logistic(u, grid), n, k))]

    def objective(parameters: Floats) -> tuple[float, Floats]:
        threshold, slope, guess, lapse = parameters
        s = _sigmoid(slope * (u - threshold))
        scale = 1 - guess - lapse
        p = np.clip(guess + scale * s, _TINY, 1 - _TINY)
        by_p = k / p - (n - k) / (1 - p)
        steep = by_p * scale * s * (1 - s)
        gradient = np.array(
            [-slope * steep.sum(), (steep * (u - threshold)).sum(), (by_p * (1 - s)).sum(), -(by_p * s).sum()]
        )
        return -float((k * np.log(p) + (n - k) * np.log1p(-p)).sum()), -gradient

    result = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds)
    threshold, slope, guess, lapse = result.x
    return np.array([middle + half * threshold, slope / half, guess, lapse])


def profile_interval(x: Floats, n: Floats, k: Floats, parameters: Floats, which: int) -> tuple[float, float]:
    """Return the 95 % profile likelihood interval of guess (2) or lapse (3).

    Parameters
    ----------
    x, n, k
        As in `fit`.
    parameters : array, shape (4,)
        The fit.
    which : int
        Number of the parameter.
    """
    from scipy.optimize import brentq

    rising = bool(parameters[1] > 0)
    limit = log_likelihood(logistic(x, parameters), n, k) - _HALF_CHI_SQUARE

    def excess(value: float) -> float:
        held = fit(x, n, k, rising, (which, value))
        return float(log_likelihood(logistic(x, held), n, k) - limit)

    best = float(parameters[which])
    low, high = (
        end if excess(end) >= 0 else float(brentq(excess, min(best, end), max(best, end), xtol=1e-4))
        for end in (0.0, MOST_LAPSES)
    )
    return min(low, best), max(high, best)


def is_step(parameters: Floats, x: Floats) -> Floats:
    """Return whether the curve is a step between two values, so that its slope is not determined."""
    step: Floats = np.abs(parameters[..., 1]) * np.diff(x).min() >= _STEEPEST_FOUND
    return step


def _sigmoid(x: Floats) -> Floats:
    value: Floats = 0.5 * (1 + np.tanh(0.5 * x))  # no overflow
    return value

"""The f-I curve of a spiking unit: its mean firing rate at constant current, from theory or by simulation.

Theory: what the simulated unit does is a random map, ``v' = v + dt/tau_membrane (I - v) + sigma N(0, 1)``, so
the mean number m(v) of steps until it reaches the threshold solves

    m(v) = 1 + integral up to threshold of p(v'|v) m(v') dv'

exactly, whatever the step and however noise is scaled. The integral is taken by Gauss-Legendre quadrature
(Nystrom's method), which leaves a banded linear system. The mean interval between spikes is the time for
which the unit is held after a spike, while only noise moves it, and m from there on. For continuous time this
is the mean first passage time of Siegert (Phys. Rev. 81:617, 1951).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from spiking.checks import whole_number
from spiking.errors import ArgumentError
from spiking.neuron.params import LIFParams
from spiking.timing import TIME_STEP_MS
from spiking.typing import Floats

Method = Literal["theory", "simulation"]

_NODES = 6  # of the quadrature, in a panel of two standard deviations of a step's noise
_REACH = 8.0  # standard deviations beyond which a normal density is zero
_MOST_PANELS = 400
_FARTHEST = 1000.0  # mV above rheobase


@dataclass(frozen=True, eq=False)
class FICurve:
    """Mean firing rate of a unit at constant current; call it with currents in mV for rates in Hz.

    Attributes
    ----------
    current : array, shape (points,)
        Ascending, in mV, added to `LIFParams.bias`.
    rate : array, shape (points,)
        In Hz. Between points it is interpolated; beyond the last it stays, before the first it is the first.
    error : array, shape (points,)
        Standard error of the rates; 0 from theory, which agrees with simulation within 0.2 %.
    method : str
        ``theory`` or ``simulation``.

    Examples
    --------
    >>> from spiking import LIFParams
    >>> from spiking.neuron import fi_curve
    >>> rates = fi_curve(LIFParams(refractory=5.0))([10.0, 1000.0])
    >>> bool(rates[1] < 1000 / 5.0)  # no faster than the refractory period allows
    True
    """

    current: Floats
    rate: Floats
    error: Floats
    method: Method

    def __call__(self, current: ArrayLike) -> Floats:
        """Return rates in Hz at currents in mV, in their shape."""
        return np.interp(np.asarray(current, np.float64), self.current, self.rate)


def fi_curve(
    params: LIFParams | None = None, *, downsample: int = 1, method: Method | None = None
) -> FICurve:
    """Return the f-I curve of a unit with the membrane noise of the model; kept for the next call.

    Parameters
    ----------
    params : LIFParams, optional
        Constants of the neuron; the published ones by default.
    downsample : int
        Steps of 0.05 ms x `downsample`, as in `simulate`.
    method : {"theory", "simulation"}, optional
        None: theory where it is exact up to its numerics, for the leaky neuron unless its noise is very small
        or so large that a spike may follow at once; else 100 s of simulation at every current.

    Returns
    -------
    FICurve
        From 6 standard deviations of the free membrane below rheobase to 1,000 mV above it.

    Raises
    ------
    ArgumentError
        An argument cannot be used, or theory is asked for where it does not hold.

    Examples
    --------
    >>> from spiking.neuron import fi_curve
    >>> curve = fi_curve()
    >>> bool(20 < curve(0.0) < 30)  # Hz: without input, the noise reaches the threshold
    True
    """
    params = params or LIFParams()
    if not isinstance(params, LIFParams):
        raise ArgumentError(f"params is {params!r:.60}; expected LIFParams(...)")
    step = TIME_STEP_MS * whole_number("downsample", downsample, 1)
    if method not in (None, "theory", "simulation"):
        raise ArgumentError(f"method is {method!r}; expected theory or simulation")
    limits = _why_not_theory(params, step)
    if method == "theory" and limits:
        raise ArgumentError(f"theory does not hold: {limits}; use method='simulation'")
    chosen: Method = method or ("simulation" if limits else "theory")
    return _curve(isolated(params), downsample, chosen)


def isolated(params: LIFParams) -> LIFParams:
    """Return the constants with those as published that the rate of an isolated unit does not depend on."""
    return dataclasses.replace(params, initial_voltage="uniform", tau_rise=2.0, synapse="double_exponential")


@lru_cache(maxsize=32)
def _curve(params: LIFParams, downsample: int, method: Method) -> FICurve:
    step = TIME_STEP_MS * downsample
    currents = _currents(params, step)
    error = np.zeros_like(currents)
    if method == "simulation":
        from spiking.experiments.f_i_by_simulation import simulated

        rate, error = simulated(params, currents, downsample)
    else:
        rate = np.array([_rate(params, step, current) for current in currents])
    for array in (currents, rate, error):
        array.setflags(write=False)
    return FICurve(currents, rate, error, method)


def _currents(params: LIFParams, step: float) -> Floats:
    """Currents at which the curve is known: dense where noise drives the unit, then in proportion."""
    rheobase = (0.0 if params.neuron == "quadratic" else params.threshold) - params.bias
    scale = max(_free_deviation(params, step), 0.05)
    near, far = np.linspace(-6, 6, 61) * scale, np.geomspace(6 * scale, _FARTHEST, 61)
    return np.asarray(rheobase + np.concatenate([near, far[1:]]))


def _free_deviation(params: LIFParams, step: float) -> float:
    """Return the standard deviation of a leaky membrane without threshold, in mV."""
    keep = 1 - step / params.tau_membrane
    return float(params.step_noise(step) / np.sqrt(max(1 - keep**2, 1e-12)))


def _why_not_theory(params: LIFParams, step: float) -> str:
    """Say why theory does not hold; empty if it does."""
    sigma, gap = params.step_noise(step), params.threshold - params.reset
    if params.neuron != "leaky":
        return "it is for the leaky neuron"
    if step >= params.tau_membrane:
        return f"a step of {step:g} ms is not shorter than the membrane time constant"
    if sigma == 0:
        return ""
    if gap < 6 * sigma * np.sqrt(params.refractory / step + 1):
        return f"noise of {sigma:g} mV a step may reach the threshold during the refractory period"
    if gap / (2 * sigma) > _MOST_PANELS:
        return f"noise of {sigma:g} mV a step is too small for its grid"
    return ""


def _held(params: LIFParams, step: float) -> float:
    """Return for how many steps a unit is held after a spike, on average over the rounding of the times."""
    dt, refractory = step / 1000, params.refractory / 1000
    steps = max(1, int(np.floor(refractory / dt + 1e-9)))
    i = np.arange(1, 20_001)
    return steps - float(np.mean(dt * (i + steps) > dt * i + refractory))


def _rate(params: LIFParams, step: float, current: float) -> float:
    """Return the rate in Hz at a current."""
    held, leak, sigma = _held(params, step), step / params.tau_membrane, params.step_noise(step)
    if sigma == 0:
        gap = params.bias + current - params.threshold
        if gap <= 0:
            return 0.0
        passed = np.log(gap / (gap + params.threshold - params.reset)) / np.log1p(-leak)
        return float(1000 / (step * (held + max(1.0, np.ceil(passed - 1e-9)))))
    return 1000 / (step * (held + _first_passage(params, leak, sigma, params.bias + current, held)))


def _first_passage(params: LIFParams, leak: float, sigma: float, target: float, held: float) -> float:
    """Return the mean number of steps from the reset, after `held` steps of noise alone, to the threshold."""
    from scipy.linalg import solve_banded

    free = sigma / np.sqrt(1 - (1 - leak) ** 2)
    bottom = min(params.reset - _REACH * sigma * np.sqrt(held + 1), target - _REACH * free)
    panels = int(np.ceil((params.threshold - bottom) / (2 * sigma)))
    places, own_weights = np.polynomial.legendre.leggauss(_NODES)
    half = (params.threshold - bottom) / (2 * panels)
    v = (bottom + half * (1 + 2 * np.arange(panels)[:, np.newaxis] + places)).ravel()
    weights = np.tile(half * own_weights, panels)
    moved = v + leak * (target - v)
    # Bands: a step leads at most so far down and up, in panels and so in nodes.
    down = max(0.0, float((v - moved).max())) + _REACH * sigma
    up = max(0.0, float((moved - v).max())) + _REACH * sigma
    lower, upper = (min(v.size - 1, _NODES * (2 + int(np.ceil(r / (2 * half))))) for r in (down, up))
    # Row q of the banded matrix holds in column j the entry of row j + q - upper; beyond the ends nothing.
    beyond = np.full(max(lower, upper), np.inf)
    every_i = np.concatenate([beyond[:upper], moved, beyond[:lower]])
    banded = _normal(v, np.lib.stride_tricks.sliding_window_view(every_i, v.size), sigma)
    banded *= -weights
    banded[upper] += 1
    steps = solve_banded((lower, upper), banded, np.ones(v.size), overwrite_ab=True, check_finite=False)
    start = params.reset + leak * (target - params.reset)
    spread = np.sqrt((1 - leak) ** 2 * held + 1) * sigma
    return float(1 + np.sum(weights * _normal(v, start, spread) * steps))


def _normal(x: Floats, mean: Floats | float, deviation: float) -> Floats:
    density = np.asarray(x - mean)  # one array for all steps: they are large
    density /= deviation
    np.square(density, out=density)
    density *= -0.5
    np.exp(density, out=density)
    density /= deviation * np.sqrt(2 * np.pi)
    return density

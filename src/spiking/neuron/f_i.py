"""The f-I curve of a spiking unit: its mean firing rate at constant current, from theory or by simulation.

Theory: the voltage of the simulated unit is a Markov chain,
``v' = v + dt/tau_membrane (I - v) + sigma N(0, 1)``, so the mean number m(v) of steps until it reaches the
threshold solves

    m(v) = 1 + integral up to threshold of p(v'|v) m(v') dv'

exactly, for every time step and scaling of the noise. Gauss-Legendre quadrature of the integral (Nystrom's
method) gives a banded linear system. The mean interval between spikes is the refractory time, during which
only noise changes the voltage, plus the mean of m over the voltage at its end. In continuous time this is
the mean first passage time of Siegert (Phys. Rev. 81:617, 1951).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import real_numbers
from spiking.errors import ArgumentError
from spiking.neuron.constant import Constants
from spiking.neuron.equations import NEURONS
from spiking.neuron.params import LIFParams
from spiking.read_only import Remade, frozen_array
from spiking.short_repr import short_repr
from spiking.timing import TIME_STEP_MS
from spiking.typing import Floats

Method = Literal["theory", "simulation"]

_NODES = 6  # of the quadrature, per panel of two standard deviations of a step's noise
_NORMAL_RANGE = 8.0  # standard deviations beyond which a normal density is taken as zero
_MAX_PANELS = 400
_HIGHEST_CURRENT = 1000.0  # mV above rheobase


@dataclass(frozen=True, eq=False)
class FICurve(Remade):
    """Mean firing rate of a unit at constant current; call it with currents in mV to get rates in Hz.

    Attributes
    ----------
    current : array, shape (points,)
        Currents in mV, ascending; they are added to `LIFParams.bias`.
    rate : array, shape (points,)
        Rates in Hz, interpolated linearly between the points and constant beyond the first and the last.
    error : array, shape (points,)
        Standard errors of the rates; 0 from theory, which agrees with simulation within 0.2 %.
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

    __repr__ = short_repr

    def __post_init__(self) -> None:
        for name in ("current", "rate", "error"):
            object.__setattr__(self, name, frozen_array(real_numbers(name, getattr(self, name), "numbers")))

    def __call__(self, current: ArrayLike) -> Floats:
        """Return rates in Hz at currents in mV, as an array of the same shape."""
        return np.interp(real_numbers("current", current, "currents in mV"), self.current, self.rate)


@check_arguments()
def fi_curve(
    params: LIFParams | None = None, *, downsample: int = 1, method: Method | None = None
) -> FICurve:
    """Return the f-I curve of a unit with the model's membrane noise; the last 32 results are cached.

    Parameters
    ----------
    params : LIFParams, optional
        Constants of the neuron; the published ones by default.
    downsample : int
        The time step is 0.05 ms x `downsample`, as in `simulate`.
    method : {"theory", "simulation"}, optional
        ``"simulation"`` runs 100 s at every current. None: theory where it is exact apart from numerical
        error, that is for the leaky neuron, unless its noise is very small, or so large that it may reach
        the threshold during the refractory period; otherwise simulation.

    Returns
    -------
    FICurve
        From 6 standard deviations of the membrane without threshold below rheobase to 1,000 mV above it.

    Raises
    ------
    ArgumentError
        An argument is wrong, or `method` is ``"theory"`` where theory does not hold.

    Examples
    --------
    >>> from spiking.neuron import fi_curve
    >>> curve = fi_curve()
    >>> bool(20 < curve(0.0) < 30)  # Hz: without input, the noise reaches the threshold
    True
    """
    params = params or LIFParams()
    step = TIME_STEP_MS * downsample
    reason = _why_not_theory(params, step)
    if method == "theory" and reason:
        raise ArgumentError(f"method is 'theory'; expected 'simulation', because {reason}")
    chosen: Method = method or ("simulation" if reason else "theory")
    return _curve(isolated(params), downsample, chosen)


def isolated(params: LIFParams) -> LIFParams:
    """Return the constants, with the published values of those that do not affect the rate of one unit."""
    others = {} if params.neuron == "exponential" else {"sharpness": 2.0, "soft_threshold": -38.0}
    usual = {"initial_voltage": "uniform", "tau_rise": 2.0, "synapse": "double_exponential"}
    changes: dict[str, Any] = {**usual, **others}
    return dataclasses.replace(params, **changes)


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
    return FICurve(currents, rate, error, method)


def _currents(params: LIFParams, step: float) -> Floats:
    """Return the currents of the curve: evenly spaced where noise drives the unit, then geometrically."""
    c = params.of_one_neuron()
    rheobase = NEURONS[params.neuron].rheobase(c) - c.bias
    scale = max(_free_deviation(params, step), 0.05)
    near, far = np.linspace(-6, 6, 61) * scale, np.geomspace(6 * scale, _HIGHEST_CURRENT, 61)
    return np.asarray(rheobase + np.concatenate([near, far[1:]]))


def _free_deviation(params: LIFParams, step: float) -> float:
    """Return the standard deviation of a leaky membrane without threshold, in mV."""
    c = params.of_one_neuron()
    keep = 1 - step / c.tau_membrane
    return float(c.noise * params.noise_scale(step) / np.sqrt(max(1 - keep**2, 1e-12)))


def _why_not_theory(params: LIFParams, step: float) -> str:
    """Return why theory does not hold, or an empty string where it does."""
    c = params.of_one_neuron()
    sigma, gap = c.noise * params.noise_scale(step), c.threshold - c.reset
    if params.neuron != "leaky":
        return "theory is for the leaky neuron"
    if step >= c.tau_membrane:
        return f"the step of {step:g} ms is not shorter than the membrane time constant"
    if sigma == 0:
        return ""
    if gap < 6 * sigma * np.sqrt(c.refractory / step + 1):
        return f"noise of {sigma:g} mV per step may reach the threshold during the refractory period"
    if gap / (2 * sigma) > _MAX_PANELS:
        return f"noise of {sigma:g} mV per step is too small for the grid of voltages"
    return ""


def _refractory_steps(c: Constants[float], step: float) -> float:
    """Return the refractory period in steps, averaged over the rounding errors of the simulation's times."""
    dt, refractory = step / 1000, c.refractory / 1000
    steps = max(1, int(np.floor(refractory / dt + 1e-9)))
    i = np.arange(1, 20_001)
    return steps - float(np.mean(dt * (i + steps) > dt * i + refractory))


def _rate(params: LIFParams, step: float, current: float) -> float:
    """Return the rate in Hz at a current."""
    c = params.of_one_neuron()
    leak, sigma = step / c.tau_membrane, c.noise * params.noise_scale(step)
    refractory = _refractory_steps(c, step)
    if sigma == 0:
        gap = c.bias + current - c.threshold
        if gap <= 0:
            return 0.0
        charging = np.log(gap / (gap + c.threshold - c.reset)) / np.log1p(-leak)
        return float(1000 / (step * (refractory + max(1.0, np.ceil(charging - 1e-9)))))
    return 1000 / (step * (refractory + _first_passage(c, leak, sigma, c.bias + current, refractory)))


def _first_passage(c: Constants[float], leak: float, sigma: float, target: float, refractory: float) -> float:
    """Return the mean number of steps to the threshold, from the reset and `refractory` steps of noise."""
    from scipy.linalg import solve_banded

    free_deviation = sigma / np.sqrt(1 - (1 - leak) ** 2)
    bottom = min(
        c.reset - _NORMAL_RANGE * sigma * np.sqrt(refractory + 1),
        target - _NORMAL_RANGE * free_deviation,
    )
    panels = int(np.ceil((c.threshold - bottom) / (2 * sigma)))
    nodes, node_weights = np.polynomial.legendre.leggauss(_NODES)
    half = (c.threshold - bottom) / (2 * panels)
    v = (bottom + half * (1 + 2 * np.arange(panels)[:, np.newaxis] + nodes)).ravel()
    weights = np.tile(half * node_weights, panels)
    mean_next = v + leak * (target - v)
    # Width of the bands: the largest change of voltage in a step, down and up, converted to nodes.
    down = max(0.0, float((v - mean_next).max())) + _NORMAL_RANGE * sigma
    up = max(0.0, float((mean_next - v).max())) + _NORMAL_RANGE * sigma
    lower, upper = (min(v.size - 1, _NODES * (2 + int(np.ceil(r / (2 * half))))) for r in (down, up))
    # Banded storage: row q, column j holds the entry of matrix row j + q - upper; infinity pads the ends.
    padding = np.full(max(lower, upper), np.inf)
    padded = np.concatenate([padding[:upper], mean_next, padding[:lower]])
    banded = _normal(v, np.lib.stride_tricks.sliding_window_view(padded, v.size), sigma)
    banded *= -weights
    banded[upper] += 1
    steps = solve_banded((lower, upper), banded, np.ones(v.size), overwrite_ab=True, check_finite=False)
    start = c.reset + leak * (target - c.reset)
    spread = np.sqrt((1 - leak) ** 2 * refractory + 1) * sigma
    return float(1 + np.sum(weights * _normal(v, start, spread) * steps))


def _normal(x: Floats, mean: Floats | float, deviation: float) -> Floats:
    """Return a normal density; works in place, because the arrays are large."""
    density = np.asarray(x - mean)
    density /= deviation
    np.square(density, out=density)
    density *= -0.5
    np.exp(density, out=density)
    density /= deviation * np.sqrt(2 * np.pi)
    return density

"""Fit a matched conversion: find the offset and factor at which f(s x + b)/k is closest to phi(x)."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from spiking.checks import positive_number
from spiking.conversion.conversion import ASKED, Asked, Conversion, Variant
from spiking.conversion.visited import FIT_TRIALS, VisitedCurrents, visited_currents
from spiking.errors import ArgumentError
from spiking.neuron.f_i import FICurve, fi_curve
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.rate_model.model import RateModel
    from spiking.tasks import Task


_OFFSETS = np.linspace(-8.0, 8.0, 161)  # tried first, in units of the gain (at least 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class GainFit:
    """What fits best at a gain; conversions of both variants and of any factor are made of it.

    Attributes
    ----------
    model : RateModel
    visited : VisitedCurrents
    curve : FICurve
    params : LIFParams
    downsample : int
    gain : float
    offset : float
        b in mV.
    factor : float
        k.
    error : float
        Relative, as in `Conversion`.
    """

    model: RateModel
    visited: VisitedCurrents
    curve: FICurve
    params: LIFParams
    downsample: int
    gain: float
    offset: float
    factor: float
    error: float

    @cached_property
    def _mean_rates(self) -> Floats:
        """Rate of each spiking unit in Hz if its currents were those of the rate model, shape (N,)."""
        return np.asarray(self.curve(self.gain * self.visited.currents + self.offset).mean(axis=(0, 2)))

    def conversion(self, kind: Variant, factor: float) -> Conversion:
        """Return the conversion of a variant with a factor, the fitted one or another."""
        units: tuple[float, ...] = ()
        outputs: tuple[float, ...] = ()
        if kind == "mean_drive":
            missed = self.visited.rates.mean(axis=(0, 2)) - self._mean_rates / factor
            units = tuple((self.offset + self.gain * (self.model.effective_weights() @ missed)).tolist())
            outputs = tuple((self.model.w_out @ missed).tolist())
        return Conversion(
            kind=kind,
            factor=factor,
            gain=self.gain,
            offset=self.offset,
            unit_offsets=units,
            output_offsets=outputs,
            fitted_factor=self.factor,
            fit_error=self.error,
            task=self.visited.task,
            seed=self.visited.seed,
            n_trials=self.visited.n_trials,
            params=self.params,
            downsample=self.downsample,
        )


def fit_gain(
    model: RateModel,
    visited: VisitedCurrents,
    gain: float,
    *,
    params: LIFParams | None = None,
    downsample: int = 1,
) -> GainFit:
    """Fit offset and factor at a gain; arguments and errors as in `fit_conversion`."""
    params = params or LIFParams()
    curve = fi_curve(params, downsample=downsample)
    phi = np.asarray(model.transfer(visited.x))
    offset, factor, error = _fit(visited, phi, curve, gain)
    return GainFit(
        model=model,
        visited=visited,
        curve=curve,
        params=params,
        downsample=downsample,
        gain=gain,
        offset=offset,
        factor=factor,
        error=error,
    )


def _fit(seen: VisitedCurrents, phi: Floats, curve: FICurve, gain: float) -> tuple[float, float, float]:
    """Return the offset in mV, the factor and the relative error that fit best at a gain."""
    from scipy.optimize import minimize_scalar

    power = float(seen.share @ phi**2)

    def factor(offset: float) -> float:
        """1/k is the slope of phi on f through the origin."""
        f = curve(gain * seen.x + offset)
        overlap = float(seen.share @ (phi * f))
        return float(seen.share @ f**2) / overlap if overlap > 0 else math.inf

    def error(offset: float) -> float:
        k = factor(offset)
        return float(seen.share @ (phi - curve(gain * seen.x + offset) / k) ** 2) / power

    if power > 0:
        tried = max(gain, 1.0) * _OFFSETS
        errors = [error(offset) for offset in tried]
        best = int(np.argmin(errors))
        around = tried[max(best - 1, 0)], tried[min(best + 1, tried.size - 1)]
        offset = float(minimize_scalar(error, bounds=around, method="bounded").x)
        if error(offset) > errors[best]:
            offset = float(tried[best])
        if best in (0, tried.size - 1):
            warnings.warn(
                f"at gain {gain:g} the best offset lies at the edge of those that were tried, {tried[0]:g} "
                f"to {tried[-1]:g} mV: the conversion may be far from the rate network; try another gain",
                stacklevel=2,
            )
        if math.isfinite(factor(offset)):
            return offset, factor(offset), math.sqrt(error(offset))
    raise ArgumentError(
        "no offset fits: the units of the rate model are silent in these trials; train it, or use the "
        "published conversion"
    )


GAIN = 8.0  # where no spiking trial has chosen another


def fit_conversion(
    model: RateModel,
    task: Task | str | None = None,
    *,
    kind: Asked = "matched",
    gain: float = GAIN,
    factor: float | None = None,
    seed: int = 1,
    trials: int = FIT_TRIALS,
    params: LIFParams | None = None,
    downsample: int = 1,
    visited: VisitedCurrents | None = None,
) -> Conversion:
    """Fit offset and factor for a gain, from runs of the rate model alone: no spiking trial is simulated.

    Parameters
    ----------
    model : RateModel
    task : Task or str, optional
        A task or what `spiking.tasks.get` takes; None: the one that the model's file records.
    kind : {"matched", "one_offset", "mean_drive"}
        ``matched`` is ``mean_drive`` here: the two cannot be compared without spiking trials.
    gain : float
        s: larger makes noise and reset small against the drive, and rates more regular.
    factor : float, optional
        k in place of the fitted one; the offset stays as fitted.
    seed, trials : int
        Of the runs of the rate model.
    params : LIFParams, optional
        Constants of neurons; the published ones by default.
    downsample : int
        Of the simulations to come, as in `simulate`: noise a second depends on it.
    visited : VisitedCurrents, optional
        Those of an earlier call of `visited_currents`, in place of task, seed and trials.

    Returns
    -------
    Conversion

    Raises
    ------
    ArgumentError
        An argument cannot be used, `visited` is of another number of units, or no offset fits: the model's
        units never become active.

    Warns
    -----
    UserWarning
        The best offset lies at the edge of those that were tried.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets
    >>> from spiking.conversion import fit_conversion

    >>> model = datasets.load("go-nogo")
    >>> conversion = fit_conversion(model, kind="mean_drive")
    >>> network = SpikingNetwork.from_rate(model, conversion=conversion)
    >>> network.offset.shape, conversion.gain
    ((200,), 8.0)
    """
    if kind not in ASKED[1:]:
        raise ArgumentError(f"kind is {kind!r:.60}; expected one of {', '.join(ASKED[1:])}")
    variant: Variant = "one_offset" if kind == "one_offset" else "mean_drive"
    gain = positive_number("gain", gain)
    seen = visited or visited_currents(model, task, seed=seed, trials=trials)
    if seen.rates.shape[1] != model.n_units:
        raise ArgumentError(
            f"visited is of a model of {seen.rates.shape[1]} units, this one has {model.n_units}"
        )
    fit = fit_gain(model, seen, gain, params=params, downsample=downsample)
    return fit.conversion(variant, fit.factor if factor is None else positive_number("factor", factor))

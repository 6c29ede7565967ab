"""Fit a matched conversion: find the offset and factor at which f(s x + b)/k is closest to phi(x)."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import positive_number, shown
from spiking.conversion.calibrate import calibrated_offsets
from spiking.conversion.conversion import ASKED, VARIANTS, Asked, Conversion, Variant
from spiking.conversion.mean_field_comparison import MeanFieldComparison
from spiking.conversion.visited_currents import FIT_TRIALS, VisitedCurrents, visited_currents
from spiking.errors import ArgumentError, warn
from spiking.neuron.f_i import FICurve, fi_curve
from spiking.neuron.params import LIFParams
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.tasks.given_inputs import TaskLike

GAINS = (1.0, 2.0, 4.0, 8.0, 32.0)  # compared; with a larger gain, units fire faster and more regularly
CALIBRATED_GAIN = 4.0
_FAR = 0.5  # NRMSE of a mean field's output above which a conversion is not trusted without spiking trials
PLAUSIBLE_RATE = 30.0  # mean over all units in Hz; in the cortex it is lower, and searches look for no more
_OFFSETS = np.linspace(-8.0, 8.0, 161)  # compared first; in mV at gain 1 and the published noise


@dataclass(frozen=True, kw_only=True, eq=False)
class GainFit:
    """The best fit at a gain, from which conversions of both variants and with any factor can be made.

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
        Relative error, as in `Conversion`.
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
        """Rate of each spiking unit in Hz at the currents of the rate model, shape (N,)."""
        return np.asarray(self.curve(self.gain * self.visited.currents + self.offset).mean(axis=(0, 2)))

    @cached_property
    def comparison(self) -> MeanFieldComparison:
        """The trials of the fit, in which mean fields are compared with the rate network."""
        return MeanFieldComparison(self.model, self.visited.inputs, self.params, self.downsample)

    def conversion(self, kind: Variant | Literal["calibrated"], factor: float | None = None) -> Conversion:
        """Return the conversion of a kind with a factor: the fitted one or another."""
        factor = self.factor if factor is None else factor
        unit_offsets: tuple[float, ...] = ()
        output_offsets: tuple[float, ...] = ()
        if kind == "calibrated":
            start = self.conversion("mean_drive", factor)
            unit_offsets, output_offsets = calibrated_offsets(self.comparison, start)
        elif kind == "mean_drive":
            # In the rate form, the rates of the model lag behind phi(x); those of the f-I curve do not.
            wanted = np.asarray(self.model.transfer(self.visited.currents)).mean(axis=(0, 2))
            mean_error = wanted - self._mean_rates / factor
            drive = self.model.effective_weights() @ mean_error
            unit_offsets = tuple((self.offset + self.gain * drive).tolist())
            output_offsets = tuple((self.model.w_out @ mean_error).tolist())
        return Conversion(
            kind=kind,
            factor=factor,
            gain=self.gain,
            offset=self.offset,
            unit_offsets=unit_offsets,
            output_offsets=output_offsets,
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
    params, model = params or LIFParams(), model.nonnegative()
    curve = fi_curve(params, downsample=downsample)
    phi = np.asarray(model.transfer(visited.x))
    noise, published = (each.of_one_neuron().noise for each in (params, LIFParams()))
    widest = max(gain, 1.0, noise / published)  # noise widens the foot of the curve
    offset, factor, error = _fit(visited, phi, curve, gain, widest * _OFFSETS)
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


def _fit(
    visited: VisitedCurrents, phi: Floats, curve: FICurve, gain: float, offsets: Floats
) -> tuple[float, float, float]:
    """Return the offset in mV, the factor and the relative error of the best fit at a gain."""
    from scipy.optimize import minimize_scalar

    x, share = visited.x, visited.share
    power = float(share @ phi**2)

    def factor(offset: float) -> float:
        """Return k; 1/k is the slope of the regression of phi on f through the origin."""
        f = curve(gain * x + offset)
        overlap = float(share @ (phi * f))
        return float(share @ f**2) / overlap if overlap > 0 else math.inf

    def error(offset: float) -> float:
        k = factor(offset)
        return float(share @ (phi - curve(gain * x + offset) / k) ** 2) / power

    if power > 0:
        errors = [error(offset) for offset in offsets]
        best = int(np.argmin(errors))
        neighbours = offsets[max(best - 1, 0)], offsets[min(best + 1, offsets.size - 1)]
        offset = float(minimize_scalar(error, bounds=neighbours, method="bounded").x)
        if error(offset) > errors[best]:
            offset = float(offsets[best])
        if best in (0, offsets.size - 1):
            warn(
                f"at gain {gain:g} the best offset is at the edge of the compared ones, {offsets[0]:g} to "
                f"{offsets[-1]:g} mV; the spiking network may differ much from the rate network; try another "
                f"gain"
            )
        if math.isfinite(factor(offset)):
            return offset, factor(offset), math.sqrt(error(offset))
    raise ArgumentError(
        "no offset fits, because the units of the rate model are silent in these trials; expected a trained "
        "model; train it, or use the published conversion"
    )


@check_arguments(gain=positive_number, factor=positive_number)
def fit_conversion(
    model: AnyModel,
    task: TaskLike | None = None,
    *,
    kind: Asked = "matched",
    gain: float | None = None,
    factor: float | None = None,
    seed: int = 1,
    trials: int = FIT_TRIALS,
    params: LIFParams | None = None,
    downsample: int = 1,
    visited: VisitedCurrents | None = None,
) -> Conversion:
    """Fit the offset and the factor for a gain from runs of the rate model, without spiking simulations.

    Parameters
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package.
    task : Task or str, optional
        A task or what `spiking.tasks.get` takes; None: the one that the model's file records.
    kind : {"matched", "one_offset", "mean_drive", "calibrated"}
        ``matched``: ``one_offset`` or ``mean_drive``, whichever has the mean field with the smaller output
        error (see `spiking.conversion`).
    gain : float, optional
        s. With a larger gain, noise and reset are small compared with the drive, and spikes faster and more
        regular. None: 4 for ``calibrated``, otherwise that of 1, 2, 4, 8 and 32 whose mean field has the
        smallest output error.
    factor : float, optional
        k, instead of the fitted one; the offset is the fitted one.
    seed, trials : int
        Seed and number of trials of the runs of the rate model.
    params : LIFParams, optional
        Constants of the neurons; the published ones by default.
    downsample : int
        `downsample` of the simulations for which the conversion is meant; their noise per second depends on
        it.
    visited : VisitedCurrents, optional
        Result of an earlier call of `visited_currents`, instead of `task`, `seed` and `trials`.

    Returns
    -------
    Conversion

    Raises
    ------
    ArgumentError
        An argument is wrong, `visited` has another number of units, or no offset fits, because the units of
        the model are silent.

    Warns
    -----
    UserWarning
        The best offset is at the edge of the compared ones. Or no gain is given, and even the best mean field
        is far from the rate network, because its output error is above 0.5 standard deviations of the output,
        or its mean rate is above 30 Hz (not said of ``calibrated``): compare conversions in spiking trials.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets
    >>> from spiking.conversion import fit_conversion

    >>> model = datasets.load("go-nogo-sigmoid")
    >>> conversion = fit_conversion(model, kind="mean_drive", gain=8)
    >>> network = SpikingNetwork.from_rate(model, conversion=conversion)
    >>> network.offset.shape, conversion.gain
    ((200,), 8.0)
    """
    if kind not in ASKED[1:]:
        raise ArgumentError(f"kind is {shown(kind)}; expected one of {', '.join(ASKED[1:])}")
    model = rate_model("model", model)
    visited = visited or visited_currents(model, task, seed=seed, trials=trials)
    if visited.rates.shape[1] != model.n_units:
        raise ArgumentError(
            f"visited has {visited.rates.shape[1]} units; expected {model.n_units}, as the model has"
        )
    if kind == "calibrated":
        fit = fit_gain(
            model, visited, CALIBRATED_GAIN if gain is None else gain, params=params, downsample=downsample
        )
        conversion = fit.conversion(kind, factor)
        if gain is None:
            _warn_if_far(fit.comparison, conversion)
        return conversion
    variants = VARIANTS if kind == "matched" else (cast("Variant", kind),)
    with warnings.catch_warnings():
        if gain is None:  # the edge of the offsets at one gain does not matter, another may be better
            warnings.filterwarnings("ignore", "at gain")
        fits = [
            fit_gain(model, visited, each, params=params, downsample=downsample)
            for each in (GAINS if gain is None else (gain,))
        ]
    conversions = [fit.conversion(variant, factor) for fit in fits for variant in variants]
    comparison = fits[0].comparison
    errors = [comparison.output_error(each) for each in conversions] if len(conversions) > 1 else [0.0]
    conversion = conversions[int(np.argmin(errors))]
    if gain is None:
        _warn_if_far(comparison, conversion)
    return conversion


def _warn_if_far(comparison: MeanFieldComparison, conversion: Conversion) -> None:
    """Warn if the mean field of a conversion is far from the rate network, or fires at implausible rates.

    The rates of ``calibrated`` follow from its gain, so nothing is said of them.
    """
    problems = []
    if (error := comparison.output_error(conversion)) > _FAR:
        problems.append(
            f"differs from the rate network's output by {error:.1f} standard deviations, so the spiking "
            f"network may not do the task"
        )
    if conversion.kind != "calibrated" and (rate := comparison.mean_rate(conversion)) > PLAUSIBLE_RATE:
        problems.append(f"fires at {rate:.0f} Hz, above the plausible {PLAUSIBLE_RATE:g} Hz")
    if problems:
        warn(
            f"the mean field of the best {conversion.kind} conversion {', and '.join(problems)}; compare "
            f"conversions in spiking trials: find_scaling_factor(model, conversion='matched'), or "
            f"spiking tune --conversion matched"
        )

"""The parameters of a conversion, either published or matched to the f-I curve."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, positive_number
from spiking.conversion.fine_tuning import FineTuning
from spiking.errors import ArgumentError
from spiking.neuron.params import LIFParams
from spiking.short_repr import short_repr
from spiking.typing import Floats

Variant = Literal["one_offset", "mean_drive"]
Kind = Literal["published", "one_offset", "mean_drive", "calibrated", "trained", "fine_tuned"]
Asked = Literal["published", "matched", "one_offset", "mean_drive", "calibrated"]

VARIANTS: tuple[Variant, ...] = ("one_offset", "mean_drive")
ASKED = ("published", "matched", *VARIANTS, "calibrated")  # matched: the better variant
FITTED = (*VARIANTS, "calibrated")
_WITH_UNIT_OFFSETS = ("mean_drive", "calibrated")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A matched conversion that was tried.

    Attributes
    ----------
    kind : {"one_offset", "mean_drive", "published"}
    gain, offset, factor : float
        As in `Conversion`.
    correct, trials : int
        Numbers of correct and of all spiking trials.
    nrmse : float
        Root mean square difference from the output of the rate network at all times in these trials, over the
        standard deviation of the latter; NaN in files of version 0.1.0.
    rate : float
        Mean rate of all neurons in Hz; NaN in files of version 0.1.0.
    noise : float
        Noise of the membrane in mV a step, as in `LIFParams`; NaN if the file does not record it.

    Examples
    --------
    >>> from spiking.conversion import Candidate
    >>> fitted = {"kind": "one_offset", "gain": 8.0, "offset": -2.0, "factor": 40.0}
    >>> tried = Candidate(**fitted, correct=19, trials=20, nrmse=0.3, rate=14.0, noise=0.1)
    >>> tried.correct / tried.trials
    0.95
    """

    kind: Kind
    gain: float
    offset: float
    factor: float
    correct: int
    trials: int
    nrmse: float = math.nan
    rate: float = math.nan
    noise: float = math.nan

    __repr__ = short_repr


@check_arguments(factor=positive_number, gain=positive_number, n_trials=at_least(0))
@dataclass(frozen=True, kw_only=True)
class Conversion:
    """The parameters of a conversion of a rate model (see `spiking.conversion`).

    Attributes
    ----------
    kind : {"published", "one_offset", "mean_drive", "calibrated", "trained", "fine_tuned"}
        ``published``: a factor. ``one_offset``: gain, offset and factor. ``mean_drive`` and ``calibrated``:
        these and an offset for each unit. ``trained``: the factor of a model that was trained with the f-I
        curve of the spiking units (activation ``lif``), so that nothing is fitted. ``fine_tuned``: the
        parameters are those of `start`, but weights and offsets of the network were trained afterwards.
    factor : float
        k, the scaling factor: divides recurrent and output weights.
    gain : float
        s, multiplies recurrent and input weights; 1 if ``published``.
    offset : float
        b, a constant current in mV for all units; 0 if ``published``.
    unit_offsets : tuple of float
        b_i in mV for each unit, instead of `offset`; only of ``mean_drive`` and ``calibrated``.
    output_offsets : tuple of float
        Added to each output, in addition to b_out; only of ``mean_drive`` and ``calibrated``.
    fitted_factor : float
        k from the fit, before spiking trials chose a multiple of it.
    fit_error : float
        Root mean square of phi(x) - f(s x + b)/k over the currents of the rate model, at the fitted factor,
        relative to that of phi(x); NaN if ``published``.
    task : str
        Task on which the rate model was run for the fit; empty if ``published``.
    seed, n_trials : int
        Seed and number of trials of these runs.
    candidates : tuple of Candidate
        Conversions that spiking trials compared; may be empty.
    params : LIFParams or None
        Constants of the neurons for which it was fitted; `SpikingNetwork.from_rate` uses them. None if
        ``published``, or if the file does not record them.
    downsample : int
        `downsample` of the simulations for which it was fitted, as in `simulate`.
    start : Conversion or None
        Of ``fine_tuned``: the conversion of the network that was fine-tuned.
    fine_tuning : FineTuning or None
        Of ``fine_tuned``: how it was fine-tuned.

    Examples
    --------
    >>> from spiking.conversion import Conversion
    >>> Conversion(kind="published", factor=30.0).gain
    1.0
    """

    kind: Kind
    factor: float
    gain: float = 1.0
    offset: float = 0.0
    unit_offsets: tuple[float, ...] = ()
    output_offsets: tuple[float, ...] = ()
    fitted_factor: float = math.nan
    fit_error: float = math.nan
    task: str = ""
    seed: int = 0
    n_trials: int = 0
    candidates: tuple[Candidate, ...] = ()
    params: LIFParams | None = None
    downsample: int = 1
    start: Conversion | None = None
    fine_tuning: FineTuning | None = None

    __repr__ = short_repr

    def __post_init__(self) -> None:
        if self.kind == "fine_tuned":
            if self.start is None or self.fine_tuning is None:
                raise ArgumentError("start or fine_tuning is missing; expected both for fine_tuned")
            return
        if self.start is not None or self.fine_tuning is not None:
            raise ArgumentError(f"start or fine_tuning is given; expected neither for {self.kind}")
        if (self.kind in _WITH_UNIT_OFFSETS) != bool(self.unit_offsets):
            expected = "one for each unit" if self.kind in _WITH_UNIT_OFFSETS else "none"
            raise ArgumentError(
                f"unit_offsets has {len(self.unit_offsets)} numbers; expected {expected} for {self.kind}"
            )
        if self.kind in ("published", "trained") and (self.gain, self.offset) != (1.0, 0.0):
            raise ArgumentError(
                f"gain is {self.gain:g} and offset is {self.offset:g} mV; expected 1 and 0 for {self.kind}"
            )

    @property
    def mean_drive(self) -> Floats:
        """What each unit receives in addition to `offset`, in units of x; empty without `unit_offsets`."""
        return (np.array(self.unit_offsets) - self.offset) / self.gain

    def __str__(self) -> str:
        if self.start is not None:
            return f"{self.fine_tuning}; from {self.start}"
        if self.kind == "published":
            return f"published, scaling factor {self.factor:g}"
        if self.kind == "trained":
            changed = "" if self.params is None else self.params.difference(LIFParams())
            neuron = f"neuron with {changed}" if changed else "published neuron"
            return f"trained on the f-I curve ({neuron}): factor {self.factor:g}, nothing fitted"
        unit_range = ""
        if self.unit_offsets:
            offsets = np.array(self.unit_offsets)
            unit_range = f", offsets of units {offsets.min():.3g} to {offsets.max():.3g} mV"
        details = f", best of {len(self.candidates)}" if self.candidates else ""
        changed = "" if self.params is None else self.params.difference(LIFParams())
        details += f", for {changed}" if changed else ""
        details += f", for downsample {self.downsample}" if self.downsample > 1 else ""
        return (
            f"{self.kind}: gain {self.gain:g}, offset {self.offset:.3g} mV, factor {self.factor:.4g}"
            f"{unit_range} (fit error {self.fit_error:.3f} on {self.n_trials} trials of {self.task}{details})"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the attributes as JSON values, as model files store them."""
        values = dataclasses.asdict(self)
        for key in ("fitted_factor", "fit_error"):
            values[key] = None if math.isnan(values[key]) else values[key]
        for key in ("unit_offsets", "output_offsets", "candidates"):
            values[key] = list(values[key])
        if self.start is None:
            del values["start"], values["fine_tuning"]
        else:
            values["start"] = self.start.as_json()
        if self.params is not None:
            values["params"] = self.params.as_json()
        for candidate in values["candidates"]:
            for key in ("nrmse", "rate", "noise"):
                candidate[key] = None if math.isnan(candidate[key]) else candidate[key]
        return values

    @classmethod
    @check_arguments()
    def from_json(cls, values: Mapping[str, Any]) -> Conversion:
        """Return the conversion from `as_json`; raises ArgumentError for other values."""
        try:
            return cls._from_json(dict(values))
        except (AttributeError, KeyError, TypeError) as error:
            raise ArgumentError(
                f"values cannot be used ({error!r}); expected what Conversion.as_json returns"
            ) from None

    @classmethod
    def _from_json(cls, arguments: dict[str, Any]) -> Conversion:
        for key in ("fitted_factor", "fit_error"):
            arguments[key] = math.nan if arguments[key] is None else float(arguments[key])
        for key in ("unit_offsets", "output_offsets"):
            arguments[key] = tuple(float(value) for value in arguments[key])
        arguments["candidates"] = tuple(map(_candidate, arguments["candidates"]))
        if arguments.get("params") is not None:  # older files do not record them
            arguments["params"] = LIFParams.from_json(arguments["params"])
        if arguments.get("start") is not None:
            arguments["start"] = cls.from_json(arguments["start"])
            arguments["fine_tuning"] = FineTuning(**arguments["fine_tuning"])
        return cls(**arguments)


def _candidate(values: Mapping[str, Any]) -> Candidate:
    arguments: dict[str, Any] = {k: math.nan if value is None else value for k, value in values.items()}
    arguments.pop("output_error", None)  # of output and target, which version 0.1.0 compared
    return Candidate(**arguments)

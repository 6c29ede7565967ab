"""The parameters of a conversion, either published or matched to the f-I curve."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from spiking.checks import finite_number, positive_number, real_numbers, whole_number
from spiking.errors import ArgumentError
from spiking.neuron.params import LIFParams
from spiking.typing import Floats

if TYPE_CHECKING:
    pass

Variant = Literal["one_offset", "mean_drive"]
Kind = Literal["published", "one_offset", "mean_drive"]
Asked = Literal["published", "matched", "one_offset", "mean_drive"]

VARIANTS: tuple[Variant, ...] = ("one_offset", "mean_drive")
KINDS = ("published", *VARIANTS)
ASKED = ("published", "matched", *VARIANTS)  # matched: both variants, where spiking trials can choose


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A matched conversion that was tried.

    Attributes
    ----------
    kind : {"one_offset", "mean_drive", "published"}
    gain, offset, factor : float
        As in `Conversion`.
    correct, trials : int
        Of its spiking trials.
    output_error : float
        Root mean square difference of output and target in these trials, which decides between equals.

    Examples
    --------
    >>> from spiking.conversion import Candidate
    >>> fitted = {"kind": "one_offset", "gain": 8.0, "offset": -2.0, "factor": 40.0}
    >>> tried = Candidate(**fitted, correct=19, trials=20, output_error=0.3)
    >>> tried.correct / tried.trials
    0.95
    """

    kind: Kind
    gain: float
    offset: float
    factor: float
    correct: int
    trials: int
    output_error: float


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """The parameters with which a rate model was converted (see `spiking.conversion`).

    Attributes
    ----------
    kind : {"published", "one_offset", "mean_drive"}
        One factor; gain, offset and factor; or these and an offset of each unit.
    factor : float
        k, the scaling factor: divides recurrent and output weights.
    gain : float
        s, multiplies recurrent and input weights; 1 as published.
    offset : float
        b, a constant current in mV for all units; 0 as published.
    unit_offsets : tuple of float
        b_i in mV, for each unit, in place of `offset`; empty unless ``mean_drive``.
    output_offsets : tuple of float
        Added to each output, beside b_out; empty unless ``mean_drive``.
    fitted_factor : float
        k as fitted, before spiking trials chose a multiple of it.
    fit_error : float
        Root mean square of phi(x) - f(s x + b)/k over the currents that the rate model visited, at the
        fitted factor, relative to that of phi(x); NaN as published.
    task : str
        Where the rate model was run for the fit; empty as published.
    seed, n_trials : int
        Of these runs.
    candidates : tuple of Candidate
        What spiking trials compared; empty if none did.
    params : LIFParams or None
        Constants of the neurons that it was fitted for, with which `SpikingNetwork.from_rate` makes its
        network; None as published, and if it comes from a file that does not say.
    downsample : int
        Of the simulations that it was fitted for, as in `simulate`.

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

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ArgumentError(f"kind is {self.kind!r}; expected one of {', '.join(KINDS)}")
        for name, checked in (
            ("factor", positive_number),
            ("gain", positive_number),
            ("offset", finite_number),
        ):
            object.__setattr__(self, name, checked(name, getattr(self, name)))
        for name, least in (("seed", 0), ("n_trials", 0), ("downsample", 1)):
            object.__setattr__(self, name, whole_number(name, getattr(self, name), least))
        for name in ("unit_offsets", "output_offsets"):
            object.__setattr__(self, name, _finite_numbers(name, getattr(self, name)))
        if (self.kind == "mean_drive") != bool(self.unit_offsets):
            expected = "one for each unit" if self.kind == "mean_drive" else "none"
            raise ArgumentError(
                f"unit_offsets has {len(self.unit_offsets)} numbers; {self.kind} has {expected}"
            )
        if self.kind == "published" and (self.gain, self.offset) != (1.0, 0.0):
            raise ArgumentError(
                f"gain is {self.gain:g}, offset {self.offset:g} mV; published has gain 1 and no offset"
            )

    @property
    def mean_drive(self) -> Floats:
        """What each unit receives beside the common offset, in units of x; empty unless ``mean_drive``."""
        return (np.array(self.unit_offsets) - self.offset) / self.gain

    def __str__(self) -> str:
        if self.kind == "published":
            return f"published, scaling factor {self.factor:g}"
        own = ""
        if self.unit_offsets:
            extra = np.array(self.unit_offsets)
            own = f", offsets of units {extra.min():.3g} to {extra.max():.3g} mV"
        tried = f", best of {len(self.candidates)}" if self.candidates else ""
        changed = "" if self.params is None else self.params.difference(LIFParams())
        tried += f", for {changed}" if changed else ""
        tried += f", for downsample {self.downsample}" if self.downsample > 1 else ""
        return (
            f"{self.kind}: gain {self.gain:g}, offset {self.offset:.3g} mV, factor {self.factor:.4g}{own} "
            f"(fit error {self.fit_error:.3f} on {self.n_trials} trials of {self.task}{tried})"
        )

    def as_json(self) -> dict[str, Any]:
        """Return it in JSON's types, as a model's file keeps it."""
        found = dataclasses.asdict(self)
        for key in ("fitted_factor", "fit_error"):
            found[key] = None if math.isnan(found[key]) else found[key]
        for key in ("unit_offsets", "output_offsets", "candidates"):
            found[key] = list(found[key])
        return found

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Conversion:
        """Make one of what `as_json` gives; raises TypeError, KeyError or ValueError for anything else."""
        own = dict(found)
        for key in ("fitted_factor", "fit_error"):
            own[key] = math.nan if own[key] is None else float(own[key])
        for key in ("unit_offsets", "output_offsets"):
            own[key] = tuple(float(value) for value in own[key])
        own["candidates"] = tuple(Candidate(**one) for one in own["candidates"])
        if own.get("params") is not None:  # older files do not keep them
            own["params"] = LIFParams(**own["params"])
        return cls(**own)


def _finite_numbers(name: str, values: object) -> tuple[float, ...]:
    array = real_numbers(name, values, "a sequence of finite currents in mV")
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ArgumentError(f"{name} is {values!r:.60}; expected a sequence of finite currents in mV")
    return tuple(array.tolist())

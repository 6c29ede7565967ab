"""The neurons: the equation, the resting voltage and the rheobase of each, by name.

The NumPy step, the compiled kernel and the export to Brian2 take them from here, so this file is all that a
further neuron needs, beside new constants in `params.py` and `constant.py`. In `f_i.py` the f-I curve of the
leaky neuron follows from theory; that of others is simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np

from spiking.typing import Floats

NeuronName = Literal["leaky", "quadratic", "exponential"]


class Leaky(NamedTuple):
    """What a step of the leaky neuron needs. Numba compiles the kernel for the type of each neuron.

    The other fields of such a class are the names of constants of `LIFParams`: numbers, or arrays (N,).
    """

    gain: Any  # time step / tau_membrane


class Quadratic(NamedTuple):
    """The quadratic neuron."""

    gain: Any


class Exponential(NamedTuple):
    """The exponential neuron."""

    gain: Any
    sharpness: Any
    soft_threshold: Any


@dataclass(frozen=True)
class Equations:
    """The equations of a neuron.

    Attributes
    ----------
    constants : type
        The named tuple with the constants that its equation needs.
    slope : function of (voltage, current, constants, j)
        ``tau_membrane dv/dt`` in mV, for numbers or arrays; `current` includes the bias. Numba compiles it:
        use arithmetic and scalar functions of NumPy only, and read a constant by ``at(constants.name, j)``.
    rest : function of currents and the `Constants` of `LIFParams`
        Voltages in mV at which neurons stay without noise and input.
    rheobase : function of the `Constants` of `LIFParams`
        The smallest constant current in mV, bias included, that makes the neuron fire.
    brian2 : str
        `slope` as Brian2 writes it, of `v`, `total` (the current) and constants in volt.
    """

    constants: Any
    slope: Any
    rest: Any
    rheobase: Any
    brian2: str


def at(values: Any, j: Any) -> Any:
    """Return a constant of neuron j: the number of all neurons, or its own from an array."""
    return values[j] if np.ndim(values) else values


def _leaky_slope(v: Any, current: Any, constants: Leaky, j: Any) -> Any:
    return current - v


def _leaky_rest(current: Floats, constants: Any) -> Floats:
    return current


def _leaky_rheobase(constants: Any) -> Any:
    return constants.threshold


def _quadratic_slope(v: Any, current: Any, constants: Quadratic, j: Any) -> Any:
    return current + v * v


def _quadratic_rest(current: Floats, constants: Any) -> Floats:
    return -np.sqrt(np.maximum(-current, 0.0))


def _quadratic_rheobase(constants: Any) -> Any:
    return 0.0


def _exponential_slope(v: Any, current: Any, constants: Exponential, j: Any) -> Any:
    sharpness = at(constants.sharpness, j)
    return current - v + sharpness * np.exp((v - at(constants.soft_threshold, j)) / sharpness)


def _exponential_rest(current: Floats, constants: Any) -> Floats:
    from scipy.special import lambertw

    # v = current + sharpness e^((v - soft_threshold)/sharpness); its solution ends at the rheobase, where
    # rounding must not lead beyond the end of Lambert's function
    excess = np.minimum((current - constants.soft_threshold) / constants.sharpness, -1 - 1e-9)
    return np.asarray(
        constants.soft_threshold + constants.sharpness * (excess - lambertw(-np.exp(excess)).real)
    )


def _exponential_rheobase(constants: Any) -> Any:
    return constants.soft_threshold - constants.sharpness


NEURONS: Mapping[str, Equations] = MappingProxyType(
    {
        "leaky": Equations(Leaky, _leaky_slope, _leaky_rest, _leaky_rheobase, "-v + total"),
        "quadratic": Equations(
            Quadratic, _quadratic_slope, _quadratic_rest, _quadratic_rheobase, "v**2/mV + total"
        ),
        "exponential": Equations(
            Exponential,
            _exponential_slope,
            _exponential_rest,
            _exponential_rheobase,
            "total - v + sharpness*exp((v - soft_threshold)/sharpness)",
        ),
    }
)

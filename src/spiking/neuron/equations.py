"""The neurons: the equation, the resting voltage and the rheobase of each, by name.

The NumPy step and the compiled kernel use these functions, so a neuron is defined here. Its name also stands
in `simulation/kernel/arguments.py` (`NEURON_TYPES`), in `export/brian2.py` with its equation as text, and in
`f_i.py`, where the f-I curve of the leaky neuron follows from theory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from spiking.typing import Floats

NeuronName = Literal["leaky", "quadratic"]


@dataclass(frozen=True)
class Equations:
    """The equations of a neuron.

    Attributes
    ----------
    slope : function of (voltage, current)
        ``tau_membrane dv/dt`` in mV, for numbers or arrays; `current` includes the bias. Numba compiles it:
        use arithmetic and scalar functions of `math` or NumPy only.
    rest : function of an array of currents
        Voltages in mV at which neurons stay without noise and input.
    rheobase : function of the threshold
        The smallest constant current in mV, bias included, that makes the neuron fire.
    """

    slope: Any
    rest: Any
    rheobase: Any


def _leaky_slope(v: Any, current: Any) -> Any:
    return current - v


def _leaky_rest(current: Floats) -> Floats:
    return current


def _leaky_rheobase(threshold: float) -> float:
    return threshold


def _quadratic_slope(v: Any, current: Any) -> Any:
    return current + v * v


def _quadratic_rest(current: Floats) -> Floats:
    return -np.sqrt(np.maximum(-current, 0.0))


def _quadratic_rheobase(threshold: float) -> float:
    return 0.0


NEURONS: Mapping[str, Equations] = MappingProxyType(
    {
        "leaky": Equations(_leaky_slope, _leaky_rest, _leaky_rheobase),
        "quadratic": Equations(_quadratic_slope, _quadratic_rest, _quadratic_rheobase),
    }
)

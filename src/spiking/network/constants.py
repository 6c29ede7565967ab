"""The constants of a network's neurons: each a number for all of them, or an array of one for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking.connectivity.units import number_of_units, unit_numbers
from spiking.errors import ArgumentError
from spiking.neuron.adaptation import Adaptation
from spiking.neuron.constant import ByPopulation, Constant, Constants
from spiking.neuron.distribution import Distribution
from spiking.neuron.params import LIFParams, check_voltages
from spiking.read_only import frozen_array
from spiking.typing import Floats

_ABOVE_ZERO, _NOT_NEGATIVE = ("tau_membrane", "tau_rise", "sharpness", "tau"), ("refractory", "noise")


def constants_of(
    params: LIFParams, populations: Mapping[str, NDArray[np.bool_]]
) -> Constants[float | Floats]:
    """Return the constants of the neurons of a network with these populations.

    Raises
    ------
    ArgumentError
        There is no such population, or a number is missing or out of range for a neuron.
    """
    values = {
        name: _values(name, getattr(params, name), populations, getattr(LIFParams, name))
        for name in Constants._fields
    }
    check_voltages(*(values[name] for name in ("reset", "threshold", "peak")))
    return Constants(**values)


class AdaptationConstants(NamedTuple):
    """The constants of `Adaptation` in mV and ms: a float each, or shape (N,)."""

    jump: float | Floats
    tau: float | Floats


def adaptation_of(
    params: LIFParams, populations: Mapping[str, NDArray[np.bool_]]
) -> AdaptationConstants | None:
    """Return the constants of the adaptation, or None if there is none; errors as in `constants_of`."""
    given = params.adaptation
    if given is None:
        return None
    jump = _values("jump", given.jump, populations, 0.0)
    return AdaptationConstants(jump, _values("tau", given.tau, populations, Adaptation.tau))  # type: ignore[arg-type]  # the default is a number


def _values(
    name: str, value: Constant, populations: Mapping[str, NDArray[np.bool_]], usual: float
) -> float | Floats:
    if isinstance(value, float):
        return value
    n = number_of_units(populations)
    if isinstance(value, tuple):
        if len(value) != n:
            raise ArgumentError(f"{name} has {len(value)} values; expected one for each of {n} neurons")
        return frozen_array(np.array(value))
    if isinstance(value, Distribution):
        value = ByPopulation({"all": value})
    values = np.full(n, usual)
    for population, each in value.items():
        units = unit_numbers(f"the population of {name}", population, populations)
        values[units] = each.values(name, n)[units] if isinstance(each, Distribution) else each
    wrong = np.flatnonzero(
        values <= 0 if name in _ABOVE_ZERO else values < 0 if name in _NOT_NEGATIVE else np.zeros(n)
    )
    if wrong.size:
        raise ArgumentError(
            f"{name} of {wrong.size} of {n} neurons, such as {wrong[0]}, is drawn as {values[wrong[0]]:g}; "
            f"expected {'numbers above 0' if name in _ABOVE_ZERO else '0 or more'}: use a smaller sd, or "
            f"shape='lognormal'"
        )
    return frozen_array(values)

"""What `LIFParams` takes for a constant: a number, one for each neuron or population, or a distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from spiking.checks import finite_numbers, shown
from spiking.errors import ArgumentError
from spiking.neuron.distribution import Distribution
from spiking.read_only import FrozenMapping

T = TypeVar("T")
Number = Callable[[str, Any], float]  # the check of a number


class ByPopulation(FrozenMapping["float | Distribution"]):
    """The values of a constant by population, in order; hashable, as `LIFParams` is."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByPopulation) and tuple(self.items()) == tuple(other.items())

    def __hash__(self) -> int:
        return hash(tuple(self.items()))


class Constants(NamedTuple, Generic[T]):
    """The constants that may differ between neurons: of one neuron, or of a network (see there)."""

    tau_membrane: T
    refractory: T
    tau_rise: T
    reset: T
    threshold: T
    bias: T
    peak: T
    noise: T
    sharpness: T
    soft_threshold: T


Constant = float | tuple[float, ...] | Distribution | ByPopulation


def constant(check: Number) -> Callable[[str, Any], Constant]:
    """Return the check of a constant whose numbers `check` checks."""

    def checked(name: str, value: Any) -> Constant:
        if isinstance(value, Mapping):
            return _by_population(name, value, check)
        if isinstance(value, Distribution) or np.ndim(value) == 0:
            return _number_or_distribution(name, value, check)
        expected = "a number, one for each neuron, a mapping of populations to numbers, or a Distribution"
        numbers = finite_numbers(name, value, expected)
        if numbers.ndim != 1 or not numbers.size:
            raise ArgumentError(f"{name} is {shown(value)}; expected {expected}")
        return tuple(check(f"{name}[{j}]", number) for j, number in enumerate(numbers.tolist()))

    return checked


def constant_words(value: Any, unit: str = "") -> str:
    """Return a constant in a few words, with its unit if one is given."""
    unit = f" {unit}" if unit else ""
    if isinstance(value, ByPopulation):
        return " and ".join(f"{constant_words(each, unit.strip())} ({name})" for name, each in value.items())
    if isinstance(value, tuple):
        return f"one for each neuron, {min(value):g} to {max(value):g}{unit}"
    if isinstance(value, Distribution):
        return f"{value.mean:g} +- {value.sd:g}{unit} ({value.shape}, seed {value.seed})"
    if hasattr(value, "words"):
        return str(value.words())
    return f"{value:g}{unit}" if isinstance(value, float) else str(value)


def as_json(value: Any) -> Any:
    """Return a constant as JSON holds it; `from_json` makes it again."""
    if isinstance(value, Distribution):
        return {"distribution": asdict(value)}
    if isinstance(value, ByPopulation):
        return {"populations": {name: as_json(each) for name, each in value.items()}}
    return list(value) if isinstance(value, tuple) else value


def from_json(value: Any) -> Any:
    """Return a constant from the result of `as_json`."""
    if isinstance(value, Mapping) and "distribution" in value:
        return Distribution(**value["distribution"])
    if isinstance(value, Mapping) and "populations" in value:
        return {name: from_json(each) for name, each in value["populations"].items()}
    return value


def _by_population(name: str, values: Mapping[Any, Any], check: Number) -> ByPopulation:
    if not values:
        raise ArgumentError(f"{name} is empty; expected populations and their numbers")
    for population in values:
        if not isinstance(population, str):
            raise ArgumentError(f"{name} has the key {shown(population)}; expected names of populations")
    return ByPopulation(
        {key: _number_or_distribution(f"{name}[{key!r}]", each, check) for key, each in values.items()}
    )


def _number_or_distribution(name: str, value: Any, check: Number) -> float | Distribution:
    if isinstance(value, Distribution):
        check(f"the mean of {name}", value.mean)
        return value
    return check(name, value)

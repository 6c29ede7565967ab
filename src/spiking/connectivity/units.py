"""Choose units: by number, by population or several combined, as a mask, or as a random fraction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import MOST_UNITS, fraction, numeric_array, shown, whole_units
from spiking.errors import ArgumentError, warn
from spiking.random_streams import UNIT_STREAM
from spiking.short_repr import short_repr

POPULATIONS = ("all", "exc", "inh", "som", "pv")
_SYNONYMS = {"sst": "som", "pyr": "exc"}  # today's name, and the name of the excitatory cells
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")  # which MATLAB takes as the name of a field, too


@check_arguments(fraction=fraction)
@dataclass(frozen=True)
class UnitFraction:
    """A fraction of a population, chosen at random: ``UnitFraction(0.2, "exc", seed=1)``.

    For one seed a larger fraction contains the smaller ones.

    Parameters
    ----------
    fraction : float
        From 0 to 1; the number of units is rounded.
    population : str
        ``"all"``, ``"exc"``, ``"inh"``, ``"som"`` (or ``"sst"``) or ``"pv"``, in capitals or not, another
        one of the network, or several combined, such as ``"PFC&exc"``.
    seed : int
        Seed of the random choice.

    Raises
    ------
    ArgumentError
        The fraction is not from 0 to 1, the population is not a string, or the seed is negative.

    Examples
    --------
    >>> from spiking import SpikingNetwork, UnitFraction, datasets
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> half, fifth = (network.lesion(UnitFraction(f, "inh", seed=1)) for f in (0.5, 0.2))
    >>> set(fifth.lesioned) < set(half.lesioned)
    True
    """

    fraction: float
    population: str = "all"
    seed: int = 1

    __repr__ = short_repr


Units = str | UnitFraction | Iterable[int]


def checked_units(name: str, units: object, most: int = MOST_UNITS) -> str | UnitFraction | tuple[int, ...]:
    """Return a choice of units in immutable form, checked as far as possible without a network.

    Parameters
    ----------
    name : str
        Name of the argument, for messages.
    units : str, UnitFraction, iterable of int or array of bool
        A population; a fraction of one; unit numbers from 0 on, without repetition; or a mask.
    most : int
        Largest number of units: that of the network, where it is known.

    Raises
    ------
    ArgumentError
        A number cannot be that of a unit. Names of populations are checked by `unit_numbers`.
    """
    if isinstance(units, str | UnitFraction):
        return units
    units = mask_as_array(name, units)
    if isinstance(units, np.ndarray) and units.dtype == bool:
        units = np.flatnonzero(units)
    return whole_units(name, units, most)


def mask_as_array(name: str, units: object) -> object:
    """Return what is used like an array and lists of bools as an array, and anything else as it is."""
    if isinstance(units, str):  # also one of NumPy, which can be used like an array
        return units
    if hasattr(units, "__array__") or (
        isinstance(units, list | tuple) and units and all(map(_is_bool, units))
    ):
        return numeric_array(name, units, "unit numbers, or a mask, one bool for each unit")
    return units


def _is_bool(value: object) -> bool:
    return isinstance(value, bool) or str(getattr(value, "dtype", "")).endswith("bool")  # also in tensors


def unit_numbers(name: str, units: object, populations: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.int64]:
    """Return the numbers of the chosen units, shape (units,): of a list in its order, otherwise ascending.

    Parameters
    ----------
    name, units
        As in `checked_units`.
    populations : mapping of str to array of bool, shape (N,)
        Populations of the network (`SpikingNetwork.populations`); "all" may be missing.

    Raises
    ------
    ArgumentError
        A population is unknown or empty, a number is not that of a unit, or a mask has another length.
    """
    n, units = number_of_units(populations), mask_as_array(name, units)
    if isinstance(units, np.ndarray) and units.dtype == bool and units.shape != (n,):
        raise ArgumentError(f"{name} is a mask of shape {units.shape}; expected ({n},), one entry a unit")
    units = checked_units(name, units, n)
    if isinstance(units, tuple):
        wrong = [unit for unit in units if unit >= n]
        if wrong:
            raise ArgumentError(f"{name} has {wrong[0]}; expected numbers from 0 to {n - 1}")
        return np.array(units, np.int64)
    population = units if isinstance(units, str) else units.population
    members = np.flatnonzero(_members(name, population, populations))
    if not members.size:
        raise ArgumentError(
            f"{name} is {population!r}; expected another population: this network has no "
            f"{_without(population, populations)}"
        )
    if _names_pv(population, populations):
        warn(
            f"{name} is {population!r}, but this network has no SST units (som_N is 0), so that pv means all "
            f"{int(populations['inh'].sum())} inhibitory ones: name them inh"
        )
    if isinstance(units, str):
        return members
    stream = np.random.default_rng(np.random.SeedSequence(units.seed, spawn_key=(UNIT_STREAM,)))
    return np.sort(stream.permutation(members)[: round(units.fraction * members.size)])


def _without(population: str, populations: Mapping[str, NDArray[np.bool_]]) -> str:
    """Return which units a network lacks, and which it has, such as ``PV units; it has exc 40, inh 10``."""
    standard = standard_population(population, populations)
    what = {"som": "SST units (som_N is 0)", "pv": "PV units"}.get(standard, f"{population} units")
    sst = populations["som"].any() if "som" in populations else True
    sizes = {
        key: int(mask.sum())
        for key, mask in populations.items()
        if mask.any() and key != "all" and (sst or key != "pv")
    }
    return f"{what}; it has {', '.join(f'{key} {size}' for key, size in sizes.items())}"


def _names_pv(population: str, populations: Mapping[str, NDArray[np.bool_]]) -> bool:
    """Return whether PV units are named in a network whose inhibitory units are of no type."""
    if "som" not in populations or populations["som"].any() or not populations["inh"].any():
        return False
    named = (factor.strip().removeprefix("~").strip() for factor in re.split("[&|]", population))
    return any(standard_population(factor, populations) == "pv" for factor in named)


def _members(name: str, combined: str, populations: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Return the mask of a population, or of several that are combined by ``&``, ``|`` and ``~``."""
    known = {"all": np.ones(number_of_units(populations), np.bool_)}
    known |= {key: populations[key] for key in dict.fromkeys((*POPULATIONS[1:], *populations))}
    either = np.zeros_like(known["all"])
    for term in combined.split("|"):
        both = known["all"].copy()
        for factor in map(str.strip, term.split("&")):
            population = standard_population(factor.removeprefix("~").strip(), known)
            if population not in known:
                what = "" if population == combined else f", in which {population!r} is unknown"
                raise ArgumentError(
                    f"{name} is {combined!r}{what}; expected one of {', '.join(known)}, or several "
                    f"combined by & (and), | (or) and ~ (not)"
                )
            both &= known[population] ^ factor.startswith("~")
        either |= both
    return either


def standard_population(name: str, known: Iterable[str] = POPULATIONS) -> str:
    """Return the package's name of a population, ``som`` for ``SST``, ``pv`` for ``PV``; else the same."""
    standard = _SYNONYMS.get(name.lower(), name.lower())
    return name if name in known or standard not in POPULATIONS else standard


def number_of_units(populations: Mapping[str, NDArray[np.bool_]]) -> int:
    """Return the number of units that these masks are for."""
    if not populations:
        raise ArgumentError("populations is empty; expected those of a network")
    return next(iter(populations.values())).size


def check_population_name(name: object) -> None:
    """Raise ArgumentError unless this is a name for a population of the user's own."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in POPULATIONS:
        raise ArgumentError(
            f"population is named {shown(name)}; expected letters, digits and underscores, a letter first, "
            f"at most 63, and none of {', '.join(POPULATIONS)}"
        )


def check_mask(name: str, mask: object, n: int) -> None:
    """Raise ArgumentError unless this is an array of `n` bools."""
    if not isinstance(mask, np.ndarray) or mask.dtype != bool or mask.shape != (n,):
        raise ArgumentError(f"{name} is {shown(mask)}; expected a mask, an array of {n} bools")

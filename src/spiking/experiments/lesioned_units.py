"""Sweeps that lesion one unit at each point: which units there are, and which of them matter most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.connectivity.units import unit_numbers

UNIT, INTACT = "lesion_unit", "none"  # the name in the grid, and its value for the network without a lesion


def with_units(grid: Mapping[str, Any], populations: Mapping[str, NDArray[np.bool_]]) -> Mapping[str, Any]:
    """Return a grid with numbers of units in place of the populations under `lesion_unit`.

    Raises
    ------
    ArgumentError
        A population is unknown or empty.
    """
    values = grid.get(UNIT)
    values = [values] if isinstance(values, str) else values
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        return grid
    units: list[Any] = []
    for value in values:
        is_population = isinstance(value, str) and value != INTACT
        units += unit_numbers(UNIT, value, populations).tolist() if is_population else [value]
    return {**grid, UNIT: list(dict.fromkeys(units))}


def population_of(label: Any, populations: Mapping[str, NDArray[np.bool_]]) -> str:
    """Return the type of a lesioned unit: ``exc``, ``inh``, or ``pv`` and ``sst``; empty if there is none."""
    if not isinstance(label, int):
        return ""
    types = (
        {"exc": "exc", "pv": "pv", "som": "sst"} if populations["som"].any() else {"exc": "exc", "inh": "inh"}
    )
    return next((name for key, name in types.items() if populations[key][label]), "")


def by_effect(
    rows: Iterable[Mapping[str, Any]], y: str, most: int
) -> tuple[tuple[Mapping[str, Any], ...], tuple[Mapping[str, Any], ...]]:
    """Return the rows of the units that matter most, and those of the others.

    They are at most `most` rows in which `y` is not that of the intact network, or all rows if these are not
    more than `most`; those first in which it differs most (NaN, such as no response, most of all). Without an
    intact network among the rows, the median of all of them stands for it. If there are too many, none of
    several equal ones is the last.
    """
    rows = tuple(rows)
    intact = [row[y] for row in rows if row[UNIT] == INTACT]
    lesioned = [row for row in rows if row[UNIT] != INTACT]
    values = np.array([row[y] for row in lesioned], dtype=float)
    usual = intact[0] if intact else float(np.median(values)) if values.size else 0.0
    distances = np.abs(values - usual)
    distances[np.isnan(values)] = 0.0 if np.isnan(usual) else np.inf
    order = [lesioned[k] for k in np.argsort(-distances, kind="stable")]
    n = len(order) if len(order) <= most else min(most, int(np.count_nonzero(distances)))
    ranked = np.sort(distances)[::-1]
    if n < len(ranked) and n and ranked[n] == ranked[n - 1] and ranked[n] < ranked[0]:
        n = int(np.count_nonzero(distances > ranked[n]))  # none of those that are equal at the end
    return tuple(order[:n]), tuple(order[n:])

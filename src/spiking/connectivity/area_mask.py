"""Masks of allowed connections between areas."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, fraction, whole_number
from spiking.connectivity.connections import stream
from spiking.connectivity.units import Units, check_population_name, unit_numbers
from spiking.random_streams import AREA_STREAM
from spiking.typing import Mask


@check_arguments(n_units=at_least(1))
def area_mask(
    n_units: int,
    areas: Mapping[str, Units],
    connections: Mapping[tuple[str, str], float],
    *,
    seed: int = 1,
) -> Mask:
    """Return a mask of the connections that areas allow, for `train` and `RateModel.untrained`.

    Parameters
    ----------
    n_units : int
        Number of units N.
    areas : mapping of str to units
        The units of each area: numbers or a mask.
    connections : mapping of (str, str) to float
        For pairs (sending area, receiving area), also combined by ``&``, ``|`` and ``~``, the fraction of
        connections that is allowed, drawn at random; all of them for 1. Other connections are not allowed.
        A connection of several pairs is allowed if one of them allows it.
    seed : int
        Seed of the fractions.

    Returns
    -------
    array of bool, shape (N, N)
        Row postsynaptic, column presynaptic.

    Raises
    ------
    ArgumentError
        An area is unknown or empty, or a fraction is not from 0 to 1.

    Examples
    --------
    >>> from spiking.connectivity import area_mask
    >>> mask = area_mask(5, {"A": [0, 1, 2], "B": [3, 4]}, {("A", "A"): 1.0, ("A", "B"): 1.0})
    >>> mask.astype(int)
    array([[1, 1, 1, 0, 0],
           [1, 1, 1, 0, 0],
           [1, 1, 1, 0, 0],
           [1, 1, 1, 0, 0],
           [1, 1, 1, 0, 0]])
    """
    n, rng = whole_number("n_units", n_units, 1), stream(seed, AREA_STREAM)
    none = dict.fromkeys(("exc", "inh", "som", "pv"), np.zeros(n, np.bool_))  # not known here
    known: dict[str, Mask] = {}
    for name, units in areas.items():
        check_population_name(name)
        known[name] = np.isin(np.arange(n), unit_numbers(name, units, none))
    mask = np.zeros((n, n), np.bool_)
    for pair, wanted in connections.items():
        pre, post = (unit_numbers("connections", area, {**none, **known}) for area in pair)
        share = fraction(f"connections[{pair!r}]", wanted)
        mask[np.ix_(post, pre)] |= rng.random((post.size, pre.size)) < share
    return mask

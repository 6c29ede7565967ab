"""Neurons in the order in which figures show them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def by_population(populations: Mapping[str, NDArray[np.bool_]]) -> list[tuple[str, NDArray[np.int64]]]:
    """Return names and members of populations; inhibitory units are split where SST units are known.

    Without inhibitory units there is no Dale's law, so that units are of no type: all of them are ``all``.
    """
    if not populations["inh"].any():
        return [("all", np.arange(len(populations["inh"])))]
    names = ("exc", "pv", "som") if populations["som"].any() else ("exc", "inh")
    members = ((name, np.flatnonzero(populations[name])) for name in names)
    return [(name, units) for name, units in members if units.size]

"""Lesions: units that are silent from the start. A method of `SpikingNetwork`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from spiking.network.connections import cut
from spiking.network.units import Units, unit_numbers

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork


def lesion(network: SpikingNetwork, units: Units) -> SpikingNetwork:
    """Lesion units: ``network.lesion("som")``, ``network.lesion(UnitFraction(0.1, "exc", seed=1))``.

    A lesioned unit is silent: it has no membrane voltage (NaN, if recorded), never spikes, not even when
    stimulated, and its outgoing connections and readout weights are 0. The other units do exactly what they
    would do if its outgoing connections were cut. Units keep their numbers, and random numbers stay with
    them. `Simulation.rates` is NaN for a lesioned unit, not 0, so that no average counts it unnoticed;
    ``np.nanmean`` leaves it out.

    Parameters
    ----------
    units : population, UnitFraction, iterable of int or mask

    Returns
    -------
    SpikingNetwork
        Its `lesioned` are these units, and those lesioned before.

    Raises
    ------
    ArgumentError
        An unknown or empty population, or numbers that are no units.
    """
    chosen = unit_numbers("units", units, network.populations)
    readout = network.readout.copy()
    readout[:, chosen] = 0
    lesioned = tuple(sorted({*network.lesioned, *chosen.tolist()}))
    return dataclasses.replace(cut(network, pre=chosen), readout=readout, lesioned=lesioned)

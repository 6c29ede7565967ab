"""Spike rasters."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.errors import ArgumentError
from spiking.plotting.style import POPULATION_COLOURS, current_axes, finish_time_axis
from spiking.simulation import Simulation
from spiking.spiking_network import SpikingNetwork

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES = MappingProxyType({"exc": "exc.", "inh": "inh.", "pv": "PV", "som": "SST"})


def raster(simulation: Simulation, trial: int = 0, ax: Axes | None = None) -> Axes:
    """Draw the spikes of one trial, neurons grouped by population.

    Parameters
    ----------
    simulation : Simulation
        With spikes recorded.
    trial : int
        Position of the trial within the simulation, from 0.
    ax : matplotlib.axes.Axes, optional
        Where to draw; the current axes by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        Spikes were not recorded, or there is no such trial.
    """
    spikes = simulation.spikes
    if spikes is None:
        raise ArgumentError("spikes were not recorded; simulate with record=Record(spikes=True)")
    if not 0 <= trial < len(simulation.trials):
        raise ArgumentError(f"trial is {trial}; expected 0 to {len(simulation.trials) - 1}")
    ax = ax or current_axes()
    first, last = np.searchsorted(spikes.trial, (trial, trial + 1))
    time, neuron = spikes.time[first:last], spikes.neuron[first:last]
    groups = _groups(simulation.network)
    row = np.empty(simulation.network.n_neurons, np.int64)
    row[np.concatenate([members for _, members in groups])] = np.arange(row.size)
    bottom, ticks, labels = 0, [], []
    for name, members in groups:
        mine = np.isin(neuron, members)
        ax.plot(
            time[mine],
            row[neuron[mine]] + 0.5,
            linestyle="none",
            marker="|",
            markersize=float(np.clip(200 / row.size, 1.5, 5)),
            markeredgewidth=0.6,
            color=POPULATION_COLOURS[name],
        )
        ticks.append(bottom + len(members) / 2)
        labels.append(f"{_NAMES[name]}\n({len(members)})")
        bottom += len(members)
        if bottom < row.size:
            ax.axhline(bottom, color="black", linewidth=0.4)
    ax.set_yticks(ticks, labels, linespacing=0.95)
    ax.tick_params(axis="y", length=0)
    for label, (name, _) in zip(ax.get_yticklabels(), groups, strict=False):  # inner axes have no labels
        label.set_color(POPULATION_COLOURS[name])
    ax.set_ylim(row.size, 0)
    finish_time_axis(ax, simulation)
    return ax


def _groups(network: SpikingNetwork) -> list[tuple[str, NDArray[np.int64]]]:
    """Return populations from top to bottom; inhibitory units are split where SST units are known."""
    names = ("exc", "pv", "som") if network.populations["som"].any() else ("exc", "inh")
    members = ((name, np.flatnonzero(network.populations[name])) for name in names)
    return [(name, units) for name, units in members if units.size]

"""Colours, and what all axes over time share."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from spiking.simulation import Simulation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POPULATION_COLOURS = MappingProxyType(
    {"exc": "#D55E00", "inh": "#0072B2", "pv": "#0072B2", "som": "#E69F00"}  # red, blue, blue, orange
)
CONDITION_COLOURS = ("#009E73", "#CC79A7", "#56B4E9", "#882255")  # green, pink, light blue, wine
STIMULUS_COLOUR, THRESHOLD_COLOUR = "#E4E4E4", "#777777"
DASHES = (0, (4, 2))  # the rate model


def current_axes() -> Axes:
    """Return the axes that Matplotlib would draw into."""
    import matplotlib.pyplot as plt

    return plt.gca()


def finish_time_axis(ax: Axes, simulation: Simulation) -> None:
    """Let the axis span the trial, in ms."""
    ax.set_xlim(0, simulation.duration)
    ax.set_xlabel("Time (ms)")
    ax.spines[["top", "right"]].set_visible(False)

"""Draw spike rasters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.plotting.captions import describe, network_words, trials_words
from spiking.plotting.style import (
    by_population,
    drawing_on,
    finish_time_axis,
    note,
    population_colours,
    population_label,
)
from spiking.simulation.result import Simulation

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@check_arguments()
def raster(
    simulation: Simulation,
    trial: int = 0,
    ax: Axes | None = None,
    *,
    rates: bool = False,
    populations: Sequence[str] | None = None,
) -> Axes:
    """Draw the spikes of one trial, neurons grouped by population.

    Parameters
    ----------
    simulation : Simulation
        With spikes recorded.
    trial : int
        Position of the trial within the simulation, from 0.
    rates : bool
        Also draw the average rate of each neuron in this trial, on inset axes at the right, and the mean of
        each population as a vertical line.
    populations : list of str, optional
        Draw these populations, also combined, such as ``["PFC&exc", "MD"]``. By default exc and inh, or exc,
        pv and som.

    Raises
    ------
    ArgumentError
        Spikes were not recorded, the trial does not exist, or a population is unknown or empty.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> ax = plotting.raster(both.spiking, trial=0, rates=True)
    >>> ax.figure.savefig("raster.pdf")
    """
    spikes = simulation.spikes
    if spikes is None:
        raise ArgumentError("spikes were not recorded; simulate with record=Record(spikes=True)")
    if not 0 <= trial < len(simulation.trials):
        raise ArgumentError(f"trial is {trial}; expected 0 to {len(simulation.trials) - 1}")
    first, last = np.searchsorted(spikes.trial, (trial, trial + 1))
    time, neuron = spikes.time[first:last], spikes.neuron[first:last]
    groups = by_population(simulation.network.populations, populations)
    colours, rows = population_colours(groups), sum(members.size for _, members in groups)
    row = np.empty(simulation.network.n_neurons, np.int64)
    with drawing_on(ax, 60) as ax:
        bottom, ticks, labels = 0, [], []
        for name, members in groups:
            selected = np.isin(neuron, members)
            row[members] = np.arange(bottom, bottom + members.size)
            ax.plot(
                time[selected],
                row[neuron[selected]] + 0.5,
                linestyle="none",
                marker="|",
                markersize=float(np.clip(200 / rows, 1.5, 5)),
                markeredgewidth=0.6,
                color=colours[name],
            )
            ticks.append(bottom + len(members) / 2)
            labels.append(f"{population_label(name)}\n({len(members)})")
            bottom += len(members)
            if bottom < rows:
                ax.axhline(bottom, color="black", linewidth=0.4)
        ax.set_yticks(ticks, labels, linespacing=0.95)
        ax.tick_params(axis="y", length=0)
        for label, (name, _) in zip(ax.get_yticklabels(), groups, strict=False):  # inner axes have no labels
            label.set_color(colours[name])
        ax.set_ylim(rows, 0)
        finish_time_axis(ax, float(simulation.durations[trial]))
        note(ax, f"trial {trial}")
        condition = f" ({simulation.conditions[trial]})" if simulation.conditions else ""
        describe(
            ax,
            f"Spikes of a spiking network ({network_words(simulation.network)}) in trial "
            f"{trial}{condition} of "
            f"{trials_words(None, len(simulation.trials), simulation.seed, None)}",
            row_words(groups),
            "Right: rate of each neuron in this trial; lines: means of the populations." if rates else "",
        )
        if rates:
            _draw_rates(ax, simulation.rates[trial], groups, colours)
    return ax


def row_words(groups: list[tuple[str, NDArray[np.int64]]]) -> str:
    """Return in which order the neurons are drawn, so that a row can be traced to a number."""
    names = ", ".join(population_label(name) for name, _ in groups)
    within = "within each population " if len(groups) > 1 else ""
    return f"Each row is a neuron; from the top: {names}, {within}by ascending number."


def _draw_rates(
    ax: Axes,
    rates: NDArray[np.float64],
    groups: list[tuple[str, NDArray[np.int64]]],
    colours: Mapping[str, str],
) -> None:
    inset = ax.inset_axes((1.07, 0, 0.2, 1), sharey=ax)
    bottom, rows = 0, sum(members.size for _, members in groups)
    for name, members in groups:
        edges = np.arange(bottom, bottom + len(members) + 1)
        inset.stairs(rates[members], edges, orientation="horizontal", fill=True, color=colours[name])
        bottom += len(members)
        alive = rates[members][~np.isnan(rates[members])]  # not lesioned
        if alive.size:
            inset.plot([alive.mean()] * 2, [edges[0], edges[-1]], color="black", linewidth=0.8)
        if bottom < rows:
            inset.axhline(bottom, color="black", linewidth=0.4)
    inset.set_xlim(0, 1.05 * np.nanmax([1.0, *rates]))
    inset.locator_params(axis="x", nbins=2, prune="lower")  # 0 would touch the end of the time axis
    inset.tick_params(axis="y", length=0, labelleft=False)
    inset.spines[["top", "right", "left"]].set_visible(False)
    inset.set_xlabel("Rate (Hz)")

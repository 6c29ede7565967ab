"""Draw spikes: rasters, and rates over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.evaluation.smoothing import Smoothing, smoothed_rates
from spiking.plotting.captions import (
    conditions_of,
    describe,
    describe_figure,
    network_words,
    order_words,
    stimulation_sentence,
    trials_words,
)
from spiking.plotting.marks import shade_stimulus, stimulus_windows
from spiking.plotting.style import (
    COLUMN_MM,
    by_population,
    drawing_in,
    drawing_on,
    finish_time_axis,
    note,
    population_colours,
    population_label,
    shown,
)
from spiking.plotting.traces import by_condition, condition_colours, legend_above, mean_and_spread
from spiking.simulation.result import Simulation
from spiking.tasks import Trials

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BIN_MS = 5.0


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
        order = order_words(simulation.conditions, simulation.trials)
        describe(
            ax,
            f"Spikes of a spiking network ({network_words(simulation.network)}) in trial "
            f"{trial}{condition} of "
            f"{trials_words(None, len(simulation.trials), simulation.seed, None, order)}",
            f"Task {simulation.task}." if simulation.task else "",
            stimulation_sentence(simulation),
            row_words(groups),
            "Right: rate of each neuron in this trial, without its first 9 steps, in which random initial "
            "voltages fire; lines: means of the populations."
            if rates
            else "",
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
    inset = ax.inset_axes((1.1, 0, 0.2, 1), sharey=ax)  # its 0 must not touch the end of the time axis
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
    inset.locator_params(axis="x", nbins=3)
    inset.tick_params(axis="y", length=0, labelleft=False)
    inset.spines[["top", "right", "left"]].set_visible(False)
    inset.set_xlabel("Rate (Hz)")


@check_arguments()
def psth(
    simulation: Simulation,
    figure: Figure | None = None,
    *,
    trials: Trials | None = None,
    populations: Sequence[str] | None = None,
    smoothing: Smoothing | None = None,
    caption: bool = False,
) -> Figure:
    """Draw firing rates over time (peristimulus time histogram) by population and condition.

    A line is the mean over the neurons of a population and the trials of a condition, a band one standard
    deviation over these trials. Spikes are counted in bins of 5 ms and smoothed (see `smoothed_rates`).

    Parameters
    ----------
    simulation : Simulation
        With spikes recorded.
    trials : Trials, optional
        The trials that were simulated, in this order: their conditions and stimuli. Without them all trials
        are one condition.
    populations : list of str, optional
        Draw these populations, also combined, such as ``["PFC&exc", "MD"]``. By default exc and inh, or exc,
        pv and som. Neurons that are lesioned or whose spikes were not recorded are left out.
    smoothing : Smoothing, optional
        By default a Gaussian with a standard deviation of 20 ms.
    caption : bool
        Write the caption under the figure (see `caption_of`).

    Raises
    ------
    ArgumentError
        Spikes were not recorded, the trials are not as many as were simulated, or a population is unknown or
        has no recorded neurons.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> figure = plotting.psth(both.spiking, trials=both.trials)
    >>> figure.savefig("psth.pdf")
    """
    smoothing = smoothing or Smoothing("gaussian", 20.0)
    if trials is not None and len(trials) != len(simulation.trials):
        raise ArgumentError(
            f"trials has {len(trials)} trials; expected {len(simulation.trials)}, as simulated"
        )
    rates = smoothed_rates(simulation, smoothing, interval=_BIN_MS)
    recorded = simulation.record.neurons("spikes", simulation.network.populations)
    known = np.asarray(recorded)[~np.isnan(rates[0, :, 0])]
    rates = rates[:, ~np.isnan(rates[0, :, 0])]
    panels = [
        (name, np.isin(known, members))
        for name, members in by_population(simulation.network.populations, populations)
    ]
    for name, members in panels:
        if not members.any():
            raise ArgumentError(
                f"populations has {name!r}, of which no neuron was recorded; record its spikes"
            )
    time = _BIN_MS * (np.arange(rates.shape[-1]) + 0.5)
    groups = by_condition(simulation, trials, None)
    with drawing_in(figure, COLUMN_MM, 18 + 27 * len(panels)) as figure:
        axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for ax, (name, members) in zip(axes, panels, strict=True):
            values = rates[:, members].mean(axis=1)
            for (condition, chosen), colour in zip(
                groups.items(), condition_colours(trials, groups), strict=True
            ):
                mean, spread = values[chosen].mean(axis=0), values[chosen].std(axis=0)
                if len(chosen) > 1:
                    ax.fill_between(time, mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0)
                ax.plot(time, mean, color=colour, linewidth=1.2, label=shown(condition))
            finish_time_axis(ax, simulation.duration)
            ax.set_ylim(bottom=0)
            ax.set_ylabel(f"{population_label(name)} ({members.sum()})\nRate (Hz)")
            if trials is not None:
                shade_stimulus(ax, trials)
            if ax is not axes[-1]:
                ax.set_xlabel("")
        note(axes[0], mean_and_spread(groups))
        if trials is not None:
            legend_above(axes[0])
        kernel = "a Gaussian with a standard deviation" if smoothing.kind == "gaussian" else "an exponential"
        describe_figure(
            figure,
            caption,
            f"Firing rates over time of a spiking network ({network_words(simulation.network)}), by "
            "population" + (" and condition." if trials is not None else "."),
            trials_words(
                conditions_of(trials),
                len(simulation.trials),
                simulation.seed,
                simulation.task,
                order_words(conditions_of(trials), simulation.trials),
            ),
            "Lines: mean over the neurons of the population and over trials; bands: one standard deviation "
            "over trials. Numbers: neurons.",
            f"Spikes in bins of {_BIN_MS:g} ms, smoothed with {kernel} of {smoothing.width:g} ms.",
            stimulation_sentence(simulation),
            "Grey areas: stimuli." if trials is not None and stimulus_windows(trials) else "",
        )
    return figure

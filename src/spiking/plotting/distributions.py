"""Draw distributions over the units of a network, by population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.network.open import AnyNetwork, open_network
from spiking.plotting.captions import describe, describe_figure, network_words, order_words, trials_words
from spiking.plotting.style import (
    COLUMN_MM,
    by_population,
    drawing_in,
    drawing_on,
    note,
    population_colours,
    population_label,
    shown,
)
from spiking.rate_model.model import RateModel
from spiking.simulation.result import SILENT_HZ, Simulation
from spiking.tasks import Trials
from spiking.timing import STEPS_NOT_COUNTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 24


@check_arguments()
def firing_rates(
    simulation: Simulation,
    figure: Figure | None = None,
    *,
    trials: Trials | None = None,
    populations: Sequence[str] | None = None,
    caption: bool = False,
) -> Figure:
    """Draw stacked histograms of the neurons' mean rates by population, in a panel for each condition.

    Lesioned neurons are left out. A triangle marks the mean of each population. Each panel says how many
    neurons are silent: below 0.5 Hz, and not without a spike, which depends on the number of trials.

    Parameters
    ----------
    simulation : Simulation
    trials : Trials, optional
        The trials that were simulated, in this order, with the condition of each. By default, the conditions
        that the simulation records; without them, all trials are one condition.
    populations : list of str, optional
        Draw these populations, also combined, such as ``["PFC&exc", "MD"]``. By default exc and inh, or exc,
        pv and som.
    caption : bool
        Write the caption under the figure (see `caption_of`).

    Raises
    ------
    ArgumentError
        The trials are not as many as were simulated, or a population is unknown.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> figure = plotting.firing_rates(both.spiking, trials=both.trials)
    >>> figure.savefig("firing_rates.pdf")
    """
    conditions = simulation.conditions if trials is None else trials.conditions
    count = len(simulation.trials)
    if conditions is not None and len(conditions) != count:
        raise ArgumentError(f"trials has {len(conditions)} trials; expected {count}, as simulated")
    names = [""] * count if conditions is None else conditions
    ordered = sorted(set(names)) if trials is None else trials.names
    groups = {name: [k for k in range(count) if names[k] == name] for name in ordered}
    means = {name: simulation.rates[members].mean(axis=0) for name, members in groups.items()}
    alive = ~np.isnan(np.stack([*means.values()])).any(axis=0)
    masks = {name: members[alive] for name, members in simulation.network.populations.items()}
    edges = np.histogram_bin_edges([rates[alive] for rates in means.values()], _BINS)
    with drawing_in(figure, COLUMN_MM, 14 + 34 * len(groups)) as figure:
        panels = figure.subplots(len(groups), 1, sharex=True, squeeze=False)[:, 0]
        for (name, members), ax in zip(groups.items(), panels, strict=True):
            rates = means[name][alive]
            _histogram(rates, masks, ax, unit="Hz", chosen=populations, edges=edges)
            if rates.size:
                ax.legend(frameon=False, loc="upper right")
            ax.set(ylabel="Neurons (stacked)", xlim=(0, None))
            ax.set_title(shown(name), loc="left", pad=9)
            silent = int(np.sum(rates < SILENT_HZ))
            trials_of = f"mean over {len(members)} trial{'s' if len(members) > 1 else ''}"
            note(ax, f"{silent} of {rates.size} neurons below {SILENT_HZ:g} Hz, {trials_of}").xyann = (0, 6)
        panels[-1].set_xlabel("Mean rate (Hz)")
        order = order_words(conditions, simulation.trials)
        describe_figure(
            figure,
            caption,
            f"Mean firing rates of the neurons of a spiking network ({network_words(simulation.network)})"
            + (", by condition." if len(groups) > 1 else "."),
            trials_words(conditions, count, simulation.seed, simulation.task, order),
            f"Rates are over the whole trial, without its first {STEPS_NOT_COUNTED} steps of "
            f"{simulation.time_step:g} ms.",
            "Bars of the populations stand upon each other. Triangles: means of the populations. "
            f"Neurons below {SILENT_HZ:g} Hz count as silent.",
        )
    return figure


@check_arguments()
def time_constants(model: AnyNetwork, ax: Axes | None = None) -> Axes:
    """Draw a stacked histogram of the units' synaptic decay time constants by population.

    Parameters
    ----------
    model : RateModel, SpikingNetwork, path, str or mapping
        A network, its file, or the name of a model that comes with the package.
        Both have the same time constants. For a rate model, dotted lines mark the range in training.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> ax = plotting.time_constants(datasets.load("go-nogo"))
    >>> ax.figure.savefig("time_constants.pdf")
    """
    model = open_network(model)
    decay = model.tau_decay() if isinstance(model, RateModel) else model.tau_decay
    assert decay is not None
    with drawing_on(ax, 50) as ax:
        if isinstance(model, RateModel):
            for limit in sorted(set(model.tau_range)):
                ax.axvline(limit, color="black", linewidth=0.6, linestyle=":")
        _histogram(decay, model.populations, ax, unit="ms")
        groups = len(ax.get_legend_handles_labels()[1])
        ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=min(groups, 2))
        describe(
            ax,
            f"Synaptic decay time constants of {decay.size} units; bars of the populations stand upon each "
            "other; triangles: means of the populations"
            + ("; dotted: range in training." if isinstance(model, RateModel) else "."),
        )
        ax.set_xlabel("Synaptic decay time constant (ms)")
        ax.set_ylabel("Units (stacked)")
    return ax


def _histogram(
    values: NDArray[np.float64],
    populations: Mapping[str, NDArray[np.bool_]],
    ax: Axes,
    *,
    unit: str,
    chosen: Sequence[str] | None = None,
    edges: NDArray[np.float64] | None = None,
) -> None:
    if not np.isfinite(values).all():
        raise ArgumentError(f"values ({unit}) include NaN or infinity; expected finite numbers")
    groups = [(name, members) for name, members in by_population(populations, chosen) if members.size]
    colours = population_colours(groups)
    if edges is None:
        edges = np.histogram_bin_edges(values, _BINS)
    below = np.zeros(_BINS)
    for name, members in groups:
        colour, selected = colours[name], values[members]
        counts, _ = np.histogram(selected, edges)
        label = f"{population_label(name)}, mean {selected.mean():.1f} {unit}"
        ax.stairs(below + counts, edges, baseline=below, fill=True, color=colour, label=label)
        below = below + counts
    for name, members in groups:
        mean = values[members].mean()
        ax.plot(
            [mean],
            [1.0],
            transform=ax.get_xaxis_transform(),
            marker="v",
            markersize=4,
            color=colours[name],
            clip_on=False,
        )
    ax.set_ylim(0, 1.12 * max(1.0, below.max()))
    ax.spines[["top", "right"]].set_visible(False)
    if groups:
        ax.legend(frameon=False)

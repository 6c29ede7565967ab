"""Draw distributions over the units of a network, by population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.network.open import AnyNetwork, open_network
from spiking.plotting.style import by_population, drawing_on, population_colours, population_label
from spiking.rate_model.model import RateModel
from spiking.simulation.result import Simulation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BINS = 24


@check_arguments()
def firing_rates(
    simulation: Simulation, ax: Axes | None = None, *, populations: Sequence[str] | None = None
) -> Axes:
    """Draw a stacked histogram of the neurons' average firing rates by population.

    The rates are averages over all trials; lesioned neurons are left out. A triangle marks the mean of each
    population.

    Parameters
    ----------
    simulation : Simulation
    populations : list of str, optional
        Draw these populations, also combined, such as ``["PFC&exc", "MD"]``. By default exc and inh, or exc,
        pv and som.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> ax = plotting.firing_rates(both.spiking)
    >>> ax.figure.savefig("firing_rates.pdf")
    """
    average = simulation.rates.mean(axis=0)
    alive = ~np.isnan(average)
    rates, silent = average[alive], int(np.sum(average == 0))
    masks = {name: members[alive] for name, members in simulation.network.populations.items()}
    with drawing_on(ax, 50) as ax:
        _histogram(rates, masks, ax, unit="Hz", chosen=populations)
        ax.set_xlabel("Average rate (Hz)")
        ax.set_ylabel("Neurons")
        ax.set_xlim(0, None)
        ax.set_title(f"{silent} of {rates.size} neurons silent", fontsize="medium", loc="left")
    return ax


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
        ax.set_xlabel("Synaptic decay time constant (ms)")
        ax.set_ylabel("Units")
    return ax


def _histogram(
    values: NDArray[np.float64],
    populations: Mapping[str, NDArray[np.bool_]],
    ax: Axes,
    *,
    unit: str,
    chosen: Sequence[str] | None = None,
) -> None:
    if not np.isfinite(values).all():
        raise ArgumentError(f"values ({unit}) include NaN or infinity; expected finite numbers")
    groups = [(name, members) for name, members in by_population(populations, chosen) if members.size]
    colours = population_colours(groups)
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

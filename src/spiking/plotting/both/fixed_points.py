"""Draw the fixed points of both networks among the trajectories of their conditions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.analysis.components import condition_means, principal_components
from spiking.analysis.fixed_points import FixedPoints
from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks
from spiking.plotting.both.state_space import trajectories, trajectory_words
from spiking.plotting.captions import describe_figure, network_words
from spiking.plotting.style import COLUMN_MM, drawing_in, note

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RATE_COLOUR = "#999999"
_POINT: Mapping[str, Any] = MappingProxyType(
    {"linestyle": "none", "marker": "D", "markersize": 4.5, "markeredgewidth": 0.8, "zorder": 5}
)


@check_arguments()
def fixed_points(
    both: BothNetworks,
    rate: FixedPoints,
    spiking: FixedPoints,
    figure: Figure | None = None,
    *,
    start: float = 50.0,
    caption: bool = False,
) -> Figure:
    """Draw the fixed points of both networks, and the mean trajectory of each condition.

    The axes of both panels are the first two principal components of the rate network's means over the
    trials of each condition, each with its own scale. The activity of the spiking network is its filtered
    spikes over the scaling factor. Diamonds are fixed points, filled where stable; in the panel of the
    spiking network, those of the rate network are larger and grey. A circle marks the start of a
    trajectory, a square the end.

    Parameters
    ----------
    both : BothNetworks
        With activity.
    rate, spiking : FixedPoints
        Of both networks, from `spiking.analysis.fixed_points`.
    start : float
        Leave out the time before, in ms: the burst after random initial voltages.
    caption : bool
        Write the caption under the figure (see `caption_of`).

    Raises
    ------
    ArgumentError
        No samples are left after `start`, or the points are those of other networks.

    Examples
    --------
    >>> from spiking import analysis, datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> points = [analysis.fixed_points(net, starts=20) for net in (both.model, both.spiking.network)]
    >>> figure = plotting.fixed_points(both, *points)
    >>> figure.savefig("fixed_points.pdf")
    """
    selected = both.activity_time > start
    if not selected.any():
        raise ArgumentError(f"start is {start!r}; expected less than {both.activity_time[-1]:g} ms")
    for name, points in (("rate", rate), ("spiking", spiking)):
        if len(points) and points.rates.shape[1] != both.model.n_units:
            raise ArgumentError(
                f"{name} has points of {points.rates.shape[1]} units; expected {both.model.n_units}"
            )
    factor = both.spiking.network.scaling_factor
    rate_means, spiking_means = (
        condition_means(values[..., selected], both.trials.conditions, both.trials.names)
        for values in (both.rate_activity, both.spiking_activity / factor)
    )
    components = principal_components(np.stack(list(rate_means.values())), 2)
    places = [components.project(points.rates.T) if len(points) else None for points in (rate, spiking)]
    with drawing_in(figure, COLUMN_MM, 55) as figure:
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        for ax, means, title in (
            (left, rate_means, "Rate network"),
            (right, spiking_means, "Spiking network"),
        ):
            trajectories(means, ax, components=components).set_title(title, pad=12)
            ax.set_aspect("auto")  # equal scales would leave most of the panels empty
            ax.margins(0.08)
            for line in ax.lines:
                if line.get_marker() == "s":  # trajectories end at fixed points, which would hide it
                    line.set(markersize=8, markerfacecolor="none")
        right.set_ylabel("")
        for panel in (left, right):
            panel.set_xlabel(f"PC 1 of the rate network\n({100 * components.explained[0]:.0f} %)")
        right.tick_params(labelleft=False)
        handles, labels = left.get_legend_handles_labels()
        panels = (
            (left, rate, places[0], "black"),
            (right, rate, places[0], _RATE_COLOUR),
            (right, spiking, places[1], "black"),
        )
        for ax, points, place, colour in panels:
            style = {**_POINT, "markersize": 7, "zorder": 4} if colour == _RATE_COLOUR else _POINT
            for point, (x, y) in zip(points, () if place is None else place.T, strict=True):
                fill = colour if point.stable else "white"
                ax.plot(x, y, color=colour, markerfacecolor=fill, **style)
        note(left, _count(rate))
        note(right, _count(spiking))
        unstable = not all(point.stable for points in (rate, spiking) for point in points)
        for label, colour, fill, drawn in (
            ("stable", "black", "black", True),
            ("unstable", "black", "white", unstable),
            ("of the rate network", _RATE_COLOUR, _RATE_COLOUR, True),
        ):
            if drawn:
                handles += left.plot([], [], color=colour, markerfacecolor=fill, **_POINT)
                labels.append(label)
        figure.legend(
            handles,
            labels,
            frameon=False,
            loc="outside lower center",
            ncols=len(labels) if len(labels) < 5 else (len(labels) + 1) // 2,
            handlelength=1.2,
            handletextpad=0.5,
            columnspacing=1.2,
        )
        describe_figure(
            figure,
            caption,
            "Fixed points of a rate network and of its spiking network "
            f"({network_words(both.spiking.network)}, "
            f"by its mean field){_inputs(rate)}: {_count(rate)} in the rate network, and "
            f"{_count(spiking)} in the spiking network; filled: stable; open: unstable; large and grey: "
            "those of the rate network.",
            "Axes of both panels: the first two principal components of the rate network, with their "
            "shares of its variance.",
            *trajectory_words(both, start),
        )
    return figure


def _inputs(points: FixedPoints) -> str:
    values = ", ".join(f"{value:g}" for value in points.inputs)
    return " without inputs" if not points.inputs.any() else f" at the constant inputs {values}"


def _count(points: FixedPoints) -> str:
    """Return how many points there are, such as ``2 stable, 1 unstable point``."""
    stable = sum(point.stable for point in points)
    return f"{stable} stable, {len(points) - stable} unstable point{'s' if len(points) != 1 else ''}"

"""Draw trajectories in the plane of two principal components."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.analysis.components import PrincipalComponents, condition_means, principal_components
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks
from spiking.plotting.style import COLUMN_MM, CONDITION_COLOURS, drawing_in, drawing_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def trajectories(
    means: Mapping[str, NDArray[np.float64]],
    ax: Axes | None = None,
    *,
    components: PrincipalComponents | None = None,
    plane: tuple[int, int] = (0, 1),
) -> Axes:
    """Draw the activity of each condition as a path in the plane of two principal components.

    A circle marks the beginning, a square the end.

    Parameters
    ----------
    means : mapping of str to array, shape (N, samples)
        Mean activity of each condition (see `spiking.analysis.condition_means`).
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    components : PrincipalComponents, optional
        Those of these means by default.
    plane : (int, int)
        Which components, from 0.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        There are no such components.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> from spiking import analysis
    >>> means = analysis.condition_means(both.spiking_activity, both.trials.conditions)
    >>> ax = plotting.trajectories(means)
    >>> ax.figure.savefig("trajectories.pdf")
    """
    components = components or principal_components(np.stack(list(means.values())), max(plane) + 1)
    if not 0 <= min(plane) <= max(plane) < len(components.components):
        raise ArgumentError(f"plane is {plane}; expected components 0 to {len(components.components) - 1}")
    with drawing_on(ax, 70) as ax:
        for (name, mean), colour in zip(means.items(), itertools.cycle(CONDITION_COLOURS), strict=False):
            x, y = components.project(mean)[list(plane)]
            ax.plot(x, y, color=colour, linewidth=1, label=name)
            ax.plot(x[0], y[0], marker="o", markersize=4, color=colour, markerfacecolor="white")
            ax.plot(x[-1], y[-1], marker="s", markersize=4, color=colour)
        for axis, number in ((ax.xaxis, plane[0]), (ax.yaxis, plane[1])):
            axis.set_label_text(f"PC {number + 1} ({100 * components.explained[number]:.0f} %)")
        ax.set_aspect("equal", adjustable="datalim")
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def state_space(both: BothNetworks, figure: Figure | None = None, *, start: float = 0.0) -> Figure:
    """Draw the leading principal components of both networks (as Kim, Li & Sejnowski 2019, Fig. S2).

    Each network has its own components, found from its means over the trials of each condition; those of the
    spiking network are turned to point where those of the rate network point.

    Parameters
    ----------
    both : BothNetworks
        With activity.
    figure : matplotlib.figure.Figure, optional
        Where to draw; a new one, a column of print wide, by default.
    start : float
        Leave out what is before, in ms, such as the burst that random initial voltages begin with.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ArgumentError
        Nothing is left from `start` on.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> figure = plotting.state_space(both)
    >>> figure.savefig("components.pdf")
    """
    kept = both.activity_time > start
    if not kept.any():
        raise ArgumentError(f"start is {start!r}; expected less than {both.activity_time[-1]:g} ms")
    own = [
        condition_means(values[..., kept], both.trials.conditions)
        for values in (both.rate_activity, both.spiking_activity)
    ]
    rate, spiking = (principal_components(np.stack(list(means.values()))) for means in own)
    with drawing_in(figure, COLUMN_MM, 52) as figure:
        figure.set_layout_engine("constrained", w_pad=0.03, h_pad=0.02, wspace=0.12)
        left, right = figure.subplots(1, 2)
        trajectories(own[0], left, components=rate).set_title("Rate network")
        trajectories(own[1], right, components=spiking.signed_like(rate)).set_title("Spiking network")
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, frameon=False, loc="outside lower center", ncols=len(labels))
    return figure

"""Draw trajectories in the plane of two principal components."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.analysis.components import PrincipalComponents, condition_means, principal_components
from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks
from spiking.plotting.captions import describe, describe_figure, network_words, trials_of_both
from spiking.plotting.style import COLUMN_MM, CONDITION_COLOURS, drawing_in, drawing_on, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@check_arguments()
def trajectories(
    means: Mapping[str, NDArray[np.float64]],
    ax: Axes | None = None,
    *,
    components: PrincipalComponents | None = None,
    plane: tuple[int, int] = (0, 1),
) -> Axes:
    """Draw the activity of each condition as a trajectory in the plane of two principal components.

    A circle marks the start, a square the end.

    Parameters
    ----------
    means : mapping of str to array, shape (N, samples)
        Mean activity of each condition (see `spiking.analysis.condition_means`).
    components : PrincipalComponents, optional
        By default those of `means`.
    plane : (int, int)
        The two components, from 0.

    Raises
    ------
    ArgumentError
        The components do not exist.

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
    if not means:
        raise ArgumentError("means is empty; expected at least one condition")
    components = components or principal_components(np.stack(list(means.values())), max(plane) + 1)
    if not 0 <= min(plane) <= max(plane) < len(components.components):
        raise ArgumentError(f"plane is {plane}; expected components 0 to {len(components.components) - 1}")
    with drawing_on(ax, 70) as ax:
        for (name, mean), colour in zip(means.items(), itertools.cycle(CONDITION_COLOURS), strict=False):
            x, y = components.project(mean)[list(plane)]
            ax.plot(x, y, color=colour, linewidth=1, label=shown(name))
            ax.plot(x[0], y[0], marker="o", markersize=4, color=colour, markerfacecolor="white")
            ax.plot(x[-1], y[-1], marker="s", markersize=4, color=colour)
        for axis, number in ((ax.xaxis, plane[0]), (ax.yaxis, plane[1])):
            axis.set_label_text(f"PC {number + 1} ({100 * components.explained[number]:.0f} %)")
        describe(
            ax,
            "Mean activity of each condition along two principal components, with their shares of "
            "the variance; "
            "circles: start; squares: end.",
        )
        ax.set_aspect("equal", adjustable="datalim")
        ax.spines[["top", "right"]].set_visible(False)
    return ax


@check_arguments()
def state_space(
    both: BothNetworks, figure: Figure | None = None, *, start: float = 50.0, caption: bool = False
) -> Figure:
    """Draw the leading principal components of both networks (as in Kim, Li & Sejnowski 2019, Fig. S2).

    The components of each network are those of its means over the trials of each condition; the signs of
    those of the spiking network are chosen to match those of the rate network. The activity of the spiking
    network is its filtered spikes over the scaling factor, so that both panels have one scale.

    Parameters
    ----------
    both : BothNetworks
        With activity.
    start : float
        Leave out the time before, in ms: the burst after random initial voltages.
    caption : bool
        Write the caption under the figure (see `caption_of`).

    Raises
    ------
    ArgumentError
        No samples are left after `start`.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> figure = plotting.state_space(both)
    >>> figure.savefig("components.pdf")
    """
    selected = both.activity_time > start
    if not selected.any():
        raise ArgumentError(f"start is {start!r}; expected less than {both.activity_time[-1]:g} ms")
    rate_means, spiking_means = (
        condition_means(values[..., selected], both.trials.conditions, both.trials.names)
        for values in (both.rate_activity, both.spiking_activity / both.spiking.network.scaling_factor)
    )
    rate, spiking = (
        principal_components(np.stack(list(means.values()))) for means in (rate_means, spiking_means)
    )
    with drawing_in(figure, COLUMN_MM, 52) as figure:
        left, right = figure.subplots(1, 2)
        trajectories(rate_means, left, components=rate).set_title("Rate network")
        trajectories(spiking_means, right, components=spiking.signed_like(rate)).set_title("Spiking network")
        _equal_limits(left, right)
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, frameon=False, loc="outside lower center", ncols=min(len(labels), 4))
        describe_figure(
            figure,
            caption,
            "Trajectories of a rate network and of its spiking network "
            f"({network_words(both.spiking.network)}) "
            "along the two leading principal components of each (with their shares of its variance).",
            *trajectory_words(both, start),
        )
    return figure


def trajectory_words(both: BothNetworks, start: float) -> list[str]:
    """Return the sentences that explain trajectories of both networks."""
    return [
        trials_of_both(both),
        f"Lines: mean activity over the trials of each condition, from {start:g} ms to the end; "
        "circles: start; "
        "squares: end. Activity of the spiking network: filtered spikes divided by the scaling factor.",
    ]


def _equal_limits(*panels: Axes) -> None:
    """Give panels with equal scales the same square, which contains the data of all."""
    boxes = [ax.dataLim for ax in panels]
    centres = [((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) for box in boxes]
    half = 0.54 * max(max(box.width, box.height) for box in boxes)
    for ax, (x, y) in zip(panels, centres, strict=True):
        ax.set(xlim=(x - half, x + half), ylim=(y - half, y + half))
        ax.set_aspect("equal", adjustable="box")
        ax.locator_params(nbins=5)

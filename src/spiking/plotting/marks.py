"""Mark in figures over time when stimuli and stimulation are on, what is scored, and the criteria."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.plotting.captions import describe_more
from spiking.plotting.style import (
    DASHES,
    STIMULATION_COLOUR,
    STIMULUS_COLOUR,
    TARGET_COLOUR,
    THRESHOLD_COLOUR,
)
from spiking.simulation.stimulation import Stimulation
from spiking.tasks import Task, Trials
from spiking.timing import STEP_MS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@check_arguments()
def shade_stimulus(ax: Axes, trials: Trials, members: Sequence[int] | None = None) -> Axes:
    """Shade the time in which a stimulus is on in any of the trials: an input that is not 0 and not constant.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    trials : Trials
    members : sequence of int, optional
        Positions of the trials that are considered; all by default.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> ax = plotting.raster(both.spiking, trial=0)
    >>> ax = plotting.shade_stimulus(ax, both.trials, members=[0])
    >>> ax.figure.savefig("raster.pdf")
    """
    for start, stop in stimulus_windows(trials, members):
        describe_more(ax, "Grey areas: stimuli.")
        ax.axvspan(start, stop, color=STIMULUS_COLOUR, linewidth=0, zorder=0)
    return ax


@check_arguments()
def shade_stimulation(ax: Axes, stimulation: Stimulation | Sequence[Stimulation]) -> Axes:
    """Shade the windows in which neurons are stimulated, in another colour than stimuli.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    stimulation : Stimulation or sequence of Stimulation

    Examples
    --------
    >>> from spiking import Record, SpikingNetwork, Stimulation, datasets, plotting, simulate, tasks
    >>> light, network = Stimulation("inh", (250, 500)), SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> run = simulate(network, tasks.get("go-nogo"), stimulation=light, record=Record(spikes=True))
    >>> ax = plotting.shade_stimulation(plotting.raster(run), light)
    >>> ax.figure.savefig("stimulated.pdf")
    """
    if stimulation:
        describe_more(ax, "Yellow areas: stimulation.")
    for item in [stimulation] if isinstance(stimulation, Stimulation) else stimulation:
        ax.axvspan(*item.window, color=STIMULATION_COLOUR, linewidth=0, zorder=-1)
    return ax


def stimulus_windows(trials: Trials, members: Sequence[int] | None = None) -> list[tuple[float, float]]:
    """Return start and end in ms of each stimulus in these trials; arguments as in `shade_stimulus`."""
    u = trials.inputs if members is None else trials.inputs[list(members)]
    varies = (u != u[:, :, :1]).any(axis=2, keepdims=True)
    on = ((u != 0) & varies).any(axis=(0, 1)).astype(np.int8)
    edges = (np.flatnonzero(np.diff(on, prepend=0, append=0)) * STEP_MS).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def share_limits(panels: Iterable[Axes]) -> None:
    """Give the panels of several outputs the same y limits, so that they can be compared."""
    panels = list(panels)
    lows, highs = zip(*(ax.get_ylim() for ax in panels), strict=True)
    for ax in panels:
        ax.set_ylim(min(lows), max(highs))


def mark_scoring(ax: Axes, task: Task, duration: float, conditions: list[str]) -> None:
    """Draw the thresholds of these conditions as dotted lines, and a bar over the time that is scored."""
    for level in criteria(task, conditions):
        ax.plot(
            [task.score_from, duration],
            [level, level],
            color=THRESHOLD_COLOUR,
            linewidth=0.8,
            linestyle=":",
            zorder=4,
        )
    if not task.scored:
        return
    ax.plot(
        [task.score_from, duration],
        [1, 1],
        transform=ax.get_xaxis_transform(),
        color="black",
        linewidth=2,
        solid_capstyle="butt",
        clip_on=False,
    )


def criteria(task: Task, conditions: Sequence[str]) -> list[float]:
    """Return the levels that the output of these conditions must cross or must not reach.

    The list is empty if the task overrides `score`, because its criteria are then unknown.
    """
    if type(task).score is not Task.score:
        return []
    labels = {task.conditions[name] for name in conditions if name in task.conditions}
    levels = {task.threshold: 1 in labels, -task.threshold: -1 in labels, task.quiet: 0 in labels}
    return [level for level, needed in levels.items() if needed]


def legend_marks(*, rate: bool = False, task: Task | None = None, targets: bool = True) -> dict[str, Any]:
    """Return the legend entries of what `output` draws in addition to outputs of the spiking network."""
    from matplotlib.lines import Line2D

    entries: dict[str, Any] = {}
    if rate:
        entries["rate network"] = Line2D([], [], color="black", linewidth=0.8, linestyle=DASHES)
    if targets:
        entries["target"] = Line2D([], [], color=TARGET_COLOUR, linewidth=1.8, solid_capstyle="butt")
    if task is not None and criteria(task, list(task.conditions)):
        entries["criterion"] = Line2D([], [], color=THRESHOLD_COLOUR, linewidth=0.8, linestyle=":")
    if task is not None and task.scored:
        entries["scored"] = Line2D([], [], color="black", linewidth=2, solid_capstyle="butt")
    return entries


def legend_beside(
    figure: Figure, entries: Mapping[str, Any], side: Literal["upper", "lower"] = "lower", *, most: int = 6
) -> None:
    """Draw a legend below or above a whole figure, of handles by name, in as many columns as fit."""
    for columns in range(min(len(entries), most), 0, -1):
        legend = figure.legend(
            list(entries.values()),
            list(entries),
            frameon=False,
            loc="outside upper center" if side == "upper" else "outside lower center",
            ncols=columns,
            handlelength=1.8,
            columnspacing=1.2,
        )
        if columns == 1 or legend.get_window_extent().width < figure.bbox.width:
            return
        legend.remove()


def targets(trials: Trials, members: Sequence[int], channel: int) -> NDArray[np.float64]:
    """Return the different targets of these trials to draw, shape (targets, samples).

    Without the last sample of a target that changes there, as where a trial ends one step after the response:
    the line would look like an axis.
    """
    wanted = trials.targets if trials.targets.ndim == 2 else trials.targets[:, channel]
    unique = np.unique(wanted[list(members)], axis=0)
    unique[unique[:, -1] != unique[:, -2], -1] = np.nan
    return unique

"""One figure of a whole simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spiking.plotting.raster import raster
from spiking.plotting.style import COLUMN_MM, DASHES, TARGET_COLOUR, THRESHOLD_COLOUR, drawing_in
from spiking.plotting.traces import by_condition, condition_colours, inputs, output, shade_stimulus
from spiking.rate_model import RateRun
from spiking.simulation import Simulation
from spiking.tasks import Task, Trials

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def overview(
    simulation: Simulation,
    *,
    trials: Trials | None = None,
    task: Task | None = None,
    rate: RateRun | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Draw a simulation: for each condition its inputs, the raster of its first trial and its outputs.

    Parameters
    ----------
    simulation : Simulation
        With spikes and output recorded.
    trials, task, rate : optional
        As for `output`.
    figure : matplotlib.figure.Figure, optional
        Where to draw; a new one by default, a column of print wide (85 mm) for up to two conditions.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.both_networks import run_both
    >>> both = run_both(datasets.load("go-nogo"), n_trials=4, seed=1)
    >>> figure = plotting.overview(both.spiking, trials=both.trials, task=both.task)
    >>> figure.savefig("overview.pdf")
    """
    groups = by_condition(simulation, trials, None)
    with drawing_in(figure, max(COLUMN_MM, 12 + 36.5 * len(groups)), 90) as figure:
        heights = [2.0, 1.2] if trials is None else [0.25 + 0.15 * trials.inputs.shape[1], 2.0, 1.2]
        grid = figure.subplots(
            len(heights), len(groups), sharex=True, sharey="row", squeeze=False, height_ratios=heights
        )
        for (condition, members), axes in zip(groups.items(), grid.T, strict=True):
            if trials is not None:
                inputs(trials, members[0], axes[0]).set_xlabel("")
                axes[0].spines[["top", "right", "bottom"]].set_visible(False)
                axes[0].tick_params(axis="x", length=0)
                shade_stimulus(axes[-2], trials, members[:1])
            axes[0].set_title(condition)
            raster(simulation, members[0], axes[-2]).set_xlabel("")
            axes[-2].spines["bottom"].set_visible(False)
            axes[-2].tick_params(axis="x", length=0)
            own = [condition] if trials is not None else None
            output(simulation, axes[-1], trials=trials, task=task, conditions=own, rate=rate)
        for ax in grid[:, 1:].flat:
            ax.set_ylabel("")
        if trials is not None:
            _legend(figure, condition_colours(trials, groups), rate=rate is not None, task=task is not None)
        figure.align_ylabels(grid[:, 0])
    return figure


def legend_marks(*, rate: bool = True, task: bool = True) -> dict[str, Any]:
    """Return handles for the legend of what `output` draws beside the outputs of the spiking network."""
    from matplotlib.lines import Line2D

    entries: dict[str, Any] = {}
    if rate:
        entries["rate network"] = Line2D([], [], color="black", linewidth=0.8, linestyle=DASHES)
    entries["target"] = Line2D([], [], color=TARGET_COLOUR, linewidth=1.8, solid_capstyle="butt")
    if task:
        entries["criterion"] = Line2D([], [], color=THRESHOLD_COLOUR, linewidth=0.8, linestyle=":")
        entries["scored"] = Line2D([], [], color="black", linewidth=2, solid_capstyle="butt")
    return entries


def _legend(figure: Figure, colours: list[str], *, rate: bool, task: bool) -> None:
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    spiking = tuple(Line2D([], [], color=colour, linewidth=1.2, solid_capstyle="butt") for colour in colours)
    entries: dict[str, Any] = {"spiking network": spiking} | legend_marks(rate=rate, task=task)
    figure.legend(
        list(entries.values()),
        list(entries),
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
        frameon=False,
        loc="outside lower center",
        ncols=len(entries) if len(colours) > 2 else 3,
        handlelength=1.8,
        columnspacing=1.2,
    )

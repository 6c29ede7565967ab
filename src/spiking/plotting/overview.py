"""Draw an overview of a simulation: inputs, rasters and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.plotting.captions import (
    conditions_of,
    describe_figure,
    network_words,
    order_words,
    rule_words,
    stimulation_sentence,
    trials_words,
)
from spiking.plotting.marks import legend_marks, shade_stimulation, shade_stimulus, share_limits
from spiking.plotting.raster import raster, row_words
from spiking.plotting.style import (
    COLUMN_MM,
    STIMULATION_COLOUR,
    by_population,
    drawing_in,
    shown,
    width_mm,
)
from spiking.plotting.traces import (
    by_condition,
    condition_colours,
    correct_words,
    draw_inputs,
    input_words,
    output,
    output_marks,
    scale_of_inputs,
)
from spiking.rate_model.run import RateRun
from spiking.simulation.result import Simulation
from spiking.simulation.stimulation import Stimulation
from spiking.tasks import Task, Trials

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_CONDITION_MM = 36.5  # width of a condition


@check_arguments()
def overview(
    simulation: Simulation,
    *,
    trials: Trials | None = None,
    task: Task | None = None,
    rate: RateRun | None = None,
    stimulation: Stimulation | Sequence[Stimulation] = (),
    figure: Figure | None = None,
    caption: bool = False,
) -> Figure:
    """Draw a simulation: for each condition its inputs, the raster of its first trial and all its outputs.

    The figure is a column of print wide (85 mm), and wider for more than two conditions; if `publication`
    chooses a narrower one, the conditions stand in several rows.

    Parameters
    ----------
    simulation : Simulation
        With spikes and output recorded.
    trials, task, rate : optional
        As in `output`.
    stimulation : Stimulation or sequence of Stimulation
        What `simulate` was given; its windows are shaded.
    caption : bool
        Write the caption under the figure (see `caption_of`).

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> figure = plotting.overview(both.spiking, trials=both.trials, task=both.task)
    >>> figure.savefig("overview.pdf")
    """
    groups = by_condition(simulation, trials, None)
    n_outputs = simulation.network.n_outputs
    n_inputs = simulation.network.n_inputs
    usual = max(COLUMN_MM, 12 + _CONDITION_MM * len(groups))
    columns = min(len(groups), max(1, round((width_mm(usual) - 12) / _CONDITION_MM)))
    blocks = -(-len(groups) // columns)  # one below the other, if a narrower figure was chosen
    with drawing_in(figure, usual, blocks * (90 + 22 * (n_outputs - 1))) as figure:
        heights = [] if trials is None else [0.25 + 0.15 * n_inputs + 0.15 * (n_inputs > 1) * n_inputs]
        heights += [2.0, *[1.2] * n_outputs]
        grid = figure.subplots(
            len(heights) * blocks,
            columns,
            sharex=True,
            sharey="row",
            squeeze=False,
            height_ratios=heights * blocks,
        )
        conditions = [axes for block in np.split(grid, blocks) for axes in block.T]
        for axes in conditions[len(groups) :]:
            for ax in axes:
                ax.remove()
        for (condition, members), axes in zip(groups.items(), conditions, strict=False):
            axes[-1].tick_params(labelbottom=True)
            axes[-1].locator_params(axis="x", nbins=4, steps=[1, 2, 5, 10])
            spikes, outputs = axes[-n_outputs - 1], axes[-n_outputs:]
            if trials is not None:
                draw_inputs(trials, members[0], axes[0])
                axes[0].set_xlabel("")
                axes[0].spines[["top", "right", "bottom"]].set_visible(False)
                axes[0].tick_params(axis="x", length=0)
                shade_stimulus(spikes, trials, members[:1])
            axes[0].set_title(shown(condition))
            raster(simulation, members[0], spikes).set_xlabel("")
            spikes.spines["bottom"].set_visible(False)
            spikes.tick_params(axis="x", length=0)
            only = [condition] if trials is not None else None
            for channel, ax in enumerate(outputs):
                output(simulation, ax, trials=trials, task=task, conditions=only, rate=rate, channel=channel)
            for ax in outputs[:-1]:
                ax.set_xlabel("")
            for ax in (spikes, *outputs):
                shade_stimulation(ax, stimulation)
        share_limits(grid[-n_outputs:, 0])
        for ax in grid[:, 1:].flat:
            ax.set_ylabel("")
        if trials is not None:
            scale_of_inputs(trials, grid[0, -1])
            marks = legend_marks(
                rate=rate is not None, task=task, targets=bool(np.isfinite(trials.targets).any())
            )
            if stimulation:
                from matplotlib.patches import Patch

                marks["stimulation"] = Patch(color=STIMULATION_COLOUR, linewidth=0)
            _legend(figure, condition_colours(trials, groups), marks, columns)
        figure.align_ylabels(grid[:, 0])
        firsts = ", ".join(
            (f"{name}: " if trials is not None else "") + f"trial {members[0]}"
            for name, members in groups.items()
        )
        describe_figure(
            figure,
            caption,
            f"Spiking network ({network_words(simulation.network)})"
            + (" in the conditions of a task." if trials is not None else "."),
            trials_words(
                conditions_of(trials),
                len(simulation.trials),
                simulation.seed,
                None if task is None else task.name,
                order_words(conditions_of(trials), simulation.trials, task),
            ),
            ("Top: inputs; middle: spikes" if trials is not None else "Top: spikes")
            + f" of the first trial of each condition ({firsts}). "
            + row_words(by_population(simulation.network.populations)),
            input_words(trials) if trials is not None else "",
            "Bottom: output. Inputs and outputs have no unit.",
            *output_marks(trials, task, rate=rate is not None, singles=3),
            correct_words(simulation, trials, task),
            stimulation_sentence(simulation, shaded=bool(stimulation)),
            rule_words(task),
        )
    return figure


def _legend(figure: Figure, colours: list[str], marks: dict[str, Any], columns: int) -> None:
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    spiking = tuple(Line2D([], [], color=colour, linewidth=1.2, solid_capstyle="butt") for colour in colours)
    entries: dict[str, Any] = {"spiking network": spiking} | marks
    figure.legend(
        list(entries.values()),
        list(entries),
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
        frameon=False,
        loc="outside lower center",
        ncols=len(entries) if columns > 2 else 3,
        handlelength=1.8,
        columnspacing=1.2,
    )

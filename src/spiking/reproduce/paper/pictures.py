"""Draw the figures of panels that show a single network (see `Reproduction.drawn`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.evaluation.both_networks import BothNetworks
from spiking.plotting.both.state_space import state_space
from spiking.plotting.both.trial import trial
from spiking.plotting.captions import describe_figure, rule_words
from spiking.plotting.distributions import time_constants
from spiking.plotting.marks import legend_marks, shade_stimulus
from spiking.plotting.overview import overview
from spiking.plotting.style import (
    COLUMN_MM,
    CONDITION_COLOURS,
    DASHES,
    TARGET_COLOUR,
    drawing_in,
    finish_time_axis,
)
from spiking.plotting.traces import output, output_marks
from spiking.reproduce.conditions import Condition, shown
from spiking.reproduce.paper.activity import BIN, binned, choice_axes, stimulus_samples, task_variables
from spiking.reproduce.paper.spec import Row
from spiking.reproduce.train_and_convert import TEST_SEED, TRIALS, both_networks, conversion_of
from spiking.timing import STEP_MS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spiking.reproduce.result import Reproduction

_ABOVE_NOTE = 13.0  # points from axes to a title, above the remark on their lines
_NARROW: dict[str, Any] = {"frameon": False, "handlelength": 1.4, "handletextpad": 0.5, "columnspacing": 1.2}


def rate_network(reproduction: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw the outputs of the rate network by condition (mean and SD over trials), and the trained decays."""
    assert reproduction.drawn is not None
    seed, model = reproduction.drawn
    task = reproduction.panel.conditions[0].network.task
    trials = task.trials(40, seed=seed + TEST_SEED, balanced=True)
    run = model.run(trials.inputs, seed=seed + TEST_SEED)
    conditions, values = np.array(trials.conditions), run.output[:, 0]
    with drawing_in(figure, COLUMN_MM, 85) as figure:
        top, bottom = figure.subplots(2, 1, height_ratios=[1.2, 1])
        shade_stimulus(top, trials)
        targets = np.unique(trials.targets, axis=0)
        wanted = top.plot(trials.time, targets.T, color=TARGET_COLOUR, linewidth=1.8)
        for name, colour in zip(sorted(task.conditions), CONDITION_COLOURS, strict=False):
            chosen = values[conditions == name]
            mean, spread = chosen.mean(axis=0), chosen.std(axis=0)
            top.fill_between(run.time, mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0)
            top.plot(run.time, mean, color=colour, linewidth=1.2, label=name)
        top.set_ylabel("Output of the rate network")
        finish_time_axis(top, task.duration)
        wanted[0].set_label("target")
        top.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0, **_NARROW)
        time_constants(model, bottom).legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return figure


def outputs(reproduction: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw the outputs of the spiking network in each condition of the panel; dashed: the rate network."""
    shared = list(_converted(reproduction, activity=False))
    columns = min(2, len(shared))
    rows = -(-len(shared) // columns)
    with drawing_in(figure, COLUMN_MM, 16 + 38 * rows) as figure:
        grid = figure.subplots(rows, columns, sharex=True, squeeze=False)
        for k, (ax, (condition, row, both)) in enumerate(zip(grid.flat, shared, strict=False)):
            output(both.spiking, ax, trials=both.trials, task=both.task, rate=both.rate, singles=0)
            factor = "" if shown(condition.value).startswith("factor ") else f", {row['scaling_factor']:.4g}"
            title = f"{shown(condition.value)}{factor}: {row['correct']} of {TRIALS}"
            ax.set_title(title, fontsize="medium", pad=_ABOVE_NOTE)
            ax.set(xlabel=ax.get_xlabel() if k >= len(shared) - columns else "")
            ax.set(ylabel="Output" if k % columns == 0 else "")
        for ax in grid.flat[len(shared) :]:
            ax.set_axis_off()
        handles, labels = grid[0, 0].get_legend_handles_labels()
        entries = dict(zip(labels, handles, strict=True)) | legend_marks(rate=True, task=shared[0][2].task)
        columns = -(-len(entries) // 2)
        figure.legend(
            list(entries.values()), list(entries), loc="outside lower center", ncols=columns, **_NARROW
        )
        _name_conversion(reproduction, figure)
        task, drawn = shared[0][2].task, shared[0][2].trials
        describe_figure(
            figure,
            False,
            f"{reproduction.panel.title} ({reproduction.panel.name}): outputs of a spiking network, of seed "
            f"{shared[0][2].seed - TEST_SEED}, by condition.",
            f"Titles: correct trials of {TRIALS} fresh ones, whose conditions were drawn at random. Drawn: "
            f"{len(drawn)} other trials, in which conditions take turns.",
            *output_marks(drawn, task, rate=True, singles=0),
            rule_words(task),
        )
    return figure


def one_trial(reproduction: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw a trial of both networks: outputs, and the activity of all units."""
    _, _, both = next(_converted(reproduction))
    return trial(both, answered(both), figure)


def answered(both: BothNetworks) -> int:
    """Return the first trial with a response that both networks answer, else the first with a response."""
    asked = [k for k, label in enumerate(both.trials.labels) if label]  # not one without stimulus
    right = both.rate_score.correct & both.spiking_score.correct
    return next((k for k in asked if right[k]), asked[0])


def principal_components(reproduction: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw the leading principal components of both networks, from the onset of the stimulus on."""
    _, _, both = next(_converted(reproduction))
    return state_space(both, figure, start=STEP_MS * stimulus_samples(both)[0])


def rasters(reproduction: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw the spikes of a trial of each condition by population, and the outputs."""
    _, _, both = next(_converted(reproduction, activity=False))
    return overview(both.spiking, trials=both.trials, task=both.task, rate=both.rate, figure=figure)


def mixed_selectivity(reproduction: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw each unit's coefficients of choice and inputs, and trajectories in the plane of choice and input.

    Above: coefficients of the regression at the offset of the stimulus. Below: trajectories from the onset of
    the stimulus in bins of 25 ms, as means over the trials with the same choice (colour) and the same sign of
    the other input (dashes).
    """
    from matplotlib.lines import Line2D

    _, _, both = next(_converted(reproduction))
    axes, variables = choice_axes(both), task_variables(both)
    paths = axes.project(binned(both))
    onset, offset = (sample // BIN for sample in stimulus_samples(both))
    with drawing_in(figure, COLUMN_MM, 100) as figure:
        above, below = figure.subplots(2, 2, sharex="row", sharey="row")
        for k, (attended, other, context) in enumerate((("motion", "color", 1.0), ("color", "motion", -1.0))):
            number, top, bottom = axes.names.index(attended), above[k], below[k]
            x, y = axes.coefficients[[0, number], :, offset - 1]
            for line in (top.axhline, top.axvline, bottom.axhline, bottom.axvline):
                line(0, color=TARGET_COLOUR, linewidth=0.5, zorder=0)
            top.plot(x, y, "o", markersize=1.8, alpha=0.5, color=CONDITION_COLOURS[2], markeredgewidth=0)
            top.set(xlabel="Choice coefficient", ylabel=f"{attended.capitalize()} coefficient")
            for choice, colour in zip((1.0, -1.0), CONDITION_COLOURS, strict=False):
                same_choice = (variables["context"] == context) & (variables["choice"] == choice)
                for sign, dashes in ((1.0, "-"), (-1.0, DASHES)):
                    chosen = same_choice & (variables[other] == sign)
                    if not chosen.any():
                        continue
                    path = paths[chosen].mean(axis=0)[[0, number], onset:]
                    bottom.plot(*path, color=colour, linewidth=0.8, linestyle=dashes)
                    bottom.plot(*path[:, 0], "o", markersize=3, color=colour, markerfacecolor="white")
                    bottom.plot(*path[:, -1], "s", markersize=3, color=colour)
            bottom.set(xlabel="Choice axis", title=f"attend to {attended}")
        below[0].set_ylabel("Axis of the attended input")
        entries: dict[str, dict[str, Any]] = {
            "choice +1": {"color": CONDITION_COLOURS[0]},
            "choice -1": {"color": CONDITION_COLOURS[1]},
            "other input positive": {"color": "black", "linewidth": 0.8},
            "negative": {"color": "black", "linewidth": 0.8, "linestyle": DASHES},
            "onset of the stimulus": {"marker": "o", "markerfacecolor": "white"},
            "end": {"marker": "s"},
        }
        for name in ("onset of the stimulus", "end"):
            entries[name] |= {"color": "black", "markersize": 3, "linestyle": "none"}
        handles = [Line2D([], [], **style) for style in entries.values()]
        figure.legend(handles, list(entries), loc="outside lower center", ncols=3, **_NARROW)
        _name_conversion(reproduction, figure)
    return figure


def _name_conversion(reproduction: Reproduction, figure: Figure) -> None:
    if reproduction.panel.conversion != "published":
        figure.suptitle(f"{reproduction.panel.conversion} conversion", fontsize="medium")


def _converted(
    reproduction: Reproduction, activity: bool = True
) -> Iterator[tuple[Condition, Row, BothNetworks]]:
    """Yield the conditions in which the drawn network was converted, with its result and its trials."""
    assert reproduction.drawn is not None
    seed, model = reproduction.drawn
    for entry in reproduction.entries:
        if entry.seed == seed and entry.converted is not None and entry.condition.params is not None:
            task, tuned = entry.condition.network.task, entry.condition.tuning
            conversion = conversion_of(model, task, seed, tuned, entry.converted)
            both = both_networks(model, task, seed + TEST_SEED, conversion, entry.condition.params, activity)
            yield entry.condition, entry.converted, both

"""Drawings of one network, the first of a panel that trained: what the paper shows of single networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.both_networks import BothNetworks
from spiking.plotting.distributions import time_constants
from spiking.plotting.overview import overview
from spiking.plotting.state_space import state_space
from spiking.plotting.style import (
    COLUMN_MM,
    CONDITION_COLOURS,
    DASHES,
    TARGET_COLOUR,
    drawing_in,
    finish_time_axis,
)
from spiking.plotting.traces import output, shade_stimulus
from spiking.plotting.trial import trial
from spiking.reproduce.activity import choice_axes, stimulus_samples, task_variables
from spiking.reproduce.conditions import Condition, shown
from spiking.reproduce.networks import TEST_SEED, TRIALS, Row, both_networks, conversion_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spiking.reproduce.result import Reproduction

_NARROW: dict[str, Any] = {"frameon": False, "handlelength": 1.4, "handletextpad": 0.5, "columnspacing": 1.2}


def rate_network(found: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw the outputs of the rate network by condition (mean and SD over trials), and the tuned decays."""
    assert found.first is not None
    seed, model = found.first
    task = found.panel.conditions[0].network.task
    trials = task.trials(40, seed=seed + TEST_SEED, balanced=True)
    run = model.run(trials.inputs, seed=seed + TEST_SEED)
    own, values = np.array(trials.conditions), run.output[:, 0]
    with drawing_in(figure, COLUMN_MM, 85) as figure:
        top, bottom = figure.subplots(2, 1, height_ratios=[1.2, 1])
        shade_stimulus(top, trials)
        top.plot(trials.time, np.unique(trials.targets, axis=0).T, color=TARGET_COLOUR, linewidth=1.8)
        for name, colour in zip(sorted(task.conditions), CONDITION_COLOURS, strict=False):
            mean, spread = values[own == name].mean(axis=0), values[own == name].std(axis=0)
            top.fill_between(run.time, mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0)
            top.plot(run.time, mean, color=colour, linewidth=1.2, label=name)
        top.set_ylabel("Output of the rate network")
        finish_time_axis(top, task.duration)
        top.legend(ncols=4, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0, **_NARROW)
        time_constants(model, bottom).legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return figure


def outputs(found: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw the outputs of the spiking network in each condition of the panel; dashed: the rate network."""
    shared = list(_converted(found, activity=False))
    columns = min(2, len(shared))
    rows = -(-len(shared) // columns)
    with drawing_in(figure, COLUMN_MM, 12 + 38 * rows) as figure:
        grid = figure.subplots(rows, columns, sharex=True, squeeze=False)
        for k, (ax, (condition, row, both)) in enumerate(zip(grid.flat, shared, strict=False)):
            output(both.spiking, ax, trials=both.trials, task=both.task, rate=both.rate, singles=0)
            factor = "" if shown(condition.value).startswith("factor ") else f", {row['scaling_factor']:.4g}"
            ax.set_title(f"{shown(condition.value)}{factor}: {row['correct']} of {TRIALS}", fontsize="medium")
            ax.set(xlabel=ax.get_xlabel() if k >= len(shared) - columns else "")
            ax.set(ylabel="Output" if k % columns == 0 else "")
        for ax in grid.flat[len(shared) :]:
            ax.set_axis_off()
        handles, labels = grid[0, 0].get_legend_handles_labels()
        own = {label: handle for handle, label in zip(handles, labels, strict=True) if "rate" not in label}
        dashed = next(handle for handle, label in zip(handles, labels, strict=True) if "rate" in label)
        own["rate"] = dashed
        figure.legend(list(own.values()), list(own), loc="outside lower center", ncols=5, **_NARROW)
        _name_conversion(found, figure)
    return figure


def one_trial(found: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw a trial of both networks: outputs, and the activity of all units."""
    _, _, both = next(_converted(found))
    answered = next(k for k, label in enumerate(both.trials.labels) if label)  # not one without stimulus
    return trial(both, answered, figure)


def principal_components(found: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw the leading principal components of both networks."""
    _, _, both = next(_converted(found))
    return state_space(both, figure)


def rasters(found: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw the spikes of a trial of each condition by population, and the outputs."""
    _, _, both = next(_converted(found, activity=False))
    return overview(both.spiking, trials=both.trials, task=both.task, rate=both.rate, figure=figure)


def mixed_selectivity(found: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw each unit's coefficients of choice and inputs, and trajectories in the plane of choice and input.

    Above: coefficients of the regression at the offset of the stimulus. Below: means over the trials of a
    choice (colour) and sign of the attended input; dashed: the other input is negative.
    """
    _, _, both = next(_converted(found))
    axes, variables = choice_axes(both), task_variables(both)
    own = {"motion": (1, 1.0), "color": (2, -1.0)}  # number of the axis, context
    at = stimulus_samples(both)[1] // 5 - 1
    with drawing_in(figure, COLUMN_MM, 90) as figure:
        above, below = figure.subplots(2, 2, sharex="row", sharey="row")
        for ax, (name, (number, _)) in zip(above, own.items(), strict=True):
            x, y = axes.coefficients[0, :, at], axes.coefficients[number, :, at]
            ax.axhline(0, color=TARGET_COLOUR, linewidth=0.5)
            ax.axvline(0, color=TARGET_COLOUR, linewidth=0.5)
            ax.plot(x, y, "o", markersize=1.8, alpha=0.5, color=CONDITION_COLOURS[2], markeredgewidth=0)
            ax.set(xlabel="Choice coefficient", ylabel=f"{name.capitalize()} coefficient")
        for ax, (name, (number, context)) in zip(below, own.items(), strict=True):
            for sign in (1.0, -1.0):
                for choice, colour in ((1.0, CONDITION_COLOURS[0]), (-1.0, CONDITION_COLOURS[1])):
                    other = variables["color" if name == "motion" else "motion"]
                    chosen = (variables["context"] == context) & (variables["choice"] == choice)
                    _trajectory(ax, both, chosen & (other == sign), (0, number), colour, sign > 0)
            ax.set(xlabel="Choice axis", title=f"attend to {name}", ylabel="Axis of the attended input")
        below[1].set_ylabel("")
        _name_conversion(found, figure)
    return figure


def _name_conversion(found: Reproduction, figure: Figure) -> None:
    if found.panel.conversion != "published":
        figure.suptitle(f"{found.panel.conversion} conversion", fontsize="medium")


def _trajectory(
    ax: Axes, both: BothNetworks, chosen: np.ndarray, plane: tuple[int, int], colour: str, solid: bool
) -> None:
    if not chosen.any():
        return
    path = choice_axes(both).project(both.spiking_activity[chosen].mean(axis=0))
    x, y = path[list(plane), ::10]
    ax.plot(x, y, color=colour, linewidth=0.8, linestyle="-" if solid else DASHES)
    ax.plot(x[-1], y[-1], "s", markersize=3, color=colour)
    ax.spines[["top", "right"]].set_visible(False)


def _converted(found: Reproduction, activity: bool = True) -> Iterator[tuple[Condition, Row, BothNetworks]]:
    """Run the first network that trained in each condition of the panel."""
    assert found.first is not None
    seed, model = found.first
    for entry in found.entries:
        if entry.seed == seed and entry.converted is not None and entry.condition.params is not None:
            task, tuned = entry.condition.network.task, entry.condition.tuning
            how = conversion_of(model, task, seed, tuned, entry.converted)
            both = both_networks(model, task, seed + TEST_SEED, how, entry.condition.params, activity)
            yield entry.condition, entry.converted, both

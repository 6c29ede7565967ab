"""Draw how faithful a spiking network is to its rate network: outputs, and rates of all units."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

import numpy as np

from spiking.analysis.components import condition_means
from spiking.analysis.faithfulness import START_MS, faithfulness_of, plain, with_interval
from spiking.check_arguments import check_arguments
from spiking.evaluation.both_networks import BothNetworks
from spiking.plotting.captions import describe_figure, network_words, score_words, trials_of_both
from spiking.plotting.marks import shade_stimulus
from spiking.plotting.style import (
    COLUMN_MM,
    DASHES,
    POPULATION_COLOURS,
    POPULATION_NAMES,
    by_population,
    drawing_in,
    finish_time_axis,
    note,
    shown,
)
from spiking.plotting.traces import condition_colours, legend_above, output_name
from spiking.rate_model.run import run_columns
from spiking.typing import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINES = ("solid", "dashed", "dotted")  # of outputs, in turn


@check_arguments()
def faithfulness(both: BothNetworks, figure: Figure | None = None, *, caption: bool = False) -> Figure:
    """Draw the outputs of both networks, and the mean activity of every unit in one against the other.

    Top: mean output of each condition, of the spiking network (line) and of the rate network without noise
    (dashed). Bottom: the same outputs against each other, and the mean activity of each unit in each
    condition; on the dotted lines both networks are equal. The numbers are those of
    `spiking.analysis.faithfulness`, of the trials that are drawn, from 50 ms on.

    Parameters
    ----------
    both : BothNetworks
        With activity.
    caption : bool
        Write the caption under the figure (see `caption_of`).

    Raises
    ------
    ArgumentError
        The activity was not kept.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> figure = plotting.faithfulness(both)
    >>> figure.savefig("faithfulness.pdf")
    """
    measures = faithfulness_of(both)
    quiet = dataclasses.replace(both, rate=run_columns(both.model, both.trials.inputs, noise=0.0))
    conditions, names = both.trials.conditions, both.trials.names
    n_outputs = both.model.n_outputs
    run, factor = both.spiking, both.spiking.network.scaling_factor
    assert run.output is not None
    late = quiet.activity_time >= (START_MS if quiet.activity_time[-1] > START_MS else 0.0) - 1e-6
    sampled = np.searchsorted(run.time, quiet.activity_time - 1e-6)
    outputs = condition_means(run.output[:, :, sampled], conditions, names)
    expected = condition_means(quiet.rate.output[:, :, 1:], conditions, names)
    rates, units = (
        {
            name: mean[:, late].mean(axis=1)
            for name, mean in condition_means(values, conditions, names).items()
        }
        for values in (quiet.rate_activity, quiet.spiking_activity / factor)
    )
    colours = dict(zip(outputs, condition_colours(both.trials, {name: [] for name in outputs}), strict=True))
    with drawing_in(figure, COLUMN_MM, 82 + 28 * (n_outputs - 1)) as figure:
        grid = figure.add_gridspec(n_outputs + 1, 2, height_ratios=[*[1] * n_outputs, 1.5])
        for channel in range(n_outputs):
            ax = figure.add_subplot(grid[channel, :])
            shade_stimulus(ax, both.trials)
            for name, mean in outputs.items():
                ax.plot(
                    quiet.activity_time, mean[channel], color=colours[name], linewidth=1.2, label=shown(name)
                )
            for name, mean in expected.items():
                ax.plot(
                    quiet.activity_time,
                    mean[channel],
                    color="black",
                    linewidth=0.8,
                    linestyle=DASHES,
                    label="rate network" if name == next(iter(expected)) else None,
                )
            finish_time_axis(ax, run.duration)
            ax.set_ylabel(output_name(channel, n_outputs))
            if channel < n_outputs - 1:
                ax.set_xlabel("")
            if channel == 0:
                legend_above(ax)
        left, right = (figure.add_subplot(grid[n_outputs, column]) for column in (0, 1))
        styles = list(itertools.islice(itertools.cycle(_LINES), n_outputs))
        lines = ", ".join(f"{line}: output {channel}" for channel, line in enumerate(styles))
        for name, mean in outputs.items():
            for channel, line in enumerate(styles):
                left.plot(
                    expected[name][channel, late],
                    mean[channel, late],
                    color=colours[name],
                    linewidth=0.8,
                    linestyle=line,
                )
        means_r2 = with_interval(measures.mean_output_r2, measures.mean_output_r2_interval)
        _finish(
            left, "output", f"means: R² {plain(measures.mean_output_r2)}, peak × {plain(measures.peak_ratio)}"
        )
        x, y = (np.stack([*means.values()]) for means in (rates, units))
        for name, members in by_population(run.network.populations):
            _points(right, x[:, members], y[:, members], name)
        right.legend(frameon=False, handletextpad=0.1, loc="upper left", borderaxespad=0.2)
        _finish(
            right,
            "activity",
            f"R² {plain(measures.population_r2)}, median r {measures.unit_correlation:.2f}",
        )
        describe_figure(
            figure,
            caption,
            f"Faithfulness of a spiking network ({network_words(run.network)}) to its rate network.",
            trials_of_both(both),
            "Top: mean output over the trials of each condition, of the spiking network (lines) "
            "and of the rate "
            "network without noise (dashed); grey areas: stimuli.",
            f"Bottom left: the same outputs from {START_MS:g} ms on (single trials: R² "
            f"{with_interval(measures.output_r2, measures.output_r2_interval, '95 % bootstrap interval ')}, "
            f"slope {measures.slope:.2f}; means: R² "
            f"{means_r2}; largest mean output: "
            f"{plain(measures.peak_ratio)} times that of the rate network)"
            + (f"; {lines}." if n_outputs > 1 else "."),
            "Bottom right: mean activity of each unit in each condition, filtered spikes divided "
            f"by the scaling factor against rates (R² over units, conditions and time "
            f"{plain(measures.population_r2)}; median correlation of a unit's activity "
            f"{measures.unit_correlation:.2f}).",
            score_words("Spiking network", both.spiking_score.score),
            score_words("Rate network", both.rate_score.score),
        )
    return figure


def _points(ax: Axes, x: Floats, y: Floats, population: str) -> None:
    ax.plot(
        x.ravel(),
        y.ravel(),
        linestyle="none",
        marker="o",
        markersize=1.8,
        markeredgewidth=0,
        alpha=0.7,
        color=POPULATION_COLOURS[population],
        label=POPULATION_NAMES[population],
    )


def _finish(ax: Axes, what: str, numbers: str) -> None:
    """Draw the line of equality, with equal limits of both axes, and write the numbers."""
    low, high = min(ax.dataLim.x0, ax.dataLim.y0), max(ax.dataLim.x1, ax.dataLim.y1)
    edge = 0.05 * ((high - low) or 1.0)
    limits = (low - edge, high + edge)
    ax.plot(limits, limits, color="black", linewidth=0.5, linestyle=":", zorder=0)
    ax.set(xlim=limits, ylim=limits, xlabel=f"Rate network, {what}", ylabel=f"Spiking network, {what}")
    ax.set_aspect("equal")
    ax.locator_params(nbins=5)
    note(ax, numbers)

"""Draw one trial of the rate network beside the same trial of the spiking network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import real_numbers
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks
from spiking.plotting.captions import (
    describe,
    describe_figure,
    network_words,
    rule_words,
    trials_of_both,
)
from spiking.plotting.marks import (
    criteria,
    legend_marks,
    mark_scoring,
    shade_stimulus,
    share_limits,
    targets,
)
from spiking.plotting.style import (
    COLUMN_MM,
    CONDITION_COLOURS,
    DASHES,
    TARGET_COLOUR,
    drawing_in,
    drawing_on,
    finish_time_axis,
    font_size,
    shown,
)
from spiking.plotting.traces import output_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEGEND_COLUMNS = 3


@check_arguments()
def outputs_of_both(both: BothNetworks, trial: int = 0, ax: Axes | None = None, *, channel: int = 0) -> Axes:
    """Draw the outputs of the rate network and the spiking network in one trial, and the target.

    Parameters
    ----------
    both : BothNetworks
    trial : int
        Position of the trial, from 0.
    channel : int
        Number of the output, for a model with several.

    Raises
    ------
    ArgumentError
        There is no such trial.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> ax = plotting.outputs_of_both(both, trial=0)
    >>> ax.figure.savefig("outputs.pdf")
    """
    _check(both, trial)
    if not 0 <= channel < both.model.n_outputs:
        raise ArgumentError(f"channel is {channel}; expected 0 to {both.model.n_outputs - 1}")
    trials, output = both.trials, both.spiking.output
    assert output is not None
    target = targets(trials, [trial], channel)[0]
    with drawing_on(ax, 46) as ax:
        shade_stimulus(ax, trials, [trial])
        ax.plot(trials.time, target, color=TARGET_COLOUR, linewidth=1.8)
        ax.plot(
            both.spiking.time,
            output[trial, channel],
            color=CONDITION_COLOURS[0],
            linewidth=1,
            label="spiking",
        )
        ax.plot(
            both.rate.time,
            both.rate.output[trial, channel],
            color="black",
            linewidth=0.8,
            linestyle=DASHES,
            label="rate",
        )
        handles, names = ax.get_legend_handles_labels()
        marks = legend_marks(task=both.task, targets=bool(np.isfinite(target).any()))
        mark_scoring(ax, both.task, both.spiking.duration, [trials.conditions[trial]])
        finish_time_axis(ax, both.spiking.duration)
        ax.set_ylabel(output_name(channel, both.model.n_outputs))
        rows = -(-(len(names) + len(marks)) // _LEGEND_COLUMNS)
        above_legend = font_size() * (1.1 + 1.45 * rows)
        ax.set_title(f"Trial {trial}, {shown(trials.conditions[trial])}", pad=above_legend, fontsize="medium")
        describe(ax, *_trial_words(both, trial))
        ax.legend(
            [*handles, *marks.values()],
            [*names, *marks],
            frameon=False,
            ncols=_LEGEND_COLUMNS,
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            handlelength=1.8,
        )
    return ax


@check_arguments()
def activity(
    values: ArrayLike,
    time: ArrayLike,
    ax: Axes | None = None,
    *,
    label: str = "Rate",
    limit: float | None = None,
) -> Axes:
    """Draw the activity of units over time as shades of grey, one row per unit, with a colour bar.

    Parameters
    ----------
    values : array, shape (N, samples)
    time : array, shape (samples,)
        Times in ms, evenly spaced.
    label : str
        Label of the colour bar.
    limit : float, optional
        The value that is drawn black; by default the 99th percentile of `values`.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> ax = plotting.activity(both.rate_activity[0], both.activity_time)
    >>> ax.figure.savefig("activity.pdf")
    """
    rows = real_numbers("values", values, "shape (N, samples)")
    times = real_numbers("time", time, "shape (samples,)")
    if rows.ndim != 2 or times.shape != rows.shape[1:] or times.size < 2:
        raise ArgumentError(
            f"values has shape {rows.shape} and time has shape {times.shape}; expected (N, samples) and "
            f"(samples,), at least 2 samples"
        )
    step = times[1] - times[0]
    top = float(np.quantile(rows, 0.99)) if limit is None else limit
    with drawing_on(ax, 40) as ax:
        picture = ax.imshow(
            rows,
            cmap="Greys",
            vmin=0,
            vmax=top or 1.0,
            aspect="auto",
            interpolation="nearest",
            extent=(times[0] - step / 2, times[-1] + step / 2, len(rows), 0),
        )
        ax.set_xlabel("Time (ms)")
        ax.set_ylabel("Unit")
        assert ax.figure is not None
        bar = ax.figure.colorbar(picture, ax=ax, extend="max", pad=0.02, aspect=12)
        bar.set_label(label)
        bar.outline.set_linewidth(0.4)
    return ax


@check_arguments()
def trial(
    both: BothNetworks, number: int = 0, figure: Figure | None = None, *, caption: bool = False
) -> Figure:
    """Draw one trial of both networks: all outputs, and the activity of all units.

    In both panels the units are sorted by the time of their largest activity in the rate network.

    Parameters
    ----------
    both : BothNetworks
        With activity.
    number : int
        Position of the trial, from 0.
    caption : bool
        Write the caption under the figure (see `caption_of`).

    Raises
    ------
    ArgumentError
        There is no such trial.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> figure = plotting.trial(both, 0)
    >>> figure.savefig("trial.pdf")
    """
    _check(both, number)
    rate, spiking = both.rate_activity[number], both.spiking_activity[number]
    order = np.argsort(rate.argmax(axis=1), kind="stable")
    n_outputs = both.model.n_outputs
    with drawing_in(figure, COLUMN_MM, 110 + 25 * (n_outputs - 1)) as figure:
        heights = [*[1.0] * n_outputs, 1.2, 1.2]
        *tops, middle, bottom = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
        for channel, top in enumerate(tops):
            outputs_of_both(both, number, top, channel=channel).set_xlabel("")
            if channel:
                top.get_legend().remove()  # the legend and the title of the first panel are for all
                top.set_title("")
        share_limits(tops)
        activity(rate[order], both.activity_time, middle, label="Rate")
        middle.set(xlabel="", ylabel="Rate network\n(unit)")
        activity(spiking[order], both.activity_time, bottom, label="Filtered spikes (1/s)")
        bottom.set(ylabel="Spiking network\n(unit)", xlim=(0, both.spiking.duration))
        describe_figure(
            figure,
            caption,
            *_trial_words(both, number),
            "Below: rates of all units of the rate network, and filtered spikes of the spiking "
            "network, in the "
            "order of the peaks in the rate network; black: 99th percentile and above.",
        )
    return figure


def _trial_words(both: BothNetworks, number: int) -> list[str]:
    """Return the caption of the outputs of both networks in a trial."""
    dotted = "; dotted: criterion" if criteria(both.task, [both.trials.conditions[number]]) else ""
    return [
        f"Trial {number} ({both.trials.conditions[number]}) of a rate network (dashed) and of its "
        "spiking network "
        f"({network_words(both.spiking.network)}) with the same inputs.",
        trials_of_both(both, counted=False),
        "Grey areas: an input that changes is not zero; grey line: target"
        + (f"; bar: scored window{dotted}." if both.task.scored else "."),
        rule_words(both.task),
    ]


def _check(both: BothNetworks, trial: int) -> None:
    if not 0 <= trial < len(both.trials):
        raise ArgumentError(f"trial is {trial}; expected 0 to {len(both.trials) - 1}")

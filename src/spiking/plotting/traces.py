"""Draw inputs and outputs over time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.plotting.captions import (
    conditions_of,
    describe,
    describe_figure,
    network_words,
    order_words,
    rule_words,
    stimulation_sentence,
    trials_words,
)
from spiking.plotting.marks import (
    criteria,
    legend_beside,
    legend_marks,
    mark_scoring,
    shade_stimulus,
    stimulus_windows,
    targets,
)
from spiking.plotting.style import (
    COLUMN_MM,
    CONDITION_COLOURS,
    DASHES,
    STIMULUS_COLOUR,
    drawing_in,
    drawing_on,
    finish_time_axis,
    font_size,
    note,
    shown,
)
from spiking.rate_model.run import RateRun
from spiking.simulation.result import Simulation
from spiking.tasks import Task, Trials
from spiking.tasks.scoring import score
from spiking.timing import STEP_MS
from spiking.typing import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CHANNEL_HEIGHT = 0.45  # of the largest input, of the distance between two channels
_DRAWN_SAMPLES = 1000  # per line; more cannot be seen in a column of print
_PALE = 0.45  # share of a colour in that of the target, the rest is white
_PIECE = 3.0  # of a line in several colours, in widths of the line


@check_arguments()
def output(
    simulation: Simulation,
    ax: Axes | None = None,
    *,
    trials: Trials | None = None,
    task: Task | None = None,
    conditions: Sequence[str] | None = None,
    rate: RateRun | None = None,
    channel: int = 0,
    singles: int = 3,
    target: bool = True,
) -> Axes:
    """Draw the output by condition: the mean, a band of one standard deviation, and some single trials.

    Without `ax`, the new figure has a legend.

    Parameters
    ----------
    simulation : Simulation
        With the output recorded.
    trials : Trials, optional
        The trials of a task that were simulated, in this order. They determine the condition of each trial,
        the target, drawn in a pale colour, and the stimulus, which is shaded. Without them all trials are
        one condition.
    task : Task, optional
        The task of the trials. A bar marks the time that is scored; dotted lines mark the thresholds that a
        correct output must cross or, if no response is expected, must not reach. A task that overrides
        `score` has no such lines.
    conditions : sequence of str, optional
        Draw only these conditions.
    rate : RateRun, optional
        The same trials of the rate model; their mean is drawn as a dashed line.
    channel : int
        Number of the output, for a model with several.
    singles : int
        Number of single trials per condition that are drawn as thin lines.
    target : bool
        Whether to draw the target.

    Raises
    ------
    ArgumentError
        The output was not recorded, or `trials`, `rate` and `simulation` do not match.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> ax = plotting.output(both.spiking, trials=both.trials, task=both.task)
    >>> ax.figure.savefig("output.pdf")
    """
    if simulation.output is None:
        raise ArgumentError("the output was not recorded; simulate with record=Record(output=True)")
    if not 0 <= channel < simulation.network.n_outputs:
        raise ArgumentError(f"channel is {channel}; expected 0 to {simulation.network.n_outputs - 1}")
    for name, count in (("trials", trials and len(trials)), ("rate", rate and len(rate.output))):
        if count is not None and count != len(simulation.trials):
            raise ArgumentError(f"{name} has {count} trials; expected {len(simulation.trials)}, as simulated")
    duration, groups = simulation.duration, by_condition(simulation, trials, conditions)
    thin = max(1, simulation.time.size // _DRAWN_SAMPLES)
    time, values = simulation.time[::thin], simulation.output[:, channel, ::thin]
    alone = ax is None
    with drawing_on(ax) as ax:
        colours = condition_colours(trials, groups)
        if trials is not None and target:
            _draw_targets(ax, trials, groups, colours, channel)
        for (condition, members), colour in zip(groups.items(), colours, strict=False):
            mean, spread = values[members].mean(axis=0), values[members].std(axis=0)
            if len(members) > 1:
                band = ax.fill_between(time, mean - spread, mean + spread, color=colour, alpha=0.2)
                band.set_linewidth(0)
                if singles:
                    ax.plot(time, values[members[:singles]].T, color=colour, linewidth=0.3, alpha=0.4)
            ax.plot(time, mean, color=colour, linewidth=1.2, label=shown(condition), zorder=3)
            if rate is not None:
                ax.plot(
                    rate.time,
                    rate.output[members, channel].mean(axis=0),
                    color="black",
                    linewidth=0.8,
                    linestyle=DASHES,
                    zorder=3,
                )
        ax.set_ylabel(output_name(channel, simulation.network.n_outputs))
        finish_time_axis(ax, duration)
        if trials is not None:
            shade_stimulus(ax, trials, [k for members in groups.values() for k in members])
        if task is not None:
            mark_scoring(ax, task, duration, list(groups))
        note(ax, mean_and_spread(groups))
        describe(ax, *_output_words(simulation, trials, task, rate is not None, singles, target))
        if alone and trials is not None:
            _legend(cast("Figure", ax.figure), ax, trials, task, rate, target)
    return ax


@check_arguments()
def outputs(
    simulation: Simulation,
    figure: Figure | None = None,
    *,
    trials: Trials | None = None,
    task: Task | None = None,
    conditions: Sequence[str] | None = None,
    rate: RateRun | None = None,
    singles: int = 3,
    target: bool = True,
    caption: bool = False,
) -> Figure:
    """Draw all outputs by condition, with a panel for each (see `output`).

    Parameters
    ----------
    simulation : Simulation
        With the output recorded.
    trials, task, conditions, rate, singles, target : optional
        As in `output`.
    caption : bool
        Write the caption under the figure (see `caption_of`).

    Raises
    ------
    ArgumentError
        As for `output`.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> figure = plotting.outputs(both.spiking, trials=both.trials, task=both.task)
    >>> figure.savefig("outputs.pdf")
    """
    n_outputs = simulation.network.n_outputs
    with drawing_in(figure, COLUMN_MM, 20 + 38 * n_outputs) as figure:
        panels = figure.subplots(n_outputs, 1, sharex=True, sharey=True, squeeze=False)[:, 0]
        for channel, ax in enumerate(panels):
            output(
                simulation,
                ax,
                trials=trials,
                task=task,
                conditions=conditions,
                rate=rate,
                channel=channel,
                singles=singles,
                target=target,
            )
            if ax is not panels[-1]:
                ax.set_xlabel("")
        if trials is not None:
            _legend(figure, panels[0], trials, task, rate, target)
        words = _output_words(simulation, trials, task, rate is not None, singles, target)
        describe_figure(figure, caption, *words)
    return figure


def _output_words(
    simulation: Simulation, trials: Trials | None, task: Task | None, rate: bool, singles: int, target: bool
) -> list[str]:
    """Return the caption of outputs by condition."""
    by = " by condition" if trials is not None else ""
    return [
        f"Output of a spiking network{by} ({network_words(simulation.network)}).",
        trials_words(
            conditions_of(trials),
            len(simulation.trials),
            simulation.seed,
            None if task is None else task.name,
            order_words(conditions_of(trials), simulation.trials, task),
        ),
        *output_marks(trials, task, rate=rate, singles=singles, target=target),
        stimulation_sentence(simulation),
        correct_words(simulation, trials, task),
        rule_words(task),
    ]


def output_marks(
    trials: Trials | None, task: Task | None, *, rate: bool, singles: int, target: bool = True
) -> list[str]:
    """Return the sentences that explain the lines and areas of `output`."""
    thin = f"; thin lines: the first {singles} trials of each" if singles > 1 else ""
    thin = "; thin line: the first trial of each" if singles == 1 else thin
    marks = [f"Lines and bands: mean and standard deviation over trials{thin}."]
    if rate:
        marks.append("Dashed: mean of the rate network in the same trials.")
    if trials is not None:
        stimuli = "Grey areas: an input that changes is not zero" if stimulus_windows(trials) else ""
        pale = "pale lines: targets, in the colours of their conditions"
        pale = pale if target and _has_targets(trials) else ""
        if stimuli or pale:
            words = "; ".join(filter(None, (stimuli, pale)))
            marks.append(f"{words[0].upper()}{words[1:]}.")
    if task is not None and task.scored:
        dotted = "; dotted: criterion" if criteria(task, list(task.conditions)) else ""
        marks.append(f"Bar: scored window{dotted}.")
    return marks


def correct_words(simulation: Simulation, trials: Trials | None, task: Task | None) -> str:
    """Return how many trials of each condition, which are all in the band, were correct."""
    if trials is None or task is None or not task.scored or simulation.output is None:
        return ""
    correct = score(task, np.asarray(simulation.output), simulation.time, trials)
    groups = by_condition(simulation, trials, None)
    counts = (f"{int(correct[members].sum())} of {len(members)} {name}" for name, members in groups.items())
    return f"The bands are of all trials, of which {', '.join(counts)} were correct."


def legend_above(ax: Axes) -> None:
    """Draw a legend above the axes and above their note: inside, it would hide lines."""
    entries = len(ax.get_legend_handles_labels()[1])
    ax.legend(
        frameon=False,
        ncols=min(entries, 4),
        loc="lower center",
        bbox_to_anchor=(0.5, 1.05),
        handlelength=1.4,
        columnspacing=1.2,
    )


def mean_and_spread(groups: dict[str, list[int]]) -> str:
    """Return what the lines and bands of `output` are, such as ``mean ± SD, 20 trials each``."""
    sizes = sorted({len(members) for members in groups.values()})
    if sizes == [1]:
        return "1 trial" if len(groups) == 1 else "1 trial each"
    count = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    return f"mean ± SD, {count} trials{' each' if len(groups) > 1 else ''}"


def output_name(channel: int, n_outputs: int) -> str:
    """Return the label of an output's axis, with its number if there are several outputs."""
    return "Output" if n_outputs == 1 else f"Output {channel}"


def _has_targets(trials: Trials) -> bool:
    return bool(np.isfinite(trials.targets).any())


def _draw_targets(
    ax: Axes, trials: Trials, groups: dict[str, list[int]], colours: Sequence[str], channel: int
) -> None:
    """Draw each target in the pale colour of its condition, in pieces of all colours if several share it."""
    from matplotlib.colors import to_rgb

    sharing: dict[bytes, tuple[Floats, list[str]]] = {}
    for members, colour in zip(groups.values(), colours, strict=False):
        for line in targets(trials, members, channel):
            sharing.setdefault(line.tobytes(), (line, []))[1].append(colour)
    for line, own in sharing.values():
        for k, colour in enumerate(own):
            whole = len(own) == 1
            ax.plot(
                trials.time,
                line,
                color=1 - _PALE * (1 - np.array(to_rgb(colour))),
                linewidth=1.8,
                linestyle="-" if whole else (-k * _PIECE, (_PIECE, (len(own) - 1) * _PIECE)),
                zorder=1,
                solid_capstyle="butt",
                dash_capstyle="butt",
            )


def _legend(
    figure: Figure, ax: Axes, trials: Trials, task: Task | None, rate: RateRun | None, target: bool
) -> None:
    handles, names = ax.get_legend_handles_labels()
    marks = legend_marks(rate=rate is not None, task=task, targets=target and _has_targets(trials))
    legend_beside(figure, dict(zip(names, handles, strict=True)) | marks)


@check_arguments()
def inputs(trials: Trials, trial: int = 0, ax: Axes | None = None) -> Axes:
    """Draw the inputs of one trial of a task; several channels are stacked, on the same scale, and numbered.

    Parameters
    ----------
    trials : Trials
    trial : int
        Position of the trial, from 0.

    Examples
    --------
    >>> from spiking import plotting, tasks
    >>> ax = plotting.inputs(tasks.get("mante").trials(1, seed=1))
    >>> ax.figure.savefig("inputs.pdf")
    """
    if trial >= len(trials):
        raise ArgumentError(f"trial is {trial}; expected 0 to {len(trials) - 1}")
    with drawing_on(ax, 25) as ax:
        draw_inputs(trials, trial, ax)
        scale_of_inputs(trials, ax)
        describe(ax, f"Inputs of trial {trial} ({trials.conditions[trial]}).", input_words(trials))
    return ax


def draw_inputs(trials: Trials, trial: int, ax: Axes) -> None:
    """Draw the inputs of a trial; several channels are on the scale of all the trials."""
    u = trials.inputs[trial]
    edges = STEP_MS * np.arange(u.shape[1] + 1.0)
    finish_time_axis(ax, float(edges[-1]))
    if len(u) == 1:
        ax.set_ylabel("Input")
        ax.stairs(u[0], edges, baseline=None, color="black", linewidth=0.7)
        return
    for k, row in enumerate(u):
        ax.axhline(k, color=STIMULUS_COLOUR, linewidth=0.6, zorder=0)
        heights = k - _CHANNEL_HEIGHT * row / _largest_input(trials)
        ax.stairs(heights, edges, baseline=k, fill=True, color="black", linewidth=0.3)
    ax.set_ylabel("Input\nchannel")
    ax.set_yticks(range(len(u)))
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(u) - 0.5, -0.5)


def scale_of_inputs(trials: Trials, ax: Axes) -> None:
    """Draw a bar for the scale of several input channels, at the right of the axes."""
    n_inputs = trials.inputs.shape[1]
    if n_inputs == 1:
        return
    peak, x, bottom = _largest_input(trials), 1.03, n_inputs - 0.55
    power = 10.0 ** np.floor(np.log10(peak))
    bar = power * min((1, 2, 5, 10), key=lambda factor: abs(np.log(peak / (factor * power))))
    ax.plot(
        [x, x],
        [bottom, bottom - _CHANNEL_HEIGHT * bar / peak],
        transform=ax.get_yaxis_transform(),
        color="black",
        linewidth=1.2,
        solid_capstyle="butt",
        clip_on=False,
    )
    ax.annotate(
        f"{bar:g}",
        (x, bottom),
        xycoords=ax.get_yaxis_transform(),
        xytext=(2, 0),
        textcoords="offset points",
        fontsize=font_size() - 1,
        va="bottom",
    )


def _largest_input(trials: Trials) -> float:
    return float(np.abs(trials.inputs).max()) or 1.0


def input_words(trials: Trials) -> str:
    """Return how several input channels are drawn."""
    if trials.inputs.shape[1] == 1:
        return ""
    return (
        "Numbers of inputs are those of their channels, from 0, all on one scale: the height of the bar "
        "beside them."
    )


def by_condition(
    simulation: Simulation, trials: Trials | None, wanted: Sequence[str] | None
) -> dict[str, list[int]]:
    """Return the positions of the trials of each condition, in the order of the task or of `wanted`."""
    if trials is None:
        return {"": list(range(len(simulation.trials)))}
    groups: dict[str, list[int]] = {name: [] for name in trials.names}
    for k, condition in enumerate(trials.conditions):
        groups[condition].append(k)
    unknown = [name for name in wanted or () if name not in groups]
    if unknown:
        raise ArgumentError(f"conditions has {unknown[0]!r}; expected some of {', '.join(groups)}")
    return {name: groups[name] for name in wanted} if wanted is not None else groups


def condition_colours(trials: Trials | None, groups: dict[str, list[int]]) -> list[str]:
    """Return a colour for each condition, which does not depend on the other conditions that are drawn."""
    if trials is None:
        return ["black"]
    names = trials.names
    colours = dict(zip(names, itertools.cycle(CONDITION_COLOURS), strict=False))
    return [colours[name] for name in groups]

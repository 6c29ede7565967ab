"""Compare two experiments: outputs, accuracy, and the rate of each neuron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks
from spiking.evaluation.result import Score
from spiking.plotting.captions import describe, describe_figure, network_words, rule_words, trials_of_both
from spiking.plotting.marks import legend_marks
from spiking.plotting.style import (
    COLUMN_MM,
    CONDITION_COLOURS,
    POPULATION_COLOURS,
    POPULATION_NAMES,
    by_population,
    drawing_in,
    drawing_on,
    note,
    shown,
)
from spiking.plotting.traces import output, output_marks
from spiking.simulation.result import Simulation
from spiking.tasks import Trials

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@check_arguments()
def rates_against(
    first: Simulation,
    second: Simulation,
    ax: Axes | None = None,
    *,
    labels: tuple[str, str] = ("first", "second"),
    trials: tuple[Trials, Trials] | None = None,
) -> Axes:
    """Draw the mean rate of each neuron in one simulation against its rate in another.

    Parameters
    ----------
    first, second : Simulation
        Simulations of networks with equally many neurons, such as one network with and without stimulation.
    labels : (str, str)
        Names of the simulations.
    trials : (Trials, Trials), optional
        The trials of both simulations: each neuron has a point for each condition that is in both, the mean
        over its trials. By default, a point for each neuron: the mean over all trials.

    Raises
    ------
    ArgumentError
        The networks have different numbers of neurons, or the trials have no condition in common.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> weaker = run_both(datasets.load("go-nogo"), trials=4, seed=1, scaling_factor=60)
    >>> ax = plotting.rates_against(both.spiking, weaker.spiking, labels=("as tuned", "factor 60"))
    >>> ax.figure.savefig("rates.pdf")
    """
    if first.network.n_neurons != second.network.n_neurons:
        raise ArgumentError(
            f"second has {second.network.n_neurons} neurons; expected {first.network.n_neurons}, as first has"
        )
    names = (None, None) if trials is None else (trials[0].conditions, trials[1].conditions)
    rates, others = (_rates(*pair) for pair in zip((first, second), names, strict=True))
    common = [name for name in rates if name in others]
    if not common:
        raise ArgumentError("trials have no condition in common; expected trials of one task")
    x, y = (np.stack([means[name] for name in common]) for means in (rates, others))  # (conditions, N)
    with drawing_on(ax, 70) as ax:
        top = 1.05 * np.nanmax([1.0, *x.flat, *y.flat])  # rates of lesioned neurons are NaN
        ax.plot([0, top], [0, top], color="black", linewidth=0.5, linestyle=":", zorder=0)
        for name, members in by_population(first.network.populations):
            ax.plot(
                x[:, members].ravel(),
                y[:, members].ravel(),
                linestyle="none",
                marker="o",
                markersize=2,
                markeredgewidth=0,
                alpha=0.8,
                color=POPULATION_COLOURS[name],
                label=POPULATION_NAMES[name],
            )
        ax.set(xlim=(0, top), ylim=(0, top), aspect="equal")
        ax.set(xlabel=f"Rate, {shown(labels[0])} (Hz)", ylabel=f"Rate, {shown(labels[1])} (Hz)")
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, handletextpad=0.1)
        each = " in each condition" if len(common) > 1 else ""
        note(ax, f"a point per neuron{' and condition' if each else ''}")
        describe(ax, f"Mean rate of each neuron{each}: {labels[1]} against {labels[0]}.")
    return ax


def _rates(simulation: Simulation, conditions: Sequence[str] | None) -> dict[str, NDArray[np.float64]]:
    """Return the mean rates of the neurons over the trials of each condition, or over all trials."""
    if conditions is None:
        return {"": simulation.rates.mean(axis=0)}
    labels = np.array(conditions)
    return {name: simulation.rates[labels == name].mean(axis=0) for name in sorted(set(conditions))}


@check_arguments()
def accuracies(scores: Mapping[str, Score], ax: Axes | None = None) -> Axes:
    """Draw accuracies with their 95 % Wilson score intervals, one per row.

    Parameters
    ----------
    scores : mapping of str to Score
        Such as `Evaluation.by_condition`.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> ax = plotting.accuracies(both.spiking_score.by_condition)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['go', 'nogo']
    """
    with drawing_on(ax, 15 + 6 * len(scores)) as ax:
        for row, score in enumerate(scores.values()):
            ax.plot(score.interval, [row, row], color="black", linewidth=1)
            ax.plot([score.accuracy], [row], marker="o", markersize=4, color="black", clip_on=False)
        ax.set_yticks(range(len(scores)), [shown(name) for name in scores])
        ax.set(xlim=(-0.03, 1.03), ylim=(len(scores) - 0.5, -0.5), xlabel="Accuracy")
        ax.tick_params(axis="y", length=0)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.grid(axis="x", color="#E4E4E4", linewidth=0.5)
        ax.set_axisbelow(True)
        counts = sorted({score.trials for score in scores.values()})
        describe(
            ax, "Accuracy with 95 % Wilson intervals, of " + " or ".join(f"{n} trials" for n in counts) + "."
        )
    return ax


@check_arguments()
def comparison(
    first: BothNetworks,
    second: BothNetworks,
    *,
    labels: tuple[str, str] = ("first", "second"),
    figure: Figure | None = None,
    caption: bool = False,
) -> Figure:
    """Compare two experiments on one task: outputs by condition, accuracy, and the rates of all neurons.

    The figure is 1.5 columns of print wide.

    Parameters
    ----------
    first, second : BothNetworks
        Such as one model at two scaling factors, or two models of a task. If their numbers of neurons differ,
        cumulative distributions of the rates are drawn instead of the rates against each other.
    labels : (str, str)
        Names of the experiments.
    caption : bool
        Write the caption under the figure (see `caption_of`).

    Raises
    ------
    ArgumentError
        The tasks differ, or both labels are the same.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> weaker = run_both(datasets.load("go-nogo"), trials=4, seed=1, scaling_factor=60)
    >>> figure = plotting.comparison(both, weaker, labels=("as tuned", "factor 60"))
    >>> figure.savefig("comparison.pdf")
    """
    if first.task != second.task:
        raise ArgumentError(f"second is on the task {second.task}; expected {first.task}, as first")
    experiments = dict(zip(labels, (first, second), strict=True))
    if len(experiments) < 2:
        raise ArgumentError(f"labels are {labels[0]!r} and {labels[1]!r}; expected two different names")
    same = first.spiking.network.n_neurons == second.spiking.network.n_neurons
    n_outputs = first.model.n_outputs
    with drawing_in(figure, 1.5 * COLUMN_MM, 95 + 40 * (n_outputs - 1)) as figure:
        grid = figure.subplots(n_outputs + 1, 2, height_ratios=[*[1] * n_outputs, 1.25])
        for (label, both), column in zip(experiments.items(), grid[:-1].T, strict=True):
            for channel, ax in enumerate(column):
                output(both.spiking, ax, trials=both.trials, task=both.task, singles=0, channel=channel)
                if ax is not column[-1]:
                    ax.set_xlabel("")
            column[0].set_title(shown(label), pad=15)  # above the note
        for left, right in grid[:-1]:
            left.sharey(right)
            right.set_ylabel("")
        handles, names = grid[0, 0].get_legend_handles_labels()
        marks = legend_marks(task=first.task, targets=bool(np.isfinite(first.trials.targets).any()))
        entries = dict(zip(names, handles, strict=True)) | marks
        grid[0, 1].legend(entries.values(), entries, loc="upper left", bbox_to_anchor=(1, 1))
        accuracies(
            {
                f"{label}, {name} (n = {score.trials})": score
                for label, both in experiments.items()
                for name, score in _scores(both)
            },
            grid[-1, 0],
        )
        if same:
            trials = (first.trials, second.trials)
            rates_against(first.spiking, second.spiking, grid[-1, 1], labels=labels, trials=trials)
        else:
            _cumulative_rates(experiments, grid[-1, 1])
        describe_figure(
            figure,
            caption,
            *(
                f"{label}: spiking network ({network_words(both.spiking.network)}). " + trials_of_both(both)
                for label, both in experiments.items()
            ),
            "Top: outputs.",
            *output_marks(first.trials, first.task, rate=False, singles=0),
            "Bottom left: accuracy with its 95 % Wilson interval.",
            "Bottom right: mean rates of each neuron in each condition.",
            rule_words(first.task),
        )
    return figure


def _cumulative_rates(experiments: Mapping[str, BothNetworks], ax: Axes) -> None:
    for (label, both), colour in zip(experiments.items(), CONDITION_COLOURS, strict=False):
        rates = np.concatenate([*_rates(both.spiking, both.trials.conditions).values()])
        ax.ecdf(rates[~np.isnan(rates)], color=colour, linewidth=1.2, label=shown(label))
    ax.set(xlabel="Rate in each condition (Hz)", ylabel="Share of neurons", xlim=(0, None))
    ax.legend(frameon=False)


def _scores(both: BothNetworks) -> list[tuple[str, Score]]:
    return [("all", both.spiking_score.score), *both.spiking_score.by_condition.items()]

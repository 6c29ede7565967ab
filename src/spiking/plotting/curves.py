"""Draw curves: accuracy against scaling factor, sweeps, training."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.plotting.style import ABOVE, CONDITION_COLOURS, TARGET_COLOUR, drawing_on
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.recorded_settings import tests_of_training
from spiking.tuning import ScalingFactorSearch
from spiking.tuning.recorded_search import RecordedSearch, recorded_search

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spiking.evaluation.result import Score
    from spiking.experiments import Sweep

_SEARCH_COLOUR, _CHOICE_COLOUR, _PLATEAU_COLOUR = CONDITION_COLOURS[3], CONDITION_COLOURS[0], TARGET_COLOUR


@check_arguments()
def scaling_factor(search: ScalingFactorSearch | AnyModel, ax: Axes | None = None) -> Axes:
    """Draw accuracy against scaling factor, the plateau, and the accuracy in fresh trials.

    Error bars are 95 % intervals.

    Parameters
    ----------
    search : ScalingFactorSearch, RateModel, path, str or mapping
        For a model, its file, or the name of one that comes with the package:
        the search that its file records; it has no intervals and plateau if another program tuned the
        model.

    Raises
    ------
    ArgumentError
        The model's file records no search.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> ax = plotting.scaling_factor(datasets.load("go-nogo-sigmoid"))  # as its file records
    >>> ax.figure.savefig("scaling_factor.pdf")
    """
    if not isinstance(search, ScalingFactorSearch):
        search = rate_model("search", search)
        recorded = recorded_search(search)
        if recorded is None or not recorded.accuracy:
            expected = (
                "tune it: find_scaling_factor(file, write=True), or spiking tune"
                if search.trained_params is None
                else "it was trained on the f-I curve of the spiking units, so nothing was searched"
            )
            raise ArgumentError(f"{search.source} records no search for the scaling factor; {expected}")
    else:
        recorded = RecordedSearch.from_json(search.as_json())
    with drawing_on(ax, 50) as ax:
        if recorded.plateau:
            ax.plot(
                [recorded.plateau[0], recorded.plateau[-1]],
                [1, 1],
                transform=ax.get_xaxis_transform(),
                color=_PLATEAU_COLOUR,
                linewidth=4,
                solid_capstyle="butt",
                clip_on=False,
                label="tied with the best",
            )
        factors, accuracy = list(recorded.accuracy), list(recorded.accuracy.values())
        ax.errorbar(
            factors,
            accuracy,
            yerr=_errors(list(recorded.scores.values())) if recorded.scores else None,
            marker="o",
            markersize=3,
            color=_SEARCH_COLOUR,
            linewidth=1,
            elinewidth=0.7,
            label="search",
            clip_on=False,
        )
        if recorded.fresh is not None:
            ax.errorbar(
                [recorded.scaling_factor],
                [recorded.fresh.accuracy],
                yerr=_errors([recorded.fresh]),
                marker="D",
                markersize=5,
                linestyle="none",
                color=_CHOICE_COLOUR,
                elinewidth=1.2,
                label="chosen, fresh trials",
                clip_on=False,
                zorder=3,
            )
        else:
            ax.axvline(recorded.scaling_factor, color=_CHOICE_COLOUR, linewidth=1.2, zorder=0, label="chosen")
        ax.set_xlabel("Scaling factor")
        ax.set_ylabel("Accuracy")
        ax.set_ylim(0, 1.1)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
        ax.legend(**ABOVE)
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def _errors(scores: list[Score]) -> list[list[float]]:
    """Return the lengths of the error bars below and above the accuracies."""
    return [
        [score.accuracy - score.interval[0] for score in scores],
        [score.interval[1] - score.accuracy for score in scores],
    ]


_UNITS = MappingProxyType(
    {
        **dict.fromkeys(("tau_membrane", "refractory", "tau_rise"), "ms"),
        **dict.fromkeys(("reset", "threshold", "bias", "peak", "noise", "stimulation.amplitude"), "mV"),
    }
)


@check_arguments()
def sweep(result: Sweep, y: str = "accuracy", ax: Axes | None = None) -> Axes:
    """Draw a column of a sweep against the first varied parameter, with a line for each value of the second.

    Parameters
    ----------
    result : Sweep
        A sweep of one or two parameters.
    y : str
        A column of numbers: ``"accuracy"`` (drawn with its 95 % intervals), ``"rate"``, ``"rate_exc"``, ...

    Raises
    ------
    ArgumentError
        The column does not exist, or more than two parameters were varied.

    Examples
    --------
    >>> from spiking import datasets, plotting, sweep
    >>> result = sweep(datasets.load("go-nogo"), grid={"refractory": [0, 2, 4]}, trials=4, seed=1)
    >>> ax = plotting.sweep(result, "rate")
    >>> ax.figure.savefig("sweep.pdf")
    """
    columns = [name for name in result.rows[0] if name not in (*result.names, "readout")]
    if y not in columns:
        raise ArgumentError(f"y is {y!r}; expected one of {', '.join(columns)}")
    if len(result.names) > 2:
        raise ArgumentError(
            f"result varies {len(result.names)} parameters ({', '.join(result.names)}); expected one or two; "
            f"draw parts of the table"
        )
    with drawing_on(ax) as ax:
        x, *second = result.names
        groups = list(dict.fromkeys(row[second[0]] for row in result.rows)) if second else [None]
        values = list(dict.fromkeys(row[x] for row in result.rows))
        numeric = all(isinstance(value, int | float) for value in values)
        for group, colour in zip(groups, _colours(groups), strict=True):
            rows = [row for row in result.rows if not second or row[second[0]] == group]
            if numeric:
                rows.sort(key=lambda row: float(row[x]))
            positions = [row[x] if numeric else values.index(row[x]) for row in rows]
            heights = [row[y] for row in rows]
            label = None if group is None else f"{group:g}" if isinstance(group, float) else str(group)
            style = {"marker": "o", "markersize": 4, "color": colour, "label": label}
            line = "-" if numeric else "none"
            ax.plot(positions, heights, linestyle=line, linewidth=1.2, clip_on=False, zorder=3, **style)
            if y == "accuracy":
                low, high = ([row[edge] for row in rows] for edge in ("low", "high"))
                if numeric and len(rows) > 1:
                    ax.fill_between(positions, low, high, color=colour, alpha=0.2, linewidth=0)
                else:
                    ax.vlines(positions, low, high, color=colour, linewidth=1.2)
        if not numeric:
            ax.set_xticks(range(len(values)), [str(value) for value in values])
            ax.set_xlim(-0.5, len(values) - 0.5)
        ax.set_xlabel(_title(x))
        ax.set_ylabel({"accuracy": "Accuracy", "rate": "Rate (Hz)"}.get(y, _title(y)))
        if y == "accuracy":
            ax.set_ylim(0, 1.02)
        elif all(row[y] >= 0 for row in result.rows):
            ax.set_ylim(bottom=0)
        if second:
            ax.legend(title=_title(second[0]), frameon=False)
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def _title(name: str) -> str:
    if name.startswith("rate_"):
        return f"Rate of {name.removeprefix('rate_')} (Hz)"
    unit = _UNITS.get(name)
    plain = {"refractory": "refractory period"}.get(name, name.replace("_", " ").replace(".", " "))
    title = plain[:1].upper() + plain[1:]
    return f"{title} ({unit})" if unit else title


def _colours(groups: list[Any]) -> list[Any]:
    """Return a colour for each line: from a colour scale for numbers, otherwise distinct colours."""
    if len(groups) == 1:
        return [CONDITION_COLOURS[3]]
    numeric = all(isinstance(group, int | float) for group in groups)
    if len(groups) <= len(CONDITION_COLOURS) and not numeric:
        return list(CONDITION_COLOURS[: len(groups)])
    import matplotlib as mpl

    return [mpl.colormaps["viridis"](0.9 * k / (len(groups) - 1)) for k in range(len(groups))]


@check_arguments()
def training_curve(model: AnyModel, ax: Axes | None = None) -> Axes:
    """Draw the loss of every update and of the tests during training, and the accuracy on a second axis.

    Returns the axes of the loss. Files of the original trainer hold only the last test, which is drawn as a
    point, and zeros for updates that were not run, which are left out.

    Parameters
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package,
        whose `extras` hold ``losses``, ``eval_loss_mean`` and ``eval_perf_mean``.

    Raises
    ------
    ArgumentError
        The model does not hold its losses, or the number of tests does not fit that of losses.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> ax = plotting.training_curve(datasets.load("go-nogo"))
    >>> ax.figure.savefig("training.pdf")
    """
    model = rate_model("model", model)
    keys = ("losses", "eval_loss_mean", "eval_perf_mean")
    if not all(key in model.extras for key in keys):
        raise ArgumentError(
            f"{model.source} does not hold the losses of its training; expected {', '.join(keys)}"
        )
    losses = np.trim_zeros(np.ravel(np.asarray(model.extras["losses"], dtype=float)), "b")
    tests, accuracy = tests_of_training(model)
    updates = _test_updates(tests.size, losses.size)
    if not tests.size == accuracy.size == updates.size:
        raise ArgumentError(
            f"{model.source} has {losses.size} losses, {tests.size} in eval_loss_mean and {accuracy.size} in "
            f"eval_perf_mean; expected one test every 100 updates, or only the last one"
        )
    mark = "o" if tests.size == 1 else None  # a single point needs a marker to be visible
    with drawing_on(ax, 50) as ax:
        ax.plot(np.arange(1, losses.size + 1), losses, color="0.75", linewidth=0.5, label="loss, updates")
        if (losses > 0).all() and (tests > 0).all():
            ax.set_yscale("log")  # the first updates can have a hundred times the loss of the last ones
        ax.plot(updates, tests, color="#0072B2", linewidth=1, marker=mark, label="loss, 100 fresh trials")
        ax.set(xlabel="Update", ylabel="Loss")
        other = ax.twinx()
        other.plot(updates, 100 * accuracy, color="#D55E00", linewidth=1, marker=mark, label="accuracy")
        other.set(ylabel="Accuracy (%)", ylim=(0, 102))
        other.spines["right"].set_visible(True)
        ax.set_xlim(0, max(1, losses.size))  # no empty space that looks like further updates
        lines = [line for line in (*ax.get_lines(), *other.get_lines()) if np.size(line.get_xdata())]
        names = [str(line.get_label()) for line in lines]
        ax.legend(lines, names, **ABOVE)  # inside the axes, lines of the second axes would cross the legend
    return ax


def _test_updates(n_tests: int, n_updates: int) -> NDArray[np.int64]:
    """Return the updates after which the model was tested: every 100 and the last, or only the last."""
    if n_tests == 1:
        return np.array([n_updates])
    return np.minimum(np.arange(100, n_updates + 100, 100), n_updates)

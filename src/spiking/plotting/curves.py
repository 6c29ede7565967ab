"""Draw curves: accuracy against scaling factor, training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.files.json_text import parsed
from spiking.plotting.captions import describe
from spiking.plotting.style import ABOVE, CONDITION_COLOURS, TARGET_COLOUR, drawing_on
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import recorded_text, tests_of_training
from spiking.tuning import ScalingFactorSearch
from spiking.tuning.recorded_search import RecordedSearch, recorded_search

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spiking.evaluation.result import Score

_BESIDE = 4  # points between the choice and its candidate
_LEFT = {
    False: "clearly worse",
    True: "clearly worse, or too far from the rate network",
}  # by a matched search
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
                label="plateau",
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
        counts = sorted({score.trials for score in recorded.scores.values()} if recorded.scores else set())
        fewer = [factor for factor, score in (recorded.scores or {}).items() if score.trials < counts[-1]]
        ax.plot(
            fewer,
            [recorded.accuracy[factor] for factor in fewer],
            linestyle="none",
            marker="o",
            markersize=3,
            color=_SEARCH_COLOUR,
            markerfacecolor="white",
            clip_on=False,
            zorder=2.5,
        )
        if recorded.fresh is not None:
            from matplotlib.transforms import ScaledTranslation

            assert ax.figure is not None
            beside = ScaledTranslation(_BESIDE / 72, 0, ax.figure.dpi_scale_trans)
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
                transform=ax.transData + beside,
            )
        else:
            ax.axvline(recorded.scaling_factor, color=_CHOICE_COLOUR, linewidth=1.2, zorder=0, label="chosen")
        ax.set_xlabel("Scaling factor")
        ax.set_ylabel("Accuracy")
        ax.set_ylim(0, 1.1)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
        ax.legend(**ABOVE)
        each = f" in {counts[-1]} trials" if counts else ""
        matched = "conversion" in recorded.details
        describe(
            ax,
            f"Accuracy of the spiking network{each} against scaling factor in the search"
            + ("; error bars: 95 % Wilson intervals." if counts else "."),
            f"Open: {counts[0]} to {counts[-1] - 1} trials, after which the candidate was {_LEFT[matched]}."
            if fewer
            else "",
            "Grey bar: plateau, the candidates that are tied with the best." if recorded.plateau else "",
            f"Chosen: {recorded.scaling_factor:g}"
            + (
                "."
                if recorded.fresh is None
                else f", in {recorded.fresh.trials} fresh trials (diamond, drawn beside its factor)."
            ),
            *recorded.rules_in_words(),
        )
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def _errors(scores: list[Score]) -> list[list[float]]:
    """Return the lengths of the error bars below and above the accuracies."""
    return [
        [score.accuracy - score.interval[0] for score in scores],
        [score.interval[1] - score.accuracy for score in scores],
    ]


@check_arguments()
def training_curve(model: AnyModel, ax: Axes | None = None) -> Axes:
    """Draw the loss of every update and of the tests during training, and the accuracy on a second axis.

    Returns the axes of the loss. Files of the original trainer hold only the last test, which is drawn as a
    point, and zeros for updates that were not run, which are left out.

    Parameters
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package,
        whose `extras` hold ``losses``, ``eval_loss_mean`` and ``eval_perf_mean``, or instead of the last two,
        as files of this package, ``eval_losses`` and ``eval_accuracies``.

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
    keys = ("losses", "eval_loss_mean", "eval_perf_mean")  # of every trainer
    if not all(key in model.extras for key in keys):
        raise ArgumentError(
            f"{model.source} does not hold the losses of its training; expected {', '.join(keys)}"
        )
    losses = np.trim_zeros(np.ravel(np.asarray(model.extras["losses"], dtype=float)), "b")
    tests, accuracy = tests_of_training(model)
    updates = _test_updates(tests.size, losses.size)
    if not tests.size == accuracy.size == updates.size:
        raise ArgumentError(
            f"{model.source} has {losses.size} losses, and {tests.size} losses and {accuracy.size} accuracies"
            f" of tests; expected one test every 100 updates, or only the last one"
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
        hardened = _hardened_from(model, updates, tests, accuracy)
        if hardened:
            ax.axvline(hardened, color="black", linewidth=0.8, linestyle=":", label="noise grows")
        lines = [line for line in (*ax.get_lines(), *other.get_lines()) if np.size(line.get_xdata())]
        names = [str(line.get_label()) for line in lines]
        end = f"Training of a rate network, {losses.size} updates."
        describe(
            ax,
            end,
            "Left: loss of each update (grey) and mean loss of the rate network in 100 fresh trials, every "
            "100 updates. Right: its accuracy in the same trials.",
            f"Dotted: update {hardened}, when the criteria were met for the first time. From then on noise "
            "and spike noise grow in training and tests, so that accuracy may fall for a while."
            if hardened
            else "",
        )
        ax.legend(lines, names, **ABOVE)  # inside the axes, lines of the second axes would cross the legend
    return ax


def _hardened_from(
    model: RateModel, updates: NDArray[np.int64], tests: NDArray[np.float64], accuracy: NDArray[np.float64]
) -> int:
    """Return the update of the first test that met the criteria of a training in two stages; else 0."""
    try:
        options = parsed(recorded_text(model, "training_options") or "{}")
    except ValueError:
        return 0
    if not options.get("hardening") or not tests.size:
        return 0
    met = (tests < options.get("stop_loss", np.inf)) & (accuracy >= options.get("stop_accuracy", 0.0))
    return int(updates[met.argmax()]) if met.any() else 0


def _test_updates(n_tests: int, n_updates: int) -> NDArray[np.int64]:
    """Return the updates after which the model was tested: every 100 and the last, or only the last."""
    if n_tests == 1:
        return np.array([n_updates])
    return np.minimum(np.arange(100, n_updates + 100, 100), n_updates)

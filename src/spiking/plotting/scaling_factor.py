"""The curve of a search for the scaling factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spiking.errors import ArgumentError
from spiking.plotting.style import ABOVE, CONDITION_COLOURS, TARGET_COLOUR, drawing_on
from spiking.rate_model.model import RateModel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spiking.evaluation.evaluate import Score
    from spiking.tuning import ScalingFactorSearch

_SEARCH_COLOUR, _CHOICE_COLOUR, _PLATEAU_COLOUR = CONDITION_COLOURS[3], CONDITION_COLOURS[0], TARGET_COLOUR


def scaling_factor(search: ScalingFactorSearch | RateModel, ax: Axes | None = None) -> Axes:
    """Draw accuracy against scaling factor with 95 % intervals, a bar over the plateau, and the fresh score.

    Parameters
    ----------
    search : ScalingFactorSearch or RateModel
        For a model, what its file records of the search: without intervals and plateau if another program
        tuned it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        The model's file records no search.

    Examples
    --------
    >>> from spiking import datasets, plotting
    >>> ax = plotting.scaling_factor(datasets.load("go-nogo"))  # as its file records
    >>> ax.figure.savefig("scaling_factor.pdf")
    """
    from spiking.tuning.recorded import RecordedSearch, recorded_search

    if isinstance(search, RateModel):
        found = recorded_search(search)
        if found is None or not found.accuracy:
            raise ArgumentError(f"{search.source} records no search for the scaling factor; run spiking tune")
    else:
        found = RecordedSearch.from_json(search.as_json())
    with drawing_on(ax, 50) as ax:
        if found.plateau:
            ax.plot(
                [found.plateau[0], found.plateau[-1]],
                [1, 1],
                transform=ax.get_xaxis_transform(),
                color=_PLATEAU_COLOUR,
                linewidth=4,
                solid_capstyle="butt",
                clip_on=False,
                label="tied with the best",
            )
        factors, accuracy = list(found.accuracy), list(found.accuracy.values())
        ax.errorbar(
            factors,
            accuracy,
            yerr=_errors(list(found.scores.values())) if found.scores else None,
            marker="o",
            markersize=3,
            color=_SEARCH_COLOUR,
            linewidth=1,
            elinewidth=0.7,
            label="search",
            clip_on=False,
        )
        if found.fresh is not None:
            ax.errorbar(
                [found.scaling_factor],
                [found.fresh.accuracy],
                yerr=_errors([found.fresh]),
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
            ax.axvline(found.scaling_factor, color=_CHOICE_COLOUR, linewidth=1.2, zorder=0, label="chosen")
        ax.set_xlabel("Scaling factor")
        ax.set_ylabel("Accuracy")
        ax.set_ylim(0, 1.1)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
        ax.legend(**ABOVE)
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def _errors(scores: list[Score]) -> list[list[float]]:
    """Lengths of the error bars, downwards and upwards."""
    return [
        [score.accuracy - score.interval[0] for score in scores],
        [score.interval[1] - score.accuracy for score in scores],
    ]

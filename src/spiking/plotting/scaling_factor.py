"""The curve of a search for the scaling factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spiking.plotting.style import CONDITION_COLOURS, STIMULUS_COLOUR, current_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spiking.tuning import ScalingFactorSearch


def scaling_factor(search: ScalingFactorSearch, ax: Axes | None = None) -> Axes:
    """Draw accuracy against scaling factor with 95 % intervals, the plateau shaded, and the fresh score.

    Parameters
    ----------
    search : ScalingFactorSearch
    ax : matplotlib.axes.Axes, optional
        Where to draw; the current axes by default.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax = ax or current_axes()
    factors, scores = list(search.curve), list(search.curve.values())
    accuracy = [score.accuracy for score in scores]
    low, high = zip(*(score.interval for score in scores), strict=True)
    ax.axvspan(search.plateau[0], search.plateau[-1], color=STIMULUS_COLOUR, label="tied with the best")
    errors = [
        [a - b for a, b in zip(accuracy, low, strict=True)],
        [b - a for a, b in zip(accuracy, high, strict=True)],
    ]
    ax.errorbar(
        factors,
        accuracy,
        yerr=errors,
        marker="o",
        markersize=4,
        color=CONDITION_COLOURS[3],
        linewidth=1,
        label="search",
    )
    bottom, top = search.interval
    ax.errorbar(
        [search.scaling_factor],
        [search.accuracy],
        yerr=[[search.accuracy - bottom], [top - search.accuracy]],
        marker="D",
        markersize=6,
        linestyle="none",
        color=CONDITION_COLOURS[0],
        label="chosen, fresh trials",
    )
    ax.set_xlabel("Scaling factor")
    ax.set_ylabel("Accuracy")
    ax.set_ylim(-0.02, 1.02)
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax

"""Draw psychometric and chronometric curves of both networks."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.plotting.captions import describe_figure
from spiking.plotting.marks import legend_beside
from spiking.plotting.style import (
    CONDITION_COLOURS,
    DASHES,
    THRESHOLD_COLOUR,
    drawing_in,
    font_size,
    shown,
    width_mm,
)
from spiking.plotting.sweeps.table import title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform

    from spiking.analysis import PsychometricCurve
    from spiking.experiments import PsychometricCurves

_COLOURS = (CONDITION_COLOURS[3], CONDITION_COLOURS[0], CONDITION_COLOURS[2], CONDITION_COLOURS[1])
_WIDTH_MM, _FOOT_COLUMNS, _FOOT_LINE_MM = 158.0, 134, 3.0
_TWO_PANELS_MM = 120.0  # width from which on the panels stand side by side
_MARKER = 3.2  # points
_FIRST_ROW, _ROW = -0.05, 0.045  # of the thresholds, below a fraction of 0


@check_arguments()
def psychometric(curves: PsychometricCurves, figure: Figure | None = None) -> Figure:
    """Draw psychometric curves, and beside them the chronometric ones.

    Left, the fraction of responses with 95 % Wilson intervals, the fitted curves, and their thresholds with
    95 % intervals below 0. Right, the mean response time in trials with a response, with 95 % bootstrap
    intervals. In a figure of less than 120 mm, the second panel is below the first. The rate network is
    dashed, with open markers. Markers at the same value stand side by side. The text below has the fits or
    why there are none, the number of trials, and the rule by which responses are scored.

    Parameters
    ----------
    curves : PsychometricCurves
        Of `Sweep.psychometric`.

    Examples
    --------
    >>> from spiking import datasets, plotting, sweep
    >>> grid = {"task.offset": [0.0, 0.1, 0.2, 0.4]}
    >>> result = sweep(datasets.load("mante"), grid=grid, trials=10, seed=1, rate_network=True)
    >>> figure = plotting.psychometric(result.psychometric(resamples=100))
    >>> figure.savefig("psychometric.pdf")
    """
    notes = _notes(curves)
    columns = int(_FOOT_COLUMNS * width_mm(_WIDTH_MM) / _WIDTH_MM * 6 / (font_size() - 1))
    foot = [shown(line) for note in notes for line in textwrap.wrap(note, columns)]
    narrow = width_mm(_WIDTH_MM) < _TWO_PANELS_MM
    height = (2 if narrow else 1) * 50 + 5 + _FOOT_LINE_MM * len(foot)
    with drawing_in(figure, _WIDTH_MM, height) as figure:
        figure.clear()
        left, right = figure.subplots(2, 1) if narrow else figure.subplots(1, 2)
        others = list(dict.fromkeys(name.partition(", ")[2] for name in curves.curves))
        for place, (name, curve) in enumerate(curves.curves.items()):
            style = _style(*_parts(name, others), len(others))
            style["shift"] = (place - (len(curves.curves) - 1) / 2) * _MARKER
            _fraction(left, curve, shown(name), style, _FIRST_ROW - place * _ROW)
            _times(right, curve, style)
        x = title(curves.x) + (" \u00d7 expected response" if curves.signed else "")
        for ax in (left, right):
            ax.set_xlabel(x)
            ax.spines[["top", "right"]].set_visible(False)
        left.set_ylabel("Fraction of responses +1" if curves.signed else "Fraction correct")
        fits = any(curve.fit is not None for curve in curves.curves.values())
        left.set_ylim(_FIRST_ROW - len(curves.curves) * _ROW if fits else 0, 1.02)
        left.set_yticks([0, 0.25, 0.5, 0.75, 1])
        left.spines["left"].set_bounds(0, 1)
        if curves.signed:
            left.axvline(0, color=THRESHOLD_COLOUR, linewidth=0.5, zorder=0)
        right.set_ylabel("Response time (ms)")
        if not right.lines:
            right.text(0.5, 0.5, "no responses", transform=right.transAxes, ha="center", va="center")
        if len(curves.curves) > 1:
            from matplotlib.lines import Line2D

            styles = [_style(*_parts(name, others), len(others)) for name in curves.curves]
            handles = [  # markers with the lines of the fits
                Line2D(
                    *([], []),
                    color=style["color"],
                    linestyle=style["dashes"],
                    linewidth=1.0,
                    marker="o",
                    markersize=3.5,
                    markerfacecolor=style["face"],
                )
                for style in styles
            ]
            entries = {shown(_label(name)): line for name, line in zip(curves.curves, handles, strict=True)}
            legend_beside(figure, entries, "upper", most=2)
        figure.supxlabel("\n".join(foot), x=0.02, ha="left", fontsize=font_size() - 1, linespacing=1.3)
        describe_figure(
            figure,
            False,  # the text below the figure is this already
            f"{'Above' if narrow else 'Left'}: {_lower(left.get_ylabel())} against {_lower(x)}, "
            "with fitted curves and their thresholds (horizontal bars).",
            f"{'Below' if narrow else 'Right'}: mean response time in trials with a response.",
            "Markers at the same value stand side by side." if len(curves.curves) > 1 else "",
            "Dashed, open markers: rate network." if any(n.startswith("rate") for n in curves.curves) else "",
            *(note if note.endswith(".") else f"{note}." for note in notes),
        )
    return figure


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _label(name: str) -> str:
    """Return the name of a curve in words, such as ``spiking, scaling factor 15``."""
    network, *groups = name.split(", ")
    words = [group.removeprefix("task.").replace("_", " ").replace("=", " ") for group in groups]
    return ", ".join([network, *(word.removesuffix(".0") for word in words)])


def _parts(name: str, groups: list[str]) -> tuple[str, int]:
    """Return the network of a curve and the number of its group."""
    network, _, group = name.partition(", ")
    return network, groups.index(group)


def _style(network: str, group: int, n_groups: int) -> dict[str, Any]:
    """Return colour and markers: one colour for each network, or, with other varied names, for each group."""
    is_rate = network == "rate"
    colour = _COLOURS[(group if n_groups > 1 else is_rate) % len(_COLOURS)]
    return {
        "color": colour,
        "dashes": DASHES if is_rate else "-",
        "face": "white" if is_rate else colour,
    }


def _points(ax: Axes, x: Any, y: Any, low: Any, high: Any, label: str | None, style: dict[str, Any]) -> None:
    ax.errorbar(
        x,
        y,
        yerr=[y - low, high - y],
        marker="o",
        markersize=_MARKER,
        markerfacecolor=style["face"],
        markeredgewidth=0.8,
        linestyle="none",
        color=style["color"],
        elinewidth=0.8,
        label=label,
        clip_on=False,
        zorder=3,
        transform=_aside(ax, style),
    )
    for limit in (low, high):  # which a moved error bar does not do
        ax.update_datalim(np.column_stack([x, limit]))
    ax.autoscale_view()


def _aside(ax: Axes, style: dict[str, Any]) -> Transform:
    from matplotlib.transforms import ScaledTranslation

    assert ax.figure is not None
    return ax.transData + ScaledTranslation(style["shift"] / 72, 0, ax.figure.dpi_scale_trans)


def _fraction(ax: Axes, curve: PsychometricCurve, label: str, style: dict[str, Any], row: float) -> None:
    _points(ax, curve.x, curve.fraction, curve.low, curve.high, label, style)
    if curve.fit is None:
        return
    line = {"color": style["color"], "linewidth": 1.0}
    x = np.linspace(curve.x[0], curve.x[-1], 400)
    ax.plot(x, curve.fit.predict(x), linestyle=style["dashes"], **line)
    threshold = curve.fit.threshold
    ax.plot([threshold.low, threshold.high], [row, row], solid_capstyle="butt", **line)
    ax.plot(threshold.value, row, marker="|", markersize=5, **line)


def _times(ax: Axes, curve: PsychometricCurve, style: dict[str, Any]) -> None:
    known = curve.timed > 0
    if not known.any():
        return
    low, mean, high = (
        column[known] for column in (curve.response_time_low, curve.response_time, curve.response_time_high)
    )
    line = {"color": style["color"], "linestyle": style["dashes"], "linewidth": 1.0}
    gaps = np.where(known, curve.response_time, np.nan)  # no line across values without a response
    ax.plot(curve.x, gaps, transform=_aside(ax, style), **line)
    _points(ax, curve.x[known], mean, np.minimum(low, mean), np.maximum(high, mean), None, style)


def _unanswered(curve: PsychometricCurve) -> str:
    """Return the numbers of trials without a response at the points, in words."""
    if curve.unanswered is None or not curve.unanswered.any():
        return ""
    counts = ", ".join(map(str, curve.unanswered))
    return f"; trials without a response, from left to right: {counts}"


def _notes(curves: PsychometricCurves) -> list[str]:
    """Return the sentences below the figure."""
    notes = [
        f"{_label(name)}: {curve.fit or f'no fit: {curve.problem}'}{_unanswered(curve)}"
        for name, curve in curves.curves.items()
    ]
    notes += curves.remarks
    points = ""
    if curves.signed:
        numbers = np.concatenate([curve.trials for curve in curves.curves.values()])
        points = f" (by sign: {numbers.min()} to {numbers.max()} at each point)"
    if any(curve.fit is not None for curve in curves.curves.values()):
        points += f". Slopes are per unit of {curves.x}"
    notes.append(
        f"Bars and values in brackets: 95 % intervals. {curves.n_trials} trials at each value of "
        f"{curves.x}, seed {curves.seed}{points}. Task {curves.task.name}: {curves.task.rule(curves.strict)}."
    )
    return notes

"""Draw a reproduced panel: every network, means with their intervals, and the paper's values in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.plotting.style import CONDITION_COLOURS, DASHES, drawing_on
from spiking.reproduce.conditions import Condition
from spiking.reproduce.result import MEASURES, Reproduction, interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAPER = "#777777"
_WIDTH = 0.16  # half of that of a cloud of networks, on an axis of names


def draw(found: Reproduction, ax: Axes | None = None) -> Axes:
    """Draw the first measure of a panel, and the accuracy of the rate networks beside that of the spiking.

    A dot is a network (on an axis of names); bars are 95 % intervals of ours, and standard deviations of the
    paper's where it has them.

    Parameters
    ----------
    found : Reproduction
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
    """
    panel = found.panel
    named = any(isinstance(condition.value, str) for condition in panel.conditions)
    with drawing_on(ax) as ax:
        if named:
            _draw_names(found, ax)
        else:
            _draw_numbers(found, ax)
        measure = MEASURES[panel.measures[0]]
        title = measure.title[:1].upper() + measure.title[1:]
        ax.set_ylabel(f"{title} ({measure.unit})" if measure.unit else title)
        if measure.unit == "%":
            ax.set_ylim(-2, 102)
        else:
            ax.set_ylim(bottom=0)
        if panel.axis:
            ax.set_xlabel(panel.axis)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0)
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def _draw_names(found: Reproduction, ax: Axes) -> None:
    name = found.panel.measures[0]
    measure, rng = MEASURES[name], np.random.default_rng(0)
    for place, condition in enumerate(found.panel.conditions):
        label = place == 0
        values = measure.scale * np.array(found.values(condition, name))
        if values.size and not measure.share:
            spread = _WIDTH * rng.uniform(-1, 1, values.size)
            style: dict[str, Any] = {"color": CONDITION_COLOURS[2], "alpha": 0.7, "markeredgewidth": 0}
            ax.plot(place + spread, values, "o", markersize=3, label="a network" if label else None, **style)
        _mean(found, condition, name, place, ax, CONDITION_COLOURS[3], "ours" if label else None)
        _paper(condition, name, place + 2 * _WIDTH, ax, "paper" if label else None)
    names = [str(condition.value).replace(" (", "\n(") for condition in found.panel.conditions]
    ax.set_xticks(range(len(names)), names)
    ax.set_xlim(-0.5, len(names) - 0.5)


def _draw_numbers(found: Reproduction, ax: Axes) -> None:
    name = found.panel.measures[0]
    groups = list(dict.fromkeys(condition.line for condition in found.panel.conditions))
    lines: list[tuple[str, str, str, Any]] = [(name, group, group or "ours", "-") for group in groups]
    if name == "spiking" and "rate" in found.panel.measures:
        lines = [(name, groups[0], "spiking networks", "-"), ("rate", groups[0], "rate networks", DASHES)]
    for (kind, group, label, style), colour in zip(lines, CONDITION_COLOURS, strict=False):
        own = [condition for condition in found.panel.conditions if condition.line == group]
        scale = MEASURES[kind].scale
        drawn = [condition for condition in own if found.values(condition, kind)]
        places = [float(condition.value) for condition in drawn]
        means = [scale * float(np.mean(found.values(condition, kind))) for condition in drawn]
        ax.plot(places, means, linestyle=style, linewidth=1.2, color=colour, label=label)
        for condition in drawn:
            _mean(found, condition, kind, float(condition.value), ax, colour, None)
    for condition in found.panel.conditions:
        first = next(one for one in found.panel.conditions if name in one.paper or one is condition)
        if condition.line == groups[0]:
            _paper(condition, name, float(condition.value), ax, "paper" if condition is first else None)
    if found.panel.logarithmic:
        values = sorted({float(condition.value) for condition in found.panel.conditions})
        ax.set_xscale("log")
        ax.set_xticks(values, [f"{value:g}" for value in values])
        ax.minorticks_off()


def _mean(
    found: Reproduction,
    condition: Condition,
    name: str,
    place: float,
    ax: Axes,
    colour: str,
    label: str | None,
) -> None:
    values, measure = found.values(condition, name), MEASURES[name]
    if not values:
        return
    mean, (low, high) = float(np.mean(values)), interval(values, measure.share)
    if np.isfinite(low):
        ax.vlines(place, measure.scale * low, measure.scale * high, color=colour, linewidth=1.2, zorder=4)
    ax.plot(place, measure.scale * mean, "s", markersize=3.5, color=colour, label=label, zorder=4)


def _paper(condition: Condition, name: str, place: float, ax: Axes, label: str | None) -> None:
    paper, scale = condition.paper.get(name), MEASURES[name].scale
    if paper is None:
        return
    if paper.sd:
        low, high = max(0.0, paper.value - paper.sd), paper.value + paper.sd
        high = min(1.0, high) if scale == 100 else high  # a fraction
        ax.vlines(place, scale * low, scale * high, color=_PAPER, linewidth=0.8, zorder=3)
    ax.plot(place, scale * paper.value, "D", markersize=3.5, color=_PAPER, label=label, zorder=3)

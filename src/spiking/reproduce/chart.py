"""Draw a reproduced panel: every network, means with their intervals, and the paper's values in grey."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.plotting.style import COLUMN_MM, CONDITION_COLOURS, DASHES, drawing_in, drawing_on
from spiking.reproduce.conditions import Condition, shown
from spiking.reproduce.measures import MEASURES
from spiking.reproduce.result import Reproduction
from spiking.reproduce.statistics import interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Style = dict[str, Any]  # of lines and markers

_PAPER = "#777777"
_APART = 0.02  # of the width of the axes: between what is drawn at one value
_BESIDE = 0.28  # of the distance of two names: from our networks to the paper's
_NAMES = 50  # letters that fit below the axes
_OURS = "ours, 95 % interval"
_LEGEND = 56  # letters that fit above it
_CROWDED = 12  # values; of more, only whole numbers are named


def draw_all(found: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw the measures that the panel draws, one below the other; see `draw`."""
    measures = found.panel.drawn
    with drawing_in(figure, COLUMN_MM, 22 + 40 * len(measures)) as figure:
        rows: list[Axes] = list(figure.subplots(len(measures), 1, sharex=True, squeeze=False)[:, 0])
        for place, (name, ax) in enumerate(zip(measures, rows, strict=True)):
            _draw(found, name, ax)
            if place < len(measures) - 1:
                ax.set_xlabel("")
        _legend(figure, rows, found, loc="outside upper left")
    return figure


def draw(found: Reproduction, ax: Axes | None = None, measure: str | None = None) -> Axes:
    """Draw a measure of a panel, and the accuracy of the rate networks beside that of the spiking.

    A dot is a network; squares are means, or shares, with 95 % intervals. The paper's values are grey, with
    standard deviations where it has them.

    Parameters
    ----------
    found : Reproduction
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    measure : str, optional
        One of the panel's measures; by default the first that it draws.

    Returns
    -------
    matplotlib.axes.Axes
    """
    name = measure or found.panel.drawn[0]
    with drawing_on(ax, 62) as ax:
        _draw(found, name, ax)
        _legend(ax, [ax], found, loc="lower left", bbox_to_anchor=(0, 1.02))
    return ax


def _draw(found: Reproduction, name: str, ax: Axes) -> None:
    if any(isinstance(condition.value, str) for condition in found.panel.conditions):
        _draw_names(found, name, ax)
    else:
        _draw_numbers(found, name, ax)
    ax.set_ylabel(MEASURES[name].label)
    _limits(name, ax)
    ax.set_xlabel(found.panel.axis)
    ax.spines[["top", "right"]].set_visible(False)


def _draw_names(found: Reproduction, name: str, ax: Axes) -> None:
    conditions = found.panel.conditions
    values = list(dict.fromkeys(condition.value for condition in conditions))
    groups = list(dict.fromkeys(condition.line for condition in conditions))
    for condition in conditions:
        k = groups.index(condition.line)
        place = values.index(condition.value) + (k - (len(groups) - 1) / 2) * _BESIDE
        dots, mean = CONDITION_COLOURS[2:4] if len(groups) == 1 else 2 * CONDITION_COLOURS[k : k + 1]
        _networks(found, condition, name, place, 0.5 * _BESIDE / len(groups), ax, dots)
        _mean(found, condition, name, place, ax, mean, condition.line)
        if k == len(groups) - 1:
            _paper(condition, name, place + _BESIDE, ax)
    width = max(8, _NAMES // len(values))
    names = [textwrap.fill(shown(value), width) for value in values]
    ax.set_xticks(range(len(names)), names)
    ax.set_xlim(-0.5, len(names) - 0.5)


def _draw_numbers(found: Reproduction, name: str, ax: Axes) -> None:
    panel = found.panel
    values = sorted({float(condition.value) for condition in panel.conditions})
    at = {value: float(k) if panel.evenly else value for k, value in enumerate(values)}
    apart = _APART * (max(at.values()) - min(at.values()) or 1.0)
    groups = list(dict.fromkeys(condition.line for condition in panel.conditions))
    lines = [(name, group, group) for group in groups]
    if name == "spiking" and "rate" in panel.measures:
        lines = [(name, groups[0], "spiking"), ("rate", groups[0], "rate")]
    for k, (kind, group, label) in enumerate(lines):
        colour, beside = CONDITION_COLOURS[k], (k - (len(lines) - 1) / 2) * apart
        own = [c for c in panel.conditions if c.line == group and found.values(c, kind)]
        places = [at[float(condition.value)] + beside for condition in own]
        means = [MEASURES[kind].scale * float(np.mean(found.values(c, kind))) for c in own]
        ax.plot(places, means, linestyle=DASHES if kind != name else "-", linewidth=1, color=colour)
        for condition, place in zip(own, places, strict=True):
            _networks(found, condition, kind, place, 0.4 * apart, ax, colour)
            _mean(found, condition, kind, place, ax, colour, label)
    for condition in panel.conditions:
        if condition.line == groups[0]:
            _paper(condition, name, at[float(condition.value)] + (len(lines) + 1) / 2 * apart, ax)
    if panel.evenly:
        crowded = len(values) > _CROWDED
        ticks = [value for value in values if value.is_integer() or not crowded]
        ax.set_xticks([at[value] for value in ticks], [shown(value) for value in ticks])
        ax.set_xticks(list(at.values()), minor=True)
        if crowded:
            ax.tick_params(axis="x", labelsize="small")


def _networks(
    found: Reproduction,
    condition: Condition,
    name: str,
    place: float,
    spread: float,
    ax: Axes,
    colour: str,
) -> None:
    measure, values = MEASURES[name], found.values(condition, name)
    if measure.share or not values:
        return
    beside = spread * np.random.default_rng(0).uniform(-1, 1, len(values))
    dots: Style = {"color": colour, "alpha": 0.5, "markeredgewidth": 0, "clip_on": False, "zorder": 2}
    ax.plot(place + beside, measure.scale * np.array(values), "o", markersize=2.2, label="a network", **dots)


def _mean(
    found: Reproduction,
    condition: Condition,
    name: str,
    place: float,
    ax: Axes,
    colour: str,
    label: str = "",
) -> None:
    values, measure = found.values(condition, name), MEASURES[name]
    if not values:
        return
    low, high = interval(values, measure.share, measure.limits)
    if np.isfinite(low):
        ax.vlines(place, measure.scale * low, measure.scale * high, color=colour, linewidth=1.2, zorder=4)
    mean = measure.scale * float(np.mean(values))
    label = label or _OURS
    edge: Style = {"markeredgecolor": "white", "markeredgewidth": 0.4, "clip_on": False}
    ax.plot(place, mean, "s", markersize=4, color=colour, label=label, zorder=5, linestyle="none", **edge)


def _paper(condition: Condition, name: str, place: float, ax: Axes) -> None:
    paper, scale, limits = condition.paper.get(name), MEASURES[name].scale, MEASURES[name].limits
    if paper is None:
        return
    if paper.sd:
        low, high = max(limits[0], paper.value - paper.sd), min(limits[1], paper.value + paper.sd)
        ax.vlines(place, scale * low, scale * high, color=_PAPER, linewidth=0.8)
    label = "paper, SD" if paper.sd else "paper"
    ax.plot(place, scale * paper.value, "D", markersize=3.5, color=_PAPER, label=label, clip_on=False)


def _limits(name: str, ax: Axes) -> None:
    """Percentages end at 100; a share begins at 0, as does all that is not a percentage."""
    measure = MEASURES[name]
    if measure.unit == "%" and measure.limits[0] == 0:
        lowest = 0.0 if measure.share else 10 * np.floor((ax.dataLim.y0 - 2) / 10)
        ax.set_ylim(min(max(0.0, lowest), 80.0), 101)
    elif measure.limits[0] == 0:
        ax.set_ylim(bottom=0)


def _legend(place: Axes | Figure, axes: Sequence[Axes], found: Reproduction, **where: Any) -> None:
    """Name everything that is drawn in some axes, once, and a conversion that is not the published one."""
    once: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            once.setdefault(label, handle)
    if not once:
        return
    for name, instead in ((_OURS, "spiking"), ("paper", "paper, SD")):
        if instead in once:
            once.pop(name, None)
    once = dict(sorted(once.items(), key=lambda item: item[0].startswith("paper")))
    columns = len(once) if sum(len(label) + 3 for label in once) <= _LEGEND else 2
    spaces: Style = {"borderaxespad": 0, "handlelength": 1, "handletextpad": 0.5, "columnspacing": 1.2}
    conversion = found.panel.conversion
    if conversion != "published":
        spaces |= {"title": f"ours: {conversion} conversion", "alignment": "left"}
    place.legend(list(once.values()), list(once), frameon=False, ncols=columns, **spaces, **where)

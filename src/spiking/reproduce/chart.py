"""Draw a reproduced panel: every network, means with their intervals, and the paper's values in grey."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.checks import one_of
from spiking.plotting.captions import describe, describe_figure
from spiking.plotting.style import COLUMN_MM, CONDITION_COLOURS, DASHES, drawing_in, drawing_on
from spiking.reproduce.conditions import Condition, shown
from spiking.reproduce.measures import MEASURES
from spiking.reproduce.result import Reproduction, rule_of
from spiking.reproduce.statistics import interval
from spiking.reproduce.train_and_convert import TRIALS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Style = dict[str, Any]  # of lines and markers

_PAPER = "#777777"
_APART = 0.02  # distance between markers at the same value, as a fraction of the width of the axes
_BESIDE = 0.28  # distance from our networks to the paper's value, as a fraction of that between two names
_NAMES = 50  # characters that fit below the axes
_OURS = "ours, 95 % interval"
_LEGEND = 56  # characters that fit above the axes
_CROWDED = 12  # with more values, only whole numbers have labels


def draw_all(reproduction: Reproduction, figure: Figure | None = None) -> Figure:
    """Draw the measures in `Panel.drawn`, one below the other; see `draw`."""
    measures = reproduction.panel.drawn
    with drawing_in(figure, COLUMN_MM, 22 + 40 * len(measures)) as figure:
        rows: list[Axes] = list(figure.subplots(len(measures), 1, sharex=True, squeeze=False)[:, 0])
        for place, (name, ax) in enumerate(zip(measures, rows, strict=True)):
            _draw(reproduction, name, ax)
            if place < len(measures) - 1:
                ax.set_xlabel("")
        _legend(figure, rows, reproduction, loc="outside upper left")
        describe_figure(figure, False, *_sentences(reproduction, measures))
    return figure


def draw(reproduction: Reproduction, ax: Axes | None = None, measure: str | None = None) -> Axes:
    """Draw a measure of a panel; next to the accuracy of spiking networks, also that of the rate networks.

    Dots are networks; squares are means or shares with 95 % intervals. The paper's values are grey, with
    their standard deviations if the paper gives them.

    Parameters
    ----------
    reproduction : Reproduction
    ax : matplotlib.axes.Axes, optional
        Axes to draw into; those of a new figure by default.
    measure : str, optional
        One of the panel's measures; by default the first in `Panel.drawn`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    name = reproduction.panel.drawn[0] if measure is None else one_of("measure", measure, MEASURES)
    with drawing_on(ax, 62) as ax:
        _draw(reproduction, name, ax)
        _legend(ax, [ax], reproduction, loc="lower left", bbox_to_anchor=(0, 1.02))
        describe(ax, *_sentences(reproduction, [name]))
    return ax


def _sentences(reproduction: Reproduction, measures: Sequence[str]) -> list[str]:
    """Return what is drawn, for the caption."""
    panel = reproduction.panel
    rule = rule_of(reproduction)
    return [
        f"{panel.title} ({panel.name}): {'; '.join(MEASURES[name].title for name in measures)}.",
        f"Dots: networks, {reproduction.networks} in each condition, seed {reproduction.seed}; squares: "
        "means, or shares, with 95 % intervals; grey: the values of Kim et al. (2019).",
        f"Accuracies are of {TRIALS} fresh trials; {rule}." if rule else "",
    ]


def _draw(reproduction: Reproduction, name: str, ax: Axes) -> None:
    if any(isinstance(condition.value, str) for condition in reproduction.panel.conditions):
        _draw_names(reproduction, name, ax)
    else:
        _draw_numbers(reproduction, name, ax)
    ax.set_ylabel(MEASURES[name].label)
    _limits(name, ax)
    ax.set_xlabel(reproduction.panel.axis)
    ax.spines[["top", "right"]].set_visible(False)


def _draw_names(reproduction: Reproduction, name: str, ax: Axes) -> None:
    conditions = reproduction.panel.conditions
    values = list(dict.fromkeys(condition.value for condition in conditions))
    groups = list(dict.fromkeys(condition.line for condition in conditions))
    for condition in conditions:
        k = groups.index(condition.line)
        place = values.index(condition.value) + (k - (len(groups) - 1) / 2) * _BESIDE
        dots, mean = CONDITION_COLOURS[2:4] if len(groups) == 1 else 2 * CONDITION_COLOURS[k : k + 1]
        _networks(reproduction, condition, name, place, 0.5 * _BESIDE / len(groups), ax, dots)
        _mean(reproduction, condition, name, place, ax, mean, condition.line)
        if k == len(groups) - 1:
            _paper(condition, name, place + _BESIDE, ax)
    width = max(8, _NAMES // len(values))
    names = [textwrap.fill(shown(value), width) for value in values]
    ax.set_xticks(range(len(names)), names)
    ax.set_xlim(-0.5, len(names) - 0.5)


def _draw_numbers(reproduction: Reproduction, name: str, ax: Axes) -> None:
    panel = reproduction.panel
    values = sorted({float(condition.value) for condition in panel.conditions})
    at = {value: float(k) if panel.evenly else value for k, value in enumerate(values)}
    apart = _APART * (max(at.values()) - min(at.values()) or 1.0)
    groups = list(dict.fromkeys(condition.line for condition in panel.conditions))
    lines = [(name, group, group) for group in groups]
    if name == "spiking" and "rate" in panel.measures:
        lines = [(name, groups[0], "spiking"), ("rate", groups[0], "rate")]
    for k, (kind, group, label) in enumerate(lines):
        colour, beside = CONDITION_COLOURS[k], (k - (len(lines) - 1) / 2) * apart
        conditions = [c for c in panel.conditions if c.line == group and reproduction.values(c, kind)]
        places = [at[float(condition.value)] + beside for condition in conditions]
        means = [MEASURES[kind].scale * float(np.mean(reproduction.values(c, kind))) for c in conditions]
        ax.plot(places, means, linestyle=DASHES if kind != name else "-", linewidth=1, color=colour)
        for condition, place in zip(conditions, places, strict=True):
            _networks(reproduction, condition, kind, place, 0.4 * apart, ax, colour)
            _mean(reproduction, condition, kind, place, ax, colour, label)
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
    reproduction: Reproduction,
    condition: Condition,
    name: str,
    place: float,
    spread: float,
    ax: Axes,
    colour: str,
) -> None:
    measure, values = MEASURES[name], reproduction.values(condition, name)
    if measure.share or not values:
        return
    beside = spread * np.random.default_rng(0).uniform(-1, 1, len(values))
    dots: Style = {"color": colour, "alpha": 0.5, "markeredgewidth": 0, "clip_on": False, "zorder": 2}
    ax.plot(place + beside, measure.scale * np.array(values), "o", markersize=2.2, label="a network", **dots)


def _mean(
    reproduction: Reproduction,
    condition: Condition,
    name: str,
    place: float,
    ax: Axes,
    colour: str,
    label: str = "",
) -> None:
    values, measure = reproduction.values(condition, name), MEASURES[name]
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
    """Set the limits of the y axis: percentages end at 100; shares and other units start at 0."""
    measure = MEASURES[name]
    if measure.unit == "%" and measure.limits[0] == 0:
        lowest = 0.0 if measure.share else 10 * np.floor((ax.dataLim.y0 - 2) / 10)
        ax.set_ylim(min(max(0.0, lowest), 80.0), 101)
    elif measure.limits[0] == 0:
        ax.set_ylim(bottom=0)


def _legend(place: Axes | Figure, axes: Sequence[Axes], reproduction: Reproduction, **where: Any) -> None:
    """Draw one legend for several axes; its title names a conversion that is not the published one."""
    entries: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if not entries:
        return
    for name, instead in ((_OURS, "spiking"), ("paper", "paper, SD")):
        if instead in entries:
            entries.pop(name, None)
    entries = dict(sorted(entries.items(), key=lambda item: item[0].startswith("paper")))
    columns = len(entries) if sum(len(label) + 3 for label in entries) <= _LEGEND else 2
    spaces: Style = {"borderaxespad": 0, "handlelength": 1, "handletextpad": 0.5, "columnspacing": 1.2}
    conversion = reproduction.panel.conversion
    if conversion != "published":
        spaces |= {"title": f"ours: {conversion} conversion", "alignment": "left"}
    place.legend(list(entries.values()), list(entries), frameon=False, ncols=columns, **spaces, **where)

"""A line of a panel's table, one measure in one condition, and how it is formatted."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spiking.reproduce.conditions import Condition, Paper, shown
from spiking.reproduce.measures import MEASURES
from spiking.reproduce.statistics import agrees, interval

_WIDTH = 99


@dataclass(frozen=True)
class Line:
    """A line of the table: a measure of a condition.

    Attributes
    ----------
    line, condition, measure : str
    networks : int
        Number of networks that have the measure.
    paper : Paper or None
    value, sd : float
        Share, or mean and standard deviation over networks; NaN if there are too few networks.
    low, high : float
        95 % interval (see `interval`).
    agrees : bool or None
        Whether the value agrees with the paper's (see `agrees`); None if the paper has no value, or if there
        are too few networks.
    """

    line: str
    condition: str
    measure: str
    networks: int
    paper: Paper | None
    value: float
    sd: float
    low: float
    high: float
    agrees: bool | None


def line_of(condition: Condition, name: str, values: Sequence[float]) -> Line:
    """Return the line of a measure, from its values in the networks that have it."""
    measure, paper = MEASURES[name], condition.paper.get(name)
    low, high = interval(values, measure.share, measure.limits)
    return Line(
        line=condition.line,
        condition=shown(condition.value),
        measure=name,
        networks=len(values),
        paper=paper,
        value=float(np.mean(values)) if values else math.nan,
        sd=float(np.std(values, ddof=1)) if len(values) > 1 and not measure.share else math.nan,
        low=low,
        high=high,
        agrees=None if paper is None else agrees(values, measure.share, paper),
    )


def place(line: Line) -> str:
    """Format the condition of a line for the table."""
    return f"{line.line}: {line.condition}" if line.line else line.condition


def heading(line: Line) -> str:
    """Return the measure and its unit."""
    measure = MEASURES[line.measure]
    return measure.title + (f" ({measure.unit})" if measure.unit else "")


def words(line: Line) -> tuple[str, str, str, str]:
    """Format a line for the table: the paper's value, ours, its interval, and whether they agree."""
    measure = MEASURES[line.measure]

    def number(x: float) -> str:
        return f"{measure.scale * x:.{measure.decimals}f}"

    paper, ours, bounds = "", "-", ""
    if line.paper is not None:
        about = "~" if line.paper.reading else ""
        paper = about + number(line.paper.value)
        paper += "" if line.paper.sd is None else f" +- {number(line.paper.sd)}"
        paper += "" if line.paper.networks is None else f" ({line.paper.networks})"
    if line.networks:
        ours = number(line.value) + ("" if math.isnan(line.sd) else f" +- {number(line.sd)}")
        ours += f" ({line.networks})"
    if not math.isnan(line.low):
        bounds = f"{number(line.low)} to {number(line.high)}"
    agreement = "" if line.agrees is None else "yes" if line.agrees else "NO"
    return paper, ours, bounds, agreement


def columns(head: Sequence[str], groups: Mapping[str, Sequence[Sequence[str]]]) -> list[str]:
    """Format a table: the heads of its columns, then groups of rows, each below its heading.

    `docs/extensions/panel_table.py` reads this format.
    """
    rows = [head, *(row for group in groups.values() for row in group)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(head))]

    def written(row: Sequence[str]) -> str:
        return "  ".join(["", *(cell.ljust(w) for cell, w in zip(row, widths, strict=True))]).rstrip()

    lines = [written(head)]
    for title, group in groups.items():
        lines += [title, *map(written, group)]
    return lines


def wrapped(sentence: str) -> list[str]:
    """Wrap a remark at the width of the table; all lines except the first are indented."""
    return textwrap.wrap(sentence, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)

"""A line of a panel's table: one measure in one condition, and its format."""

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
        How many it is of.
    paper : Paper or None
    value, sd : float
        Share, or mean and standard deviation over networks; NaN where there are too few.
    low, high : float
        95 % interval: of a share Wilson's, of a mean Student's; NaN for fewer than two networks.
    agrees : bool or None
        None where the paper has no value, or nothing can be said.
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
    """Return the line of a measure, from its values in each network that has it."""
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
    """Return the condition as the table has it."""
    return f"{line.line}: {line.condition}" if line.line else line.condition


def heading(line: Line) -> str:
    """Return the measure and its unit."""
    measure = MEASURES[line.measure]
    return measure.title + (f" ({measure.unit})" if measure.unit else "")


def words(line: Line) -> tuple[str, str, str, str]:
    """Return the value of the paper, ours, its interval, and whether they agree."""
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
    told = "" if line.agrees is None else "yes" if line.agrees else "NO"
    return paper, ours, bounds, told


def columns(head: Sequence[str], groups: Mapping[str, Sequence[Sequence[str]]]) -> list[str]:
    """Return a table as text: under the head of its columns, groups of rows, each under its heading.

    `docs/extensions/panel_table.py` reads it.
    """
    rows = [head, *(row for own in groups.values() for row in own)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(head))]

    def written(row: Sequence[str]) -> str:
        return "  ".join(["", *(cell.ljust(w) for cell, w in zip(row, widths, strict=True))]).rstrip()

    lines = [written(head)]
    for title, own in groups.items():
        lines += [title, *map(written, own)]
    return lines


def wrapped(sentence: str) -> list[str]:
    """Return a remark in lines of the table's width, all but the first indented."""
    return textwrap.wrap(sentence, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)

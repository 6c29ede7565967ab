"""What became of a panel: every network, and the table that compares it with the paper."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from spiking.binomial import wilson_interval
from spiking.reproduce.conditions import Condition, Panel, Paper, shown
from spiking.reproduce.networks import TRIALS, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SUCCESS = 95  # of 100 fresh trials
_LEVEL = 0.05  # of the tests of whether a value agrees


@dataclass(frozen=True, eq=False)
class Entry:
    """A network of a condition: what became of its training, and of its conversion if it converged."""

    condition: Condition
    seed: int
    trained: Row
    converted: Row | None


@dataclass(frozen=True)
class Measure:
    """How a number is had from an entry (None: it has none), and how it is told.

    Attributes
    ----------
    title : str
    of : function of Entry
    share : bool
        Whether it is yes or no of each network.
    scale, unit : float, str
        It is told times the one, in the other.
    """

    title: str
    of: Callable[[Entry], float | None]
    share: bool = False
    scale: float = 100.0
    unit: str = "%"


def _converted(name: str) -> Callable[[Entry], float | None]:
    return lambda entry: None if entry.converted is None else entry.converted[name] / TRIALS


def _rate(entry: Entry) -> float | None:
    correct = entry.trained["rate_correct"]
    return None if correct is None else correct / TRIALS


def _success(entry: Entry) -> float | None:
    return None if entry.converted is None else float(entry.converted["correct"] >= _SUCCESS)


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "trained": Measure("rate networks trained", lambda entry: float(entry.trained["converged"]), True),
        "rate": Measure("accuracy of the rate networks", _rate),
        "updates": Measure(
            "updates of trained networks",
            lambda entry: entry.trained["updates"] if entry.trained["converged"] else None,
            scale=1.0,
            unit="",
        ),
        "decay": Measure("mean synaptic decay", lambda entry: entry.trained["decay"], scale=1.0, unit="ms"),
        "spiking": Measure("accuracy of the spiking networks", _converted("correct")),
        "best_of_grid": Measure("the same, best of the grid on its own trials", _converted("best_of_grid")),
        "success": Measure("spiking networks of 95 % or more", _success, True),
    }
)


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


@dataclass(frozen=True, eq=False)
class Reproduction:
    """A panel reproduced.

    Attributes
    ----------
    panel : Panel
    networks : int
        Of each condition.
    seed : int
    entries : tuple of Entry
        By condition and seed.
    """

    panel: Panel
    networks: int
    seed: int
    entries: tuple[Entry, ...]

    def values(self, condition: Condition, measure: str) -> list[float]:
        """Return a measure of each network of a condition that has it."""
        found = (MEASURES[measure].of(entry) for entry in self.entries if entry.condition is condition)
        return [value for value in found if value is not None]

    @property
    def table(self) -> tuple[Line, ...]:
        """Compare every measure of every condition with the paper."""
        return tuple(
            _line(condition, measure, self.values(condition, measure))
            for condition in self.panel.conditions
            for measure in self.panel.measures
        )

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions of this package that the numbers come from."""
        rows = [row for entry in self.entries for row in (entry.trained, entry.converted) if row]
        return tuple(sorted({row["version"] for row in rows}))

    def csv(self) -> str:
        """Return the table as CSV; shares and accuracies are fractions."""
        rows = [
            (
                *(line.line, line.condition, line.measure, line.networks),
                *((line.paper.value, line.paper.sd, line.paper.networks) if line.paper else ("", "", "")),
                *(_plain(x) for x in (line.value, line.sd, line.low, line.high)),
                "" if line.agrees is None else line.agrees,
            )
            for line in self.table
        ]
        names = "line condition measure networks paper paper_sd paper_networks value sd low high agrees"
        return _csv(names.split(), rows)

    def networks_csv(self) -> str:
        """Return a line for each network of each condition as CSV, nothing left out."""
        trained = ("converged", "updates", "loss", "accuracy", "decay", "decay_sd", "rate_correct")
        converted = ("scaling_factor", "best_of_grid", "correct")
        rows = [
            (
                *(entry.condition.line, entry.condition.value, entry.seed),
                *(entry.trained[name] for name in trained),
                *(entry.converted[name] if entry.converted else "" for name in converted),
                " ".join(f"{f:g}:{n}/{of}" for f, n, of in (entry.converted or {"curve": []})["curve"]),
            )
            for entry in self.entries
        ]
        return _csv(["line", "condition", "seed", *trained, *converted, "curve"], rows)

    def __str__(self) -> str:
        head = ("condition", "measure", "networks", "paper", "ours", "95 % interval", "agrees")
        rows: list[tuple[str, ...]] = [head, *(_words(line) for line in self.table)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        text = [
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        about = (
            f"{self.panel.name}: {self.panel.title}; {self.networks} networks a condition, seed {self.seed}"
        )
        return "\n".join([about, *text, *([self.panel.note] if self.panel.note else [])])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the first measure of the panel, and the paper's values beside (see `drawing.draw`)."""
        from spiking.reproduce.drawing import draw

        return draw(self, ax)

    def save(self, folder: Path) -> list[Path]:
        """Write table, networks and figure into a folder; return the files, named after the panel."""
        from matplotlib.figure import Figure

        from spiking.output_file import write_whole
        from spiking.plotting.style import COLUMN_MM, drawing_in

        picture = io.BytesIO()
        with drawing_in(Figure(), COLUMN_MM, 60.0) as figure:
            self.plot(figure.subplots())
            figure.savefig(picture, format="png", dpi=300)
        contents = {
            "txt": f"{self}\n".encode(),
            "csv": self.csv().encode(),
            "networks.csv": self.networks_csv().encode(),
            "png": picture.getvalue(),
        }
        paths = {kind: folder / f"{self.panel.name}.{kind}" for kind in contents}
        for kind, path in paths.items():
            write_whole(path, partial(_write, contents[kind]))
        return list(paths.values())


def interval(values: Sequence[float], share: bool) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson) or a mean (Student); NaN where there is none."""
    from scipy.stats import t

    n = len(values)
    if share and n:
        return wilson_interval(round(sum(values)), n)
    if n < 2:
        return math.nan, math.nan
    half = float(t.ppf(0.975, n - 1)) * float(np.std(values, ddof=1)) / math.sqrt(n)
    return float(np.mean(values)) - half, float(np.mean(values)) + half


def _line(condition: Condition, name: str, values: list[float]) -> Line:
    measure, paper = MEASURES[name], condition.paper.get(name)
    low, high = interval(values, measure.share)
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
        agrees=None if paper is None else _agrees(values, measure.share, paper),
    )


def _agrees(values: list[float], share: bool, paper: Paper) -> bool | None:
    """Say whether chance can explain the difference.

    Where the paper says of how many networks its value is: Fisher's exact test of shares, Welch's test of
    means, at 5 %. Elsewhere: whether our 95 % interval, as wide as the figure could be read, holds it.
    """
    from scipy.stats import fisher_exact, ttest_ind_from_stats

    low, high = interval(values, share)
    if math.isnan(low):
        return None
    if paper.networks and share:
        ours, theirs = round(sum(values)), round(paper.value * paper.networks)
        counts = np.array([[ours, len(values) - ours], [theirs, paper.networks - theirs]])
        return bool(fisher_exact(counts).pvalue >= _LEVEL)
    if paper.networks and paper.sd:
        test = ttest_ind_from_stats(
            float(np.mean(values)),
            float(np.std(values, ddof=1)),
            len(values),
            paper.value,
            paper.sd,
            paper.networks,
            equal_var=False,
        )
        return bool(test.pvalue >= _LEVEL)
    return low - paper.reading <= paper.value <= high + paper.reading


def _words(line: Line) -> tuple[str, ...]:
    measure = MEASURES[line.measure]

    def number(x: float) -> str:
        return f"{measure.scale * x:.1f}" if measure.unit else f"{measure.scale * x:.0f}"

    paper, ours, bounds = "", "-", ""
    if line.paper is not None:
        about = "~" if line.paper.reading else ""
        paper = about + number(line.paper.value)
        paper += "" if line.paper.sd is None else f" +- {number(line.paper.sd)}"
        paper += "" if line.paper.networks is None else f" ({line.paper.networks})"
    if line.networks:
        ours = number(line.value) + ("" if math.isnan(line.sd) else f" +- {number(line.sd)}")
    if not math.isnan(line.low):
        bounds = f"{number(line.low)} to {number(line.high)}"
    told = "" if line.agrees is None else "yes" if line.agrees else "NO"
    unit = f" ({measure.unit})" if measure.unit else ""
    where = f"{line.line}: {line.condition}" if line.line else line.condition
    return where, measure.title + unit, str(line.networks), paper, ours, bounds, told


def _write(content: bytes, file: IO[bytes]) -> None:
    file.write(content)


def _plain(x: float) -> Any:
    return "" if math.isnan(x) else x


def _csv(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()

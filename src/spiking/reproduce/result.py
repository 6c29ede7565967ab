"""The result of a panel: all its networks, and the table that compares them with the paper."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from spiking.check_arguments import check_arguments
from spiking.checks import file_path, one_of
from spiking.evaluation.words import OTHER_RULES, first_rule, rules_of
from spiking.files.escape import csv_text
from spiking.files.output import write_whole
from spiking.optional import library
from spiking.rate_model.model import RateModel
from spiking.reproduce.conditions import Condition, Panel
from spiking.reproduce.measures import MEASURES, Entry, with_other_rules
from spiking.reproduce.paired import Pair, pairs, pairs_text
from spiking.reproduce.statistics import difference, paired_difference
from spiking.reproduce.table import Line, columns, heading, line_of, place, words, wrapped
from spiking.reproduce.train_and_convert import ACTIVITY_TRIALS, TRIALS
from spiking.short_repr import short_repr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Reproduction:
    """The result of `panel`. Prints as a table.

    Attributes
    ----------
    panel : Panel
    networks : int
        Number of networks in each condition.
    seed : int
    entries : tuple of Entry
        The networks, by condition and seed.
    drawn : (int, RateModel) or None
        Seed and model of the network that is drawn, in a panel that draws one network: the first of those
        that do the task (95 or more of 100 trials correct) in the most conditions.

    Examples
    --------
    >>> from spiking import tasks
    >>> from spiking.reproduce import Condition, NetworkSpec, Panel, panel
    >>> small = NetworkSpec(tasks.GoNoGo(), 10, (20.0, 50.0), {"max_updates": 100})  # far too few updates
    >>> own = Panel("own", "Ten units", "Units", ("trained",), (Condition(10, small, params=None),))
    >>> result = panel(own, networks=1, seed=1, folder="reproduced")
    >>> result.panel.name, len(result.entries)
    ('own', 1)
    """

    panel: Panel
    networks: int
    seed: int
    entries: tuple[Entry, ...]
    drawn: tuple[int, RateModel] | None = None

    __repr__ = short_repr

    @check_arguments()
    def values(self, condition: Condition, measure: str) -> list[float]:
        """Return a measure of the networks of a condition, without those that do not have it."""
        chosen = MEASURES[one_of("measure", measure, MEASURES)]
        values = (chosen.of(entry) for entry in self.entries if entry.condition is condition)
        return [value for value in values if value is not None]

    @property
    def table(self) -> tuple[Line, ...]:
        """Each measure of each condition, compared with the paper.

        Accuracies are followed by those by the strict and the sustained rule, where the task defines them and
        the journal has them: lines of journals from before these rules were counted do not.
        """
        own = self.panel.measures
        return tuple(
            line_of(condition, measure, values)
            for condition in self.panel.conditions
            for measure in with_other_rules(own, rules_of(condition.network.task, OTHER_RULES))
            if (values := self.values(condition, measure)) or measure in own
        )

    @property
    def tests(self) -> tuple[tuple[str, str, float], ...]:
        """Tests of whether the conditions differ: measure, name of the test, p value."""
        tests = []
        for name in self.panel.compared:
            groups = [self.values(condition, name) for condition in self.panel.conditions]
            if (test := difference(groups, MEASURES[name].share)) is not None:
                tests.append((name, *test))
            if (pairs := self._pairs(name)) is not None:
                tests.append((name, *paired_difference(*pairs, MEASURES[name].share)))
        return tuple(tests)

    def _pairs(self, name: str) -> tuple[list[float], list[float]] | None:
        """Return a measure of both conditions, if the panel has two and these have the same networks."""
        first, *others = self.panel.conditions
        if len(others) != 1 or first.network.key() != others[0].network.key():
            return None
        values = (
            [MEASURES[name].of(entry) for entry in self.entries if entry.condition is condition]
            for condition in self.panel.conditions
        )
        both = [(x, y) for x, y in zip(*values, strict=True) if x is not None and y is not None]
        return ([x for x, _ in both], [y for _, y in both]) if len(both) > 1 else None

    @property
    def beside_published(self) -> tuple[Pair, ...]:
        """Another conversion compared with the published one, for networks with both in the journal."""
        return tuple(
            pair
            for condition in self.panel.conditions
            for pair in pairs([entry for entry in self.entries if entry.condition is condition])
        )

    @property
    def versions(self) -> tuple[str, ...]:
        """Versions of this package that computed the results."""
        rows = [row for entry in self.entries for row in (entry.trained, entry.converted) if row]
        return tuple(sorted({row["version"] for row in rows}))

    def csv(self) -> str:
        """Return the table as CSV text; shares and accuracies are fractions."""
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
        return csv_text(names.split(), rows)

    def networks_csv(self) -> str:
        """Return CSV text with a line for each network of each condition, also those that did not train."""
        trained = ["converged", "updates", "loss", "accuracy", "decay", "decay_sd", "rate_correct"]
        converted = ["scaling_factor", "best_of_grid", "correct"]
        for name in OTHER_RULES:  # which old journals lack
            trained += (
                [f"rate_{name}"] if any(f"rate_{name}" in entry.trained for entry in self.entries) else []
            )
            converted += [name] if any(name in (entry.converted or ()) for entry in self.entries) else []
        if self.panel.conversion != "published":
            converted += ["kind", "gain", "fitted_factor", "search_trials"]
        rows = [
            (
                *(entry.condition.line, entry.condition.value, entry.seed),
                *(entry.trained.get(name, "") for name in trained),
                *((entry.converted or {}).get(name, "") for name in converted),
                " ".join(f"{f:g}:{n}/{of}" for f, n, of in (entry.converted or {"curve": []})["curve"]),
            )
            for entry in self.entries
        ]
        return csv_text(["line", "condition", "seed", *trained, *converted, "curve"], rows)

    def __str__(self) -> str:
        about = f"{self.networks} network{'s' * (self.networks > 1)} a condition, seed {self.seed}"
        groups: dict[str, list[Sequence[str]]] = {}
        for line in self.table:
            groups.setdefault(heading(line), []).append((place(line), *words(line)))
        remarks = [
            f"{MEASURES[name].title}, difference between conditions: {test}, p = {p:.2g}"
            for name, test, p in self.tests
        ]
        if rule := rule_of(self):
            remarks.append(f"Networks are tested on {TRIALS} fresh trials; {rule}.")
        if any(not math.isnan(line.low) for line in self.table):
            remarks.append(
                "Intervals of means: Student's t over networks, cut at the possible values: wide for few "
                "networks, and of no width for equal ones. Of shares: Wilson's."
            )
        if self.panel.picture is not None and self.drawn is not None:
            remark = "Drawn is the first network that does the task in the most conditions"
            if not any(condition.tested for condition in self.panel.conditions):
                remark = "Drawn is the first network that trained"
            remark += f", of seed {self.drawn[0]}."
            if any(condition.params is not None for condition in self.panel.conditions):
                remark += (
                    f" Its figure shows {ACTIVITY_TRIALS} trials, in which conditions take turns; numbers in "
                    f"titles count correct ones of the {TRIALS} fresh trials, which are others."
                )
            remarks.append(remark)
        if len(self.versions) > 1:
            remarks.append(f"The journal's lines are of several versions: {', '.join(self.versions)}.")
        if self.panel.note:
            remarks.append(self.panel.note)
        blocks = [
            wrapped(f"{self.panel.name}: {self.panel.title}; {about}"),
            columns(("", "paper (of n)", "ours (of n)", "95 % interval", "agrees"), groups),
            [row for remark in remarks for row in wrapped(remark)],
            *pairs_text(self.beside_published, self.panel.conversion),
        ]
        return "\n\n".join("\n".join(block) for block in blocks if block)

    @check_arguments()
    def plot(self, ax: Axes | None = None, measure: str | None = None) -> Axes:
        """Draw a measure, by default the panel's first, and the paper's values next to it."""
        from spiking.reproduce.chart import draw

        return draw(self, ax, measure)

    @check_arguments()
    def draw(self, figure: Figure | None = None) -> Figure:
        """Draw the panel: one network if the panel shows one (see `drawn`), else its measures.

        Parameters
        ----------
        figure : matplotlib.figure.Figure, optional
            Figure to draw into; by default a new one with the width of a column in print.
        """
        from spiking.reproduce.chart import draw_all

        if self.panel.picture is None or self.drawn is None:
            return draw_all(self, figure)
        return self.panel.picture(self, figure)

    @check_arguments()
    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write table, networks and figure into files named after the panel; return the paths."""
        target = file_path("folder", folder)
        picture = io.BytesIO()
        figure = library("matplotlib.figure", "figures", "the figure of a panel").Figure()
        self.draw(figure).savefig(picture, format="png", dpi=300)
        contents = (
            f"{self}\n".encode(),
            self.csv().encode(),
            self.networks_csv().encode(),
            picture.getvalue(),
        )
        paths = files_of(self.panel, target)
        for path, content in zip(paths, contents, strict=True):
            write_whole(path, partial(_write, content))
        return paths


def rule_of(reproduction: Reproduction) -> str:
    """Return the rules of the accuracies of a panel in words; empty if its conditions have different ones."""
    tasks = [condition.network.task for condition in reproduction.panel.conditions]
    if len({task.rule() for task in tasks}) > 1:
        return ""
    names = [name for name in OTHER_RULES if any(line.measure.endswith(name) for line in reproduction.table)]
    words = rules_of(tasks[0], (first_rule(tasks[0]), *names))
    return "; ".join(f"{name if name in OTHER_RULES else 'correct'}: {rule}" for name, rule in words.items())


def files_of(panel: Panel, folder: Path) -> list[Path]:
    """Return the paths that `Reproduction.save` writes: the table as text and CSV, networks, figure."""
    return [folder / f"{panel.name}.{kind}" for kind in ("txt", "csv", "networks.csv", "png")]


def _write(content: bytes, file: IO[bytes]) -> None:
    file.write(content)


def _plain(x: float) -> Any:
    return "" if math.isnan(x) else x

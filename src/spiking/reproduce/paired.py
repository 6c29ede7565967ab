"""Compare another conversion with the published one on the same networks and the same fresh trials."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from spiking.reproduce.measures import MEASURES, Entry
from spiking.reproduce.statistics import paired_difference
from spiking.reproduce.table import Line, columns, heading, line_of, place, words, wrapped

_COMPARED = ("spiking", "success")


@dataclass(frozen=True)
class Pair:
    """A measure of the same networks of a condition with both conversions.

    Attributes
    ----------
    published, converted : Line
    test : str
        Name of the test: McNemar's exact test for shares, the Wilcoxon signed-rank test for accuracies.
    p : float
        p value of the test.
    """

    published: Line
    converted: Line
    test: str
    p: float


def pairs(entries: Sequence[Entry]) -> tuple[Pair, ...]:
    """Return the pairs of a condition, for its networks that the journal has with both conversions."""
    converted = [entry for entry in entries if entry.published and entry.converted]
    if not converted:
        return ()
    published = [dataclasses.replace(entry, converted=entry.published) for entry in converted]
    compared = []
    for name in _COMPARED:
        measure = MEASURES[name]
        first, second = (
            [x for entry in group if (x := measure.of(entry)) is not None] for group in (published, converted)
        )
        condition = converted[0].condition
        test, p = paired_difference(first, second, measure.share)
        compared.append(Pair(line_of(condition, name, first), line_of(condition, name, second), test, p))
    return tuple(compared)


def pairs_text(compared: Sequence[Pair], conversion: str) -> list[list[str]]:
    """Return the blocks of text for pairs: a sentence, a table and the tests; none without pairs."""
    if not compared:
        return []
    groups: dict[str, list[Sequence[str]]] = {}
    for pair in compared:
        (_, before, its_bounds, _), (_, ours, bounds, _) = words(pair.published), words(pair.converted)
        groups.setdefault(heading(pair.converted), []).extend(
            [
                (f"{place(pair.published)}, published", before, its_bounds, ""),
                (f"{place(pair.converted)}, {conversion}", ours, bounds, f"{pair.p:.2g}"),
            ]
        )
    tests = {MEASURES[pair.converted.measure].title: pair.test for pair in compared}
    return [
        ["The same networks by the published conversion, on the same fresh trials:"],
        columns(("", "ours (of n)", "95 % interval", "p"), groups),
        [row for title, test in tests.items() for row in wrapped(f"p, {title}: {test}")],
    ]

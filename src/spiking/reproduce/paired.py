"""Compare another conversion with the published one: same networks, same fresh trials."""

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
    """A measure of the same networks of a condition by both conversions.

    Attributes
    ----------
    published, converted : Line
    test : str
        Its name: McNemar's exact test of shares, the Wilcoxon signed-rank test of accuracies.
    p : float
        Of no difference.
    """

    published: Line
    converted: Line
    test: str
    p: float


def pairs(entries: Sequence[Entry]) -> tuple[Pair, ...]:
    """Return the pairs of one condition, from its networks that the journal has by both conversions."""
    own = [entry for entry in entries if entry.published and entry.converted]
    if not own:
        return ()
    published = [dataclasses.replace(entry, converted=entry.published) for entry in own]
    found = []
    for name in _COMPARED:
        measure = MEASURES[name]
        values = [[x for entry in one if (x := measure.of(entry)) is not None] for one in (published, own)]
        first, second = (line_of(own[0].condition, name, one) for one in values)
        found.append(Pair(first, second, *paired_difference(values[0], values[1], measure.share)))
    return tuple(found)


def written(found: Sequence[Pair], conversion: str) -> list[list[str]]:
    """Return pairs as a table, with what it is before it and its tests behind; nothing if there are none."""
    if not found:
        return []
    groups: dict[str, list[Sequence[str]]] = {}
    for pair in found:
        (_, before, its_bounds, _), (_, ours, bounds, _) = words(pair.published), words(pair.converted)
        groups.setdefault(heading(pair.converted), []).extend(
            [
                (f"{place(pair.published)}, published", before, its_bounds, ""),
                (f"{place(pair.converted)}, {conversion}", ours, bounds, f"{pair.p:.2g}"),
            ]
        )
    tests = {MEASURES[pair.converted.measure].title: pair.test for pair in found}
    return [
        ["The same networks by the published conversion, on the same fresh trials:"],
        columns(("", "ours (of n)", "95 % interval", "p"), groups),
        [row for title, test in tests.items() for row in wrapped(f"p, {title}: {test}")],
    ]

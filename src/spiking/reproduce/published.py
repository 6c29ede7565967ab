"""Another conversion beside the published one: the same networks, tested on the same fresh trials."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from spiking.reproduce.comparison import paired_difference
from spiking.reproduce.lines import Line, columns, line_of, words
from spiking.reproduce.measures import MEASURES, Entry

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


def written(found: Sequence[Pair], conversion: str) -> list[str]:
    """Return pairs as the lines of a table; none if there are none."""
    if not found:
        return []
    interval = "95 % interval"
    rows: list[Sequence[str]] = [
        ("condition", "measure", "networks", "published", interval, conversion, interval, "p")
    ]
    for pair in found:
        (where, title, networks, _, *first, _), (*_, ours, bounds, _) = (
            words(pair.published),
            words(pair.converted),
        )
        rows.append((where, title, networks, *first, ours, bounds, f"{pair.p:.2g}"))
    tests = {MEASURES[pair.converted.measure].title: pair.test for pair in found}
    return [
        "The same networks by the published conversion, on the same fresh trials:",
        *columns(rows),
        *(f"p, {title}: {test}" for title, test in tests.items()),
    ]

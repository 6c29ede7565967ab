"""The journal of reproductions: record the result of each network as soon as it is known.

It holds no result that can be computed from its rows. Panels share it, so a network that two of them need is
trained and converted once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spiking.files.journal import Journal, open_journal

_HEADER = {"format": "spiking reproduction journal 1"}

Row = dict[str, Any]


class ReproductionJournal:
    """An open journal; `open_reproduction_journal` opens it."""

    def __init__(self, journal: Journal[tuple[str, Row]]) -> None:
        self._journal, self._known = journal, dict(journal.lines)

    def get(self, key: Mapping[str, Any]) -> Row | None:
        """Return the recorded row of a key, or None."""
        return self._known.get(_text(key))

    def add(self, key: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        """Record a row; it has been handed to the operating system when this returns."""
        self._journal.add({"of": key, "is": row})
        self._known[_text(key)] = json.loads(json.dumps(row))


@contextmanager
def open_reproduction_journal(path: Path) -> Iterator[ReproductionJournal]:
    """Open a journal and read its rows; other processes cannot open it meanwhile.

    Raises
    ------
    ArgumentError
        The file is not such a journal, is damaged or in use, or cannot be read or written.
    """
    with open_journal(path, _HEADER, _entry, doing="reproducing into this folder") as journal:
        yield ReproductionJournal(journal)


def _entry(line: Any) -> tuple[str, Row]:
    return _text(line["of"]), dict(line["is"])


def _text(key: Mapping[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)

"""The journal of reproductions: record the result of each network as soon as it is known.

The panels of a folder share its journal: a network that two panels need is trained and converted once. The
journal does not contain anything that can be computed from its lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spiking.files import journal as files

_HEADER = {"format": "spiking reproduction journal 1"}

Row = dict[str, Any]


class Journal:
    """An open journal of networks and conversions; use `open_journal`."""

    def __init__(self, file: files.Journal[tuple[str, Row]]) -> None:
        self._file, self._known = file, dict(file.lines)

    def get(self, key: Mapping[str, Any]) -> Row | None:
        """Return the recorded result of a network or conversion, or None without one."""
        return self._known.get(_text(key))

    def add(self, key: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        """Record the result of a network or conversion; the operating system has it when this returns."""
        self._file.add({"of": key, "is": row})
        self._known[_text(key)] = json.loads(json.dumps(row))


@contextmanager
def open_journal(path: Path) -> Iterator[Journal]:
    """Open a journal and read its results; no other process can open it at the same time.

    Raises
    ------
    ArgumentError
        The file is not a journal, is damaged or in use, or cannot be read or written.
    """
    with files.open_journal(path, _HEADER, _entry, doing="reproducing into this folder") as file:
        yield Journal(file)


def _entry(line: Any) -> tuple[str, Row]:
    return _text(line["of"]), dict(line["is"])


def _text(key: Mapping[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)

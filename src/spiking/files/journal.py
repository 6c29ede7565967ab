"""Journals: record finished work, one line of JSON each, so that a stopped run can continue.

The first line, the header, identifies the journal; a file without it is never changed. If a kill cut the last
line short, that line is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any, Generic, TypeVar

from spiking.errors import ArgumentError
from spiking.files.json_text import parsed
from spiking.files.lock import locked
from spiking.files.regular import check_no_link
from spiking.interruption import CONTINUES, at_interruption

Line = TypeVar("Line")


class Journal(Generic[Line]):
    """An open journal; use `open_journal`.

    Attributes
    ----------
    path : Path
    lines : list
        The lines that earlier runs wrote, as `parse` returned them.
    """

    def __init__(self, path: Path, file: FileIO, lines: list[Line]) -> None:
        self.path, self.lines, self._file = path, lines, file

    def add(self, line: Any) -> None:
        """Write a value as a line; it is not lost if the process is killed afterwards."""
        rest = json.dumps(line).encode() + b"\n"
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise ArgumentError(
                f"{self.path} could not be written: {error.strerror or error}; it holds the work finished "
                f"before, and the same call continues from there"
            ) from None

    def remove(self) -> None:
        """Delete the journal; call it when the results are saved elsewhere."""
        self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def open_journal(
    path: Path, header: Mapping[str, Any], parse: Callable[[Any], Line], *, doing: str, force: bool = False
) -> Iterator[Journal[Line]]:
    """Open a journal, read its lines, and lock it against other processes, also on other machines.

    Parameters
    ----------
    path : Path
        If the file does not exist or is empty, a new journal is started.
    header : mapping of str to JSON value
        The first line: ``format``, the kind of journal, and the settings on which its lines depend.
    parse : function of a JSON value
        Converts a line; raises ValueError, TypeError or LookupError if the line is damaged.
    doing : str
        What a run with such a journal does, for the message that another run uses it.
    force : bool
        Replace a journal of the same kind with another header.

    Raises
    ------
    ArgumentError
        The file is not such a journal, has another header, is damaged, in use, or cannot be opened.
    """
    in_use = f"{path} is in use: another run is {doing}; wait for it to end, or stop it"
    check_no_link(path)
    with locked(path, in_use), at_interruption(lambda: CONTINUES):
        try:
            lines, size = _read(path, header, parse, force)
            file = path.open("ab", buffering=0)
        except OSError as error:
            raise ArgumentError(f"{path} could not be opened: {error.strerror or error}") from None
        with file:
            file.truncate(size)
            journal = Journal(path, file, lines)
            if not size:
                journal.add(dict(header))
            yield journal


def _read(
    path: Path, header: Mapping[str, Any], parse: Callable[[Any], Line], force: bool
) -> tuple[list[Line], int]:
    """Return the lines of a journal and the size of its complete lines; size 0 means: start a new journal."""
    if not path.exists():
        return [], 0
    content = path.read_bytes()
    first, *lines, rest = content.split(b"\n") if b"\n" in content else (content, b"")
    beginning = json.dumps({"format": header["format"]})[:-1].encode()
    if content == first and (beginning.startswith(first) or first.startswith(beginning)):
        return [], 0  # empty, or the process was killed while it wrote the header
    try:
        existing = parsed(first) if first.startswith(beginning) else None
    except ValueError:
        existing = None
    if not isinstance(existing, dict) or existing.get("format") != header["format"]:
        raise ArgumentError(f"{path} exists and is not a journal ({header['format']}); choose another file")
    expected = json.loads(json.dumps(header))
    if existing != expected and force:
        return [], 0
    if existing != expected:
        raise ArgumentError(
            f"{path} is the journal of an unfinished run that differs in: {difference(existing, expected)}; "
            f"repeat the call that started it, delete the file, or replace it with --force (in Python "
            f"force=True)"
        )
    values, size = [], len(first) + 1
    for number, line in enumerate(lines, 2):
        try:
            values.append(parse(parsed(line)))
        except (ValueError, TypeError, LookupError):
            if number <= len(lines) or rest:
                raise ArgumentError(
                    f"{path}: line {number} is damaged, but more lines follow; delete that line, and the "
                    f"work it recorded is repeated"
                ) from None
            break
        size += len(line) + 1
    return values, size


def difference(existing: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """Return the names of the entries in which two headers or identities differ, as words for a message."""
    names = [*expected, *(name for name in existing if name not in expected)]
    return ", ".join(
        name.replace("_", " ").replace("python", "version of Python")
        for name in names
        if (name in existing, existing.get(name)) != (name in expected, expected.get(name))
    )

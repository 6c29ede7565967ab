"""Journals: record finished work, one line of JSON each, so that a stopped run can continue.

The first line says of what the journal is; by it, and by nothing else, a file is taken for ours. A last line
that a kill cut short is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any, Generic, TypeVar

from spiking.errors import ArgumentError
from spiking.files.lock import held_alone
from spiking.interruption import GOES_ON, at_interruption

Line = TypeVar("Line")


class Journal(Generic[Line]):
    """An open journal; use `open_journal`.

    Attributes
    ----------
    path : Path
    lines : list
        What earlier runs wrote, each as `parse` made it.
    """

    def __init__(self, path: Path, file: FileIO, lines: list[Line]) -> None:
        self.path, self.lines, self._file = path, lines, file

    def add(self, line: Any) -> None:
        """Write a value as a line; it is with the operating system when this returns."""
        rest = json.dumps(line).encode() + b"\n"
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise ArgumentError(
                f"{self.path} could not be written: {error.strerror or error}; it keeps what was done until "
                f"then, and the same call goes on from there"
            ) from None

    def remove(self) -> None:
        """Delete the journal: its results are where they belong."""
        self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def open_journal(
    path: Path, header: Mapping[str, Any], parse: Callable[[Any], Line], *, doing: str, force: bool = False
) -> Iterator[Journal[Line]]:
    """Open a journal with what it holds. Nobody else can, on this or another machine that sees the file.

    Parameters
    ----------
    path : Path
        If there is no such file, or an empty one, a journal is begun.
    header : mapping of str to JSON value
        The first line: ``format``, the kind of journal, and what decides what its lines mean.
    parse : function of a JSON value
        Makes something of a line; raises ValueError, TypeError or LookupError if it is none.
    doing : str
        What another run that has it open is doing.
    force : bool
        Begin anew in the place of a journal of the same kind with another header.

    Raises
    ------
    ArgumentError
        The file is something else, has another header, is damaged or in use, or the system refuses.
    """
    in_use = f"{path} is in use: another run is {doing}; wait for it to end, or stop it"
    with held_alone(path, in_use), at_interruption(lambda: GOES_ON):
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
    """Return what a journal holds, and the length of its whole lines: 0 where one is to be begun."""
    if not path.exists():
        return [], 0
    content = path.read_bytes() if path.is_file() else b"\n"
    first, *lines, rest = content.split(b"\n") if b"\n" in content else (content, b"")
    ours = json.dumps({"format": header["format"]})[:-1].encode()
    if content == first and (ours.startswith(first) or first.startswith(ours)):
        return [], 0  # empty, or killed as it wrote the first line
    try:
        found = json.loads(first) if first.startswith(ours) else None
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("format") != header["format"]:
        raise ArgumentError(f"{path} is there and is no journal ({header['format']}); name another file")
    expected = json.loads(json.dumps(header))
    if found != expected and force:
        return [], 0
    if found != expected:
        raise ArgumentError(
            f"{path} keeps what an unfinished run did with another {difference(found, expected)}; repeat the "
            f"call that began it, delete that file, or drop it with --force (in Python force=True)"
        )
    held, size = [], len(first) + 1
    for number, line in enumerate(lines, 2):
        try:
            held.append(parse(json.loads(line)))
        except (ValueError, TypeError, LookupError, RecursionError):
            if number <= len(lines) or rest:
                raise ArgumentError(
                    f"{path}: line {number} is damaged, and others follow it; delete the line, and what it "
                    f"told of is done again"
                ) from None
            break
        size += len(line) + 1
    return held, size


def difference(found: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """Say in words which entries of two identities differ."""
    names = [*expected, *(name for name in found if name not in expected)]
    return ", ".join(
        name.replace("_", " ").replace("python", "version of Python")
        for name in names
        if (name in found, found.get(name)) != (name in expected, expected.get(name))
    )

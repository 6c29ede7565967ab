"""The journal of trials: record each finished block, so that a stopped search or sweep can continue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from spiking.errors import ArgumentError
from spiking.files.digest import digest
from spiking.files.journal import Journal, open_journal
from spiking.parallel.blocks import Point, Values

Block = tuple[Point, int, list[Any]]  # point, first trial, results
Known = dict[Any, dict[int, Any]]  # results by point and trial number


class TrialJournal:
    """An open journal of trials; use `open_trials`."""

    def __init__(self, journal: Journal[Block]) -> None:
        self.path, self._journal = journal.path, journal
        self.known: Known = {}
        self._shapes: dict[Any, tuple[int, ...]] = {}  # of the results of a trial, by point
        for number, (point, first, values) in enumerate(journal.lines, 2):
            self._check_shape(point, np.shape(values)[1:], f"line {number}")
            self.known.setdefault(point, {}).update(enumerate(values, first))

    def add(self, point: Point, first: int, values: Values) -> None:
        """Write a block; the operating system has it when this returns."""
        self._check_shape(point, values.shape[1:], "a line before the last one")
        bits = values.dtype == bool
        self._journal.add([point, first, "".join("01"[int(v)] for v in values) if bits else values.tolist()])

    def _check_shape(self, point: Point, shape: tuple[int, ...], line: str) -> None:
        """Raise ArgumentError if trials of a point have other numbers of results than trials before."""
        if self._shapes.setdefault(point, shape) != shape:
            raise ArgumentError(
                f"{self.path}: {line} is damaged, as trials have different numbers of results; delete that "
                f"line, or the file, and the work it recorded is repeated"
            )

    def mark(self, text: str) -> None:
        """Write that the result `text` is about to be written to its file (see `is_marked`)."""
        self._journal.add([_mark(text), 0, ""])

    def remove(self) -> None:
        """Delete the journal, after its results were written to their file."""
        self._journal.remove()


@contextmanager
def open_trials(
    path: Path, header: Mapping[str, Any], *, doing: str, force: bool = False
) -> Iterator[TrialJournal]:
    """Open a journal of trials; arguments and errors as in `open_journal`."""
    with open_journal(path, header, _block, doing=doing, force=force) as journal:
        yield TrialJournal(journal)


def is_marked(path: Path, text: str) -> bool:
    """Return whether a journal ends with the mark of this result.

    Then the process was killed after it had written the result, and the journal is no longer needed.
    """
    return path.is_file() and path.read_bytes().endswith(json.dumps([_mark(text), 0, ""]).encode() + b"\n")


def _mark(text: str) -> str:
    return f"written: {digest(text)}"


def _block(line: Any) -> Block:
    """Return the block that a line of the journal records."""
    point, first, values = line
    if not isinstance(point, float | str) or not isinstance(first, int):
        raise TypeError
    if isinstance(values, list):
        if np.isinf(np.array(values, np.float64)).any():
            raise ValueError
        return point, first, values
    if set(values) <= {"0", "1"}:
        return point, first, [bit == "1" for bit in values]
    raise ValueError

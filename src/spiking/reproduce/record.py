"""The journal of reproductions: what became of each network, a JSON line each, as soon as it is known.

It never holds what can be had from its lines, and panels share it: a network that two of them need is trained
and converted once. A last line that a kill cut short is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from spiking.errors import ArgumentError
from spiking.file_lock import held_alone
from spiking.interruption import GOES_ON, at_interruption

_HEADER = {"format": "spiking reproduction journal 1"}


class Record:
    """An open journal; use `open_record`."""

    def __init__(self, file: IO[str], known: dict[str, dict[str, Any]]) -> None:
        self._file, self._known = file, known

    def get(self, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what is known of something, or None."""
        return self._known.get(_text(key))

    def add(self, key: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        """Write what became of something; it is with the operating system when this returns."""
        line = json.dumps({"of": key, "is": row})
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:
            raise ArgumentError(f"the journal could not be written: {error.strerror or error}") from None
        self._known[_text(key)] = json.loads(line)["is"]


@contextmanager
def open_record(path: Path) -> Iterator[Record]:
    """Open a journal with what it knows; nobody else can open it meanwhile.

    Raises
    ------
    ArgumentError
        The file is something else, damaged, in use, or cannot be read or written.
    """
    in_use = f"{path} is in use: another run is reproducing into this folder; wait for it to end, or stop it"
    try:
        with held_alone(path, in_use, ArgumentError), at_interruption(lambda: GOES_ON):
            known, size = _read(path)
            with path.open("r+" if size else "w", encoding="utf-8", newline="\n") as file:
                if size:
                    file.seek(size)
                    file.truncate()
                else:
                    file.write(json.dumps(_HEADER) + "\n")
                    file.flush()
                yield Record(file, known)
    except OSError as error:
        raise ArgumentError(f"{path} could not be used: {error.strerror or error}") from None


def _read(path: Path) -> tuple[dict[str, dict[str, Any]], int]:
    """Return what a journal knows, and the length of its whole lines."""
    if not path.exists():
        return {}, 0
    content = path.read_bytes()
    header, *lines = content.split(b"\n")[:-1] or [b""]
    if header.rstrip(b"\r") != json.dumps(_HEADER).encode():
        if b"\n" not in content and json.dumps(_HEADER).encode().startswith(content):
            return {}, 0  # killed as it wrote the first line
        raise ArgumentError(f"{path} is no journal of a reproduction; name another folder")
    known, size = {}, len(header) + 1
    for number, line in enumerate(lines, 2):
        try:
            entry = json.loads(line)
            known[_text(entry["of"])] = entry["is"]
        except (ValueError, TypeError, KeyError):
            if number <= len(lines):
                raise ArgumentError(
                    f"{path}: line {number} is damaged, and others follow it; delete the line, and what it "
                    f"told of is done again"
                ) from None
            break
        size += len(line) + 1
    return known, size


def _text(key: Mapping[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)

"""The journal of a search or sweep: every block of trials as it is done, so that a killed one goes on.

A text file of JSON lines. The first says what decides what becomes of a trial (model, task, seed and
version); each other holds a block: point (such as the scaling factor), first trial, and for each trial a 1 or
0, or a list of numbers. A line that a kill cut short is dropped. Method, candidates and numbers of trials are
not part: any search can use the trials.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import spiking
from spiking.digest import digest
from spiking.errors import ModelFileError
from spiking.file_lock import held_alone
from spiking.interruption import GOES_ON, at_interruption
from spiking.rate_model import RateModel
from spiking.tasks.identity import identity as task_identity
from spiking.tuning.scores import Point, Values, Work

_FORMAT = "spiking tuning journal 1"

Known = dict[Any, dict[int, Any]]  # by point and trial


def identity(work: Work) -> dict[str, Any]:
    """Return what decides whether a trial is correct, for the first line of a journal."""
    return {
        "format": _FORMAT,
        "version": spiking.__version__,
        "model": model_digest(work.model),
        **task_identity(work.task),
        "seed": work.seed,
        "downsample": work.downsample,
        "neurons": digest(work.params),
        "conversion": list(work.candidates),  # fitted to the above, in the last bits anew each time
    }


def model_digest(model: RateModel) -> str:
    """Return a digest of everything in a model that its simulation depends on."""
    arrays = (model.effective_weights(), model.w_in, model.w_out, model.b_out, model.tau_decay())
    return digest(model.activation, *arrays)


class Journal:
    """An open journal; use `open_journal`."""

    def __init__(self, path: Path, file: IO[str], known: Known) -> None:
        self.path, self.known, self._file = path, known, file

    def add(self, point: Point, first: int, values: Values) -> None:
        """Write a block; it is with the operating system when this returns."""
        bits = values.dtype == bool
        line = json.dumps([point, first, "".join("01"[int(v)] for v in values) if bits else values.tolist()])
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:
            raise ModelFileError(f"{self.path} could not be written: {error.strerror or error}") from None

    def remove(self) -> None:
        """Delete the journal: its results are where they belong."""
        self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def open_journal(
    path: Path, key: Mapping[str, Any], *, doing: str = "tuning this model"
) -> Iterator[Journal]:
    """Open the journal of a search, with what it knows already; a journal of another search is replaced.

    Nobody else can open it meanwhile, on this or another machine that sees the file.

    Raises
    ------
    ModelFileError
        Someone else has it open, or it cannot be written.
    """
    in_use = f"{path} is in use: another run is {doing}; wait for it to end, or stop it"
    with held_alone(path, in_use, ModelFileError), at_interruption(lambda: GOES_ON):
        try:
            known, size = _read(path, key)
            file = path.open("r+" if size else "w", encoding="ascii", newline="\n")
        except OSError as error:
            raise ModelFileError(f"{path} could not be opened: {error.strerror or error}") from None
        with file:
            if size:
                file.seek(size)
                file.truncate()
            else:
                file.write(json.dumps(key) + "\n")
                file.flush()
            yield Journal(path, file, known)


def _read(path: Path, key: Mapping[str, Any]) -> tuple[Known, int]:
    """Return what a journal knows and the length of its whole lines; nothing if it is of another search."""
    if not path.exists():
        return {}, 0
    header, *lines = path.read_bytes().split(b"\n")[:-1] or [b""]
    try:
        if json.loads(header) != dict(key):
            return {}, 0
    except ValueError:
        return {}, 0
    known: Known = {}
    size = len(header) + 1
    for line in lines:
        block = _block(line)
        if block is None:
            break
        point, first, values = block
        known.setdefault(point, {}).update({first + k: value for k, value in enumerate(values)})
        size += len(line) + 1
    return known, size


def _block(line: bytes) -> tuple[Point, int, list[Any]] | None:
    """Return the point, first trial and values of a line, or None if it is damaged."""
    try:
        point, first, values = json.loads(line)
    except (ValueError, TypeError):
        return None
    if not isinstance(point, float | str) or not isinstance(first, int):
        return None
    if isinstance(values, str):
        return (point, first, [bit == "1" for bit in values]) if set(values) <= {"0", "1"} else None
    return (point, first, values) if isinstance(values, list) else None

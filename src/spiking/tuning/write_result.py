"""Tune a model file: lock it, keep a journal beside it, and write the results once, at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from spiking.errors import ArgumentError, ModelFileError, SpikingError
from spiking.files.lock import locked
from spiking.matfile.write import update_variables
from spiking.parallel.trial_journal import Known, TrialJournal, is_marked, open_trials
from spiking.rate_model.model import RateModel
from spiking.tuning.result import ScalingFactorSearch
from spiking.tuning.work import Work, identity, model_digest


class TunedFile:
    """Where a search keeps what it has done, and writes what it found: a file, or nowhere without one."""

    def __init__(self, path: Path | None, work: Work, journal: TrialJournal | None) -> None:
        self._path, self._work, self._journal = path, work, journal

    @property
    def known(self) -> Known:
        """Trials that an earlier run has done."""
        return self._journal.known if self._journal else {}

    def add(self, point: Any, first: int, values: Any) -> None:
        """Keep a block."""
        if self._journal:
            self._journal.add(point, first, values)

    def finish(self, result: ScalingFactorSearch) -> None:
        """Write the result into the file and drop the journal.

        Raises
        ------
        ModelFileError
            The file is gone, holds another model now, or cannot be written; the journal stays.
        """
        if self._path is None or self._journal is None:
            return
        kept = f"found was the scaling factor {result.scaling_factor:g}"
        if self._journal.path.exists():
            kept += f"; what was simulated is kept in {self._journal.path}"
        variables = result.as_variables()
        if not self._path.exists():
            raise ModelFileError(
                f"{self._path} was removed while it was tuned; {kept}: put the file back and tune it again"
            )
        try:
            same = model_digest(RateModel.load(self._path)) == model_digest(self._work.model)
            if same:
                self._journal.mark(variables["tuning"].item())
                update_variables(self._path, variables)
        except SpikingError as error:
            raise ModelFileError(f"{error}; {kept}") from None
        if not same:
            raise ModelFileError(
                f"{self._path} was changed while it was tuned and holds another model now; nothing was "
                f"written into it. Tune it again, with --force (in Python force=True)"
            )
        self._journal.remove()


@contextmanager
def tuned_file(path: Path | None, work: Work, *, force: bool) -> Iterator[TunedFile]:
    """Open the journal of a model file (None: keep nothing), for one run at a time.

    With `force` the journal of an unfinished search with other settings is dropped.

    Raises
    ------
    ArgumentError
        Another run is tuning that file, or was stopped as it did, with other settings.
    ModelFileError
        The file is write-protected.
    """
    if path is None:
        yield TunedFile(None, work, None)
        return
    target = Path(os.path.realpath(path))  # whatever name it is known by, its journal is the same
    if not os.access(target, os.W_OK):
        raise ModelFileError(f"{path} is write-protected: the result could not be written into it")
    place = journal_path(target)
    with open_trials(place, identity(work), doing="tuning this model", force=force) as journal:
        yield TunedFile(path, work, journal)


def remove_leftovers(path: Path, recorded: str) -> None:
    """Remove what a search left that was killed after it had written its result, `recorded`, into a file."""
    journal = journal_path(Path(os.path.realpath(path)))
    with suppress(ArgumentError), locked(journal, "in use"):  # which removes the lock
        if is_marked(journal, recorded):
            journal.unlink()


def journal_path(model: Path) -> Path:
    """Return where the journal of a model file is."""
    return model.with_name(model.name + ".tuning")

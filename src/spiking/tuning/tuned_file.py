"""Tune a model file: lock it, keep a journal beside it, and write the result at the end."""

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
from spiking.rate_model.recorded_settings import record_variables
from spiking.tuning.result import ScalingFactorSearch
from spiking.tuning.trial_setup import TrialSetup, identity, model_digest


class TunedFile:
    """The model file of a search, with its journal; without a file, nothing is kept or written."""

    def __init__(self, path: Path | None, setup: TrialSetup, journal: TrialJournal | None) -> None:
        self._path, self._setup, self._journal = path, setup, journal

    @property
    def known(self) -> Known:
        """Results of the trials that an earlier run finished."""
        return self._journal.known if self._journal else {}

    def add(self, point: Any, first: int, values: Any) -> None:
        """Write a finished block to the journal."""
        if self._journal:
            self._journal.add(point, first, values)

    def finish(self, result: ScalingFactorSearch) -> None:
        """Write the result, and the task unless the file records its training, and delete the journal.

        Raises
        ------
        ModelFileError
            The file was removed, now has another model, or cannot be written. The journal is kept.
        """
        if self._path is None or self._journal is None:
            return
        outcome = f"the scaling factor found is {result.scaling_factor:g}"
        if self._journal.path.exists():
            outcome += f", and finished trials are kept in {self._journal.path}"
        variables = result.as_variables()
        if not self._path.exists():
            raise ModelFileError(
                f"{self._path} was removed while it was tuned; restore it and tune it again ({outcome})"
            )
        try:
            model = RateModel.load(self._path)
            same = model_digest(model) == model_digest(self._setup.model)
            if same:
                self._journal.mark(variables["tuning"].item())
                update_variables(self._path, variables | record_variables(model, result.task))
        except SpikingError as error:
            raise ModelFileError(f"{error} ({outcome})") from None
        if not same:
            raise ModelFileError(
                f"{self._path} was replaced by another model while it was tuned; nothing was written. Tune "
                f"it again with --force (in Python force=True)"
            )
        self._journal.remove()


@contextmanager
def tuned_file(path: Path | None, setup: TrialSetup, *, force: bool) -> Iterator[TunedFile]:
    """Open the journal of a model file for a single run at a time; without a path, keep nothing.

    With `force`, the journal of an unfinished search with other settings is deleted.

    Raises
    ------
    ArgumentError
        Another run is tuning the file, or an unfinished search of it had other settings.
    ModelFileError
        The file is write-protected.
    """
    if path is None:
        yield TunedFile(None, setup, None)
        return
    target = Path(os.path.realpath(path))  # so that all links to a file share its journal
    if target.exists() and not (os.access(target, os.W_OK) and target.stat().st_mode & 0o222):
        raise ModelFileError(
            f"{path} is write-protected; expected a file into which the result can be written: make it "
            f"writable (chmod u+w), tune a copy, or leave the file as it is with --no-write (in Python "
            f"write=False)"
        )
    trials = open_trials(journal_path(target), identity(setup), doing="tuning this model", force=force)
    with trials as journal:
        yield TunedFile(path, setup, journal)


def remove_leftovers(path: Path, recorded: str) -> None:
    """Remove the journal of a search that was killed after it had written its result, `recorded`."""
    journal = journal_path(Path(os.path.realpath(path)))
    with suppress(ArgumentError), locked(journal, "in use"):  # this also removes the lock file
        if is_marked(journal, recorded):
            journal.unlink()


def journal_path(model: Path) -> Path:
    """Return the path of the journal of a model file."""
    return model.with_name(model.name + ".tuning")

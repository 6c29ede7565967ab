"""List the trainings and conversions that a panel needs, and which of them are missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spiking.errors import ArgumentError, ModelFileError
from spiking.rate_model.model import RateModel
from spiking.reproduce.conditions import Panel
from spiking.reproduce.journal import ReproductionJournal
from spiking.reproduce.paper.spec import NetworkSpec, Row, Tested, Tuning, tuning_key


@dataclass(frozen=True, eq=False)
class Step:
    """A network to train, and its conversions: how each is tuned, and the tests of each."""

    network: NetworkSpec
    seed: int
    conversions: tuple[tuple[Tuning, tuple[Tested, ...]], ...]


def steps(panel: Panel, seeds: Sequence[int]) -> list[Step]:
    """Return the steps of a panel: the first network of each condition, then the second, and so on."""
    networks: dict[str, NetworkSpec] = {}
    wanted: dict[str, dict[Tuning, list[Tested]]] = {}
    for condition in panel.conditions:
        name = _text(condition.network)
        networks[name] = condition.network
        conversions = wanted.setdefault(name, {})
        if condition.tested is not None:
            tests = conversions.setdefault(condition.tuning, [])
            if condition.tested not in tests:
                tests.append(condition.tested)
    return [
        Step(network, seed, tuple((tuned, tuple(tests)) for tuned, tests in wanted[name].items()))
        for seed in seeds
        for name, network in networks.items()
    ]


def network_key(network: NetworkSpec, seed: int) -> Row:
    """Return the key of a trained network in a journal."""
    return {"network": network.key(), "seed": seed}


def conversion_key(network: NetworkSpec, seed: int, tuned: Tuning, tested: Tested) -> Row:
    """Return the key of a conversion in a journal."""
    return {**network_key(network, seed), **tuning_key(tuned), **tested.key()}


class MissingWork:
    """The finished steps of a panel, in a journal and a folder of models.

    Calls `progress` with the number of finished steps and of all steps when the first changes.
    """

    def __init__(
        self,
        journal: ReproductionJournal,
        models: Path,
        wanted: list[Step],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._journal, self._models, self._steps, self._progress = journal, models, wanted, progress
        self._done, self._all = 0, sum(1 + len(step.conversions) for step in wanted)

    def unfinished(self) -> list[Step]:
        """Return the steps whose training or any of whose conversions is missing, and count the rest."""
        unfinished = [step for step in self._steps if self._row(step) is None or self.missing(step)]
        self.count(sum(1 + len(step.conversions) for step in self._steps if step not in unfinished))
        self.count(sum(self._row(step) is not None for step in unfinished))
        return unfinished

    def missing(self, step: Step) -> list[tuple[Tuning, list[Tested]]]:
        """Return the missing conversions of a trained network; none if its training did not converge."""
        if not self.has_trained(step):
            return []
        missing = []
        for tuned, tests in step.conversions:
            missing_tests = [
                test
                for test in tests
                if self._journal.get(conversion_key(step.network, step.seed, tuned, test)) is None
            ]
            if missing_tests:
                missing.append((tuned, missing_tests))
        return missing

    def has_trained(self, step: Step) -> bool:
        """Return whether the network was trained and its training converged."""
        row = self._row(step)
        return row is not None and bool(row["converged"])

    def model(self, step: Step) -> RateModel | None:
        """Return the trained model, or None if it is not in the journal or its file was deleted."""
        path = self._path(step)
        try:
            return RateModel.load(path) if self._row(step) is not None and path.exists() else None
        except ModelFileError as error:
            raise ArgumentError(f"{error}; delete the file to train the network again") from None

    def trained(self, step: Step, row: Row, model: RateModel) -> None:
        """Save a trained model, and record the result of its training."""
        if row["converged"]:
            try:
                # The file exists if an earlier run was killed before it wrote the line of the journal.
                model.save(self._path(step), force=True)
            except ModelFileError as error:
                raise ArgumentError(str(error)) from None
        if self._row(step) is None:
            self._journal.add(network_key(step.network, step.seed), row)
            self.count(1)

    def converted(self, step: Step, tuned: Tuning, tests: list[Tested], rows: list[Row]) -> None:
        """Record the results of a conversion in each of its tests."""
        for test, row in zip(tests, rows, strict=True):
            self._journal.add(conversion_key(step.network, step.seed, tuned, test), row)
        self.count(1)

    def count(self, steps: int) -> None:
        """Add to the number of finished steps."""
        self._done += steps
        if self._progress:
            self._progress(self._done, self._all)

    def _row(self, step: Step) -> Row | None:
        return self._journal.get(network_key(step.network, step.seed))

    def _path(self, step: Step) -> Path:
        network = step.network
        digest = hashlib.sha256(_text(network).encode()).hexdigest()[:8]
        return self._models / f"{network.task.name}_N_{network.n_units}_{digest}_seed_{step.seed}.mat"


def _text(network: NetworkSpec) -> str:
    return json.dumps(network.key(), sort_keys=True)

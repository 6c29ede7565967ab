"""List the networks and conversions that a panel needs, and which of them are done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spiking.errors import ArgumentError, ModelFileError
from spiking.rate_model.model import RateModel
from spiking.reproduce.conditions import Panel
from spiking.reproduce.journal import Record
from spiking.reproduce.train_and_convert import NetworkSpec, Row, Tested, Tuning, tuning_key


@dataclass(frozen=True, eq=False)
class Step:
    """A network to be trained, and the conversions wanted of it: how it is tuned, and tested."""

    network: NetworkSpec
    seed: int
    conversions: tuple[tuple[Tuning, tuple[Tested, ...]], ...]


def steps(panel: Panel, seeds: Sequence[int]) -> list[Step]:
    """Return what is to be done: the first network of every condition, then the second, and so on."""
    networks: dict[str, NetworkSpec] = {}
    wanted: dict[str, dict[Tuning, list[Tested]]] = {}
    for condition in panel.conditions:
        name = _text(condition.network)
        networks[name] = condition.network
        own = wanted.setdefault(name, {})
        if condition.tested is not None:
            tests = own.setdefault(condition.tuning, [])
            if condition.tested not in tests:
                tests.append(condition.tested)
    return [
        Step(network, seed, tuple((tuned, tuple(tests)) for tuned, tests in wanted[name].items()))
        for seed in seeds
        for name, network in networks.items()
    ]


def network_key(network: NetworkSpec, seed: int) -> Row:
    """Return what stands for a trained network in a journal."""
    return {"network": network.key(), "seed": seed}


def conversion_key(network: NetworkSpec, seed: int, tuned: Tuning, tested: Tested) -> Row:
    """Return what stands for a conversion in a journal."""
    return {**network_key(network, seed), **tuning_key(tuned), **tested.key()}


class Work:
    """What is done, in a journal and a folder of models; calls `progress` (steps done, all) as it changes."""

    def __init__(
        self,
        record: Record,
        models: Path,
        wanted: list[Step],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._record, self._models, self._steps, self._progress = record, models, wanted, progress
        self._done, self._all = 0, sum(1 + len(step.conversions) for step in wanted)

    def unfinished(self) -> list[Step]:
        """Return the steps of which something is missing."""
        left = [step for step in self._steps if self._row(step) is None or self.missing(step)]
        self.count(sum(1 + len(step.conversions) for step in self._steps if step not in left))
        self.count(sum(self._row(step) is not None for step in left))
        return left

    def missing(self, step: Step) -> list[tuple[Tuning, list[Tested]]]:
        """Return the conversions of a trained network that are missing; none if it has not converged."""
        if not self.has_trained(step):
            return []
        found = []
        for tuned, tests in step.conversions:
            left = [
                test
                for test in tests
                if self._record.get(conversion_key(step.network, step.seed, tuned, test)) is None
            ]
            if left:
                found.append((tuned, left))
        return found

    def has_trained(self, step: Step) -> bool:
        """Say whether the network has been trained and met the criteria."""
        row = self._row(step)
        return row is not None and bool(row["converged"])

    def model(self, step: Step) -> RateModel | None:
        """Return the trained model if the journal knows it and it has been kept."""
        path = self._path(step)
        try:
            return RateModel.load(path) if self._row(step) is not None and path.exists() else None
        except ModelFileError as error:
            raise ArgumentError(f"{error}; delete it, and it is trained again") from None

    def trained(self, step: Step, row: Row, model: RateModel) -> None:
        """Keep a trained model, and write down what became of it."""
        if row["converged"]:
            try:
                model.save(self._path(step), force=True)  # a kill may have left it without its line
            except ModelFileError as error:
                raise ArgumentError(str(error)) from None
        if self._row(step) is None:
            self._record.add(network_key(step.network, step.seed), row)
            self.count(1)

    def converted(self, step: Step, tuned: Tuning, tests: list[Tested], rows: list[Row]) -> None:
        """Write down what became of a conversion in each of its tests."""
        for test, row in zip(tests, rows, strict=True):
            self._record.add(conversion_key(step.network, step.seed, tuned, test), row)
        self.count(1)

    def count(self, steps: int) -> None:
        """Say that so many more steps are done."""
        self._done += steps
        if self._progress:
            self._progress(self._done, self._all)

    def _row(self, step: Step) -> Row | None:
        return self._record.get(network_key(step.network, step.seed))

    def _path(self, step: Step) -> Path:
        network = step.network
        own = hashlib.sha256(_text(network).encode()).hexdigest()[:8]
        return self._models / f"{network.task.name}_N_{network.n_units}_{own}_seed_{step.seed}.mat"


def _text(network: NetworkSpec) -> str:
    return json.dumps(network.key(), sort_keys=True)

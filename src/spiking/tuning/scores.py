"""What became of each trial: run in blocks, in any order and anywhere, and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from spiking.evaluation import correct_trials
from spiking.lif_params import LIFParams
from spiking.rate_model import RateModel
from spiking.spiking_network import SpikingNetwork
from spiking.tasks import Task

Bools = NDArray[np.bool_]

# Simulation time of a trial, and for each step of a neuron, about: only for the size of blocks.
_TRIAL_SECONDS, _STEP_SECONDS = 1e-3, 1.2e-9
_PATIENCE = 0.5  # seconds between two checks


Point = float | str  # what is tried: a scaling factor, or a point of a sweep
P = TypeVar("P", bound=Point)
Values = NDArray[Any]  # of a number of trials, shape (trials, ...)


class Runnable(Protocol):
    """What all blocks have in common: run a block with `run`."""

    @property
    def task(self) -> Task:
        """The task that is run."""

    def run(self, point: Any, first: int, n: int) -> Values:
        """Run trials `first` to `first + n - 1` at a point, in one thread."""


@dataclass(frozen=True, eq=False)
class Work:
    """What all blocks of a search for the scaling factor have in common; it gives the correct trials."""

    model: RateModel
    task: Task
    seed: int
    downsample: int
    params: LIFParams | None

    def run(self, point: float, first: int, n: int) -> Bools:
        """Run trials `first` to `first + n - 1` at a scaling factor, in one thread."""
        network = SpikingNetwork.from_rate(self.model, point, params=self.params)
        return correct_trials(
            network, self.task, self.seed, range(first, first + n), downsample=self.downsample
        )


def block_trials(seconds: float, task: Task, n_units: int, downsample: int) -> int:
    """Return about how many trials are simulated in that time."""
    steps = 100 * task.n_steps / downsample
    return max(1, round(seconds / (_TRIAL_SECONDS + _STEP_SECONDS * steps * n_units)))


def run_block(work: Runnable, point: Point, first: int, n: int) -> Values:
    """Run trials `first` to `first + n - 1` at a point, in one thread."""
    return work.run(point, first, n)


Submit = Callable[[Any, int, int], "Future[Values]"]  # point, first trial, number of trials


class Scores(Generic[P]):
    """Ask it what became of trials; what is not known yet is run.

    Parameters
    ----------
    submit : function
        Starts a block and returns its future.
    block : int
        Most trials in a block.
    known : mapping of point to mapping of int to value
        For each point, by trial number, what is known already.
    record : function of point, first trial and array
        Called with every block as it is done.
    check : function
        Called at least every half second while blocks run; raises if the search cannot go on.
    """

    def __init__(
        self,
        submit: Submit,
        block: int,
        known: Mapping[P, Mapping[int, Any]],
        record: Callable[[P, int, Values], object],
        check: Callable[[], object],
    ) -> None:
        self._submit, self._block, self._record, self._check = submit, block, record, check
        self._known: dict[P, dict[int, Any]] = {point: dict(own) for point, own in known.items()}

    def __call__(self, wanted: Mapping[P, Sequence[int]]) -> dict[P, Values]:
        """Return what became of the trials of each point, in their order, shape (trials, ...)."""
        futures: dict[Future[Values], tuple[P, int]] = {}
        try:
            for point, numbers in wanted.items():
                own = self._known.setdefault(point, {})
                missing = [trial for trial in numbers if trial not in own]
                for start, length in _runs(missing, self._block):
                    futures[self._submit(point, start, length)] = (point, start)
            pending = set(futures)
            while pending:
                done, pending = wait(pending, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
                self._check()
                for future in done:
                    point, start = futures[future]
                    values = future.result()
                    self._record(point, start, values)
                    self._known[point] |= {start + k: value for k, value in enumerate(values)}
        except BaseException:
            for future in futures:
                future.cancel()
            raise
        return {
            point: np.array([self._known[point][trial] for trial in numbers])
            for point, numbers in wanted.items()
        }


def _runs(trials: list[int], longest: int) -> list[tuple[int, int]]:
    """Split ascending numbers into runs of consecutive ones: (first, length)."""
    runs: list[tuple[int, int]] = []
    for trial in trials:
        if runs and trial == sum(runs[-1]) and runs[-1][1] < longest:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((trial, 1))
    return runs

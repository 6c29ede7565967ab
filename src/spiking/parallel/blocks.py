"""Run trials in blocks, in any order and place, and keep the result of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import pairwise
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from spiking.simulation.random_numbers import SharedNoise
from spiking.tasks import Task

# Simulation time of a trial, and for each step of a neuron, about: only for the size of blocks.
_TRIAL_SECONDS, _STEP_SECONDS = 1e-3, 1.2e-9


_AT_ONCE = 2  # trials whose noise is kept, 4 bytes a neuron and step


_PATIENCE = 0.5  # seconds between two checks


Point = float | str  # what is tried: a scaling factor, or a point of a sweep


P = TypeVar("P", bound=Point)


Values = NDArray[Any]  # of a number of trials, shape (trials, ...)


class Runnable(Protocol):
    """What all blocks have in common: run a block with `run`."""

    @property
    def task(self) -> Task:
        """The task that is run."""

    @property
    def seed(self) -> int:
        """The seed of the trials."""

    def run(self, point: Any, first: int, n: int, shared_noise: SharedNoise | None) -> Values:
        """Run trials `first` to `first + n - 1` at a point, in one thread."""


def block_trials(seconds: float, task: Task, n_units: int, downsample: int) -> int:
    """Return about how many trials are simulated in that time."""
    steps = 100 * task.n_steps / downsample
    return max(1, round(seconds / (_TRIAL_SECONDS + _STEP_SECONDS * steps * n_units)))


def run_block(works: Sequence[Runnable], points: Sequence[Point], first: int, n: int) -> list[Values]:
    """Run trials `first` to `first + n - 1` at several points, each of its work, with noise drawn once."""
    if len(points) == 1:
        return [works[0].run(points[0], first, n, None)]
    values: list[list[Values]] = [[] for _ in points]
    for start in range(first, first + n, _AT_ONCE):
        shared_noise = SharedNoise(works[0].seed)
        for work, point, own in zip(works, points, values, strict=True):
            own.append(work.run(point, start, min(_AT_ONCE, first + n - start), shared_noise))
    return [np.concatenate(own) for own in values]


Submit = Callable[[Sequence[Any], int, int], "Future[list[Values]]"]  # points, first trial, number of trials


class TrialRunner(Generic[P]):
    """Ask it what became of trials; what is not known yet is run.

    Parameters
    ----------
    submit : function
        Starts a block and returns its future.
    block : int
        Most trials in a block, those of all its points together.
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
        futures: dict[Future[list[Values]], tuple[tuple[P, ...], int]] = {}
        missing: dict[int, list[P]] = {}
        for point, numbers in wanted.items():
            own = self._known.setdefault(point, {})
            for trial in numbers:
                if trial not in own:
                    missing.setdefault(trial, []).append(point)
        half = -(-sum(map(len, missing.values())) // 2)  # of few trials, so that two threads share them
        try:
            for points, start, length in _blocks(missing, min(self._block, half)):
                futures[self._submit(points, start, length)] = (points, start)
            pending = set(futures)
            while pending:
                done, pending = wait(pending, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
                self._check()
                for future in done:
                    points, start = futures[future]
                    for point, values in zip(points, future.result(), strict=True):
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


def _blocks(missing: Mapping[int, list[P]], most: int) -> Iterator[tuple[tuple[P, ...], int, int]]:
    """Split the trials that points lack into blocks: points, first trial, number of trials.

    Of a block's points all lack all of its trials; many points are split into about equal groups.
    """
    stretches: list[tuple[list[P], int, int]] = []
    for trial in sorted(missing):
        points, first, n = stretches[-1] if stretches else ([], 0, 0)
        if trial == first + n and points == missing[trial]:
            stretches[-1] = (points, first, n + 1)
        else:
            stretches.append((missing[trial], trial, 1))
    for points, first, n in stretches:
        groups = -(-len(points) // most)
        width = -(-len(points) // groups)
        stages = -(-n // max(1, most // width))
        bounds = [first + k * n // stages for k in range(stages + 1)]  # equal: threads end together
        for start, end in pairwise(bounds):
            for k in range(0, len(points), width):
                yield tuple(points[k : k + width]), start, end - start

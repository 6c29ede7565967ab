"""Run trials in blocks, in any order and in any executor, and keep the result of each trial."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import pairwise
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from spiking.simulation.random_numbers import SharedNoise
from spiking.tasks import Task

# Approximate simulation time of a trial, and of each step of each neuron; only for the size of blocks.
_TRIAL_SECONDS, _STEP_SECONDS = 1e-3, 1.2e-9
_SHARED_TRIALS = 2  # trials whose noise is in memory at the same time, 4 bytes for each neuron and step
_CHECK_SECONDS = 0.5  # time between two checks

Point = float | str  # a scaling factor, the name of a conversion, or the key of a point of a sweep
P = TypeVar("P", bound=Point)
Values = NDArray[Any]  # results of several trials, shape (trials, ...)


class Runnable(Protocol):
    """The network, task and settings that all blocks share; `run` runs a block."""

    @property
    def task(self) -> Task:
        """The task that is run."""

    @property
    def seed(self) -> int:
        """The seed of the trials."""

    def run(self, point: Any, first: int, n: int, shared_noise: SharedNoise | None) -> Values:
        """Run trials `first` to `first + n - 1` at a point, in one thread."""


def block_trials(seconds: float, task: Task, n_units: int, downsample: int) -> int:
    """Return approximately how many trials can be simulated in a time."""
    steps = 100 * task.n_steps / downsample
    return max(1, round(seconds / (_TRIAL_SECONDS + _STEP_SECONDS * steps * n_units)))


def run_block(works: Sequence[Runnable], points: Sequence[Point], first: int, n: int) -> list[Values]:
    """Run trials `first` to `first + n - 1` at several points, each with its work and the same noise."""
    if len(points) == 1:
        return [works[0].run(points[0], first, n, None)]
    parts: list[list[Values]] = [[] for _ in points]
    for start in range(first, first + n, _SHARED_TRIALS):
        shared_noise = SharedNoise(works[0].seed)
        for work, point, part in zip(works, points, parts, strict=True):
            part.append(work.run(point, start, min(_SHARED_TRIALS, first + n - start), shared_noise))
    return [np.concatenate(part) for part in parts]


Submit = Callable[[Sequence[Any], int, int], "Future[list[Values]]"]  # points, first trial, number of trials


class TrialRunner(Generic[P]):
    """Return the results of trials; run those whose results are not known yet.

    Parameters
    ----------
    submit : function
        Starts a block and returns its future.
    block : int
        Maximum number of trials in a block, over all its points.
    known : mapping of point to mapping of int to value
        The known results of each point, by trial number.
    record : function of point, first trial and array
        Called with each finished block.
    check : function
        Called at least every half second while blocks run; raises if the work cannot continue.
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
        self._known: dict[P, dict[int, Any]] = {point: dict(results) for point, results in known.items()}

    def __call__(self, wanted: Mapping[P, Sequence[int]]) -> dict[P, Values]:
        """Return the results of the wanted trials of each point, in their order, shape (trials, ...)."""
        futures: dict[Future[list[Values]], tuple[tuple[P, ...], int]] = {}
        missing: dict[int, list[P]] = {}
        for point, numbers in wanted.items():
            known = self._known.setdefault(point, {})
            for trial in numbers:
                if trial not in known:
                    missing.setdefault(trial, []).append(point)
        half = -(-sum(map(len, missing.values())) // 2)  # so that two threads share even a few trials
        try:
            for points, start, length in _blocks(missing, min(self._block, half)):
                futures[self._submit(points, start, length)] = (points, start)
            pending = set(futures)
            while pending:
                done, pending = wait(pending, timeout=_CHECK_SECONDS, return_when=FIRST_COMPLETED)
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
    """Split the missing trials of points into blocks: points, first trial, number of trials.

    All points of a block miss all of its trials. Many points are split into groups of about equal size.
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
        bounds = [first + k * n // stages for k in range(stages + 1)]  # equal blocks: threads finish together
        for start, end in pairwise(bounds):
            for k in range(0, len(points), width):
                yield tuple(points[k : k + width]), start, end - start

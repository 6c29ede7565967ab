"""Where blocks of trials run: threads of this process, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from spiking.errors import ClusterError
from spiking.parallel.blocks import Runnable, Scores, Values, block_trials, run_block
from spiking.tuning.work import Work

if TYPE_CHECKING:
    from distributed import Client


_BLOCK_SECONDS = 0.06  # short, so that threads end together


@dataclass(frozen=True)
class Workplace:
    """Where blocks run.

    Parameters
    ----------
    hold : function
        Takes the work of a search to where it will be needed, and returns what stands for it.
    submit : function of what stands for the works, points, first trial and number of trials
        Starts a block (`run_block`).
    block_seconds : float
        How long a block should take.
    check : function
        Raises if blocks cannot run any longer.
    failures : tuple of exception types
        What a block raises, other than its own errors, when the place fails.
    """

    hold: Callable[[Runnable], Any]
    submit: Callable[[Sequence[Any], Sequence[Any], int, int], Future[list[Values]]]
    block_seconds: float
    check: Callable[[], object]
    failures: tuple[type[BaseException], ...] = ()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn a failure of the place into a ClusterError."""
        try:
            yield
        except self.failures as error:
            raise ClusterError(
                f"the cluster failed ({type(error).__name__}: {error}); see whether scheduler and workers run"
            ) from error


def local(pool: ThreadPoolExecutor, check: Callable[[], object] = lambda: None) -> Workplace:
    """Return this process's threads as a workplace; the simulation lets go of Python's lock."""

    def submit(*block: Any) -> Future[list[Values]]:
        return pool.submit(run_block, *block)

    return Workplace(lambda work: work, submit, _BLOCK_SECONDS, check)


def scores_of(
    workplace: Workplace,
    work: Work,
    known: Mapping[Any, Mapping[int, Any]] = MappingProxyType({}),
    record: Callable[[Any, int, Values], object] = lambda *_: None,
) -> Scores[Any]:
    """Return the scores of a model's scaling factors or conversions, simulated at a workplace."""
    held = workplace.hold(work)

    def submit(points: Sequence[Any], first: int, n: int) -> Future[list[Values]]:
        return workplace.submit([held] * len(points), points, first, n)

    block = block_trials(workplace.block_seconds, work.task, work.model.n_units, work.downsample)
    return Scores(submit, block, known, record, workplace.check)


@contextmanager
def open_workplace(
    jobs: int, client: Client | None, check: Callable[[], object]
) -> Iterator[tuple[Workplace, int]]:
    """Return where to simulate, and how many searches at once keep it busy: some wait, read or write.

    A client's workers, or that many threads (`jobs`) of this process.
    """
    if client is not None:
        from spiking.parallel.cluster import cluster

        yield cluster(client, check)
    else:
        with ThreadPoolExecutor(jobs) as pool:
            yield local(pool, check), jobs + 1

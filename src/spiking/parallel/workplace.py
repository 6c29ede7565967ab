"""Executors of blocks of trials: threads of this process, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spiking.errors import ClusterError
from spiking.parallel.blocks import Runnable, Values, run_block

if TYPE_CHECKING:
    pass


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

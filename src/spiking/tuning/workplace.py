"""Where blocks of trials run: threads of this process, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spiking.errors import ClusterError
from spiking.tuning.scores import Runnable, Submit, run_block

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True)
class Workplace:
    """Where blocks run.

    Parameters
    ----------
    start : function
        Takes the work of a search and returns the function that starts a block of it.
    block_seconds : float
        How long a block should take.
    check : function
        Raises if blocks cannot run any longer.
    failures : tuple of exception types
        What a block raises, other than its own errors, when the place fails.
    """

    start: Callable[[Runnable], Submit]
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

    def start(work: Runnable) -> Submit:
        return lambda point, first, n: pool.submit(run_block, work, point, first, n)

    return Workplace(start, 0.03, check)  # short, so that threads end together


@contextmanager
def open_workplace(
    jobs: int, client: Client | None, check: Callable[[], object]
) -> Iterator[tuple[Workplace, int]]:
    """Return where to simulate, and how many searches at once keep it busy: some wait, read or write.

    A client's workers, or that many threads (`jobs`) of this process.
    """
    if client is not None:
        from spiking.tuning.cluster import cluster

        yield cluster(client, check)
    else:
        with ThreadPoolExecutor(jobs) as pool:
            yield local(pool, check), jobs + 1

"""Open an executor: threads of this process, or the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spiking.parallel.cluster import cluster
from spiking.parallel.executor import Executor

if TYPE_CHECKING:
    from distributed import Client

_BLOCK_SECONDS = 0.06  # short, so that threads finish together


@contextmanager
def open_executor(
    threads: int, client: Client | None = None, check: Callable[[], object] = lambda: None
) -> Iterator[Executor]:
    """Yield an executor of the workers of a client or, without one, of threads of this process.

    Processes are not needed: simulation, training and files release Python's global lock.
    """
    if client is not None:
        yield cluster(client, check)
    else:
        with ThreadPoolExecutor(threads) as pool:
            yield Executor(threads, pool.submit, lambda work: work, _BLOCK_SECONDS, check)

"""Open the executor of blocks of trials: threads of this process, or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spiking.parallel.cluster import cluster
from spiking.parallel.workplace import Workplace, local

if TYPE_CHECKING:
    from distributed import Client


@contextmanager
def open_workplace(
    jobs: int, client: Client | None, check: Callable[[], object]
) -> Iterator[tuple[Workplace, int]]:
    """Return where to simulate, and how many searches at once keep it busy: some wait, read or write.

    A client's workers, or that many threads (`jobs`) of this process.
    """
    if client is not None:
        yield cluster(client, check)
    else:
        with ThreadPoolExecutor(jobs) as pool:
            yield local(pool, check), jobs + 1

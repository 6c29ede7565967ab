"""Simulate blocks of trials on a dask.distributed cluster."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from spiking.errors import ClusterError
from spiking.parallel.blocks import Runnable
from spiking.parallel.executor import Executor

if TYPE_CHECKING:
    from distributed import Client

_BLOCK_SECONDS = 1.0
_MOST_AT_ONCE = 64  # each is a thread here


def cluster(client: Client, check: Callable[[], object]) -> Executor:
    """Return the workers of a client as an executor.

    Raises
    ------
    ClusterError
        The scheduler is gone, or has no workers.
    """
    from distributed import CancelledError as DaskCancelledError
    from distributed import KilledWorker
    from distributed.comm.core import CommClosedError

    executor = client.get_executor(pure=False)  # type: ignore[no-untyped-call]  # no types
    address = client.scheduler.address if client.scheduler else "the scheduler"

    def check_cluster() -> None:
        check()
        if client.status != "running":
            raise ClusterError(
                f"lost the scheduler at {address}: start it again, and the same command; results written so "
                f"far, and journals, are kept"
            )

    def hold(work: Runnable) -> Any:
        check_cluster()
        # As a task, not scattered: if the worker that holds it dies, the scheduler can make it again. Workers
        # hand it on among themselves.
        return client.submit(pickle.loads, _pickled(work), pure=False)

    check_cluster()
    threads = sum(worker["nthreads"] for worker in client.scheduler_info(n_workers=-1)["workers"].values())
    if not threads:
        raise ClusterError(
            f"the scheduler at {address} has no workers: start some with `dask worker {address}`"
        )
    failures = (CancelledError, DaskCancelledError, KilledWorker, CommClosedError)
    at_once = min(2 * threads, _MOST_AT_ONCE)
    return Executor(at_once, executor.submit, hold, _BLOCK_SECONDS, check_cluster, failures)


def _pickled(work: Runnable) -> bytes:
    """Pickle the work of a search; a task from a user's file goes as code, which workers need not have."""
    import cloudpickle

    module = sys.modules[type(work.task).__module__]
    if module.__name__.startswith("spiking_task_"):
        cloudpickle.register_pickle_by_value(module)
    return bytes(cloudpickle.dumps(work))

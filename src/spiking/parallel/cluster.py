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
_MAX_AT_ONCE = 64  # each needs a thread in this process


def cluster(client: Client, check: Callable[[], object]) -> Executor:
    """Return an executor that runs functions on the workers of a client.

    Raises
    ------
    ClusterError
        The connection to the scheduler is lost, or it has no workers.
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
                f"the connection to the scheduler at {address} is lost; restart it and repeat the command "
                f"(finished results and journals are kept)"
            )

    def hold(work: Runnable) -> Any:
        check_cluster()
        # A task instead of scattered data: if the worker that has it fails, the scheduler can repeat it.
        # Workers copy the result from each other.
        return client.submit(pickle.loads, _pickled(work), pure=False)

    check_cluster()
    threads = sum(worker["nthreads"] for worker in client.scheduler_info(n_workers=-1)["workers"].values())
    if not threads:
        raise ClusterError(
            f"the scheduler at {address} has no workers; start some with `dask worker {address}`"
        )
    failures = (CancelledError, DaskCancelledError, KilledWorker, CommClosedError)
    at_once = min(2 * threads, _MAX_AT_ONCE)
    return Executor(at_once, executor.submit, hold, _BLOCK_SECONDS, check_cluster, failures)


def cluster_words(client: Client) -> str:
    """Return where a client runs: address, workers and threads, and which versions differ from those here.

    Raises
    ------
    ClusterError
        The workers cannot import this package.
    """
    address = client.scheduler.address if client.scheduler else "the scheduler"
    workers = client.scheduler_info(n_workers=-1)["workers"]
    threads = sum(worker["nthreads"] for worker in workers.values())

    def versions_there() -> dict[str, str]:  # sent as code: workers may have an older spiking
        import platform

        import numpy as np

        import spiking

        return {"spiking": spiking.__version__, "Python": platform.python_version(), "NumPy": np.__version__}

    here = versions_there()
    try:
        there = client.run(versions_there).values()
    except ModuleNotFoundError as error:
        raise ClusterError(
            f"the workers of {address} have no module {error.name}; install spiking in their environment"
        ) from None
    others = {
        name: sorted({versions[name] for versions in there} - {here[name]})
        for name in here
        if any(versions[name] != here[name] for versions in there)
    }
    differ = [f"{name} {', '.join(versions)} there, {here[name]} here" for name, versions in others.items()]
    text = f"cluster {address}: workers {len(workers)}, threads {threads}"
    return "; ".join([text, *differ])


def _pickled(work: Runnable) -> bytes:
    """Pickle work; include the code of a task from a user's file, which workers may not have."""
    import cloudpickle

    module = sys.modules[type(work.task).__module__]
    if module.__name__.startswith("spiking_task_"):
        cloudpickle.register_pickle_by_value(module)
    return bytes(cloudpickle.dumps(work))

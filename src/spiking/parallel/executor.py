"""Where work runs: threads of this process, or the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from spiking.errors import ClusterError
from spiking.parallel.blocks import Runnable


@dataclass(frozen=True)
class Executor:
    """Where functions run.

    Parameters
    ----------
    at_once : int
        How many long functions keep it busy.
    submit : function of a function and its arguments
        Starts the function and returns its future.
    hold : function
        Takes the work of a search to where it will be needed, and returns what stands for it in `submit`.
    block_seconds : float
        How long a block of trials should take.
    check : function
        Raises if nothing can run any longer.
    failures : tuple of exception types
        What a function raises, other than its own errors, when the executor fails.
    """

    at_once: int
    submit: Callable[..., Future[Any]]
    hold: Callable[[Runnable], Any]
    block_seconds: float
    check: Callable[[], object]
    failures: tuple[type[BaseException], ...] = ()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn a failure of the executor into a ClusterError."""
        try:
            yield
        except self.failures as error:
            raise ClusterError(
                f"the cluster failed ({type(error).__name__}: {error}); see whether scheduler and workers run"
            ) from error

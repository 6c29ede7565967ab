"""Run functions in threads of this process or on the workers of a cluster."""

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
    """Threads or cluster workers that run functions.

    Parameters
    ----------
    at_once : int
        Number of long functions that keep all threads or workers busy.
    submit : function of a function and its arguments
        Starts the function and returns its future.
    hold : function
        Sends work to the workers once, and returns what `submit` accepts in its place.
    block_seconds : float
        Duration to aim for with a block of trials.
    check : function
        Raises if functions can no longer run.
    failures : tuple of exception types
        Exceptions that mean that the executor failed, not the function.
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
                f"the cluster failed ({type(error).__name__}: {error}); check that scheduler and workers run"
            ) from error

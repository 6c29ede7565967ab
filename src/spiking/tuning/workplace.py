"""Where blocks of trials run: threads of this process, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from spiking.tuning.scores import Submit, Work, run_block


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

    start: Callable[[Work], Submit]
    block_seconds: float
    check: Callable[[], object]
    failures: tuple[type[BaseException], ...] = ()


def local(pool: ThreadPoolExecutor, check: Callable[[], object] = lambda: None) -> Workplace:
    """Return this process's threads as a workplace; the simulation lets go of Python's lock."""

    def start(work: Work) -> Submit:
        return lambda factor, first, n: pool.submit(run_block, work, factor, first, n)

    return Workplace(start, 0.03, check)  # short, so that threads end together

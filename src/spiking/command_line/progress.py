"""The progress bar of long computations."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from spiking.interruption import at_interruption


class Advance(Protocol):
    """Called with what is done so far, what there is in all if it changed, and a note to show beside it."""

    def __call__(self, done: int, total: int | None = None, note: str = "") -> None:
        """Show it."""


@contextmanager
def progress_bar(name: str, total: int | None = None) -> Iterator[Advance]:
    """Show a bar on a terminal's stderr once the work takes more than a second; `name` is what it counts."""
    if not sys.stderr.isatty():
        yield lambda done, total=None, note="": None
        return
    import threading

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn(name),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
        transient=True,
    )
    shown = bar.add_task("", total=total, note="")
    later = threading.Timer(1.0, bar.start)

    def advance(done: int, total: int | None = None, note: str = "") -> None:
        bar.update(shown, completed=done, total=total, note=note)

    def stop() -> None:
        later.cancel()
        later.join()
        bar.stop()

    later.start()
    with at_interruption(stop):
        try:
            yield advance
        finally:
            stop()

"""The progress bar of long computations."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from spiking.files.escape import printable
from spiking.interruption import at_interruption


class Advance(Protocol):
    """Show the progress of a computation."""

    def __call__(self, done: int, total: int | None = None, note: str = "") -> None:
        """Show how much is done, the total if it has changed, and a note."""


@contextmanager
def progress_bar(name: str, total: int | None = None) -> Iterator[Advance]:
    """Show a progress bar on stderr, if it is a terminal, after one second; `name` is what it counts."""
    if not sys.stderr.isatty():
        yield lambda done, total=None, note="": None
        return
    import threading

    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn(escape(printable(name))),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("", total=total, note="")
    start = threading.Timer(1.0, bar.start)

    def advance(done: int, total: int | None = None, note: str = "") -> None:
        bar.update(task, completed=done, total=total, note=printable(note))

    def stop() -> None:
        start.cancel()
        start.join()
        bar.stop()

    start.start()
    with at_interruption(stop):
        try:
            yield advance
        finally:
            stop()

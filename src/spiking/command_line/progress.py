"""Progress bars of long computations."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spiking.interruption import at_interruption

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar of trials on a terminal's stderr once the work takes more than a second."""
    if not sys.stderr.isatty():
        yield lambda finished: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("trials"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with _after_a_second(columns) as bar:
        task = bar.add_task("", total=total)
        yield lambda finished: bar.update(task, completed=finished)


@contextmanager
def models_bar(total: int) -> Iterator[Callable[[int, int, int], None]]:
    """Show a bar of models, with candidates and trials run so far, on a terminal's stderr after a second."""
    if not sys.stderr.isatty():
        yield lambda models, candidates, trials: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("models"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[candidates]} candidates, {task.fields[trials]} trials"),
        TimeElapsedColumn(),
    )
    with _after_a_second(columns) as bar:
        task = bar.add_task("", total=total, candidates=0, trials=0)

        def show(models: int, candidates: int, trials: int) -> None:
            bar.update(task, completed=models, candidates=candidates, trials=trials)

        yield show


@contextmanager
def steps_bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar of the steps of something long on a terminal's stderr after a second."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TextColumn("steps"), TimeElapsedColumn())
    with _after_a_second(columns) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _after_a_second(columns: tuple[ProgressColumn, ...]) -> Iterator[Progress]:
    import threading

    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    later = threading.Timer(1.0, bar.start)

    def stop() -> None:
        later.cancel()
        later.join()
        bar.stop()

    later.start()
    with at_interruption(stop):
        try:
            yield bar
        finally:
            stop()

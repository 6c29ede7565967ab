"""The progress bar of long simulations."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on a terminal's stderr once the work takes more than a second."""
    if not sys.stderr.isatty():
        yield lambda finished: None
        return
    import threading

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("trials"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("", total=total)
    later = threading.Timer(1.0, bar.start)
    later.start()
    try:
        yield lambda finished: bar.update(task, completed=finished)
    finally:
        later.cancel()
        later.join()
        bar.stop()

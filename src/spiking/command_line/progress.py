"""What is shown while a long computation runs: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from spiking.checks import counted
from spiking.command_line.output import echo
from spiking.errors import listening
from spiking.files.escape import printable
from spiking.interruption import at_interruption

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

    from spiking.training.state import TrainingState

_LINE_UPDATES = 500  # updates between two lines where stderr is not a terminal


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
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    bar = _bar(
        TextColumn(escape(printable(name))),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    task = bar.add_task("", total=total, note="")

    def advance(done: int, total: int | None = None, note: str = "") -> None:
        bar.update(task, completed=done, total=total, note=printable(note))

    with _shown(bar, after=1.0):
        yield advance


@contextmanager
def training_bar(max_updates: int) -> Iterator[Callable[[TrainingState], None]]:
    """Show the stage, the updates, loss, accuracy and rate of a training on stderr.

    On a terminal they are in a bar, from the beginning; elsewhere in a line at each new stage and every 500
    updates.
    """
    stage = ""
    if not sys.stderr.isatty():

        def line(state: TrainingState) -> None:
            nonlocal stage
            if state.stage != stage or state.updates % _LINE_UPDATES == 0:
                stage = state.stage
                echo(f"{counted(state.updates, 'update')}: {_measures(state)}, {stage}", err=True)

        yield line
        return
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn

    bar = _bar(
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False),
        BarColumn(16),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        TimeElapsedColumn(),
    )
    task = bar.add_task("compiling", total=max_updates, note="")

    def show(state: TrainingState) -> None:
        nonlocal stage
        stage = state.stage
        bar.update(task, description=stage, completed=state.updates, note=_measures(state))

    def announced(work: str) -> None:
        bar.update(task, description=work or stage or "learning")

    with _shown(bar), listening(announced):
        yield show


def _measures(state: TrainingState) -> str:
    return (
        f"loss {state.loss:.2f}, accuracy {100 * state.accuracy:.0f} %, "
        f"{state.updates_per_second:.0f} updates/s"
    )


def _bar(*columns: ProgressColumn) -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # what is printed into a file must not appear on stderr
    )


@contextmanager
def _shown(bar: Progress, after: float = 0.0) -> Iterator[None]:
    """Show a bar after so many seconds, until the end of this context or Ctrl-C."""
    start = threading.Timer(after, bar.start)

    def stop() -> None:
        start.cancel()
        start.join()
        bar.stop()

    start.start()
    with at_interruption(stop):
        try:
            yield
        finally:
            stop()


@contextmanager
def compiling_shown(after: float = 1.0) -> Iterator[None]:
    """Print a line on stderr when something is compiled and that takes longer than this (s)."""
    shown: set[str] = set()
    waiting: list[threading.Timer] = []

    def say(work: str) -> None:
        if work not in shown:
            shown.add(work)
            echo(f"{work} ...", err=True)

    def announced(work: str) -> None:
        while waiting:
            waiting.pop().cancel()
        if work.startswith("compiling"):
            timer = threading.Timer(after, say, [work])
            timer.daemon = True
            waiting.append(timer)
            timer.start()

    with listening(announced):
        try:
            yield
        finally:
            announced("")

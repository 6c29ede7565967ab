"""End a command at once on Ctrl-C, after running the functions that are registered here.

A KeyboardInterrupt in the main thread is enough for programs that import the package. A command needs more:
raised while something is compiled, imported or called back it gets lost, or the process dies by a signal when
the interpreter ends. So a thread waits for Ctrl-C, has done what is registered, and ends the process; the
others never learn of it. What they leave behind is what a kill would leave, less what is tidied up.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

GOES_ON = "the same command goes on where it was"

_INTERRUPTED = 130
_PATIENCE = 0.5  # seconds in which a second Ctrl-C is taken for the first: some programs pass it on twice

_actions: dict[object, Callable[[], str | None]] = {}

uninterrupted = threading.RLock()
"""Hold it to have Ctrl-C wait; once a process is being ended by Ctrl-C nobody gets it any more."""


@contextmanager
def at_interruption(action: Callable[[], str | None]) -> Iterator[None]:
    """Have something done if Ctrl-C ends a command meanwhile; what was registered first is done first.

    Parameters
    ----------
    action : function
        Called in another thread, while the others go on. Returns what the user should know, if anything.
    """
    key = object()
    with uninterrupted:
        _actions[key] = action
    try:
        yield
    finally:
        with uninterrupted:
            del _actions[key]


def end_at_ctrl_c() -> None:
    """Have Ctrl-C end this process with status 130 and one line on stderr, from now on until it has ended."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # ignored, as in the background of a shell
    heard, written = os.pipe()
    if os.name == "posix":
        os.set_blocking(written, False)
    begun = threading.Event()
    for work, argument in ((_hear, heard), (_end, None)):
        threading.Thread(target=work, args=(begun, argument), daemon=True).start()
    # The descriptor is written to whatever the main thread does; handlers wait until it is back in Python.
    signal.signal(signal.SIGINT, lambda number, _: os.write(written, bytes([number])))
    signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, lambda *_: None)


def _hear(begun: threading.Event, heard: int) -> None:
    _wait(heard)
    begun.set()
    first = time.monotonic()
    while time.monotonic() - first < _PATIENCE:
        _wait(heard)
    _leave("once more, and so not tidied up; no file was left half-written")


def _wait(heard: int) -> None:
    while os.read(heard, 1)[0] != signal.SIGINT:  # other signals that have a handler are told as well
        pass


def _end(begun: threading.Event, _: object) -> None:
    begun.wait()
    told = []
    with uninterrupted:
        for action in list(_actions.values()):
            try:
                told.append(action())
            except Exception as error:  # noqa: BLE001 - the process ends, whatever happens
                told.append(str(error))
        _leave("; ".join(dict.fromkeys(filter(None, told))) or "no file was left half-written")


def _leave(told: str) -> NoReturn:
    line = " ".join(f"spiking: interrupted; {told}".split()) + "\n"
    with suppress(OSError):
        os.write(2, os.fsencode(line))
    os._exit(_INTERRUPTED)

"""End a command at once on Ctrl-C, after running the functions that are registered here.

Programs that import the package get the usual KeyboardInterrupt in the main thread. That is not enough for a
command: raised during a compilation, an import or a callback the exception may be lost, and raised while the
interpreter exits it ends the process by a signal. Therefore a thread waits for Ctrl-C, calls the registered
functions and ends the process without notifying the other threads. Files are left as after a kill, except
for the temporary files that the registered functions remove.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

CONTINUES = "run the same command again to continue"

_INTERRUPTED = 130  # exit status
_REPEAT_SECONDS = 0.5  # a second Ctrl-C within this time counts as the first: some programs send it twice

_actions: dict[object, Callable[[], str | None]] = {}

uninterrupted = threading.RLock()
"""While a thread holds this lock, Ctrl-C waits; once Ctrl-C ends the process, no thread can acquire it."""


@contextmanager
def at_interruption(action: Callable[[], str | None]) -> Iterator[None]:
    """Call a function if Ctrl-C ends the command inside this context; functions are called in order of entry.

    Parameters
    ----------
    action : function
        Called in another thread, while the others continue. Returns a message for the user, or None.
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
    """From now on, let Ctrl-C end this process with status 130 and one line on stderr."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # Ctrl-C is ignored, as in background jobs of a shell
    read_end, write_end = os.pipe()
    if os.name == "posix":
        os.set_blocking(write_end, False)
    interrupted = threading.Event()
    for target, argument in ((_listen, read_end), (_end, None)):
        threading.Thread(target=target, args=(interrupted, argument), daemon=True).start()
    # The wakeup descriptor is written at once; a Python handler runs only when the main thread is in Python.
    signal.signal(signal.SIGINT, lambda number, _: os.write(write_end, bytes([number])))
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, lambda *_: None)


def _listen(interrupted: threading.Event, read_end: int) -> None:
    """Report the first Ctrl-C to `_end`; end the process at the second."""
    _wait(read_end)
    interrupted.set()
    first = time.monotonic()
    while time.monotonic() - first < _REPEAT_SECONDS:
        _wait(read_end)
    _exit("a second time, so temporary files may remain; no file was left half-written")


def _wait(read_end: int) -> None:
    while os.read(read_end, 1)[0] != signal.SIGINT:  # other signals with a handler are written here as well
        pass


def _end(interrupted: threading.Event, _: object) -> None:
    interrupted.wait()
    messages = []
    with uninterrupted:
        for action in list(_actions.values()):
            try:
                messages.append(action())
            except Exception as error:  # noqa: BLE001  # the process ends, whatever happens
                messages.append(str(error))
        _exit("; ".join(dict.fromkeys(filter(None, messages))) or "no file was left half-written")


def _exit(message: str) -> NoReturn:
    line = " ".join(f"spiking: interrupted; {message}".split()) + "\n"
    with suppress(OSError):
        os.write(2, os.fsencode(line))
    os._exit(_INTERRUPTED)

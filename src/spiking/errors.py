"""Exceptions and warnings of this package, and announcements of long work, such as compiling.

A message says what was wrong, where, and what was expected. The command line shows what is announced.
"""

from __future__ import annotations

import builtins
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PACKAGE = str(Path(__file__).parent) + os.sep
_listeners: list[Callable[[str], None]] = []
_named: set[str] = set()  # work that was announced without a listener


class SpikingError(ValueError):
    """Base class of the errors that this package raises for wrong arguments, files and environments.

    Examples
    --------
    >>> import spiking
    >>> try:
    ...     spiking.tasks.get("gonogo")
    ... except spiking.SpikingError as error:
    ...     print(str(error).partition(",")[0])
    task is 'gonogo' (did you mean go-nogo?); expected one of go-nogo
    """

    def __init__(self, message: str = "") -> None:
        # One line, though the values that are shown may have several, such as arrays.
        super().__init__(" ".join(line.strip() for line in str(message).splitlines()))


class ModelFileError(SpikingError):
    """A file or mapping is not a usable model, or a file could not be written; the message says why.

    Examples
    --------
    >>> import spiking
    >>> try:
    ...     spiking.RateModel.load({"w": [[0.0]]})
    ... except spiking.ModelFileError as error:
    ...     print("the mapping" in str(error))
    True
    """


class ArgumentError(SpikingError):
    """An argument is wrong; the message gives its name, its value and what was expected.

    Examples
    --------
    >>> import spiking
    >>> try:
    ...     spiking.LIFParams(refractory=-1)
    ... except spiking.ArgumentError as error:
    ...     print("refractory" in str(error))
    True
    """


class ClusterError(SpikingError):
    """A cluster can no longer run the work; the message says why and what to do.

    Examples
    --------
    >>> import spiking
    >>> issubclass(spiking.ClusterError, spiking.SpikingError)
    True
    """


def warn(message: str) -> None:
    """Issue a UserWarning at the line outside the package that called it."""
    frame, depth = sys._getframe(), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, depth = frame.f_back, depth + 1
    warnings.warn(message, stacklevel=depth)


def announce(work: str) -> None:
    """Tell the innermost listener what begins, in a few words; an empty text when it has ended.

    Without a listener, as in a program of the user's, each work is named once in a process: on stderr if that
    is a terminal or a notebook, else in the log of ``spiking`` (level INFO).
    """
    if _listeners:
        _listeners[-1](work)
    elif work and work not in _named:
        _named.add(work)
        if sys.stderr is not None and (sys.stderr.isatty() or hasattr(builtins, "__IPYTHON__")):
            print(f"{work} ...", file=sys.stderr, flush=True)
        else:
            logging.getLogger("spiking").info("%s ...", work)


@contextmanager
def announced(work: str) -> Iterator[None]:
    """Announce the work inside this context, and its end."""
    announce(work)
    try:
        yield
    finally:
        announce("")


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Call a function with what is announced inside this context, in the thread that does the work."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)

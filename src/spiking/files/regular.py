"""Open files for reading that are given by name: not folders, devices or pipes, which could hang."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from spiking.errors import ArgumentError, SpikingError


def check_no_link(path: Path) -> None:
    """Raise ArgumentError if a file that this package keeps for itself is a link, a folder or a pipe."""
    try:
        mode = path.lstat().st_mode
    except OSError:  # it does not exist, or opening it will say why not
        return
    if not stat.S_ISREG(mode):
        kind = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "a device or pipe"
        raise ArgumentError(f"{path} is {kind}; expected a file that spiking wrote, or none: remove it")


@contextmanager
def open_regular(path: Path, error: type[SpikingError], expected: str) -> Iterator[IO[bytes]]:
    """Open a file for reading; links are followed.

    Parameters
    ----------
    path : Path
    error : type
        The exception to raise.
    expected : str
        What the file should be, for the messages: ``a model file (.mat)``.

    Raises
    ------
    SpikingError
        The file does not exist, may not be read, or is not a regular file.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            file = path.open("rb")
    except FileNotFoundError:
        raise error(f"{path}: there is no such file; expected {expected}") from None
    except OSError as failure:
        raise error(f"{path} could not be opened: {failure.strerror}; expected {expected}") from None
    except ValueError as failure:  # a null byte in the name
        raise error(f"{str(path)!r} is not a file name: {failure}") from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a device or pipe"
        raise error(f"{path} is {kind}; expected {expected}")
    with file:
        yield file

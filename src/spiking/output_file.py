"""Write a result file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from spiking.atomic_file import replace_file
from spiking.errors import ArgumentError, ModelFileError


def check_writable(path: Path) -> None:
    """Raise ArgumentError if a file obviously cannot be written there; to be asked before a long run."""
    if path.is_dir():
        raise ArgumentError(f"cannot write {path}: it is a folder; a file name was expected")
    if not path.parent.is_dir():
        raise ArgumentError(f"cannot write {path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise ArgumentError(f"cannot write {path}: no permission to write in {path.parent}")


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file beside `path`, then put it in its place; when anything fails, `path` is as it was.

    Parameters
    ----------
    path : Path
    write : function of a binary file
        Writes the content.

    Raises
    ------
    ArgumentError
        When the system refuses; the message says why.
    """
    check_writable(path)

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            write(file)

    try:
        replace_file(path, fill, verify=lambda written: None)
    except ModelFileError as error:
        raise ArgumentError(str(error)) from None

"""Read and change MATLAB 7.3 (HDF5) files in a separate process (`spiking.files.hdf5.process`)."""

from __future__ import annotations

import errno
import os
import pickle
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from spiking.errors import ModelFileError
from spiking.files.hdf5.process import reply_of, result_of, unpacked
from spiking.files.limits import DamagedError

SMALL_FILE = 8 * 2**20  # bytes; files up to this size are cached
_READ = "spiking.matfile.hdf5_read:read_arrays"
_WRITE = "spiking.matfile.hdf5_write"


def read_hdf5(
    path: Path, file: IO[bytes], file_size: int, names: list[str] | None, max_bytes: int
) -> dict[str, Any]:
    """Read the variables called `names` (None: all) of an open MATLAB 7.3 file."""
    wanted = None if names is None else tuple(names)
    file.seek(0)
    if file_size <= SMALL_FILE:
        reply = _read_small(file.read(), wanted, max_bytes)
    else:
        source = os.path.realpath(path)
        reply = reply_of(_READ, source, wanted, max_bytes, file_size=file_size, memory=2 * max_bytes)
    variables: dict[str, Any] = unpacked(reply)
    return variables


@lru_cache(maxsize=4)
def _read_small(content: bytes, names: tuple[str, ...] | None, max_bytes: int) -> bytes:
    """Read a file given by its content; results are cached, because starting a process takes 0.3 s."""
    return reply_of(_READ, content, names, max_bytes, file_size=len(content), memory=2 * max_bytes)


def change_hdf5(path: Path, changes: dict[str, Any]) -> None:
    """Add or replace variables in a MATLAB 7.3 file, in place; an empty file gets only these."""
    size, extra = path.stat().st_size, 2 * len(pickle.dumps(changes)) + 2**20
    _check_space(path, size, extra)
    try:
        result_of(f"{_WRITE}:change", os.path.realpath(path), changes, file_size=size, memory=extra)
    except DamagedError as error:
        raise ModelFileError(f"error of the HDF5 library: {error}") from None


def _check_space(path: Path, size: int, extra: int) -> None:
    """Raise an `OSError` if the disk is full: the HDF5 library would lose data or crash."""
    if not hasattr(os, "posix_fallocate"):
        return
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size + extra)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # not supported by the file system
                raise
        finally:
            file.truncate(size)


def same_elsewhere(old: Path, new: Path, names: list[str]) -> bool:
    """Return whether two 7.3 files have the same bytes in all variables except those called `names`."""
    paths = os.path.realpath(old), os.path.realpath(new)
    size = 2 * old.stat().st_size
    return bool(result_of(f"{_WRITE}:same_elsewhere", *paths, names, file_size=size, memory=2**30))

"""Read files in NumPy's formats, whose content need not be trusted, and say why they cannot be read."""

from __future__ import annotations

import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.files.json_text import UNUSABLE
from spiking.files.limits import Allowance, DamagedError, TooLargeError

MAX_BYTES = 2**28  # of all arrays of a file together; or so many times the file's own size, if that is more
MAX_RATIO = 100  # zeros are compressed a thousandfold, data hardly ever tenfold
# What reading a damaged archive, and using its arrays, may raise.
DAMAGE = (
    *(OSError, EOFError, MemoryError, RuntimeError, zlib.error, zipfile.BadZipFile),
    *(*UNUSABLE, DamagedError, TooLargeError),
)


def reason(error: Exception) -> str:
    """Return why reading failed, without NumPy's advice to unpickle: a pickle can run any program."""
    if isinstance(error, TooLargeError):
        return f"its arrays together {error.excess}"
    text = " ".join(str(error).split()) or type(error).__name__
    if "pickle" in text:
        return "it is not in NumPy's format, or holds pickled objects, which are never read"
    return f"{text:.200}"


def check_size(archive: zipfile.ZipFile, file_size: int) -> None:
    """Raise TooLargeError if the arrays of an archive together are larger, when unpacked, than allowed."""
    allowance = Allowance(max(MAX_BYTES, MAX_RATIO * file_size))
    for info in archive.infolist():
        allowance.take_elements(1, 0)
        allowance.take_bytes(info.file_size)


def read_archive(path: Path) -> dict[str, Any]:
    """Return the arrays of an ``.npz`` file; raises one of `DAMAGE` if that is not possible.

    Each is compared with its checksum.
    """
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        check_size(archive, path.stat().st_size)
        for name in archive.namelist():
            with archive.open(name) as file:
                array = np.lib.format.read_array(file, allow_pickle=False)
                if file.read(1):  # this also compares the checksum
                    raise DamagedError(f"{name} has bytes after its array")
            _check_type(name, array)
            arrays[name.removesuffix(".npy")] = array[()]
    return arrays


def _check_type(name: str, array: NDArray[Any]) -> None:
    """Raise DamagedError unless an array has real numbers or texts, and its memory is as large as its shape.

    A file of some bytes can hold 10^15 entries of 0 bytes, which take for ever to walk through.
    """
    if array.dtype.kind not in "biufU" or (array.size and not array.dtype.itemsize):
        raise DamagedError(f"{name} has the type {array.dtype}; expected real numbers or texts")
    if array.dtype.kind == "U" and array.size:
        characters = np.ascontiguousarray(array).reshape(-1).view(array.dtype.byteorder + "u4")
        if characters.max() > sys.maxunicode:
            raise DamagedError(f"{name} has numbers that are not characters")

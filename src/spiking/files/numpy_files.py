"""Read files in NumPy's formats, whose content need not be trusted, and say why they cannot be read."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from spiking.files.json_text import UNUSABLE
from spiking.files.limits import Allowance, DamagedError, TooLargeError

MAX_BYTES = 4 * 2**30  # of all arrays of a file together; or four times the file's own size
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
    allowance = Allowance(max(MAX_BYTES, 4 * file_size))
    for info in archive.infolist():
        allowance.take_elements(1, 0)
        allowance.take_bytes(info.file_size)


def read_archive(path: Path) -> dict[str, Any]:
    """Return the arrays of an ``.npz`` file; raises one of `DAMAGE` if that is not possible.

    Each is read as a whole first, which compares it with its checksum.
    """
    with zipfile.ZipFile(path) as archive:
        check_size(archive, path.stat().st_size)
        return {
            name.removesuffix(".npy"): np.load(io.BytesIO(archive.read(name)), allow_pickle=False)[()]
            for name in archive.namelist()
        }

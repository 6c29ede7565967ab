"""Read the variables of MATLAB files, versions 5 to 7.3; no file can crash the process.

Versions 5 to 7.2 are read by our own strict reader (`mat5_arrays`, which says why), in 3 ms for 200 units.
Version 7.3 is HDF5, which nobody can check beforehand: h5py reads it in a process of its own, of limited
time and memory (`hdf5_process`), in 0.3 s, and at once when the same content is read again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from spiking.errors import ModelFileError
from spiking.matfile.hdf5_worker import read_hdf5
from spiking.matfile.limits import DamagedError, NotMatlabError, TooLargeError
from spiking.matfile.mat5 import read_arrays
from spiking.matfile.mat5_layout import HEADER_BYTES, byte_order

MAX_BYTES = 256 * 2**20  # a network of 4,000 units in single precision

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
HDF5_PLACES = (512, 0, 1024, 2048)  # MATLAB puts 512 bytes of its own before it

OTHER_KINDS = (
    (b"PK", "a zip file, as NumPy (.npz) and PyTorch (.pt) write them"),
    (b"\x93NUMPY", "a NumPy file (.npy)"),
    (b"\x80", "a Python pickle"),
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself: run `git lfs pull`"),
    (b"Octave-1-", "an Octave binary file: in Octave, save it with `save -v7`"),
    (b"# Created by Octave", "an Octave text file: in Octave, save it with `save -v7`"),
)


class TooLargeFileError(ModelFileError):
    """The variables of a file take more memory together than allowed; some of them may still be read."""


def read_variables(
    path: str | os.PathLike[str], names: Collection[str] | None = None, *, max_bytes: int = MAX_BYTES
) -> dict[str, Any]:
    """Read the variables of a MATLAB file.

    Parameters
    ----------
    path : str or path-like
        A MATLAB file of version 5 to 7.3. Its content need not be trusted.
    names : collection of str, optional
        Only these variables are read, if they are there; all others are skipped, however large they are.
        None reads all variables.
    max_bytes : int
        The memory that the variables may take together. The default, 256 MiB, lets no file use more than
        1 GiB while it is read.

    Returns
    -------
    dict of str to array
        The variables in the order of the file, in the classes and shapes of `spiking.matfile.values`: the
        shapes are those that `scipy.io.loadmat` gives, and logical arrays are bool.

    Raises
    ------
    ModelFileError
        When the file is missing, unreadable, damaged, or not a MATLAB file; the message names
        the file, the problem and, where it lies in one variable, that variable.
    TooLargeFileError
        A `ModelFileError`: the variables take more than `max_bytes` together.
    """
    wanted = None if names is None else sorted({names} if isinstance(names, str) else names)
    path = Path(path)
    try:
        with open_regular(path) as file:
            file_size = os.fstat(file.fileno()).st_size
            if file_kind(path, file, file_size) == "7.3":
                return read_hdf5(path, file, file_size, wanted, max_bytes)
            file.seek(0)
            return read_arrays(file, file_size, byte_order(file.read(HEADER_BYTES)), wanted, max_bytes)
    except DamagedError as error:
        raise ModelFileError(
            f"{path} is damaged or incomplete: {error}; use another copy, or save the model again"
        ) from None
    except NotMatlabError as error:
        raise ModelFileError(f"{path} is not a MATLAB file: {error}") from None
    except TooLargeError as error:
        raise TooLargeFileError(
            f"{path} has more variables than can be read at once: with '{error}' they take more than "
            f"{max_bytes / 2**20:.0f} MiB; name those that are needed, or delete what is not from the file"
        ) from None
    except OSError as error:
        raise ModelFileError(f"{path} could not be read: {error.strerror or error}") from None
    except MemoryError:
        raise ModelFileError(f"{path} could not be read: there is not enough memory") from None


@contextmanager
def open_regular(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to read; a folder, or a device or pipe that never ends, is an error.

    Raises
    ------
    ModelFileError
        When there is no such file or it may not be read.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            file = path.open("rb")
    except FileNotFoundError:
        raise ModelFileError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ModelFileError(f"{path} could not be opened: {error.strerror}") from None
    except ValueError as error:  # a zero byte in the name
        raise ModelFileError(f"{str(path)!r} is not a file name: {error}") from None
    if stat.S_ISDIR(mode):
        raise ModelFileError(f"{path} is a folder; give the path of a model file (.mat)")
    if not stat.S_ISREG(mode):
        raise ModelFileError(f"{path} is a device or pipe; give the path of a model file (.mat)")
    with file:
        yield file


def file_kind(path: Path, file: IO[bytes], file_size: int) -> Literal["5", "7.3"]:
    """Return the version of an open MATLAB file; "5" stands for versions 5 to 7.2.

    Raises
    ------
    ModelFileError
        When it is something else; the message says what it looks like.
    """
    start = file.read(max(HDF5_PLACES) + len(HDF5_SIGNATURE))
    if any(start[place:].startswith(HDF5_SIGNATURE) for place in HDF5_PLACES):
        return "7.3"
    if byte_order(start):
        return "5"
    raise ModelFileError(f"{path} is not a MATLAB file of version 5 to 7.3: {_looks_like(start, file_size)}")


def _looks_like(start: bytes, file_size: int) -> str:
    if not start:
        return "it is empty"
    if start.startswith(b"MATLAB "):
        return f"it begins like one but is damaged or incomplete ({file_size} bytes)"
    if not any(start):
        return "it begins with zeros, like a copy that was never finished"
    for beginning, kind in OTHER_KINDS:
        if start.startswith(beginning):
            return f"it looks like {kind}"
    if len(start) >= 20 and start[4:5] and max(start[1:4]) < 53 and 0 in start[:4]:
        return "it looks like version 4; in MATLAB, load it and save it with `save(..., '-v7')`"
    try:
        text = start[:200].decode().strip()
    except UnicodeDecodeError:
        return f"it begins with the bytes {start[:8].hex(' ')}"
    if text.lower().startswith(("<!doctype html", "<html")):
        return "it looks like a web page, perhaps of a download that failed"
    return f"it looks like text ({text[:30]!r})"

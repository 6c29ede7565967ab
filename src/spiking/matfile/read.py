"""Read the variables of MATLAB files, versions 5 to 7.3; no file can crash the process.

Versions 5 to 7.2 are read by a strict reader of this package (`mat5`, which says why), in 3 ms for 200 units.
Version 7.3 is HDF5, which cannot be checked beforehand: h5py reads it in a separate process of limited time
and memory (`hdf5_worker`), in 0.3 s; the results for the last small files are cached.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, Literal

from spiking.errors import ModelFileError
from spiking.files.limits import DamagedError, NotMatlabError, TooLargeError, TooSlowError
from spiking.files.regular import open_regular
from spiking.matfile.hdf5_worker import read_hdf5
from spiking.matfile.mat5 import read_arrays
from spiking.matfile.mat5_layout import HEADER_BYTES, byte_order

MAX_BYTES = 256 * 2**20  # a network of 4,000 units in single precision

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
HDF5_OFFSETS = (512, 0, 1024, 2048)  # of the signature; MATLAB writes its own 512 bytes before it

OTHER_KINDS = (
    (b"PK", "a zip file, as NumPy (.npz) and PyTorch (.pt) write them; SpikingNetwork.load reads networks"),
    (b"\x93NUMPY", "a NumPy file (.npy)"),
    (b"\x80", "a Python pickle"),
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself: run `git lfs pull`"),
    (b"Octave-1-", "an Octave binary file: in Octave, save it with `save -v7`"),
    (b"# Created by Octave", "an Octave text file: in Octave, save it with `save -v7`"),
)


class TooLargeFileError(ModelFileError):
    """The variables of a file take more memory or time than allowed; fewer of them may still be read."""


def read_variables(
    path: str | os.PathLike[str], names: Collection[str] | None = None, *, max_bytes: int = MAX_BYTES
) -> dict[str, Any]:
    """Read the variables of a MATLAB file.

    Parameters
    ----------
    path : str or path-like
        A MATLAB file of version 5 to 7.3. Its content need not be trusted.
    names : collection of str, optional
        Read only these variables, if they exist; others are skipped, however large. None reads all.
    max_bytes : int
        The memory that the variables may take together. With the default, 256 MiB, reading a file uses at
        most 1 GiB.

    Returns
    -------
    dict of str to array
        The variables in the order of the file, in the classes and shapes of `spiking.matfile.values`: the
        shapes are those that `scipy.io.loadmat` gives, and logical arrays are bool.

    Raises
    ------
    ModelFileError
        The file is missing, unreadable, damaged, or not a MATLAB file; the message names the file, the
        problem and, if it concerns one variable, that variable.
    TooLargeFileError
        A `ModelFileError`: the variables take more than `max_bytes` together, have more than 50,000 cells and
        fields, or take too long to read.
    """
    wanted = None if names is None else sorted({names} if isinstance(names, str) else names)
    path = Path(path)
    try:
        with open_model_file(path) as file:
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
            f"{path} has more variables than can be read at once: with '{error.name}' they {error.excess}; "
            f"name the variables that are needed, or delete others from the file"
        ) from None
    except TooSlowError as error:
        raise TooLargeFileError(
            f"{path} is too slow to read: {error}; name the variables that are needed, delete others from "
            f"the file, or save it in MATLAB with `save -v7`"
        ) from None
    except OSError as error:
        raise ModelFileError(f"{path} could not be read: {error.strerror or error}") from None
    except MemoryError:
        raise ModelFileError(f"{path} could not be read: there is not enough memory") from None


def open_model_file(path: Path) -> AbstractContextManager[IO[bytes]]:
    """Open a file for reading; folders, devices and pipes are refused with a ModelFileError."""
    return open_regular(path, ModelFileError, "the path of a model file (.mat)")


def file_kind(path: Path, file: IO[bytes], file_size: int) -> Literal["5", "7.3"]:
    """Return the version of an open MATLAB file; "5" stands for versions 5 to 7.2.

    Raises
    ------
    ModelFileError
        It is another kind of file; the message says which kind it probably is.
    """
    start = file.read(max(HDF5_OFFSETS) + len(HDF5_SIGNATURE))
    if any(start[offset:].startswith(HDF5_SIGNATURE) for offset in HDF5_OFFSETS):
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
        return "it begins with zeros, like an unfinished copy"
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
        return "it looks like a web page, perhaps from a failed download"
    return f"it looks like text ({text[:30]!r})"

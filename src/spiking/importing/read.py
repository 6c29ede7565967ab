"""Read files of arrays, `.npz` and safetensors, without unpickling anything."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.checks import file_path, shown
from spiking.errors import ArgumentError, ModelFileError
from spiking.files.json_text import parsed
from spiking.files.numpy_files import DAMAGE, check_size, reason

# The types of safetensors that NumPy has; of the others, bfloat16 is the upper half of a float32.
_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "?",
}
_LONGEST_HEADER = 100_000_000  # bytes, as the format's own library allows


def named(arrays: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a mapping of names to arrays as a dict, or raise ArgumentError if a key is not a name."""
    for key in arrays:
        if not isinstance(key, str):
            raise ArgumentError(
                f"source has the key {shown(key)}; expected names of arrays, such as 'h2h.weight'"
            )
    return dict(arrays)


def existing_file(path: str | os.PathLike[str]) -> str:
    """Return the name of a file, or raise ModelFileError if there is none; libraries are imported later."""
    place = file_path("source", path)
    name = os.fsdecode(place)
    try:
        if stat.S_ISREG(place.stat().st_mode):
            return name
    except OSError as error:
        raise ModelFileError(f"{name} cannot be read: {error.strerror}; expected an existing file") from None
    raise ModelFileError(f"{name} is a folder, a device or a pipe; expected a file")


def read_arrays(path: str | os.PathLike[str]) -> tuple[dict[str, NDArray[Any]], tuple[str, ...]]:
    """Return the arrays of an `.npz` or a safetensors file, and the names of pickled entries.

    Raises
    ------
    ModelFileError
        The file cannot be read, or is of another kind.
    """
    name = existing_file(path)
    kinds = {".npz": _npz, ".safetensors": _safetensors}
    reader = kinds.get(Path(name).suffix.lower())
    if reader is None:
        raise ModelFileError(f"{name} is no file of arrays; expected a name that ends in {', '.join(kinds)}")
    try:
        return reader(name)
    except OSError as error:
        raise ModelFileError(f"{name} cannot be read: {error.strerror or error}") from None


def _npz(name: str) -> tuple[dict[str, NDArray[Any]], tuple[str, ...]]:
    arrays, pickled = {}, []
    with Path(name).open("rb") as file:
        try:
            content = np.load(file, allow_pickle=False)
            if not isinstance(content, np.lib.npyio.NpzFile):
                raise ModelFileError(f"{name} holds one array; expected an archive, as np.savez writes it")
            assert content.zip is not None  # until it is closed
            check_size(content.zip, Path(name).stat().st_size)
            for key in content:
                try:
                    arrays[key] = content[key]
                except ValueError as error:
                    if "allow_pickle" not in str(error):
                        raise
                    pickled.append(key)
        except DAMAGE as error:
            if isinstance(error, ModelFileError):
                raise
            raise ModelFileError(
                f"{name} cannot be read as .npz: {reason(error):.100}; expected an archive, as np.savez "
                f"writes it"
            ) from None
    return arrays, tuple(pickled)


def _safetensors(name: str) -> tuple[dict[str, NDArray[Any]], tuple[str, ...]]:
    """Read a safetensors file: 8 bytes with the length of a header, the header in JSON, then the numbers."""
    content = Path(name).read_bytes()
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(_LONGEST_HEADER, len(content) - 8):
        raise ModelFileError(f"{name} is no safetensors file: its header is longer than the file")
    data = content[8 + length :]
    try:
        header = parsed(content[8 : 8 + length])
        return {key: _tensor(entry, data) for key, entry in header.items() if key != "__metadata__"}, ()
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelFileError(f"{name} has a header that cannot be used: {error!s:.100}") from None


def _tensor(entry: Mapping[str, Any], data: bytes) -> NDArray[Any]:
    kind, shape, (start, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    if not 0 <= start <= end <= len(data):
        raise ValueError(f"offsets {start} to {end} are not in the file")
    if kind == "BF16":
        upper = np.frombuffer(data[start:end], "<u2").astype(np.uint32) << 16
        return upper.view(np.float32).reshape(shape)
    if kind not in _DTYPES:
        raise ValueError(f"type {kind!r:.20} is not one of {', '.join([*_DTYPES, 'BF16'])}")
    return np.frombuffer(data[start:end], _DTYPES[kind]).reshape(shape)

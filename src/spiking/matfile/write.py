"""Write and change the variables of MATLAB files; the file on disk is complete at every moment.

Variables in files of version 5 are written by `scipy.io.savemat`. When some variables change, the bytes of
all others are copied, so that their values, classes and shapes cannot change.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import struct
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from spiking.errors import ModelFileError
from spiking.files.atomic import replace_file
from spiking.files.limits import DamagedError, TooSlowError
from spiking.matfile.hdf5_worker import change_hdf5, same_elsewhere
from spiking.matfile.mat5_layout import HEADER_BYTES, Variable, byte_order, find_variables
from spiking.matfile.read import file_kind, open_model_file, read_variables
from spiking.matfile.values import as_matlab, check_name, same_value

OBJECTS_START = 116  # the byte of the header with the position of the data of MATLAB's objects


def write_variables(path: str | os.PathLike[str], variables: Mapping[str, Any]) -> None:
    """Write a MATLAB file that holds these variables and no others.

    A new file has version 5 and is compressed. An existing file is replaced in one step; if it has version
    7.3, so does the new one.

    Parameters
    ----------
    path : str or path-like
        The file.
    variables : mapping of str to value
        Arrays and other values that `spiking.matfile.values.as_matlab` can convert.

    Raises
    ------
    ModelFileError
        A value has no counterpart in MATLAB, or the file cannot be written; the message says whether an
        existing file is unchanged.
    """
    path = Path(path)
    values = _matlab_values(path, variables)
    if _is_hdf5(path):
        _replace_hdf5(path, values, keep_others=False)
    else:
        _replace_mat5(path, values, keep_others=False)


def update_variables(path: str | os.PathLike[str], changes: Mapping[str, Any]) -> None:
    """Change or add some variables of a MATLAB file; all others keep their bytes.

    The file keeps its version. It is replaced in one step.

    Parameters
    ----------
    path : str or path-like
        The file.
    changes : mapping of str to value
        As in `write_variables`.

    Raises
    ------
    ModelFileError
        The file does not exist, a value has no counterpart in MATLAB, or the file cannot be written; the
        message says whether the existing file is unchanged.
    """
    path = Path(path)
    values = _matlab_values(path, changes)
    with open_model_file(path) as file:
        version = file_kind(path, file, os.fstat(file.fileno()).st_size)
    if version == "7.3":
        _replace_hdf5(path, values, keep_others=True)
    else:
        _replace_mat5(path, values, keep_others=True)


def _matlab_values(path: Path, variables: Mapping[str, Any]) -> dict[str, Any]:
    values = {}
    for name, value in variables.items():
        try:
            values[check_name(name)] = as_matlab(value)
        except ModelFileError as error:
            raise ModelFileError(f"{path} cannot hold the variable {name!r}: {error}") from None
    return values


def _is_hdf5(path: Path) -> bool:
    try:
        with open_model_file(path) as file:
            return file_kind(path, file, os.fstat(file.fileno()).st_size) == "7.3"
    except ModelFileError:  # the file does not exist yet, or is of another kind
        return False


def _check_read_back(written: Path, values: dict[str, Any]) -> None:
    read = read_variables(written, values, max_bytes=sys.maxsize)
    for name, value in values.items():
        if name not in read or not same_value(value, read[name]):
            raise ModelFileError(f"the variable '{name}' reads back with another value")


def _replace_hdf5(path: Path, values: dict[str, Any], *, keep_others: bool) -> None:
    def write(temporary: Path) -> None:
        if keep_others:
            shutil.copyfile(path, temporary)
        change_hdf5(temporary, values)

    def verify(temporary: Path) -> None:
        _check_read_back(temporary, values)
        if keep_others and not same_elsewhere(path, temporary, list(values)):
            raise ModelFileError("the other variables changed")

    _replace(path, write, verify)


def _replace_mat5(path: Path, values: dict[str, Any], *, keep_others: bool) -> None:
    elements = {name: _element(path, name, value) for name, value in values.items()}

    def write(temporary: Path) -> None:
        with temporary.open("r+b") as file:
            if keep_others:
                with open_model_file(path) as old:
                    _copy_and_change(old, file, dict(elements))
            else:
                file.write(_savemat({})[:HEADER_BYTES])
                file.writelines(elements.values())

    def verify(temporary: Path) -> None:
        _check_read_back(temporary, values)
        if keep_others and _digests(path, values) != _digests(temporary, values):
            raise ModelFileError("the other variables changed")

    _replace(path, write, verify)


def _replace(path: Path, write: Callable[[Path], None], verify: Callable[[Path], None]) -> None:
    try:
        replace_file(path, write, verify)
    except DamagedError as error:
        raise ModelFileError(f"{path} is damaged or incomplete: {error}; it is unchanged") from None
    except TooSlowError as error:
        raise ModelFileError(f"{path} could not be written: {error}; it is unchanged") from None
    except MemoryError:
        raise ModelFileError(f"{path} could not be written: not enough memory; it is unchanged") from None


def _savemat(variables: dict[str, Any]) -> bytes:
    from scipy.io import savemat

    file = io.BytesIO()
    target: Any = file  # the types that SciPy's stubs accept here differ between their versions
    savemat(target, variables, do_compression=True, long_field_names=True)
    return file.getvalue()


def _element(path: Path, name: str, value: Any) -> bytes:
    """Return the bytes of a variable in a file of version 5."""
    from scipy.io.matlab import MatWriteError

    try:
        return _savemat({name: _for_scipy(value)})[HEADER_BYTES:]
    except MatWriteError as error:  # 4 GiB and more
        raise ModelFileError(f"{path} cannot hold the variable '{name}': {error}") from None


def _for_scipy(value: Any) -> Any:
    """Replace structs without fields by empty dicts, which SciPy writes as such structs."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "OV":
        return value
    if value.dtype.kind == "V" and not value.dtype.names:
        return {}
    value = value.copy()
    columns = [value] if value.dtype.kind == "O" else [value[name] for name in value.dtype.names or ()]
    for column in columns:
        for index, item in np.ndenumerate(column):
            column[index] = _for_scipy(item)
    return value


def _copy_and_change(old: IO[bytes], new: IO[bytes], elements: dict[str, bytes]) -> None:
    """Copy a file of version 5 variable by variable; `elements` replace the variables of the same names."""
    old_size = os.fstat(old.fileno()).st_size
    header = bytearray(old.read(HEADER_BYTES))
    order = byte_order(bytes(header))
    if order != {"little": "<", "big": ">"}[sys.byteorder]:
        raise ModelFileError("its byte order is that of another kind of machine; save it as a new file")
    (objects_start,) = struct.unpack_from(order + "Q", header, OBJECTS_START)
    replaced = set(elements)
    new.write(header)
    for variable in find_variables(old, old_size, order):
        if variable.start == objects_start:  # the position of the data of MATLAB's objects changes
            struct.pack_into(order + "Q", header, OBJECTS_START, new.tell())
        if variable.name in replaced:
            new.write(elements.pop(variable.name, b""))
        else:
            for block in _blocks(old, variable):
                new.write(block)
    new.writelines(elements.values())
    new.seek(0)
    new.write(header)


def _blocks(file: IO[bytes], variable: Variable) -> Iterator[bytes]:
    """Read the bytes of a variable in blocks of 1 MiB."""
    file.seek(variable.start)
    for start in range(variable.start, variable.stop, 2**20):
        yield file.read(min(2**20, variable.stop - start))


def _digests(path: Path, without: Collection[str]) -> list[tuple[str, bytes]]:
    """Return name and digest of each variable of a file of version 5, except those in `without`."""
    digests = []
    with open_model_file(path) as file:
        order = byte_order(file.read(HEADER_BYTES))
        for variable in find_variables(file, os.fstat(file.fileno()).st_size, order):
            if variable.name not in without:
                content = hashlib.sha256()
                for block in _blocks(file, variable):
                    content.update(block)
                digests.append((variable.name, content.digest()))
    return digests

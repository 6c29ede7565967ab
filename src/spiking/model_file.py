"""Read the variables of a MATLAB file: version 5 to 7 through SciPy, version 7.3 (HDF5) through h5py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from spiking.errors import ModelFileError


def read_variables(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read all variables of a MATLAB file.

    Parameters
    ----------
    path : str or path-like
        A MATLAB file, version 5 to 7.3.

    Returns
    -------
    dict of str to array
        The variables in the order of the file, shaped as `scipy.io.loadmat` shapes them: numbers are at
        least 2-D, a string is a one-element array.

    Raises
    ------
    ModelFileError
        When the file is missing, unreadable, or not a whole MATLAB file; the message names file and problem.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise ModelFileError(f"{path} is a folder; a model file was expected")
        with path.open("rb") as stream:
            start = stream.read(520)
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from error
    if not start:
        raise ModelFileError(f"{path} is empty")
    try:
        if b"\x89HDF\r\n\x1a\n" in (start[:8], start[512:520]):
            return _read_hdf5(path)
        return _read_mat5(path)
    except Exception as error:
        raise ModelFileError(f"{path} is not a readable MATLAB file: {error}") from error


def _read_mat5(path: Path) -> dict[str, Any]:
    import scipy.io

    variables = scipy.io.loadmat(path, appendmat=False)
    return {name: value for name, value in variables.items() if not name.startswith("__")}


def _read_hdf5(path: Path) -> dict[str, Any]:
    import h5py

    with h5py.File(path, "r") as file:
        return {name: _hdf5_value(file[name], file) for name in file if not name.startswith("#")}


def _hdf5_value(node: Any, file: Any) -> Any:
    if hasattr(node, "keys"):  # a struct
        names = list(node)
        value = np.empty((1, 1), dtype=[(name, object) for name in names])
        for name in names:
            value[0, 0][name] = _hdf5_value(node[name], file)
        return value
    array = node[()]
    matlab_class = bytes(node.attrs.get("MATLAB_class", b""))
    if node.attrs.get("MATLAB_empty", 0):
        array = np.zeros([int(size) for size in array])
    elif array.dtype == object:
        cells = np.empty(array.shape, dtype=object)
        for index, reference in np.ndenumerate(array):
            cells[index] = _hdf5_value(file[reference], file)
        array = cells.T
    elif array.dtype.names == ("real", "imag"):
        array = (array["real"] + 1j * array["imag"]).T
    else:
        array = array.T
    if matlab_class == b"char":
        return np.array(["".join(map(chr, row)) for row in array])
    return array

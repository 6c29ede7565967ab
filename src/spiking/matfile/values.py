"""Convert MATLAB values to NumPy: classes to dtypes, with the shapes of `scipy.io.loadmat`.

| MATLAB | NumPy |
|---|---|
| double, single, (u)int8 to (u)int64, complex, logical | array of that dtype, at least 2-D; logical is bool |
| char | array of strings, one per row; a single text is an array of one string |
| cell | array of objects |
| struct | structured array of objects; without fields, of an empty dtype |
| sparse | `scipy.sparse.csc_matrix` of float64, complex128 or bool |
| anything else | `MatlabOnly` |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.errors import ModelFileError
from spiking.files.limits import MAX_ELEMENTS, DamagedError

NUMERIC_DTYPES: dict[str, np.dtype[Any]] = {
    "double": np.dtype(np.float64),
    "single": np.dtype(np.float32),
    "logical": np.dtype(np.bool_),
    **{name: np.dtype(name) for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32")},
    **{name: np.dtype(name) for name in ("int64", "uint64")},
}


@dataclass(frozen=True)
class MatlabOnly:
    """Placeholder of a value that only MATLAB can read: a function handle, string, table or other object.

    Attributes
    ----------
    matlab_class : str
        MATLAB's name of its class, for example ``"function_handle"``, ``"string"``, ``"table"``.
    """

    matlab_class: str


def as_class(stored: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Convert numbers from the type in which a file stores them to the class of their array.

    Raises
    ------
    DamagedError
        The class cannot hold one of the numbers, which no program writes. Rounding to single is allowed.
    """
    if stored.dtype == dtype:
        return stored
    with np.errstate(all="ignore"):  # numbers that do not fit are found below
        values = stored.astype(dtype)
    if dtype.kind == "f":
        wrong = np.isinf(values) & np.isfinite(stored)
    else:  # converting back is not enough: uint8 200 becomes int8 -56, which becomes uint8 200
        wrong = (values.astype(stored.dtype) != stored) | ((values < 0) != (stored < 0))
    if wrong.any():
        number = stored[wrong].ravel()[0]
        raise DamagedError(f"it has {number} in an array of {dtype.name}, which cannot hold this number")
    return values


def strings_from_codes(codes: NDArray[Any]) -> NDArray[np.str_]:
    """Return the rows (last axis) of an array of character codes as strings."""
    length = codes.shape[-1]
    if length == 0:  # the shape that SciPy returns
        return np.empty((*codes.shape[:-2], 0), "U1")
    codes = np.array(codes, np.uint32, order="C")
    if ((codes >= 0xD800) & (codes < 0xE000)).any():  # surrogates: MATLAB uses UTF-16
        rows = codes.astype("<u2").reshape(-1, length)
        if len(rows) > MAX_ELEMENTS:
            raise DamagedError(f"it has more than {MAX_ELEMENTS} rows of text")
        text = np.array([row.tobytes().decode("utf-16-le", "replace") for row in rows])
        return text.reshape(codes.shape[:-1])
    return codes.view(f"U{length}")[..., 0]


def codes_from_strings(text: NDArray[np.str_]) -> NDArray[np.uint16]:
    """Return strings of equal length as MATLAB's character codes, along an additional last axis."""
    rows = [np.frombuffer(row.encode("utf-16-le"), "<u2") for row in text.flat]
    if len({row.size for row in rows}) > 1:
        raise ModelFileError("texts with characters beyond U+FFFF cannot be rows of one char array")
    return np.array(rows, np.uint16).reshape(*text.shape, rows[0].size if rows else 0)


def sparse_matrix(
    values: NDArray[Any], rows: NDArray[Any], starts: NDArray[Any], shape: tuple[int, ...]
) -> Any:
    """Return a `csc_matrix`, after checking that all row and column indices are inside of it.

    `starts` holds the index of each column's first entry in `values` and `rows`, and finally their length.
    """
    from scipy.sparse import csc_matrix

    if max(shape) > np.iinfo(np.int32).max:
        raise DamagedError(f"a sparse matrix has shape {shape}; expected fewer than 2^31 rows and columns")
    rows, starts = as_class(rows, np.dtype(np.int64)), as_class(starts, np.dtype(np.int64))
    if len(shape) != 2 or starts.size != shape[1] + 1 or starts[0] != 0 or (np.diff(starts) < 0).any():
        raise DamagedError(f"the columns of a sparse matrix of shape {shape} are not in order")
    if not rows.size == values.size == starts[-1]:
        raise DamagedError(
            f"a sparse matrix has {values.size} values and {rows.size} row indices; expected {starts[-1]}"
        )
    if rows.size and (rows.min() < 0 or rows.max() >= shape[0]):
        raise DamagedError(f"a sparse matrix of shape {shape} has entries outside of it")
    return csc_matrix((values, rows.astype(np.int32), starts.astype(np.int32)), shape)


def check_name(name: Any) -> str:
    """Return the name of a variable or field, or raise ModelFileError if MATLAB does not allow it."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z]\w{0,62}", name, re.ASCII):
        raise ModelFileError(
            f"name is {name!r}; expected a MATLAB name: a letter, then letters, digits or _, 63 at most"
        )
    return name


def as_matlab(value: Any) -> Any:
    """Convert a NumPy or Python value to the form in which it is read back (the table of this module).

    Raises
    ------
    ModelFileError
        No MATLAB class can hold the value.
    """
    if isinstance(value, MatlabOnly):
        raise ModelFileError(f"a MATLAB {value.matlab_class} can only be written by MATLAB")
    if hasattr(value, "tocsc"):
        return _as_sparse(value)
    if isinstance(value, Mapping):
        struct = np.empty((1, 1), [(check_name(name), object) for name in value])
        for name, item in value.items():
            struct[name][0, 0] = as_matlab(item)
        return struct
    try:
        array = np.asarray(value)
    except ValueError:  # lists of unequal lengths
        array = np.empty(len(value), object)
        array[:] = value
    kind = array.dtype.kind
    if kind in "US":
        return _as_text(array)
    if array.ndim == 0 and kind == "O":
        raise ModelFileError(
            f"{value!r:.60} of type {type(value).__name__} cannot be stored in a MATLAB file"
        )
    if array.ndim < 2:
        array = array.reshape((0, 0) if array.size == 0 else (1, array.size))
    if kind == "O":
        cells = np.empty(array.shape, object)
        for index, item in np.ndenumerate(array):
            cells[index] = as_matlab(item)
        return cells
    if kind == "V":
        return _as_struct(array)
    if kind not in "biufc":
        raise ModelFileError(f"an array of {array.dtype} cannot be stored in a MATLAB file")
    native = array.dtype.newbyteorder("=")
    if native in (np.complex64, np.complex128) or native in NUMERIC_DTYPES.values():
        return array.astype(native)
    return array.astype(np.complex128 if kind == "c" else np.float64)


def _as_text(array: NDArray[Any]) -> NDArray[np.str_]:
    text = np.char.decode(array, "latin-1") if array.dtype.kind == "S" else array
    text = np.atleast_1d(text)
    width = int(np.char.str_len(text).max(initial=0))
    if width == 0:
        return np.empty((*text.shape[:-1], 0), "U1")
    return np.char.ljust(text, width)  # the rows of a char array have one length


def _as_struct(array: NDArray[Any]) -> NDArray[Any]:
    names = [check_name(name) for name in array.dtype.names or ()]
    struct = np.empty(array.shape, [(name, object) for name in names])
    for index in np.ndindex(array.shape):
        for name in names:
            struct[name][index] = as_matlab(array[name][index])
    return struct


def _as_sparse(value: Any) -> Any:
    from scipy.sparse import csc_matrix

    dtype = {"b": np.bool_, "c": np.complex128}.get(value.dtype.kind, np.float64)
    matrix = csc_matrix(value, dtype=dtype, copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def same_value(one: Any, other: Any) -> bool:
    """Return whether two values, as read from files, have equal class, shape and content (NaN equals NaN)."""
    if hasattr(one, "tocsc") or hasattr(other, "tocsc"):
        return type(one) is type(other) and all(map(same_value, _sparse_parts(one), _sparse_parts(other)))
    if isinstance(one, MatlabOnly) or isinstance(other, MatlabOnly):
        return bool(one == other)
    if one.shape != other.shape or one.dtype.kind != other.dtype.kind or one.dtype.names != other.dtype.names:
        return False
    if one.dtype.kind == "O":
        return all(map(same_value, one.flat, other.flat))
    if one.dtype.kind == "V":
        return all(
            map(
                same_value, (one[name] for name in one.dtype.names), (other[name] for name in one.dtype.names)
            )
        )
    if one.dtype.kind != "U" and one.dtype != other.dtype:
        return False
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind in "fc"))


def _sparse_parts(matrix: Any) -> Iterator[NDArray[Any]]:
    yield from (np.array(matrix.shape), matrix.data, matrix.indices, matrix.indptr)

"""Read the variables of MATLAB 5 to 7.2 files; a damaged file raises an error and cannot crash the process.

Types, counts and dimensions are checked before NumPy converts the bytes, so that no file can read memory
outside its buffers or use more than the limit. `scipy.io.loadmat` is not used, for these reasons: SciPy 1.17
crashed on 14 of 889 damaged uncompressed files, and checking a file beforehand would need a reader anyway;
with MATLAB's classes it drops imaginary parts, and without them it loses which arrays are logical or double;
its import alone takes 0.2 s.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from spiking.files.limits import Allowance, DamagedError, TooLargeError
from spiking.matfile.mat5_layout import (
    INT8,
    INT32,
    MATRIX,
    OPAQUE,
    ArrayHeader,
    array_header,
    find_variables,
    read_content,
    read_name,
    sub_element,
)
from spiking.matfile.values import MatlabOnly, as_class, sparse_matrix, strings_from_codes

CELL, STRUCT, OBJECT, CHAR, SPARSE, FUNCTION = 1, 2, 3, 4, 5, 16
NUMERIC = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}

STORED_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
STORED_TEXT = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}


def read_arrays(
    file: IO[bytes], file_size: int, order: str, names: Collection[str] | None, max_bytes: int
) -> dict[str, Any]:
    """Read the variables called `names` (None: all).

    Raises
    ------
    DamagedError
        The file is damaged; the message names the variable, if the error is in one.
    TooLargeError
        The variables take more than `max_bytes`; the argument is the name of the variable that exceeds it.
    """
    allowance = Allowance(max_bytes)
    arrays: dict[str, Any] = {}
    for variable in find_variables(file, file_size, order):
        if not variable.name or (names is not None and variable.name not in names):
            continue
        try:
            allowance.take_elements(1, depth=0)
            content = read_content(file, variable, order, allowance)
            arrays.pop(variable.name, None)  # of two variables with the same name, the later is newer
            arrays[variable.name] = _Decoder(order, allowance).array(content, depth=0)
        except TooLargeError as error:
            raise TooLargeError(error.excess, variable.name) from None
        except DamagedError as error:
            raise DamagedError(f"its variable '{variable.name}' is damaged: {error}") from None
    return arrays


@dataclass(frozen=True)
class _Decoder:
    """Converts the bytes of an array to a NumPy array of MATLAB's class and shape."""

    order: str
    allowance: Allowance

    def array(self, data: memoryview, depth: int) -> Any:
        if not data:
            return np.zeros((0, 0))
        header = array_header(data, self.order)
        start = header.data_start
        value: Any
        if header.matlab_class in NUMERIC:
            value, stop = self._numeric(data, header)
        elif header.matlab_class == CHAR:
            value, stop = self._text(data, header)
        elif header.matlab_class == CELL:
            value, stop = self._nested(data, start, header.dims, None, depth)
        elif header.matlab_class == STRUCT:
            fields, start = self._fields(data, start)
            value, stop = self._nested(data, start, header.dims, fields, depth)
        elif header.matlab_class == SPARSE:
            value, stop = self._sparse(data, header)
        else:
            return MatlabOnly(self._class_name(data, header))
        if stop != len(data):
            raise DamagedError(f"it has {len(data) - stop} bytes more than its dimensions {header.dims} need")
        return value

    def _class_name(self, data: memoryview, header: ArrayHeader) -> str:
        if header.matlab_class == FUNCTION:
            return "function_handle"
        start = header.data_start
        if header.matlab_class == OPAQUE:
            _, start = read_name(data, start, self.order)  # the type system: MCOS or java
        elif header.matlab_class != OBJECT:
            raise DamagedError(f"its MATLAB class {header.matlab_class} does not exist")
        return read_name(data, start, self.order)[0]

    def _numbers(self, data: memoryview, start: int) -> tuple[NDArray[Any], int]:
        kind, packed, stop = sub_element(data, start, self.order)
        if kind not in STORED_NUMBERS:
            raise DamagedError(f"its numbers have an unknown type ({kind})")
        dtype = np.dtype(self.order + STORED_NUMBERS[kind])
        if len(packed) % dtype.itemsize:
            raise DamagedError(f"its {len(packed)} bytes are not a whole number of {dtype.name}")
        return np.frombuffer(packed, dtype), stop

    def _converted(self, stored: NDArray[Any], size: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return `size` numbers as `dtype`; files store whole numbers in the smallest possible type."""
        if stored.size != size:
            raise DamagedError(f"it has {stored.size} numbers; its dimensions need {size}")
        self.allowance.take_bytes(max(0, size * dtype.itemsize - stored.nbytes))
        return np.require(as_class(stored, dtype), requirements="W")  # a copy, if it is a view of the bytes

    def _numeric(self, data: memoryview, header: ArrayHeader) -> tuple[NDArray[Any], int]:
        dtype = np.dtype(bool if header.is_logical else NUMERIC[header.matlab_class])
        stored, stop = self._numbers(data, header.data_start)
        value = self._converted(stored, header.size, dtype)
        if header.is_complex:
            stored, stop = self._numbers(data, stop)
            value = self._complex(value, self._converted(stored, header.size, dtype))
        return value.reshape(header.dims, order="F"), stop

    def _complex(self, real: NDArray[Any], imaginary: NDArray[Any]) -> NDArray[Any]:
        value = np.empty(real.shape, np.complex64 if real.dtype == np.float32 else np.complex128)
        self.allowance.take_bytes(max(0, value.nbytes - real.nbytes - imaginary.nbytes))
        value.real, value.imag = real, imaginary
        return value

    def _text(self, data: memoryview, header: ArrayHeader) -> tuple[NDArray[Any], int]:
        kind, packed, stop = sub_element(data, header.data_start, self.order)
        if kind not in STORED_TEXT:
            raise DamagedError(f"its text has an unknown type ({kind})")
        self.allowance.take_bytes(4 * header.size)
        if packed:
            codes = _character_codes(packed, STORED_TEXT[kind], self.order, header.size)
        else:  # some files do not store blanks
            codes = np.full(header.size, ord(" "), np.uint32)
        return strings_from_codes(codes.reshape(header.dims, order="F")), stop

    def _nested(
        self, data: memoryview, start: int, dims: tuple[int, ...], fields: Sequence[str] | None, depth: int
    ) -> tuple[NDArray[Any], int]:
        """Read the cells of a cell array (`fields` is None) or the fields of a struct array."""
        size = math.prod(dims)
        n_each = 1 if fields is None else len(fields)
        self.allowance.take_elements(size * max(1, n_each), depth)
        children = []
        for _ in range(size * n_each):
            kind, content, start = sub_element(data, start, self.order)
            if kind != MATRIX:
                raise DamagedError(f"a cell or field has type {kind}; expected {MATRIX}")
            children.append(self.array(content, depth + 1))
        dtype = np.dtype(object if fields is None else [(field, object) for field in fields])
        value = np.empty(size, dtype)
        for index in range(size):
            if fields is None:
                value[index] = children[index]
            else:
                value[index] = tuple(children[index * n_each : (index + 1) * n_each])
        return value.reshape(dims, order="F"), start

    def _fields(self, data: memoryview, start: int) -> tuple[list[str], int]:
        kind, packed, start = sub_element(data, start, self.order)
        length = int.from_bytes(packed[:4], "little" if self.order == "<" else "big")
        names_kind, packed, start = sub_element(data, start, self.order)
        if (kind, names_kind) != (INT32, INT8) or (packed and (length == 0 or len(packed) % length)):
            raise DamagedError("its field names are damaged")
        first_bytes = range(0, len(packed), max(1, length))
        self.allowance.take_elements(len(first_bytes), depth=0)
        fields = [
            bytes(packed[first : first + length]).split(b"\0")[0].decode("latin-1") for first in first_bytes
        ]
        if len(set(fields)) < len(fields) or not all(name and name.isprintable() for name in fields):
            raise DamagedError("its field names are damaged")
        return fields, start

    def _sparse(self, data: memoryview, header: ArrayHeader) -> tuple[Any, int]:
        rows, stop = self._numbers(data, header.data_start)
        starts, stop = self._numbers(data, stop)
        starts = starts[: header.dims[1] + 1]
        if "f" in (rows.dtype.kind, starts.dtype.kind) or not starts.size:
            raise DamagedError("the rows and columns of a sparse matrix are not integers")
        n_stored = int(starts[-1])
        dtype = np.dtype(bool if header.is_logical else np.float64)
        parts = []
        for _ in range(1 + header.is_complex):
            _, packed, after = sub_element(data, stop, self.order)
            if header.is_logical and len(packed) == n_stored:  # one byte each, whatever the type in the tag
                stored, stop = np.frombuffer(packed, np.uint8), after
            else:
                stored, stop = self._numbers(data, stop)
            parts.append(self._converted(stored[:n_stored], n_stored, dtype))
        values = self._complex(*parts) if header.is_complex else parts[0]
        return sparse_matrix(values, rows[:n_stored], starts, header.dims), stop


def _character_codes(packed: memoryview, codec: str, order: str, size: int) -> NDArray[np.uint32]:
    """Return `size` characters as code points, or as UTF-16 units (with surrogates), as MATLAB does."""
    endian = {"<": "-le", ">": "-be"}[order] if codec in ("utf-16", "utf-32") else ""
    if codec != "utf-16":
        text = bytes(packed).decode(codec + endian, "replace")
        if len(text) == size:
            return np.frombuffer(text.encode("utf-32-le"), "<u4").astype(np.uint32)
        packed, order = memoryview(text.encode("utf-16-le")), "<"
    if len(packed) != 2 * size:
        raise DamagedError(f"its text has {len(packed) // 2} characters; its dimensions need {size}")
    return np.frombuffer(packed, order + "u2").astype(np.uint32)

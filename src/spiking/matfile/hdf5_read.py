"""Read the variables of MATLAB 7.3 (HDF5) files; runs only in a separate process (`hdf5_worker`).

MATLAB stores an array transposed, with its class as an attribute; text as UTF-16 codes; of an empty array the
dimensions; cells, and the fields of struct arrays, as references into a group ``#refs#``.
"""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from spiking.files.hdf5.guard import member_of, values_of
from spiking.files.limits import Allowance, DamagedError, NotMatlabError, TooLargeError
from spiking.matfile.values import NUMERIC_DTYPES, MatlabOnly, as_class, sparse_matrix, strings_from_codes


def read_arrays(source: str | bytes, names: Collection[str] | None, max_bytes: int) -> dict[str, Any]:
    """Read the variables called `names` (None: all) of a file, given by its path or content.

    Raises
    ------
    DamagedError
        The file is damaged; the message names the variable, if the error is in one.
    TooLargeError
        The variables take more than `max_bytes`; the argument is the name of the variable that exceeds it.
    """
    arrays = {}
    with h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r", locking=False) as file:
        reader = _Reader(file, Allowance(max_bytes))
        for name in file:
            if name.startswith("#") or (names is not None and name not in names):
                continue
            try:
                node = member_of(file, name)
                if "MATLAB_class" not in node.attrs:
                    raise NotMatlabError(f"its HDF5 object '{name}' has no attribute MATLAB_class")
                arrays[name] = reader.value(node, depth=0)
            except (NotMatlabError, MemoryError):
                raise
            except TooLargeError as error:
                raise TooLargeError(error.excess, name) from None
            except Exception as error:  # noqa: BLE001  # what h5py raises on damaged files is not documented
                text = " ".join(str(error).split())
                raise DamagedError(f"its variable '{name}' is damaged: {text}") from None
    return arrays


def class_of(node: Any) -> str:
    """Return the MATLAB class of a dataset or group, or an empty string."""
    return bytes(node.attrs.get("MATLAB_class", b"")).decode("ascii", "replace")


def is_reference(node: Any) -> bool:
    """Return whether a node holds references to other datasets."""
    return isinstance(node, h5py.Dataset) and h5py.check_ref_dtype(node.dtype) is h5py.Reference


@dataclass(frozen=True)
class _Reader:
    file: Any
    allowance: Allowance

    def value(self, node: Any, depth: int) -> Any:
        """Return the value of a dataset or group."""
        self.allowance.take_elements(1, depth)
        matlab_class = class_of(node)
        if "MATLAB_object_decode" in node.attrs:
            return MatlabOnly(matlab_class)
        if "MATLAB_sparse" in node.attrs:
            return self._sparse(node, NUMERIC_DTYPES[matlab_class])
        if matlab_class == "struct":
            return self._struct(node, depth)
        if matlab_class == "cell":
            return self._cells(node, depth)
        if matlab_class == "char":
            codes = self._array(node, np.dtype(np.uint16))
            self.allowance.take_bytes(4 * codes.size)
            return strings_from_codes(codes)
        if matlab_class not in NUMERIC_DTYPES:
            return MatlabOnly(matlab_class)
        return self._array(node, NUMERIC_DTYPES[matlab_class])

    def _stored(self, dataset: Any) -> NDArray[Any]:
        return values_of(dataset, self.allowance)

    def _array(self, node: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Read an array, transposed to MATLAB's orientation."""
        if node.attrs.get("MATLAB_empty", 0):
            return np.zeros(self._empty_shape(node), dtype)
        stored = self._stored(node).T
        if stored.dtype.names == ("real", "imag"):
            value = np.empty(stored.shape, np.complex64 if dtype == np.float32 else np.complex128, order="F")
            part = value.real.dtype
            value.real, value.imag = as_class(stored["real"], part), as_class(stored["imag"], part)
            return value
        if stored.dtype.kind not in "biuf":
            raise DamagedError(f"it has values of the type {stored.dtype}")
        self.allowance.take_bytes(max(0, stored.size * dtype.itemsize - stored.nbytes))
        return as_class(stored, dtype)

    def _empty_shape(self, node: Any) -> tuple[int, ...]:
        shape = tuple(int(n) for n in self._stored(node).ravel())
        if 0 not in shape or not 2 <= len(shape) <= 32:
            raise DamagedError(f"an empty array has the dimensions {shape}")
        return shape

    def _cells(self, node: Any, depth: int) -> NDArray[Any]:
        if node.attrs.get("MATLAB_empty", 0):
            return np.empty(self._empty_shape(node), object)
        return self._referred(node, depth)

    def _referred(self, node: Any, depth: int) -> NDArray[Any]:
        """Return the values to which a dataset refers, in an array of the same shape."""
        if not is_reference(node):
            raise DamagedError("cells are not references")
        references = self._stored(node).T
        values = np.empty(references.shape, object)
        for index, reference in np.ndenumerate(references):
            values[index] = self.value(self.file[reference], depth + 1)
        return values

    def _struct(self, node: Any, depth: int) -> NDArray[Any]:
        names = ["".join(c.decode("latin-1") for c in name) for name in node.attrs.get("MATLAB_fields", ())]
        if isinstance(node, h5py.Dataset):  # a struct array without elements or fields
            return np.empty(self._empty_shape(node), [(name, object) for name in names])
        names = names or sorted(node)
        members = [member_of(node, name) for name in names]
        if members and all(is_reference(member) and not class_of(member) for member in members):
            columns = [self._referred(member, depth) for member in members]
        else:
            columns = []
            for member in members:
                column = np.empty((1, 1), object)
                column[0, 0] = self.value(member, depth + 1)
                columns.append(column)
        value = np.empty(columns[0].shape if columns else (1, 1), [(name, object) for name in names])
        for name, column in zip(names, columns, strict=True):
            value[name] = column
        return value

    def _sparse(self, group: Any, dtype: np.dtype[Any]) -> Any:
        starts = self._stored(member_of(group, "jc"))
        shape = (int(group.attrs["MATLAB_sparse"]), starts.size - 1)
        if "ir" not in group:  # no nonzero entries
            return sparse_matrix(np.zeros(0, dtype), np.zeros(0, int), starts, shape)
        values, rows = (member_of(group, name) for name in ("data", "ir"))
        return sparse_matrix(self._array(values, dtype), self._stored(rows), starts, shape)

"""Write variables into MATLAB 7.3 (HDF5) files; runs only in a separate process (`hdf5_worker`).

The layout is described in `hdf5_read`. Datasets of other variables do not change or move, so references to
them stay valid.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from spiking.matfile.hdf5_read import is_reference
from spiking.matfile.values import NUMERIC_DTYPES, codes_from_strings

USER_BLOCK = 512  # bytes before the HDF5 part, of which MATLAB's header takes 128
COMPRESSED_FROM = 1024  # bytes
CLASSES = {dtype: name for name, dtype in NUMERIC_DTYPES.items()}
INT_DECODE = {"logical": 1, "char": 2}  # MATLAB's code for the meaning of stored integers


def change(path: str, changes: Mapping[str, Any]) -> None:
    """Write variables (from `values.as_matlab`) into a file; an empty file becomes a MATLAB 7.3 file."""
    if Path(path).stat().st_size == 0:
        h5py.File(path, "w", userblock_size=USER_BLOCK).close()
        with Path(path).open("r+b") as file:
            text = f"MATLAB 7.3 MAT-file, Platform: Python, Created on: {time.asctime()} HDF5 schema 1.00 ."
            file.write(text.encode().ljust(124) + b"\x00\x02IM")
    file = h5py.File(path, "r+", locking=False)
    for name, value in changes.items():
        if name in file:
            del file[name]
        _write(file, name, value)
    file.flush()
    file.close()


def same_elsewhere(old_path: str, new_path: str, names: Collection[str]) -> bool:
    """Return whether files are equal except in the variables called `names` and what only these refer to."""
    with (
        h5py.File(old_path, "r", locking=False) as old,
        h5py.File(new_path, "r", locking=False) as new,
    ):
        return _same_members(old, new, [name for name in old if name not in names])


def _same_members(old: Any, new: Any, names: Collection[str]) -> bool:
    """Return whether members of a group are the same; links to other places are compared, not followed."""
    for name in names:
        link, new_link = (group.get(name, getlink=True) for group in (old, new))
        if isinstance(link, h5py.HardLink) and isinstance(new_link, h5py.HardLink):
            if not _same(old[name], new[name]):
                return False
        elif type(link) is not type(new_link) or vars(link) != vars(new_link):
            return False
    return True


def _same(old: Any, new: Any) -> bool:
    if type(old) is not type(new) or old.attrs.keys() != new.attrs.keys():
        return False
    if not all(_same_values(old.attrs[name], new.attrs[name]) for name in old.attrs):
        return False
    if isinstance(old, h5py.Group):
        return _same_members(old, new, list(old))
    if old.shape != new.shape or old.dtype != new.dtype:
        return False
    if is_reference(old):
        names_old = [old.file[reference].name for reference in old[()].flat]
        return names_old == [new.file[reference].name for reference in new[()].flat]
    if old.ndim == 0 or old.size == 0:
        return _same_values(old[()], new[()])
    axis = int(np.argmax(old.shape))
    step = max(1, 2**24 * old.shape[axis] // (old.size * old.dtype.itemsize))  # 16 MiB at a time
    parts = [(*[slice(None)] * axis, slice(i, i + step)) for i in range(0, old.shape[axis], step)]
    return all(_same_values(old[part], new[part]) for part in parts)


def _same_values(old: Any, new: Any) -> bool:
    old, new = np.asarray(old), np.asarray(new)
    if old.dtype == object:  # an attribute that holds arrays, such as the names of fields
        return old.shape == new.shape and all(map(_same_values, old.flat, new.flat))
    return bool(old.shape == new.shape and old.dtype == new.dtype and old.tobytes() == new.tobytes())


def _write(group: Any, name: str | None, value: Any) -> Any:
    """Write a value as a member of a group and return it."""
    if hasattr(value, "tocsc"):
        return _write_sparse(group, name, value)
    if value.dtype.kind == "V":
        return _write_struct(group, name, value)
    if value.dtype.kind == "O":
        return _set_class(_write_references(group, name, value), "cell")
    if value.dtype.kind == "U":
        return _set_class(_write_array(group, name, codes_from_strings(value)), "char")
    return _set_class(_write_array(group, name, value), _numeric_class(value))


def _numeric_class(array: NDArray[Any]) -> str:
    real = {"c": array.real.dtype}.get(array.dtype.kind, array.dtype)
    return CLASSES[real]


def _set_class(node: Any, matlab_class: str) -> Any:
    node.attrs.create("MATLAB_class", np.bytes_(matlab_class.encode()))
    if matlab_class in INT_DECODE:
        node.attrs.create("MATLAB_int_decode", np.int32(INT_DECODE[matlab_class]))
    return node


def _write_array(group: Any, name: str | None, array: NDArray[Any]) -> Any:
    if array.size == 0:
        return _write_empty(group, name, array.shape)
    stored = array.T
    if array.dtype.kind == "c":
        stored = np.empty(stored.shape, [("real", array.real.dtype), ("imag", array.real.dtype)])
        stored["real"], stored["imag"] = array.real.T, array.imag.T
    elif array.dtype.kind == "b":
        stored = stored.astype(np.uint8)
    compression = "gzip" if stored.nbytes >= COMPRESSED_FROM else None
    dataset = group.create_dataset(name, data=stored, compression=compression)
    dataset.flush()  # h5py ignores errors, such as a full disk, when it frees a dataset that is not flushed
    return dataset


def _write_empty(group: Any, name: str | None, shape: tuple[int, ...]) -> Any:
    dataset = group.create_dataset(name, data=np.array(shape, np.uint64))
    dataset.attrs.create("MATLAB_empty", np.uint8(1))
    return dataset


def _write_references(group: Any, name: str | None, values: NDArray[Any]) -> Any:
    """Write values into the group of references, and references to them as a member of `group`."""
    if values.size == 0:
        return _write_empty(group, name, values.shape)
    refs = group.file.require_group("#refs#")
    references = np.empty(values.T.shape, h5py.ref_dtype)
    for index, value in np.ndenumerate(values.T):
        node = _write(refs, None, value)  # named below, because the value may contain more references
        number = len(refs)
        while (free_name := f"{number:x}") in refs:
            number += 1
        refs[free_name] = node
        references[index] = node.ref
    return group.create_dataset(name, data=references, dtype=h5py.ref_dtype)


def _write_struct(group: Any, name: str | None, struct: NDArray[Any]) -> Any:
    fields = struct.dtype.names or ()
    if struct.size == 0:
        node = _write_empty(group, name, struct.shape)
    else:
        node = group.create_group(name)
        for field in fields:
            if struct.shape == (1, 1):
                _write(node, field, struct[field][0, 0])
            else:
                _write_references(node, field, struct[field])
    if fields:
        letters = np.empty(len(fields), object)
        letters[:] = [np.frombuffer(field.encode(), "S1") for field in fields]
        node.attrs.create("MATLAB_fields", letters, dtype=h5py.vlen_dtype(np.dtype("S1")))
    return _set_class(node, "struct")


def _write_sparse(group: Any, name: str | None, matrix: Any) -> Any:
    node = group.create_group(name)
    node.attrs.create("MATLAB_sparse", np.uint64(matrix.shape[0]))
    node.create_dataset("jc", data=matrix.indptr.astype(np.uint64))
    if matrix.nnz:
        node.create_dataset("ir", data=matrix.indices.astype(np.uint64))
        _write_array(node, "data", matrix.data)
    return _set_class(node, _numeric_class(matrix.data))

"""MATLAB files for the tests: version 5 by SciPy, and 7.3 written byte for byte as MATLAB lays it out."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io
import scipy.sparse

KINDS = ("uncompressed", "compressed", "7.3")


def model_variables(n_units: int = 20, seed: int = 0) -> dict[str, Any]:
    """What a trainer saves, of a random network."""
    random = np.random.default_rng(seed)
    inhibitory = random.random((n_units, 1)) < 0.2
    return {
        "w": random.normal(size=(n_units, n_units)).astype(np.float32),
        "w0": random.normal(size=(n_units, n_units)).astype(np.float32),
        "m": np.diag(np.where(inhibitory[:, 0], -1.0, 1.0)).astype(np.float32),
        "som_m": np.ones((n_units, n_units), np.float32),
        "w_in": random.normal(size=(n_units, 1)).astype(np.float32),
        "w_out": random.normal(size=(1, n_units)).astype(np.float32),
        "b_out": np.array([[0.25]]),
        "N": np.array([[n_units]], np.int64),
        "som_N": np.array([[0]], np.int64),
        "exc": ~inhibitory,
        "inh": inhibitory,
        "taus": np.array([[4.0, 20.0]]),
        "taus_gaus": random.normal(size=(n_units, 1)),
        "activation": np.array(["sigmoid"]),
        "losses": random.random((1, 50)),
    }


def other_variables() -> dict[str, Any]:
    """One of every other kind of value, as they are read back."""
    cell = np.empty((1, 2), object)
    cell[0, 0], cell[0, 1] = np.array([[1.0, 2.0]]), np.array(["text"])
    struct = np.empty((1, 1), [("task", object), ("windows", object)])
    struct["task"][0, 0], struct["windows"][0, 0] = np.array(["go-nogo"]), np.array([[500.0], [1000.0]])
    structs = np.empty((1, 2), [("a", object)])
    structs["a"][0, 0], structs["a"][0, 1] = np.array([[1.0]]), cell
    return {
        "cell": cell,
        "struct": struct,
        "structs": structs,
        "no_fields": np.empty((1, 1), []),
        "empty_cell": np.empty((0, 0), object),
        "empty": np.zeros((0, 3)),
        "empty_text": np.empty(0, "U1"),
        "accents": np.array(["é ü ω"]),
        "rows": np.array(["one  ", "three"]),
        "complex": np.array([[1 + 2j, complex(np.nan, np.inf)]]),
        "complex_single": np.array([[1 + 2j]], np.complex64),
        "integers": np.array([[-1, 2]], np.int16),
        "large": np.array([[2**63]], np.uint64),
        "cube": np.arange(24.0).reshape(2, 3, 4),
        "sparse": scipy.sparse.csc_matrix(np.diag([1.0, 0.0, 2.5])),
        "sparse_logical": scipy.sparse.csc_matrix(np.eye(3, 4) > 0),
        "sparse_empty": scipy.sparse.csc_matrix((3, 4)),
    }


def all_variables() -> dict[str, Any]:
    """A model, and one of every other kind of value."""
    return {**model_variables(), **other_variables()}


def save(path: Path, variables: dict[str, Any], kind: str) -> Path:
    """Write a file of one of `KINDS`."""
    if kind == "7.3":
        save_version_73(path, variables)
    else:
        save_version_5(path, variables, compressed=kind == "compressed")
    return path


def element(kind: int, data: bytes, order: str = "<") -> bytes:
    """An element of a version 5 file."""
    return struct.pack(order + "II", kind, len(data)) + data + bytes(-len(data) % 8)


def array(
    name: str, matlab_class: int, dims: tuple[int, ...], *parts: bytes, flags: int = 0, order: str = "<"
) -> bytes:
    """An array of a version 5 file, of parts that are elements."""
    head = element(6, struct.pack(order + "II", matlab_class | flags << 8, 0), order)
    sizes = element(5, struct.pack(f"{order}{len(dims)}i", *dims), order) if dims else b""
    return element(14, head + sizes + element(1, name.encode(), order) + b"".join(parts), order)


def version_5(path: Path, *arrays: bytes, order: str = "<") -> Path:
    path.write_bytes(
        b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(order + "H", 256) + (b"IM", b"MI")[order == ">"]
    )
    with path.open("ab") as file:
        file.writelines(arrays)
    return path


def save_version_5(path: Path, variables: dict[str, Any], *, compressed: bool) -> None:
    without_fields = {name: {} for name, value in variables.items() if value.dtype == np.dtype([])}
    scipy.io.savemat(path, {**variables, **without_fields}, do_compression=compressed)


def save_version_73(path: Path, variables: dict[str, Any]) -> None:
    """Write a file as MATLAB does, with what it adds to HDF5, and by none of the package's own code."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            _put(file, file, name, value)
    with path.open("r+b") as stream:
        stream.write(
            b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan 1 HDF5 schema 1.00 .".ljust(124)
        )
        stream.write(b"\x00\x02IM")


def _put(file: Any, group: Any, name: str, value: Any) -> Any:
    matlab_class = {"float64": "double", "float32": "single", "complex128": "double", "complex64": "single"}
    if scipy.sparse.issparse(value):
        node = group.create_group(name)
        node["jc"] = value.indptr.astype(np.uint64)
        if value.nnz:
            node["ir"] = value.indices.astype(np.uint64)
            node["data"] = value.data.astype(np.uint8) if value.dtype == bool else value.data
        node.attrs["MATLAB_sparse"] = np.uint64(value.shape[0])
        node.attrs["MATLAB_class"] = np.bytes_(b"logical" if value.dtype == bool else b"double")
        return node
    if value.dtype.kind == "V" and value.size == 1:
        node = group.create_group(name)
        for field in value.dtype.names or ():
            _put(file, node, field, value[field].item())
    elif value.dtype.kind == "V":
        node = group.create_group(name)
        for field in value.dtype.names:
            node.create_dataset(field, data=_references(file, value[field]), dtype=h5py.ref_dtype)
    elif value.size == 0:
        shape = (0, 0) if value.dtype.kind == "U" else value.shape
        node = group.create_dataset(name, data=np.array(shape, np.uint64))
        node.attrs["MATLAB_empty"] = np.uint8(1)
    elif value.dtype == object:
        node = group.create_dataset(name, data=_references(file, value), dtype=h5py.ref_dtype)
    elif value.dtype.kind == "U":
        node = group.create_dataset(
            name, data=np.array([[ord(c) for c in row] for row in value], np.uint16).T
        )
        node.attrs["MATLAB_int_decode"] = np.int32(2)
    elif value.dtype == bool:
        node = group.create_dataset(name, data=value.T.astype(np.uint8))
        node.attrs["MATLAB_int_decode"] = np.int32(1)
    elif value.dtype.kind == "c":
        parts = np.empty(value.T.shape, [("real", value.real.dtype), ("imag", value.real.dtype)])
        parts["real"], parts["imag"] = value.T.real, value.T.imag
        node = group.create_dataset(name, data=parts)
    else:
        compression = "gzip" if value.nbytes > 1000 else None
        node = group.create_dataset(name, data=value.T, compression=compression)
    kinds = {"V": "struct", "O": "cell", "U": "char", "b": "logical"}
    found = kinds.get(value.dtype.kind) or matlab_class.get(value.dtype.name, value.dtype.name)
    node.attrs["MATLAB_class"] = np.bytes_(found.encode())
    return node


_numbers = itertools.count()


def _references(file: Any, values: np.ndarray) -> np.ndarray:
    group = file.require_group("#refs#")
    references = np.empty(values.T.shape, h5py.ref_dtype)
    for index, value in np.ndenumerate(values.T):
        references[index] = _put(file, group, f"r{next(_numbers)}", value).ref
    return references

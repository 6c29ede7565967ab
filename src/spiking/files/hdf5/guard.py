"""Look into HDF5 files that need not be trusted; runs only in a separate process (`process`).

Nothing outside the file is opened, and nothing is read that is larger than what is stored of it can be.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from spiking.files.hdf5.part import FileState, StoredPart
from spiking.files.limits import Allowance, DamagedError, TooLargeError

MAX_COMPRESSION = 1100  # deflate reaches 1032
UNSTORED_BYTES = 2**20  # a dataset may be larger than its stored bytes by this much, compressed or not
_FILTERS = {h5py.h5z.FILTER_SHUFFLE: "shuffle", h5py.h5z.FILTER_DEFLATE: "gzip"}


def member_of(group: Any, name: str) -> Any:
    """Return a member of a group; soft and external links, which may lead to other files, are refused."""
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise DamagedError(f"'{name}' is a soft or external link")
    return group[name]


def values_of(dataset: Any, allowance: Allowance) -> NDArray[Any]:
    """Read a dataset, unless it is larger than its stored bytes can be when decompressed."""
    n_bytes = _check_inside(dataset)
    allowance.take_bytes(n_bytes)
    if n_bytes > UNSTORED_BYTES + MAX_COMPRESSION * dataset.id.get_storage_size():
        raise DamagedError(f"only {dataset.id.get_storage_size()} of {n_bytes} bytes are stored")
    array: NDArray[Any] = dataset[()]
    return array


def _check_inside(dataset: Any) -> int:
    """Return the bytes of a dataset when dense; raise DamagedError if its values are in another file."""
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise DamagedError("a dataset is missing")
    if dataset.external is not None or dataset.is_virtual:
        raise DamagedError("its values are in another file")
    return int(math.prod(dataset.shape)) * int(dataset.dtype.itemsize)


class Contents:
    """What a file holds: attributes and small datasets as values, and where the others are stored.

    Attributes
    ----------
    values : dict of str to value
        Of attributes and datasets, by their path in the file, such as ``network/params``.
    parts : dict of str to StoredPart
        Of the datasets that were to be located, not read.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.parts: dict[str, StoredPart] = {}


def attributes(path: str, max_bytes: int) -> dict[str, Any]:
    """Return the attributes of a file itself."""
    with h5py.File(path, "r", locking=False) as file:
        return _attributes(file, Allowance(max_bytes))


def contents(paths: Sequence[str], located: Collection[str], max_bytes: int) -> list[Contents]:
    """Return what files hold; the datasets called `located` are not read.

    Raises
    ------
    DamagedError
        A file is damaged or holds what `spiking` does not write; the message names the dataset.
    TooLargeError
        The values of a file take more than `max_bytes` and the file's own size.
    """
    found = []
    for path in paths:
        try:
            found.append(_contents(Path(path), located, max_bytes))
        except TooLargeError:
            raise
        except Exception as error:  # noqa: BLE001  # what h5py raises on damaged files is not documented
            place = f"{Path(path).name}: " if len(paths) > 1 else ""
            raise DamagedError(f"{place}{' '.join(str(error).split())}") from None
    return found


def _contents(path: Path, located: Collection[str], max_bytes: int) -> Contents:
    with h5py.File(path, "r", locking=False) as file:
        state = FileState.of(path.stat())
        if file.userblock_size:
            raise DamagedError("it begins with a user block")
        walk = _Walk(path, state, Allowance(max_bytes + state.size), located)
        walk.group(file, "", 0)
        walk.check_total()
        return walk.contents


class _Walk:
    def __init__(self, path: Path, state: FileState, allowance: Allowance, located: Collection[str]) -> None:
        self.contents = Contents()
        self._path, self._state, self._allowance, self._located = path, state, allowance, located

    def group(self, group: Any, prefix: str, depth: int) -> None:
        self._allowance.take_elements(len(group), depth)
        own = _attributes(group, self._allowance)
        self.contents.values |= {prefix + name: value for name, value in own.items()}
        for name in group:
            full = prefix + name
            try:
                node = member_of(group, name)
                if isinstance(node, h5py.Group):
                    self.group(node, f"{full}/", depth + 1)
                elif full in self._located:
                    self.contents.parts[full] = self._part(node)
                else:
                    self.contents.values[full] = self._plain(node)
            except DamagedError as error:
                place = "" if "/" in str(error).partition(":")[0] else f"{full}: "
                raise DamagedError(f"{place}{error}") from None

    def check_total(self) -> None:
        """Raise DamagedError if datasets share bytes: together they would be larger than the file."""
        stored = sum(int(part.sizes.sum()) for part in self.contents.parts.values())
        if stored > self._state.size:
            raise DamagedError(f"its datasets have {stored} bytes, the file {self._state.size}")

    def _plain(self, dataset: Any) -> Any:
        """Return the value of a dataset of numbers or texts."""
        if h5py.check_string_dtype(getattr(dataset, "dtype", np.dtype(float))):
            texts = values_of(dataset, self._allowance)
            self._allowance.take_bytes(sum(len(text) for text in np.ravel(texts)))
            return dataset.asstr()[()]
        _check_numbers(dataset)
        return values_of(dataset, self._allowance)

    def _part(self, dataset: Any) -> StoredPart:
        """Return where the values of a dataset are in the file."""
        n_bytes = _check_inside(dataset)
        _check_numbers(dataset)
        if not dataset.id.get_type().equal(h5py.h5t.py_create(dataset.dtype)):
            raise DamagedError("its numbers have an unusual type")
        if not dataset.shape:
            raise DamagedError("it is one number; expected an array")
        if dataset.chunks is None:
            offset = dataset.id.get_offset()
            if n_bytes and offset is None:
                raise DamagedError(f"0 of {n_bytes} bytes are stored")
            infos = [((0,) * dataset.ndim, 0, offset or 0, n_bytes)]
        else:
            infos = _chunks(dataset)
        offsets, sizes, masks = (np.array([info[k] for info in infos], np.int64) for k in (2, 3, 1))
        if (offsets < 0).any() or (sizes < 0).any() or (offsets > self._state.size - sizes).any():
            raise DamagedError("it ends behind the end of the file")
        if dataset.chunks is not None and sizes.size:
            dense = math.prod(dataset.chunks) * dataset.dtype.itemsize
            if dense > MAX_COMPRESSION * sizes.min():
                raise DamagedError(f"only {sizes.min()} of the {dense} bytes of a chunk are stored")
        return StoredPart(
            path=self._path,
            state=self._state,
            shape=dataset.shape,
            dtype=dataset.dtype,
            chunk=dataset.chunks,
            offsets=offsets,
            sizes=sizes,
            masks=masks,
            filters=_filters(dataset),
        )


def _attributes(node: Any, allowance: Allowance) -> dict[str, Any]:
    own = {}
    for name in node.attrs:
        allowance.take_elements(1, 0)
        allowance.take_bytes(node.attrs.get_id(name).get_storage_size())
        value = node.attrs[name]
        if isinstance(value, str):
            allowance.take_bytes(len(value))
        elif not isinstance(value, np.generic | np.ndarray) or value.dtype.kind not in "biuf":
            raise DamagedError(f"its attribute '{name}' is neither a number nor a text")
        own[name] = value
    return own


def _check_numbers(dataset: Any) -> None:
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "biuf":
        raise DamagedError("it does not hold numbers")


def _filters(dataset: Any) -> tuple[str, ...]:
    settings = dataset.id.get_create_plist()
    codes = [settings.get_filter(k)[0] for k in range(settings.get_nfilters())]
    names = tuple(_FILTERS.get(code, str(code)) for code in codes)
    if names not in ((), ("gzip",), ("shuffle", "gzip")):
        raise DamagedError(f"it has the filters {', '.join(names)}; expected shuffle and gzip")
    return names


def _chunks(dataset: Any) -> list[tuple[tuple[int, ...], int, int, int]]:
    """Return position, filter mask, offset in the file and stored bytes of each chunk, in order."""
    infos: list[Any] = []
    grid = [range(0, length, chunk) for length, chunk in zip(dataset.shape, dataset.chunks, strict=True)]
    count = math.prod(len(steps) for steps in grid)
    if dataset.id.get_num_chunks() != count:
        raise DamagedError(f"{dataset.id.get_num_chunks()} of its {count} chunks are stored")
    if hasattr(dataset.id, "chunk_iter"):
        dataset.id.chunk_iter(infos.append)
    else:  # HDF5 before 1.12.3
        infos = [dataset.id.get_chunk_info(k) for k in range(count)]
    ordered = sorted((tuple(i.chunk_offset), i.filter_mask, i.byte_offset, i.size) for i in infos)
    for info, k in zip(ordered, range(count), strict=True):
        place, rest = [], k
        for steps in reversed(grid):
            rest, index = divmod(rest, len(steps))
            place.append(steps[index])
        if info[0] != tuple(reversed(place)):
            raise DamagedError(f"it has a chunk at {info[0]}; expected one at {tuple(reversed(place))}")
    return ordered

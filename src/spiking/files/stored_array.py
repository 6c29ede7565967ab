"""An array in HDF5 files that reads only the requested parts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from spiking.errors import ArgumentError
from spiking.files.hdf5.part import StoredPart

_BLOCK_BYTES = 2**25  # how much is read at once


@dataclass(frozen=True, eq=False)
class StoredArray(NDArrayOperatorsMixin):
    """A read-only array on disk, in one file or split along its first dimension over several.

    It is used like a NumPy array. Indexing the first dimension (trials, or spikes) reads only those entries;
    ``min``, ``max`` and ``mean`` read it in blocks; all other operations, such as arithmetic, read the whole
    array. No file stays open. The files must not change meanwhile; reading a changed or damaged file raises
    an ArgumentError.

    Parameters
    ----------
    name : str
        Name of the dataset, the same in all files.
    parts : tuple of StoredPart
        Where it is in each file; all have the same shape, except for the first dimension, and type.
    check : function of an int and an array, optional
        Called with the position of the first entry and the entries that were read; raises ValueError if they
        cannot be right.

    Examples
    --------
    >>> from spiking import Simulation, SpikingNetwork, datasets, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> simulate(network, tasks.get("go-nogo"), trials=3, seed=1).save("run.h5")
    >>> output = Simulation.load("run.h5").output
    >>> output.shape, output[2].shape  # only this trial is read
    ((3, 1, 20000), (1, 20000))
    """

    name: str
    parts: tuple[StoredPart, ...]
    check: Callable[[int, NDArray[Any]], None] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole array."""
        return (sum(part.shape[0] for part in self.parts), *self.parts[0].shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self.parts[0].dtype

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Bytes that the whole array takes in memory."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        for block in self.blocks():
            yield from block

    def __repr__(self) -> str:
        place = self.parts[0].path.name
        return f"StoredArray({self.name!r}, shape={self.shape}, dtype={self.dtype}, in {place})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("copy is False; expected None or True, because reading from disk makes a copy")
        whole = self._rows(0, len(self))
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        arrays = [np.asarray(value) if isinstance(value, StoredArray) else value for value in inputs]
        return getattr(ufunc, method)(*arrays, **settings)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # protocols that NumPy arrays have and this class has not
            raise AttributeError(name)
        return getattr(np.asarray(self), name)

    def __getitem__(self, key: Any) -> Any:
        key = key if isinstance(key, tuple) else (key,)
        if key and key[0] is Ellipsis:
            key = (slice(None),) * (self.ndim - len(key) + 1) + key[1:]
        first, rest = (key[0], key[1:]) if key else (slice(None), ())
        if isinstance(first, int | np.integer):
            k = range(len(self))[first]
            return self._rows(k, k + 1)[0][rest]
        pairs = not isinstance(first, slice) and not all(isinstance(item, slice) for item in rest)
        numbers = None if first is None or pairs else np.arange(len(self))[first]
        if numbers is not None and isinstance(first, slice) and first.step in (None, 1):
            start, stop = (int(numbers[0]), int(numbers[-1]) + 1) if numbers.size else (0, 0)
            kept = (slice(None), *rest)
            return np.concatenate([block[kept] for block in self.blocks(start, stop)])
        if numbers is None or numbers.ndim != 1 or not numbers.size or self.ndim == 1:
            return np.asarray(self)[key]
        return np.stack([self._rows(k, k + 1)[0][rest] for k in numbers.tolist()])

    def min(self, **settings: Any) -> Any:
        """Return the minimum; arguments as in ``numpy.min``."""
        if settings:
            return np.asarray(self).min(**settings)
        return np.min([block.min() for block in self.blocks()])

    def max(self, **settings: Any) -> Any:
        """Return the maximum; arguments as in ``numpy.max``."""
        if settings:
            return np.asarray(self).max(**settings)
        return np.max([block.max() for block in self.blocks()])

    def mean(self, axis: Any = None, **settings: Any) -> Any:
        """Return the mean; arguments as in ``numpy.mean``. Over the first dimension it is read in blocks."""
        if axis != 0 or settings or not len(self):
            return np.asarray(self).mean(axis=axis, **settings)
        return np.sum([block.sum(axis=0) for block in self.blocks()], axis=0) / len(self)

    def blocks(self, start: int = 0, stop: int | None = None) -> Iterator[NDArray[Any]]:
        """Yield entries `start` to ``stop - 1`` in blocks of up to 32 MiB; one empty block if none."""
        stop = len(self) if stop is None else stop
        size = max(1, _BLOCK_BYTES * max(1, len(self)) // max(1, self.nbytes))
        for first in range(start, stop, size):
            yield self._rows(first, min(first + size, stop))
        if start >= stop:
            yield np.empty((0, *self.shape[1:]), self.dtype)

    def packed(self, k: int) -> bytes | None:
        """Return the compressed bytes of entry k, or None if it is stored in another way."""
        number, first = self._part(k)
        return self.parts[number].packed(k - first)

    def _part(self, k: int) -> tuple[int, int]:
        """Return the index of the part that holds entry k, and the index of that part's first entry."""
        ends = list(accumulate(part.shape[0] for part in self.parts))
        number = bisect_right(ends, k)
        return number, ends[number] - self.parts[number].shape[0]

    def _rows(self, start: int, stop: int) -> NDArray[Any]:
        blocks = [np.empty((0, *self.shape[1:]), self.dtype)]
        done = start
        while done < stop:
            number, first = self._part(done)
            part = self.parts[number]
            end = min(stop, first + part.shape[0])
            rows = part.rows(done - first, end - first)
            if self.check is not None:
                try:
                    self.check(done, rows)
                except ValueError as error:
                    raise ArgumentError(f"{part.path} is damaged: {self.name} {error}") from None
            blocks.append(rows)
            done = end
        return np.concatenate(blocks) if len(blocks) > 2 else blocks[-1]

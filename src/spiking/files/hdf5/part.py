"""Read the numbers of a dataset from an HDF5 file without the HDF5 library, which may crash or hang.

Where they are in the file was found in another process (`guard`).
"""

from __future__ import annotations

import itertools
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from spiking.errors import ArgumentError


@dataclass(frozen=True)
class FileState:
    """Size and time of the last change of a file, by which a change is noticed."""

    size: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileState:
        """Return the state of a file."""
        return cls(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, eq=False)
class StoredPart:
    """Where the numbers of a dataset are in a file.

    Parameters
    ----------
    path : Path
    state : FileState
        Of the file when the numbers were located.
    shape : tuple of int
    dtype : numpy.dtype
    chunk : tuple of int, optional
        Shape of a chunk; None: the numbers are one after the other, from the only offset.
    offsets, sizes, masks : array of int, shape (chunks,)
        Of each chunk, in C order: where it begins, how many bytes it has, and a bit for each filter that was
        not applied.
    filters : tuple of str
        ``shuffle`` and ``gzip``, in the order in which they are applied when writing.
    """

    path: Path
    state: FileState
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk: tuple[int, ...] | None
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    masks: NDArray[np.int64]
    filters: tuple[str, ...]

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """Return entries `start` to ``stop - 1`` of the first dimension.

        Raises
        ------
        ArgumentError
            The file is gone, has changed, or is damaged.
        """
        rows = np.empty((stop - start, *self.shape[1:]), self.dtype)
        if not rows.size:
            return rows
        try:
            with self._open() as file:
                if self.chunk is None:
                    n_bytes = rows[0].nbytes
                    content = self._bytes(file, int(self.offsets[0]) + start * n_bytes, rows.nbytes)
                    return np.frombuffer(content, self.dtype).reshape(rows.shape)
                grid = [-(-length // step) for length, step in zip(self.shape, self.chunk, strict=True)]
                first = range(start // self.chunk[0], -(-stop // self.chunk[0]))
                for place in itertools.product(first, *map(range, grid[1:])):
                    values = self._decoded(file, int(np.ravel_multi_index(place, grid)))
                    source, target = [], []
                    for axis, (k, step) in enumerate(zip(place, self.chunk, strict=True)):
                        low, high = (start, stop) if axis == 0 else (0, self.shape[axis])
                        begin, end = max(low, k * step), min(high, (k + 1) * step)
                        source.append(slice(begin - k * step, end - k * step))
                        target.append(slice(begin - low, end - low))
                    rows[tuple(target)] = values[tuple(source)]
        except (OSError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or error
            raise ArgumentError(f"{self.path} could not be read: {reason}") from None
        return rows

    def packed(self, k: int) -> bytes | None:
        """Return the compressed bytes of entry k, or None if it is not one chunk, shuffled and compressed."""
        if self.chunk != (1, *self.shape[1:]) or self.filters != ("shuffle", "gzip") or self.masks[k]:
            return None
        with self._open() as file:
            return self._bytes(file, int(self.offsets[k]), int(self.sizes[k]))

    def _open(self) -> IO[bytes]:
        file = self.path.open("rb")
        if FileState.of(os.fstat(file.fileno())) != self.state:
            file.close()
            raise ArgumentError(f"{self.path} has changed since it was opened; load it again")
        return file

    def _bytes(self, file: IO[bytes], offset: int, count: int) -> bytes:
        file.seek(offset)
        content = file.read(count)
        if len(content) != count:
            raise ArgumentError(f"{self.path} is damaged: it ends before its data")
        return content

    def _decoded(self, file: IO[bytes], k: int) -> NDArray[Any]:
        """Return the values of a chunk."""
        assert self.chunk is not None
        n_bytes = int(np.prod(self.chunk)) * self.dtype.itemsize
        content = self._bytes(file, int(self.offsets[k]), int(self.sizes[k]))
        applied = {name for bit, name in enumerate(self.filters) if not int(self.masks[k]) >> bit & 1}
        if "gzip" in applied:
            unpacker = zlib.decompressobj()
            content = unpacker.decompress(content, n_bytes)
            if not unpacker.eof:
                content += unpacker.decompress(unpacker.unconsumed_tail, 1)  # the end, with its checksum
        if len(content) != n_bytes or ("gzip" in applied and not unpacker.eof):
            raise ArgumentError(f"{self.path} is damaged: a chunk has {len(content)} bytes, not {n_bytes}")
        if "shuffle" in applied:
            content = np.frombuffer(content, np.uint8).reshape(self.dtype.itemsize, -1).T.tobytes()
        return np.frombuffer(content, self.dtype).reshape(self.chunk)

"""Write HDF5 files safely: the HDF5 library itself may crash when the disk is full."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any


def write_hdf5(path: Path, fill: Callable[[Any, Event], None], **settings: Any) -> None:
    """Write a new HDF5 file; raises OSError if that fails.

    Parameters
    ----------
    path : Path
        Overwritten; after an error its content is undefined.
    fill : function of an h5py.File and an Event
        Writes the content; may stop once the event is set.
    **settings
        Arguments of ``h5py.File``.
    """
    import h5py

    stop = Event()

    def write() -> None:
        with _DeferredErrors(path) as target, h5py.File(target, "w", **settings) as file:
            fill(file, stop)

    with ThreadPoolExecutor(1) as thread:  # KeyboardInterrupt, in the main thread, would be lost inside HDF5
        try:
            thread.submit(write).result()
        finally:
            stop.set()


class _DeferredErrors:
    """A new binary file whose methods never fail; the first error is raised when the context ends.

    Used as a context around ``h5py.File(file, "w")``. On a full disk HDF5 2.0 (h5py 3.16) loses errors of
    chunks that it writes from its cache, and ends the process with a segmentation fault when it closes the
    file. It does neither as long as its writes succeed.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")
        self._error: OSError | None = None

    def __enter__(self) -> _DeferredErrors:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError as close_error:
            self._error = self._error or close_error
        if self._error is not None and (error is None or isinstance(error, Exception)):
            raise self._error from None

    def write(self, data: Any) -> int:
        """Write, unless an operation has failed before."""
        if self._error is None:
            try:
                self._file.write(data)
            except OSError as error:
                self._error = error
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        """Change the size, unless an operation has failed before."""
        if self._error is None:
            try:
                return self._file.truncate(size)
            except OSError as error:
                self._error = error
        return size or 0

    def flush(self) -> None:
        """Write the buffer to the file, unless an operation has failed before."""
        if self._error is None:
            try:
                self._file.flush()
            except OSError as error:
                self._error = error

    def readinto(self, buffer: Any) -> int:
        """Read; gives zeros after an operation has failed."""
        if self._error is not None:
            buffer[:] = bytes(len(buffer))
            return len(buffer)
        return self._file.readinto(buffer)

    def read(self, size: int = -1) -> bytes:
        """Read; h5py only checks that this method exists."""
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Change the position."""
        with suppress(OSError):  # it flushes the buffer, which may fail again
            return self._file.seek(offset, whence)
        return offset

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

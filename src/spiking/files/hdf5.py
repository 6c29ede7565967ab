"""Write HDF5 files safely, because the library may crash or never close a file when a disk is full."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any


def write_hdf5(path: Path, fill: Callable[[Any, Event], None], **settings: Any) -> None:
    """Write a new HDF5 file; what the system refuses is an `OSError`.

    Parameters
    ----------
    path : Path
        Overwritten; after an error its content is undefined.
    fill : function of an h5py.File and an Event
        Writes the content. Once the event is set nobody wants it any more.
    **settings
        Of ``h5py.File``.
    """
    import h5py

    stop = Event()

    def write() -> None:
        with PatientFile(path) as target, h5py.File(target, "w", **settings) as file:
            fill(file, stop)

    with ThreadPoolExecutor(1) as thread:  # Ctrl-C comes to the main thread; within HDF5 it would get lost
        try:
            thread.submit(write).result()
        finally:
            stop.set()


class PatientFile:
    """A new binary file that takes whatever is written; what went wrong is raised at the end.

    Used as a context around ``h5py.File(file, "w")``.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")
        self._error: OSError | None = None

    def __enter__(self) -> PatientFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError as late:
            self._error = self._error or late
        if self._error is not None and (error is None or isinstance(error, Exception)):
            raise self._error from None

    def write(self, data: Any) -> int:
        """Write, unless something failed before."""
        if self._error is None:
            try:
                self._file.write(data)
            except OSError as error:
                self._error = error
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        """Change the size, unless something failed before."""
        if self._error is None:
            try:
                return self._file.truncate(size)
            except OSError as error:
                self._error = error
        return size or 0

    def flush(self) -> None:
        """Pass on what is buffered, unless something failed before."""
        if self._error is None:
            try:
                self._file.flush()
            except OSError as error:
                self._error = error

    def readinto(self, buffer: Any) -> int:
        """Read back; zeros, once something failed."""
        if self._error is not None:
            buffer[:] = bytes(len(buffer))
            return len(buffer)
        return self._file.readinto(buffer)

    def read(self, size: int = -1) -> bytes:
        """Read back (h5py asks whether it could)."""
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        with suppress(OSError):  # it passes on what is buffered, which fails again
            return self._file.seek(offset, whence)
        return offset

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

"""Lock a file, so that only one process uses it, on this machine or on others that share the file system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from spiking.errors import ArgumentError
from spiking.files.regular import check_no_link
from spiking.interruption import at_interruption, uninterrupted


@contextmanager
def locked(path: Path, in_use: str) -> Iterator[None]:
    """Hold a lock of the operating system on ``<path>.lock``; it ends with the process, also when killed.

    Parameters
    ----------
    path : Path
        The file to lock; it need not exist.
    in_use : str
        The error message if another process holds the lock.

    Raises
    ------
    ArgumentError
        Another process holds the lock, or the lock file cannot be created or locked, or is not ours.
    """
    from filelock import FileLock, Timeout

    lock_path = path.with_name(path.name + ".lock")
    check_no_link(lock_path)
    if lock_path.exists() and lock_path.stat().st_size:  # ours are empty
        raise ArgumentError(
            f"{lock_path} exists and is not a lock of spiking, as it is not empty; rename or remove it"
        )
    new = not lock_path.exists()
    lock = FileLock(lock_path, thread_local=False, fallback_to_soft=False)

    def remove() -> None:
        if lock.is_locked:  # removed before the release, so that waiting processes notice
            with suppress(OSError):
                lock_path.unlink()

    with at_interruption(remove):
        try:
            with uninterrupted:  # otherwise Ctrl-C could come before it is created
                lock.acquire(timeout=0)
        except Timeout:
            if not lock_path.exists() and not _takes_files(lock_path.parent):  # such as /proc
                raise ArgumentError(
                    f"{path} could not be written: the folder {lock_path.parent} takes no files; choose "
                    f"another folder"
                ) from None
            raise ArgumentError(in_use) from None
        except (OSError, NotImplementedError) as error:
            if new:
                with suppress(OSError):
                    lock_path.unlink()
            reason = getattr(error, "strerror", None) or error
            raise ArgumentError(
                f"{lock_path} could not be created and locked: {reason}; use a folder that you may write in, "
                f"on a file system with locks"
            ) from None
        try:
            yield
        finally:
            remove()
            lock.release()


def _takes_files(folder: Path) -> bool:
    """Return whether a file can be created in a folder, by creating one that has no name."""
    try:
        with TemporaryFile(dir=folder):
            return True
    except OSError:
        return False

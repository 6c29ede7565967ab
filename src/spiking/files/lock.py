"""Lock a file, so that only one process works on it, on this machine or on others that share it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spiking.errors import ArgumentError
from spiking.interruption import at_interruption, uninterrupted


@contextmanager
def held_alone(path: Path, in_use: str) -> Iterator[None]:
    """Hold ``<path>.lock``, which is the operating system's: it ends with the process, however that ends.

    Parameters
    ----------
    path : Path
        What is worked on.
    in_use : str
        What to say when someone else holds it.

    Raises
    ------
    ArgumentError
        Someone else holds it, or there can be no lock.
    """
    from filelock import FileLock, Timeout

    place = path.with_name(path.name + ".lock")
    new = not place.exists()
    lock = FileLock(place, thread_local=False, fallback_to_soft=False)

    def remove() -> None:
        if lock.is_locked:  # while it is ours: whoever waits for the old file then sees that it is gone
            with suppress(OSError):
                place.unlink()

    with at_interruption(remove):
        try:
            with uninterrupted:  # or the file might be made when it has been tidied up
                lock.acquire(timeout=0)
        except Timeout:
            raise ArgumentError(in_use) from None
        except (OSError, NotImplementedError) as error:
            if new:
                with suppress(OSError):
                    place.unlink()
            reason = getattr(error, "strerror", None) or error
            raise ArgumentError(
                f"{place} could not be made and locked: {reason}; work in a folder that you may write in, on "
                f"a file system with locks"
            ) from None
        try:
            yield
        finally:
            remove()
            lock.release()

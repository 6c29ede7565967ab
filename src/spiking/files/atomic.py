"""Replace a file in one step: at every moment, either the complete old or the complete new file exists."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from spiking.errors import ArgumentError, ModelFileError
from spiking.files.lock import held_alone
from spiking.interruption import at_interruption, uninterrupted

_LEFTOVERS = f".spiking-{'[0-9a-f]' * 16}.tmp*"  # a file as it is written, and its lock


def digest(path: Path) -> bytes | None:
    """Return a digest of a file's content, or None when there is no such file."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ModelFileError("it is a folder, a device or a pipe")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except FileNotFoundError:
        return None


def replace_file(path: Path, write: Callable[[Path], None], verify: Callable[[Path], None]) -> None:
    """Write a file beside `path`, verify it, and put it in the place of `path`.

    A symbolic link stays, and the file that it points to is replaced. Permissions, and where possible the
    owner, stay. A process killed on the way leaves the old file, and perhaps ``.spiking-*.tmp`` beside it,
    which the next call that writes in that folder removes.

    Parameters
    ----------
    path : Path
        The file; it need not exist.
    write : function of a path
        Fills the file of that path, which is there and empty.
    verify : function of a path
        Raises a `ModelFileError` if what it reads back is not what was to be written.

    Raises
    ------
    ModelFileError
        When it fails, or someone else changed the file meanwhile; the message says which file is in place.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".spiking-{secrets.token_hex(8)}.tmp")
    what_stays = "no file was written"
    try:
        before = digest(target)
        status = target.stat() if before is not None else None
        if status is not None:
            what_stays = f"{path} is as it was"
            if not os.access(target, os.W_OK):
                raise ModelFileError("it is write-protected")
        elif not target.parent.is_dir():
            raise ModelFileError(f"there is no folder {target.parent}")
        mode = 0o666 if status is None else 0o600
        _remove_leftovers(target.parent)
        with _held(temporary), at_interruption(lambda: temporary.unlink(missing_ok=True)):
            with uninterrupted:  # or it might be made when it has been tidied up
                os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
            try:
                write(temporary)
                _flush(temporary)
                verify(temporary)
                if status is not None:
                    _take_over(temporary, status)
                if digest(target) != before:
                    what_stays = f"{path} is as they left it"
                    raise ModelFileError("someone else changed it meanwhile")
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
    except (OSError, ModelFileError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ModelFileError(f"{path} could not be written: {reason}; {what_stays}") from None
    try:
        _flush(target.parent)
    except OSError as error:
        raise ModelFileError(
            f"{path}: the new file is in place, but may be lost if the machine fails now: {error.strerror}"
        ) from None


@contextmanager
def _held(temporary: Path) -> Iterator[None]:
    """Hold a file that is about to be made, so that no other process takes it for a leftover."""
    with ExitStack() as held:
        with suppress(ArgumentError):  # where there are no locks nobody removes leftovers
            held.enter_context(held_alone(temporary, "it is being written"))
        yield


def _remove_leftovers(folder: Path) -> None:
    """Remove what processes that were killed have left in a folder; what a live one writes it holds."""
    for name in {path.name.removesuffix(".lock") for path in folder.glob(_LEFTOVERS)}:
        with suppress(ArgumentError, OSError), held_alone(folder / name, "it is being written"):
            (folder / name).unlink(missing_ok=True)


def _take_over(temporary: Path, status: os.stat_result) -> None:
    """Give a file the permissions and, as far as this is allowed, the group and owner of another."""
    if hasattr(os, "chown"):
        for user, group in ((-1, status.st_gid), (status.st_uid, -1)):
            with suppress(PermissionError):
                os.chown(temporary, user, group)
    temporary.chmod(stat.S_IMODE(status.st_mode))


def _flush(path: Path) -> None:
    """Have a file, or the list of files in a folder, written to the disk."""
    windows = os.name == "nt"
    if windows and path.is_dir():  # cannot be opened there
        return
    descriptor = os.open(path, os.O_RDWR if windows else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems that cannot flush folders
            raise
    finally:
        os.close(descriptor)

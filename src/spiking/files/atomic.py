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
from spiking.files.lock import locked
from spiking.interruption import at_interruption, uninterrupted

_LEFTOVERS = f".spiking-{'[0-9a-f]' * 16}.tmp*"  # temporary files and their locks


def _digest(path: Path) -> bytes | None:
    """Return a digest of the content of a file, or None if the file does not exist."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ModelFileError("it is a folder, a device or a pipe")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except FileNotFoundError:
        return None


def replace_file(path: Path, write: Callable[[Path], None], verify: Callable[[Path], None]) -> None:
    """Write a temporary file in the folder of `path`, verify it, and rename it to `path`.

    If `path` is a symbolic link, the file that it points to is replaced. The new file gets the permissions
    and, where possible, the owner of the old one. A process that is killed leaves the old file and possibly
    a temporary file, ``.spiking-*.tmp``, which the next call that writes into that folder removes.

    Parameters
    ----------
    path : Path
        The file; it need not exist.
    write : function of a path
        Writes the content into the file at that path, which exists and is empty.
    verify : function of a path
        Raises a `ModelFileError` if the content that it reads is not what was to be written.

    Raises
    ------
    ModelFileError
        The file could not be written, or another process changed it meanwhile; the message says which version
        of the file exists now.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".spiking-{secrets.token_hex(8)}.tmp")
    outcome = "no file was written"
    try:
        before = _digest(target)
        status = target.stat() if before is not None else None
        if status is not None:
            outcome = f"{path} is unchanged"
            if not os.access(target, os.W_OK):
                raise ModelFileError("it is write-protected")
        elif not target.parent.is_dir():
            raise ModelFileError(f"the folder {target.parent} does not exist")
        mode = 0o666 if status is None else 0o600
        _remove_leftovers(target.parent)
        with _locked(temporary), at_interruption(lambda: temporary.unlink(missing_ok=True)):
            with uninterrupted:  # otherwise it could be created after Ctrl-C has removed temporary files
                os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
            try:
                write(temporary)
                _flush(temporary)
                verify(temporary)
                if status is not None:
                    _copy_status(temporary, status)
                if _digest(target) != before:
                    outcome = "that version was kept"
                    raise ModelFileError("another process changed it meanwhile")
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
    except (OSError, ModelFileError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        if isinstance(error, FileNotFoundError) and target.parent.is_dir():  # such as /proc
            reason = f"the folder {target.parent} takes no files"
        raise ModelFileError(f"{path} could not be written: {reason}; {outcome}") from None
    try:
        _flush(target.parent)
    except OSError as error:
        raise ModelFileError(
            f"{path} was written, but may be lost if the machine fails now: {error.strerror}"
        ) from None


@contextmanager
def _locked(temporary: Path) -> Iterator[None]:
    """Lock a temporary file before it is created, so that no other process removes it."""
    with ExitStack() as stack:
        with suppress(
            ArgumentError
        ):  # without locks on this file system, `_remove_leftovers` removes nothing
            stack.enter_context(locked(temporary, "it is being written"))
        yield


def _remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of killed processes; running processes hold a lock on theirs."""
    for name in {path.name.removesuffix(".lock") for path in folder.glob(_LEFTOVERS)}:
        with suppress(ArgumentError, OSError), locked(folder / name, "it is being written"):
            (folder / name).unlink(missing_ok=True)


def _copy_status(temporary: Path, status: os.stat_result) -> None:
    """Give a file the permissions and, as far as this is allowed, the group and owner of another file."""
    if hasattr(os, "chown"):
        for user, group in ((-1, status.st_gid), (status.st_uid, -1)):
            with suppress(PermissionError):
                os.chown(temporary, user, group)
    temporary.chmod(stat.S_IMODE(status.st_mode))


def _flush(path: Path) -> None:
    """Write a file, or the entries of a folder, from the system's cache to the disk."""
    windows = os.name == "nt"
    if windows and path.is_dir():  # Windows cannot open folders
        return
    descriptor = os.open(path, os.O_RDWR if windows else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems that cannot flush folders
            raise
    finally:
        os.close(descriptor)

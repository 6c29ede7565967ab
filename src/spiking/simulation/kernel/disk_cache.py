"""The compiled kernel on disk, where other processes find it; no trouble there stops a simulation.

Numba's own cache has one index for each function. If that is damaged, or no folder can be written, every
later process ends in a traceback. Here the code for each signature is a file of its own, whose name stands
for all that the code depends on, and which begins with a digest. What cannot be read is compiled again.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import llvmlite
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps
from numba.misc.appdirs import AppDirs

from spiking.errors import announce, warn
from spiking.neuron import equations
from spiking.simulation.kernel.compiler import nb

_HERE = Path(__file__).parent
_SOURCES = (*sorted(_HERE.glob("*.py")), Path(equations.__file__))
_DIGEST = hashlib.sha256().digest_size


def compiled(function: Callable[..., Any]) -> Any:
    """Return a function that Numba compiles, and keeps on disk; it runs without the GIL."""
    dispatcher = nb.njit(nogil=True)(function)
    dispatcher._cache = DiskCache(function.__name__)
    return dispatcher


class DiskCache:
    """The files of a function: what Numba asks of a cache."""

    def __init__(self, function: str) -> None:
        # Files of other versions are left alone; those of the same versions but other sources are replaced.
        versions = f"{sys.implementation.cache_tag}.numba-{nb.__version__}.llvmlite-{llvmlite.__version__}"
        sources = hashlib.sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()
        self._all = f"{function}.{versions}.*.nbc"
        self._prefix = f"{function}.{versions}.{sources[:16]}."

    @property
    def cache_path(self) -> str:
        """The folder that is tried first."""
        return str(_folders()[0])

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the code for a signature, or None if no folder has it."""
        target_context.refresh()
        name = self._name(sig, target_context.codegen())
        for folder in _folders():
            with suppress(Exception):  # whatever is wrong with a file, the function can be compiled
                return CompileResult._rebuild(target_context, *pickle.loads(_content(folder / name)))
        kept = any(map(_can_be_written, _folders()))
        how = (
            ", once on this machine"
            if kept
            else (" (the compiled code cannot be kept: no folder for it can be written)")
        )
        announce(f"compiling the simulation{how}")  # what Numba does next
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Write the code for a signature into the first folder that takes it."""
        announce("")
        name, content = self._name(sig, data.codegen), dumps(data._reduce())
        refused: list[str] = []
        for folder in _folders():
            try:
                self._write(folder, name, content)
            except OSError as error:
                refused.append(f"{folder} ({error.strerror or error})")
            else:
                if refused and (nb.config.CACHE_DIR or folder == _temporary_folder()):
                    _warn(refused, f"it is kept in {folder}")
                return
        _warn(refused, "every process compiles it again")

    def flush(self) -> None:
        """Remove the files that these versions wrote."""
        for folder in _folders():
            with suppress(OSError):
                _remove(folder.glob(self._all))

    def _name(self, sig: Any, codegen: Any) -> str:
        signature = repr((sig, codegen.magic_tuple())).encode()
        return f"{self._prefix}{hashlib.sha256(signature).hexdigest()[:32]}.nbc"

    def _write(self, folder: Path, name: str, content: bytes) -> None:
        if folder == _temporary_folder():
            _make_private(folder)
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f"{name}.", suffix=".tmp", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(name, content) + content)
            Path(temporary).chmod(0o644)  # others may read what is kept in the package's folder
            Path(temporary).replace(folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        with suppress(OSError):
            _remove(path for path in folder.glob(self._all) if not path.name.startswith(self._prefix))


def _folders() -> list[Path]:
    """Return where the kernel may be kept, in order; the last is the temporary folder, if there is one."""
    # Numba's folders, so that NUMBA_CACHE_DIR has its effect; other installations have their own within
    own = f"spiking_{hashlib.sha256(os.fsencode(_HERE)).hexdigest()[:16]}"
    chosen, of_user = nb.config.CACHE_DIR, Path(AppDirs(appname="numba", appauthor=False).user_cache_dir)
    folders = [Path(chosen) / own] if chosen else []
    folders.append(_HERE / "__pycache__")
    if of_user.is_absolute():  # it is not where the user has no home
        folders.append(of_user / own)
    temporary = _temporary_folder()
    return folders if temporary is None else [*folders, temporary]


def _can_be_written(folder: Path) -> bool:
    """Return whether a folder can probably be written, or made; `DiskCache.save_overload` finds out."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _temporary_folder() -> Path | None:
    try:
        folder = tempfile.gettempdir()
    except OSError:  # there is none that can be written
        return None
    user = f"-{os.geteuid()}" if hasattr(os, "geteuid") else ""
    return Path(folder) / f"spiking{user}"


def _make_private(folder: Path) -> None:
    """Make a folder that only this user can write, or raise OSError if it is already another's."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if hasattr(os, "geteuid") and (status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077):
        raise PermissionError(f"the folder {folder} is open to other users")


def _content(path: Path) -> bytes:
    """Return the content of a file, or raise an exception unless this user or the system wrote it so."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{path} is not a file")
    if hasattr(os, "geteuid") and status.st_uid not in {0, os.geteuid(), Path(__file__).stat().st_uid}:
        raise PermissionError(f"{path} belongs to another user, whose code must not run")
    data = path.read_bytes()
    if data[:_DIGEST] != _digest(path.name, data[_DIGEST:]):
        raise ValueError(f"{path} is damaged")
    return data[_DIGEST:]


def _digest(name: str, content: bytes) -> bytes:
    return hashlib.sha256(name.encode() + content).digest()


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


_warned: list[Sequence[str]] = []


def _warn(refused: Sequence[str], instead: str) -> None:
    """Say once in a process that the kernel cannot be kept where it should be."""
    if not _warned:
        _warned.append(refused)
        warn(
            f"the compiled kernel cannot be kept in {', '.join(refused)}; {instead}; set NUMBA_CACHE_DIR to "
            f"a folder that can be written"
        )

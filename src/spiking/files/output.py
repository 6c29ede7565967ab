"""Check that output files may be written, and write them completely or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from itertools import chain, count
from pathlib import Path
from typing import IO

from spiking.errors import ArgumentError, ModelFileError, SpikingError
from spiking.files.atomic import replace_file

MODELS = (".mat",)
RUNS = (".h5", ".hdf5")
PICTURES = (".png", ".pdf", ".svg", ".eps")
TABLES = (".csv", ".json")
# Results, which took long to compute or may be data: replaced only with force. Pictures and pages are made
# again and again while one works, from results; they are replaced.
_PROTECTED = (*MODELS, *RUNS, *TABLES, ".npz", ".nwb")
_SIGNATURES = (  # first bytes of file types, and the endings of their names
    (b"MATLAB ", MODELS),
    (b"\x89HDF\r\n\x1a\n", (*RUNS, *MODELS, ".nwb")),
    (b"PK\x03\x04", (".npz",)),
    (b"\x93NUMPY", (".npy",)),
    (b"\x89PNG", (".png",)),
    (b"%PDF", (".pdf",)),
    (b'{"format": "spiking ', ()),  # a journal
)

_PathLike = str | os.PathLike[str]


def check_outputs(
    outputs: Iterable[tuple[Path | None, tuple[str, ...]]],
    inputs: Iterable[_PathLike | None] = (),
    *,
    force: bool = False,
) -> None:
    """Raise ArgumentError unless all outputs of a call may be written; call it before the work begins.

    Pictures and pages may replace files of their own type. Models, runs and tables are replaced only with
    `force`. No output may be an input of the same call, another output, or a file of another type.

    Parameters
    ----------
    outputs : iterable of (path, endings)
        Each path, or None for an output that is not wanted, and the endings that its name may have.
    inputs : iterable of path
        Files that the call reads; a task may be ``mytask.py:Task``. None and names of files that do not
        exist are ignored.
    force : bool
        Models, runs and tables may be replaced.
    """
    wanted = [(path, endings) for path, endings in outputs if path is not None]
    for k, (path, endings) in enumerate(wanted):
        for name in inputs:
            if name is not None and _same_file(path, _without_class(name)):
                raise ArgumentError(
                    f"output is {path}, the same file as the input {os.fsdecode(name)}; choose another name"
                )
        for other, _ in wanted[:k]:
            if _same_file(path, other):
                raise ArgumentError(
                    f"outputs are {other} and {path}, the same file; expected different files"
                )
        check_output(path, endings, force=force)


def check_output(path: Path, endings: tuple[str, ...], *, force: bool = False) -> None:
    """Raise ArgumentError unless an output may be written; arguments as in `check_outputs`."""
    expected = f"expected a name that ends in {', '.join(endings)}"
    check_writable(path)
    if path.suffix.lower() not in endings:
        raise ArgumentError(f"output is {path}; {expected}")
    if not path.exists():
        return
    target = Path(os.path.realpath(path))
    if target.suffix and target.suffix.lower() not in endings:
        raise ArgumentError(f"output is {path}, a link to {target}; {expected}")
    if path.suffix.lower() in _PROTECTED and not force:
        raise ArgumentError(
            f"output is {path}, which exists already; choose another name, or replace it with --force "
            f"(in Python force=True)"
        )
    if not os.access(path, os.R_OK):
        return
    with path.open("rb") as file:
        start = file.read(32)
    if any(start.startswith(signature) and not set(kinds) & set(endings) for signature, kinds in _SIGNATURES):
        raise ArgumentError(
            f"output is {path}, which exists and is not a {path.suffix[1:]} file; choose another name"
        )


def check_writable(path: Path) -> None:
    """Raise ArgumentError if it is evident that a file cannot be written."""
    if path.is_symlink() and Path(os.path.realpath(path)).is_symlink():
        raise ArgumentError(
            f"output is {path}, a link that leads back to itself; remove it or choose another name"
        )
    if path.is_dir():
        raise ArgumentError(f"output is {path}, a folder; expected the name of a file")
    if not path.parent.is_dir():
        raise ArgumentError(
            f"output is {path}, but the folder {path.parent} does not exist; expected an existing folder"
        )
    if not os.access(path.parent, os.W_OK):
        raise ArgumentError(
            f"output is {path}, but there is no permission to write in {path.parent}; choose another folder"
        )
    if path.exists():
        if not path.is_file():
            raise ArgumentError(f"output is {path}, a device or a pipe; expected the name of a file")
        if not os.access(path, os.W_OK):
            raise ArgumentError(f"output is {path}, which is write-protected; choose another name")


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a temporary file and rename it to `path`; after an error `path` is unchanged.

    Parameters
    ----------
    path : Path
    write : function of a binary file
        Writes the content.

    Raises
    ------
    ArgumentError
        The file could not be written; the message says why.
    """
    check_writable(path)

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            write(file)

    try:
        replace_file(path, fill, verify=lambda _: None)
    except ModelFileError as error:
        raise ArgumentError(str(error)) from None


def keep(path: Path, write: Callable[[Path], object]) -> None:
    """Write the result of long work; if that fails, write another file and raise an error that names it.

    The other file is in the same folder, in the working folder, or in the folder of temporary files.

    Parameters
    ----------
    path : Path
        The intended file.
    write : function of a path
        Writes the file completely or not at all.

    Raises
    ------
    ArgumentError
        `path` could not be written; the message says why, and where the result is, if anywhere.
    """
    try:
        write(path)
    except SpikingError as error:
        folders = (path.parent, Path(), Path(tempfile.gettempdir()))
        for folder in folders:
            names = chain([path.name], (f"{path.stem}-{k}{path.suffix}" for k in count(1)))
            substitute = next(free for name in names if not os.path.lexists(free := folder / name))
            try:
                write(substitute)
            except SpikingError:
                continue
            raise ArgumentError(f"{error}; the result was saved as {substitute} instead") from None
        raise ArgumentError(
            f"{error}; it could not be saved in the same folder under another name, in the working folder or "
            f"in {folders[-1]} either: the result is lost"
        ) from None


def keep_text(path: Path, text: str) -> None:
    """Write a text as `keep` does; file names in it that are not UTF-8 are written as their bytes."""
    content = text.encode(errors="surrogateescape")
    keep(path, lambda target: write_whole(target, lambda file: file.write(content)))


def _without_class(path: _PathLike) -> Path:
    name = os.fsdecode(path)
    return Path(name[: name.index(".py:") + 3] if ".py:" in name else name)


def _same_file(path: Path, other: Path) -> bool:
    if path.exists() and other.exists():
        return path.samefile(other)
    return os.path.normcase(os.path.realpath(path)) == os.path.normcase(os.path.realpath(other))

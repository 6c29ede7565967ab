"""Check which files a command may write, and write them completely or not at all."""

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
_PRECIOUS = (*MODELS, *RUNS, ".npz", ".nwb")  # what took long, or is someone's data
_BEGINNINGS = (  # of files that are something else than a page or a table, whatever their name
    (b"MATLAB ", MODELS),
    (b"\x89HDF\r\n\x1a\n", (*RUNS, *MODELS, ".nwb")),
    (b"PK\x03\x04", (".npz",)),
    (b"\x93NUMPY", (".npy",)),
    (b"\x89PNG", (".png",)),
    (b"%PDF", (".pdf",)),
    (b'{"format": "spiking ', ()),  # a journal
)

Named = str | os.PathLike[str]


def check_outputs(
    outputs: Iterable[tuple[Path | None, tuple[str, ...]]],
    inputs: Iterable[Named | None] = (),
    *,
    force: bool = False,
) -> None:
    """Raise ArgumentError unless all outputs of a call may be written; to be asked before the work begins.

    Pictures, tables and pages may replace files of their own kind; models and runs replace nothing. No
    output replaces an input of the same call, another output, or what says that it is something else.

    Parameters
    ----------
    outputs : iterable of (path, endings)
        None stands for an output that is not wanted; the endings are those that its name may have.
    inputs : iterable of path
        What the call reads; a task may be named ``mytask.py:Task``. None, and names that are no files, do
        not matter.
    force : bool
        Models and runs may be replaced.
    """
    wanted = [(path, endings) for path, endings in outputs if path is not None]
    for k, (path, endings) in enumerate(wanted):
        for given in inputs:
            if given is not None and _same_file(path, _without_class(given)):
                raise ArgumentError(
                    f"cannot write {path}: it is {os.fsdecode(given)}, an input of the same call; "
                    f"choose another name"
                )
        for other, _ in wanted[:k]:
            if _same_file(path, other):
                raise ArgumentError(f"cannot write {other} and {path}: they are the same file")
        check_output(path, endings, force=force)


def check_output(path: Path, endings: tuple[str, ...], *, force: bool = False) -> None:
    """Raise ArgumentError unless an output may be written; arguments as of `check_outputs`."""
    expected = f"expected a name that ends in {', '.join(endings)}"
    check_writable(path)
    if path.suffix.lower() not in endings:
        raise ArgumentError(f"cannot write {path}: {expected}")
    if not path.exists():
        return
    target = Path(os.path.realpath(path))
    if target.suffix and target.suffix.lower() not in endings:
        raise ArgumentError(f"cannot write {path}: it points to {target}; {expected}")
    if path.suffix.lower() in _PRECIOUS:
        if not force:
            raise ArgumentError(
                f"{path} is there already and stays as it is; choose another name, or replace it with "
                f"--force (in Python force=True)"
            )
        return
    with path.open("rb") as file:
        start = file.read(32)
    if any(start.startswith(own) and not set(kinds) & set(endings) for own, kinds in _BEGINNINGS):
        raise ArgumentError(
            f"cannot write {path}: what is there is no {path.suffix[1:]} file but something else; "
            f"choose another name"
        )


def check_writable(path: Path) -> None:
    """Raise ArgumentError if a file obviously cannot be written there."""
    if path.is_dir():
        raise ArgumentError(f"cannot write {path}: it is a folder; a file name was expected")
    if not path.parent.is_dir():
        raise ArgumentError(f"cannot write {path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise ArgumentError(f"cannot write {path}: no permission to write in {path.parent}")
    if path.exists():
        if not path.is_file():
            raise ArgumentError(f"cannot write {path}: it is a device or a pipe; a file name was expected")
        if not os.access(path, os.W_OK):
            raise ArgumentError(f"cannot write {path}: it is write-protected")


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file beside `path`, then put it in its place; when anything fails, `path` is as it was.

    Parameters
    ----------
    path : Path
    write : function of a binary file
        Writes the content.

    Raises
    ------
    ArgumentError
        When the system refuses; the message says why.
    """
    check_writable(path)

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            write(file)

    try:
        replace_file(path, fill, verify=lambda written: None)
    except ModelFileError as error:
        raise ArgumentError(str(error)) from None


def keep(path: Path, write: Callable[[Path], object]) -> None:
    """Write what long work gave; where its place fails, keep it in another, and say so.

    Other places are another name beside, the working folder, and that of temporary files.

    Parameters
    ----------
    path : Path
        Where it belongs.
    write : function of a path
        Writes it there, whole or not at all.

    Raises
    ------
    ArgumentError
        It could not be written to its place; the message says why, and where it is, if anywhere.
    """
    try:
        write(path)
    except SpikingError as error:
        folders = (path.parent, Path(), Path(tempfile.gettempdir()))
        for folder in folders:
            names = chain([path.name], (f"{path.stem}-{k}{path.suffix}" for k in count(1)))
            place = next(own for name in names if not os.path.lexists(own := folder / name))
            try:
                write(place)
            except SpikingError:
                continue
            raise ArgumentError(f"{error}; what was to be written is kept in {place}") from None
        raise ArgumentError(
            f"{error}; nor could it be kept beside, in the working folder, or in {folders[-1]}: it is lost"
        ) from None


def keep_text(path: Path, text: str) -> None:
    """Write a text as `keep` does; names of files that are not UTF-8 become the bytes that they are."""
    content = text.encode(errors="surrogateescape")
    keep(path, lambda place: write_whole(place, lambda file: file.write(content)))


def _without_class(given: Named) -> Path:
    name = os.fsdecode(given)
    return Path(name[: name.index(".py:") + 3] if ".py:" in name else name)


def _same_file(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))

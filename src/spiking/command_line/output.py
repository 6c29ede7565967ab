"""Print results, as text or as JSON, and messages; write tables and the figures of commands."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import typer

from spiking.files.escape import printable, rows_csv
from spiking.optional import library

if TYPE_CHECKING:
    from spiking.analysis import Faithfulness

BAD_INPUT = 2


_option_names: ContextVar[Mapping[str, str]] = ContextVar("option_names", default=MappingProxyType({}))


_stdout_is_json: ContextVar[bool] = ContextVar("stdout_is_json", default=False)


def set_options(options: Iterable[str]) -> None:
    """Set the options of the command that begins, such as ``--scaling-factor``, for its messages."""
    _stdout_is_json.set(False)
    long = [option for option in options if option.startswith("--")]
    _option_names.set({option[2:].replace("-", "_"): option for option in long})


def with_options(message: str) -> str:
    """Return a message in which the command's options stand for the arguments of functions.

    An argument is named at the beginning of a message (``trials is 0``), before a value
    (``scaling_factor=50``), or is a name with an underscore. Names in quotes and code are left, and what is
    only for Python, ``(in Python force=True)``, is left out.
    """
    message = re.sub(r" \(in Python [^()]*\)", "", message)
    names = "|".join(sorted(_option_names.get(), key=len, reverse=True))
    if not names:
        return message
    option = _option_names.get()
    message = re.sub(rf"^({names})(?= (?:is|are|has)\b)", lambda found: option[found[1]], message)
    message = re.sub(
        rf"(?<![\w.'\"`{{(\[-])(?<!, )({names})=(?=[\w.])", lambda found: f"{option[found[1]]} ", message
    )
    message = re.sub(
        rf"(?<![\w.'\"`{{(\[/-])({names})(?![\w.'\"`=:/-])",
        lambda found: option[found[1]] if "_" in found[1] else found[1],
        message,
    )
    return re.sub(r"(--[\w-]+ \S+) \(\1\)", r"\1", message)  # it named the option as well


def keep_stdout_for_json(wanted: bool) -> bool:
    """Let `echo` print on stderr from now on, if JSON is wanted on stdout; return `wanted`."""
    if wanted:
        _stdout_is_json.set(True)
    return wanted


def echo(text: str, *, err: bool = False, lines: bool = False) -> None:
    """Print a line, or `lines`; names and texts of files cannot control the terminal.

    On stdout; on stderr with `err`, and if the command prints JSON.
    """
    typer.echo(printable(text, lines=lines), err=err or _stdout_is_json.get())


def print_message(message: str) -> int:
    """Print a message as one line on stderr and return the exit status for bad usage or input."""
    echo(f"spiking: {with_options(' '.join(message.split()))}", err=True)
    return BAD_INPUT


def print_json(value: Any) -> None:
    """Print a value on stdout as `json_text`."""
    typer.echo(json_text(value))


def json_text(value: Any) -> str:
    """Return a value as JSON; arrays become lists, paths texts, and NaN and infinity null."""
    return json.dumps(_in_json(value), indent=1, allow_nan=False)


def _in_json(value: Any) -> Any:
    if hasattr(value, "tolist"):  # of NumPy
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(name): _in_json(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_in_json(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def table_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV, as `rows_csv` does.

    A mapping in a row becomes a column for each entry, such as ``populations_exc``; an ``interval`` becomes
    ``low`` and ``high``; several values are joined by semicolons.
    """
    nested = {name for row in rows for name, value in row.items() if isinstance(value, Mapping)}
    return rows_csv(
        [dict(_columns({k: v for k, v in row.items() if v is not None or k not in nested})) for row in rows]
    )


def _columns(row: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _columns(value, f"{before}{name}_")
        elif name == "interval":
            yield from zip((f"{before}low", f"{before}high"), value or (None, None), strict=True)
        else:
            yield f"{before}{name}", "; ".join(map(str, value)) if isinstance(value, list | tuple) else value


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Return cells in columns; the first column is flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            [f"{line[0]:{widths[0]}}", *(f"{c:>{w}}" for c, w in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    )


def print_failures(errors: Mapping[str, Exception]) -> None:
    """Print why files failed, each on a line of stderr that names the file, and end with exit status 1."""
    for file, error in errors.items():
        words = str(error)
        print_message(words if file in words else f"{file}: {words}")
    if errors:
        raise typer.Exit(1)


def faithfulness_line(result: Faithfulness) -> str:
    """Return the line that stands beside an accuracy."""
    return f"faithfulness in {result.spiking.trials} trials: {result}"


def faithfulness_json(result: Faithfulness) -> dict[str, Any]:
    """Return the measures for JSON, without what stands beside them: model, task, seed and accuracy."""
    beside = ("task", "seed", "scaling_factor", "conversion", "rate", "spiking")
    measures = {name: value for name, value in result.as_json().items() if name not in beside}
    return {"trials": result.spiking.trials, **measures}


def check_can_draw(what: str) -> None:
    """Raise ArgumentError if Matplotlib is not installed; call this before a long run."""
    library("matplotlib", "figures", what).use("agg")  # draws without a window


_CAPTION_FIELDS = {"pdf": "Subject", "png": "Description", "svg": "Description"}  # of the files' metadata


def write_figure(path: Path, figure: Any, dpi: int = 300, *, caption: bool = False) -> str:
    """Write a figure into a file, whole or not at all, print its name, and return its caption.

    The file keeps the caption in its metadata, except in .eps; with `caption` it is also printed. `dpi` is
    for a .png.
    """
    import matplotlib as mpl

    from spiking.files.output import keep, write_whole
    from spiking.plotting import caption_of

    text = caption_of(figure)

    kind = path.suffix.removeprefix(".").lower()
    with mpl.rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}):  # so that text can be edited
        metadata = {_CAPTION_FIELDS[kind]: text} if kind in _CAPTION_FIELDS and text else None
        keep(
            path,
            lambda place: write_whole(
                place, lambda file: figure.savefig(file, format=kind, dpi=dpi, metadata=metadata)
            ),
        )
    echo(f"drew {path}")
    if caption:
        echo(text)
    return text

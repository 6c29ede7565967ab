"""Print messages on stderr, format the measures of a conversion, and write the figures of commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from spiking.files.escape import printable
from spiking.optional import library

if TYPE_CHECKING:
    from spiking.analysis import Faithfulness

BAD_INPUT = 2


def echo(text: str, *, err: bool = False, lines: bool = False) -> None:
    """Print a line, or `lines`, on stdout or stderr; names and texts of files cannot control the terminal."""
    typer.echo(printable(text, lines=lines), err=err)


def print_message(message: str) -> int:
    """Print a message as one line on stderr and return the exit status for bad usage or input."""
    echo(f"spiking: {' '.join(message.split())}", err=True)
    return BAD_INPUT


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


def write_figure(path: Path, figure: Any, dpi: int = 300) -> None:
    """Write a figure into a file, whole or not at all, and print its name; `dpi` is for a .png."""
    import matplotlib as mpl

    from spiking.files.output import keep, write_whole

    kind = path.suffix.removeprefix(".").lower()
    with mpl.rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}):  # so that text can be edited
        keep(path, lambda place: write_whole(place, lambda file: figure.savefig(file, format=kind, dpi=dpi)))
    echo(f"drew {path}")

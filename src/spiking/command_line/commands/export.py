"""`spiking export`: write a simulation in the format of another tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spiking.command_line import options
from spiking.command_line.output import echo
from spiking.errors import ArgumentError
from spiking.optional import library


def export(
    file: Annotated[
        Path, typer.Argument(help="Simulation file, as written by `spiking simulate -o run.h5`.")
    ],
    to: Annotated[
        str | None,
        typer.Option(metavar="nwb|mat|csv", help="Format. Default: from the ending of the output's name."),
    ] = None,
    output: Annotated[
        Path | None, options.output_to("File to write. Default: the input's name with another ending.")
    ] = None,
    force: options.Force = False,
) -> None:
    """Write a simulation as NWB, MATLAB or CSV.

    A CSV file has a table of the spikes only.

    Example: spiking export run.h5 --to nwb -o run.nwb
    """
    from spiking import Simulation
    from spiking.export import FORMATS
    from spiking.files.output import check_outputs, keep

    kind = to or ("" if output is None else output.suffix.removeprefix("."))
    if kind not in FORMATS:
        raise ArgumentError(f"the format is {kind or 'not given'}; expected --to {', '.join(FORMATS)}")
    path = output or file.with_suffix(f".{kind}")
    check_outputs([(path, (f".{kind}",))], [file], force=force)
    write, needed = FORMATS[kind]
    if needed:
        library(needed, "export", f"--to {kind}")
    run = Simulation.load(file)
    keep(path, lambda place: write(run, place, force=force or kind == "csv"))  # a table replaces another
    echo(f"saved {path}")
    if run.unfinished:
        echo(f"{file} is unfinished: only its first {len(run.trials)} trials are saved", err=True)

"""`spiking export`: write a simulation in the format of another tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spiking.command_line import options
from spiking.errors import ArgumentError
from spiking.optional import library

_FORMATS = ("nwb", "mat", "csv")
_NEEDS = {"nwb": "pynwb", "csv": "pandas"}


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
    from spiking.export import to_mat, to_nwb, to_pandas
    from spiking.files.output import check_outputs, keep, write_whole

    kind = to or ("" if output is None else output.suffix.removeprefix("."))
    if kind not in _FORMATS:
        raise ArgumentError(f"the format is {kind or 'not given'}; expected --to {', '.join(_FORMATS)}")
    path = output or file.with_suffix(f".{kind}")
    check_outputs([(path, (f".{kind}",))], [file], force=force)
    if kind in _NEEDS:
        library(_NEEDS[kind], "export", f"--to {kind}")
    run = Simulation.load(file)
    if kind == "csv":
        table = to_pandas(run)
        keep(path, lambda place: write_whole(place, lambda stream: table.to_csv(stream, index=False)))
    else:
        write = {"nwb": to_nwb, "mat": to_mat}[kind]
        keep(path, lambda place: write(run, place, force=force))
    typer.echo(f"saved {path}")
    if run.unfinished:
        typer.echo(f"{file} is unfinished: only its first {len(run.trials)} trials are saved", err=True)

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
    place = output or file.with_suffix(f".{kind}")
    check_outputs([(place, (f".{kind}",))], [file], force=force)
    if kind in _NEEDS:
        library(_NEEDS[kind], "export", f"--to {kind}")
    run = Simulation.load(file)
    if kind == "csv":
        table = to_pandas(run)
        keep(place, lambda own: write_whole(own, lambda target: table.to_csv(target, index=False)))
    else:
        write = {"nwb": to_nwb, "mat": to_mat}[kind]
        keep(place, lambda own: write(run, own, force=force))
    typer.echo(f"saved {place}")
    if run.unfinished:
        typer.echo(f"{file} is unfinished: these are its first {len(run.trials)} trials", err=True)

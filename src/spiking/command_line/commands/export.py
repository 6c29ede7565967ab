"""`spiking export`: write a simulation in the format of another tool."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from spiking.command_line import options
from spiking.command_line.output import echo, print_json
from spiking.errors import ArgumentError
from spiking.optional import library

_OPTIONS = {  # of the metadata, and the fields that they set
    "--experimenter": "experimenter",
    "--institution": "institution",
    "--lab": "lab",
    "--doi": "related_publications",
    "--keyword": "keywords",
    "--session": "session_id",
    "--description": "session_description",
    "--identifier": "identifier",
}


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
    table: Annotated[
        str | None,
        typer.Option(metavar="spikes|trials|neurons|rates|output", help="csv: which table. Default: spikes."),
    ] = None,
    metadata: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="nwb: file with experimenter, institution, lab, related_publications, keywords, session_id, "
            "session_start_time (such as 2026-01-31T14:00:00+01:00), session_description, "
            "experiment_description, identifier.",
        ),
    ] = None,
    experimenter: Annotated[
        list[str] | None,
        typer.Option(metavar="'LAST, FIRST'", help="nwb: who did this; several times for several people."),
    ] = None,
    institution: Annotated[str | None, typer.Option(help="nwb: where it was done.")] = None,
    lab: Annotated[str | None, typer.Option(help="nwb: in which laboratory.")] = None,
    doi: Annotated[
        list[str] | None,
        typer.Option(metavar="DOI", help="nwb: a publication, such as 10.1073/pnas.1905926116; repeatable."),
    ] = None,
    keyword: Annotated[
        list[str] | None,
        typer.Option(help="nwb: keywords, in place of the usual ones; repeatable."),
    ] = None,
    session: Annotated[str | None, typer.Option(help="nwb: identifier of the session.")] = None,
    description: Annotated[
        str | None, typer.Option(help="nwb: description of the session, in place of the usual one.")
    ] = None,
    identifier: Annotated[
        str | None, typer.Option(help="nwb: identifier of the file. Default: a random one.")
    ] = None,
    force: options.Force = False,
    as_json: options.AsJson = False,
) -> None:
    """Write a simulation as NWB, MATLAB or CSV.

    A CSV file has one table: --table rates has the rate of each neuron in each trial.
    Options of NWB replace what the file in --metadata says.

    Example: spiking export run.h5 --to nwb --experimenter 'Lovelace, Ada' --doi 10.1073/pnas.1905926116
    """
    from spiking import Simulation
    from spiking.export import FORMATS
    from spiking.files.output import check_outputs, keep

    kind = to or ("" if output is None else output.suffix.removeprefix("."))
    if kind not in FORMATS:
        raise ArgumentError(f"the format is {kind or 'not given'}; expected --to {', '.join(FORMATS)}")
    path = output or file.with_suffix(f".{kind}")
    check_outputs([(path, (f".{kind}",))], [file, metadata], force=force)
    values = (experimenter, institution, lab, doi, keyword, session, description, identifier)
    given = {name: value for name, value in zip(_OPTIONS, values, strict=True) if value}
    if kind != "nwb" and (given or metadata is not None):
        wrong = "--metadata" if metadata is not None else next(iter(given))
        raise ArgumentError(f"{wrong} is given with --to {kind}; expected it only with --to nwb")
    arguments: dict[str, Any] = {"force": force}
    if table is not None and kind != "csv":
        raise ArgumentError(f"--table is given with --to {kind}; expected it only with --to csv")
    if table is not None:
        arguments["table"] = table
    if kind == "nwb":
        arguments |= _about(metadata, given)
    write, needed = FORMATS[kind]
    if needed:
        library(needed, "export", f"--to {kind}")
    run = Simulation.load(file)
    keep(path, lambda place: write(run, place, **arguments))
    if as_json:
        print_json(
            {
                "file": file,
                "output": path,
                "format": kind,
                "trials": len(run.trials),
                "unfinished": run.unfinished,
            }
        )
    echo(f"saved {path}")
    if run.unfinished:
        echo(f"{file} is unfinished: only its first {len(run.trials)} trials are saved", err=True)


def _about(file: Path | None, given: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata of a file and of the options as arguments of `to_nwb`."""
    from spiking.export.nwb import checked_metadata

    about: dict[str, Any] = {}
    arguments: dict[str, Any] = {"metadata": about}
    if file is not None:
        values = _read(file)
        if (start := values.pop("session_start_time", None)) is not None:
            if getattr(start, "tzinfo", None) is None:
                raise ArgumentError(
                    f"{file}: session_start_time is {start}; expected a time with a time zone, such as "
                    "2026-01-31T14:00:00+01:00, without quotes"
                )
            arguments["session_start_time"] = start
        try:
            about |= checked_metadata(values)
        except ArgumentError as error:
            raise ArgumentError(f"{file}: {error}") from None
    for option, value in given.items():
        name = _OPTIONS[option]
        if name == "keywords":
            value = ",".join(value)
        try:
            about |= checked_metadata({name: value})
        except ArgumentError as error:
            raise ArgumentError(str(error).removeprefix("metadata: ").replace(name, option, 1)) from None
    return arguments


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArgumentError(f"--metadata is {file}, which cannot be read: {error.strerror}") from None
    except ValueError as error:  # not UTF-8, or not TOML
        raise ArgumentError(f"--metadata is {file}, which is not TOML: {error}") from None

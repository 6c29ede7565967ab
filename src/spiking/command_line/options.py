"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer.models import OptionInfo

from spiking.command_line.output import keep_stdout_for_json
from spiking.errors import ArgumentError

_NAMES = ("go-nogo", "xor", "mante", "dms")  # of tasks, and of models of the package


def names_for(incomplete: str) -> list[str]:
    """Return the names of tasks that begin so; a shell completes files where there is none."""
    return [name for name in _NAMES if name.startswith(incomplete)]


Model = Annotated[
    str,
    typer.Argument(autocompletion=names_for, help="Model file (.mat), or go-nogo, xor, mante or dms."),
]
Network = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        autocompletion=names_for,
        help="Model file (.mat), network file (.npz), or go-nogo, xor, mante or dms.",
    ),
]
Networks = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL",
        autocompletion=names_for,
        help="Model files (.mat), network files (.npz), folders of them, or go-nogo, xor, mante or dms.",
    ),
]
RateModelFile = Annotated[
    str | None,
    typer.Option(
        "--rate-model", metavar="MODEL", help="With a network file: the rate model to compare it with."
    ),
]
ScalingFactor = Annotated[
    float | None,
    typer.Option(
        help="Divides recurrent and output weights (published conversion). Default: as the file records."
    ),
]
TaskName = Annotated[
    str | None,
    typer.Option(
        "--task",
        autocompletion=names_for,
        help="Task: go-nogo, xor, mante, dms, or mytask.py. Default: the one that the file records, or that "
        "its name has (Task_xor_N_200_....mat).",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--setting",
        metavar="NAME=VALUE",
        help="Setting of the task, such as delay=250 (ms); replaces the one that the file records.",
    ),
]
CONDITION = typer.Option(help="Use only this condition, such as go. Default: all.")
Condition = Annotated[str | None, CONDITION]
TRIALS = typer.Option(min=1, max=1_000_000, help="Number of trials.")
Trials = Annotated[int, TRIALS]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="The same seed gives the same results.")]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="A trial is wrong if the output also crosses the opposite threshold."),
]
Downsample = Annotated[
    int, typer.Option(min=1, help="Make time steps this many times longer: faster, less accurate.")
]
Conversion = Annotated[
    str,
    typer.Option(
        metavar="published|matched|one_offset|mean_drive|calibrated",
        help="published: one scaling factor. Others: fitted to the f-I curve of the neurons.",
    ),
]
Threads = Annotated[int | None, typer.Option(min=1, help="Number of threads. Default: all processors.")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="tcp://HOST:PORT", help="Run on this dask.distributed cluster.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace existing results: models, runs and tables.")]
Caption = Annotated[
    bool,
    typer.Option("--caption", help="Print the caption for a manuscript: what is drawn, of which trials."),
]


def table_of(rows: str) -> OptionInfo:
    """Return the option for a table that a command can also write; `rows` says what a row is."""
    option: OptionInfo = typer.Option("--csv", help=f"Write a table into this .csv file: a row per {rows}.")
    return option


Csv = Annotated[Path | None, table_of("file")]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json",
        callback=keep_stdout_for_json,
        help="Print JSON on standard output, and everything else on standard error.",
    ),
]

Stimulate = Annotated[
    str | None,
    typer.Option(metavar="exc|inh", help="Depolarise or hyperpolarise neurons; needs --units and --window."),
]
StimulatedUnits = Annotated[
    str | None,
    typer.Option(
        "--units",
        help="Neurons to stimulate: numbers from 0, such as 10,15,20 or 10:20 (20 included); a population "
        "(exc, inh, sst, pv, all, or one of the file); or several combined, such as 'PFC&inh'.",
    ),
]
Window = Annotated[
    tuple[float, float] | None, typer.Option(metavar="START STOP", help="Time of the stimulation in ms.")
]
Current = Annotated[
    float | None,
    typer.Option(
        help="Stimulate with this current in mV. Default: add 0.5 mV to the voltage at each step with "
        "probability 0.5 (as published)."
    ),
]
Pulses = Annotated[
    tuple[float, float] | None,
    typer.Option(metavar="HZ MS", help="Stimulate in pulses: their frequency in Hz and width in ms."),
]


def output_to(what: str) -> OptionInfo:
    """Return the option for the main output of a command."""
    option: OptionInfo = typer.Option("--output", "-o", help=what)
    return option


def picture_of(what: str) -> OptionInfo:
    """Return the option for a picture that a command can also draw."""
    option: OptionInfo = typer.Option(
        "--plot", help=f"Draw {what} into this file (.png, .pdf, .svg), which is replaced."
    )
    return option


def check_caption(caption: bool, plot: Path | None) -> None:
    """Raise ArgumentError if a caption is wanted of a picture that is not drawn."""
    if caption and plot is None:
        raise ArgumentError("--caption is given without --plot; expected both")

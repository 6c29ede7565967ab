"""The options that several commands share, and functions that interpret their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.models import OptionInfo

from spiking.command_line.output import echo, keep_stdout_for_json
from spiking.errors import ArgumentError
from spiking.files.escape import printable
from spiking.optional import library
from spiking.tasks.number_lists import listed_numbers

if TYPE_CHECKING:
    from distributed import Client

    from spiking import RateModel, SpikingNetwork
    from spiking.simulation.stimulation import Stimulation
    from spiking.tasks import Task

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
Force = Annotated[bool, typer.Option("--force", help="Replace existing results.")]
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
    option: OptionInfo = typer.Option("--plot", help=f"Draw {what} into this file (.png, .pdf, .svg).")
    return option


def check_caption(caption: bool, plot: Path | None) -> None:
    """Raise ArgumentError if a caption is wanted of a picture that is not drawn."""
    if caption and plot is None:
        raise ArgumentError("--caption is given without --plot; expected both")


def model_files(names: Iterable[str], *, networks: bool = False) -> list[str]:
    """Return the files that are named, and the model files (.mat) of the folders that are.

    With `networks`, also the network files (.npz) of the folders; other archives in them are left out.

    Raises
    ------
    ArgumentError
        A folder has no model file.
    """
    from spiking.network.file import may_hold_network

    files: list[str] = []
    for name in names:
        if not Path(name).is_dir():
            files.append(name)
            continue
        files_inside = sorted(Path(name).iterdir())
        inside = [
            str(file)
            for file in files_inside
            if file.suffix.lower() == ".mat"
            or (networks and file.suffix.lower() == ".npz" and may_hold_network(file))
        ]
        if not inside:
            kinds = (
                ("file that ends in .mat", "model files")
                if not networks
                else (
                    "file that ends in .mat and no network in a .npz file",
                    "model or network files",
                )
            )
            raise ArgumentError(f"the folder {name} has no {kinds[0]}; expected {kinds[1]}")
        files += inside
    return list(dict.fromkeys(files))


def load_model(name: str) -> RateModel:
    """Load a model file or, if there is none of this name, a model that comes with the package."""
    from spiking import RateModel

    found = load_network(name)
    if not isinstance(found, RateModel):
        raise ArgumentError(f"MODEL is {name}, a spiking network; expected a file of a rate model")
    return found


def load_network(name: str) -> RateModel | SpikingNetwork:
    """Load a model file, a network file or, if there is none of this name, a model of the package."""
    from spiking.network import open_network

    return open_network(name)


def both_networks(
    name: str,
    rate_model: str | None,
    scaling_factor: float | None,
    *,
    initial_weights: bool = False,
    task: tuple[str | None, list[str] | None] | None = None,
) -> tuple[RateModel | None, SpikingNetwork]:
    """Return the rate model, None if only a network file is given, and the spiking network.

    Parameters
    ----------
    name : str
        The argument MODEL of a command.
    rate_model : str or None
        Its option ``--rate-model``; only with a network file.
    scaling_factor, initial_weights
        Options of the conversion; only with a model file.
    task : (str or None, list of str or None), optional
        Options ``--task`` and ``--setting`` of a command that needs a task: what is wrong with it is said
        before, and together with, what the conversion lacks.
    """
    from spiking import RateModel, SpikingNetwork
    from spiking.rate_model.recorded_settings import task_for

    found = load_network(name)
    if isinstance(found, RateModel):
        if rate_model is not None:
            raise ArgumentError(f"--rate-model is {rate_model} and {name} is a rate model; expected one")
        wrong: list[ArgumentError] = []
        if task is not None:
            try:
                task_for(found, task[0], task_settings(task[1]))
            except ArgumentError as error:
                wrong.append(error)
        try:
            network = SpikingNetwork.from_rate(found, scaling_factor, initial_weights=initial_weights)
        except ArgumentError as error:
            wrong.append(error)
        if len(wrong) == 1:
            raise wrong[0]
        if wrong:
            raise ArgumentError("; and ".join(map(str, wrong)))
        return found, network
    if scaling_factor is not None or initial_weights:
        raise ArgumentError(
            f"{name} is a spiking network, which is converted already; expected no --scaling-factor and no "
            f"--initial-weights"
        )
    return None if rate_model is None else load_model(rate_model), found


def task_settings(settings: list[str] | None) -> dict[str, str]:
    """Return the settings of a task in `--setting`, as strings by name."""
    values = {}
    for setting in settings or ():
        name, equals, value = (part.strip() for part in setting.partition("="))
        if not (name and equals and value):
            raise ArgumentError(f"--setting is {setting}; expected NAME=VALUE, such as delay=250")
        if name in values:
            raise ArgumentError(f"--setting has {name} twice; expected one value")
        values[name] = value
    return values


def chosen_task(
    model: RateModel | SpikingNetwork, name: type[Task] | str | None, settings: list[str] | None
) -> Task:
    """Return the task in `--task` or the file, with the settings in `--setting`; print unusual settings."""
    from spiking import SpikingNetwork
    from spiking.rate_model.recorded_settings import task_for
    from spiking.tasks.base import check_channels
    from spiking.tasks.recorded.record import recorded_task, task_for_channels
    from spiking.tasks.registry import find

    given = task_settings(settings)
    if isinstance(model, SpikingNetwork):
        kind = find(name) if isinstance(name, str) else name
        task = recorded_task(model.task, "the network", kind, given)
        if task is None:
            return task_for_channels(None, model.n_inputs, model.n_outputs)  # which says what to do
        check_channels(task, model.n_inputs, model.n_outputs, "the network")
    else:
        task = task_for(model, name, given)
    print_settings(model, task, given, suggested=name is None)
    return task


def print_settings(
    model: RateModel | SpikingNetwork, task: Task, given: Iterable[str], *, suggested: bool
) -> None:
    """Print on stderr which task the name of a file suggests, and the settings that differ from the defaults.

    Parameters
    ----------
    model : RateModel or SpikingNetwork
    task : Task
        The task that is run.
    given : iterable of str
        Names of the settings in `--setting`.
    suggested : bool
        No task was given, so that it is that of the file's name if the file records none.
    """
    from spiking import RateModel
    from spiking.rate_model.recorded_settings import suggested_task, task_record
    from spiking.tasks.parse_settings import as_text, changed
    from spiking.tasks.recorded.record import settings_for

    if isinstance(model, RateModel):
        source, record = model.source, task_record(model)
        suggested = suggested and suggested_task(model) is type(task)
    else:
        source, record, suggested = "the network", model.task, False
    recorded = settings_for(record, task)
    unusual = []
    for name, value in task.settings.items():
        if name in given:
            other = f", not {as_text(recorded[name])} as recorded" if name in recorded else ""
            unusual.append(f"{name} {as_text(value)} (--setting{other})")
        elif name in recorded and name in changed(type(task), task.settings):
            unusual.append(f"{name} {as_text(value)} (recorded)")
    if suggested:
        unusual.insert(0, "from the file's name; --task chooses another")
    if unusual:
        echo(printable(f"{source}: task {task.name}, {', '.join(unusual)}"), err=True)


def named_stimulation(
    mode: str | None,
    units: str | None,
    window: tuple[float, float] | None,
    current: float | None,
    pulses: tuple[float, float] | None,
) -> Stimulation | None:
    """Return the stimulation in the options of a command, or None without one."""
    from spiking import Stimulation
    from spiking.checks import positive_number

    if all(value is None for value in (mode, units, window, current, pulses)):
        return None
    if mode not in ("exc", "inh") or units is None or window is None:
        raise ArgumentError(
            "stimulation is incomplete; expected --stimulate exc or inh, --units and --window START STOP"
        )
    sign = 1 if mode == "exc" else -1
    frequency, pulse_width = pulses or (None, None)
    return Stimulation(
        units=listed_numbers("--units", units) if units.strip()[:1].isdigit() else units,  # type: ignore[arg-type]  # Stimulation checks it
        window=window,
        amplitude=sign * (0.5 if current is None else positive_number("--current", current)),
        acts_on="voltage" if current is None else "current",
        frequency=frequency,
        pulse_width=pulse_width,
    )


@contextmanager
def cluster_client(address: str | None) -> Iterator[Client | None]:
    """Connect to the scheduler at an address; without one, yield None."""
    if address is None:
        yield None
        return
    distributed = library("distributed", "cluster", "--scheduler")
    try:
        client = distributed.Client(address, timeout=10)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ArgumentError(
            f"--scheduler is {address}; expected a running scheduler, such as one that `dask scheduler` "
            f"starts ({reason})"
        ) from None
    try:
        yield client
    finally:
        client.close()

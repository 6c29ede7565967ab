"""Load what the options and arguments of a command name: models, tasks, stimulations and clusters."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from spiking.command_line.output import echo
from spiking.errors import ArgumentError
from spiking.files.escape import printable
from spiking.optional import library
from spiking.tasks.number_lists import listed_numbers

if TYPE_CHECKING:
    from distributed import Client

    from spiking import RateModel, SpikingNetwork
    from spiking.simulation.stimulation import Stimulation
    from spiking.tasks import Task


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
    known = record.name if record is not None else None
    if isinstance(model, RateModel) and known is None:
        by_name = suggested_task(model)
        known = None if by_name is None else by_name.name
    if known not in (None, task.name):
        unusual.insert(0, f"from --task; the file {'records' if record is not None else 'name says'} {known}")
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
    from spiking.parallel.cluster import cluster_words

    distributed = library("distributed", "cluster", "--scheduler")
    for name in (
        "distributed.client",
        "tornado.application",
    ):  # they print tracebacks of what we say in a line
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=10)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ArgumentError(
            f"--scheduler is {address}; expected a running scheduler, such as one that `dask scheduler` "
            f"starts ({reason})"
        ) from None
    try:
        echo(cluster_words(client), err=True)
        yield client
    finally:
        client.close()

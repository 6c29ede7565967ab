"""Models and tasks that are given on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spiking.errors import ArgumentError

if TYPE_CHECKING:
    from spiking import RateModel
    from spiking.tasks import Task


def load_model(name: str) -> RateModel:
    """Load the file of this name; if there is none, the model that comes with the package under it."""
    from spiking import RateModel, datasets

    return (
        datasets.load(name) if name in datasets.names() and not Path(name).exists() else RateModel.load(name)
    )


TaskOption = Annotated[
    str | None,
    typer.Option(
        "--task", help="Task: go-nogo, xor, mante, dms, or mytask.py. Default: the one that the file records."
    ),
]
SettingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--setting",
        metavar="NAME=VALUE",
        help="Setting of the task, such as delay=250 (ms); replaces the one that the file records.",
    ),
]


def task_settings(setting: list[str] | None) -> dict[str, str]:
    """Return the settings of a task that `--setting` gives, as texts by name."""
    found = {}
    for one in setting or ():
        name, equals, value = one.partition("=")
        if not (name.strip() and equals and value.strip()):
            raise ArgumentError(f"--setting {one}: expected NAME=VALUE, such as delay=250")
        if name.strip() in found:
            raise ArgumentError(f"--setting: {name.strip()} is given twice")
        found[name.strip()] = value.strip()
    return found


def chosen_task(model: RateModel, name: type[Task] | str | None, setting: list[str] | None) -> Task:
    """Return the task of `--task` and `--setting`, or else of the file, and say which settings it has."""
    from spiking.rate_model.recorded import task_for

    given = task_settings(setting)
    task = task_for(model, name, given)
    tell_settings(model, task, given)
    return task


def tell_settings(model: RateModel, task: Task, given: Iterable[str]) -> None:
    """Say on stderr which settings of a task are not the usual ones, and where they come from."""
    from spiking.rate_model.recorded import recorded_settings
    from spiking.tasks.settings import as_text, changed

    recorded = recorded_settings(model, task)
    told = []
    for name, value in task.settings.items():
        if name in given:
            other = f", not {as_text(recorded[name])} as recorded" if name in recorded else ""
            told.append(f"{name} {as_text(value)} (--setting{other})")
        elif name in recorded and name in changed(type(task), task.settings):
            told.append(f"{name} {as_text(value)} (recorded)")
    if told:
        line = f"{model.source}: task {task.name}, {', '.join(told)}"
        typer.echo("".join(one if one.isprintable() else ascii(one)[1:-1] for one in line), err=True)

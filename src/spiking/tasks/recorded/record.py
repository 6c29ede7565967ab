"""Record which task a model or network belongs to, and find the task that a record or a file's name means."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import shown
from spiking.errors import ArgumentError
from spiking.files.json_text import parsed
from spiking.read_only import FrozenMapping
from spiking.tasks.base import Task, check_channels
from spiking.tasks.check_task import check_class
from spiking.tasks.given_inputs import TaskLike, from_inputs
from spiking.tasks.parse_settings import as_text, built, make, recordable
from spiking.tasks.registry import find, names, standard, which_fit

_NETWORK = "the network"
_ORIGINAL_NAME = re.compile(r"Task_(.+?)_N_\d+_")  # as the original scripts name the files of their models


@check_arguments()
@dataclass(frozen=True, kw_only=True)
class TaskRecord:
    """The task of a model or network, as its file records it.

    Attributes
    ----------
    name : str
        Name of the task.
    settings : mapping of str to value
        Its settings, times in ms; those that are missing have their defaults.
    file : str or None
        For a task of your own, the file and the class that define it, without its folder:
        ``mytask.py:MyTask``. The file is never run because a record names it, only if you name it yourself
        (``--task``).

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets
    >>> SpikingNetwork.from_rate(datasets.load("dms")).task.name
    'dms'
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    file: str | None = None

    def __post_init__(self) -> None:
        name: Any = self.name
        settings: Any = self.settings
        if not isinstance(name, str) or not isinstance(self.file, str | None):
            raise ArgumentError(f"task is {shown(name)} of {shown(self.file)}; expected texts")
        if not isinstance(settings, Mapping) or not all(isinstance(key, str) for key in settings):
            raise ArgumentError(f"settings is {shown(settings)}; expected values by name")
        object.__setattr__(self, "settings", FrozenMapping(settings))

    @classmethod
    @check_arguments()
    def of(cls, task: Task) -> TaskRecord:
        """Return the record of a task.

        Parameters
        ----------
        task : Task

        Raises
        ------
        ArgumentError
            A file cannot hold its settings.
        """
        return cls(name=task.name, settings=parsed(recordable(task)), file=_file_of(type(task), task.name))

    def __str__(self) -> str:
        settings = ", ".join(f"{name}={as_text(value)}" for name, value in self.settings.items())
        return f"{self.name} ({settings})" if settings else self.name

    def as_json(self) -> dict[str, Any]:
        """Return the record in types of JSON."""
        return {"name": self.name, "settings": dict(self.settings), "file": self.file}

    def as_variables(self) -> dict[str, Any]:
        """Return the variables of a model file that hold the record."""
        texts = {
            "task": self.name,
            "task_settings": json.dumps(dict(self.settings)),
            "task_file": self.file or "",  # empty, to replace that of another task
        }
        return {name: np.array([text]) for name, text in texts.items()}


def settings_for(record: TaskRecord | None, kind: type[Task] | Task) -> dict[str, Any]:
    """Return the recorded settings if `kind` is the recorded task, else none."""
    if record is None:
        return {}
    name = kind.name
    if not isinstance(name, str):  # a property, which may depend on the settings
        name = built(kind if isinstance(kind, type) else type(kind), record.settings).name
    return dict(record.settings) if name == record.name else {}


def _kind(record: TaskRecord, source: str) -> type[Task]:
    """Return the class of the recorded task, or raise ArgumentError.

    Only installed tasks are accepted, because a model file must not decide which Python file is run.
    """
    if record.file is not None:
        raise ArgumentError(
            f"{source} records the task {record.name!r}, which {record.file} defines; a file of tasks is run "
            f"only if you name it: task={record.file!r} (--task {shlex.quote(record.file)})"
        )
    if record.name not in names():
        raise ArgumentError(
            f"{source} records the task {record.name!r}; expected one of {', '.join(names())}; if it is "
            f"your own, name the file that defines it: task='mytask.py' (--task mytask.py)"
        )
    return find(record.name)


def recorded_task(
    record: TaskRecord | None,
    source: str,
    kind: type[Task] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Task | None:
    """Return the task of a record, or None without one.

    Parameters
    ----------
    record : TaskRecord or None
    source : str
        Where the record is, for messages.
    kind : type of Task, optional
        Use this task instead of the recorded one; it gets the recorded settings if it has the recorded name.
    settings : mapping of str to value, optional
        Settings that replace recorded ones.

    Raises
    ------
    ArgumentError
        The recorded task is unknown or defined in a file, its settings are wrong, or the task has a fault.
    """
    if kind is None:
        if record is None:
            return None
        kind = _kind(record, source)
    check_class(kind)
    try:
        recorded = settings_for(record, kind)
        built(kind, recorded)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"{source} records `task_settings` that the task no longer accepts: {error}; "
            f"give a Task with other settings, which is used instead"
        ) from error
    return make(
        kind, {**recorded, **(settings or {})}
    )  # which checks the task: its faults are not the record's


def record_of(task: Task) -> TaskRecord | None:
    """Return the record of a task; None if a file cannot hold it, as that of given inputs."""
    try:
        return TaskRecord.of(task)
    except ArgumentError:
        return None


def task_for_channels(
    task: TaskLike | None, n_inputs: int, n_outputs: int, record: TaskRecord | None = None
) -> Task:
    """Return the task to run a spiking network on.

    Parameters
    ----------
    task : Task, str or array, optional
        A task, which is used unchanged; inputs; or a name, which gets the recorded settings if the network
        records a task of this name. None: the recorded task.
    n_inputs, n_outputs : int
        Channels of the network.
    record : TaskRecord, optional
        The task that the network records.

    Raises
    ------
    ArgumentError
        It is no task, none is given or recorded, or it has other numbers of inputs or outputs.
    """
    chosen: Any = task
    if isinstance(task, np.ndarray | list):
        chosen = from_inputs(task, n_outputs=n_outputs)
    elif task is None or isinstance(task, str):
        chosen = recorded_task(record, _NETWORK, None if task is None else find(task))
    if chosen is None:
        raise ArgumentError(f"the network does not record a task; {which_fit(n_inputs, n_outputs)}")
    if not isinstance(chosen, Task):
        raise ArgumentError(f"task is {shown(task)}; expected a Task, the name of one, or inputs")
    check_channels(chosen, n_inputs, n_outputs, _NETWORK)
    return chosen


def task_in_name(file: str, n_inputs: int, n_outputs: int) -> type[Task] | None:
    """Return the task that the name of an original's file suggests, if it has these channels.

    The original scripts name a model's file ``Task_go-nogo_N_200_Taus_4.0_20.0_Act_sigmoid_...mat``.
    """
    match = _ORIGINAL_NAME.match(Path(file).name)
    kind = None if match is None else standard(match[1])
    return kind if kind is not None and (kind.n_inputs, kind.n_outputs) == (n_inputs, n_outputs) else None


def _file_of(kind: type[Task], name: str) -> str | None:
    """Return the file and class of a user's own task, without its folder, which other machines do not have.

    None for installed ones, and where no file has it.
    """
    if kind.__module__.startswith("spiking.") or (name in names() and find(name) is kind):
        return None
    try:
        path = inspect.getsourcefile(kind)
    except (OSError, TypeError):  # defined in an interactive session
        return None
    known = path is not None and path.endswith(".py") and Path(path).is_file()
    return f"{Path(path).name}:{kind.__qualname__}" if known and path is not None else None

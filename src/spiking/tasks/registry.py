"""Find a task by name: among the standard tasks, in a file, or among the installed entry points."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from spiking.check_arguments import check_arguments, unchecked
from spiking.checks import shown, similar
from spiking.errors import ArgumentError
from spiking.tasks.base import Task
from spiking.tasks.check_task import raised
from spiking.tasks.parse_settings import make
from spiking.tasks.standard import XOR, ContextIntegration, DelayedMatchToSample, GoNoGo

_STANDARD: tuple[type[Task], ...] = (GoNoGo, XOR, ContextIntegration, DelayedMatchToSample)
_GROUP = "spiking.tasks"


def names() -> tuple[str, ...]:
    """Return the names of all tasks: the four of this package, then the entry points of `spiking.tasks`.

    Examples
    --------
    >>> from spiking import tasks
    >>> "dms" in tasks.names()
    True
    """
    installed = sorted(entry.name for entry in entry_points(group=_GROUP))
    return (*(task.name for task in _STANDARD), *installed)


@check_arguments(name=unchecked)
def get(name: str, **settings: Any) -> Task:
    """Return a task by its name.

    Parameters
    ----------
    name : str
        ``go-nogo``, ``xor``, ``mante``, ``dms``, the name of an entry point in the group ``spiking.tasks``,
        or a file: ``mytask.py`` (which defines one task) or ``mytask.py:ClassName``.
    **settings
        Fields of the task, times in ms; the others keep their defaults. Texts, such as ``"250"``, are
        converted to the type of the field.

    Returns
    -------
    Task

    Raises
    ------
    ArgumentError
        The task is unknown, its file cannot be used, or a setting is unknown or wrong.

    Examples
    --------
    >>> from spiking import tasks
    >>> tasks.get("dms", delay=250.0).duration
    1555.0
    """
    return make(find(name), settings)


def which_fit(n_inputs: int, n_outputs: int) -> str:
    """Return which tasks of the package a model with these channels can do, as advice to give one."""
    channels = f"inputs: {n_inputs}, outputs: {n_outputs}"
    fit = [task.name for task in _STANDARD if (task.n_inputs, task.n_outputs) == (n_inputs, n_outputs)]
    if not fit:
        return f"no task of the package has its {channels}; give your own, such as --task mytask.py"
    others = f" or {', '.join(fit[1:])}" if len(fit) > 1 else ""
    return f"give one with its {channels}, such as task={fit[0]!r} (--task {fit[0]}){others}"


def find(name: str) -> type[Task]:
    """Return the class of a task; `name` and errors as in `get`."""
    if not isinstance(name, str):
        raise _unknown(name)
    if (kind := standard(name)) is not None:
        return kind
    path, _, class_name = name.rpartition(":")
    if name.endswith(".py"):
        return _from_file(Path(name), None)
    if path.endswith(".py"):
        return _from_file(Path(path), class_name)
    for entry in entry_points(group=_GROUP, name=name):
        kind = entry.load()
        if not (isinstance(kind, type) and issubclass(kind, Task)):
            raise ArgumentError(
                f"task is {name!r}, the entry point {entry.value}; expected a subclass of Task there"
            )
        return kind
    raise _unknown(name)


def standard(name: str) -> type[Task] | None:
    """Return the task of this package that has this name, or None."""
    name = name.replace("_", "-")  # go_nogo, as the PyTorch port has it
    return next((task for task in _STANDARD if task.name == name), None)


def _unknown(name: object) -> ArgumentError:
    known, near = names(), ""
    if isinstance(name, str):
        kind, _, setting = name.partition(":")
        if kind in known:
            return ArgumentError(
                f"task is {name!r}; expected {kind} alone, and its settings apart: settings={{...}} "
                f"(--setting {setting})"
            )
        file = f"{name}.py"
        here = {path.name for path in Path().glob("*.py")}  # a name may be none that a file can have
        near = f" (did you mean {file}?)" if file in here else similar(name, known)
    return ArgumentError(
        f"task is {shown(name)}{near}; expected one of {', '.join(known)}, or a file: "
        f"task='mytask.py:ClassName' (--task mytask.py:ClassName)"
    )


def _from_file(path: Path, class_name: str | None) -> type[Task]:
    if not path.is_file():
        near = similar(path.name, (file.name for file in path.parent.glob("*.py")))
        raise ArgumentError(
            f"task is {path}, which does not exist{near}; expected a Python file with a subclass of Task"
        )
    label = f"spiking_task_{path.stem}"
    spec = importlib.util.spec_from_file_location(label, path)
    if spec is None or spec.loader is None:
        raise ArgumentError(f"task is {path}; expected a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[label] = module  # dataclasses look up their module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever the code of a user raises
        raise ArgumentError(f"{path} could not be run: {raised(error, path.name)}") from error
    tasks = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Task) and value.__module__ == module.__name__
    }
    if not tasks:
        raise ArgumentError(
            f"{path} has no task; expected a class that is a subclass of spiking.tasks.Task (`spiking "
            f"new-task` writes such a file)"
        )
    if class_name is None and len(tasks) == 1:
        return next(iter(tasks.values()))
    if class_name in tasks:
        return tasks[class_name]
    chosen = "" if class_name is None else f"task is {path}:{class_name}{similar(class_name, tasks)}, but "
    example = f"{path}:{next(iter(tasks))}"
    plural = "s" if len(tasks) > 1 else ""
    raise ArgumentError(
        f"{chosen}{path} has the task{plural} {', '.join(tasks)}; expected the name of one: task={example!r} "
        f"(--task {shlex.quote(example)})"
    )

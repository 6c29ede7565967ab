"""Read what a model file records besides the model: task, training, tuning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from spiking.errors import ArgumentError
from spiking.rate_model.model import RateModel
from spiking.tasks import Task, names
from spiking.tasks.base import check_channels
from spiking.tasks.registry import find
from spiking.tasks.settings import make
from spiking.typing import Floats


def recorded_scaling_factor(model: RateModel) -> float | None:
    """Return the scaling factor that tuning left in the file, or None if there is no usable one."""
    values = _numbers(model, "opt_scaling_factor")
    if values is None or values.size != 1 or not 0 < values[0] < np.inf:
        return None
    return float(values[0])


def recorded_task(
    model: RateModel, kind: type[Task] | None = None, settings: Mapping[str, Any] | None = None
) -> Task | None:
    """Return the task that the file names, with its settings, or None if it names none.

    Only known tasks are accepted: a file must not make us run a Python file.

    Parameters
    ----------
    model : RateModel
    kind : type of Task, optional
        A task to take in place of the one that the file names; if it is called like that one, with the
        settings of the file.
    settings : mapping of str to value, optional
        Win over those of the file.

    Raises
    ------
    ArgumentError
        If that task is not known here, or its settings are not possible.
    """
    name = recorded_text(model, "task")
    if kind is None:
        if name is None:
            return None
        if name not in names():
            raise ArgumentError(
                f"{model.source} is for the task {name!r}, which is not known here ({', '.join(names())}); "
                f"give the file that defines it (--task mytask.py)"
            )
        kind = find(name)
    recorded = recorded_settings(model, kind)
    try:
        own = make(kind, recorded)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"{model.source} records `task_settings` that the task does not take now: {error}; "
            f"give a Task with others, which wins"
        ) from error
    return make(kind, {**recorded, **settings}) if settings else own


def recorded_settings(model: RateModel, kind: type[Task] | Task) -> dict[str, Any]:
    """Return the settings that the file records for a task of this name; empty if it names another one."""
    text = recorded_text(model, "task_settings") or "{}"
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"{model.source} has `task_settings` {text!r:.80}: {error}") from error
    if not isinstance(found, dict):
        raise ArgumentError(f"{model.source} has `task_settings` {text!r:.80}; expected names and values")
    name = kind.name
    if not isinstance(name, str):  # a property, which may depend on the settings
        name = make(kind, found).name
    return found if recorded_text(model, "task") == name else {}


def recorded_text(model: RateModel, key: str) -> str | None:
    """Return a text variable of the file, or None if it is missing, empty or no text."""
    value = np.asarray(model.extras.get(key, ""))
    return str(value.item()) or None if value.size == 1 and value.dtype.kind == "U" else None


def _numbers(model: RateModel, key: str) -> Floats | None:
    """Return a numeric variable of the file, flat; None if it is missing, empty or not numeric."""
    value = np.asarray(model.extras.get(key, ()))
    if value.dtype.kind not in "biuf" or value.size == 0:
        return None
    return value.astype(np.float64).ravel()


def _last(model: RateModel, *keys: str) -> float | None:
    """Return the last entry of the first of these variables that is there, if it is finite."""
    found = (_numbers(model, key) for key in keys)
    return next((last for own in found if (last := _finite_last(own)) is not None), None)


def _finite_last(values: Floats | None) -> float | None:
    return float(values[-1]) if values is not None and values.size and np.isfinite(values[-1]) else None


def _flag(model: RateModel, key: str) -> bool | None:
    value = _last(model, key)
    return None if value is None else bool(value)


def task_for(
    model: RateModel,
    task: Task | type[Task] | str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Task:
    """Return the task to run a model on.

    Parameters
    ----------
    model : RateModel
    task : Task, its class or str, optional
        A task, which is taken as it is; or a class, or what `spiking.tasks.get` takes: where its name is the
        one that the model's file records, so are the settings. None: the task that the file records.
    settings : mapping of str to value, optional
        Win over recorded ones; not beside a task that is taken as it is.

    Returns
    -------
    Task

    Raises
    ------
    ArgumentError
        The model or the task is none, the file records no task and none is given, or the task has other
        inputs or outputs than the model.
    """
    if not isinstance(model, RateModel):
        raise ArgumentError(f"model is {model!r:.60}; expected a RateModel, such as RateModel.load(path)")
    if isinstance(task, str):
        task = find(task)
    if task is None or (isinstance(task, type) and issubclass(task, Task)):
        task = recorded_task(model, task, settings)
    elif not isinstance(task, Task):
        raise ArgumentError(f"task is {task!r:.60}; expected a Task, or the name of one")
    elif settings:
        raise ArgumentError(f"settings ({', '.join(settings)}) are given beside a Task; expected them in it")
    if task is None:
        raise ArgumentError(
            f"{model.source} does not say which task it was trained for; name one, such as go-nogo (--task)"
        )
    check_channels(task, model.n_inputs, model.n_outputs, model.source)
    return task

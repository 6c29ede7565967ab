"""Which task a model is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spiking.errors import ArgumentError
from spiking.rate_model.model import RateModel
from spiking.tasks import Task
from spiking.tasks.registry import find


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
    from spiking.conversion.model_info import recorded_task

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


def check_channels(task: Task, n_inputs: int, n_outputs: int, what: str) -> None:
    """Raise ArgumentError unless a task has that many inputs and outputs; `what` has them."""
    if (task.n_inputs, task.n_outputs) != (n_inputs, n_outputs):
        raise ArgumentError(
            f"{what} has inputs: {n_inputs}, outputs: {n_outputs}; "
            f"the task {task.name} needs inputs: {task.n_inputs}, outputs: {task.n_outputs}"
        )

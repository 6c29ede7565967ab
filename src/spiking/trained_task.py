"""Which task a model is for."""

from __future__ import annotations

from spiking.errors import ArgumentError
from spiking.rate_model import RateModel
from spiking.tasks import Task, get


def task_for(model: RateModel, task: Task | str | None = None) -> Task:
    """Return the task to run a model on.

    Parameters
    ----------
    model : RateModel
    task : Task or str, optional
        A task, or what `spiking.tasks.get` takes. None: the one that the model's file records. Where the
        name is the recorded one, so are the settings.

    Returns
    -------
    Task

    Raises
    ------
    ArgumentError
        The model or the task is none, the file records no task and none is given, or the task has other
        inputs or outputs than the model.
    """
    from spiking.model_info import recorded_task, recorded_text

    if not isinstance(model, RateModel):
        raise ArgumentError(f"model is {model!r:.60}; expected a RateModel, such as RateModel.load(path)")
    if not isinstance(task, Task | str | None):
        raise ArgumentError(f"task is {task!r:.60}; expected a Task, or the name of one")
    if isinstance(task, str) and task != recorded_text(model, "task"):
        task = get(task)
    if not isinstance(task, Task):
        task = recorded_task(model)
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

"""Read the records in a model file: the task, its settings, and results of training and tuning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import shown
from spiking.errors import ArgumentError
from spiking.files.json_text import parsed
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel
from spiking.tasks import Task
from spiking.tasks.base import check_channels
from spiking.tasks.given_inputs import TaskLike, from_inputs
from spiking.tasks.recorded.record import TaskRecord, record_of, settings_for, task_in_name
from spiking.tasks.recorded.record import recorded_task as record_to_task
from spiking.tasks.registry import find, which_fit
from spiking.typing import Floats


def recorded_scaling_factor(model: RateModel) -> float | None:
    """Return the scaling factor of training (``lif``) or tuning, or None if the file has no usable one."""
    if model.trained_params is not None:
        return float(model.activation_parameters["k"])
    values = recorded_numbers(model, "opt_scaling_factor")
    if values is None or values.size != 1 or not 0 < values[0] < np.inf:
        return None
    return float(values[0])


def recorded_task(
    model: RateModel, kind: type[Task] | None = None, settings: Mapping[str, Any] | None = None
) -> Task | None:
    """Return the task that the file records, with its settings, or None if it records none.

    If it records none, but has a name of the original scripts (``Task_xor_N_200_...mat``), it is that task.
    Arguments and errors are those of `spiking.tasks.recorded.record.recorded_task`.
    """
    record = task_record(model)
    if record is None and kind is None:
        kind = suggested_task(model)
    return record_to_task(record, model.source, kind, settings)


def task_record(model: RateModel) -> TaskRecord | None:
    """Return the record of the task in a model's file, or None; raises ArgumentError if it is unreadable."""
    text = recorded_text(model, "task_settings") or "{}"
    try:
        settings = parsed(text)
    except ValueError as error:
        raise ArgumentError(
            f"{model.source} has `task_settings` {text!r:.80} ({error}); expected a JSON object"
        ) from error
    if not isinstance(settings, dict):
        raise ArgumentError(f"{model.source} has `task_settings` {shown(text)}; expected a JSON object")
    name = recorded_text(model, "task")
    if name is None:
        return None
    return TaskRecord(name=name, settings=settings, file=recorded_text(model, "task_file"))


def suggested_task(model: RateModel) -> type[Task] | None:
    """Return the task that the name of the model's file suggests, if the file records none."""
    if recorded_text(model, "task") is not None:
        return None
    return task_in_name(model.source, model.n_inputs, model.n_outputs)


def is_of_training(model: RateModel) -> bool:
    """Return whether the task that the file records is that of its training, which nothing replaces."""
    return recorded_text(model, "training_options") is not None and recorded_text(model, "task") is not None


def record_variables(model: RateModel, task: Task) -> dict[str, Any]:
    """Return the variables that record a task in the model's file.

    There are none if the file already records this task or that of its training, or cannot hold this task.
    """
    record = record_of(task)
    try:
        same = record == task_record(model)
    except ArgumentError:  # what the file records cannot be read
        same = False
    return {} if record is None or same or is_of_training(model) else record.as_variables()


def record_for_network(model: RateModel, task: TaskLike | type[Task] | None) -> TaskRecord | None:
    """Return what a network that is made from a model records of its task; None without a usable task.

    It is the given task, or else the one that the model's file records or its name suggests.
    """
    try:
        record = task_record(model)
        if task is None and record is not None:
            return record
        return TaskRecord.of(task_for(model, task))
    except ArgumentError:  # the conversion itself needs no task
        return None


def recorded_settings(model: RateModel, kind: type[Task] | Task) -> dict[str, Any]:
    """Return the settings that the file records for the task `kind`; empty if it records another task."""
    return settings_for(task_record(model), kind)


def recorded_text(model: RateModel, key: str) -> str | None:
    """Return a text variable of the file, or None if it is missing, empty or not a text."""
    value = np.asarray(model.extras.get(key, ""))
    return str(value.item()) or None if value.size == 1 and value.dtype.kind == "U" else None


def recorded_numbers(model: RateModel, key: str) -> Floats | None:
    """Return a numeric variable of the file as a 1-D array; None if it is missing, empty or not numeric."""
    value = np.asarray(model.extras.get(key, ()))
    if value.dtype.kind not in "biuf" or value.size == 0:
        return None
    return value.astype(np.float64).ravel()


def tests_of_training(model: RateModel) -> tuple[Floats, Floats]:
    """Return loss and accuracy at each test during training.

    Files of the original trainer have only the last test, files of version 0.1.0 all of them under its names.
    Zeros at the end, which some trainers leave when training ends early, are removed. An array is empty if
    the file does not record it.
    """
    every = "eval_losses" in model.extras and "eval_accuracies" in model.extras
    names = ("eval_losses", "eval_accuracies") if every else ("eval_loss_mean", "eval_perf_mean")
    loss, accuracy = (recorded_numbers(model, name) for name in names)
    if loss is None:
        return np.zeros(0), np.zeros(0) if accuracy is None else accuracy
    loss = np.trim_zeros(loss, "b")
    return loss, np.zeros(0) if accuracy is None else accuracy[: loss.size]


def last_recorded(model: RateModel, *keys: str) -> float | None:
    """Return the last entry of the first of these variables that ends in a finite number, or None."""
    variables = (recorded_numbers(model, key) for key in keys)
    return next((last for values in variables if (last := finite_last(values)) is not None), None)


def finite_last(values: Floats | None) -> float | None:
    """Return the last of these numbers if it is finite, otherwise None."""
    return float(values[-1]) if values is not None and values.size and np.isfinite(values[-1]) else None


def recorded_flag(model: RateModel, key: str) -> bool | None:
    """Return a variable of the file as a bool, or None if it is missing or not numeric."""
    value = last_recorded(model, key)
    return None if value is None else bool(value)


@check_arguments()
def task_for(
    model: AnyModel,
    task: TaskLike | type[Task] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Task:
    """Return the task to run a model on.

    Parameters
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package.
    task : Task, its class, str or array, optional
        A task, which is used unchanged; inputs, as `spiking.tasks.from_inputs` takes; or its class or name
        (as for `spiking.tasks.get`), which gets the recorded settings if the model's file records a task of
        this name. None: the recorded task, or, if none is recorded, the one in a file name of the original
        scripts, such as ``Task_xor_N_200_Taus_4.0_20.0_Act_sigmoid.mat``.
    settings : mapping of str to value, optional
        Settings that replace recorded ones; only without a `~spiking.tasks.Task` object.

    Returns
    -------
    Task

    Raises
    ------
    ArgumentError
        `model` is no model, `task` is not a task, the file records no task and none is given, or the
        task has other numbers of inputs or outputs than the model.

    Examples
    --------
    >>> from spiking import datasets
    >>> from spiking.rate_model import task_for
    >>> task_for(datasets.load("dms"), settings={"delay": 500.0}).delay
    500.0
    """
    model = rate_model("model", model)
    if isinstance(task, np.ndarray | list):
        task = from_inputs(task, n_outputs=model.n_outputs)
    if isinstance(task, str):
        task = find(task)
    if task is None or (isinstance(task, type) and issubclass(task, Task)):
        task = recorded_task(model, task, settings)
    elif not isinstance(task, Task):
        raise ArgumentError(f"task is {shown(task)}; expected a Task, or the name of one")
    elif settings:
        raise ArgumentError(
            f"settings are {', '.join(settings)} and task is a Task; expected its name or class"
        )
    if task is None:
        raise ArgumentError(
            f"{model.source} does not record the task it was trained for; "
            f"{which_fit(model.n_inputs, model.n_outputs)}"
        )
    check_channels(task, model.n_inputs, model.n_outputs, model.source)
    return task

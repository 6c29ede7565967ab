"""Record the task of a model or a network in its file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from spiking.check_arguments import check_arguments
from spiking.checks import file_path
from spiking.errors import ArgumentError
from spiking.matfile.write import update_variables
from spiking.network.network import SpikingNetwork
from spiking.network.open import open_network
from spiking.rate_model.load import is_shipped
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import is_of_training, record_variables, task_for, task_record
from spiking.tasks import Task, TaskRecord
from spiking.tasks.given_inputs import TaskLike
from spiking.tasks.recorded.record import task_for_channels


@check_arguments()
def record_task(path: str | os.PathLike[str], task: TaskLike) -> TaskRecord:
    """Write a task and its settings into the file of a model or network, which is then run on it by default.

    Everything else in the file stays as it is, and the file is replaced in one step; if it records this task
    already, it is not written. The task on which a model was trained is not replaced.

    Parameters
    ----------
    path : path or str
        A model file (``.mat``) or a network file (``.npz``).
    task : Task or str
        A task or what `spiking.tasks.get` takes.

    Returns
    -------
    TaskRecord
        What the file now records.

    Raises
    ------
    ArgumentError
        The task does not fit the network or cannot be recorded, or the file records that its model was
        trained on another one.
    ModelFileError
        The file cannot be read or written.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, evaluate, tasks
    >>> from spiking.network import record_task
    >>> SpikingNetwork.from_rate(datasets.load("dms")).save("network.npz")
    >>> record_task("network.npz", tasks.get("dms", delay=500.0)).settings["delay"]
    500.0
    >>> evaluate("network.npz", trials=4).task.delay
    500.0
    """
    place, network = file_path("path", path), open_network(path)
    if isinstance(network, SpikingNetwork):
        chosen = task_for_channels(task, network.n_inputs, network.n_outputs, network.task)
    else:
        chosen = task_for(network, task)
    check_recordable(path, network, chosen)
    record = TaskRecord.of(chosen)
    if isinstance(network, RateModel):
        if variables := record_variables(network, chosen):
            update_variables(place, variables)
    elif record != network.task:
        replace(network, task=record).save(place, force=True)
    return record


def check_recordable(path: str | os.PathLike[str], network: RateModel | SpikingNetwork, task: Task) -> None:
    """Raise ArgumentError unless `record_task` can write a task into the file of this network."""
    if is_shipped(path):
        raise ArgumentError(
            f"path is {path!r}, which comes with the package; expected a file of your own, such as a copy: "
            f"datasets.load({path!r}).save('copy.mat')"
        )
    record = TaskRecord.of(task)
    if isinstance(network, RateModel) and is_of_training(network):
        trained = task_record(network)
        known = None if trained is None else (trained.name, trained.settings)
        if known is not None and known != (record.name, record.settings):
            raise ArgumentError(
                f"{network.source} records that it was trained on {trained}, which is not replaced; expected "
                f"this task, or another file"
            )
    place = Path(path)
    if not os.access(place, os.W_OK):
        raise ArgumentError(f"{place} is write-protected; make it writable, so that the task can be written")

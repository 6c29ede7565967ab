"""Run the trials of a task and score them."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.network.network import SpikingNetwork
from spiking.simulation.result import Simulation
from spiking.simulation.run_trials import run_trials
from spiking.tasks import Task, Trials
from spiking.tasks.base import check_channels
from spiking.tasks.recorded.record import record_of
from spiking.tasks.scoring import score


def run_task_trials(
    network: SpikingNetwork,
    task: Task,
    *,
    trials: NDArray[np.int64],
    seed: int | None,
    condition: str | None,
    **settings: Any,
) -> Simulation:
    """Draw trials of a task, simulate and score them; arguments as of `simulate`."""
    check_channels(task, network.n_inputs, network.n_outputs, "the network")
    seed = fresh_seed() if seed is None else seed
    drawn = _draw(task, trials, seed, condition)
    run = run_trials(network, drawn.spiking_inputs, seed=seed, trials=trials, **settings)
    correct = None if run.output is None else score(task, run.output, run.time, drawn)
    record = record_of(task)  # with the settings that were run
    if record != run.network.task:
        run = replace(run, network=replace(run.network, task=record))
    return replace(run, task=task.name, conditions=drawn.conditions, correct=correct)


def fresh_seed() -> int:
    """Return a random seed."""
    return secrets.randbelow(2**32)


def _draw(task: Task, numbers: NDArray[np.int64], seed: int, condition: str | None) -> Trials:
    if np.all(np.diff(numbers) == 1):
        return task.trials(len(numbers), seed=seed, condition=condition, first=int(numbers[0]))
    single = [task.trials(1, seed=seed, condition=condition, first=k) for k in numbers.tolist()]
    return Trials(
        np.concatenate([item.inputs for item in single]),
        np.concatenate([item.targets for item in single]),
        tuple(item.conditions[0] for item in single),
        np.concatenate([item.labels for item in single]),
        tuple(task.conditions),
    )

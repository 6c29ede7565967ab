"""Identify a task and its version, so that saved results of another version are not reused."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import is_dataclass
from types import FunctionType
from typing import Any

import numpy as np

from spiking.files.digest import digest
from spiking.tasks.base import Task
from spiking.tasks.settings import plain

_SEED = 1
_TRIALS = 2  # drawn of each condition
_DATA = (bool, int, float, str, bytes, tuple, list, Mapping, np.ndarray, FunctionType)


def identity(task: Task) -> dict[str, Any]:
    """Return what identifies a task, in JSON's types, by names that say what differs if something does.

    Name and settings; for a task that does not come with this package also its class, its code (see
    `spiking.files.digest`) with the version of Python that compiled it, and a digest of a few trials, which
    tells of data that it reads.
    """
    known: dict[str, Any] = {
        "task": task.name,
        "task_settings": {name: told(value) for name, value in task.settings.items()},
    }
    own = type(task)
    if own.__module__ == "spiking.tasks.standard":
        return known  # the version of the package says the rest
    return {
        **known,
        "task_class": own.__qualname__,
        "task_code": digest(own, _state(task), package=own.__module__.partition(".")[0]),
        "task_trials": digest(_trials(task)),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }


def _state(task: Task) -> dict[str, Any]:
    """Return what a task holds beside its settings; of other objects, such as an environment, the class."""
    held = {} if is_dataclass(type(task)) else vars(task)
    return {name: value if isinstance(value, _DATA) else type(value) for name, value in held.items()}


def _trials(task: Task) -> list[Any]:
    """Draw trials of every condition, as single numbers: in the last bits of others processors differ."""
    drawn: list[Any] = [dict(task.conditions), task.duration, task.score_from]
    for name in task.conditions:
        trials = task.trials(_TRIALS, seed=_SEED, condition=name)
        drawn += [trials.inputs.astype(np.float32), trials.targets.astype(np.float32), trials.labels]
    return drawn


def told(value: Any) -> Any:
    """Return a setting as JSON holds it; a digest of what it cannot hold."""
    value = plain(value)
    finite = isinstance(value, float) and math.isfinite(value)
    return value if finite or value is None or isinstance(value, bool | int | str) else digest(value)

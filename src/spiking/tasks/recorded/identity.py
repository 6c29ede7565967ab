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
from spiking.tasks.parse_settings import plain

_SEED = 1
_TRIALS = 2  # per condition
_DATA = (bool, int, float, str, bytes, tuple, list, Mapping, np.ndarray, FunctionType)


def identity(task: Task) -> dict[str, Any]:
    """Return what identifies a task and its version, as JSON values; the keys name what may differ.

    These are its name and settings. For a task that does not come with this package they are also its class,
    its code (see `spiking.files.digest`), the version of Python that compiled the code, and a digest of a few
    trials, which depends on data that the task reads.
    """
    entries: dict[str, Any] = {
        "task": task.name,
        "task_settings": {name: as_json_value(value) for name, value in task.settings.items()},
    }
    kind = type(task)
    if kind.__module__ == "spiking.tasks.standard":
        return entries  # the version of the package identifies the code
    return {
        **entries,
        "task_class": kind.__qualname__,
        "task_code": digest(kind, _state(task), package=kind.__module__.partition(".")[0]),
        "task_trials": digest(_trials(task)),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }


def _state(task: Task) -> dict[str, Any]:
    """Return the attributes of a task that is no dataclass; data by value, other objects by their class."""
    attributes = {} if is_dataclass(type(task)) else vars(task)
    return {name: value if isinstance(value, _DATA) else type(value) for name, value in attributes.items()}


def _trials(task: Task) -> list[Any]:
    """Draw trials of every condition, in single precision: last bits of doubles depend on the processor."""
    drawn: list[Any] = [dict(task.conditions), task.duration, task.score_from]
    for name in task.conditions:
        trials = task.trials(_TRIALS, seed=_SEED, condition=name)
        drawn += [trials.inputs.astype(np.float32), trials.targets.astype(np.float32), trials.labels]
    return drawn


def as_json_value(value: Any) -> Any:
    """Return a setting as a JSON value, or its digest if JSON cannot hold it."""
    value = plain(value)
    finite = isinstance(value, float) and math.isfinite(value)
    return value if finite or value is None or isinstance(value, bool | int | str) else digest(value)

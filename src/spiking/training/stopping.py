"""When a training ends."""

from __future__ import annotations

import math

from spiking.tasks import GoNoGo, Task
from spiking.training.options import TrainingOptions


def is_good(loss: float, accuracy: float, options: TrainingOptions) -> bool:
    """Return whether loss and accuracy of an evaluation meet the criteria."""
    if options.published_quirks:
        return loss < options.stop_loss and accuracy > options.stop_accuracy
    return loss < options.stop_loss and accuracy >= options.stop_accuracy


def why_stopped(task: Task, updates: int, loss: float, good: bool, options: TrainingOptions) -> str:
    """Return ``diverged``, ``converged`` or ``limit``; an empty string if training continues."""
    if not math.isfinite(loss):
        return "diverged"
    least = options.min_updates
    if least is None:
        least = 1500 if options.published_quirks and isinstance(task, GoNoGo) else 0
    if good and updates >= least:
        return "converged"
    return "limit" if updates >= options.max_updates else ""

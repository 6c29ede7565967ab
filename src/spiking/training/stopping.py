"""When a training ends: the rule.

Its limits are in `options.py`, the times of the tests in `loop.py`; fine-tuning ends by a rule of its own
(`fine_tuning/loop.py`).
"""

from __future__ import annotations

import math

from spiking.tasks import GoNoGo, Task
from spiking.training.options import TrainingOptions

_HARDENED = 300  # updates of the second stage before it is tested whether the network converts


def is_good(loss: float, accuracy: float, options: TrainingOptions) -> bool:
    """Return whether loss and accuracy of an evaluation meet the criteria."""
    if options.published_quirks:
        return loss < options.stop_loss and accuracy > options.stop_accuracy
    return loss < options.stop_loss and accuracy >= options.stop_accuracy


def is_hardened(updates: int, options: TrainingOptions) -> bool:
    """Say whether the second stage is long enough to test whether the network converts."""
    return updates >= min(_HARDENED, options.hardening)


def ends_hardening(converted: bool, updates: int, options: TrainingOptions) -> bool:
    """Say whether a network that reaches the criteria after so many updates of the second stage will do.

    At the end of the stage it will, also if it does not convert; but not if it was trained to be the spiking
    network: then the best network of the stage is taken, and has not converged.
    """
    return converted or (options.lif is None and updates >= options.hardening)


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


def is_faithful(accuracy: float, r2: float, options: TrainingOptions) -> bool:
    """Say whether a spiking network does the task, and its output is that of the rate network."""
    return accuracy >= options.resolved("stop_spiking_accuracy") - 1e-9 and r2 >= options.resolved("stop_r2")


def unmet(loss: float, accuracy: float, spiking: tuple[float, float] | None, options: TrainingOptions) -> str:
    """Return which criteria a network does not meet, with its values; `spiking` is accuracy and R2."""
    criteria = [("loss", loss, "below", "stop_loss", options.stop_loss, loss < options.stop_loss)]
    limit = options.stop_accuracy
    criteria.append(("accuracy", accuracy, "at least", "stop_accuracy", limit, accuracy >= limit))
    for what, value, name in zip(
        ("spiking accuracy", "spiking R2"), spiking or (), ("stop_spiking_accuracy", "stop_r2"), strict=False
    ):
        limit = options.resolved(name)
        criteria.append((what, value, "at least", name, limit, value >= limit - 1e-9))
    return "; ".join(
        f"{what} is {value:.4g}, expected {words} {limit:g} ({name})"
        for what, value, words, name, limit, meets in criteria
        if not meets
    )

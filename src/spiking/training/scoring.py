"""Score the rate model during training, by the task's rule or as the published trainer does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spiking.tasks import ContextIntegration, GoNoGo, Task, Trials
from spiking.tasks.scoring import score_trials
from spiking.training.options import TrainingOptions


def rule(task: Task, options: TrainingOptions) -> str:
    """Return in words how `accuracy` scores the rate network."""
    if not options.published_quirks:
        return task.rule()
    end = ", as the published trainer scores"
    if isinstance(task, GoNoGo):
        since = f"from {task.score_from - task.score_delay:g} ms"
        return (
            f"output above {task.threshold:g} at any time {since} (go); absolute value below {task.quiet:g} "
            f"at all times {since} (nogo){end}"
        )
    if isinstance(task, ContextIntegration):
        return f"{task.rule().replace(f'from {task.score_from:g} ms', 'in the last second')}{end}"
    return task.rule()


def accuracy(task: Task, outputs: NDArray[np.float64], trials: Trials, options: TrainingOptions) -> float:
    """Return the fraction of trials that are correct; `outputs` has shape (trials, n_outputs, steps)."""
    if not np.isfinite(outputs).all():
        return 0.0  # has diverged, which the loss reports
    outputs, moments = outputs[:, 0] if task.n_outputs == 1 else outputs, trials.time
    if not options.published_quirks:
        return float(task.score(outputs, moments, trials).mean())
    outputs, moments = outputs[..., 1:], moments[:-1]
    if isinstance(task, GoNoGo):
        answers = outputs[:, moments >= task.score_from - task.score_delay]
        go = answers.max(axis=1) > task.threshold
        nogo = np.abs(answers).max(axis=1) < task.quiet
        return float(np.where(trials.labels > 0, go, nogo).mean())
    if isinstance(task, ContextIntegration):
        moments = moments + task.score_from - (moments[-200] if moments.size > 200 else moments[0])
    return float(task.score(outputs, moments, trials).mean())


def other_accuracies(
    task: Task, outputs: NDArray[np.float64], trials: Trials, options: TrainingOptions
) -> dict[str, float]:
    """Return the accuracies by the strict and the sustained rule, those that the task has; see `accuracy`.

    They decide nothing. The published trainer scores at other times, to which these rules do not belong.
    """
    if options.published_quirks or not task.scored or not np.isfinite(outputs).all():
        return {}
    scored = score_trials(task, outputs, trials.time, trials)
    answers = {"strict": scored.strict, "sustained": scored.sustained}
    return {name: float(right.mean()) for name, right in answers.items() if right is not None}

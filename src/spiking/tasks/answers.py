"""What an output answers: which response, when, and how the rule by thresholds is said in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.short_repr import short_repr
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.tasks.base import Task
    from spiking.tasks.trials import Trials

_NAMED = 4  # conditions of a response that a rule names; more are called by their expected response


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """What the outputs of trials answer, beside whether they are correct. `Task.answers` returns it.

    Attributes
    ----------
    decision : array, shape (trials,), or (trials, n_outputs) of several outputs
        Mean output from `Task.score_from` to `Task.response_end`.
    predicted : array of int, shape (trials,), or None
        The response: +1 or -1 whose threshold the output crosses in the scored time, 0 if it crosses none. If
        it crosses both, the sign of the decision. None for tasks that score by a rule of their own.
    response_time : array, shape (trials,), or None
        Time in the trial in ms at which the output first is beyond that threshold, in the scored time; NaN
        if it is not.
    sustained : array of bool, shape (trials,), or None
        Whether the decision is beyond the threshold of the expected response, and the output crosses the
        threshold of no other one. Where no response is expected: whether the output stays below
        ``Task.quiet``, as in `Task.score`, and crosses no threshold. So every sustained trial is correct.

    Examples
    --------
    >>> from spiking import tasks
    >>> task = tasks.get("xor")
    >>> trials = task.trials(3, seed=1, balanced=True)
    >>> task.answers(trials.targets, trials.time, trials).predicted.tolist()
    [1, -1, -1]
    """

    decision: Floats
    predicted: NDArray[np.int64] | None = None
    response_time: Floats | None = None
    sustained: NDArray[np.bool_] | None = None

    __repr__ = short_repr


def signed(response: int) -> str:
    """Return the number of a response with its sign: ``+1``, ``-1`` or ``0``."""
    return f"{response:+d}" if response else "0"


def threshold_answers(task: Task, output: Floats, time: Floats, trials: Trials) -> Answers:
    """Return the answers of a task with one output that scores by thresholds."""
    window = task.window(output, time, trials)
    times = time[-window.shape[-1] :]
    decision = mean_response(task, window, times)
    possible = set(task.conditions.values())
    beyond = {
        +1: (window > task.threshold) & (1 in possible),
        -1: (window < -task.threshold) & (-1 in possible),
    }
    up, down = beyond[1].any(axis=-1), beyond[-1].any(axis=-1)
    upward = up & (~down | (decision >= 0))
    predicted = np.where(upward, 1, np.where(down, -1, 0))
    crossed = np.where(upward[:, np.newaxis], beyond[1], beyond[-1])
    sustained = np.select(
        [trials.labels > 0, trials.labels < 0],
        [(decision > task.threshold) & ~down, (decision < -task.threshold) & ~up],
        default=(window.max(axis=-1) < task.quiet) & ~down,
    )
    return Answers(
        decision=decision,
        predicted=predicted.astype(np.int64),
        response_time=first_time(crossed, times),
        sustained=sustained,
    )


def mean_response(task: Task, window: Floats, times: Floats) -> Floats:
    """Return the mean of the scored samples, shape (..., samples), until `Task.response_end`."""
    inside = (times < task.response_end - 1e-6) | (task.response_end >= task.duration)
    return np.asarray(window[..., inside].mean(axis=-1))


def first_time(crossed: NDArray[np.bool_], times: Floats) -> Floats:
    """Return the time of the first True of each row, NaN without one."""
    return np.where(crossed.any(axis=-1), times[crossed.argmax(axis=-1)], np.nan)


def threshold_rule(task: Task, *, strict: bool = False) -> str:
    """Return in words how `Task.score` scores."""
    since = f"from {task.score_from:g} ms"
    named = _conditions(task)
    parts = _beyond(task, f" at any time {since}")
    parts += [f"below {task.quiet:g} at all times {since} ({named[0]})"] if 0 in named else []
    opposite = ", and never beyond the opposite threshold" if strict and {1, -1} <= named.keys() else ""
    return f"output {'; '.join(parts)}{opposite}"


def sustained_rule(task: Task) -> str:
    """Return in words how ``Answers.sustained`` is scored."""
    ends = task.response_end < task.duration
    span = f"from {task.score_from:g} ms" + (f" to {task.response_end:g} ms" if ends else "")
    named = _conditions(task)
    parts = _beyond(task, "")
    if {1, -1} <= named.keys():  # the conditions are in `threshold_rule`
        both = f"{task.threshold:g} or {-task.threshold:g}"
        parts = [f"beyond the threshold ({both}), never beyond the opposite one"]
    if 0 in named:
        low = f" and never below {-task.threshold:g}" if -1 in named else ""
        quiet = f"below {task.quiet:g} at all times from {task.score_from:g} ms{low} ({named[0]})"
        parts.append(f"output {quiet}")
    if len(named) > (0 in named):
        parts[0] = f"mean output {span} {parts[0]}"
    return "; ".join(parts)


def _beyond(task: Task, end: str) -> list[str]:
    """Return the thresholds of the responses +1 and -1 with their conditions, if there are any."""
    named = _conditions(task)
    words = {1: f"above {task.threshold:g}", -1: f"below {-task.threshold:g}"}
    shown = [label for label in words if label in named]
    if len(shown) < 2:
        return [f"{words[label]}{end} ({named[label]})" for label in shown]
    return [" or ".join(f"{words[label]} ({named[label]})" for label in shown) + end]


def _conditions(task: Task) -> dict[int, str]:
    """Return the names of the conditions of each expected response, in words."""
    names: dict[int, list[str]] = {}
    for name, response in task.conditions.items():
        names.setdefault(int(np.sign(response)), []).append(name)
    return {
        label: ", ".join(which) if len(which) <= _NAMED else f"expected response {signed(label)}"
        for label, which in names.items()
    }

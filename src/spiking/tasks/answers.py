"""What an output answers: which response, when, and how the rule by thresholds is said in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.short_repr import short_repr
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.tasks.base import Task, Trials

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
        threshold of no other one.

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
        default=(decision < task.quiet) & ~up & ~down,
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
    high, low = f"above {task.threshold:g}", f"below {-task.threshold:g}"
    both = strict and {1, -1} <= set(task.conditions.values())
    return _by_response(
        task,
        {
            +1: f"{high} at any time {since}" + (f" and never {low}" if both else ""),
            -1: f"{low} at any time {since}" + (f" and never {high}" if both else ""),
            0: f"below {task.quiet:g} at all times {since}",
        },
        "output ",
    )


def sustained_rule(task: Task) -> str:
    """Return in words how `Answers.sustained` is scored."""
    ends = task.response_end < task.duration
    span = f"from {task.score_from:g} ms" + (f" to {task.response_end:g} ms" if ends else "")
    high, low = f"above {task.threshold:g}", f"below {-task.threshold:g}"
    responses = set(task.conditions.values())
    crossings = {1: high} if 1 in responses else {}
    crossings |= {-1: low} if -1 in responses else {}

    def others(label: int) -> str:
        forbidden = [words for response, words in crossings.items() if response != label]
        return f" and never {' or '.join(forbidden)}" if forbidden else ""

    return _by_response(
        task,
        {+1: high + others(1), -1: low + others(-1), 0: f"below {task.quiet:g}" + others(0)},
        f"mean output {span} ",
    )


def _by_response(task: Task, words: dict[int, str], start: str) -> str:
    parts = []
    for label, rule in words.items():
        names = [name for name, response in task.conditions.items() if np.sign(response) == label]
        if names:
            which = ", ".join(names) if len(names) <= _NAMED else f"expected response {label:+d}"
            parts.append(f"{rule} ({which})")
    return start + "; ".join(parts)

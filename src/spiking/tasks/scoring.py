"""Score the outputs of simulations of any task, and the interval of the share of correct trials."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.checks import shown
from spiking.errors import ArgumentError
from spiking.tasks import GivenInputs, Task, Trials
from spiking.typing import Floats

_Z = 1.959963984540054  # 97.5 % quantile of the normal distribution


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoredTrials:
    """Whether the outputs of trials are correct by each rule, and what they answer.

    The fields are those of `spiking.evaluation.Evaluation`; None where the task does not define them.
    """

    correct: NDArray[np.bool_]
    published: NDArray[np.bool_]
    strict: NDArray[np.bool_] | None
    sustained: NDArray[np.bool_] | None
    decision: Floats
    predicted: NDArray[np.int64] | None
    response_time: Floats | None

    @classmethod
    def join(cls, chunks: Sequence[ScoredTrials]) -> ScoredTrials:
        """Return the trials of all chunks, of the same task."""
        columns: dict[str, Any] = {}
        for name in (field.name for field in fields(cls)):
            parts = [getattr(chunk, name) for chunk in chunks]
            columns[name] = None if any(part is None for part in parts) else np.concatenate(parts)
        return cls(**columns)


def score_trials(
    task: Task, output: Floats, time: Floats, trials: Trials, *, strict: bool = False
) -> ScoredTrials:
    """Score the outputs, shape (trials, n_outputs, samples), by every rule that the task has.

    Raises
    ------
    ArgumentError
        As `score`.
    """
    published = score(task, output, time, trials)
    takes_strict = task.scored and _takes_strict(task)
    strictly = score(task, output, time, trials, strict=True) if strict or takes_strict else None
    answers = task.answers(output[:, 0] if task.n_outputs == 1 else output, time, trials)
    return ScoredTrials(
        correct=published if strictly is None or not strict else strictly,
        published=published,
        strict=strictly,
        sustained=answers.sustained,
        decision=answers.decision,
        predicted=answers.predicted,
        response_time=answers.response_time,
    )


def _takes_strict(task: Task) -> bool:
    return not isinstance(task, GivenInputs) and "strict" in inspect.signature(task.score).parameters


def score(
    task: Task, output: Floats, time: Floats, trials: Trials, *, strict: bool = False
) -> NDArray[np.bool_]:
    """Return for each trial whether the output, shape (trials, n_outputs, samples), is correct.

    Raises
    ------
    ArgumentError
        An output is not finite, or the method `score` of a user's task does not return one bool per trial.
    """
    scored = output[:, 0] if task.n_outputs == 1 else output
    correct: Any = task.score(scored, time, trials, **({"strict": True} if strict else {}))
    if not isinstance(correct, np.ndarray) or correct.dtype != bool or correct.shape != (len(trials),):
        raise ArgumentError(
            f"score() of the task {task.name} gave {shown(correct)}; expected an array of {len(trials)} bools"
        )
    return np.asarray(correct)


def wilson_interval(correct: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a proportion (Wilson, J. Am. Stat. Assoc. 22:209, 1927).

    Parameters
    ----------
    correct, trials : int
        Number of correct trials and number of all trials, which is at least 1.

    Returns
    -------
    low, high : float
    """
    p, z2 = correct / trials, _Z * _Z
    centre = p + z2 / (2 * trials)
    half = _Z * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials))
    low, high = ((centre + sign * half) / (1 + z2 / trials) for sign in (-1, 1))
    return (0.0 if correct == 0 else low, 1.0 if correct == trials else high)

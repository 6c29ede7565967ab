"""Score the outputs of simulations of any task."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.checks import shown
from spiking.errors import ArgumentError
from spiking.tasks import Task, Trials
from spiking.typing import Floats


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

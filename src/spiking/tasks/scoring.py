"""Score the outputs of a simulation of any task."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.errors import ArgumentError
from spiking.tasks import Task, Trials
from spiking.typing import Floats


def score(
    task: Task, output: Floats, time: Floats, trials: Trials, *, strict: bool = False
) -> NDArray[np.bool_]:
    """Score outputs of shape (trials, n_outputs, samples), as simulations give them.

    Raises
    ------
    ArgumentError
        An output is not finite, or a task of the user's own does not give one bool a trial.
    """
    own = output[:, 0] if task.n_outputs == 1 else output
    correct: Any = task.score(own, time, trials, **({"strict": True} if strict else {}))
    if not isinstance(correct, np.ndarray) or correct.dtype != bool or correct.shape != (len(trials),):
        raise ArgumentError(
            f"the scorer of the task {task.name} gave {correct!r:.60}; "
            f"expected an array of {len(trials)} bools"
        )
    return np.asarray(correct)

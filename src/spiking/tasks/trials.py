"""Trials that are ready to be run and scored, and times of trials in steps."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.checks import number_or_nan
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr
from spiking.timing import STEP_MS

_MOST_STEPS = 10**6  # of one trial
TIME_TOLERANCE = 1e-6  # ms; (k + 1) * 0.05 is not exact


@dataclass(frozen=True, eq=False)
class Trials:
    """Trials of a task, ready to be run and scored.

    Parameters
    ----------
    inputs : ndarray, shape (n, n_inputs, n_steps)
        Inputs of the rate model, one column per step of 5 ms.
    targets : ndarray, shape (n, n_steps) or (n, n_outputs, n_steps)
        The desired output at each step; two-dimensional for a single output.
    conditions : tuple of str
        Name of each trial's condition.
    labels : ndarray of int, shape (n,)
        Expected response of each trial: +1, -1, or 0 for none.
    order : tuple of str
        Names of all conditions in the order of the task, which tables and figures have; by default
        alphabetical.

    Examples
    --------
    >>> from spiking import tasks
    >>> trials = tasks.get("go-nogo").trials(10, seed=1)
    >>> trials.inputs.shape, trials.spiking_inputs.shape, trials.targets.shape
    ((10, 1, 200), (10, 1, 201), (10, 200))
    """

    inputs: NDArray[np.float64]
    targets: NDArray[np.float64]
    conditions: tuple[str, ...]
    labels: NDArray[np.int64]
    order: tuple[str, ...] = ()

    __repr__ = short_repr

    def __len__(self) -> int:
        return len(self.conditions)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the conditions that occur, in the order of the task."""
        occur = set(self.conditions)
        return tuple(dict.fromkeys(name for name in (*self.order, *sorted(occur)) if name in occur))

    @property
    def time(self) -> NDArray[np.float64]:
        """Times of the rate steps in ms, shape (n_steps,): 0, 5, 10, ..."""
        return STEP_MS * np.arange(self.inputs.shape[-1], dtype=np.float64)

    @property
    def spiking_inputs(self) -> NDArray[np.float64]:
        """Inputs of the spiking model, shape (n, n_inputs, n_steps + 1): the last column is repeated.

        The first and the last column last about half as long as the others, so a trial of T rate steps needs
        T + 1 columns. Repeating the last one keeps an input on that is on at the end.
        """
        return np.concatenate([self.inputs, self.inputs[:, :, -1:]], axis=2)


def to_steps(**milliseconds: float) -> list[int]:
    """Return times as numbers of 5 ms steps, or raise ArgumentError unless all are multiples of 5 ms."""
    steps = []
    for name, value in milliseconds.items():
        step = number_or_nan(value) / STEP_MS
        if not (step >= 0 and math.isfinite(step) and abs(step - round(step)) < TIME_TOLERANCE):
            raise ArgumentError(
                f"{name} is {value!r:.60} ms; expected a multiple of {STEP_MS:g} ms, 0 or more"
            )
        if step > _MOST_STEPS:
            raise ArgumentError(
                f"{name} is {value!r:.60} ms; expected at most {_MOST_STEPS * STEP_MS:g} ms (times are in ms)"
            )
        steps.append(round(step))
    return steps


def check_order(**milliseconds: float) -> None:
    """Raise ArgumentError unless the named times of a trial are in ascending order."""
    times = list(milliseconds.items())
    for (earlier, a), (later, b) in itertools.pairwise(times):
        if not a < b:
            raise ArgumentError(f"{later} is {b:g} ms; expected a time after {earlier}, {a:g} ms")

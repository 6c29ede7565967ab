"""Inputs that are given as arrays, where there is no task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, finite_numbers, one_of, real_numbers, shown
from spiking.errors import ArgumentError
from spiking.read_only import Remade, frozen_array
from spiking.short_repr import short_repr
from spiking.tasks.base import Task
from spiking.tasks.trials import Trials
from spiking.timing import STEP_MS
from spiking.typing import Floats

TaskLike = Task | str | NDArray[Any]  # a task, its name, or inputs
ScoreFunction = Callable[[Floats, Floats, NDArray[np.int64]], NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class GivenInputs(Remade, Task):
    """Given inputs as a task: each is a condition. `from_inputs` makes it.

    Attributes
    ----------
    inputs : array, shape (conditions, n_inputs, steps)
    targets : array, shape (conditions, n_outputs, steps)
        NaN where none are given.
    score_function : callable or None
    names : tuple of str

    Examples
    --------
    >>> import numpy as np
    >>> from spiking import tasks
    >>> given = tasks.from_inputs(np.ones((2, 1, 100)))
    >>> given.conditions, given.duration, given.scored
    ({'input 0': 0, 'input 1': 0}, 500.0, False)
    """

    inputs: Floats
    targets: Floats
    score_function: ScoreFunction | None
    names: tuple[str, ...]

    __repr__ = short_repr
    name = "given inputs"

    def __post_init__(self) -> None:
        for name in ("inputs", "targets"):
            object.__setattr__(self, name, frozen_array(real_numbers(name, getattr(self, name), "numbers")))

    @property
    def conditions(self) -> dict[str, int]:  # type: ignore[override]  # of this task, not of the class
        """The names of the inputs."""
        return dict.fromkeys(self.names, 0)

    @property
    def n_inputs(self) -> int:  # type: ignore[override]  # of this task, not of the class
        """Number of input channels."""
        return int(self.inputs.shape[1])

    @property
    def n_outputs(self) -> int:  # type: ignore[override]  # of this task, not of the class
        """Number of outputs."""
        return int(self.targets.shape[1])

    @property
    def scored(self) -> bool:  # type: ignore[override]  # of this task, not of the class
        """Whether a score was given; otherwise networks are judged by the rate network's output alone."""
        return self.score_function is not None

    @property
    def duration(self) -> float:
        """Length of a trial in ms."""
        return float(STEP_MS * self.inputs.shape[2])

    @property
    def score_from(self) -> float:
        """0: the score function chooses."""
        return 0.0

    @check_arguments()
    def trial(self, condition: str, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return the inputs and the target of this name; `rng` is not used."""
        i = self.names.index(one_of("condition", condition, self.names))
        return self.inputs[i], self.targets[i, 0] if self.n_outputs == 1 else self.targets[i]

    def check_once(self) -> None:
        """Nothing: inputs were checked when they were given, and the targets need not score."""

    @check_arguments()
    def score(
        self, output: ArrayLike, time: ArrayLike, trials: Trials, *, strict: bool = False
    ) -> NDArray[np.bool_]:
        """Return what the score function says of each trial; without one, all are True."""
        self.window(output, time, trials)
        if self.score_function is None:
            return np.ones(len(trials), np.bool_)
        numbers = np.array([self.names.index(name) for name in trials.conditions])
        return self.score_function(np.asarray(output), np.asarray(time), numbers)

    @check_arguments()
    def rule(self, strict: bool = False) -> str:
        """Return that the given function scores, or that nothing does."""
        if self.score_function is None:
            return "not scored: nothing says which outputs are correct"
        return f"as the given function {getattr(self.score_function, '__name__', 'score')} decides"


@check_arguments(n_outputs=at_least(1))
def from_inputs(
    inputs: ArrayLike,
    targets: ArrayLike | None = None,
    score: ScoreFunction | None = None,
    *,
    names: Sequence[str] | None = None,
    n_outputs: int | None = None,
) -> GivenInputs:
    """Make a task of given inputs, for networks that were trained elsewhere on tasks of their own.

    Wherever a function takes a task, it takes the array `inputs` too. Without a score, accuracies are NaN,
    and searches choose the conversion whose output is closest to the rate network's.

    Parameters
    ----------
    inputs : array, shape (n_inputs, steps) or (conditions, n_inputs, steps)
        One column for each 5 ms. Each input is a condition; trials draw one at random.
    targets : array, shape (conditions, n_outputs, steps) or (conditions, steps), optional
        The desired outputs, for figures; they do not score.
    score : callable, optional
        Takes the outputs, shape (trials, n_outputs, samples), or (trials, samples) of one output; the times
        of the samples in ms, shape (samples,); and the number of the input of each trial, shape (trials,).
        Returns an array of one bool for each trial.
    names : sequence of str, optional
        Names of the conditions; by default ``input 0`` and so on.
    n_outputs : int, optional
        Number of outputs of the network; that of `targets`, or 1.

    Returns
    -------
    GivenInputs

    Raises
    ------
    ArgumentError
        An array has a wrong shape or numbers that are not finite, or the names are not one for each input.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking import SpikingNetwork, datasets, evaluate, tasks
    >>> pulses = np.zeros((2, 1, 200))
    >>> pulses[1, 0, 50:75] = 1
    >>> def answers(output, time, number):
    ...     return (output.max(axis=1) > 0.7) == (number == 1)
    >>> task = tasks.from_inputs(pulses, score=answers, names=["nothing", "pulse"])
    >>> evaluate(SpikingNetwork.from_rate(datasets.load("go-nogo")), task, 10, seed=1).accuracy
    1.0
    """
    u = finite_numbers("inputs", inputs, "shape (n_inputs, steps) or (conditions, n_inputs, steps)")
    u = u[np.newaxis] if u.ndim == 2 else u
    if u.ndim != 3 or 0 in u.shape:
        raise ArgumentError(
            f"inputs has shape {np.shape(inputs)}; expected finite numbers of shape (n_inputs, steps) or "
            f"(conditions, n_inputs, steps)"
        )
    count, _, steps = u.shape
    outputs = n_outputs or 1
    z: Any = np.full((count, outputs, steps), np.nan)
    if targets is not None:
        z = finite_numbers("targets", targets, "shape (conditions, n_outputs, steps)")
        z = z[:, np.newaxis] if z.ndim == 2 else z
        expected = (count, z.shape[1] if z.ndim == 3 and n_outputs is None else outputs, steps)
        if z.shape != expected:
            raise ArgumentError(
                f"targets has shape {np.shape(targets)}; expected finite numbers of shape {expected}"
            )
    if names is not None and (isinstance(names, str) or not isinstance(names, Sequence)):
        raise ArgumentError(f"names is {shown(names)}; expected {count} different names, one for each input")
    chosen = tuple(f"input {i}" for i in range(count)) if names is None else tuple(map(str, names))
    if len(set(chosen)) != count or len(chosen) != count:
        raise ArgumentError(f"names is {shown(names)}; expected {count} different names, one for each input")
    if score is not None and not callable(score):
        raise ArgumentError(f"score is {shown(score)}; expected a function of (output, time, number)")
    return GivenInputs(inputs=u, targets=z, score_function=score, names=chosen)

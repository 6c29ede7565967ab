"""Use a supervised NeuroGym task as a task of this package.

Nothing of NeuroGym is imported: any object with the interface of its trials will do (`new_trial()`, `seed()`,
`ob`, `gt`, `dt`).
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.errors import ArgumentError
from spiking.tasks import Task, Trials
from spiking.timing import STEP_MS

_SAMPLED = 200  # trials that are looked at to learn the actions, the length, and when to score
_ONE_AT_A_TIME = Lock()  # an environment holds one trial, and searches draw trials in threads
_TRIES = 10_000  # to find a trial of a wanted condition


class TrialEnvironment(Protocol):
    """What is used of a NeuroGym environment (`neurogym.TrialEnv`, unwrapped)."""

    dt: float  # ms
    ob: NDArray[Any]  # (steps, n_inputs)
    gt: NDArray[Any]  # (steps,): the right action at each step

    def new_trial(self) -> Any:
        """Draw a trial: `ob` and `gt` are its observations and right actions afterwards."""

    def seed(self, seed: int) -> Any:
        """Start the environment's random numbers anew."""


class NeuroGymTask(Task):
    """A supervised NeuroGym task with discrete actions.

    Observations are the inputs, held for dt. Action 0 (fixation) means no response. With up to two others
    there is one output, whose target is +1 for action 1 and -1 for action 2; with more there is an output
    for each, whose target is 1 while that action is right. Conditions are named after the action that is
    right at the end: ``action 0``, ``action 1`` and so on.

    Scored from the first moment at which a response is right in any trial: one output as in every task here;
    of several, the one with the largest mean must be the right one, and for no response all must stay below
    0.3.

    Trials may differ in length; short ones are prolonged by their last observation and action.

    Parameters
    ----------
    environment : TrialEnvironment
        As ``neurogym.make("PerceptualDecisionMaking-v0", dt=20).unwrapped`` gives it. Its `dt` must be a
        multiple of 5 ms. Responses of NeuroGym tasks may last only 100 ms: ``timing={"decision": 500}``
        gives them time.
    name : str, optional
        The class of the environment by default.

    Raises
    ------
    ArgumentError
        `dt` does not suit, observations are not vectors, or actions are not whole numbers from 0.

    Examples
    --------
    >>> import neurogym
    >>> from spiking.tasks.neurogym import NeuroGymTask
    >>> environment = neurogym.make("PerceptualDecisionMaking-v0", dt=20, timing={"decision": 500})
    >>> task = NeuroGymTask(environment.unwrapped)  # for train(task, seed=1, tau=(20, 100))
    >>> task.name
    'PerceptualDecisionMaking'
    """

    def __init__(self, environment: TrialEnvironment, *, name: str | None = None) -> None:
        self._environment = environment
        self._repeat = round(environment.dt / STEP_MS)
        if self._repeat < 1 or abs(self._repeat * STEP_MS - environment.dt) > 1e-9:
            raise ArgumentError(f"dt = {environment.dt} ms: expected a multiple of {STEP_MS:g} ms")
        environment.seed(0)
        observations, actions = zip(*(self._draw() for _ in range(_SAMPLED)), strict=True)
        last = sorted({int(right[-1]) for right in actions})
        highest = max(int(right.max()) for right in actions)
        # What a task written as a class fixes for all its objects, this one reads off its environment.
        self.name = type(environment).__name__ if name is None else name  # type: ignore[misc]  # of the class
        self.n_inputs = observations[0].shape[1]  # type: ignore[misc]  # of the class
        self.n_outputs = 1 if highest <= 2 else highest  # type: ignore[misc]  # of the class
        self.conditions: Mapping[str, int] = {  # type: ignore[misc]  # of the class
            f"action {action}": (0, 1, -1)[action] if highest <= 2 else action for action in last
        }
        self._steps = max(len(right) for right in actions)
        responses = [int(np.flatnonzero(right)[0]) for right in actions if right.any()]
        if not responses:
            raise ArgumentError(f"{self.name}: no action other than 0 is ever right")
        self._first_response = min(responses)

    @property
    def duration(self) -> float:
        """Length of a trial, ms: that of the longest of 200."""
        return STEP_MS * self._repeat * self._steps

    @property
    def score_from(self) -> float:
        """The first moment at which a response is right, ms."""
        return STEP_MS * self._repeat * self._first_response

    @property
    def settings(self) -> dict[str, Any]:
        """Name of the environment's class; its own settings stay with it."""
        return {"environment": type(self._environment).__name__, "dt": float(self._environment.dt)}

    def _draw(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        self._environment.new_trial()
        observed = np.array(self._environment.ob, dtype=float)
        right = np.asarray(self._environment.gt)
        whole = right.ndim == 1 and np.issubdtype(right.dtype, np.number) and np.all(right == np.round(right))
        if observed.ndim != 2 or not whole or right.min() < 0 or len(right) != len(observed):
            raise ArgumentError(
                f"{type(self._environment).__name__}: observations of shape {observed.shape} and actions of "
                f"shape {right.shape}; expected (steps, inputs) and one action, a whole number from 0, a step"
            )
        return observed, right.astype(np.int64)

    def trial(
        self, condition: str, rng: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return inputs (n_inputs, n_steps) and target (n_steps,) or (n_outputs, n_steps)."""
        wanted = int(condition.removeprefix("action "))
        with _ONE_AT_A_TIME:
            self._environment.seed(int(rng.integers(2**31)))
            for _ in range(_TRIES):
                observed, right = self._draw()
                if right[-1] == wanted and len(right) <= self._steps:
                    break
            else:
                raise ArgumentError(f"{self.name}: no trial of condition {condition!r} in {_TRIES}")
        missing = self._steps - len(right)
        observed = np.pad(observed, ((0, missing), (0, 0)), mode="edge")
        right = np.pad(right, (0, missing), mode="edge")
        if self.n_outputs == 1:
            target = np.array([0.0, 1.0, -1.0])[right]
        else:
            target = (right == np.arange(1, self.n_outputs + 1)[:, None]).astype(float)
        return np.repeat(observed, self._repeat, axis=0).T, np.repeat(target, self._repeat, axis=-1)

    def score(
        self, output: ArrayLike, time: ArrayLike, trials: Trials, *, strict: bool = False
    ) -> NDArray[np.bool_]:
        """Say for each trial whether the output is right; parameters as in `Task.score`."""
        if self.n_outputs == 1:
            return super().score(output, time, trials, strict=strict)
        window = self.window(output, time, trials)
        chosen = window.mean(axis=-1).argmax(axis=-1) + 1
        silent = window.max(axis=(1, 2)) < self.quiet
        return np.asarray(np.where(trials.labels == 0, silent, chosen == trials.labels), dtype=bool)

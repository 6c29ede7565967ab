"""Use a supervised NeuroGym task as a task of this package.

NeuroGym is not imported: any object with the interface of its environments is accepted (`new_trial()`,
`seed()`, `ob`, `gt`, `dt`).
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import real_numbers
from spiking.errors import ArgumentError
from spiking.tasks import Task, Trials
from spiking.tasks.answers import Answers, first_time, sustained_rule, threshold_answers, threshold_rule
from spiking.timing import STEP_MS

_SAMPLED = 200  # trials that determine the actions, the length of a trial, and when to score
_DRAWING = Lock()  # an environment holds one trial, and searches draw trials in several threads
_MAX_DRAWS = 10_000  # to find a trial of the requested condition


class TrialEnvironment(Protocol):
    """The interface of a NeuroGym environment (`neurogym.TrialEnv`, unwrapped) that `NeuroGymTask` uses."""

    dt: float  # ms
    ob: NDArray[Any]  # (steps, n_inputs)
    gt: NDArray[Any]  # (steps,): the correct action at each step

    def new_trial(self) -> Any:
        """Draw a trial; `ob` and `gt` then hold its observations and correct actions."""

    def seed(self, seed: int) -> Any:
        """Seed the environment's random numbers."""


class NeuroGymTask(Task):
    """A supervised NeuroGym task with discrete actions.

    Observations are the inputs, each held for dt. Action 0 (fixation) means no response. With one or two
    other actions there is one output, whose target is +1 for action 1 and -1 for action 2; with more there is
    one output per action, whose target is 1 while that action is correct. Conditions are named after the
    correct action at the end of the trial: ``action 0``, ``action 1`` and so on.

    Outputs are scored from the earliest time at which a response is correct in any of 200 trials. A single
    output is scored as in every task. Of several outputs, the one with the largest mean must be the correct
    one; for no response all must stay below 0.3.

    Trials may differ in length; the last observation and action of shorter ones are repeated.

    Parameters
    ----------
    environment : TrialEnvironment
        Such as ``neurogym.make("PerceptualDecisionMaking-v0", dt=20).unwrapped``. Its `dt` must be a multiple
        of 5 ms. Responses of NeuroGym tasks may last only 100 ms; ``timing={"decision": 500}`` makes them
        longer.
    name : str, optional
        Name of the task; by default the class of the environment.

    Raises
    ------
    ArgumentError
        `dt` is not a multiple of 5 ms, observations are not vectors, or actions are not whole numbers, 0 or
        more.

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
            raise ArgumentError(f"dt is {environment.dt} ms; expected a multiple of {STEP_MS:g} ms")
        environment.seed(0)
        observations, actions = zip(*(self._draw() for _ in range(_SAMPLED)), strict=True)
        last = sorted({int(correct[-1]) for correct in actions})
        highest = max(int(correct.max()) for correct in actions)
        # Other tasks define these for the class; here they depend on the environment.
        self.name = type(environment).__name__ if name is None else name  # type: ignore[misc]  # of this task, not of the class
        self.n_inputs = observations[0].shape[1]  # type: ignore[misc]  # of this task, not of the class
        self.n_outputs = 1 if highest <= 2 else highest  # type: ignore[misc]  # of this task, not of the class
        self.conditions: Mapping[str, int] = {  # type: ignore[misc]  # of this task, not of the class
            f"action {action}": (0, 1, -1)[action] if highest <= 2 else action for action in last
        }
        self._steps = max(len(correct) for correct in actions)
        responses = [int(np.flatnonzero(correct)[0]) for correct in actions if correct.any()]
        if not responses:
            raise ArgumentError(
                f"environment is {self.name}, in which only action 0 is ever correct; expected other actions"
            )
        self._first_response = min(responses)

    @property
    def duration(self) -> float:
        """Length of a trial in ms: that of the longest of 200 trials."""
        return STEP_MS * self._repeat * self._steps

    @property
    def score_from(self) -> float:
        """The earliest time in ms at which a response is correct."""
        return STEP_MS * self._repeat * self._first_response

    @property
    def settings(self) -> dict[str, Any]:
        """Class and dt of the environment; its own settings are not included."""
        return {"environment": type(self._environment).__name__, "dt": float(self._environment.dt)}

    def _draw(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        self._environment.new_trial()
        observed = np.array(self._environment.ob, dtype=float)
        correct = np.asarray(self._environment.gt)
        numeric = correct.ndim == 1 and np.issubdtype(correct.dtype, np.number)
        whole = numeric and np.all(correct == np.round(correct))
        if observed.ndim != 2 or not whole or correct.min() < 0 or len(correct) != len(observed):
            raise ArgumentError(
                f"{type(self._environment).__name__} has observations of shape {observed.shape} and actions "
                f"of shape {correct.shape}; expected (steps, inputs) and one action per step, a whole "
                f"number, 0 or more"
            )
        return observed, correct.astype(np.int64)

    def trial(
        self, condition: str, rng: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return inputs (n_inputs, n_steps) and target (n_steps,) or (n_outputs, n_steps)."""
        wanted = int(condition.removeprefix("action "))
        with _DRAWING:
            self._environment.seed(int(rng.integers(2**31)))
            for _ in range(_MAX_DRAWS):
                observed, correct = self._draw()
                if correct[-1] == wanted and len(correct) <= self._steps:
                    break
            else:
                raise ArgumentError(
                    f"condition is {condition!r}; expected one that {self.name} draws, but it was not among "
                    f"{_MAX_DRAWS} trials"
                )
        missing = self._steps - len(correct)
        observed = np.pad(observed, ((0, missing), (0, 0)), mode="edge")
        correct = np.pad(correct, (0, missing), mode="edge")
        if self.n_outputs == 1:
            target = np.array([0.0, 1.0, -1.0])[correct]
        else:
            target = (correct == np.arange(1, self.n_outputs + 1)[:, None]).astype(float)
        return np.repeat(observed, self._repeat, axis=0).T, np.repeat(target, self._repeat, axis=-1)

    def score(
        self, output: ArrayLike, time: ArrayLike, trials: Trials, *, strict: bool = False
    ) -> NDArray[np.bool_]:
        """Return for each trial whether the output is correct; parameters as in `Task.score`."""
        if self.n_outputs == 1:
            return super().score(output, time, trials, strict=strict)
        window = self.window(output, time, trials)
        chosen = window.mean(axis=-1).argmax(axis=-1) + 1
        silent = window.max(axis=(1, 2)) < self.quiet
        return np.asarray(np.where(trials.labels == 0, silent, chosen == trials.labels), dtype=bool)

    @check_arguments()
    def rule(self, strict: bool = False) -> str:
        """Return in words how `score` scores."""
        if self.n_outputs == 1:
            return threshold_rule(self, strict=strict)
        return (
            f"largest mean output from {self.score_from:g} ms is that of the correct action; "
            f"for action 0, all outputs below {self.quiet:g}"
        )

    def sustained_rule(self) -> str | None:
        """Return in words how sustained responses are scored; None for several outputs."""
        return sustained_rule(self) if self.n_outputs == 1 else None

    @check_arguments()
    def answers(self, output: ArrayLike, time: ArrayLike, trials: Trials) -> Answers:
        """Return the decision and the action of each trial; parameters as in `Task.score`.

        Of several outputs, `predicted` is the action with the largest mean output, or 0 if all outputs stay
        below 0.3, and the response time is when that output first exceeds the threshold.
        """
        samples, times = real_numbers("output", output, "numbers"), real_numbers("time", time, "numbers")
        if self.n_outputs == 1:
            return threshold_answers(self, samples, times, trials)
        window = self.window(samples, times, trials)
        decision = window.mean(axis=-1)
        largest = decision.argmax(axis=-1)
        silent = window.max(axis=(1, 2)) < self.quiet
        crossed = window[np.arange(len(trials)), largest] > self.threshold
        return Answers(
            decision=decision,
            predicted=np.where(silent, 0, largest + 1).astype(np.int64),
            response_time=first_time(crossed, times[-window.shape[-1] :]),
        )

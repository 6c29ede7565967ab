"""The base class of tasks: conditions, random trials, and one scorer for rate and spiking outputs."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.errors import ArgumentError
from spiking.random_streams import TASK_STREAM
from spiking.timing import STEP_MS

_TIME_TOLERANCE = 1e-6  # ms; (k + 1) * 0.05 is not exact


@dataclass(frozen=True, eq=False)
class Trials:
    """Trials of a task, ready to be run and scored.

    Parameters
    ----------
    inputs : ndarray, shape (n, n_inputs, n_steps)
        Inputs of the rate model, one column a step of 5 ms.
    targets : ndarray, shape (n, n_steps) or (n, n_outputs, n_steps)
        What the output should be, step by step; two-dimensional for a single output.
    conditions : tuple of str
        Name of each trial's condition.
    labels : ndarray of int, shape (n,)
        Expected response of each trial: +1, -1, or 0 for none.

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

    def __len__(self) -> int:
        return len(self.conditions)

    @property
    def time(self) -> NDArray[np.float64]:
        """Times of the rate steps in ms, shape (n_steps,): 5 t."""
        return STEP_MS * np.arange(self.inputs.shape[-1], dtype=np.float64)

    @property
    def spiking_inputs(self) -> NDArray[np.float64]:
        """Inputs of the spiking model, shape (n, n_inputs, n_steps + 1): the last column twice.

        The first and the last column act for about half as long as the others, so a trial of T rate steps
        has T + 1 columns; a cue that is on at the end stays on.
        """
        return np.concatenate([self.inputs, self.inputs[:, :, -1:]], axis=2)


def to_steps(**milliseconds: float) -> list[int]:
    """Numbers of 5 ms steps; raises ArgumentError for a time that is negative or not a multiple of 5 ms."""
    steps = []
    for name, value in milliseconds.items():
        step = value / STEP_MS
        if not (math.isfinite(step) and value >= 0 and abs(step - round(step)) < _TIME_TOLERANCE):
            raise ArgumentError(f"{name} = {value!r}: expected a multiple of {STEP_MS:g} ms, not negative")
        steps.append(round(step))
    return steps


def rising(**milliseconds: float) -> None:
    """Raise ArgumentError unless the named moments of a trial come one after the other."""
    moments = list(milliseconds.items())
    for (earlier, a), (later, b) in itertools.pairwise(moments):
        if not a < b:
            raise ArgumentError(f"{later} ({b:g} ms) must come after {earlier} ({a:g} ms)")


def _fields(task: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(task) if dataclasses.is_dataclass(task) else ()


class Task:
    """Base of all tasks: subclass it as a frozen dataclass whose fields are the settings, times in ms.

    A subclass gives `name`, `n_inputs`, `conditions`, `duration` and `score_from` (class attributes, fields
    or properties) and `trial`. The scorer follows from `conditions`; override `score` for another one, as a
    task of several outputs must.

    Attributes
    ----------
    name : str
        What the task is called, on the command line and in model files.
    conditions : mapping of str to int
        Every condition and its expected response: +1 (the output must exceed `threshold`), -1 (it must fall
        below -`threshold`) or 0 (it must stay below `quiet`).
    n_inputs, n_outputs : int
        Channels; one output unless a subclass says otherwise.
    duration, score_from : float
        Length of a trial, and the moment from which the output is scored (until the end), in ms.

    Examples
    --------
    >>> from spiking import tasks
    >>> task = tasks.get("xor")
    >>> task.conditions
    {'++': 1, '+-': -1, '-+': -1, '--': 1}
    >>> trials = task.trials(4, seed=1)
    >>> task.score(trials.targets, trials.time, trials).tolist()  # the targets are right answers
    [True, True, True, True]
    """

    name: ClassVar[str]
    conditions: ClassVar[Mapping[str, int]]
    n_inputs: ClassVar[int]
    n_outputs: ClassVar[int] = 1
    threshold: ClassVar[float] = 0.7
    quiet: ClassVar[float] = 0.3

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Refuse a task whose outputs nothing here can score."""
        if isinstance(cls.n_outputs, int):
            _check_scorer(cls, cls.n_outputs)
        return super().__new__(cls)

    @property
    def duration(self) -> float:
        """Length of a trial in ms, a multiple of 5."""
        raise NotImplementedError(f"{type(self).__name__} must say its duration in ms")

    @property
    def score_from(self) -> float:
        """The moment in ms from which the output is scored."""
        raise NotImplementedError(f"{type(self).__name__} must say from when on (ms) its output is scored")

    def trial(
        self, condition: str, rng: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return inputs (n_inputs, n_steps) and target (n_steps,) or (n_outputs, n_steps) of one trial.

        Parameters
        ----------
        condition : str
            One of `conditions`.
        rng : numpy.random.Generator
            The trial's own random numbers.
        """
        raise NotImplementedError(f"{type(self).__name__} must define trial(condition, rng)")

    @property
    def n_steps(self) -> int:
        """Rate steps in a trial."""
        return to_steps(duration=self.duration)[0]

    @property
    def settings(self) -> dict[str, Any]:
        """The settings by name, as `get` takes them and as model files store them."""
        return {field.name: getattr(self, field.name) for field in _fields(self)}

    def trials(
        self, n: int, *, seed: int = 1, condition: str | None = None, balanced: bool = False, first: int = 0
    ) -> Trials:
        """Draw trials `first` to ``first + n - 1`` of a seed.

        Each trial has a random stream of its own, derived from the seed and its number: trial 17 is the same
        in any batch, and alone (``trials(1, seed=seed, first=17)``).

        Parameters
        ----------
        n : int
            Number of trials, at least 1.
        seed : int
            Not negative.
        condition : str, optional
            Only this condition; by default each trial draws one, all equally likely.
        balanced : bool
            The conditions take turns instead of being drawn: trial k has condition k modulo their number.
        first : int
            Number of the first trial.

        Returns
        -------
        Trials

        Raises
        ------
        ArgumentError
            For an unknown condition or a negative number, or if the task has several outputs and no `score`
            of its own.
        """
        _check_scorer(type(self), self.n_outputs)
        for argument, value, least in (("n", n, 1), ("seed", seed, 0), ("first", first, 0)):
            if value < least:
                raise ArgumentError(f"{argument} = {value}: expected at least {least}")
        names = tuple(self.conditions)
        if condition is not None and condition not in names:
            raise ArgumentError(f"condition {condition!r}: {self.name} has {', '.join(names)}")
        drawn, inputs, targets = [], [], []
        for number in range(first, first + n):
            stream = np.random.SeedSequence(seed, spawn_key=(TASK_STREAM, number))
            rng = np.random.default_rng(stream)
            own = names[rng.integers(len(names))]  # drawn even if not used: the rest of the stream stays put
            own = names[number % len(names)] if balanced else own
            drawn.append(own if condition is None else condition)
            u, z = self.trial(drawn[-1], rng)
            inputs.append(u)
            targets.append(z)
        expected = (n, self.n_inputs, self.n_steps)
        shapes = {np.shape(u) for u in inputs}
        if shapes != {expected[1:]}:
            raise ArgumentError(f"{self.name}: inputs of shape {shapes}, expected {expected[1:]}")
        one = (self.n_steps,) if self.n_outputs == 1 else (self.n_outputs, self.n_steps)
        shapes = {np.shape(z) for z in targets}
        if shapes != {one}:
            raise ArgumentError(f"{self.name}: targets of shape {shapes}, expected {one}")
        labels = np.array([self.conditions[name] for name in drawn], dtype=np.int64)
        return Trials(np.array(inputs, dtype=float), np.array(targets, dtype=float), tuple(drawn), labels)

    def score(
        self, output: ArrayLike, time: ArrayLike, trials: Trials, *, strict: bool = False
    ) -> NDArray[np.bool_]:
        """Say for each trial whether the output answers correctly.

        The same scorer serves rate outputs (one sample each 5 ms) and spiking ones (any spacing, also
        thinned). The window runs from `score_from` to the end of the trial, its last sample included.

        Parameters
        ----------
        output : array, shape (n, n_samples)
            Output of every trial.
        time : array, shape (n_samples,)
            Times of the samples in ms.
        trials : Trials
            The trials that were run.
        strict : bool
            Where both signs occur as responses: the output must also not cross the opposite threshold.

        Returns
        -------
        ndarray of bool, shape (n,)

        Raises
        ------
        ArgumentError
            If shapes do not match, no sample lies in the window, or the output is not finite.
        """
        window = self.window(output, time, trials)
        highest, lowest = window.max(axis=-1), window.min(axis=-1)
        up, down = highest > self.threshold, lowest < -self.threshold
        if strict and {1, -1} <= set(self.conditions.values()):
            up, down = up & ~down, down & ~up
        answers: NDArray[np.bool_] = np.select(
            [trials.labels > 0, trials.labels < 0], [up, down], default=highest < self.quiet
        )
        return answers

    def window(self, output: ArrayLike, time: ArrayLike, trials: Trials) -> NDArray[np.float64]:
        """Return the samples that are scored, after checking shapes and values; arguments as in `score`."""
        samples, moments = np.asarray(output, dtype=float), np.asarray(time, dtype=float)
        channels = () if self.n_outputs == 1 else (self.n_outputs,)
        expected = (len(trials), *channels, moments.size)
        if moments.ndim != 1 or samples.shape != expected:
            raise ArgumentError(
                f"output of shape {samples.shape} and time of shape {moments.shape}: "
                f"expected {expected} for {len(trials)} trials and {moments.size} samples"
            )
        inside = moments >= self.score_from - _TIME_TOLERANCE
        if not inside.any():
            raise ArgumentError(f"time: no sample at or after {self.score_from:g} ms, where scoring starts")
        window = samples[..., inside]
        if not np.isfinite(window).all():
            raise ArgumentError("output: not finite (NaN or infinity) where it is scored")
        return window


def _check_scorer(kind: type[Task], n_outputs: int) -> None:
    if n_outputs > 1 and kind.score is Task.score:
        raise ArgumentError(
            f"the task {kind.__name__} has {n_outputs} outputs, and Task.score judges one; give the class a "
            f"method score(self, output, time, trials, *, strict=False) that says of each trial whether it "
            f"is correct; output has the shape (trials, outputs, samples)"
        )


def check_channels(task: Task, n_inputs: int, n_outputs: int, what: str) -> None:
    """Raise ArgumentError unless a task has that many inputs and outputs; `what` has them."""
    if (task.n_inputs, task.n_outputs) != (n_inputs, n_outputs):
        raise ArgumentError(
            f"{what} has inputs: {n_inputs}, outputs: {n_outputs}; "
            f"the task {task.name} needs inputs: {task.n_inputs}, outputs: {task.n_outputs}"
        )

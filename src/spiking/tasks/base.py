"""The base class of tasks: conditions, random trials, and one scorer for rate and spiking outputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, one_of, real_numbers, shown
from spiking.errors import ArgumentError
from spiking.random_streams import BLOCK_STREAM, TASK_STREAM
from spiking.short_repr import joined, part
from spiking.tasks.answers import Answers, mean_response, sustained_rule, threshold_answers, threshold_rule
from spiking.tasks.trials import TIME_TOLERANCE, Trials, to_steps

_CHECKED = WeakValueDictionary[int, "Task"]()  # by their ids: a task need not be hashable


def _fields(task: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(task) if dataclasses.is_dataclass(task) else ()


class Task:
    """Base class of tasks: subclass it as a frozen dataclass whose fields are the settings, times in ms.

    A subclass defines `name`, `n_inputs`, `conditions`, `duration` and `score_from` (class attributes, fields
    or properties) and the method `trial`. `score` uses the expected responses in `conditions`; override it to
    score otherwise, `rule` to say so in words, and `answers` to give the response of each trial. A task with
    several outputs must override `score`.

    Attributes
    ----------
    name : str
        Name of the task on the command line and in model files.
    conditions : mapping of str to int
        Every condition and its expected response: +1 (the output must exceed `threshold`), -1 (it must fall
        below -`threshold`) or 0 (it must stay below `quiet`).
    n_inputs, n_outputs : int
        Numbers of input and output channels; one output by default.
    duration, score_from, response_end : float
        Length of a trial, the time from which the output is scored (until the end), and the end of the time
        whose mean is the decision (by default the end of the trial), in ms.
    block_length : int
        Number of trials in a block; 1 by default: trials do not depend on each other. With more, the method
        `block` draws the conditions of a block, and ``trial(condition, rng, history=...)`` is given those of
        the earlier trials of the block.
    scored : bool
        Whether there are right and wrong answers; False only for given inputs without a score.

    Examples
    --------
    >>> from spiking import tasks
    >>> task = tasks.get("xor")
    >>> task.conditions
    {'++': 1, '+-': -1, '-+': -1, '--': 1}
    >>> trials = task.trials(4, seed=1)
    >>> task.score(trials.targets, trials.time, trials).tolist()  # the targets are correct answers
    [True, True, True, True]
    """

    name: ClassVar[str]
    conditions: ClassVar[Mapping[str, int]]
    n_inputs: ClassVar[int]
    n_outputs: ClassVar[int] = 1
    block_length: ClassVar[int] = 1
    scored: ClassVar[bool] = True
    threshold: ClassVar[float] = 0.7
    quiet: ClassVar[float] = 0.3

    def __repr__(self) -> str:  # of tasks that are not dataclasses
        return joined(type(self).__name__, [f"name={part(getattr(self, 'name', ''))}"])

    @property
    def duration(self) -> float:
        """Length of a trial in ms, a multiple of 5."""
        raise NotImplementedError(f"{type(self).__name__} must define duration, in ms")

    @property
    def score_from(self) -> float:
        """The time in ms from which the output is scored."""
        raise NotImplementedError(f"{type(self).__name__} must define score_from, in ms")

    @property
    def response_end(self) -> float:
        """The time in ms until which the output is averaged: the mean from `score_from` is the decision."""
        return self.duration

    def trial(
        self, condition: str, rng: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return inputs (n_inputs, n_steps) and target (n_steps,) or (n_outputs, n_steps) of one trial.

        Parameters
        ----------
        condition : str
            One of `conditions`.
        rng : numpy.random.Generator
            The trial's random numbers.
        history : tuple of str
            Only of a task with a `block_length` above 1: the conditions of the earlier trials of the block,
            first trial first. Declare it as ``history=()``.
        """
        raise NotImplementedError(f"{type(self).__name__} must define trial(condition, rng)")

    @check_arguments()
    def block(self, rng: np.random.Generator) -> Sequence[str]:
        """Draw the conditions of the `block_length` trials of one block; by default all equally likely.

        Parameters
        ----------
        rng : numpy.random.Generator
            The block's random numbers.

        Returns
        -------
        sequence of str
        """
        names = tuple(self.conditions)
        return [names[i] for i in rng.integers(len(names), size=self.block_length)]

    @property
    def n_steps(self) -> int:
        """Number of rate steps in a trial."""
        return to_steps(duration=self.duration)[0]

    @property
    def settings(self) -> dict[str, Any]:
        """The settings by name, as `get` takes them and as model files store them."""
        return {field.name: getattr(self, field.name) for field in _fields(self)}

    @check_arguments(n=at_least(1), first=at_least(0, most=None))
    def trials(
        self, n: int, *, seed: int = 1, condition: str | None = None, balanced: bool = False, first: int = 0
    ) -> Trials:
        """Draw trials `first` to ``first + n - 1`` of a seed.

        Each trial has its own stream of random numbers, derived from the seed and its number: trial 17 is the
        same in every batch, and alone (``trials(1, seed=seed, first=17)``).

        Parameters
        ----------
        n : int
            Number of trials, at least 1.
        seed : int
            Seed of the random numbers, 0 or more.
        condition : str, optional
            The condition of all trials; by default each trial draws one, all equally likely.
        balanced : bool
            The conditions alternate instead of being drawn: trial k has condition k modulo their number.
        first : int
            Number of the first trial.

        Returns
        -------
        Trials

        Raises
        ------
        ArgumentError
            A condition is unknown, a number is negative, `trial` gives arrays of a wrong shape, or the task
            has several outputs and does not override `score`.
        """
        _check_scorer(type(self), self.n_outputs)
        self.check_once()
        if condition is not None:
            one_of("condition", condition, tuple(self.conditions))
        drawn, inputs, targets = [], [], []
        for number in range(first, first + n):
            name, (u, z) = draw(self, number, seed, condition=condition, balanced=balanced)
            drawn.append(name)
            inputs.append(u)
            targets.append(z)
        input_shape, target_shape = shapes(self)
        for what, arrays, expected in (("inputs", inputs, input_shape), ("targets", targets, target_shape)):
            wrong = next((np.shape(array) for array in arrays if np.shape(array) != expected), None)
            if wrong is not None:
                raise ArgumentError(
                    f"trial() of the task {self.name} gave {what} of shape {wrong}; expected {expected}"
                )
        labels = np.array([self.conditions[name] for name in drawn], dtype=np.int64)
        return Trials(
            np.array(inputs, dtype=float),
            np.array(targets, dtype=float),
            tuple(drawn),
            labels,
            tuple(self.conditions),
        )

    def check_once(self) -> None:
        """Raise ArgumentError unless attributes, trials and score of the task fit each other.

        `get`, the commands and `trials` call it, once for each task: one trial of each condition must have
        the declared shape and finite numbers, and its target, scored as an output, must be correct.

        Examples
        --------
        >>> from spiking import tasks
        >>> tasks.get("xor").check_once()  # no error: nothing is wrong
        """
        from spiking.tasks.check_task import check_task

        if _CHECKED.get(id(self)) is not self:
            if isinstance(self.n_outputs, int):
                _check_scorer(type(self), self.n_outputs)
            check_task(self)
            _CHECKED[id(self)] = self

    @check_arguments()
    def score(
        self, output: ArrayLike, time: ArrayLike, trials: Trials, *, strict: bool = False
    ) -> NDArray[np.bool_]:
        """Return for each trial whether the output is correct.

        Outputs of the rate model (one sample every 5 ms) and of the spiking model (any sampling interval) are
        scored alike, from `score_from` to the end of the trial, the last sample included.

        Parameters
        ----------
        output : array, shape (n, n_samples)
            Output of every trial.
        time : array, shape (n_samples,)
            Times of the samples in ms.
        trials : Trials
            The trials that were run.
        strict : bool
            If both signs are possible responses: the output must also not cross the opposite threshold.

        Returns
        -------
        ndarray of bool, shape (n,)

        Raises
        ------
        ArgumentError
            Shapes do not match, no sample is in the scored time, or the output is not finite there.
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

    @check_arguments()
    def rule(self, strict: bool = False) -> str:
        """Return in words how `score` scores.

        Parameters
        ----------
        strict : bool
            The rule of ``score(..., strict=True)``.

        Returns
        -------
        str
            Such as ``output above 0.7 at any time from 500 ms (go); ...``. A task that overrides `score` but
            not this method gets ``as the method score of the task NAME decides``.

        Examples
        --------
        >>> from spiking import tasks
        >>> tasks.get("go-nogo").rule()
        'output above 0.7 at any time from 500 ms (go); below 0.3 at all times from 500 ms (nogo)'
        """
        if self._by_threshold:
            return threshold_rule(self, strict=strict)
        return f"as the method score of the task {self.name} decides"

    def sustained_rule(self) -> str | None:
        """Return in words how ``Answers.sustained`` is scored; None for a task that overrides `score`.

        Examples
        --------
        >>> from spiking import tasks
        >>> tasks.get("go-nogo").sustained_rule()
        'mean output from 500 ms above 0.7 (go); output below 0.3 at all times from 500 ms (nogo)'
        """
        return sustained_rule(self) if self._by_threshold else None

    @check_arguments()
    def answers(self, output: ArrayLike, time: ArrayLike, trials: Trials) -> Answers:
        """Return the decision, the response and its time in each trial; arguments and errors as in `score`.

        A task that overrides `score` but not this method gets the decision alone.

        Returns
        -------
        Answers

        Examples
        --------
        >>> from spiking import tasks
        >>> task = tasks.get("go-nogo")
        >>> trials = task.trials(2, seed=1, balanced=True)
        >>> task.answers(trials.targets, trials.time, trials).response_time.tolist()
        [500.0, nan]
        """
        samples, times = real_numbers("output", output, "numbers"), real_numbers("time", time, "numbers")
        if self._by_threshold:
            return threshold_answers(self, samples, times, trials)
        window = self.window(samples, times, trials)
        return Answers(decision=mean_response(self, window, times[-window.shape[-1] :]))

    @property
    def _by_threshold(self) -> bool:
        return type(self).score is Task.score

    @check_arguments()
    def window(self, output: ArrayLike, time: ArrayLike, trials: Trials) -> NDArray[np.float64]:
        """Return the samples that are scored, after checking shapes and values; arguments as in `score`."""
        samples, times = real_numbers("output", output, "numbers"), real_numbers("time", time, "numbers")
        channels = () if self.n_outputs == 1 else (self.n_outputs,)
        expected = (len(trials), *channels, times.size)
        if times.ndim != 1 or samples.shape != expected:
            raise ArgumentError(
                f"output has shape {samples.shape} and time has shape {times.shape}; "
                f"expected {expected} and ({times.size},) for {len(trials)} trials and {times.size} samples"
            )
        inside = times >= self.score_from - TIME_TOLERANCE
        if not inside.any():
            raise ArgumentError(
                f"time has no sample from {self.score_from:g} ms on, where scoring starts; expected times "
                "until the end of the trial"
            )
        window = samples[..., inside]
        if not np.isfinite(window).all():
            raise ArgumentError("output is not finite (NaN or infinite) where it is scored; expected numbers")
        return window


def draw(
    task: Task, number: int, seed: int, *, condition: str | None = None, balanced: bool = False
) -> tuple[str, Any]:
    """Return the condition of one trial of a seed, and what the task's method `trial` returns for it.

    A given condition, or the balanced one, replaces that of this trial alone: the earlier trials of its block
    are always those that the seed draws.
    """
    names = tuple(task.conditions)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(TASK_STREAM, number)))
    chosen = names[rng.integers(len(names))]  # drawn even if not used, so that later draws do not shift
    history = {}
    if task.block_length > 1:
        block, place = divmod(number, task.block_length)
        conditions = _block(task, seed, block)
        chosen, history["history"] = conditions[place], conditions[:place]
    chosen = names[number % len(names)] if balanced else chosen
    chosen = chosen if condition is None else condition
    return chosen, task.trial(chosen, rng, **history)


def _block(task: Task, seed: int, number: int) -> tuple[str, ...]:
    """Return the conditions of the trials of a block of a seed."""
    stream = np.random.SeedSequence(seed, spawn_key=(BLOCK_STREAM, number))
    conditions = tuple(task.block(np.random.default_rng(stream)))
    if len(conditions) != task.block_length or not set(conditions) <= set(task.conditions):
        raise ArgumentError(
            f"block(rng) of the task {task.name} gave {shown(conditions)}; expected {task.block_length} "
            f"conditions (block_length), each one of {', '.join(task.conditions)}"
        )
    return conditions


def shapes(task: Task) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the shapes of the inputs and of the target of one trial."""
    target = (task.n_steps,) if task.n_outputs == 1 else (task.n_outputs, task.n_steps)
    return (task.n_inputs, task.n_steps), target


def _check_scorer(kind: type[Task], n_outputs: int) -> None:
    if n_outputs > 1 and kind.score is Task.score:
        raise ArgumentError(
            f"the task {kind.__name__} has {n_outputs} outputs, but Task.score is for one output; define a "
            f"method score(self, output, time, trials, *, strict=False) that returns one bool per trial; "
            f"output has shape (trials, outputs, samples)"
        )


def check_channels(task: Task, n_inputs: int, n_outputs: int, source: str) -> None:
    """Raise ArgumentError unless a task has the numbers of inputs and outputs of the model `source`."""
    if (task.n_inputs, task.n_outputs) != (n_inputs, n_outputs):
        raise ArgumentError(
            f"{source} has inputs: {n_inputs}, outputs: {n_outputs}; "
            f"expected inputs: {task.n_inputs}, outputs: {task.n_outputs}, as the task {task.name} has"
        )

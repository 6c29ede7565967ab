"""Measure how often a rate or spiking network answers a task correctly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.checks import flag, whole_number
from spiking.errors import ArgumentError
from spiking.evaluation.binomial import wilson_interval
from spiking.evaluation.smoothing import Smoothing
from spiking.network.network import SpikingNetwork
from spiking.network.readout_refit import ReadoutRefit
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded import task_for
from spiking.simulation.actions import AnyStimulation
from spiking.simulation.random_numbers import SharedNoise
from spiking.simulation.simulate import simulate
from spiking.tasks import Task, Trials
from spiking.tasks.registry import task_for_channels
from spiking.tasks.scoring import score
from spiking.typing import Floats

_CHUNK_BYTES = 2**26  # outputs held at once
_RATE_CHUNK = 20  # matrix products round differently for other numbers of trials: always the same number


@dataclass(frozen=True)
class Score:
    """How many of a number of trials were correct.

    Attributes
    ----------
    correct, trials : int

    Examples
    --------
    >>> from spiking.evaluation import Score
    >>> print(Score(correct=97, trials=100))
    97 of 100 correct, 0.970 (0.915 to 0.990)
    """

    correct: int
    trials: int

    @property
    def accuracy(self) -> float:
        """Fraction of correct trials."""
        return self.correct / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson score interval of the accuracy."""
        return wilson_interval(self.correct, self.trials)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.correct} of {self.trials} correct, {self.accuracy:.3f} ({low:.3f} to {high:.3f})"

    def as_json(self) -> dict[str, Any]:
        """Return what ``spiking evaluate --json`` prints of it."""
        low, high = self.interval
        return {
            "correct": self.correct,
            "trials": self.trials,
            "accuracy": self.accuracy,
            "interval": [low, high],
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """How a network did on a task.

    Attributes
    ----------
    task : Task
    seed : int
    correct : array of bool, shape (trials,)
        Of each trial, whether it was answered correctly.
    conditions : tuple of str
        Of each trial.
    output : array, shape (trials, n_outputs, samples)
        The outputs, if they were asked for, else None.
    time : array, shape (samples,)
        Times of their samples in ms, or None.
    readout_refit : ReadoutRefit or None
        How the readout was fitted anew; None for the trained one.

    Examples
    --------
    >>> from spiking import datasets, evaluate
    >>> result = evaluate(datasets.load("go-nogo"), trials=20, seed=1)
    >>> low, high = result.interval
    >>> low < result.accuracy <= high
    True
    >>> sorted(result.by_condition)
    ['go', 'nogo']
    """

    task: Task
    seed: int
    correct: NDArray[np.bool_]
    conditions: tuple[str, ...]
    output: Floats | None = None
    time: Floats | None = None
    readout_refit: ReadoutRefit | None = None

    @property
    def score(self) -> Score:
        """Correct trials out of all."""
        return Score(int(self.correct.sum()), self.correct.size)

    @property
    def accuracy(self) -> float:
        """Fraction of correct trials."""
        return self.score.accuracy

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson score interval of the accuracy."""
        return self.score.interval

    @property
    def by_condition(self) -> dict[str, Score]:
        """Correct trials of each condition that occurred."""
        own = np.array(self.conditions)
        return {
            name: Score(int(self.correct[own == name].sum()), int(np.sum(own == name)))
            for name in self.task.conditions
            if name in self.conditions
        }

    def __str__(self) -> str:
        lines = [f"{self.task.name}: {self.score}"]
        lines += [f"  {self.readout_refit}"] if self.readout_refit else []
        return "\n".join(lines + [f"  {name}: {score}" for name, score in self.by_condition.items()])


def evaluate(
    network: SpikingNetwork | RateModel,
    task: Task | str | None = None,
    trials: int = 100,
    *,
    seed: int = 1,
    strict: bool = False,
    smoothing: Smoothing | None = None,
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None = None,
    input_noise: float | Sequence[float] = 0.0,
    keep_outputs: bool = False,
    downsample: int = 1,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Run a network on trials of a task and count the correct ones.

    Parameters
    ----------
    network : SpikingNetwork or RateModel
    task : Task or str, optional
        A task or what `spiking.tasks.get` takes; None: the one that a rate model's file records.
    trials : int
        Each draws its condition.
    seed : int
        Of the trials and of the network's noise. Trial k of a seed is always the same, however many are run.
    strict : bool
        Where both signs are responses, the output must not cross the opposite threshold as well.
    smoothing : Smoothing, optional
        Smooth the outputs before they are scored, and kept.
    stimulation, input_noise
        Of a spiking network: as in `simulate`, in every trial.
    keep_outputs : bool
        Keep the outputs of all trials, at every step: 8 bytes x trials x outputs x samples.
    downsample : int
        Of a spiking network: as in `simulate`.
    threads : int, optional
        All available processors by default. Results do not depend on it.
    progress : callable, optional
        Called with the number of finished trials.

    Returns
    -------
    Evaluation

    Raises
    ------
    ArgumentError
        An argument cannot be used, no task is known, or an output is not finite (not a wrong answer).

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, evaluate
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"), scaling_factor=30)
    >>> result = evaluate(network, "go-nogo", 20, seed=1)
    >>> result.correct.shape, result.accuracy > 0.8
    ((20,), True)
    """
    n_trials, seed = whole_number("trials", trials, 1), whole_number("seed", seed, 0)
    strict, keep_outputs = flag("strict", strict), flag("keep_outputs", keep_outputs)
    task = network_task(network, task)
    if isinstance(network, RateModel) and (stimulation is not None or np.any(input_noise)):
        raise ArgumentError("stimulation and input_noise are for spiking networks, not for a rate model")
    experiment = {"stimulation": stimulation, "input_noise": input_noise}
    correct, outputs, time = [], [], None
    conditions: list[str] = []
    chunks = (
        _rate_chunks(network, task, seed, n_trials)
        if isinstance(network, RateModel)
        else spiking_chunks(network, task, seed, range(n_trials), downsample, threads, progress, **experiment)
    )
    done = 0
    for drawn, raw, time in chunks:
        output = smoothing.apply(raw, time[1] - time[0]) if smoothing else raw
        correct.append(score(task, output, time, drawn, strict=strict))
        conditions += drawn.conditions
        if keep_outputs:
            outputs.append(output)
        done += len(drawn)
        if progress:
            progress(done)
    return Evaluation(
        task=task,
        seed=seed,
        correct=np.concatenate(correct),
        conditions=tuple(conditions),
        output=np.concatenate(outputs) if keep_outputs else None,
        time=time if keep_outputs else None,
        readout_refit=network.readout_refit if isinstance(network, SpikingNetwork) else None,
    )


def correct_trials(
    network: SpikingNetwork,
    task: Task,
    seed: int,
    numbers: range,
    *,
    downsample: int = 1,
    shared_noise: SharedNoise | None = None,
) -> NDArray[np.bool_]:
    """Return which of these trials (consecutive numbers) of a seed a spiking network answers correctly."""
    chunks = spiking_chunks(network, task, seed, numbers, downsample, 1, shared_noise=shared_noise)
    return np.concatenate([score(task, output, time, trials) for trials, output, time in chunks])


_Chunk = tuple[Trials, Floats, Floats]  # trials, their outputs (trials, n_outputs, samples), times


def spiking_chunks(
    network: SpikingNetwork,
    task: Task,
    seed: int,
    numbers: range,
    downsample: int,
    threads: int | None,
    progress: Callable[[int], None] | None = None,
    **experiment: Any,
) -> Iterator[_Chunk]:
    """Run these trials, a few at a time, and yield trials, outputs and times of these."""
    size = max(1, _CHUNK_BYTES // (8 * 100 * task.n_steps * task.n_outputs))
    for first in range(numbers.start, numbers.stop, size):
        own = range(first, min(first + size, numbers.stop))
        trials = task.trials(len(own), seed=seed, first=first)
        before = first - numbers.start
        run = simulate(
            network,
            trials.spiking_inputs,
            seed=seed,
            trials=own,
            downsample=downsample,
            threads=threads,
            **experiment,
            progress=(lambda done, before=before: progress(before + done)) if progress else None,  # type: ignore[misc]  # a lambda's default has no type
        )
        assert run.output is not None
        yield trials, run.output, run.time


def _rate_chunks(model: RateModel, task: Task, seed: int, n_trials: int) -> Iterator[_Chunk]:
    for first in range(0, n_trials, _RATE_CHUNK):
        trials = task.trials(_RATE_CHUNK, seed=seed, first=first)
        run = model.run(trials.inputs, seed=seed, trials=range(first, first + _RATE_CHUNK))
        own = min(_RATE_CHUNK, n_trials - first)
        kept = Trials(trials.inputs[:own], trials.targets[:own], trials.conditions[:own], trials.labels[:own])
        yield kept, run.output[:own], run.time


def network_task(network: SpikingNetwork | RateModel, task: Task | str | None) -> Task:
    """Return the task to run a network on, or raise ArgumentError unless it fits (see `evaluate`)."""
    if isinstance(network, RateModel):
        return task_for(network, task)
    if not isinstance(network, SpikingNetwork):
        raise ArgumentError(f"network is {network!r:.60}; expected a SpikingNetwork or a RateModel")
    return task_for_channels(task, network.n_inputs, network.n_outputs)

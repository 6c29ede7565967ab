"""Measure how often a rate or spiking network answers a task correctly."""

from __future__ import annotations

import math
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
from spiking.rate_model.recorded_settings import task_for
from spiking.rate_model.run import run_columns
from spiking.simulation.random_numbers import SharedNoise
from spiking.simulation.resolved_stimulation import AnyStimulation
from spiking.simulation.result import Simulation
from spiking.simulation.simulate import simulate
from spiking.tasks import CombinedTasks, Task, Trials
from spiking.tasks.given_inputs import TaskLike
from spiking.tasks.registry import task_for_channels
from spiking.tasks.scoring import score
from spiking.typing import Floats

_CHUNK_BYTES = 2**26  # size of the outputs in memory at the same time
# Rate models run this many trials at a time, always: rounding in matrix products depends on the number.
_RATE_CHUNK = 20


@dataclass(frozen=True)
class Score:
    """How many of a number of trials were correct.

    Attributes
    ----------
    correct, trials : int
    scored : bool
        False if nothing says which trials are correct (see `spiking.tasks.from_inputs`); then `correct` is 0.

    Examples
    --------
    >>> from spiking.evaluation import Score
    >>> print(Score(correct=97, trials=100))
    97 of 100 correct, 0.970 (0.915 to 0.990)
    """

    correct: int
    trials: int
    scored: bool = True

    @classmethod
    def of(cls, task: Task, correct: NDArray[np.bool_]) -> Score:
        """Return the score of trials of a task."""
        return cls(int(correct.sum()) if task.scored else 0, correct.size, task.scored)

    @property
    def accuracy(self) -> float:
        """Fraction of correct trials; NaN if they are not scored."""
        return self.correct / self.trials if self.scored else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson score interval of the accuracy."""
        return wilson_interval(self.correct, self.trials) if self.scored else (math.nan, math.nan)

    def __str__(self) -> str:
        if not self.scored:
            return f"{self.trials} trials, not scored"
        low, high = self.interval
        return f"{self.correct} of {self.trials} correct, {self.accuracy:.3f} ({low:.3f} to {high:.3f})"

    def as_json(self) -> dict[str, Any]:
        """Return the score as ``spiking evaluate --json`` prints it."""
        if not self.scored:
            return {"correct": None, "trials": self.trials, "accuracy": None, "interval": None}
        low, high = self.interval
        return {
            "correct": self.correct,
            "trials": self.trials,
            "accuracy": self.accuracy,
            "interval": [low, high],
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """The trials that a network answered correctly.

    Attributes
    ----------
    task : Task
    seed : int
        Seed of the trials and of the network's noise.
    correct : array of bool, shape (trials,)
        Whether each trial was answered correctly.
    conditions : tuple of str
        Condition of each trial.
    output : array, shape (trials, n_outputs, samples), or None
        The outputs, with ``keep_outputs=True``.
    time : array, shape (samples,), or None
        Times of the samples of `output` in ms.
    readout_refit : ReadoutRefit or None
        How the readout was refitted; None for the trained readout.

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
        """Number of correct trials out of all."""
        return Score.of(self.task, self.correct)

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
        """Score of each condition that occurred."""
        conditions = np.array(self.conditions)
        return {
            name: Score.of(self.task, self.correct[conditions == name])
            for name in self.task.conditions
            if name in self.conditions
        }

    @property
    def by_task(self) -> dict[str, Score]:
        """Score of each of the tasks that `spiking.tasks.combine` joined, or of the only one."""
        if not isinstance(self.task, CombinedTasks):
            return {self.task.name: self.score}
        names = np.array([name.partition(": ")[0] for name in self.conditions])
        return {
            part.name: Score.of(part, self.correct[names == part.name])
            for part in self.task.parts
            if part.name in names
        }

    def __str__(self) -> str:
        lines = [f"{self.task.name}: {self.score}"]
        lines += [f"  {self.readout_refit}"] if self.readout_refit else []
        if isinstance(self.task, CombinedTasks):
            lines += [f"  {name}: {score}" for name, score in self.by_task.items()]
        return "\n".join(lines + [f"  {name}: {score}" for name, score in self.by_condition.items()])


def evaluate(
    network: SpikingNetwork | RateModel,
    task: TaskLike | None = None,
    trials: int = 100,
    *,
    seed: int = 1,
    strict: bool = False,
    smoothing: Smoothing | None = None,
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None = None,
    input_noise: float | Sequence[float] = 0.0,
    noise: float | None = None,
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
        A task, or a name that `spiking.tasks.get` accepts; by default the task that a rate model's file
        records.
    trials : int
        Number of trials; the condition of each is random.
    seed : int
        Seed of the trials and of the network's noise. Trial k of a seed is the same for any number of trials.
    strict : bool
        In tasks with responses of both signs, also count a trial as wrong if the output crosses the opposite
        threshold.
    smoothing : Smoothing, optional
        Smooth the outputs before they are scored and kept.
    stimulation, input_noise
        As in `simulate`, in every trial; only for spiking networks.
    noise : float, optional
        Standard deviation of the noise of a rate model's step, as in `RateModel.run`; None: that of its
        training. Only for rate models: noise of a spiking network is `LIFParams.noise`.
    keep_outputs : bool
        Keep the outputs of all trials, at every step: 8 bytes x trials x outputs x samples.
    downsample : int
        As in `simulate`; only for spiking networks.
    threads : int, optional
        Number of threads; all available processors by default. Results do not depend on it.
    progress : callable, optional
        Called with the number of finished trials.

    Returns
    -------
    Evaluation

    Raises
    ------
    ArgumentError
        An argument is invalid, no task is given or recorded, or an output is not finite (which is an error,
        not a wrong answer).

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, evaluate
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> result = evaluate(network, "go-nogo", 20, seed=1)
    >>> result.correct.shape, result.accuracy > 0.8
    ((20,), True)
    """
    n_trials, seed = whole_number("trials", trials, 1), whole_number("seed", seed, 0)
    strict, keep_outputs = flag("strict", strict), flag("keep_outputs", keep_outputs)
    task = network_task(network, task)
    if isinstance(network, RateModel) and (stimulation is not None or np.any(input_noise)):
        raise ArgumentError(
            "network is a RateModel; expected a SpikingNetwork with stimulation or input_noise"
        )
    if isinstance(network, SpikingNetwork) and noise is not None:
        raise ArgumentError(
            f"noise is {noise!r} and network is a SpikingNetwork; expected a RateModel with noise, or "
            f"network.with_params(noise=...)"
        )
    experiment = {"stimulation": stimulation, "input_noise": input_noise}
    correct, outputs, time = [], [], None
    conditions: list[str] = []
    chunks = (
        _rate_chunks(network, task, seed, n_trials, noise)
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
    """Return whether a spiking network answers each trial in `numbers` correctly."""
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
    """Run the trials in `numbers`, a few at a time; yield trials, outputs and times of each chunk."""
    runs = spiking_runs(network, task, seed, numbers, downsample, threads, progress, **experiment)
    for trials, run in runs:
        assert run.output is not None
        yield trials, run.output, run.time


def spiking_runs(
    network: SpikingNetwork,
    task: Task,
    seed: int,
    numbers: range,
    downsample: int,
    threads: int | None,
    progress: Callable[[int], None] | None = None,
    **experiment: Any,
) -> Iterator[tuple[Trials, Simulation]]:
    """Run the trials in `numbers`, a few at a time; yield the trials and the simulation of each chunk."""
    size = max(1, _CHUNK_BYTES // (8 * 100 * task.n_steps * task.n_outputs))
    for first in range(numbers.start, numbers.stop, size):
        chunk = range(first, min(first + size, numbers.stop))
        trials = task.trials(len(chunk), seed=seed, first=first)
        before = first - numbers.start
        run = simulate(
            network,
            trials.spiking_inputs,
            seed=seed,
            trials=chunk,
            downsample=downsample,
            threads=threads,
            **experiment,
            progress=(lambda done, before=before: progress(before + done)) if progress else None,  # type: ignore[misc]  # a lambda's default has no type
        )
        yield trials, run


def _rate_chunks(
    model: RateModel, task: Task, seed: int, n_trials: int, noise: float | None
) -> Iterator[_Chunk]:
    for first in range(0, n_trials, _RATE_CHUNK):
        trials = task.trials(_RATE_CHUNK, seed=seed, first=first)
        numbers = range(first, first + _RATE_CHUNK)
        run = run_columns(model, trials.inputs, seed=seed, trials=numbers, noise=noise)
        n = min(_RATE_CHUNK, n_trials - first)
        wanted = Trials(trials.inputs[:n], trials.targets[:n], trials.conditions[:n], trials.labels[:n])
        yield wanted, run.output[:n], run.time


def network_task(network: SpikingNetwork | RateModel, task: TaskLike | None) -> Task:
    """Return the task that a network is run on (see `evaluate`).

    Raises
    ------
    ArgumentError
        No task is given or recorded, or it has other numbers of inputs or outputs than the network.
    """
    if isinstance(network, RateModel):
        return task_for(network, task)
    if not isinstance(network, SpikingNetwork):
        raise ArgumentError(f"network is {network!r:.60}; expected a SpikingNetwork or a RateModel")
    return task_for_channels(task, network.n_inputs, network.n_outputs)

"""The common settings of all trials of a search, and the trial numbers that it uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

import spiking
from spiking.conversion.conversion import Asked, Conversion
from spiking.evaluation.evaluate import correct_trials
from spiking.evaluation.result import Evaluation, Score
from spiking.evaluation.trial_chunks import spiking_simulations
from spiking.evaluation.words import OTHER_RULES, rules_of
from spiking.files.digest import digest
from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.parallel.blocks import Point, TrialRunner, Values, block_trials, run_block
from spiking.parallel.executor import Executor
from spiking.random_streams import SEARCH_FIRST
from spiking.rate_model.model import RateModel
from spiking.rate_model.run import run_columns
from spiking.rate_model.to_file import unpublished
from spiking.simulation.random_numbers import SharedNoise
from spiking.tasks import Task
from spiking.tasks.recorded.identity import identity as task_identity
from spiking.tasks.scoring import score_trials
from spiking.timing import STEP_MS
from spiking.typing import Floats, Mask

DRIVE_TRIALS = 8
_COLUMNS = {"strict": 3, "sustained": 4}  # of `trial_scores`
_RATE_CHUNK = 20  # trials of the rate network at a time


@dataclass(frozen=True, eq=False)
class TrialSetup:
    """The model, the task and the settings of the trials of a search: the same in all of its blocks.

    A point is a scaling factor or the name of a matched conversion in `candidates`. Its values are the
    results of `trial_scores`; without `rate_outputs`, they are only whether each trial is correct, as bools.
    """

    model: RateModel
    task: Task
    seed: int
    downsample: int
    params: LIFParams | None
    candidates: Mapping[str, Conversion] = field(default_factory=dict)
    rate_outputs: Mapping[int, Floats] = field(default_factory=dict)  # see `rate_outputs`, by trial number
    threads: int | None = None  # of simulations that do not run in blocks

    def run(self, point: Point, first: int, n: int, shared_noise: SharedNoise | None = None) -> Values:
        """Run trials `first` to `first + n - 1` at a point, in one thread."""
        numbers = range(first, first + n)
        if isinstance(point, str):
            conversion = self.candidates[point]
            params = self.params_of(conversion)
            network = SpikingNetwork.from_rate(self.model, conversion=conversion, params=params)
        else:
            asked: Asked | None = "published" if self.model.trained_params is None else None
            network = SpikingNetwork.from_rate(self.model, point, params=self.params, conversion=asked)
        options: Any = {"downsample": self.downsample, "shared_noise": shared_noise}
        if self.rate_outputs:
            return trial_scores(network, self.task, self.seed, numbers, self.rate_outputs, **options)
        return correct_trials(network, self.task, self.seed, numbers, **options)

    def params_of(self, conversion: Conversion) -> LIFParams | None:
        """Return the constants of the neurons for a candidate: those of its fit, if it was fitted."""
        return conversion.params or self.params

    def nrmse(self, values: Floats) -> float:
        """Return the difference of the outputs of spiking and rate network in trials with these values.

        Parameters
        ----------
        values : array, shape (trials, 5)
            Results of `trial_scores`.

        Returns
        -------
        float
            Root mean square of the difference at all times, over the standard deviation of the rate network's
            output in all trials of the search.
        """
        return float(np.sqrt(values[:, 1].mean())) / self._spread

    @cached_property
    def _spread(self) -> float:
        return float(np.std(list(self.rate_outputs.values()))) or 1.0


def rate_outputs(model: RateModel, task: Task, seed: int, trials: int) -> dict[int, Floats]:
    """Return the outputs of the rate network without noise, in the trials of a search and in fresh trials.

    Returns
    -------
    dict of int to array, shape (n_outputs, steps)
        By trial number, for each column of 5 ms.
    """
    outputs: dict[int, Floats] = {}
    for numbers in (range(SEARCH_FIRST, SEARCH_FIRST + trials), range(trials)):
        for first in numbers[::_RATE_CHUNK]:
            chunk = range(first, min(first + _RATE_CHUNK, numbers.stop))
            drawn = task.trials(len(chunk), seed=seed, first=first)
            run = run_columns(model, drawn.inputs, seed=seed, trials=chunk, noise=0.0)
            outputs.update(zip(chunk, run.output, strict=True))
    return outputs


def trial_scores(
    network: SpikingNetwork,
    task: Task,
    seed: int,
    numbers: range,
    rate_outputs: Mapping[int, Floats],
    *,
    downsample: int,
    shared_noise: SharedNoise | None = None,
) -> Floats:
    """Return what a search compares in each trial, shape (trials, 5).

    These are whether the trial is correct (1 or 0), the mean square of the difference from the output of the
    rate network, at all times, the mean rate in Hz of all neurons that are not lesioned, and whether it is
    correct by the strict and by the sustained rule, NaN where the task does not define them.
    """
    values, done = [], numbers.start
    runs = spiking_simulations(network, task, seed, numbers, downsample, 1, shared_noise=shared_noise)
    for trials, run in runs:
        assert run.output is not None
        scored = score_trials(task, run.output, run.time, trials)
        wanted = np.array([rate_outputs[number] for number in range(done, done + len(trials))])
        # The rate step nearest to each sample, as in the input; the last one is held.
        steps = np.minimum(np.rint(run.time / STEP_MS).astype(int), wanted.shape[-1] - 1)
        error = np.mean((run.output - wanted[:, :, steps]) ** 2, axis=(1, 2))
        alive = run.rates[:, ~np.isnan(run.rates[0])]  # not lesioned; without any, nothing fires
        rate = alive.sum(axis=1) / max(alive.shape[1], 1)
        unknown = np.full(len(trials), np.nan)
        others = (unknown if bits is None else bits for bits in (scored.strict, scored.sustained))
        values.append(np.column_stack([scored.published, error, rate, *others]))
        done += len(trials)
    return np.concatenate(values)


def mean_rate(values: Floats) -> float:
    """Return the mean rate of all neurons in Hz in trials with these `trial_scores`."""
    return float(values[:, 2].mean())


def fresh_evaluation(setup: TrialSetup, values: Floats) -> Evaluation:
    """Return the evaluation of the fresh trials 0, 1, ... of a search from their `trial_scores`."""
    correct = is_correct(values)
    strict, sustained = (None if np.isnan(bits).any() else bits > 0.5 for bits in values[:, 3:].T)
    return Evaluation(
        task=setup.task,
        seed=setup.seed,
        correct=correct,
        conditions=setup.task.trials(len(values), seed=setup.seed).conditions,
        published=correct,
        strict=strict,
        sustained=sustained,
        network="spiking",
    )


def other_scores(setup: TrialSetup, values: Mapping[float, Floats]) -> dict[str, dict[float, Score]]:
    """Return the scores of candidates by the strict and the sustained rule, where the task defines them.

    Parameters
    ----------
    setup : TrialSetup
    values : mapping of float to array
        `trial_scores` of each candidate.
    """
    return {
        name: {factor: Score.of(setup.task, by_rule(own, name)) for factor, own in values.items()}
        for name in rules_of(setup.task, OTHER_RULES)
        if setup.task.scored and not any(np.isnan(own[:, _COLUMNS[name]]).any() for own in values.values())
    }


def by_rule(values: Floats, name: str) -> Mask:
    """Return which trials are correct by the strict or the sustained rule, from their `trial_scores`."""
    return np.asarray(values[:, _COLUMNS[name]] > 0.5)


def is_correct(values: Values) -> Mask:
    """Return which trials are correct, from any values of trials."""
    return np.asarray(values if values.dtype == bool else values[:, 0] > 0.5)


def trial_runner(
    executor: Executor,
    setup: TrialSetup,
    known: Mapping[Any, Mapping[int, Any]] = MappingProxyType({}),
    record: Callable[[Any, int, Values], object] = lambda *_: None,
) -> TrialRunner[Any]:
    """Return a runner of the trials of a model's scaling factors or conversions in an executor."""
    held = executor.hold(setup)

    def submit(points: Sequence[Any], first: int, n: int) -> Future[list[Values]]:
        return executor.submit(run_block, [held] * len(points), points, first, n)

    block = block_trials(
        executor.block_seconds,
        setup.task,
        setup.model.n_units,
        setup.downsample,
    )
    return TrialRunner(submit, block, known, record, executor.check)


_FORMAT = "spiking tuning journal 1"


def identity(setup: TrialSetup) -> dict[str, Any]:
    """Return everything that the result of a trial depends on, for the first line of a journal."""
    return {
        "format": _FORMAT,
        "version": spiking.__version__,
        "model": model_digest(setup.model),
        **task_identity(setup.task),
        "seed": setup.seed,
        "downsample": setup.downsample,
        "neurons": digest(setup.params),
        "compared": ["correct", "output", "rate", "strict", "sustained"]
        if setup.rate_outputs
        else ["correct"],
        # Only the names: the fits follow from the above, but their last bits differ from run to run.
        "conversion": list(setup.candidates),
    }


def model_digest(model: RateModel) -> str:
    """Return a digest of everything in a model that a simulation depends on."""
    model = model.nonnegative()  # as it is converted
    arrays = (model.effective_weights(), model.w_in, model.w_out, model.b_out, model.tau_decay())
    more = {
        key: value for key, value in unpublished(model).items() if key not in ("activation", "weight_changes")
    }
    return digest(model.activation, *arrays, *([more] if more else []))

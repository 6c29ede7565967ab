"""The common settings of all trials of a search, and the trial numbers that it uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

import spiking
from spiking.conversion.conversion import Conversion
from spiking.evaluation.evaluate import correct_trials, spiking_chunks
from spiking.files.digest import digest
from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.parallel.blocks import Point, TrialRunner, Values, block_trials, run_block
from spiking.parallel.executor import Executor
from spiking.rate_model.model import RateModel
from spiking.rate_model.to_file import unpublished
from spiking.simulation.random_numbers import SharedNoise
from spiking.tasks import Task
from spiking.tasks.identity import identity as task_identity
from spiking.tasks.scoring import score as score_outputs
from spiking.typing import Floats

DRIVE_TRIALS = 8


@dataclass(frozen=True, eq=False)
class Work:
    """The model and settings that all blocks of a search share.

    A point is a scaling factor or the name of a matched conversion in `candidates`. The values of a scaling
    factor are its correct trials, those of a conversion are the results of `trial_scores`.
    """

    model: RateModel
    task: Task
    seed: int
    downsample: int
    params: LIFParams | None
    candidates: Mapping[str, Conversion] = field(default_factory=dict)
    threads: int | None = None  # of simulations that do not run in blocks

    def run(self, point: Point, first: int, n: int, shared_noise: SharedNoise | None = None) -> Values:
        """Run trials `first` to `first + n - 1` at a point, in one thread."""
        numbers = range(first, first + n)
        if isinstance(point, str):
            network = SpikingNetwork.from_rate(
                self.model, conversion=self.candidates[point], params=self.params
            )
            return trial_scores(
                network, self.task, self.seed, numbers, downsample=self.downsample, shared_noise=shared_noise
            )
        network = SpikingNetwork.from_rate(self.model, point, params=self.params)
        return correct_trials(
            network, self.task, self.seed, numbers, downsample=self.downsample, shared_noise=shared_noise
        )


def trial_scores(
    network: SpikingNetwork,
    task: Task,
    seed: int,
    numbers: range,
    *,
    downsample: int,
    shared_noise: SharedNoise | None = None,
) -> Floats:
    """Return, for each trial, whether it is correct (1 or 0) and the mean square of output minus target."""
    values = []
    for trials, output, time in spiking_chunks(
        network, task, seed, numbers, downsample, 1, shared_noise=shared_noise
    ):
        correct = score_outputs(task, output, time, trials)
        # The rate step nearest to each sample, as in the input; the last target is held.
        steps = np.minimum(np.rint(time / 5.0).astype(int), task.n_steps - 1)
        wanted = trials.targets.reshape(len(trials), task.n_outputs, -1)[:, :, steps]
        values.append(np.column_stack([correct, np.mean((output - wanted) ** 2, axis=(1, 2))]))
    return np.concatenate(values)


def trial_runner(
    executor: Executor,
    work: Work,
    known: Mapping[Any, Mapping[int, Any]] = MappingProxyType({}),
    record: Callable[[Any, int, Values], object] = lambda *_: None,
) -> TrialRunner[Any]:
    """Return a runner of the trials of a model's scaling factors or conversions in an executor."""
    held_work = executor.hold(work)

    def submit(points: Sequence[Any], first: int, n: int) -> Future[list[Values]]:
        return executor.submit(run_block, [held_work] * len(points), points, first, n)

    block = block_trials(executor.block_seconds, work.task, work.model.n_units, work.downsample)
    return TrialRunner(submit, block, known, record, executor.check)


_FORMAT = "spiking tuning journal 1"


def identity(work: Work) -> dict[str, Any]:
    """Return everything that the result of a trial depends on, for the first line of a journal."""
    return {
        "format": _FORMAT,
        "version": spiking.__version__,
        "model": model_digest(work.model),
        **task_identity(work.task),
        "seed": work.seed,
        "downsample": work.downsample,
        "neurons": digest(work.params),
        # Only the names: the fits follow from the above, but their last bits differ from run to run.
        "conversion": list(work.candidates),
    }


def model_digest(model: RateModel) -> str:
    """Return a digest of everything in a model that a simulation depends on."""
    arrays = (model.effective_weights(), model.w_in, model.w_out, model.b_out, model.tau_decay())
    more = {key: value for key, value in unpublished(model).items() if key != "activation"}
    return digest(model.activation, *arrays, *([more] if more else []))

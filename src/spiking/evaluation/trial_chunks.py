"""Run the trials of a task a few at a time, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spiking.network.network import SpikingNetwork
from spiking.rate_model.model import RateModel
from spiking.rate_model.run import run_columns
from spiking.simulation.result import Simulation
from spiking.simulation.simulate import simulate
from spiking.tasks import Task, Trials
from spiking.typing import Floats

_CHUNK_BYTES = 2**26  # size of the outputs in memory at the same time
# Rate models run this many trials at a time, always: rounding in matrix products depends on the number.
_RATE_CHUNK = 20
_Outputs = tuple[Trials, Floats, Floats]  # trials, their outputs (trials, n_outputs, samples), times


def spiking_simulations(
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


def spiking_outputs(simulations: Iterable[tuple[Trials, Simulation]]) -> Iterator[_Outputs]:
    """Yield trials, outputs and times of each of `spiking_simulations`."""
    for trials, run in simulations:
        assert run.output is not None
        yield trials, run.output, run.time


def rate_outputs(
    model: RateModel, task: Task, seed: int, n_trials: int, noise: float | None
) -> Iterator[_Outputs]:
    """Run the first `n_trials` trials of a seed; yield trials, outputs and times of each chunk."""
    for first in range(0, n_trials, _RATE_CHUNK):
        trials = task.trials(_RATE_CHUNK, seed=seed, first=first)
        numbers = range(first, first + _RATE_CHUNK)
        run = run_columns(model, trials.inputs, seed=seed, trials=numbers, noise=noise)
        n = min(_RATE_CHUNK, n_trials - first)
        inputs, targets = trials.inputs[:n], trials.targets[:n]
        wanted = Trials(inputs, targets, trials.conditions[:n], trials.labels[:n], trials.order)
        yield wanted, run.output[:n], run.time

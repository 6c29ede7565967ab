"""The demonstration: a trained Go-NoGo model as a rate network and as a spiking network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.errors import ArgumentError
from spiking.rate_model import RateModel, RateRun
from spiking.record import Record
from spiking.simulation import Simulation
from spiking.simulator import simulate
from spiking.spiking_network import SpikingNetwork
from spiking.tasks import GoNoGo, Task, Trials
from spiking.tuned_network import recorded_conversion, tuned_network

TRIALS_EACH = 50  # Go, and as many NoGo
_FACTORS = tuple(float(factor) for factor in range(20, 80, 5))  # the published grid
_SEARCH_TRIALS = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Demonstration:
    """What the demonstration has run.

    Attributes
    ----------
    task : Task
    trials : Trials
        50 of each condition.
    rate : RateRun
    rate_correct : array of bool, shape (trials,)
    spiking : Simulation
    spiking_correct : array of bool, shape (trials,)
    scaling_factor_from : str
        Where the scaling factor came from, in words.
    """

    task: Task
    trials: Trials
    rate: RateRun
    rate_correct: NDArray[np.bool_]
    spiking: Simulation
    spiking_correct: NDArray[np.bool_]
    scaling_factor_from: str


def demonstrate(
    model: RateModel,
    *,
    scaling_factor: float | None = None,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Demonstration:
    """Run Go and NoGo trials of a model, as a rate network and as a spiking network.

    Parameters
    ----------
    model : RateModel
        Trained on Go-NoGo.
    scaling_factor : float, optional
        None: the one that the file records; if it records none, the best of 20, 25, ..., 75 on 20 trials.
    seed : int
    progress : callable, optional
        Called with the number of finished spiking trials after each.

    Returns
    -------
    Demonstration

    Raises
    ------
    ArgumentError
        The model has another number of inputs or outputs than Go-NoGo.
    """
    task = GoNoGo()
    if (model.n_inputs, model.n_outputs) != (task.n_inputs, task.n_outputs):
        raise ArgumentError(
            f"{model.source} has inputs: {model.n_inputs}, outputs: {model.n_outputs}; the demonstration "
            f"needs a Go-NoGo model, with one of each"
        )
    trials = _half_and_half(task, TRIALS_EACH, seed)
    rate = model.run(trials.inputs, seed=seed)
    if scaling_factor is not None:
        network, origin = SpikingNetwork.from_rate(model, scaling_factor), "as given"
    elif recorded_conversion(model) is not None:
        network, origin = tuned_network(model), "tuned, from the file"
    else:
        network = SpikingNetwork.from_rate(model, _best_factor(model, task, seed + 1))
        origin = f"the best of {_FACTORS[0]:g} to {_FACTORS[-1]:g} on {_SEARCH_TRIALS} other trials"
    spiking = simulate(
        network,
        trials.spiking_inputs,
        seed=seed,
        record=Record(spikes=True),
        progress=progress,
    )
    assert spiking.output is not None
    return Demonstration(
        task=task,
        trials=trials,
        rate=rate,
        rate_correct=task.score(rate.output[:, 0], rate.time, trials),
        spiking=spiking,
        spiking_correct=task.score(spiking.output[:, 0], spiking.time, trials),
        scaling_factor_from=origin,
    )


def _half_and_half(task: Task, n: int, seed: int) -> Trials:
    """Draw n trials of each condition."""
    parts = [task.trials(n, seed=seed, condition=name, first=k * n) for k, name in enumerate(task.conditions)]
    return Trials(
        inputs=np.concatenate([part.inputs for part in parts]),
        targets=np.concatenate([part.targets for part in parts]),
        conditions=tuple(name for part in parts for name in part.conditions),
        labels=np.concatenate([part.labels for part in parts]),
    )


def _best_factor(model: RateModel, task: Task, seed: int) -> float:
    trials = _half_and_half(task, _SEARCH_TRIALS // len(task.conditions), seed)

    def correct(factor: float) -> int:
        run = simulate(SpikingNetwork.from_rate(model, factor), trials.spiking_inputs, seed=seed)
        assert run.output is not None
        return int(task.score(run.output[:, 0], run.time, trials).sum())

    return max(_FACTORS, key=correct)

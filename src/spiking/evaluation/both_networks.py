"""Run the same trials of a model as a rate network and as a spiking network."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.conversion.conversion import Conversion
from spiking.errors import ArgumentError
from spiking.evaluation.result import Evaluation
from spiking.network.describe import changes_words
from spiking.network.network import SpikingNetwork
from spiking.network.open import AnyNetwork, spiking_network
from spiking.neuron.params import LIFParams
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import task_for
from spiking.rate_model.run import RateRun, run_columns
from spiking.short_repr import short_repr
from spiking.simulation.record import Record
from spiking.simulation.result import Simulation
from spiking.simulation.simulate import simulate
from spiking.tasks import Task, Trials
from spiking.tasks.given_inputs import TaskLike
from spiking.tasks.scoring import score_trials
from spiking.timing import STEP_MS
from spiking.typing import Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class BothNetworks:
    """Trials of a model, as a rate network and as a spiking network.

    Attributes
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package.
    task : Task
    seed : int
        Seed of the trials and of the noise of both networks.
    trials : Trials
    rate : RateRun
    spiking : Simulation
        With the spikes, the output at every step and, with ``activity=True``, the filtered rates every 5 ms.
    rate_score, spiking_score : Evaluation
        Which trials each network answered correctly.

    Examples
    --------
    >>> from spiking import datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> both.trials.conditions
    ('go', 'nogo', 'go', 'nogo')
    """

    model: RateModel
    task: Task
    seed: int
    trials: Trials
    rate: RateRun
    spiking: Simulation
    rate_score: Evaluation
    spiking_score: Evaluation

    __repr__ = short_repr

    @property
    def rate_activity(self) -> NDArray[np.float64]:
        """Rates of the rate network at the times `activity_time`, shape (trials, N, samples)."""
        return self.rate.rates[:, :, 1:]

    @property
    def spiking_activity(self) -> NDArray[np.float64]:
        """Filtered spikes of the spiking network in 1/s, shape (trials, N, samples)."""
        assert self.spiking.filtered_rates is not None
        return self.spiking.filtered_rates[:, :, : self.rate.rates.shape[-1] - 1]

    @property
    def activity_time(self) -> NDArray[np.float64]:
        """Times of the samples of both activities in ms: 5, 10, ..."""
        return self.rate.time[1:]


@check_arguments()
def run_both(
    model: AnyModel,
    task: TaskLike | None = None,
    trials: int = 40,
    *,
    network: AnyNetwork | None = None,
    seed: int = 1,
    scaling_factor: float | None = None,
    conversion: Conversion | None = None,
    params: LIFParams | None = None,
    balanced: bool = True,
    condition: str | None = None,
    activity: bool = True,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> BothNetworks:
    """Run trials of a task as a rate network and as a spiking network.

    Parameters
    ----------
    model : RateModel
    task : Task or str, optional
        A task, or a name that `spiking.tasks.get` accepts; by default the task that the model's file records.
    trials : int
    network : SpikingNetwork, RateModel, path, str or mapping, optional
        The spiking network, with as many units, inputs and outputs, such as a lesioned one; by default the
        model is converted, by the next three arguments.
    seed : int
        Seed of the trials and of the noise of both networks.
    scaling_factor : float, optional
        Scaling factor of the published conversion.
    conversion : Conversion, optional
        The conversion. Without it and without `scaling_factor`, the conversion that tuning wrote into the
        model's file is used.
    params : LIFParams, optional
        Constants of neurons and synapses; the published ones by default.
    balanced, condition : optional
        Conditions of the trials, as in `Task.trials`; by default the conditions take turns.
    activity : bool
        Keep the filtered spikes of all neurons: 8 bytes x trials x N for each sample of 5 ms.
    threads, progress : optional
        As in `simulate`.

    Returns
    -------
    BothNetworks

    Raises
    ------
    ArgumentError
        An argument is invalid, no task or scaling factor is given and the file records none, or `network` has
        another size than the model or is given together with a conversion.

    Examples
    --------
    >>> from spiking import datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> both.rate_activity.shape == both.spiking_activity.shape
    True
    """
    model = rate_model("model", model)
    task, model = task_for(model, task), model.nonnegative()  # as it is converted
    drawn = task.trials(trials, seed=seed, balanced=balanced, condition=condition)
    if network is None:
        network = SpikingNetwork.from_rate(model, scaling_factor, conversion=conversion, params=params)
    elif scaling_factor is not None or conversion is not None or params is not None:
        raise ArgumentError("network is given together with a conversion; expected one of them")
    network = spiking_network(network)
    check_sizes(network, model)
    rate = run_columns(model, drawn.inputs, seed=seed)
    spiking = simulate(
        network,
        drawn.spiking_inputs,
        seed=seed,
        record=Record(spikes=True, filtered_rates=activity, interval={"filtered_rates": STEP_MS}),
        threads=threads,
        progress=progress,
    )
    spiking = dataclasses.replace(spiking, task=task.name, conditions=tuple(drawn.conditions))
    assert spiking.output is not None
    runs: tuple[tuple[Literal["rate", "spiking"], RateModel | SpikingNetwork, Floats, Floats], ...] = (
        ("rate", model, rate.output, rate.time),
        ("spiking", spiking.network, spiking.output, spiking.time),
    )
    scores = [
        Evaluation(
            task=task,
            seed=seed,
            conditions=drawn.conditions,
            network=kind,
            changes=tuple(changes_words(ran)),
            **vars(score_trials(task, output, time, drawn)),
        )
        for kind, ran, output, time in runs
    ]
    return BothNetworks(
        model=model,
        task=task,
        seed=seed,
        trials=drawn,
        rate=rate,
        spiking=spiking,
        rate_score=scores[0],
        spiking_score=scores[1],
    )


def check_sizes(network: SpikingNetwork, model: RateModel) -> None:
    """Raise ArgumentError unless a spiking network has as many units, inputs and outputs as a model."""
    sizes, expected = (
        (network.n_neurons, network.n_inputs, network.n_outputs),
        (model.n_units, model.n_inputs, model.n_outputs),
    )
    if sizes != expected:
        raise ArgumentError(
            f"network has (units, inputs, outputs) {sizes}; expected {expected}, those of the rate model"
        )

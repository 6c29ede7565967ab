"""Run the same trials of a model as a rate network and as a spiking network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.checks import flag, whole_number
from spiking.conversion.conversion import Conversion
from spiking.evaluation.evaluate import Evaluation
from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded import task_for
from spiking.rate_model.run import RateRun
from spiking.simulation.record import Record
from spiking.simulation.result import Simulation
from spiking.simulation.simulate import simulate
from spiking.tasks import Task, Trials
from spiking.tasks.scoring import score
from spiking.timing import STEP_MS


@dataclass(frozen=True, kw_only=True, eq=False)
class BothNetworks:
    """Trials of a model, as a rate network and as a spiking network.

    Attributes
    ----------
    model : RateModel
    task : Task
    seed : int
        Of the trials and of the noise of both.
    trials : Trials
    rate : RateRun
    spiking : Simulation
        With spikes, the output at every step, and the filtered rates every 5 ms if they were asked for.
    rate_score, spiking_score : Evaluation
        Which trials were answered correctly.

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

    @property
    def rate_activity(self) -> NDArray[np.float64]:
        """Rates of the rate network at the times of `spiking_activity`, (trials, N, samples)."""
        return self.rate.rates[:, :, 1:]

    @property
    def spiking_activity(self) -> NDArray[np.float64]:
        """Filtered spikes of the spiking network in 1/s, (trials, N, samples)."""
        assert self.spiking.filtered_rates is not None
        return self.spiking.filtered_rates[:, :, : self.rate.rates.shape[-1] - 1]

    @property
    def activity_time(self) -> NDArray[np.float64]:
        """Times of these samples in ms: 5, 10, ..."""
        return self.rate.time[1:]


def run_both(
    model: RateModel,
    task: Task | str | None = None,
    trials: int = 40,
    *,
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
        A task or what `spiking.tasks.get` takes; None: the one that the model's file records.
    trials : int
    seed : int
        Of the trials and of the noise of both networks.
    scaling_factor : float, optional
        Convert as published with this factor.
    conversion : Conversion, optional
        Convert like this. Without it and a scaling factor: as tuning left it in the model's file.
    params : LIFParams, optional
    balanced, condition : optional
        Which conditions, as in `Task.trials`: by default they take turns.
    activity : bool
        Keep the filtered spikes of all neurons, 8 bytes x trials x N a sample of 5 ms.
    threads, progress : optional
        As in `simulate`.

    Returns
    -------
    BothNetworks

    Raises
    ------
    ArgumentError
        No task or no scaling factor is known, or an argument cannot be used.

    Examples
    --------
    >>> from spiking import datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> both.rate_activity.shape == both.spiking_activity.shape
    True
    """
    balanced, activity = flag("balanced", balanced), flag("activity", activity)
    task = task_for(model, task)
    drawn = task.trials(whole_number("trials", trials, 1), seed=seed, balanced=balanced, condition=condition)
    network = SpikingNetwork.from_rate(model, scaling_factor, conversion=conversion, params=params)
    rate = model.run(drawn.inputs, seed=seed)
    spiking = simulate(
        network,
        drawn.spiking_inputs,
        seed=seed,
        record=Record(spikes=True, filtered_rates=activity, interval={"filtered_rates": STEP_MS}),
        threads=threads,
        progress=progress,
    )
    assert spiking.output is not None
    scores = [
        Evaluation(
            task=task, seed=seed, correct=score(task, output, time, drawn), conditions=drawn.conditions
        )
        for output, time in ((rate.output, rate.time), (spiking.output, spiking.time))
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

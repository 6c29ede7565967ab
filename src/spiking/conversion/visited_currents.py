"""Compute the synaptic currents that occur in a rate model during trials of a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.random_streams import VISITED_FIRST
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.recorded_settings import task_for
from spiking.rate_model.run import run_columns
from spiking.short_repr import short_repr
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.tasks.given_inputs import TaskLike


FIT_TRIALS = 20
_BINS = 512


@dataclass(frozen=True, eq=False)
class VisitedCurrents:
    """The synaptic currents that occur in a rate model during trials of a task.

    Attributes
    ----------
    task : str
        Name of the task.
    seed, n_trials : int
        Seed and number of trials.
    inputs : array, shape (trials, n_inputs, steps)
    currents, rates : array, shape (trials, N, steps)
        x and r = phi(x).
    x : array, shape (bins,)
        Centres of the bins of the histogram of x over all trials, units and times.
    share : array, shape (bins,)
        Share of the currents in each bin; sums to 1.

    Examples
    --------
    >>> from spiking import datasets
    >>> from spiking.conversion import visited_currents

    >>> visited_currents(datasets.load("go-nogo"), trials=4).task
    'go-nogo'
    """

    task: str
    seed: int
    n_trials: int
    inputs: Floats
    currents: Floats
    rates: Floats
    x: Floats
    share: Floats

    __repr__ = short_repr


@check_arguments()
def visited_currents(
    model: AnyModel, task: TaskLike | None = None, *, seed: int = 1, trials: int = FIT_TRIALS
) -> VisitedCurrents:
    """Run the rate model on trials of a task and record its currents; no other function uses these trials.

    Parameters
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package.
    task : Task or str, optional
        A task or its name (as for `spiking.tasks.get`); None: the one that the model's file records.
    seed, trials : int
        Seed and number of trials.

    Returns
    -------
    VisitedCurrents

    Raises
    ------
    ArgumentError
        No task is given or recorded, or it has other numbers of inputs or outputs than the model.

    Examples
    --------
    >>> from spiking import datasets
    >>> from spiking.conversion import visited_currents

    >>> seen = visited_currents(datasets.load("go-nogo"), trials=4)
    >>> seen.n_trials, seen.x.shape == seen.share.shape
    (4, True)
    """
    model = rate_model("model", model)
    chosen, model = task_for(model, task), model.nonnegative()  # as it is converted
    numbers = range(VISITED_FIRST, VISITED_FIRST + trials)
    drawn = chosen.trials(trials, seed=seed, first=VISITED_FIRST)
    run = run_columns(model, drawn.inputs, seed=seed, trials=numbers, keep_currents=True)
    assert run.currents is not None
    counts, edges = np.histogram(run.currents, _BINS)
    return VisitedCurrents(
        task=chosen.name,
        seed=seed,
        n_trials=trials,
        inputs=drawn.inputs,
        currents=run.currents,
        rates=run.rates,
        x=(edges[1:] + edges[:-1]) / 2,
        share=counts / counts.sum(),
    )

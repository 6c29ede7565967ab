"""Fit a new readout of a network, and record the fit. `refit_readout` is a method of `SpikingNetwork`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import not_negative
from spiking.random_streams import REFIT_FIRST
from spiking.short_repr import short_repr
from spiking.tasks.recorded.record import record_of, task_for_channels
from spiking.timing import STEP_MS
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork
    from spiking.tasks import Task

_CHUNK_BYTES = 2**26  # size of the rates in memory at once


@dataclass(frozen=True, kw_only=True)
class ReadoutRefit:
    """How a readout was fitted; the network and its evaluations carry this record.

    Attributes
    ----------
    task : str
        Name of the task.
    n_trials, seed : int
        The trials that it was fitted to.
    ridge : float
    error_before, error_after : float
        Root mean square difference of output and target in these trials, with the old and the new readout.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"), scaling_factor=60)
    >>> refit = network.refit_readout(tasks.get("go-nogo"), 4, seed=1).readout_refit
    >>> refit.error_after < refit.error_before
    True
    """

    task: str
    n_trials: int
    seed: int
    ridge: float
    error_before: float
    error_after: float

    __repr__ = short_repr

    def __str__(self) -> str:
        return (
            f"readout refitted: ridge {self.ridge:g}, {self.n_trials} trials of {self.task}, seed {self.seed}"
        )


@check_arguments(ridge=not_negative)
def refit_readout(
    network: SpikingNetwork,
    task: Task | str,
    trials: int = 100,
    *,
    seed: int = 1,
    ridge: float = 0.01,
    downsample: int = 1,
    threads: int | None = None,
) -> SpikingNetwork:
    """Fit a new readout to the filtered rates of the spiking network (ridge regression).

    Minimises ``sum_t |z[t] - w r[t]|^2 + penalty |w - w_old|^2`` over the output weights w, with the
    task's target z every 5 ms. The penalty pulls towards the old readout, so on the trials of the fit the new
    readout is never worse. There is no constant term. A conversion that needs a new readout is another
    result than one that works with the trained readout, so the network, its evaluations and their text say
    that the readout was refitted.

    Parameters
    ----------
    task : Task or str
        A task or what `spiking.tasks.get` takes.
    trials : int
        Number of trials of the fit. They never are trials that `evaluate` scores, whatever the seed.
    seed : int
    ridge : float
        The penalty, as a fraction of the mean over units of ``sum_t r[t]^2``; 0 for none.
    downsample, threads
        As in `simulate`.

    Returns
    -------
    SpikingNetwork
        With `readout_refit`, a `~spiking.network.ReadoutRefit`.

    Raises
    ------
    ArgumentError
        An argument cannot be used, or the task has other inputs or outputs than the network.
    """
    from spiking.simulation.record import Record
    from spiking.simulation.simulate import simulate

    chosen = task_for_channels(task, network.n_inputs, network.n_outputs, network.task)
    n = network.n_neurons
    power, product, target_power, samples = np.zeros((n, n)), np.zeros((network.n_outputs, n)), 0.0, 0
    size = max(1, _CHUNK_BYTES // (8 * n * chosen.n_steps))
    for first in range(REFIT_FIRST, REFIT_FIRST + trials, size):
        numbers = range(first, min(first + size, REFIT_FIRST + trials))
        drawn = chosen.trials(len(numbers), seed=seed, first=first)
        run = simulate(
            network,
            drawn.spiking_inputs,
            seed=seed,
            trials=numbers,
            record=Record(output=False, filtered_rates=True, interval=STEP_MS * downsample),
            downsample=downsample,
            threads=threads,
        )
        assert run.filtered_rates is not None
        # Sample k of the run and target (k + 1) downsample are both at 5 (k + 1) downsample ms.
        wanted = drawn.targets.reshape(len(numbers), network.n_outputs, -1)[..., downsample::downsample]
        wanted = wanted - network.readout_bias[:, np.newaxis]
        shared = wanted.shape[-1]
        z, r = (x[..., :shared].swapaxes(0, 1).reshape(x.shape[1], -1) for x in (wanted, run.filtered_rates))
        power, product = power + r @ r.T, product + z @ r.T
        target_power, samples = target_power + float(np.sum(z**2)), samples + z.size

    def error(readout: Floats) -> float:
        total = target_power - 2 * np.sum(readout * product) + np.sum((readout @ power) * readout)
        return float(np.sqrt(max(total, 0.0) / samples))

    old = network.readout
    penalised = power + ridge * np.trace(power) / n * np.eye(n)
    new = old + np.linalg.lstsq(penalised, (product - old @ power).T)[0].T
    label = ReadoutRefit(
        task=chosen.name,
        n_trials=trials,
        seed=seed,
        ridge=float(ridge),
        error_before=error(old),
        error_after=error(new),
    )
    record = network.task or record_of(chosen)
    return dataclasses.replace(network, readout=new, readout_refit=label, task=record)

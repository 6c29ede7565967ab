"""Fit a new readout of a spiking network. A method of `SpikingNetwork`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from spiking.checks import positive_number, whole_number
from spiking.evaluation.evaluate import network_task
from spiking.network.readout_refit import ReadoutRefit
from spiking.random_streams import REFIT_FIRST
from spiking.simulation.record import Record
from spiking.simulation.simulate import simulate
from spiking.timing import STEP_MS
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork
    from spiking.tasks import Task


_CHUNK_BYTES = 2**26  # rates held at once


def refit_readout(
    network: SpikingNetwork,
    task: Task | str,
    trials: int = 100,
    *,
    seed: int,
    ridge: float = 0.01,
    downsample: int = 1,
    threads: int | None = None,
) -> SpikingNetwork:
    """Fit the readout anew to the filtered rates of the network: `SpikingNetwork.refit_readout`."""
    n_trials, seed = whole_number("trials", trials, 1), whole_number("seed", seed, 0)
    if ridge != 0:
        positive_number("ridge", ridge)
    chosen = network_task(network, task)
    n = network.n_neurons
    power, product, target_power, samples = np.zeros((n, n)), np.zeros((network.n_outputs, n)), 0.0, 0
    size = max(1, _CHUNK_BYTES // (8 * n * chosen.n_steps))
    for first in range(REFIT_FIRST, REFIT_FIRST + n_trials, size):
        numbers = range(first, min(first + size, REFIT_FIRST + n_trials))
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
        n_trials=n_trials,
        seed=seed,
        ridge=float(ridge),
        error_before=error(old),
        error_after=error(new),
    )
    return dataclasses.replace(network, readout=new, readout_refit=label)

"""Replace the synaptic input over some connections by its mean. A method of `SpikingNetwork`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from spiking.network.connections import Control, choose, connections, with_connections
from spiking.network.units import Units

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork


def freeze(
    network: SpikingNetwork,
    inputs: ArrayLike,
    *,
    seed: int = 1,
    trials: int | Iterable[int] | None = None,
    pre: Units = "all",
    post: Units = "all",
    fraction: float = 1.0,
    control: Control | None = None,
    downsample: int = 1,
    threads: int | None = None,
) -> SpikingNetwork:
    """Replace the synaptic input over some connections by its mean, a constant current.

    The intact network is simulated; the mean rate of each sender, over all of these trials and their
    whole length, is multiplied by each chosen weight (a postsynaptic current has unit area). The sum is
    added to the receiver's `offset` for good, in every trial and from the first step on, and the
    connections are cut. What varies over these connections, within and between trials, is lost; the mean
    drive stays.

    Parameters
    ----------
    inputs, trials, downsample, threads
        What the intact network is run on, as in `simulate`: for a task,
        ``task.trials(...).spiking_inputs``.
    seed : int
        Of that run, of the fraction and of the control.
    pre, post, fraction, control
        Which connections, as in `scale_weights`.

    Returns
    -------
    SpikingNetwork

    Raises
    ------
    ArgumentError
        As in `scale_weights` and `simulate`.
    """
    from spiking.simulation.record import Record
    from spiking.simulation.simulate import simulate

    found = connections(network)
    chosen = choose(network, found, pre, post, fraction, seed, control)
    run = simulate(
        network,
        inputs,
        seed=seed,
        trials=trials,
        record=Record(output=False),
        downsample=downsample,
        threads=threads,
    )
    rates = np.nan_to_num(run.rates).mean(axis=0)  # a lesioned unit sends nothing
    drive = np.bincount(
        found.post[chosen], found.weight[chosen] * rates[found.pre[chosen]], minlength=network.n_neurons
    )
    rest = with_connections(network, found._replace(weight=np.where(chosen, 0.0, found.weight)))
    return dataclasses.replace(rest, offset=network.offset + drive)

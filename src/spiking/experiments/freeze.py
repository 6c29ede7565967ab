"""Replace the synaptic input over some connections by its mean. A method of `SpikingNetwork`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from spiking.network.connection_choice import Control, choose, connections, with_connections
from spiking.network.units import Units
from spiking.simulation.record import Record
from spiking.simulation.simulate import simulate

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork


def freeze(
    network: SpikingNetwork,
    inputs: ArrayLike,
    *,
    seed: int,
    trials: int | Iterable[int] | None = None,
    pre: Units = "all",
    post: Units = "all",
    fraction: float = 1.0,
    control: Control | None = None,
    downsample: int = 1,
    threads: int | None = None,
) -> SpikingNetwork:
    """Replace the synaptic input over some connections by its mean: `SpikingNetwork.freeze`."""
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

"""Replace the synaptic input over some connections by its mean. A method of `SpikingNetwork`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import fraction
from spiking.connectivity.connections import Control, choose, connections, replaced, with_connections
from spiking.connectivity.units import Units
from spiking.errors import ArgumentError

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork


@check_arguments(fraction=fraction)
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

    The intact network is simulated. The mean rate of each sender, over all of these trials and their whole
    length, is multiplied by each chosen weight (a postsynaptic current has unit area). The sum is added to
    the receiver's `offset`, so it acts in every trial from the first step on, and the connections are cut.
    Variation of their input, within and between trials, is lost; the mean drive remains.

    Parameters
    ----------
    inputs, trials, downsample, threads
        The simulation of the intact network, as in `simulate`; for a task,
        ``task.trials(...).spiking_inputs``.
    seed : int
        Seed of that simulation, of the fraction and of the control.
    pre, post, fraction, control
        The connections, as in `scale_weights`.

    Returns
    -------
    SpikingNetwork

    Raises
    ------
    ArgumentError
        As in `scale_weights` and `simulate`, or the network has short-term plasticity.
    """
    from spiking.simulation.record import Record
    from spiking.simulation.simulate import simulate

    if network.plasticity:
        raise ArgumentError(
            "the network has short-term plasticity, with which the mean input is not rate times weight; "
            "expected a network without: freeze it first, and add plasticity afterwards"
        )
    existing = connections(network)
    chosen, words = choose(network, existing, pre, post, fraction, seed, control)
    run = simulate(
        network,
        inputs,
        seed=seed,
        trials=trials,
        record=Record(output=False),
        downsample=downsample,
        threads=threads,
    )
    weights = None if run.trial_steps is None else run.durations  # of trials of unequal length
    rates = np.average(np.nan_to_num(run.rates), axis=0, weights=weights)  # a lesioned unit sends nothing
    drive = np.bincount(
        existing.post[chosen],
        existing.weight[chosen] * rates[existing.pre[chosen]],
        minlength=network.n_neurons,
    )
    rest = with_connections(network, existing._replace(weight=np.where(chosen, 0.0, existing.weight)))
    frozen = f"{words} replaced by their mean current ({len(run.trials)} trials, seed {seed})"
    return replaced(rest, frozen if chosen.any() else None, offset=network.offset + drive)

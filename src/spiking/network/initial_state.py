"""The synaptic state of a network before the first step of a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from spiking.neuron.equations import NEURONS
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork
    from spiking.rate_model.model import RateModel


class SynapticState(NamedTuple):
    """What `ipsc`, `h`, `r` and `hr` of the equations are at time 0, shape (N,) each.

    `currents` are the recurrent currents (mV) and `rates` the filtered spikes (1/s); `currents_rise` and
    `rates_rise` their rise variables.
    """

    currents: Floats
    currents_rise: Floats
    rates: Floats
    rates_rise: Floats


def from_rate_model(model: RateModel, gain: float, factor: float) -> dict[str, Any]:
    """Return the fields of a network that start it where the rate model starts.

    There are none if the model starts without synaptic currents (x is the bias, or in the rate form h is 0):
    then the network starts as published, where random voltages make most neurons fire in the first step.
    """
    silent = 0.0 if model.form == "rate" or model.bias is None else model.bias
    if model.initial is None or np.allclose(model.initial, silent, rtol=0, atol=1e-9):
        return {}
    if model.form == "rate":
        return {"initial_rates": factor * model.initial}
    return {
        "initial_rates": factor * np.asarray(model.transfer(model.initial), np.float64),
        "initial_currents": gain * (model.initial - silent),
    }


def initial_synapses(network: SpikingNetwork, first_inputs: Floats) -> SynapticState:
    """Return the synaptic state at time 0; all zeros unless the network has an initial state.

    Rise variables have the values at which spikes at a constant rate would hold them.

    Parameters
    ----------
    network : SpikingNetwork
    first_inputs : array, shape (n_inputs,)
        The inputs of the first step. They act unfiltered, so they are no part of the recurrent currents.
    """
    n = network.n_neurons
    rates = np.zeros(n) if network.initial_rates is None else network.initial_rates.copy()
    rates[list(network.lesioned)] = 0.0
    if network.initial_currents is not None:
        currents = network.initial_currents - network.w_in @ first_inputs
    else:  # a product with zeros would take a few percent of a trial of a large network
        currents = np.asarray(network.weights @ rates) if rates.any() else np.zeros(n)
    rise = 0.0 if network.params.synapse == "single_exponential" else 1000 / network.tau_decay
    return SynapticState(currents, currents * rise, rates, rates * rise)


def initial_voltages(network: SpikingNetwork, uniforms: Floats) -> Floats:
    """Return the voltages at time 0 in mV, shape (..., N).

    Parameters
    ----------
    network : SpikingNetwork
    uniforms : array, shape (..., N)
        Uniform on [0, 1), used where initial voltages are drawn.
    """
    start, c = network.params.initial_voltage, network.constants
    if start == "uniform":
        return np.asarray(c.reset + (c.peak - c.reset) * uniforms)
    if start == "resting":
        return np.asarray(NEURONS[network.params.neuron].rest(c.bias + network.offset, c))
    return np.broadcast_to(np.array(start, np.float64), network.offset.shape).copy()


def first_column(column_steps: int) -> int:
    """Return the column of the inputs that acts in the first step: the first column lasts half as long."""
    return int(1 / column_steps + 0.5)

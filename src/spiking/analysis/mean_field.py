"""The noise-free equation of a rate network, and of a spiking network with rates in place of spikes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spiking.errors import ArgumentError
from spiking.network.initial_state import initial_synapses
from spiking.network.network import SpikingNetwork
from spiking.neuron.f_i_table import fi_table
from spiking.rate_model.model import RateModel
from spiking.rate_model.transfer import slope
from spiking.typing import Floats

_MOST_CURVES = 8  # f-I curves of different neurons; each takes seconds


@dataclass(frozen=True, eq=False, kw_only=True)
class MeanField:
    """A network without noise, in the units of the rate network.

    Current form: ``tau dx/dt = -x + W phi(x) + drive``. Rate form: ``tau dr/dt = -r + phi(W r + drive)``.
    States have shape (..., N).

    Attributes
    ----------
    weights : array, shape (N, N)
    w_in : array, shape (N, n_inputs)
    constant : array, shape (N,)
        The drive without inputs.
    tau : array, shape (N,)
        In seconds.
    phi, slope : functions of arrays
        The transfer function and its derivative.
    readout, output_bias : arrays, shapes (n_outputs, N) and (n_outputs,)
    initial : array, shape (N,)
        State at the beginning.
    rate_form : bool
    silent : list of int
        Lesioned units.
    """

    weights: Floats
    w_in: Floats
    constant: Floats
    tau: Floats
    phi: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    readout: Floats
    output_bias: Floats
    initial: Floats
    rate_form: bool
    silent: list[int]

    def drive(self, inputs: Floats) -> Floats:
        """Return what inputs of shape (..., n_inputs) and the constant give each unit, shape (..., N)."""
        return inputs @ self.w_in.T + self.constant

    def currents(self, state: Floats, drive: Floats) -> Floats:
        """Return x, what phi is applied to."""
        return state @ self.weights.T + drive if self.rate_form else state

    def rates(self, state: Floats) -> Floats:
        """Return what the units send: r of the rate form, else phi(x)."""
        if self.rate_form:
            return state
        rates = self.phi(state)
        rates[..., self.silent] = 0.0
        return rates

    def velocity(self, state: Floats, drive: Floats) -> Floats:
        """Return the derivative of the state by time, in 1/s."""
        if self.rate_form:
            return (self.phi(self.currents(state, drive)) - state) / self.tau
        return (self.rates(state) @ self.weights.T + drive - state) / self.tau

    def jacobian(self, state: Floats, drive: Floats) -> Floats:
        """Return the derivatives of the velocity by one state, shape (N, N), in 1/s."""
        slopes = self.slope(self.currents(state, drive))
        matrix = slopes[:, np.newaxis] * self.weights if self.rate_form else self.weights * slopes
        return (matrix - np.eye(len(state))) / self.tau[:, np.newaxis]

    def run(self, state: Floats, drive: Floats, step: float) -> Floats:
        """Return the states after each step of `step` seconds, shape (steps, ..., N).

        The leak is integrated exactly (exponential Euler method), so that no step is too long for it.

        Parameters
        ----------
        state : array, shape (..., N)
        drive : array, shape (steps, ..., N)
        """
        share = self.tau * -np.expm1(-step / self.tau)
        states = np.empty(np.broadcast_shapes(drive.shape, state.shape))
        for t, now in enumerate(drive):
            state = state + share * self.velocity(state, now)
            states[t] = state
        return states


def mean_field(network: RateModel | SpikingNetwork) -> MeanField:
    """Return the noise-free equation of a network."""
    if isinstance(network, RateModel):
        return _of_rate_network(network)
    return _of_spiking_network(network)


def _of_rate_network(model: RateModel) -> MeanField:
    decay = model.tau_decay()
    assert decay is not None
    zeros = np.zeros(model.n_units)
    phi = model.transfer
    assert model.activation is not None
    return MeanField(
        weights=model.effective_weights(),
        w_in=model.w_in,
        constant=zeros if model.bias is None else model.bias,
        tau=decay / 1000,
        phi=lambda x: np.array(phi(x), np.float64),
        slope=slope(model.activation, model.activation_parameters),
        readout=model.w_out,
        output_bias=model.output_bias,
        initial=zeros if model.initial is None else model.initial,
        rate_form=model.form == "rate",
        silent=[],
    )


def _of_spiking_network(network: SpikingNetwork) -> MeanField:
    """Return the equation with rates f(current + offset), where f is the f-I curve of the neurons.

    The current I in mV becomes x = (I + offset - b)/s, a rate in Hz r/k, with gain s, offset b and factor k
    of the conversion. The unit's own offset minus b is then part of the drive, as the mean drive of a matched
    conversion and the bias of a rate network are.
    """
    lost = [
        words
        for words, there in (
            ("adaptation", network.params.adaptation is not None),
            ("short-term plasticity", bool(network.plasticity)),
            ("delays", bool(network.delays.any())),
        )
        if there
    ]
    if lost:
        raise ArgumentError(
            f"the network has {' and '.join(lost)}; expected none, because its mean field has rates that "
            f"depend on the present currents only: analyse the network without"
        )
    how, k = network.conversion, network.scaling_factor
    gain, offset, downsample = (1.0, 0.0, 1) if how is None else (how.gain, how.offset, how.downsample)
    phi, slope_of = _f_i_curves(network, downsample)
    return MeanField(
        weights=network.dense_weights * (k / gain),
        w_in=network.w_in / gain,
        constant=(network.offset - offset) / gain,
        tau=network.tau_decay / 1000,
        phi=lambda x: phi(gain * x + offset) / k,
        slope=lambda x: slope_of(gain * x + offset) * (gain / k),
        readout=network.readout * k,
        output_bias=network.readout_bias,
        initial=(_start(network) + network.offset - offset) / gain,
        rate_form=False,
        silent=list(network.lesioned),
    )


def _f_i_curves(
    network: SpikingNetwork, downsample: int
) -> tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]:
    """Return the f-I curves of all neurons and their slopes, functions of currents of shape (..., N)."""
    constants = [np.broadcast_to(value, network.n_neurons) for value in network.constants]
    different, group = np.unique(np.stack(constants, axis=1), axis=0, return_inverse=True)
    if len(different) > _MOST_CURVES:
        raise ArgumentError(
            f"the network has {len(different)} different neurons, and each needs an f-I curve; expected at "
            f"most {_MOST_CURVES}, such as constants by population: network.with_params(...)"
        )
    tables = []
    for row in different.tolist():
        values: dict[str, Any] = dict(zip(network.constants._fields, row, strict=True))
        tables.append(fi_table(replace(network.params, **values), downsample=downsample))
    members = [np.flatnonzero(group.ravel() == k) for k in range(len(different))]

    def of_all(curves: list[Callable[[Floats], Floats]]) -> Callable[[Floats], Floats]:
        if len(curves) == 1:
            return curves[0]

        def values(current: Floats) -> Floats:
            result = np.empty(current.shape)
            for curve, units in zip(curves, members, strict=True):
                result[..., units] = curve(current[..., units])
            return result

        return values

    return of_all([table.__call__ for table in tables]), of_all([table.slope_at for table in tables])


def _start(network: SpikingNetwork) -> Floats:
    """Return the recurrent currents in mV at time 0, without inputs."""
    return initial_synapses(network, np.zeros(network.n_inputs)).currents

"""The specification: one trial of a spiking network, step by step in plain NumPy.

Slow on purpose. The golden traces of the original function are matched by this file, and the fast kernel
is matched against it: same random numbers, same spikes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.network.network import SpikingNetwork
from spiking.simulation.actions import AnyStimulation, actions
from spiking.simulation.random_numbers import RandomDraws
from spiking.timing import STEPS_PER_COLUMN, TIME_STEP_S
from spiking.typing import Floats


@dataclass(frozen=True, eq=False)
class Traces:
    """Everything that a trial does: all of shape (steps, N), but `output` (steps, n_outputs)."""

    voltage: Floats
    spikes: NDArray[np.bool_]
    currents: Floats
    rates: Floats
    output: Floats


def step_by_step(
    network: SpikingNetwork,
    inputs: Floats,
    draws: RandomDraws,
    *,
    downsample: int = 1,
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None = None,
    input_noise: float = 0.0,
    input_interval: float | None = None,
) -> Traces:
    """Simulate one trial in s and mV; `inputs` (n_inputs, columns) before downsampling.

    Without an `input_interval` (ms) the columns are thinned with the steps, and 100 steps long; with one, all
    are kept, and as long as it says.

    The expression for `t_last` stays as published: it is not `dt i` to the last bit, and the comparison
    with the refractory period is a tie that this rounding decides.
    """
    p, n = network.params, network.n_neurons
    dt = TIME_STEP_S * downsample
    if input_interval is None:
        inputs, steps_per_column = inputs[:, ::downsample], STEPS_PER_COLUMN
    else:
        steps_per_column = round(input_interval / (1000 * dt))
    n_steps = steps_per_column * (inputs.shape[1] - 1)
    if input_noise:
        assert draws.input_noise is not None
        inputs = inputs + input_noise * draws.input_noise.T
    tm, tref, tr, td = p.tau_membrane / 1000, p.refractory / 1000, p.tau_rise / 1000, network.tau_decay / 1000
    drive = network.w_in @ inputs
    acting = actions(stimulation, network, n_steps, 1000 * dt)
    sigma = p.step_noise(1000 * dt)

    voltage, spikes = np.empty((n_steps, n)), np.empty((n_steps, n), np.bool_)
    currents, rates = np.empty((n_steps, n)), np.empty((n_steps, n))
    v = p.start(draws.v0, network.offset)
    v[list(network.lesioned)] = np.nan  # and stays so: never at threshold
    ipsc, h, r, hr, t_last = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    for i in range(1, n_steps + 1):
        currents[i - 1] = ipsc
        now = [
            (action, action.weights * action.amounts[i - 1 - action.first] * action.acts(coin, i - 1))
            for action, coin in zip(acting, draws.coins(len(acting)), strict=True)
            if action.first <= i - 1 < action.last
        ]
        total = ipsc + (p.bias + network.offset) + drive[:, int(i / steps_per_column + 0.5)]
        for action, amounts in now:
            if action.on_current:
                total[action.units] += amounts
        slope = (v**2 + total) / tm if p.neuron == "quadratic" else (-v + total) / tm
        v = v + dt * ((dt * i > t_last + tref) * slope) + sigma * draws.noise[i - 1]
        for action, amounts in now:
            if not action.on_current:
                v[action.units] += amounts
        s = v >= p.threshold
        t_last = t_last + (dt * i - t_last) * s
        if p.synapse == "single_exponential":
            ipsc = ipsc * np.exp(-dt / td) + network.weights @ s / td
            r = r * np.exp(-dt / td) + s / td
        else:
            ipsc = ipsc * np.exp(-dt / td) + h * dt
            h = h * np.exp(-dt / tr) + network.weights @ s / (tr * td)
            r = r * np.exp(-dt / td) + hr * dt
            hr = hr * np.exp(-dt / tr) + s / (tr * td)
        voltage[i - 1], spikes[i - 1], rates[i - 1] = np.where(s, p.peak, v), s, r
        v = np.where(s, p.reset, v)
    return Traces(voltage, spikes, currents, rates, rates @ network.readout.T + network.readout_bias)

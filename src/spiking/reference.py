"""The specification: one trial of a spiking network, one plain NumPy step at a time.

Slow on purpose. The golden traces of the original function are matched by this file, and the fast kernel
is matched against it: same random numbers, same spikes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.draws import RandomDraws
from spiking.spiking_network import SpikingNetwork
from spiking.stimulation import Stimulation

Floats = NDArray[np.float64]

TIME_STEP_S = 0.00005  # of a simulation without downsampling
STEPS_PER_COLUMN = 100


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
    stimulation: Stimulation | None = None,
) -> Traces:
    """Simulate one trial in s and mV; `inputs` (n_inputs, columns) before downsampling.

    The expression for `t_last` stays as published: it is not `dt i` to the last bit, and the comparison
    with the refractory period is a tie that this rounding decides.
    """
    p, n = network.params, network.n_neurons
    inputs = inputs[:, ::downsample]
    dt = TIME_STEP_S * downsample
    n_steps = STEPS_PER_COLUMN * (inputs.shape[1] - 1)
    tm, tref, tr, td = p.tau_membrane / 1000, p.refractory / 1000, p.tau_rise / 1000, network.tau_decay / 1000
    drive = network.w_in @ inputs
    start, stop = stimulation.steps(1000 * dt) if stimulation else (0, 0)
    chosen = list(stimulation.units) if stimulation else []
    coin = np.empty(0) if draws.coin is None else draws.coin

    voltage, spikes = np.empty((n_steps, n)), np.empty((n_steps, n), np.bool_)
    currents, rates = np.empty((n_steps, n)), np.empty((n_steps, n))
    v = p.reset + (p.peak - p.reset) * draws.v0
    v[list(network.lesioned)] = np.nan  # and stays so: never at threshold
    ipsc, h, r, hr, t_last = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    for i in range(1, n_steps + 1):
        currents[i - 1] = ipsc
        total = ipsc + (p.bias + network.offset) + drive[:, int(i / STEPS_PER_COLUMN + 0.5)]
        slope = (v**2 + total) / tm if p.neuron == "quadratic" else (-v + total) / tm
        v = v + dt * ((dt * i > t_last + tref) * slope) + p.noise * draws.noise[i - 1]
        if stimulation and start <= i - 1 < stop and coin[i - 1] < stimulation.probability:
            v[chosen] += stimulation.amplitude
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
    return Traces(voltage, spikes, currents, rates, rates @ network.readout.T)

"""A network as the kernel wants it: weights as jumps of the synaptic state, tables of decay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spiking.errors import ArgumentError
from spiking.kernel import Constants, Pulse, Synapses
from spiking.spiking_network import SpikingNetwork
from spiking.stimulation import Stimulation

Floats = NDArray[np.float64]

_BLOCK = 16  # longest block, in steps
_TABLE_SIZE = 20_000  # entries of a table (160 kB)
_LONGEST_STEP = 20.0  # in synaptic time constants; beyond, a spike's trace at the base overflows its digits


def constants(network: SpikingNetwork, n_steps: int, dt: float, *, replay: bool) -> Constants:
    """Constants of a trial, in s and mV; `dt` in s."""
    p = network.params
    return Constants(
        n_steps=n_steps,
        dt=dt,
        tm=p.tau_membrane / 1000,
        tref=p.refractory / 1000,
        reset=float(p.reset),
        threshold=float(p.threshold),
        bias=p.bias + network.offset,
        peak=float(p.peak),
        noise=float(p.noise),
        quadratic=p.neuron == "quadratic",
        sparse=not isinstance(network.weights, np.ndarray),
        replay=replay,
    )


def pulse(stimulation: Stimulation | None, n_neurons: int, time_step: float) -> Pulse:
    """Stimulation without its coin; `time_step` in ms."""
    nothing = np.empty(0)
    if stimulation is None:
        return Pulse(0, 0, nothing.astype(np.int64), 0.0, 0.0, nothing)
    stimulation.check_units(n_neurons)
    return Pulse(
        *stimulation.steps(time_step),
        np.array(stimulation.units, np.int64),
        float(stimulation.amplitude),
        float(stimulation.probability),
        nothing,
    )


def synapses(network: SpikingNetwork, dt: float) -> Synapses:
    """Weights as jumps of the synaptic state, and tables of its decay (see `kernel.py`)."""
    from spiking.kernel import Synapses

    td, tr = network.tau_decay / 1000, network.params.tau_rise / 1000
    single = network.params.synapse == "single_exponential"
    jump = 1 / td if single else 1 / (tr * td)
    steps = np.arange(_block_steps(network, dt) + 1)
    decay, fade = np.exp(-dt / td * steps[:, np.newaxis]), np.exp(-dt / tr * steps)
    rise = np.zeros_like(decay)
    if not single:
        for b in steps[1:]:
            rise[b] = rise[b - 1] * decay[1] + dt * fade[b - 1]
    unfade = np.zeros_like(fade) if single else 1 / fade
    lift = 1 / decay if single else -rise / (decay * fade[:, np.newaxis])
    rows, empty = np.empty((0, 0)), np.empty(0)
    pointers, indices, values = empty.astype(np.int64), empty.astype(np.int32), empty
    weights = network.weights
    if isinstance(weights, np.ndarray):
        rows = np.ascontiguousarray((weights * jump[:, np.newaxis]).T)
    else:
        pointers, indices = weights.indptr.astype(np.int64), weights.indices.astype(np.int32)
        values = weights.data * jump[indices]
    return Synapses(rows, pointers, indices, values, jump, decay, rise, lift, fade, unfade)


def _block_steps(network: SpikingNetwork, dt: float) -> int:
    """Choose the block of the kernel: tables fit the cache, and nothing decays by more than e."""
    fastest = float(network.tau_decay.min())
    if network.params.synapse == "double_exponential":
        fastest = min(fastest, network.params.tau_rise)
    if 1000 * dt > _LONGEST_STEP * fastest:
        raise ArgumentError(
            f"the time step is {1000 * dt:g} ms, more than {_LONGEST_STEP:g} times the shortest "
            f"synaptic time constant, {fastest:g} ms; use a smaller downsample, "
            f"or synapse='single_exponential' where the rise is that short"
        )
    return max(1, min(_BLOCK, _TABLE_SIZE // network.n_neurons, int(fastest / (1000 * dt))))

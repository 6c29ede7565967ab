"""Prepare a network for the kernel: weights as jumps of the synaptic state, tables of decay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.errors import ArgumentError
from spiking.network.network import SpikingNetwork
from spiking.simulation.actions import Action
from spiking.simulation.kernel import Actions, Constants, Synapses

_BLOCK = 16  # longest block, in steps
_TABLE_SIZE = 20_000  # entries of a table (160 kB)
_LONGEST_STEP = 20.0  # in synaptic time constants; beyond, a spike's trace at the base overflows its digits


def fixed(values: ArrayLike, dtype: Any = np.float64) -> NDArray[Any]:
    """Return numbers that the kernel only reads as an array of one type, whatever they came as.

    Numba compiles a function again for every type, and whether an array is contiguous, aligned or read-only
    is part of it.
    """
    array = np.require(values, dtype, ["C", "A"]).view()
    array.setflags(write=False)
    return array


def constants(
    network: SpikingNetwork, n_steps: int, column_steps: int, dt: float, *, replay: bool
) -> Constants:
    """Constants of a trial, in s and mV; `dt` in s."""
    p = network.params
    return Constants(
        n_steps=n_steps,
        dt=dt,
        tm=float(p.tau_membrane) / 1000,
        tref=float(p.refractory) / 1000,
        reset=float(p.reset),
        threshold=float(p.threshold),
        column_steps=column_steps,
        bias=p.bias + network.offset,
        peak=float(p.peak),
        noise=p.step_noise(1000 * dt),
        quadratic=p.neuron == "quadratic",
        sparse=not isinstance(network.weights, np.ndarray),
        replay=replay,
    )


def actions(acting: Sequence[Action], n_neurons: int, gain: float) -> Actions:
    """Return stimulations and currents as if no coin failed; `gain` is dt/tau_membrane."""
    sizes = np.array([action.amounts.size for action in acting], np.int64)
    first = np.array([action.first for action in acting], np.int64)
    weights = np.zeros((len(acting), n_neurons))
    for row, action in zip(weights, acting, strict=True):
        row[action.units] = action.weights
    return Actions(
        first=first,
        last=first + sizes,
        base=np.cumsum(sizes) - sizes - first - 1,
        amounts=np.concatenate(
            [np.empty(0), *(action.amounts * (gain if action.on_current else 1.0) for action in acting)]
        ),
        weights=weights,
        on_current=np.array([action.on_current for action in acting], np.bool_),
        hits_base=np.full(len(acting), -1),
        hits=np.empty((0, n_neurons), np.bool_),
    )


def with_hits(every: Actions, hits: Sequence[NDArray[np.bool_] | None]) -> Actions:
    """Return actions as the coins of a trial fell, see `TrialRandoms.hits`."""
    if all(own is None for own in hits):
        return every
    amounts, hits_base, rows, size = every.amounts.copy(), every.hits_base.copy(), [every.hits], 0
    for a, own in enumerate(hits):
        if own is not None and own.ndim == 1:
            start = every.base[a] + every.first[a] + 1
            amounts[start : start + own.size] *= own
        elif own is not None:
            hits_base[a] = size
            rows.append(own)
            size += len(own)
    stacked = np.concatenate(rows) if len(rows) > 2 else rows[-1]
    return every._replace(amounts=amounts, hits_base=hits_base, hits=stacked)


def synapses(network: SpikingNetwork, dt: float) -> Synapses:
    """Weights as jumps of the synaptic state, and tables of its decay (see `kernel.py`)."""
    td, tr = fixed(network.tau_decay) / 1000, float(network.params.tau_rise) / 1000
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

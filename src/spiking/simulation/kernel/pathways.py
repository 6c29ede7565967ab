"""Send spikes to their receivers: at once, or with delays and short-term plasticity.

Numba chooses by the type of `Synapses.pathways`, so that a network without them compiles to what it needs.
"""

from __future__ import annotations

import numpy as np

from spiking.neuron.equations import at
from spiking.simulation.kernel.compiler import nb, overload
from spiking.simulation.kernel.standard_normals import FAST


@nb.njit(fastmath=FAST)
def add_row(row, ipsc, h, lift, unfade):
    """Add what arrives at all neurons to the synaptic state."""
    for j in range(row.size):
        ipsc[j] += row[j] * lift[j]
        h[j] += row[j] * at(unfade, j)


@nb.njit
def _send_later(synapses, state, j, i, factors):
    pathways, slots, elapsed = synapses.pathways, len(state.pending), i - state.latest[j]
    state.latest[j] = i
    for q in range(factors.size - 1):
        used = state.used[q, j] * np.exp(-elapsed * pathways.facilitation[q])
        resources = 1 - (1 - state.resources[q, j]) * np.exp(-elapsed * pathways.recovery[q])
        used += pathways.utilisation[q] * (1 - used)
        factors[q] = used * resources / pathways.utilisation[q]
        state.used[q, j], state.resources[q, j] = used, resources - used * resources
    now = i % slots
    for k in range(synapses.pointers[j], synapses.pointers[j + 1]):
        slot = now + pathways.delays[k]
        slot -= slots if slot >= slots else 0
        state.pending[slot, synapses.indices[k]] += synapses.values[k] * factors[pathways.kinds[k]]
        state.arriving[slot] = True


@nb.njit
def _arrive_later(pending, arriving, i, ipsc, h, lift, unfade, b):
    slot = i % len(pending)
    if arriving[slot]:
        add_row(pending[slot], ipsc, h, lift[b], unfade[b])
        pending[slot] = 0.0
        arriving[slot] = False


def factors_of(pathways):
    """Return room for the factors of the kinds of plasticity and, as the last, of static connections."""


def sends_later(pathways):
    """Return whether there are delays or plasticity, a constant to the compiler."""


def send(pathways, synapses, state, factors, j, i):
    """Send the spike of neuron j at step i to where it arrives."""


def arrive(pathways, pending, arriving, i, ipsc, h, lift, unfade, b):
    """Add what arrives at step i to the synaptic state."""


@overload(factors_of, inline="always")
def _factors_of(pathways):
    if isinstance(pathways, nb.types.NoneType):
        return lambda pathways: None
    return lambda pathways: np.ones(pathways.utilisation.size + 1)


@overload(sends_later, inline="always")
def _sends_later(pathways):
    if isinstance(pathways, nb.types.NoneType):
        return lambda pathways: False
    return lambda pathways: True


@overload(send)
def _send(pathways, synapses, state, factors, j, i):
    if isinstance(pathways, nb.types.NoneType):
        return lambda pathways, synapses, state, factors, j, i: None
    return lambda pathways, synapses, state, factors, j, i: _send_later(synapses, state, j, i, factors)


@overload(arrive, inline="always")
def _arrive(pathways, pending, arriving, i, ipsc, h, lift, unfade, b):
    if isinstance(pathways, nb.types.NoneType):
        return lambda pathways, pending, arriving, i, ipsc, h, lift, unfade, b: None
    return lambda pathways, pending, arriving, i, ipsc, h, lift, unfade, b: _arrive_later(
        pending, arriving, i, ipsc, h, lift, unfade, b
    )

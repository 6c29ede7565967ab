"""The membrane voltages: a step of the neurons' equations, stimulation, and the search for spikes."""

from __future__ import annotations

import numpy as np

from spiking.neuron.equations import NEURONS, at
from spiking.simulation.kernel.adaptation import adaptation_current, adaptation_fades
from spiking.simulation.kernel.compiler import nb, overload
from spiking.simulation.kernel.standard_normals import FAST

_CHUNK = 256  # neurons counted together; only a chunk with a spike is searched for it

_SLOPES = {each.constants: nb.njit(each.slope, fastmath=FAST) for each in NEURONS.values()}


def slope(neuron, v, current, j):
    """Return ``tau_membrane dv/dt`` of neuron j, chosen by the type of `neuron` when Numba compiles."""


@overload(at, inline="always")
def _at(values, j):
    if isinstance(values, nb.types.Array):
        return lambda values, j: values[j]
    return lambda values, j: values


@overload(slope, inline="always")
def _slope(neuron, v, current, j):
    chosen = _SLOPES[neuron.instance_class]
    return lambda neuron, v, current, j: chosen(v, current, neuron, j)


@nb.njit(fastmath=FAST)
def step(
    neuron, v, ipsc, h, decay, rise, drive, release, now, sigma, noise, threshold, adaptation, adapted, base
):
    """Advance all voltages by an Euler step; return how many neurons are at threshold.

    `threshold` is `base`, or an array that is set here if the threshold adapts. Neurons at threshold are
    counted, because sums vectorise and a search does not.
    """
    fired = np.int32(0)
    for j in range(v.size):
        current = ipsc[j] * decay[j] + h[j] * rise[j] + drive[j] - adaptation_current(adaptation, adapted, j)
        adaptation_fades(adaptation, adapted, threshold, base, j)
        free = at(neuron.gain, j) if release[j] <= now else 0.0
        v[j] = v[j] + free * slope(neuron, v[j], current, j) + at(sigma, j) * np.float64(noise[j])
        fired = np.int32(fired + np.int32(v[j] >= at(threshold, j)))
    return fired


@nb.njit(fastmath=FAST)
def push(v, amount, weights, release, latest, threshold):
    """Add to the voltages of neurons released until `latest`; return how many are at threshold."""
    fired = np.int32(0)
    for j in range(v.size):
        v[j] += amount * weights[j] if release[j] <= latest else 0.0
        fired = np.int32(fired + np.int32(v[j] >= at(threshold, j)))
    return fired


@nb.njit(fastmath=FAST)
def push_some(v, amount, weights, hits, release, latest, threshold):
    """Do the same for neurons with ``hits[j] = 1`` only."""
    fired = np.int32(0)
    for j in range(v.size):
        free = amount * weights[j] if release[j] <= latest else 0.0
        v[j] += free * np.float64(hits[j])
        fired = np.int32(fired + np.int32(v[j] >= at(threshold, j)))
    return fired


@nb.njit(fastmath=FAST)
def _count(v, threshold, first, last):
    fired = np.int32(0)
    for j in range(first, last):
        fired = np.int32(fired + np.int32(v[j] >= at(threshold, j)))
    return fired


@nb.njit
def find_spikes(v, threshold, fired):
    """Write the neurons at or above threshold into `fired`; return how many."""
    n_fired = 0
    for first in range(0, v.size, _CHUNK):
        last = min(first + _CHUNK, v.size)
        if _count(v, threshold, first, last) > 0:
            for j in range(first, last):
                if v[j] >= at(threshold, j):
                    fired[n_fired] = j
                    n_fired += 1
    return n_fired

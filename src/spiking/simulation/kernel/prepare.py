"""Prepare the arguments of the kernel: weights as jumps of the synaptic state, tables of its decay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.errors import ArgumentError
from spiking.network.initial_state import SynapticState
from spiking.network.network import SpikingNetwork
from spiking.network.synapses.delays import delay_steps
from spiking.network.synapses.plasticity import ShortTermPlasticity, kinds
from spiking.neuron.equations import NEURONS
from spiking.simulation.kernel.arguments import (
    CHANGE,
    COLUMN,
    Constants,
    CurrentAdaptation,
    KernelStimulation,
    Pathways,
    Synapses,
    ThresholdAdaptation,
    TrialState,
)
from spiking.simulation.resolved_stimulation import ResolvedStimulation
from spiking.typing import Floats

_BLOCK = 16  # longest block, in steps
_BUFFERED = 2048  # normals that are drawn ahead; four rows of `standard_normals`
_TABLE_SIZE = 20_000  # entries of a table (160 kB)
_LONGEST_STEP = 20.0  # in synaptic time constants; beyond, a spike's trace at the base overflows its digits
_FOR_EVER = 1e15  # ms, longer than any run; its steps fit into 64 bits


def fixed(values: ArrayLike, dtype: Any = np.float64) -> NDArray[Any]:
    """Return numbers that the kernel only reads as a contiguous, aligned, read-only array.

    Numba compiles a function again for every type of its arguments, which includes these properties.
    """
    array = np.require(values, dtype, ["C", "A"]).view()
    array.setflags(write=False)
    return array


def constants(
    network: SpikingNetwork, n_steps: int, column_steps: int, dt: float, *, replay: bool
) -> Constants:
    """Constants of a trial, in s and mV; `dt` in s."""
    p, c = network.params, network.constants
    each, own = _each(network), NEURONS[p.neuron].constants
    gain = {"gain": dt / (c.tau_membrane / 1000)}
    return Constants(
        neuron=own(**{name: each(gain.get(name, getattr(c, name, 0.0))) for name in own._fields}),
        adaptation=_adaptation(network, dt),
        n_steps=n_steps,
        dt=dt,
        tref=each(np.minimum(c.refractory, _FOR_EVER) / 1000),
        reset=each(c.reset),
        threshold=each(c.threshold),
        column_steps=column_steps,
        bias=c.bias + network.offset,
        peak=each(c.peak),
        noise=each(c.noise * p.noise_scale(1000 * dt)),
        sparse=not isinstance(network.weights, np.ndarray) or _has_pathways(network),
        replay=replay,
    )


def _adaptation(network: SpikingNetwork, dt: float) -> CurrentAdaptation | ThresholdAdaptation | None:
    given = network.adaptation
    if given is None or network.params.adaptation is None:
        return None
    kind = CurrentAdaptation if network.params.adaptation.acts_on == "current" else ThresholdAdaptation
    each, fade = _each(network), np.exp(-dt / (given.tau / 1000))
    return kind(each(given.jump), each(fade))


def _each(network: SpikingNetwork) -> Callable[[float | Floats], Any]:
    """Return what makes constants numbers, or arrays (N,) if any constant differs between the neurons."""
    if all(np.ndim(value) == 0 for value in (*network.constants, *(network.adaptation or ()))):
        return float
    return lambda value: fixed(np.broadcast_to(value, network.n_neurons))


def start(
    network: SpikingNetwork,
    voltage: NDArray[np.float64],
    state: SynapticState,
    synapses: Synapses,
    lanes: NDArray[np.uint32],
    column_steps: int,
    *,
    replay: bool,
) -> TrialState:
    """Return the state before the first step of a trial; the arguments are kept, and changed.

    Parameters
    ----------
    network : SpikingNetwork
    voltage : array, shape (N,)
        Initial voltages.
    state : SynapticState
    synapses : Synapses
        As from `synapses`.
    lanes : array, shape (4, 256)
        State of the noise's generators.
    column_steps : int
        Steps of a column of the inputs; the first column lasts half as long.
    replay : bool
        Whether the noise is given.
    """
    n, block = voltage.size, len(synapses.decay) - 1
    counters = np.zeros(5, np.int64)
    counters[COLUMN], counters[CHANGE] = -1, column_steps - column_steps // 2
    return TrialState(
        v=voltage,
        **dict(zip(("ipsc", "h", "r", "hr"), state, strict=True)),
        **{name: np.zeros(n) for name in ("drive", "t_last", "release", "adapted")},
        out=np.zeros((network.n_outputs, block + 1)),
        lanes=lanes,
        buffer=np.empty(0 if replay else n + _BUFFERED, np.float32),
        counters=counters,
        **_pathway_state(synapses.pathways, n),
    )


def _pathway_state(pathways: Pathways | None, n: int) -> dict[str, Any]:
    kinds = 0 if pathways is None else pathways.utilisation.size
    slots = 0 if pathways is None else int(pathways.delays.max(initial=0)) + 1
    return {
        "pending": np.zeros((slots, n)),
        "arriving": np.zeros(slots, np.bool_),
        "resources": np.ones((kinds, n)),
        "used": np.zeros((kinds, n)),
        "latest": np.zeros(0 if pathways is None else n, np.int64),
    }


def stimulation(
    resolved: Sequence[ResolvedStimulation], n_neurons: int, gain: float | Floats
) -> KernelStimulation:
    """Return stimulations and currents as if they acted at every step; `gain` is dt/tau_membrane."""
    sizes = np.array([item.amounts.size for item in resolved], np.int64)
    first = np.array([item.first for item in resolved], np.int64)
    weights = np.zeros((len(resolved), n_neurons))
    for row, item in zip(weights, resolved, strict=True):
        row[item.units] = item.weights
        if item.on_current and np.ndim(gain):
            row *= gain
    shared = 1.0 if np.ndim(gain) else gain
    return KernelStimulation(
        first=first,
        last=first + sizes,
        base=np.cumsum(sizes) - sizes - first - 1,
        amounts=np.concatenate(
            [np.empty(0), *(item.amounts * (shared if item.on_current else 1.0) for item in resolved)]
        ),
        weights=weights,
        on_current=np.array([item.on_current for item in resolved], np.bool_),
        hits_base=np.full(len(resolved), -1),
        hits=np.empty((0, n_neurons), np.bool_),
    )


def with_hits(always: KernelStimulation, hits: Sequence[NDArray[np.bool_] | None]) -> KernelStimulation:
    """Return the stimulation of one trial, which acts where `hits` says (see `TrialRandoms.hits`)."""
    if all(acts is None for acts in hits):
        return always
    amounts, hits_base, rows, size = always.amounts.copy(), always.hits_base.copy(), [always.hits], 0
    for a, acts in enumerate(hits):
        if acts is not None and acts.ndim == 1:
            start = always.base[a] + always.first[a] + 1
            amounts[start : start + acts.size] *= acts
        elif acts is not None:
            hits_base[a] = size
            rows.append(acts)
            size += len(acts)
    stacked = np.concatenate(rows) if len(rows) > 2 else rows[-1]
    return always._replace(amounts=amounts, hits_base=hits_base, hits=stacked)


def synapses(network: SpikingNetwork, dt: float) -> Synapses:
    """Weights as jumps of the synaptic state, and tables of its decay (see `spiking.simulation.kernel`)."""
    td, tr = fixed(network.tau_decay) / 1000, _each(network)(network.constants.tau_rise) / 1000
    single = network.params.synapse == "single_exponential"
    jump = 1 / td if single else 1 / (tr * td)
    steps = np.arange(_block_steps(network, dt) + 1)
    by_neuron = steps[:, np.newaxis]
    decay, fade = np.exp(-dt / td * by_neuron), np.exp(-dt / tr * (by_neuron if np.ndim(tr) else steps))
    rise = np.zeros_like(decay)
    if not single:
        for b in steps[1:]:
            rise[b] = rise[b - 1] * decay[1] + dt * fade[b - 1]
    unfade = np.zeros_like(fade) if single else 1 / fade
    lift = 1 / decay if single else -rise / (decay * (fade if np.ndim(tr) else fade[:, np.newaxis]))
    rows, empty = np.empty((0, 0)), np.empty(0)
    pointers, indices, values = empty.astype(np.int64), empty.astype(np.int32), empty
    weights = _sparse(network.weights) if _has_pathways(network) else network.weights
    if isinstance(weights, np.ndarray):
        rows = np.ascontiguousarray((weights * jump[:, np.newaxis]).T, np.float64)
    else:
        pointers, indices = weights.indptr.astype(np.int64), weights.indices.astype(np.int32)
        values = np.asarray(weights.data * jump[indices], np.float64)
    pathways = _pathways(network, dt, pointers, indices) if _has_pathways(network) else None
    return Synapses(rows, pointers, indices, values, jump, decay, rise, lift, fade, unfade, pathways)


def _has_pathways(network: SpikingNetwork) -> bool:
    return bool(network.plasticity) or bool(network.delays.any())


def _sparse(weights: Any) -> Any:
    from scipy.sparse import csc_array

    return csc_array(weights)


def _pathways(
    network: SpikingNetwork, dt: float, pointers: NDArray[np.int64], indices: NDArray[np.int32]
) -> Pathways:
    n = network.n_neurons
    senders = np.repeat(np.arange(n), np.diff(pointers))
    delays = np.broadcast_to(network.delays, (n, n))[indices, senders]
    which = kinds(network.plasticity, n, indices, senders)
    plastic = [each.plasticity or ShortTermPlasticity() for each in network.plasticity]
    with np.errstate(divide="ignore"):  # of a time constant of 0 nothing is left after a step
        recovery, facilitation = (
            1000 * dt / np.array([getattr(each, name) for each in plastic], np.float64)
            for name in ("recovery", "facilitation")
        )
    return Pathways(
        delays=delay_steps(delays, 1000 * dt),
        kinds=np.where(which < 0, len(plastic), which).astype(np.int64),
        utilisation=np.array([each.utilisation for each in plastic], np.float64),
        recovery=recovery,
        facilitation=facilitation,
    )


def _block_steps(network: SpikingNetwork, dt: float) -> int:
    """Return the steps of a block: tables fit into the cache, and nothing decays by more than a factor e."""
    fastest = float(network.tau_decay.min())
    if network.params.synapse == "double_exponential":
        fastest = min(fastest, float(np.min(network.constants.tau_rise)))
    if 1000 * dt > _LONGEST_STEP * fastest:
        raise ArgumentError(
            f"the time step is {1000 * dt:g} ms, more than {_LONGEST_STEP:g} times the shortest "
            f"synaptic time constant, {fastest:g} ms; use a smaller downsample, "
            f"or synapse='single_exponential' if the rise is that short"
        )
    return max(1, min(_BLOCK, _TABLE_SIZE // network.n_neurons, int(fastest / (1000 * dt))))

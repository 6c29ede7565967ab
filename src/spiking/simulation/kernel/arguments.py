"""The arguments of the kernel: named tuples, whose types Numba compiles `run_trial` for."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class CurrentAdaptation(NamedTuple):
    """Adaptation of the current; `fade` is what is left of it after a step."""

    jump: float | np.ndarray
    fade: float | np.ndarray


class ThresholdAdaptation(NamedTuple):
    """Adaptation of the threshold."""

    jump: float | np.ndarray
    fade: float | np.ndarray


class Constants(NamedTuple):
    """Constants of a trial, in s and mV. `n_steps` is the step to end with, `bias` has shape (N,).

    Those of the neurons are numbers, or all are arrays (N,) if neurons differ: Numba compiles `run_trial`
    for each of the two, as for each neuron of `spiking.neuron.equations` and each kind of adaptation.
    """

    neuron: Any  # `Equations.constants` of the neuron
    adaptation: CurrentAdaptation | ThresholdAdaptation | None
    n_steps: int
    dt: float
    tref: float | np.ndarray
    reset: float | np.ndarray
    threshold: float | np.ndarray
    column_steps: int
    bias: np.ndarray
    peak: float | np.ndarray
    noise: float | np.ndarray
    sparse: bool
    replay: bool


class Pathways(NamedTuple):
    """Delays and short-term plasticity of the connections, in the order of `Synapses.values`.

    `delays` (connections,) are in steps; `kinds` (connections,) is the number of the plasticity of each: of
    those in `utilisation`, `recovery` and `facilitation` (kinds,), both in 1/step, or the one after the last
    where there is none.
    """

    delays: np.ndarray
    kinds: np.ndarray
    utilisation: np.ndarray
    recovery: np.ndarray
    facilitation: np.ndarray


class Synapses(NamedTuple):
    """Weights by presynaptic neuron, dense (rows) or sparse (pointers, indices, values), and tables.

    The tables `decay`, `rise` and `lift` have shape (block + 1, N), `fade` and `unfade` (block + 1,), or
    (block + 1, N) if neurons differ. With `pathways` the weights are sparse.
    """

    rows: np.ndarray
    pointers: np.ndarray
    indices: np.ndarray
    values: np.ndarray
    trace_jump: np.ndarray
    decay: np.ndarray
    rise: np.ndarray
    lift: np.ndarray
    fade: np.ndarray
    unfade: np.ndarray
    pathways: Pathways | None


class KernelStimulation(NamedTuple):
    """Stimulations and currents: number a adds to the voltages after the steps first[a] < i <= last[a].

    It adds ``amounts[base[a] + i] weights[a]``. Amounts are 0 at steps at which it does not act, and include
    the factor dt/tm if `on_current`, where refractory neurons receive nothing. If ``hits_base[a] >= 0`` each
    neuron has its own coin: `hits` has a row of 0 and 1 for each step.
    """

    first: np.ndarray
    last: np.ndarray
    base: np.ndarray
    amounts: np.ndarray
    weights: np.ndarray
    on_current: np.ndarray
    hits_base: np.ndarray
    hits: np.ndarray


class Recording(NamedTuple):
    """Samples of one quantity: every `every` steps (0: none) of `units`, into `samples`, (samples, units).

    The first of `samples` is number `first` of the trial, from 0.
    """

    every: int
    units: np.ndarray
    samples: np.ndarray
    first: int


# What `TrialState.counters` holds
STEP, COLUMN, CHANGE, POSITION, FILLED = range(5)


class TrialState(NamedTuple):
    """The state of a trial between two steps; the kernel changes these arrays and goes on from them.

    `v` (N,) are the voltages; `ipsc`, `h`, `r` and `hr` (N,) the synaptic state at the base of the block;
    `out` (n_outputs, block + 1) the outputs in this block; `drive` (N,) the constant part of the current;
    `t_last` and `release` (N,) the last spikes (s) and the steps of release from refractoriness; `lanes` the
    noise state; `buffer` normals that were drawn ahead. `counters` are the finished steps; the column of the
    inputs (-1: the first is still to come) and the step at which the next begins; and the place in the
    buffer, and how much of it is filled. `adapted` (N,) is w of the adaptation.

    Of pathways, empty without: `pending` (longest delay + 1, N) are the jumps that arrive at later steps, in
    a ring, and `arriving` says in which rows there are any. `resources` and `used` (kinds, N) are x and u
    after the last spike of each neuron, at step `latest` (N,).
    """

    v: np.ndarray
    ipsc: np.ndarray
    h: np.ndarray
    r: np.ndarray
    hr: np.ndarray
    out: np.ndarray
    drive: np.ndarray
    t_last: np.ndarray
    release: np.ndarray
    lanes: np.ndarray
    buffer: np.ndarray
    counters: np.ndarray
    adapted: np.ndarray
    pending: np.ndarray
    arriving: np.ndarray
    resources: np.ndarray
    used: np.ndarray
    latest: np.ndarray

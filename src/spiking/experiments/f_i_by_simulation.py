"""The f-I curve of a spiking unit by simulation, where theory does not hold."""

from __future__ import annotations

import numpy as np

from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.simulation.record import Record
from spiking.simulation.simulate import simulate
from spiking.timing import TIME_STEP_MS
from spiking.typing import Floats

_TRIALS, _TRIAL_MS, _SETTLING_MS = 100, 1200.0, 200.0  # of a simulation


def simulated(params: LIFParams, currents: Floats, downsample: int) -> tuple[Floats, Floats]:
    """Return rates and their standard errors, of unconnected units that differ in their current."""
    n = currents.size
    nobody = np.zeros(n, np.bool_)
    network = SpikingNetwork(
        weights=np.zeros((n, n)),
        w_in=np.zeros((n, 1)),
        readout=np.zeros((1, n)),
        tau_decay=np.full(n, 20.0),
        populations={"exc": ~nobody, "inh": nobody, "som": nobody, "pv": nobody},
        params=params,
        scaling_factor=1.0,
        offset=currents,
    )
    step = TIME_STEP_MS * downsample
    settling, duration = (step * round(time / step) for time in (_SETTLING_MS, _TRIAL_MS))
    run = simulate(
        network,
        np.zeros((1, 2)),
        seed=1,
        trials=_TRIALS,
        input_interval=duration,
        downsample=downsample,
        record=Record(output=False, spikes=True),
    )
    assert run.spikes is not None
    late = (run.spikes.step + 1) * run.time_step > settling
    places = run.spikes.trial[late].astype(np.int64) * n + run.spikes.neuron[late]
    counts = np.bincount(places, minlength=_TRIALS * n).reshape(_TRIALS, n)
    rates = counts / (duration - settling) * 1000
    return rates.mean(axis=0), rates.std(axis=0, ddof=1) / np.sqrt(_TRIALS)

"""Measure the f-I curve of a spiking unit by simulation, where the theory does not apply."""

from __future__ import annotations

import numpy as np

from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.simulation.record import Record
from spiking.simulation.simulate import simulate
from spiking.timing import TIME_STEP_MS
from spiking.typing import Floats

_TRIALS, _TRIAL_MS, _SETTLING_MS = 100, 1200.0, 200.0  # spikes before the settling time are not counted


def simulated(params: LIFParams, currents: Floats, downsample: int) -> tuple[Floats, Floats]:
    """Return the rates and their standard errors of unconnected units, one for each current.

    Parameters
    ----------
    params : LIFParams
    currents : array, shape (n,)
        Constant input currents.
    downsample : int
        As in `simulate`.

    Returns
    -------
    rates, errors : array, shape (n,)
        In Hz.
    """
    n = currents.size
    no_units = np.zeros(n, np.bool_)
    network = SpikingNetwork(
        weights=np.zeros((n, n)),
        w_in=np.zeros((n, 1)),
        readout=np.zeros((1, n)),
        tau_decay=np.full(n, 20.0),
        populations={"exc": ~no_units, "inh": no_units, "som": no_units, "pv": no_units},
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
    settled = (run.spikes.step + 1) * run.time_step > settling
    indices = run.spikes.trial[settled].astype(np.int64) * n + run.spikes.neuron[settled]
    counts = np.bincount(indices, minlength=_TRIALS * n).reshape(_TRIALS, n)
    rates = counts / (duration - settling) * 1000
    return rates.mean(axis=0), rates.std(axis=0, ddof=1) / np.sqrt(_TRIALS)

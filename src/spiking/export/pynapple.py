"""Export simulations as pynapple objects."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.export.parts import (
    channel_neurons,
    population_names,
    recorded_spikes,
    sampled,
    spike_trains,
    trial_starts,
    trial_table,
)
from spiking.optional import library
from spiking.simulation.result import Simulation


class PynappleData(NamedTuple):
    """A simulation as pynapple objects on one time line, in s.

    Attributes
    ----------
    units : pynapple.TsGroup
        Spike times of the recorded neurons, with their ``population`` and ``rate_hz``. The spikes
        include those in the first 9 steps of each trial, from random initial voltages; ``rate_hz``, that of
        `Simulation.rates`, leaves them out, and pynapple's own ``rates`` do not.
    trials : pynapple.IntervalSet
        Start and end of each trial, with its number, ``trial``, ``condition`` and ``correct``.
    signals : dict of str to pynapple.TsdFrame
        ``output``, ``voltage``, ``currents`` and ``filtered_rates``, if recorded; columns are channels or
        neurons.
    """

    units: Any
    trials: Any
    signals: dict[str, Any]


@check_arguments()
def to_pynapple(simulation: Simulation, *, gap: float = 1000.0) -> PynappleData:
    """Return a simulation as pynapple objects, with the trials one after another.

    Parameters
    ----------
    simulation : Simulation
        With spikes recorded.
    gap : float
        Time between the end of a trial and the start of the next, in ms.

    Returns
    -------
    PynappleData

    Raises
    ------
    ArgumentError
        pynapple is not installed, spikes were not recorded, or the gap is negative.

    Examples
    --------
    >>> from spiking import Record, SpikingNetwork, datasets, export, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> record = Record(spikes=True, interval=1.0)
    >>> run = simulate(network, tasks.get("go-nogo"), trials=2, seed=1, record=record)
    >>> data = export.to_pynapple(run)
    >>> len(data.units)
    200
    """
    nap = library("pynapple", "export", "to_pynapple")
    spikes = recorded_spikes(simulation, "to_pynapple")
    starts = trial_starts(simulation, gap)
    trials = nap.IntervalSet(starts, starts + simulation.duration / 1000, metadata=trial_table(simulation))
    trains = spike_trains(simulation, spikes, starts)
    recorded = channel_neurons(simulation, "spikes")
    populations = population_names(simulation.network)
    units = nap.TsGroup(
        {unit: nap.Ts(trains[unit], time_support=trials) for unit in recorded},
        time_support=trials,
        metadata={
            "population": [populations[unit] for unit in recorded],
            "rate_hz": np.asarray(simulation.rates).mean(axis=0)[recorded],
        },
    )
    signals = {}
    for name in sampled(simulation):
        times = (starts[:, np.newaxis] + simulation.times(name) / 1000).ravel()
        values = np.asarray(getattr(simulation, name)).swapaxes(1, 2)
        signals[name] = nap.TsdFrame(
            times, values.reshape(times.size, -1), columns=channel_neurons(simulation, name)
        )
    return PynappleData(units, trials, signals)

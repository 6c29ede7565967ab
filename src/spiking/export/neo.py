"""Export simulations as Neo blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.export.parts import (
    UNITS,
    channel_neurons,
    column_times,
    inputs_of,
    population_names,
    recorded_spikes,
    sampled,
    settings,
    trial_table,
)
from spiking.optional import library
from spiking.simulation.result import Simulation


@check_arguments()
def to_neo(simulation: Simulation) -> Any:
    """Return a simulation as a Neo block, for example for Elephant, with one segment per trial.

    Each segment is annotated with trial number, condition and correctness. It holds a spike train for each
    neuron, annotated with ``neuron`` and ``population``, and an analog signal for each recorded quantity and
    for the inputs. The annotation ``initial_spikes`` of the block says how many spikes are in the first 9
    steps of the trials, from random initial voltages; `Simulation.rates` leave them out.

    Parameters
    ----------
    simulation : Simulation
        With spikes recorded.

    Returns
    -------
    neo.Block

    Raises
    ------
    ArgumentError
        Neo is not installed, or spikes were not recorded.

    Examples
    --------
    >>> from spiking import Record, SpikingNetwork, datasets, export, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> record = Record(spikes=True, interval=1.0)
    >>> run = simulate(network, tasks.get("go-nogo"), trials=2, seed=1, record=record)
    >>> block = export.to_neo(run)
    >>> len(block.segments)
    2
    """
    neo, quantities = library("neo", "export", "to_neo"), library("quantities", "export", "to_neo")
    spikes = recorded_spikes(simulation, "to_neo")
    network, populations = simulation.network, population_names(simulation.network)
    recorded = channel_neurons(simulation, "spikes")
    trials = trial_table(simulation)
    block = neo.Block(name="spiking network", **settings(simulation))
    for k in range(len(simulation.trials)):
        segment = neo.Segment(
            name=f"trial {simulation.trials[k]}",
            index=k,
            **{name: _plain(values[k]) for name, values in trials.items()},
        )
        neuron, time = spikes.of_trial(k)
        order = np.argsort(neuron, kind="stable")
        bounds = np.searchsorted(neuron[order], np.arange(network.n_neurons + 1))
        for unit in recorded:
            indices = order[bounds[unit] : bounds[unit + 1]]
            train = neo.SpikeTrain(
                time[indices],
                units="ms",
                t_start=0.0,
                t_stop=simulation.duration,
                name=f"neuron {unit}",
                neuron=unit,
                population=populations[unit],
            )
            segment.spiketrains.append(train)
        for name in sampled(simulation):
            interval = simulation.record.stride(name, simulation.time_step) * simulation.time_step
            signal = neo.AnalogSignal(
                np.asarray(getattr(simulation, name)[k]).T,
                units=UNITS.get(name, "dimensionless"),
                t_start=interval * quantities.ms,
                sampling_period=interval * quantities.ms,
                name=name,
                channels=channel_neurons(simulation, name),
            )
            segment.analogsignals.append(signal)
        if simulation.inputs is not None:
            signal = neo.AnalogSignal(
                inputs_of(simulation, k).T,
                units="dimensionless",
                t_start=0.0 * quantities.ms,
                sampling_period=column_times(simulation)[1] * quantities.ms,
                name="inputs",
            )
            segment.analogsignals.append(signal)
        block.segments.append(segment)
    return block


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value

"""Functions that the exports share: spikes, populations, times, tables of trials, and settings."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import numpy as np

import spiking
from spiking.errors import ArgumentError
from spiking.network.describe import changes_words
from spiking.network.network import SpikingNetwork
from spiking.simulation.result import INITIAL, Simulation, Spikes
from spiking.simulation.storage.hdf5 import SAMPLED
from spiking.tasks.recorded.identity import as_json_value
from spiking.tasks.recorded.record import recorded_task
from spiking.timing import STEPS_NOT_COUNTED
from spiking.typing import Floats

UNITS = MappingProxyType({"filtered_rates": "1/s", "voltage": "mV", "currents": "mV"})  # the output has none

RATES = f"Mean rates over the trial, without the spikes of its first {STEPS_NOT_COUNTED} steps"


def recorded_spikes(simulation: Simulation, function: str) -> Spikes:
    """Return the spikes, or raise ArgumentError if they were not recorded."""
    if simulation.spikes is None:
        raise ArgumentError(
            f"{function} needs spikes, which were not recorded; simulate with record=Record(spikes=True)"
        )
    return simulation.spikes


def spikes_words(simulation: Simulation) -> str:
    """Return what a reader of the spikes must know: how many of them rates leave out, and why."""
    assert simulation.spikes is not None
    total, initial = len(simulation.spikes), simulation.spikes.n_initial
    return f"{initial} of {total} spikes are {INITIAL}"


def sampled(simulation: Simulation) -> list[str]:
    """Return the names of the recorded quantities, the output first."""
    return [name for name in SAMPLED if getattr(simulation, name) is not None]


def population_names(network: SpikingNetwork) -> list[str]:
    """Return the population of each neuron: exc, sst or pv; or exc or inh, if the model has no SST units."""
    masks = network.populations
    inhibitory = "pv" if masks["som"].any() else "inh"
    return [
        "sst" if som else inhibitory if inh else "exc"
        for som, inh in zip(masks["som"], masks["inh"], strict=True)
    ]


def channel_neurons(simulation: Simulation, name: str) -> list[int]:
    """Return the recorded neurons of ``spikes`` or another quantity; of ``output`` the channels."""
    if name == "output":
        return list(range(simulation.network.n_outputs))
    return [int(unit) for unit in simulation.record.neurons(name, simulation.network.populations)]


def column_times(simulation: Simulation) -> Floats:
    """Return the central time of each column of the inputs, in ms."""
    assert simulation.inputs is not None
    return np.linspace(0.0, simulation.duration, simulation.inputs.shape[-1])


def inputs_of(simulation: Simulation, trial: int) -> Floats:
    """Return the inputs of the trial at a position, shape (n_inputs, columns)."""
    assert simulation.inputs is not None
    return np.asarray(simulation.inputs if simulation.inputs.ndim == 2 else simulation.inputs[trial])


def trial_starts(simulation: Simulation, gap: float) -> Floats:
    """Return the start times in s of trials that follow one another with gaps of `gap` ms."""
    if not (np.isfinite(gap) and gap >= 0):
        raise ArgumentError(f"gap is {gap!r}; expected a time in ms, 0 or more")
    return np.arange(float(len(simulation.trials))) * np.float64((simulation.duration + gap) / 1000)


def spike_trains(simulation: Simulation, spikes: Spikes, starts: Floats) -> list[Floats]:
    """Return the spike times of each neuron in s, for trials that start at `starts`."""
    neuron = np.asarray(spikes.neuron)
    times = starts[np.asarray(spikes.trial)] + spikes.time / 1000
    order = np.argsort(neuron, kind="stable")  # by trial and time within each neuron
    ends = np.searchsorted(neuron[order], np.arange(1, simulation.network.n_neurons))
    return np.split(times[order], ends)


def trial_table(simulation: Simulation) -> dict[str, Any]:
    """Return number (``trial``), condition and correctness of trials, as far as they are recorded."""
    table: dict[str, Any] = {"trial": simulation.trials}
    if simulation.conditions is not None:
        table["condition"] = list(simulation.conditions)
    if simulation.correct is not None:
        table["correct"] = np.asarray(simulation.correct)
    return table


def settings(simulation: Simulation) -> dict[str, Any]:
    """Return the metadata as texts and numbers; `task_settings` and `parameters` are JSON."""
    conversion = simulation.network.conversion
    values = {
        "source": f"spiking {spiking.__version__}",
        "seed": None if simulation.seed is None else str(simulation.seed),
        "task": simulation.task,
        **_task(simulation),
        "conversion": "published" if conversion is None else conversion.kind,
        "conversion_in_words": None if conversion is None else str(conversion),
        "scaling_factor": simulation.network.scaling_factor,
        "gain": 1.0 if conversion is None else conversion.gain,
        "changes": "; ".join(changes_words(simulation.network)) or None,
        "stimulation": "; ".join(simulation.stimulation) or None,
        "duration_ms": simulation.duration if simulation.trial_steps is None else None,
        "time_step_ms": simulation.time_step,
        "parameters": json.dumps(simulation.network.params.as_json(), default=float),
    }
    if simulation.spikes is not None:
        values["initial_spikes"] = spikes_words(simulation)
    return {name: value for name, value in values.items() if value is not None}


def _task(simulation: Simulation) -> dict[str, Any]:
    """Return the settings of the task that was run, and when a trial is correct, as far as it is known.

    A task of a file is not known: the file is run only if its user names it.
    """
    record = simulation.network.task
    if record is None or record.name != simulation.task:
        return {}
    recorded = {name: as_json_value(value) for name, value in record.settings.items()}
    try:
        task = recorded_task(record, "the network")
    except ArgumentError:
        task = None
    rule = task.rule() if task is not None and task.scored else None
    return {"task_settings": json.dumps(recorded), "task_file": record.file, "rule": rule}

"""Export simulations as xarray datasets."""

from __future__ import annotations

from typing import Any

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.export.parts import (
    RATES,
    UNITS,
    channel_neurons,
    column_times,
    population_names,
    sampled,
    settings,
    spikes_words,
    trial_table,
)
from spiking.optional import library
from spiking.simulation.result import Simulation

_RATES = {"units": "Hz", "description": RATES}


@check_arguments()
def to_xarray(simulation: Simulation) -> Any:
    """Return all recorded quantities as one xarray Dataset in memory.

    Dimensions are ``trial`` (labelled with trial numbers), ``neuron``, ``channel`` (of the output), ``time``
    in ms, and ``spike`` for the events ``spike_trial``, ``spike_neuron`` and ``spike_time``. A quantity that
    was recorded at other times than the output, or for some neurons only, has its own dimensions, such as
    ``time_voltage`` and ``neuron_voltage``. ``condition``, ``correct`` and ``population`` are coordinates:
    ``data.output.groupby("condition").mean()``. ``spike_initial`` marks the spikes in the first 9 steps of a
    trial, from random initial voltages, which ``rates`` leaves out.

    Parameters
    ----------
    simulation : Simulation

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    ArgumentError
        xarray is not installed.

    Examples
    --------
    >>> from spiking import Record, SpikingNetwork, datasets, export, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> record = Record(spikes=True, interval=1.0)
    >>> run = simulate(network, tasks.get("go-nogo"), trials=2, seed=1, record=record)
    >>> export.to_xarray(run)["output"].sizes["trial"]
    2
    """
    xarray = library("xarray", "export", "to_xarray")
    n = simulation.network.n_neurons
    table = trial_table(simulation)
    coordinates: dict[str, Any] = {
        "trial": table.pop("trial"),
        "neuron": np.arange(n),
        "population": ("neuron", population_names(simulation.network)),
        **{name: ("trial", values) for name, values in table.items()},
    }
    data: dict[str, Any] = {
        "rates": (("trial", "neuron"), np.asarray(simulation.rates), _RATES),
        "tau_decay": ("neuron", simulation.network.tau_decay, {"units": "ms"}),
    }
    for name in sampled(simulation):
        channel, neurons, times = "channel", channel_neurons(simulation, name), simulation.times(name)
        if name != "output":
            channel = "neuron" if neurons == list(range(n)) else f"neuron_{name}"
        time = "time"
        if "time" in coordinates and not np.array_equal(coordinates["time"][1], times):
            time = f"time_{name}"
        coordinates[channel], coordinates[time] = neurons, (time, times, {"units": "ms"})
        values = np.asarray(getattr(simulation, name))
        data[name] = (("trial", channel, time), values, {"units": UNITS.get(name, "1")})
    if simulation.inputs is not None:
        coordinates["column"] = ("column", column_times(simulation), {"units": "ms"})
        dimensions = ("trial", "input", "column") if simulation.inputs.ndim == 3 else ("input", "column")
        data["inputs"] = (dimensions, np.asarray(simulation.inputs))
    if simulation.spikes is not None:
        spikes = simulation.spikes
        data["spike_trial"] = ("spike", simulation.trials[np.asarray(spikes.trial)])
        data["spike_neuron"] = ("spike", np.asarray(spikes.neuron))
        data["spike_time"] = ("spike", spikes.time, {"units": "ms", "description": spikes_words(simulation)})
        data["spike_initial"] = ("spike", spikes.initial)
    return xarray.Dataset(data, coordinates, settings(simulation))

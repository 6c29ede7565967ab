"""Export simulations as pandas tables, and as CSV files."""

from __future__ import annotations

import os
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import file_path
from spiking.errors import ArgumentError
from spiking.export.parts import population_names, recorded_spikes, settings, trial_table
from spiking.files.escape import csv_text
from spiking.files.output import check_output, write_whole
from spiking.optional import library
from spiking.simulation.result import Simulation

_TABLES = ("spikes", "trials", "neurons", "rates", "output")


@check_arguments()
def to_pandas(
    simulation: Simulation, table: Literal["spikes", "trials", "neurons", "rates", "output"] = "spikes"
) -> Any:
    """Return one table of a simulation as a pandas DataFrame, with units in the names of the columns.

    The settings of the simulation are in its ``attrs``.

    Parameters
    ----------
    simulation : Simulation
    table : {"spikes", "trials", "neurons", "rates", "output"}
        ``spikes``: one row per spike, with trial number and neuron (from 0), population, ``time_ms`` and
        ``initial``: whether it is in the first 9 steps of the trial, from random initial voltages; rates
        leave these out.
        ``trials``: one row per trial, with its number, condition and correctness (of a task) and mean
        ``rate_hz`` without lesioned neurons. ``neurons``: one row per neuron, with population,
        ``tau_decay_ms`` and mean ``rate_hz``. ``rates``: one row per trial and neuron, with ``rate_hz``.
        ``output``: one row per trial, channel and sample, with ``time_ms``.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ArgumentError
        pandas is not installed, the table is unknown, or its quantity was not recorded.

    Examples
    --------
    >>> from spiking import Record, SpikingNetwork, datasets, export, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> record = Record(spikes=True, interval=1.0)
    >>> run = simulate(network, tasks.get("go-nogo"), trials=2, seed=1, record=record)
    >>> export.to_pandas(run, "neurons").shape[0]
    200
    """
    pandas = library("pandas", "export", "to_pandas")
    frame = pandas.DataFrame(_columns(simulation, table, "to_pandas"))
    if "population" in frame:
        frame["population"] = frame["population"].astype("category")
    frame.attrs = settings(simulation)
    return frame


def _columns(simulation: Simulation, table: str, needs: str) -> dict[str, NDArray[Any]]:
    """Return the columns of a table; `needs` is the function that a message about missing values names."""
    if table not in _TABLES:
        raise ArgumentError(f"table is {table!r}; expected one of {', '.join(_TABLES)}")
    network, numbers = simulation.network, simulation.trials
    population = np.array(population_names(network))
    neurons = np.arange(network.n_neurons)
    if table == "spikes":
        spikes = recorded_spikes(simulation, needs)
        neuron = np.asarray(spikes.neuron)
        return {
            "trial": numbers[np.asarray(spikes.trial)],
            "neuron": neuron,
            "population": population[neuron],
            "time_ms": np.asarray(spikes.time),
            "initial": spikes.initial,
        }
    rates = np.asarray(simulation.rates)
    if table == "trials":
        return trial_table(simulation) | {"rate_hz": np.nanmean(rates, axis=1)}
    if table == "neurons":
        return {
            "neuron": neurons,
            "population": population,
            "tau_decay_ms": np.asarray(network.tau_decay),
            "rate_hz": rates.mean(axis=0),
        }
    if table == "rates":
        return {
            "trial": np.repeat(numbers, neurons.size),
            "neuron": np.tile(neurons, numbers.size),
            "population": population[np.tile(neurons, numbers.size)],
            "rate_hz": rates.ravel(),
        }
    if simulation.output is None:
        raise ArgumentError(
            f"{needs} needs the output, which was not recorded; simulate with record=Record(output=True)"
        )
    trials, channels, samples = simulation.output.shape
    return {
        "trial": np.repeat(numbers, channels * samples),
        "channel": np.tile(np.repeat(np.arange(channels), samples), trials),
        "time_ms": np.tile(simulation.time, trials * channels),
        "output": np.asarray(simulation.output).ravel(),
    }


@check_arguments()
def to_csv(
    simulation: Simulation,
    path: str | os.PathLike[str],
    table: Literal["spikes", "trials", "neurons", "rates", "output"] = "spikes",
    *,
    force: bool = False,
) -> None:
    """Write a table of a simulation as a CSV file, with units in the names of the columns.

    Trials and neurons are counted from 0, as everywhere except in MATLAB files.

    Parameters
    ----------
    simulation : Simulation
    path : str or path-like
        Such as ``spikes.csv``; written completely or not at all.
    table : {"spikes", "trials", "neurons", "rates", "output"}
        As in `to_pandas`, with the same columns.
    force : bool
        Replace an existing file.

    Raises
    ------
    ArgumentError
        The quantity was not recorded, the file exists already, or it cannot be written.

    Examples
    --------
    >>> from spiking import Record, SpikingNetwork, datasets, export, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> run = simulate(network, tasks.get("go-nogo"), trials=2, seed=1, record=Record(spikes=True))
    >>> export.to_csv(run, "spikes.csv")
    """
    target = file_path("path", path)
    check_output(target, (".csv",), force=force)
    columns = _columns(simulation, table, "to_csv")
    rows = zip(*(np.asarray(column).tolist() for column in columns.values()), strict=True)
    cells = (["" if value != value else value for value in row] for row in rows)  # NaN
    text = csv_text([*columns], cells)
    write_whole(target, lambda stream: stream.write(text.encode()))

"""Export simulations as files of Neurodata Without Borders (NWB)."""

from __future__ import annotations

import difflib
import os
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spiking
from spiking.check_arguments import check_arguments
from spiking.checks import file_path, shown
from spiking.errors import ArgumentError, ModelFileError
from spiking.export.parts import (
    RATES,
    channel_neurons,
    column_times,
    inputs_of,
    population_names,
    recorded_spikes,
    sampled,
    settings,
    spike_trains,
    spikes_words,
    trial_starts,
    trial_table,
)
from spiking.files.atomic import replace_file
from spiking.files.hdf5.write import write_hdf5
from spiking.files.output import check_output
from spiking.optional import library
from spiking.simulation.result import Simulation

# NWB requires a species; this is "synthetic construct".
_SPECIES = "http://purl.obolibrary.org/obo/NCBITaxon_32630"
_POPULATIONS = "exc: excitatory; sst and pv: inhibitory; inh: inhibitory, if these are not distinguished"
# of a person, as DANDI and NWB Inspector expect it
_PERSON = re.compile(r"[\w\s\-.']+,\s+[\w\s\-.']+")
_LISTS = ("experimenter", "keywords", "related_publications")
METADATA = (
    *("experimenter", "institution", "lab", "related_publications", "keywords"),
    *("session_id", "session_description", "experiment_description", "identifier"),
)
_DOI = ("doi:", "http://dx.doi.org/", "https://doi.org/")
_BARE_DOI = re.compile(r"10\.\d{4,9}/\S+")
_ROWS = 2**16  # of a signal, in memory at once
_SIGNALS = {  # unit, factor of the conversion to this unit, description
    "output": ("a.u.", 1.0, "Readout of the network, one column per channel."),
    "filtered_rates": ("hertz", 1.0, "Spikes filtered by the synapse, one column per neuron"),
    "voltage": ("volts", 1e-3, "Membrane voltage, at a spike the peak, one column per neuron"),
    "currents": ("volts", 1e-3, "Recurrent synaptic current times resistance, one column per neuron"),
}


@check_arguments()
def to_nwb(
    simulation: Simulation,
    path: str | os.PathLike[str],
    *,
    session_start_time: datetime | None = None,
    gap: float = 1000.0,
    metadata: Mapping[str, Any] | None = None,
    force: bool = False,
) -> None:
    """Write a simulation as an NWB file.

    The trials are placed one after another on a single time line, in s. The file has ``units`` (spike times,
    the trials as observation intervals, population and mean ``rate_hz``), ``trials`` (trial number, condition
    and correctness), the inputs as stimulus, the output and other recorded quantities as acquisition, and in
    the processing module ``misc`` a table ``neurons`` with population, decay time constant, constant current
    and all weights. The task with its settings and rule, the conversion, the parameters and the seed are in
    its notes. Spike times include those in the first 9 steps of each
    trial, from random initial voltages, which ``rate_hz`` leaves out; the file says how many they are.

    Parameters
    ----------
    simulation : Simulation
        With spikes recorded. A simulation on disk is copied in blocks.
    path : str or path-like
        Such as ``run.nwb``; written completely or not at all.
    session_start_time : datetime, optional
        With a time zone, such as ``datetime(2026, 1, 31, 14, tzinfo=UTC)``; by default the current time.
    gap : float
        Time between the end of a trial and the start of the next, in ms.
    metadata : mapping, optional
        What the file says about its origin: ``experimenter`` (``"Last, First"``, one or a list),
        ``institution``, ``lab``, ``related_publications`` (one DOI or a list, such as
        ``"doi:10.1073/pnas.1905926116"``), ``keywords`` (a list, or a text with commas, in place of the usual
        ones), ``session_id``, and, in place of the usual ones, ``session_description``,
        ``experiment_description`` and ``identifier`` (of the file; a random one by default).
    force : bool
        Replace an existing file.

    Raises
    ------
    ArgumentError
        PyNWB is not installed, the metadata has an unknown field or a value that cannot be used, spikes were
        not recorded, the start time has no time zone, the file exists already, or it cannot be written.

    Examples
    --------
    >>> from spiking import Record, SpikingNetwork, datasets, export, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> record = Record(spikes=True, interval=1.0)
    >>> run = simulate(network, tasks.get("go-nogo"), trials=2, seed=1, record=record)
    >>> export.to_nwb(run, "run.nwb")
    """
    target = file_path("path", path)
    about = checked_metadata({} if metadata is None else metadata)
    pynwb = library("pynwb", "export", "to_nwb")
    check_output(target, (".nwb",), force=force)
    spikes = recorded_spikes(simulation, "to_nwb")
    start_time = datetime.now(UTC) if session_start_time is None else session_start_time
    if start_time.tzinfo is None:
        raise ArgumentError(
            f"session_start_time is {start_time}; expected a time with a time zone, such as "
            "datetime(2026, 1, 31, 14, tzinfo=UTC)"
        )
    starts = trial_starts(simulation, gap)
    usual = {
        "session_description": f"Simulation of a spiking network of {simulation.network.n_neurons} neurons"
        + (f" doing the task {simulation.task}." if simulation.task else "."),
        "experiment_description": "A trained rate recurrent neural network, converted into a spiking one "
        "(Kim, Li & Sejnowski, PNAS 2019) and simulated; no animal was involved.",
        "keywords": ["simulation", "spiking neural network", "recurrent neural network"],
    }
    file = pynwb.NWBFile(
        session_start_time=start_time,
        **{"identifier": str(uuid.uuid4()), **usual, **about},
        notes="\n".join(f"{name}: {value}" for name, value in settings(simulation).items()),
        source_script=f"spiking {spiking.__version__}",
        source_script_file_name="spiking",
    )
    file.subject = pynwb.file.Subject(
        subject_id="simulated-network",
        description="A simulated network of neurons, no animal",
        species=_SPECIES,
        sex="U",
        age="P0D/",  # unknown
    )
    _add_trials(file, simulation, starts)
    recorded = channel_neurons(simulation, "spikes")
    populations = population_names(simulation.network)
    trains = spike_trains(simulation, spikes, starts)
    if len(spikes):  # NWB has no table of units without spikes; populations are in the model's table, too
        file.units = pynwb.misc.Units(
            name="units",
            description=f"Neurons of the network. {spikes_words(simulation)}.",
            resolution=simulation.time_step / 1000,
        )
        file.add_unit_column("population", _POPULATIONS)
        file.add_unit_column("neuron", "Number of the neuron in the network, from 0")
        file.add_unit_column("rate_hz", f"Hz. {RATES}; mean over the trials; NaN: lesioned")
        observed = np.stack([starts, starts + simulation.duration / 1000], axis=1)
        rates = np.asarray(simulation.rates).mean(axis=0)
        for unit in recorded:
            file.add_unit(
                id=unit,
                spike_times=trains[unit],
                obs_intervals=observed,
                population=populations[unit],
                neuron=unit,
                rate_hz=rates[unit],
            )
    for name in sampled(simulation):
        quantity, factor, description = _SIGNALS[name]
        if name != "output":
            description += f": {', '.join(map(str, channel_neurons(simulation, name)))}."
        array = getattr(simulation, name)
        series = pynwb.TimeSeries(
            name=name,
            description=description,
            unit=quantity,
            conversion=factor,
            **_samples(array.shape[1], array.__getitem__, simulation.times(name) / 1000, starts),
        )
        file.add_acquisition(series)
    if simulation.inputs is not None:
        series = pynwb.TimeSeries(
            name="inputs",
            description="Inputs of the network, one column per channel; each sample acts from half an "
            "interval before its time to half an interval after it.",
            unit="a.u.",
            **_samples(
                simulation.network.n_inputs,
                lambda k: inputs_of(simulation, k),
                column_times(simulation) / 1000,
                starts,
            ),
        )
        file.add_stimulus(series)
    _add_model(file, simulation, populations)

    def write(temporary: Path) -> None:
        write_hdf5(temporary, lambda target, stop: pynwb.NWBHDF5IO(mode="w", file=target).write(file))

    try:
        replace_file(target, write, verify=lambda _: None)
    except ModelFileError as error:
        raise ArgumentError(str(error)) from None


def checked_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata as PyNWB takes it; raise ArgumentError for unknown fields and unusable values."""
    checked: dict[str, Any] = {}
    for name, value in metadata.items():
        if name not in METADATA:
            near = difflib.get_close_matches(str(name), METADATA, 1)
            hint = f"; is it {near[0]}?" if near else ""
            if name == "session_start_time":
                hint = "; it is an argument of its own"
            raise ArgumentError(f"metadata has {shown(name)}; expected fields of {', '.join(METADATA)}{hint}")
        texts = [value] if isinstance(value, str) else value
        if name == "keywords" and isinstance(value, str):
            texts = [text.strip() for text in value.split(",")]
        several = isinstance(texts, list | tuple) and (name in _LISTS or isinstance(value, str))
        if not several or not texts or not all(isinstance(text, str) and text.strip() for text in texts):
            kinds = "texts" if name in _LISTS else "one text"
            raise ArgumentError(f"metadata: {name} is {shown(value)}; expected {kinds}, not empty")
        if name == "related_publications":
            texts = [f"doi:{text}" if _BARE_DOI.fullmatch(text) else text for text in texts]
        for text in texts:
            if name == "experimenter" and not _PERSON.fullmatch(text):
                raise ArgumentError(f"metadata: experimenter is {shown(text)}; expected 'Last, First'")
            if name == "related_publications" and not text.startswith(_DOI):
                raise ArgumentError(
                    f"metadata: related_publications has {shown(text)}; expected a DOI, such as "
                    "'doi:10.1073/pnas.1905926116'"
                )
        checked[name] = list(texts) if name in _LISTS else value
    return checked


def _add_trials(file: Any, simulation: Simulation, starts: NDArray[np.float64]) -> None:
    descriptions = {
        "trial": "Number of the trial, which with the seed reproduces it",
        "condition": "Condition of the task",
        "correct": "Whether the output was correct",
    }
    table = trial_table(simulation)
    for name in table:
        file.add_trial_column(name, descriptions[name])
    for k, start in enumerate(starts.tolist()):
        row = {name: values[k] for name, values in table.items()}
        file.add_trial(start_time=start, stop_time=start + simulation.duration / 1000, **row)


def _samples(
    channels: int,
    trial: Callable[[int], Any],
    times: NDArray[np.float64],
    starts: NDArray[np.float64],
) -> dict[str, Any]:
    """Return the arguments of TimeSeries for the samples of all trials, (samples, channels)."""
    from hdmf.backends.hdf5 import H5DataIO
    from hdmf.data_utils import GenericDataChunkIterator

    n = times.size

    class Samples(GenericDataChunkIterator):  # type: ignore[misc]  # its package has no types
        def __init__(self, read: Callable[[int], Any], shape: tuple[int, ...]) -> None:
            self.read, self.shape = read, shape
            at_once = min(len(starts), max(1, _ROWS // n)) * n
            super().__init__(buffer_shape=(at_once, *shape[1:]), chunk_shape=(n, *shape[1:]))

        def _get_data(self, selection: tuple[slice, ...]) -> NDArray[np.float64]:
            rows, *rest = selection
            trials = range(rows.start // n, -(-rows.stop // n))
            block = np.concatenate([self.read(k) for k in trials])
            selected = block[rows.start - trials.start * n : rows.stop - trials.start * n]
            return np.asarray(selected[(slice(None), *rest)], np.float64)

        def _get_maxshape(self) -> tuple[int, ...]:
            return self.shape

        def _get_dtype(self) -> np.dtype[np.float64]:
            return np.dtype(np.float64)

    total = n * len(starts)
    data = Samples(lambda k: np.asarray(trial(k)).T, (total, channels))
    arguments: dict[str, Any] = {"data": H5DataIO(data, compression="gzip", shuffle=True)}
    if len(starts) == 1 and n > 1:
        return {**arguments, "starting_time": float(times[0]), "rate": 1 / float(times[1] - times[0])}
    timestamps = Samples(lambda k: starts[k] + times, (total,))
    return {**arguments, "timestamps": H5DataIO(timestamps, compression="gzip", shuffle=True)}


def _add_model(file: Any, simulation: Simulation, populations: list[str]) -> None:
    from hdmf.common import DynamicTable, VectorData

    network = simulation.network
    columns = {
        "population": (_POPULATIONS, populations),
        "tau_decay_ms": ("Synaptic decay time constant, ms", network.tau_decay),
        "constant_current_mv": ("Constant current times resistance, mV", network.offset),
        "recurrent_weights": (
            "Weights onto the neuron from each neuron, as simulated",
            network.dense_weights,
        ),
        "input_weights": ("Weights onto the neuron from each input", network.w_in),
        "readout_weights": ("Weights from the neuron onto each output, as simulated", network.readout.T),
    }
    table = DynamicTable(
        name="neurons",
        description="The simulated network, one row per neuron; its parameters are in the notes of the file.",
        columns=[
            VectorData(name=name, description=text, data=data) for name, (text, data) in columns.items()
        ],
    )
    module = file.create_processing_module("misc", "The network that was simulated")
    module.add(table)

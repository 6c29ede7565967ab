"""HDF5 files of simulations: their layout, writing them, and opening them without reading the arrays.

``/rates``, ``/output``, ``/voltage``, ``/currents``, ``/filtered_rates`` and, if each trial has its own,
``/inputs`` have the trial as first dimension, and each trial is a chunk (in ``/rates``, many trials are).
``/spikes`` holds ``trial`` (position in this file), ``neuron`` and ``step``, one entry per spike, and
``first``, the index of each trial's first spike and the number of spikes. ``/trials`` holds ``number``,
``condition``, ``correct`` and, if trials differ in length, ``steps``; ``/network`` holds the network.
Chunks are compressed with shuffle and gzip, the filters that every HDF5 library has. Steps and
positions count from 0.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

import spiking
from spiking.checks import available_threads
from spiking.errors import ArgumentError
from spiking.files.hdf5 import write_hdf5
from spiking.files.json_text import parsed
from spiking.files.stored_array import StoredArray
from spiking.network.arrays import from_arrays, to_arrays
from spiking.network.network import SpikingNetwork
from spiking.simulation.record import Record
from spiking.simulation.result import Simulation, Spikes

FORMAT = "spiking simulation 1"
SAMPLED = ("output", "filtered_rates", "voltage", "currents")
_UNITS = {"output": "", "filtered_rates": "1/s", "voltage": "mV", "currents": "mV", "rates": "Hz"}
_LEVEL = 1  # of gzip: 4 makes spikes' filtered rates 1 % smaller and takes a third longer
_MAX_CHUNK = 2**32 - 1  # bytes, of HDF5
_SPIKES_AT_ONCE = 2**20


def write(path: Path, simulation: Simulation, *, identity: Mapping[str, Any] | None = None) -> None:
    """Write a simulation into a new HDF5 file; the caller makes sure that it is complete or removed.

    Parameters
    ----------
    path : Path
        Overwritten.
    simulation : Simulation
        In memory, or on disk; then it is copied in pieces.
    identity : mapping, optional
        Everything that the results depend on, as JSON values; stored in the file.
    """
    write_hdf5(path, lambda file, stop: _fill(file, simulation, identity, stop), libver=("v108", "v110"))


def _fill(file: Any, simulation: Simulation, identity: Mapping[str, Any] | None, stop: Event) -> None:
    import h5py

    about = {
        "format": FORMAT,
        "version": spiking.__version__,
        "n_steps": simulation.n_steps,
        "time_step": simulation.time_step,
        "record": json.dumps(simulation.record.as_json(simulation.network.populations)),
        "seed": None if simulation.seed is None else str(simulation.seed),  # may have 128 bits
        "task": simulation.task,
        "unfinished": simulation.unfinished or None,
        "identity": None if identity is None else json.dumps(identity),
    }
    file.attrs.update({name: value for name, value in about.items() if value is not None})
    _write_network(file.create_group("network"), simulation.network)
    trials = file.create_group("trials")
    trials["number"] = simulation.trials
    if simulation.trial_steps is not None:
        trials["steps"] = simulation.trial_steps
    if simulation.conditions is not None:
        trials["condition"] = np.array(simulation.conditions, dtype=h5py.string_dtype())
    if simulation.correct is not None:
        trials["correct"] = np.asarray(simulation.correct)
    for name in ("rates", *SAMPLED, "inputs"):
        array = getattr(simulation, name)
        if name == "rates" or (name == "inputs" and array is not None and array.ndim == 2):
            node = file.create_dataset(name, data=np.asarray(array), **_filters(array))
        elif array is not None:
            node = _write_by_trial(file, name, array, stop)
        else:
            continue
        node.attrs["unit"] = _UNITS.get(name, "")
        if name in SAMPLED:
            interval = simulation.record.stride(name, simulation.time_step) * simulation.time_step
            node.attrs["interval_ms"] = interval  # the first sample is at this time
    if simulation.spikes is not None:
        _write_spikes(file.create_group("spikes"), simulation.spikes, len(simulation.trials))


def read(paths: Sequence[Path], *, unfinished: bool = False) -> Simulation:
    """Open a simulation from one file, or from several with one block of trials each.

    Raises
    ------
    ArgumentError
        A file cannot be read, or is not a simulation of this package.
    """
    import h5py

    stored: dict[str, list[tuple[tuple[int, ...], Any]]] = {}
    numbers, conditions, correct, first_spikes = [], [], [], [np.zeros(1, np.int64)]
    steps: list[Any] = []
    for path in paths:
        try:
            with h5py.File(path, "r", locking=False) as file:
                if file.attrs.get("format") != FORMAT:
                    raise ArgumentError(f"{path} is not a simulation of this package (format {FORMAT!r})")
                numbers.append(file["trials/number"][()])
                if "condition" in file["trials"]:
                    conditions += file["trials/condition"].asstr()[()].tolist()
                if "correct" in file["trials"]:
                    correct.append(file["trials/correct"][()])
                if "steps" in file["trials"]:
                    steps.append(file["trials/steps"][()])
                if "spikes" in file:
                    first_spikes.append(file["spikes/first"][1:] + first_spikes[-1][-1])
                for name in ("rates", *SAMPLED, "inputs", "spikes/trial", "spikes/neuron", "spikes/step"):
                    if name in file:
                        stored.setdefault(name, []).append((file[name].shape, file[name].dtype))
                if path == paths[0]:
                    about = dict(file.attrs)
                    network = _read_network(file["network"])
                    shared = file["inputs"][()] if "inputs" in file and file["inputs"].ndim == 2 else None
        except (OSError, KeyError) as error:
            raise ArgumentError(
                f"{path} is not a readable simulation ({error}); expected a file that Simulation.save wrote, "
                f"or spiking simulate MODEL -o run.h5"
            ) from None
    arrays: dict[str, Any] = {
        name: StoredArray(
            tuple(path.absolute() for path in paths),  # another process may have another working directory
            name,
            tuple(shape[0] for shape, _ in parts),
            (sum(shape[0] for shape, _ in parts), *parts[0][0][1:]),
            parts[0][1],
        )
        for name, parts in stored.items()
    }
    time_step = float(about["time_step"])
    if "spikes/step" in arrays:
        trial, neuron, step = (arrays.pop(f"spikes/{name}") for name in ("trial", "neuron", "step"))
        bounds = np.concatenate(first_spikes)
        if len(paths) > 1:  # each file counts its own trials from 0
            trial = np.repeat(np.arange(bounds.size - 1, dtype=np.int32), np.diff(bounds))
        arrays["spikes"] = Spikes(trial=trial, neuron=neuron, step=step, time_step=time_step, bounds=bounds)
    if shared is not None:
        arrays["inputs"] = shared
    return Simulation(
        network=network,
        seed=int(about["seed"]) if "seed" in about else None,
        trials=np.concatenate(numbers),
        n_steps=int(about["n_steps"]),
        time_step=time_step,
        record=Record(**parsed(about["record"])),
        task=about.get("task"),
        conditions=tuple(conditions) or None,
        correct=np.concatenate(correct) if correct else None,
        trial_steps=np.concatenate(steps) if steps else None,
        unfinished=unfinished or bool(about.get("unfinished", False)),
        **arrays,
    )


def identity_of(path: Path) -> Any:
    """Return the identity that a file was written with, or None if it has none or is not of this package."""
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:
            identity = parsed(file.attrs.get("identity", "null"))
            return identity if isinstance(identity, dict) else None
    except (OSError, ValueError):
        return None


def _filters(array: Any) -> dict[str, Any]:
    if array.size == 0:
        return {}
    return {"chunks": True, "shuffle": True, "compression": "gzip", "compression_opts": _LEVEL}


def _write_by_trial(file: Any, name: str, array: Any, stop: Event) -> Any:
    """Write an array with each trial as a compressed chunk; compress on all processors."""
    if array.size == 0:
        return file.create_dataset(name, shape=array.shape, dtype=array.dtype)
    size = array[0].nbytes
    if size > _MAX_CHUNK:
        raise ArgumentError(
            f"{name} takes {size / 1e9:.0f} GB in each trial, and a file holds at most 4.3 GB of it; "
            f"record fewer neurons, or thin it, such as Record(interval=1.0)"
        )
    chunks = (1, *array.shape[1:])
    settings = {**_filters(array), "chunks": chunks, "shape": array.shape, "dtype": array.dtype}
    node = file.create_dataset(name, **settings)
    with ThreadPoolExecutor(_processors()) as pool:
        at_once = 2 * _processors()  # not all trials: their compressed bytes would fill the memory
        for first in range(0, len(array), at_once):
            if stop.is_set():
                raise InterruptedError
            trials = range(first, min(first + at_once, len(array)))
            for k, chunk in zip(trials, pool.map(lambda k: _chunk(array, k), trials), strict=True):
                node.id.write_direct_chunk((k, *(0,) * (array.ndim - 1)), chunk)
    return node


def _chunk(array: Any, k: int) -> bytes:
    if isinstance(array, StoredArray):
        return array.chunk(k)
    values = np.ascontiguousarray(array[k])
    shuffled = values.view(np.uint8).reshape(-1, values.itemsize).T
    return zlib.compress(shuffled.tobytes(), _LEVEL)


def _processors() -> int:
    return available_threads()


def _write_spikes(group: Any, spikes: Spikes, n_trials: int) -> None:
    group.attrs["time_step_ms"] = spikes.time_step  # a spike of step k is at (k + 1) time_step
    group["first"] = spikes.first_of_trials(n_trials)
    for name in ("trial", "neuron", "step"):
        array = getattr(spikes, name)
        node = group.create_dataset(name, shape=array.shape, dtype=np.int32, **_filters(array))
        for start in range(0, len(spikes), _SPIKES_AT_ONCE):
            node[start : start + _SPIKES_AT_ONCE] = array[start : start + _SPIKES_AT_ONCE]


def _write_network(group: Any, network: SpikingNetwork) -> None:
    for name, value in to_arrays(network).items():
        parent = name.partition("/")[0]
        if isinstance(value, str):
            group.attrs[name] = value
            continue
        if parent != name and parent not in group:
            group.create_group(parent, track_order=True)  # populations in their order
        group[name] = value


def _read_network(group: Any) -> SpikingNetwork:
    arrays = dict(group.attrs)
    for name, node in group.items():
        parts = {f"{name}/{part}": array for part, array in node.items()} if hasattr(node, "keys") else {}
        arrays |= {part: array[()] for part, array in (parts or {name: node}).items()}
    return from_arrays(SpikingNetwork, arrays)

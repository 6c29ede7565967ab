"""HDF5 files of simulations: their layout, writing them, and opening them without reading the arrays.

``/rates``, ``/output``, ``/voltage``, ``/currents``, ``/filtered_rates`` and, if each trial has its own,
``/inputs`` have the trial as first dimension, and each trial is a chunk (in ``/rates``, many trials are).
Bools are bytes, 0 or 1, and conditions are texts of one length, if they are ASCII, so that Octave reads them.
``/spikes`` holds ``trial`` (position in this file), ``neuron`` and ``step``, one entry per spike, and
``first``, the index of each trial's first spike and the number of spikes. ``/trials`` holds ``number``,
``condition``, ``correct`` and, if trials differ in length, ``steps``; ``/network`` holds the network.
Chunks are compressed with shuffle and gzip, the filters that every HDF5 library has. Steps and
positions count from 0.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

import spiking
from spiking.checks import available_threads
from spiking.errors import ArgumentError
from spiking.files.hdf5.process import result_of
from spiking.files.hdf5.write import write_hdf5
from spiking.files.json_text import UNUSABLE, parsed, texts
from spiking.files.limits import Allowance, DamagedError, TooLargeError, TooSlowError
from spiking.files.regular import open_regular
from spiking.files.stored_array import StoredArray
from spiking.network.arrays import from_arrays, to_arrays
from spiking.network.network import SpikingNetwork
from spiking.simulation.record import Record
from spiking.simulation.result import Simulation, Spikes
from spiking.simulation.storage.soundness import MAX, InRange, StepsOf, TrialsOf, check_bounds, check_sound

if TYPE_CHECKING:
    from spiking.files.hdf5.guard import Contents

FORMAT = "spiking simulation 1"
SAMPLED = ("output", "filtered_rates", "voltage", "currents")
_UNITS = {"output": "", "filtered_rates": "1/s", "voltage": "mV", "currents": "mV", "rates": "Hz"}
_LEVEL = 1  # of gzip: 4 makes spikes' filtered rates 1 % smaller and takes a third longer
_MAX_CHUNK = 2**32 - 1  # bytes, of HDF5
_SPIKES_AT_ONCE = 2**20
_LOCATED = ("rates", *SAMPLED, "inputs", "spikes/trial", "spikes/neuron", "spikes/step")  # read when indexed
_MAX_BYTES = 256 * 2**20  # of all other values together, beside the file's own size
_EXPECTED = "expected a file that Simulation.save wrote, or spiking simulate MODEL -o run.h5"


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
        "stimulation": json.dumps(simulation.stimulation) if simulation.stimulation else None,
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
        ascii_only = all(name.isascii() for name in simulation.conditions)
        kind = np.bytes_ if ascii_only else h5py.string_dtype()  # Octave reads texts of one length only
        trials["condition"] = np.array(simulation.conditions, dtype=kind)
    if simulation.correct is not None:
        trials["correct"] = _stored(np.asarray(simulation.correct))
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


def read(paths: Sequence[Path], *, unfinished: bool = False, written_here: bool = False) -> Simulation:
    """Open a simulation from one file, or from several with one block of trials each.

    Parameters
    ----------
    paths : sequence of Path
    unfinished : bool
        Whether the run was interrupted, as `Simulation.unfinished`.
    written_here : bool
        This process wrote the files and knows that they do no harm: no other process needs to look first.

    Raises
    ------
    ArgumentError
        A file cannot be read, or is not a sound simulation of this package.
    """
    found = _contents(paths, written_here)
    values, first = found[0].values, paths[0]
    for path, block in zip(paths, found, strict=True):
        if str(block.values.get("format")) != FORMAT:
            raise ArgumentError(f"{path} is not a simulation of this package (format {FORMAT!r})")
        if not _same_run(values, block.values) or block.parts.keys() != found[0].parts.keys():
            raise ArgumentError(f"{path} holds trials of another run than {first.name}; remove one of them")
    try:
        simulation = _simulation(found, unfinished)
        check_sound(simulation)
    except (*UNUSABLE, TooLargeError, MemoryError, RecursionError) as error:
        raise ArgumentError(f"{first} is not a readable simulation ({error!s:.200}); {_EXPECTED}") from None
    return simulation


def _contents(paths: Sequence[Path], written_here: bool) -> list[Contents]:
    """Return what files hold, as another process finds that cannot harm this one."""
    size = 0
    for path in paths:
        with open_regular(path, ArgumentError, "a file of a simulation (.h5)") as file:
            size += os.fstat(file.fileno()).st_size
    names = [str(path.absolute()) for path in paths]  # another process may have another working directory
    place = f"{paths[0]}" if len(paths) == 1 else f"{paths[0].parent}"
    try:
        if written_here:
            from spiking.files.hdf5 import guard

            return guard.contents(names, _LOCATED, _MAX_BYTES)
        arguments = (names, _LOCATED, _MAX_BYTES)
        memory = 2 * (_MAX_BYTES + size)
        found: list[Contents] = result_of(
            "spiking.files.hdf5.guard:contents", *arguments, file_size=size, memory=memory
        )
    except TooSlowError as error:
        raise ArgumentError(f"{place} is too slow to open: {error}; is it a file of a simulation?") from None
    except TooLargeError as error:
        raise ArgumentError(
            f"{place} is not a readable simulation: network, trials and texts {error.excess}; {_EXPECTED}"
        ) from None
    except (DamagedError, OSError, MemoryError) as error:
        raise ArgumentError(f"{place} is not a readable simulation ({error!s:.200}); {_EXPECTED}") from None
    return found


def _same_run(values: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two blocks are of one run: everything is the same except their trials."""
    names = {name for name in {*values, *other} if not name.startswith(("trials/", "spikes/first"))}
    return all(
        name in values and name in other and np.array_equal(values[name], other[name]) for name in names
    )


def _simulation(found: Sequence[Contents], unfinished: bool) -> Simulation:
    values = found[0].values
    arrays: dict[str, Any] = {
        name: StoredArray(name, tuple(block.parts[name] for block in found)) for name in found[0].parts
    }
    if any(len({(part.shape[1:], part.dtype) for part in array.parts}) > 1 for array in arrays.values()):
        raise ValueError("its blocks of trials have different shapes")
    n_steps, time_step = int(values["n_steps"]), float(values["time_step"])
    trials = np.concatenate([block.values["trials/number"] for block in found])
    network = from_arrays(
        SpikingNetwork,
        {
            name.removeprefix("network/"): _flags(value) if "/populations/" in name else value
            for name, value in values.items()
            if name.startswith("network/")
        },
    )
    n_trials, n = len(trials), network.n_neurons
    correct, steps = (
        [block.values[name] for block in found if name in block.values]
        for name in ("trials/correct", "trials/steps")
    )
    if "spikes/step" in arrays:
        trial, neuron, step = (arrays.pop(f"spikes/{name}") for name in ("trial", "neuron", "step"))
        bounds = [np.zeros(1, np.int64)]
        for block in found:
            bounds.append(block.values["spikes/first"][1:] + bounds[-1][-1])
        first = np.concatenate(bounds)
        check_bounds(first, n_trials, len(step))
        if len(found) > 1:  # each file counts its own trials from 0
            trial = np.repeat(np.arange(first.size - 1, dtype=np.int32), np.diff(first))
        else:
            trial = replace(trial, check=TrialsOf(first))
        arrays["spikes"] = Spikes(
            trial=trial,
            neuron=replace(neuron, check=InRange(0, n - 1)),
            step=replace(
                step, check=StepsOf(first, np.concatenate(steps)) if steps else InRange(0, n_steps - 1)
            ),
            time_step=time_step,
            bounds=first,
        )
    if "inputs" in arrays and arrays["inputs"].ndim == 2:
        shared = [StoredArray("inputs", (part,)) for part in arrays["inputs"].parts]
        Allowance(_MAX_BYTES).take_bytes(shared[0].nbytes)
        arrays["inputs"] = np.asarray(shared[0])
        if not all(np.array_equal(arrays["inputs"], other) for other in shared[1:]):
            raise ValueError("its blocks of trials have different inputs")
    elif "inputs" in arrays:
        arrays["inputs"] = replace(arrays["inputs"], check=InRange(-MAX, MAX, nan="trials/steps" in values))
    if "rates" in arrays:
        arrays["rates"] = replace(arrays["rates"], check=InRange(0, MAX, nan=True))
    conditions = [name for block in found for name in block.values.get("trials/condition", ())]
    return Simulation(
        network=network,
        seed=int(values["seed"]) if "seed" in values else None,
        trials=trials,
        n_steps=n_steps,
        time_step=time_step,
        record=Record(**parsed(values["record"])),
        task=values.get("task"),
        conditions=tuple(conditions) or None,
        correct=_flags(np.concatenate(correct)) if correct else None,
        trial_steps=np.concatenate(steps) if steps else None,
        stimulation=texts(parsed(values.get("stimulation", "[]"))),
        unfinished=unfinished or bool(values.get("unfinished", False)),
        **arrays,
    )


def identities(paths: Sequence[Path]) -> list[tuple[Any, Any]]:
    """Return the identity and the trial numbers of each file, None for what it has not.

    Raises
    ------
    ArgumentError
        A file cannot be read.
    """
    found = []
    for block in _contents(paths, written_here=False) if paths else ():
        try:
            identity = parsed(block.values.get("identity", "null"))
        except UNUSABLE:
            identity = None
        found.append((identity, block.values.get("trials/number")))
    return found


def identity_of(path: Path) -> Any:
    """Return the identity that a file was written with, or None if it has none or is not of this package."""
    try:
        identity = parsed(_attributes(path).get("identity", "null"))
    except UNUSABLE:
        return None
    return identity if isinstance(identity, dict) else None


def is_simulation(path: Path) -> bool:
    """Return whether a file has the format of `write`; False too if it cannot be read."""
    return str(_attributes(path).get("format")) == FORMAT


def _attributes(path: Path) -> Mapping[str, Any]:
    """Return the attributes of a file, none if it cannot be read."""
    try:
        with open_regular(path, ArgumentError, "a file") as file:
            size = os.fstat(file.fileno()).st_size
        found: Mapping[str, Any] = result_of(
            "spiking.files.hdf5.guard:attributes",
            str(path.absolute()),
            _MAX_BYTES,
            file_size=size,
            memory=2 * _MAX_BYTES,
        )
    except (DamagedError, TooLargeError, TooSlowError, OSError, MemoryError, *UNUSABLE):
        return {}
    return found


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
    packed = array.packed(k) if isinstance(array, StoredArray) else None
    if packed is not None:
        return packed
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
        group[name] = _stored(value)


def _stored(array: Any) -> Any:
    """Return an array with bools as bytes, 0 and 1: Octave cannot read the type for bools."""
    return array.astype(np.uint8) if array.dtype == bool else array


def _flags(array: Any) -> Any:
    """Return zeros and ones as bools, and anything else as it is; files of before hold bools."""
    return array.astype(bool) if array.dtype == np.uint8 and (array <= 1).all() else array

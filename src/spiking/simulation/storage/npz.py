"""Save and load simulations as `.npz` files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from spiking.errors import ArgumentError
from spiking.files.json_text import parsed, texts
from spiking.files.numpy_files import DAMAGE, read_archive, reason
from spiking.files.output import check_output, write_whole
from spiking.network.arrays import from_arrays, to_arrays
from spiking.network.network import SpikingNetwork
from spiking.simulation.record import Record
from spiking.simulation.result import Simulation, Spikes
from spiking.simulation.storage.soundness import InRange, check_sound

# Arrays of a file that are fields of the simulation; without what was not recorded.
_FIELDS = ("output", "rates", "filtered_rates", "voltage", "currents", "inputs", "correct", "trial_steps")
_NETWORK = "network/"


def save(simulation: Simulation, path: Path, *, model: str, force: bool = False) -> None:
    """Save a simulation as a compressed ``.npz`` file, whole or not at all.

    The arrays: ``output`` (trials, n_outputs, samples) and its ``time`` in ms (samples,); the spikes as
    ``spike_trial`` (position in this file, from 0), ``spike_neuron`` and ``spike_time`` in ms, (spikes,)
    each; ``rates`` in Hz (trials, N); ``filtered_rates``, ``voltage`` and ``currents`` (trials, neurons,
    samples) if recorded; ``inputs``; ``trial_numbers`` (trials,) and ``seed``, which give the same trials
    again; ``task``, ``conditions`` and ``correct`` (trials,) if a task was given; ``duration`` (of the
    longest trial) and ``time_step`` in ms; ``trial_steps`` (trials,) if trials differ in length; ``record``
    (JSON); ``stimulation`` (JSON), if there was any; ``unfinished``; ``scaling_factor``; ``model``, the path
    of the model; and the network as ``network/weights`` and so on, as in the HDF5 file.

    Parameters
    ----------
    simulation : Simulation
        With spikes and output recorded.
    path : Path
    model : str
        Where the model came from.
    force : bool
        Replace a file that is there.

    Raises
    ------
    ArgumentError
        There is such a file already, it cannot be written, or spikes or output were not recorded.
    """
    check_output(path, (".npz",), force=force)
    spikes, output = simulation.spikes, simulation.output
    if spikes is None or output is None:
        raise ArgumentError("spikes or output were not recorded; simulate with record=Record(spikes=True)")
    arrays: dict[str, Any] = {
        "time": simulation.time,
        "spike_trial": spikes.trial,
        "spike_neuron": spikes.neuron,
        "spike_time": spikes.time,
        "trial_numbers": simulation.trials,
        "duration": simulation.n_steps * simulation.time_step,
        "time_step": simulation.time_step,
        "record": json.dumps(simulation.record.as_json(simulation.network.populations)),
        "unfinished": simulation.unfinished,
        "scaling_factor": simulation.network.scaling_factor,
        "model": model,
        "task": simulation.task,
        "stimulation": json.dumps(simulation.stimulation) if simulation.stimulation else None,
        "conditions": simulation.conditions,
        "seed": simulation.seed,
        **{name: getattr(simulation, name) for name in _FIELDS},
        **{f"{_NETWORK}{name}": value for name, value in to_arrays(simulation.network).items()},
    }
    if simulation.seed is not None and simulation.seed >= 2**64:
        arrays["seed"] = str(simulation.seed)  # NumPy has no such whole numbers
    kept: dict[str, Any] = {name: np.asarray(value) for name, value in arrays.items() if value is not None}
    write_whole(path, lambda file: np.savez_compressed(file, **kept))


def load(path: Path) -> Simulation:
    """Read a simulation that `save` wrote (`Simulation.load`).

    Raises
    ------
    ArgumentError
        The file cannot be read, is none of ours, or has no network: version 0.1.0 left it out.
    """
    try:
        arrays = read_archive(path)
    except DAMAGE as error:
        raise _unreadable(path, error) from None
    if "spike_trial" in arrays and "record" not in arrays:
        raise ArgumentError(
            f"{path} holds no network, as version 0.1.0 wrote such files; read its arrays with np.load, "
            f"or simulate again"
        )
    try:
        time_step = float(arrays["time_step"])
        trial, neuron, time = (arrays[f"spike_{name}"] for name in ("trial", "neuron", "time"))
        InRange(0, 2**31 * time_step)(0, time)
        network = {
            name.removeprefix(_NETWORK): value for name, value in arrays.items() if name.startswith(_NETWORK)
        }
        simulation = Simulation(
            network=from_arrays(SpikingNetwork, network),
            seed=int(arrays["seed"]) if "seed" in arrays else None,
            trials=arrays["trial_numbers"],
            n_steps=round(float(arrays["duration"]) / time_step),
            time_step=time_step,
            record=Record(**parsed(arrays["record"].item())),
            spikes=Spikes(trial, neuron, np.rint(time / time_step - 1).astype(np.int32), time_step),
            task=str(arrays["task"]) if "task" in arrays else None,
            conditions=tuple(arrays["conditions"].tolist()) if "conditions" in arrays else None,
            stimulation=texts(parsed(arrays["stimulation"].item())) if "stimulation" in arrays else (),
            unfinished=bool(arrays["unfinished"]),
            **{name: arrays[name] for name in _FIELDS if name in arrays},
        )
        check_sound(simulation)
    except DAMAGE as error:
        raise _unreadable(path, error) from None
    return simulation


def _unreadable(path: Path, error: Exception) -> ArgumentError:
    return ArgumentError(
        f"{path} is not a readable simulation ({reason(error)}); expected a file that "
        f"spiking simulate MODEL -o run.npz wrote"
    )

"""Export simulations as MATLAB files."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import file_path
from spiking.errors import ArgumentError
from spiking.export.parts import column_times, recorded_spikes, sampled, settings
from spiking.files.output import MODELS, check_output, write_whole
from spiking.network.network import SpikingNetwork
from spiking.network.synapses.plasticity import Plastic
from spiking.simulation.result import Simulation

_LARGEST = 2**31 - 2**20  # bytes of a variable in a file of version 5
_LARGEST_EXACT = 2**53  # whole numbers up to this one are exact in double precision


@check_arguments()
def to_mat(simulation: Simulation, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Write a simulation as a MATLAB file (version 5) with one struct, ``simulation``.

    Its fields are ``spike_times``, a cell array (trials, N) of row vectors in ms; ``spikes``, a struct of the
    same spikes as events, ``trial`` and ``neuron`` (counted from 1, as MATLAB indexes), ``time`` in ms and
    ``initial``, true in the first 9 steps of a trial, in which random initial voltages fire, and which
    ``rates`` leave out; ``rates`` in Hz (trials, N), NaN for lesioned neurons; ``output`` and other recorded
    quantities, (trials, channels or neurons, samples), with their times in ms, ``time_output`` and so on;
    ``inputs`` and ``time_inputs``; ``trials``, the trial numbers, from 0; ``conditions`` (cell array) and
    ``correct``; ``network``, with ``weights`` (row postsynaptic) and ``readout``, both divided by
    ``scaling_factor``, ``w_in``, ``tau_decay_ms`` and masks of the ``populations``; ``parameters`` of neurons
    and synapses; and the settings of the simulation, such as ``seed``, a number, or text if it is above
    2^53, ``changes`` and ``stimulation``.

    Parameters
    ----------
    simulation : Simulation
        With spikes recorded.
    path : str or path-like
        Such as ``run.mat``; written completely or not at all.
    force : bool
        Replace an existing file.

    Raises
    ------
    ArgumentError
        Spikes were not recorded, the file exists already, it cannot be written, or it would exceed the 2 GB
        of version 5.

    Examples
    --------
    >>> from spiking import Record, SpikingNetwork, datasets, export, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> record = Record(spikes=True, interval=1.0)
    >>> run = simulate(network, tasks.get("go-nogo"), trials=2, seed=1, record=record)
    >>> export.to_mat(run, "run.mat")
    """
    import scipy.io

    target = file_path("path", path)
    check_output(target, MODELS, force=force)
    spikes, network = recorded_spikes(simulation, "to_mat"), simulation.network
    names = [*sampled(simulation), *(["inputs"] if simulation.inputs is not None else [])]
    size = sum(getattr(simulation, name).nbytes for name in names) + 24 * len(spikes)
    if size > _LARGEST:
        raise ArgumentError(
            f"simulation has {size / 1e9:.1f} GB; expected at most 2 GB, the limit of MATLAB files of "
            f"version 5; export fewer trials or samples, or read the HDF5 file in MATLAB: "
            f"h5read('run.h5', '/output')"
        )
    trains = np.empty((len(simulation.trials), network.n_neurons), object)
    for k in range(len(simulation.trials)):
        neuron, time = spikes.of_trial(k)
        order = np.argsort(neuron, kind="stable")
        ends = np.searchsorted(neuron[order], np.arange(1, network.n_neurons))
        trains[k] = _cells(np.split(time[order][np.newaxis], ends, axis=1))
    structure: dict[str, Any] = {
        **settings(simulation),
        **_seed(simulation),
        "parameters": {**asdict(network.params), **network.constants._asdict(), **_adaptation(network)},
        "trials": simulation.trials.astype(float),
        "rates": np.asarray(simulation.rates),
        "spike_times": trains,
        "spikes": {
            "trial": np.asarray(spikes.trial) + 1.0,
            "neuron": np.asarray(spikes.neuron) + 1.0,
            "time": spikes.time,
            "initial": spikes.initial,
        },
        "network": {
            "weights": network.dense_weights,
            "w_in": network.w_in,
            "readout": network.readout,
            "tau_decay_ms": network.tau_decay,
            "delays_ms": network.delays,
            "plasticity": _cells([_plastic(each) for each in network.plasticity]),
            "populations": {
                {"som": "sst"}.get(name, name): mask for name, mask in network.populations.items()
            },
        },
    }
    for name in names:
        structure[name] = np.asarray(getattr(simulation, name))
        structure[f"time_{name}"] = column_times(simulation) if name == "inputs" else simulation.times(name)
    if simulation.conditions is not None:
        structure["conditions"] = _cells(simulation.conditions)
    if simulation.correct is not None:
        structure["correct"] = np.asarray(simulation.correct)

    def write(file: Any) -> None:
        variables = {"simulation": structure}
        scipy.io.savemat(file, variables, do_compression=True, long_field_names=True, oned_as="column")

    write_whole(target, write)


def _seed(simulation: Simulation) -> dict[str, float]:
    """Return the seed as a number, if MATLAB's type has it exactly; larger ones are text."""
    seed = simulation.seed
    return {} if seed is None or seed > _LARGEST_EXACT else {"seed": float(seed)}


def _adaptation(network: SpikingNetwork) -> dict[str, Any]:
    given, constants = network.params.adaptation, network.adaptation
    if given is None or constants is None:
        return {"adaptation": {}}
    return {"adaptation": {**constants._asdict(), "acts_on": given.acts_on}}


def _plastic(connections: Plastic) -> dict[str, Any]:
    """Return the plasticity of connections; units count from 1."""
    constants = {} if connections.plasticity is None else asdict(connections.plasticity)
    return {**constants, **{end: np.array(getattr(connections, end)) + 1.0 for end in ("pre", "post")}}


def _cells(values: Any) -> Any:
    """Return an array of objects, which SciPy writes as a cell array."""
    cells = np.empty(len(values), object)
    for k, value in enumerate(values):
        cells[k] = value
    return cells

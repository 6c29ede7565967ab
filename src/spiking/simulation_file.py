"""Files of a simulation: inputs read from `.npy` and `.mat`, results saved as `.npz`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.errors import ArgumentError
from spiking.output_file import check_output, write_whole
from spiking.simulation import Simulation


def read_inputs(path: Path) -> NDArray[Any]:
    """Read inputs of a simulation.

    Parameters
    ----------
    path : Path
        A NumPy file (``.npy``), or a MATLAB file with a variable ``u`` or only one variable.

    Returns
    -------
    array, shape (n_inputs, columns) or (trials, n_inputs, columns)
        As in the file; `simulate` checks it.

    Raises
    ------
    ArgumentError
        The file cannot be read, or it is not clear which variable is meant.
    ModelFileError
        It is called ``.mat`` and is not a readable MATLAB file.
    """
    if path.suffix == ".mat":
        from spiking.model_file import read_variables

        variables = read_variables(path)
        name = "u" if "u" in variables else next(iter(variables), "")
        if name != "u" and len(variables) != 1:
            raise ArgumentError(
                f"{path} has the variables {', '.join(variables) or 'none'}; "
                f"expected the inputs as `u`, or a single variable"
            )
        return np.asarray(variables[name])
    if path.suffix != ".npy":
        raise ArgumentError(f"inputs come from a .npy or .mat file, not {path}")
    try:
        array = np.load(path, allow_pickle=False)
    except OSError as error:
        raise ArgumentError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, EOFError) as error:
        raise ArgumentError(f"{path} is not a readable .npy file of numbers: {error}") from error
    if not isinstance(array, np.ndarray):  # an .npz archive under another name
        raise ArgumentError(f"{path} is an archive of arrays; expected one array, as np.save writes it")
    return array


def save(simulation: Simulation, path: Path, *, model: str, force: bool = False) -> None:
    """Save a simulation as a compressed ``.npz`` file, whole or not at all.

    The arrays: ``output`` (trials, n_outputs, samples) and its ``time`` in ms (samples,); the spikes as
    ``spike_trial`` (position in this file, from 0), ``spike_neuron`` and ``spike_time`` in ms, (spikes,)
    each; ``rates`` in Hz (trials, N); ``filtered_rates`` (trials, N, samples) if recorded;
    ``trial_numbers`` (trials,) and ``seed``, which give the same trials again; ``conditions`` and ``correct``
    (trials,) if a task was given; ``duration`` and ``time_step`` in ms; ``scaling_factor``; and ``model``,
    the path of the model.

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
        "output": output,
        "time": simulation.time,
        "spike_trial": spikes.trial,
        "spike_neuron": spikes.neuron,
        "spike_time": spikes.time,
        "rates": simulation.rates,
        "trial_numbers": simulation.trials,
        "duration": simulation.duration,
        "time_step": simulation.time_step,
        "scaling_factor": simulation.network.scaling_factor,
        "model": model,
    }
    if simulation.seed is not None:
        arrays["seed"] = simulation.seed
    if simulation.filtered_rates is not None:
        arrays["filtered_rates"] = simulation.filtered_rates
    if simulation.conditions is not None:
        arrays["conditions"] = np.array(simulation.conditions)
    if simulation.correct is not None:
        arrays["correct"] = simulation.correct
    write_whole(path, lambda file: np.savez_compressed(file, **arrays))

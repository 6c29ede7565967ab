"""Read the inputs of a simulation from a `.npy` or `.mat` file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.errors import ArgumentError
from spiking.files.numpy_files import DAMAGE, reason
from spiking.files.regular import open_regular
from spiking.matfile.read import read_variables


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
        variables = read_variables(path)
        name = "u" if "u" in variables else next(iter(variables), "")
        if name != "u" and len(variables) != 1:
            raise ArgumentError(
                f"{path} has the variables {', '.join(variables) or 'none'}; "
                f"expected the inputs as `u`, or a single variable"
            )
        return np.asarray(variables[name])
    if path.suffix != ".npy":
        raise ArgumentError(f"input is {path}; expected a .npy or .mat file")
    try:
        with open_regular(path, ArgumentError, "a .npy or .mat file") as file:
            array = np.load(file, allow_pickle=False)
    except OSError as error:
        raise ArgumentError(f"{path} could not be read: {error.strerror or error}") from error
    except DAMAGE as error:
        if isinstance(error, ArgumentError):
            raise
        raise ArgumentError(f"{path} is not a readable .npy file of numbers: {reason(error)}") from error
    if not isinstance(array, np.ndarray):  # an .npz archive under another name
        raise ArgumentError(f"{path} is an archive of arrays; expected one array, as np.save writes it")
    return array

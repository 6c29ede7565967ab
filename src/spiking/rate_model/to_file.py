"""Write a model file, in the classes and shapes of published files. `save` is a method of `RateModel`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import file_path
from spiking.files.output import MODELS, check_output
from spiking.matfile.write import update_variables, write_variables
from spiking.rate_model.transfer import IN_OLD_FILES, as_json, complete, tabulated
from spiking.timing import STEP_MS

if TYPE_CHECKING:
    from spiking.rate_model.model import RateModel

_CLASSES = {"N": np.int64, "som_N": np.int64, "exc": np.uint8, "inh": np.uint8, "taus": np.float64}
_CLASSES |= dict.fromkeys(("step_ms", "noise_sd", "activation_x", "activation_y"), np.float64)
PUBLISHED_NOISE = 0.1  # standard deviation of the noise of a step, in published files


@check_arguments()
def save(model: RateModel, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Write the model to a MATLAB file, completely or not at all.

    The file has version 5 and is compressed; if it replaces a file of version 7.3, it has version 7.3. A
    temporary file is written, read back and then renamed. Variables have the class and shape in which they
    were read; ``w`` is written as it is used, that is rectified under Dale's law. If the model was loaded
    from the same file, variables that were too large to be read remain in it.

    Parameters
    ----------
    path : str or path-like
        The file; its name ends in ``.mat``.
    force : bool
        Replace an existing file.

    Raises
    ------
    ArgumentError
        The file exists already, or the path cannot be written.
    ModelFileError
        The file cannot be written; the message says whether an existing file is unchanged.
    """
    target, source = file_path("path", path), Path(model.source)
    check_output(target, MODELS, force=force)
    in_place = model.unread and target.exists() and source.exists() and target.samefile(source)
    write = update_variables if in_place else write_variables
    write(target, to_variables(model))


def to_variables(model: RateModel) -> dict[str, Any]:
    """Return all variables of a model, including unknown ones, in the order of the file that was read.

    Arrays have the class and shape that they had in that file, unless these cannot hold their values. Other
    arrays are single precision, masks uint8 and counts int64.
    """
    shortest, longest = (tau / STEP_MS for tau in model.tau_range)
    bias = model.b_out
    if bias is not None:  # one number if all outputs have the same
        bias = bias[np.newaxis, : 1 if (bias == bias[0]).all() else None]
    arrays = {
        "w": model.w,
        "w0": model.w0,
        "m": np.diag(model.sign),
        "som_m": model.som_mask,
        "w_in": model.w_in,
        "w_out": model.w_out,
        "b_out": bias,
        "N": np.array([[model.n_units]]),
        "som_N": np.array([[model.som_n]]),
        "exc": ~model.inhibitory[:, np.newaxis],
        "inh": model.inhibitory[:, np.newaxis],
        "taus": np.array([[shortest] if shortest == longest else [shortest, longest]]),
        "taus_gaus": None if model.taus_gaus is None else model.taus_gaus[:, np.newaxis],
        "taus_gaus0": None if model.taus_gaus0 is None else model.taus_gaus0[:, np.newaxis],
    }
    variables = {key: _as_read(key, value, model) for key, value in arrays.items() if value is not None}
    for key, value in unpublished(model).items():
        variables[key] = value if value.dtype.kind in "UV" else _as_read(key, value, model)
    variables |= model.extras
    order = [key for key in model.forms if key in variables]
    return {key: variables[key] for key in (*order, *variables)}


def unpublished(model: RateModel) -> dict[str, NDArray[Any]]:
    """Return the activation, and the variables that published files do not have, where they say something."""
    more = {
        "b_rec": None if model.bias is None else model.bias[:, np.newaxis],
        "initial_state": None if model.initial is None else model.initial[:, np.newaxis],
        "step_ms": None if model.step == STEP_MS else np.array([[model.step]]),
        "noise_sd": None if model.noise == PUBLISHED_NOISE else np.array([[model.noise]]),
        "form": None if model.form == "current" else np.array([model.form]),
    }
    variables = {key: value for key, value in more.items() if value is not None}
    if model.own_populations:
        masks = np.empty((1, 1), [(name, object) for name in model.own_populations])
        for name, mask in model.own_populations.items():
            masks[name][0, 0] = mask[:, np.newaxis].astype(np.uint8)
        variables["unit_populations"] = masks
    if model.lesioned:
        units = np.arange(model.n_units)[:, np.newaxis]
        variables["lesioned_units"] = np.isin(units, model.lesioned).astype(np.uint8)
    if model.weight_changes:
        variables["weight_changes"] = np.array([json.dumps(model.weight_changes)])
    if model.activation is not None:
        variables |= _activation(model.activation, model.activation_parameters)
    return variables


def _activation(name: str, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return the variables of an activation; what published files can say, as they say it."""
    if name == "callable":
        name, parameters = "table", tabulated(parameters["function"])
    variables = {"activation": np.array([name])}
    if name == "table":
        variables |= {f"activation_{axis}": parameters[f"{axis}_values"][:, np.newaxis] for axis in "xy"}
    elif dict(parameters) != complete(name, IN_OLD_FILES.get(name, {})):
        variables["activation_parameters"] = np.array([as_json(parameters)])
    return variables


def _as_read(key: str, values: Any, model: RateModel) -> Any:
    dtype, shape = model.forms.get(key, (_CLASSES.get(key, np.float32), values.shape))
    if key == "m" and np.prod(shape) == model.n_units:
        values = model.sign
    if np.prod(shape) == values.size:
        values = values.reshape(shape)
    with np.errstate(over="ignore"):
        cast = values.astype(dtype)
    return cast if np.array_equal(cast, values) else values

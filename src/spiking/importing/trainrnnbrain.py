"""Import a network of trainRNNbrain from the file of its parameters."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import finite_number, positive_number, real_numbers, shown
from spiking.errors import ArgumentError, ModelFileError
from spiking.files.json_text import parsed
from spiking.importing.arrays import Activation, assemble, named_parts
from spiking.importing.imported import Imported
from spiking.importing.read import existing_file
from spiking.typing import Floats

_NAMES = {"w": "W_rec", "w_in": "W_inp", "w_out": "W_out", "initial": "y_init", "b_out": "bias_out"}
_FORMS: Mapping[str, Literal["current", "rate"]] = {"h": "current", "s": "rate"}
_NO_CUBE = 1e-8  # below, trainRNNbrain leaves its cubic term out
_ELSEWHERE = (  # already in the weights, or of the training
    *("N", "dt", "tau", "gamma", "activation_args", "equation_type", "dale", "dale_mask", "bias", "bias_rec"),
    *("bias_range", "bias_trainable", "weight_boundary", "weight_boundary_eps", "io_nonnegativity"),
    *("self_connections", "input_mask", "recurrent_mask", "output_mask"),
)


@check_arguments()
def from_trainrnnbrain(
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    tau: float | None = None,
    activation: Activation | None = None,
    activation_parameters: Mapping[str, Any] | None = None,
) -> Imported:
    """Import a network of trainRNNbrain (Engel lab), of both its equations.

    The equation ``h`` is the current form, ``s`` the rate form. Slopes, shifts and scales of its activations
    are put into weights, biases and state, which changes nothing of the outputs. The first output is that of
    the initial state, as here.

    Parameters
    ----------
    source : path or mapping
        The ``.json`` file with the parameters of a network (``..._params_TASK.json``), or what ``get_params``
        returns.
    tau : float, optional
        Time constant in ms; the step then has the same relation to it as in the file. None: that of the
        file, taken as ms.
    activation, activation_parameters
        As in `RateModel.from_arrays`; only for files that name none, as older ones.

    Returns
    -------
    Imported

    Raises
    ------
    ArgumentError
        The network has a cubic term (`gamma`), which a spiking unit has not, or an argument is wrong.
    ModelFileError
        The file cannot be read, or lacks what a network needs.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking.importing import from_trainrnnbrain
    >>> rng = np.random.default_rng(1)
    >>> params = {
    ...     "W_rec": rng.standard_normal((10, 10)) / 5,
    ...     "W_inp": rng.random((10, 2)),
    ...     "W_out": rng.random((1, 10)),
    ...     "y_init": np.zeros(10),
    ...     "activation_args": {"name": "tanh", "slope": 1.0},
    ...     "equation_type": "h",
    ...     "dt": 1.0,
    ...     "tau": 10.0,
    ... }
    >>> from_trainrnnbrain(params).model.form
    'current'
    """
    name = os.fsdecode(source) if isinstance(source, str | os.PathLike) else "trainRNNbrain"
    values = _read(source, name)
    missing = [key for key in ("W_rec", "W_inp", "W_out", "dt", "tau") if values.get(key) is None]
    if missing:
        raise ModelFileError(
            f"{name} has no {' and no '.join(missing)}; expected the parameters of a network of trainRNNbrain"
        )
    gamma = finite_number("gamma", 0.0 if values.get("gamma") is None else values["gamma"])
    if gamma > _NO_CUBE:
        raise ArgumentError(
            f"{name} has gamma {gamma:g}, a cubic term of the state, which is not taken: a spiking unit has "
            f"none; train with gamma=0"
        )
    kind = values.get("equation_type", "s")
    if not isinstance(kind, str) or kind not in _FORMS:
        raise ModelFileError(f"{name} has equation_type {shown(kind)}; expected h or s")
    names = {part: key for part, key in _NAMES.items() if values.get(key) is not None}
    bias = next((key for key in ("bias", "bias_rec") if values.get(key) is not None), None)
    parts, labels = named_parts(values, names | ({} if bias is None else {"bias": bias}))
    left = []
    if activation is None:
        activation = _activation(values.get("activation_args"), _FORMS[kind], parts, name)
    signs = _signs(values, parts["w"])
    if signs is not None:
        parts["w"], parts["signs"], labels["signs"] = np.abs(parts["w"]), signs, "dale_mask"
    elif values.get("dale_mask") is not None and values.get("dale") is not False:
        left.append("dale_mask: some weights have the other sign, so that Dale's law does not hold")
    left += [f"{key}, which is not known" for key in values if key not in (*_ELSEWHERE, *_NAMES.values())]
    own_tau, own_step = (positive_number(key, values[key]) for key in ("tau", "dt"))
    tau = own_tau if tau is None else positive_number("tau", tau)
    return assemble(
        name,
        parts,
        labels,
        left=left,
        tau=tau,
        step=own_step * (tau / own_tau),
        form=_FORMS[kind],
        activation=activation,
        activation_parameters=activation_parameters,
        shift=0,
        layout="CTN",
    )


def _read(source: object, name: str) -> dict[str, Any]:
    if isinstance(source, str | os.PathLike):
        source = existing_file(source)
        try:
            source = parsed(Path(source).read_text(encoding="utf-8"))
        except OSError as error:
            raise ModelFileError(f"{name} cannot be read: {error.strerror or error}") from None
        except ValueError as error:
            raise ModelFileError(
                f"{name} is no JSON ({error!s:.80}); expected the parameters of a network"
            ) from None
    if not isinstance(source, Mapping):
        raise ModelFileError(f"{name} is {shown(source)}; expected a mapping of names to values")
    return dict(source)


def _activation(
    arguments: Any, form: Literal["current", "rate"], parts: dict[str, Floats], name: str
) -> Activation:
    """Return the activation psi, after changing `parts` for phi(x) = psi(gain (x - shift)) / scale.

    With X = gain (x - shift) in the current form and H = scale h in the rate form the network has the same
    outputs: W' = gain W / scale, B' = gain B, c' = gain (c - shift), C' = C / scale.
    """
    if not isinstance(arguments, Mapping) or not isinstance(arguments.get("name"), str):
        raise ArgumentError(f"{name} names no activation; expected activation=, such as 'relu'")
    kind = arguments["name"]

    def number(key: str, default: float) -> float:
        return finite_number(f"{key} of {kind}", arguments.get(key, default))

    slope, shift, scale = number("slope", 1.0), 0.0, 1.0
    activation: Activation = kind
    if kind == "softplus":
        scale = number("beta", 1.0)
        slope *= scale
    elif kind == "gelu":
        slope = scale = number("alpha", 1.0)
    elif kind == "sigmoid":
        shift = number("shift", 0.0)
    elif kind == "leaky_relu":
        activation, slope = ((-1.0, 0.0, 1.0), (-number("leak_slope", 0.01), 0.0, slope)), 1.0
    elif kind not in ("relu", "tanh"):
        raise ArgumentError(f"{name} has the activation {shown(kind)}; expected activation=, a function")
    if slope <= 0 or scale <= 0:
        raise ArgumentError(f"{name} has {kind} with slope {slope:g}; expected a number above 0")
    bias = parts.get("bias", np.zeros(len(parts["w"])))
    parts["w"] = parts["w"] * (slope / scale)
    parts["w_in"] = parts["w_in"] * slope
    parts["w_out"] = parts["w_out"] / scale
    if "bias" in parts or shift:
        parts["bias"] = slope * (bias - shift)
    start = parts.get("initial", np.zeros(len(parts["w"])))
    if form == "rate":
        parts["initial"] = scale * start
    elif "initial" in parts or shift:
        parts["initial"] = slope * (start - shift)
    return activation


def _signs(values: Mapping[str, Any], w: Floats) -> Floats | None:
    """Return the signs of the units if Dale's law holds in the weights, else None."""
    if values.get("dale_mask") is None or values.get("dale") is False:
        return None
    signs = real_numbers("dale_mask", values["dale_mask"], "+1 and -1, one for each unit").ravel()
    fits = signs.size == len(w) and np.isin(signs, (-1.0, 1.0)).all()
    return signs if fits and (w * signs >= 0).all() else None

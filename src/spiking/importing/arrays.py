"""Take a network by the names of its arrays, from a file or a mapping; what all importers end in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.check_arguments import check_arguments, unchecked
from spiking.checks import file_path, flag, real_numbers, shown
from spiking.errors import ArgumentError
from spiking.importing.imported import Imported
from spiking.importing.read import named, read_arrays
from spiking.rate_model.model import RateModel
from spiking.rate_model.transfer import Transfer
from spiking.typing import Floats

Activation = str | Transfer | tuple[ArrayLike, ArrayLike]

PARTS: Mapping[str, str] = {
    "w": "recurrent weights",
    "w_in": "input weights",
    "w_out": "output weights",
    "bias": "bias of the units",
    "b_out": "output bias",
    "initial": "initial state",
    "signs": "signs of the units",
    "tau": "time constants",
}
_MATRICES = ("w", "w_in", "w_out")
_MASKS = {f"{part}_mask": part for part in _MATRICES}
KEYS = (*PARTS, *_MASKS)


@check_arguments(names=unchecked)
def from_named_arrays(
    source: str | os.PathLike[str] | Mapping[str, Any],
    names: Mapping[str, Any] | None = None,
    *,
    tau: ArrayLike | None = None,
    step: float | None,
    form: Literal["current", "rate"],
    activation: Activation,
    activation_parameters: Mapping[str, Any] | None = None,
    transpose: bool = False,
) -> Imported:
    """Import a network whose arrays you name, from an `.npz` or safetensors file or a mapping.

    Parameters
    ----------
    source : path or mapping of str to array
        The arrays. A file's name ends in ``.npz`` or ``.safetensors``; pickled entries are not read.
    names : mapping, optional
        What each array is: ``w``, ``w_in``, ``w_out`` (these have to be there), ``bias``, ``b_out``,
        ``initial``, ``signs`` and ``tau``, as in `RateModel.from_arrays`, and masks ``w_mask``, ``w_in_mask``
        and ``w_out_mask``, which are multiplied with the weights. Each is a name in `source`, several names
        whose arrays are added (such as two biases), or an array. Arrays of `source` that are called so
        themselves need not be named.
    tau : float or array, shape (N,), optional
        Time constant in ms, unless `names` has it.
    step, form, activation, activation_parameters
        As in `RateModel.from_arrays`.
    transpose : bool
        The weights (and masks) have a row for each sending unit, as in Keras and in code with ``x @ W``.

    Returns
    -------
    Imported

    Raises
    ------
    ArgumentError
        A name is unknown or not in `source`, or an array cannot be used.
    ModelFileError
        The file cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking.importing import from_named_arrays
    >>> rng = np.random.default_rng(1)
    >>> np.savez("net.npz", J=rng.standard_normal((8, 8)) / 3, B=np.ones((8, 1)), C=np.ones((1, 8)))
    >>> names = {"w": "J", "w_in": "B", "w_out": "C"}
    >>> imported = from_named_arrays(
    ...     "net.npz", names, tau=50, step=5, form="current", activation="tanh"
    ... )
    >>> imported.model.save("net.mat")
    """
    framework = "arrays"
    if isinstance(source, str | os.PathLike):
        framework, (arrays, pickled) = str(file_path("source", source)), read_arrays(source)
    elif isinstance(source, Mapping):
        arrays, pickled = named(source), ()
    else:
        raise ArgumentError(f"source is {shown(source)}; expected a path or a mapping of names to arrays")
    own = {key: key for key in KEYS if key in arrays and not (key == "tau" and tau is not None)}
    parts, labels = named_parts(arrays, own if names is None else names)
    others, their_labels = named_parts(arrays, {key: own[key] for key in own if key not in parts})
    parts, labels = parts | others, labels | their_labels
    unused = [key for key in arrays if not any(key in label.split(" + ") for label in labels.values())]
    if flag("transpose", transpose):
        parts |= {key: parts[key].T for key in (*_MATRICES, *_MASKS) if key in parts}
    return assemble(
        framework,
        parts,
        labels,
        left=not_mentioned(unused) + not_read(pickled),
        tau=tau,
        step=step,
        form=form,
        activation=activation,
        activation_parameters=activation_parameters,
    )


def not_mentioned(names: list[str]) -> list[str]:
    """Return what to say about arrays that the user has not named."""
    return [f"{', '.join(names)}: no name mentions {'it' if len(names) == 1 else 'them'}"] if names else []


def not_read(pickled: tuple[str, ...]) -> list[str]:
    """Return what to say about pickled entries."""
    return [f"{key}, which is pickled (a pickle can run any program)" for key in pickled]


def named_parts(
    arrays: Mapping[str, Any], names: Mapping[str, Any]
) -> tuple[dict[str, Floats], dict[str, str]]:
    """Return the arrays that `names` asks for and what to call them, by part."""
    if not isinstance(names, Mapping):
        raise ArgumentError(f"names is {shown(names)}; expected a mapping, such as {{'w': 'h2h.weight'}}")
    unknown = [key for key in names if key not in KEYS]
    if unknown:
        raise ArgumentError(f"names has {shown(unknown[0])}; expected some of {', '.join(KEYS)}")
    parts, labels = {}, {}
    for key, wanted in names.items():
        several = isinstance(wanted, list | tuple) and all(isinstance(name, str) for name in wanted)
        if not (isinstance(wanted, str) or (several and wanted)):
            parts[key], labels[key] = real_numbers(key, wanted, "an array"), "an array"
            continue
        listed = [wanted] if isinstance(wanted, str) else list(wanted)
        for name in listed:
            if name not in arrays:
                there = ", ".join(map(str, arrays)) or "none"
                raise ArgumentError(f"names has {key}: {shown(name)}; expected names of arrays: {there:.500}")
        values = [real_numbers(name, arrays[name], "an array") for name in listed]
        shapes = {value.shape for value in values}
        if len(shapes) > 1:
            raise ArgumentError(f"{' + '.join(listed)} have shapes {shapes}; expected one shape, to be added")
        parts[key], labels[key] = np.sum(values, axis=0), " + ".join(listed)
    if "w" in parts and parts["w"].ndim != 2:
        raise ArgumentError(f"w ({labels['w']}) has shape {parts['w'].shape}; expected (N, N)")
    return parts, labels


def assemble(
    framework: str,
    parts: Mapping[str, NDArray[Any]],
    labels: Mapping[str, str],
    *,
    left: list[str],
    step: float | None,
    form: Literal["current", "rate"],
    activation: Activation,
    activation_parameters: Mapping[str, Any] | None = None,
    tau: ArrayLike | None = None,
    shift: int = 1,
    layout: Literal["TNC", "NTC", "NCT", "CTN"] = "NCT",
) -> Imported:
    """Make the model of its parts, masks multiplied in; `labels` say what each part was called."""
    missing = [key for key in _MATRICES if key not in parts]
    if missing:
        raise ArgumentError(
            f"{framework} has no {' and no '.join(f'{key} ({PARTS[key]})' for key in missing)}; expected "
            f"names for them: names={{{missing[0]!r}: ...}} (--name {missing[0]}=NAME)"
        )
    values, called = {key: parts[key] for key in PARTS if key in parts}, dict(labels)
    for mask, part in _MASKS.items():
        if mask in parts:
            if parts[mask].shape != parts[part].shape:
                raise ArgumentError(
                    f"{mask} has shape {parts[mask].shape}; expected {parts[part].shape}, as {part}"
                )
            values[part] = values[part] * parts[mask]
            called[part] = f"{called[part]} x {labels[mask]}"
    for key in ("bias", "initial", "signs", "b_out", "tau"):
        if key in values:
            values[key] = values[key].ravel()
    if tau is not None and "tau" in values:
        raise ArgumentError(f"tau is {shown(tau)} and in names; expected one of them")
    model = RateModel.from_arrays(
        **{"tau": tau, **values},  # type: ignore[arg-type]  # arrays, checked there
        step=step,
        form=form,
        activation=activation,
        activation_parameters=activation_parameters,
        source=framework,
    )
    shapes = {key: f"{PARTS[key]} {value.shape}" for key, value in values.items()}
    taken = tuple((called[key], shapes[key]) for key in shapes if key in called)
    origin = {"framework": framework, "taken": taken, "left": left, "shift": shift}
    model = replace(model, extras={**model.extras, "imported": np.array([json.dumps(origin)])})
    return Imported(
        model=model, framework=framework, taken=taken, left=tuple(left), shift=shift, layout=layout
    )

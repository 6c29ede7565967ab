"""Find the variables of a model in its file, missing ones, and weights in the file that are not used here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spiking.errors import ModelFileError

if TYPE_CHECKING:
    from spiking.rate_model.model import RateModel

MODEL_KEYS = (
    *("w", "w0", "m", "som_m", "w_in", "w_out", "b_out", "N", "som_N", "exc", "inh"),
    *(
        "taus",
        "taus_gaus",
        "taus_gaus0",
        "activation",
        "activation_parameters",
        "activation_x",
        "activation_y",
    ),
    *("b_rec", "step_ms", "form", "initial_state", "noise_sd", "unit_populations", "lesioned_units"),
    "weight_changes",
)

_MARKS = {"w", "w_in", "w_out"}  # a struct with these fields is a model

# Other variables that trainers, tuners and scripts save with a model: states, histories and results.
_HARMLESS = frozenset(
    {
        *("w_in0", "w_out0", "b_out0", "x0", "r0", "u", "o", "x", "r", "target", "z", "tr", "losses"),
        *("inh_som", "inh_pv", "exc_units", "inh_units"),
        *("opt_scaling_factor", "all_perfs", "scaling_factors", "tuning"),
        *("REC", "spk", "rs", "all_fr", "out", "IPSCs", "td", "td0"),
    }
)


def flattened(variables: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return the variables of a model, which are variables of the file or fields of one struct in it.

    Variables beside the struct are kept: tuning results among them are newer than those in the struct, and
    they may supply what the model lacks. Entries that `scipy.io.loadmat` adds (``__header__``) are removed.

    Raises
    ------
    ModelFileError
        More than one struct could be the model.
    """
    file_variables = {key: value for key, value in variables.items() if not str(key).startswith("__")}
    if "w" in file_variables:
        return file_variables
    structs = {key: struct_fields(value) for key, value in file_variables.items()}
    models = {key: struct for key, struct in structs.items() if struct.keys() >= _MARKS}
    if len(models) > 1:
        raise ModelFileError(
            f"{source} has several structs that hold a model: {', '.join(models)}; expected one model; load "
            f"one of them, such as RateModel.load(scipy.io.loadmat(path)[{next(iter(models))!r}])"
        )
    for name, model in models.items():
        others = {key: value for key, value in file_variables.items() if key != name}
        return {**model, **others, **{key: model[key] for key in MODEL_KEYS if key in model}}
    return file_variables


def struct_fields(value: Any) -> dict[str, Any]:
    """Return the fields of a MATLAB struct in any of SciPy's forms; empty if the value is not a struct."""
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "OV":
        value = value.reshape(-1)[0]
    if isinstance(value, np.void) and value.dtype.names:
        return {name: value[name] for name in value.dtype.names}
    if isinstance(value, Mapping):
        return dict(value)
    names = getattr(value, "_fieldnames", ())  # loadmat(..., struct_as_record=False)
    return {name: getattr(value, name) for name in names}


def unused_weights(model: RateModel) -> list[str]:
    """Return the names of variables that look like trained weights but are not used here.

    They are named like weights or biases, or have a shape that weights of such a network can have. Without
    them the network may not do what it was trained for. Variables that are all zero do not count.
    """
    return [
        key
        for key, value in model.extras.items()
        if key not in _HARMLESS and not key.startswith("eval_") and _is_weights(key, value, model)
    ]


def unused_words(names: list[str]) -> str:
    """Return a warning that these variables are not used."""
    listed = ", ".join(f"`{name}`" for name in names)
    return (
        f"{listed} {'looks' if len(names) == 1 else 'look'} like trained weights, but "
        f"{'it is' if len(names) == 1 else 'they are'} not used: the network may not behave as trained"
    )


def missing_words(model: RateModel) -> str:
    """Return which variables the rate network lacks and how to add them; empty if it is complete."""
    example = {"b_out": "0", "activation": "'sigmoid'"}
    missing = [key for key in example if getattr(model, key) is None]
    if not missing:
        return ""
    assigned = " ".join(f"{key} = {example[key]};" for key in missing)
    added = ", ".join(f"{key!r}: {example[key]}" for key in missing)
    return (
        f"{model.source} has no {' and no '.join(f'`{key}`' for key in missing)}, which the rate network and "
        f"a matched conversion need; add the values of its training, in MATLAB {assigned} "
        f"save(file, {', '.join(map(repr, missing))}, '-append'), or in Python "
        f"RateModel.load({{**scipy.io.loadmat(file), {added}}})"
    )


def _is_weights(key: str, value: Any, model: RateModel) -> bool:
    kind = getattr(getattr(value, "dtype", None), "kind", "O")
    if kind not in "fiub" or not (value.nnz if hasattr(value, "nnz") else np.any(value)):
        return False
    if key.startswith(("w_", "W_", "b_")):
        return True
    n, shape = model.n_units, tuple(value.shape)
    like_those_used = ((n, n), (n, model.n_inputs), (model.n_outputs, n), (n, 1), (1, n), (n,))
    return kind == "f" and n > 1 and (shape in like_those_used or (len(shape) > 2 and shape.count(n) > 1))


def signs_in(w: NDArray[np.float64], inhibitory: NDArray[np.bool_]) -> bool:
    """Return whether weights under Dale's law already include their signs: ``w @ m`` in place of ``w``.

    They do if only columns of inhibitory units have negative entries, and these columns have no positive
    ones. Weights that were trained as relu(w) and saved as w have negative entries in all columns. They are
    mistaken for signed weights only if, by chance, all k entries of inhibitory columns and none of the l
    other entries are negative, with probability p^k (1 - p)^l if a share p of the entries is negative. For
    one inhibitory unit among ten with two connections each (k = 2, l = 18) this is at most 0.0015; for 10
    among 50 with 10 each it is below 1e-100.
    """
    from_inhibitory, from_excitatory = w[:, inhibitory], w[:, ~inhibitory]
    signed = (from_inhibitory < 0).any() and not (from_inhibitory > 0).any()
    return bool(signed and not (from_excitatory < 0).any())

"""Tell the variables of the model from other weights in its file, which are not used here."""

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
    *("taus", "taus_gaus", "taus_gaus0", "activation"),
)

_MARKS = {"w", "w_in", "w_out"}  # a struct with these fields is a model

# What trainers, tuners and scripts keep beside a model: states, histories and results, no weights that act.
_HARMLESS = frozenset(
    {
        *("w_in0", "w_out0", "b_out0", "x0", "r0", "u", "o", "x", "r", "target", "z", "tr", "losses"),
        *("inh_som", "inh_pv", "exc_units", "inh_units"),
        *("opt_scaling_factor", "all_perfs", "scaling_factors", "tuning"),
        *("REC", "spk", "rs", "all_fr", "out", "IPSCs", "td", "td0"),
    }
)


def flattened(variables: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return the variables of a model that has them as variables, or as fields of one struct.

    Variables beside the struct stay: what they say of tuning is newer than what it says itself, and they
    may add what the model lacks. What `scipy.io.loadmat` adds (``__header__``) is left out.

    Raises
    ------
    ModelFileError
        More than one struct could be the model.
    """
    own = {key: value for key, value in variables.items() if not str(key).startswith("__")}
    if "w" in own:
        return own
    models = {key: found for key, value in own.items() if (found := struct_fields(value)).keys() >= _MARKS}
    if len(models) > 1:
        raise ModelFileError(
            f"{source} has several structs that hold a model: {', '.join(models)}; give one of them, such as "
            f"RateModel.load(scipy.io.loadmat(path)[{next(iter(models))!r}])"
        )
    for name, found in models.items():
        others = {key: value for key, value in own.items() if key != name}
        return {**found, **others, **{key: found[key] for key in MODEL_KEYS if key in found}}
    return own


def struct_fields(value: Any) -> dict[str, Any]:
    """Return the fields of one MATLAB struct, in any form that SciPy gives it; empty if it is none."""
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "OV":
        value = value.reshape(-1)[0]
    if isinstance(value, np.void) and value.dtype.names:
        return {name: value[name] for name in value.dtype.names}
    if isinstance(value, Mapping):
        return dict(value)
    names = getattr(value, "_fieldnames", ())  # loadmat(..., struct_as_record=False)
    return {name: getattr(value, name) for name in names}


def unused_weights(model: RateModel) -> list[str]:
    """Return the names of variables that look like trained weights and that nothing here uses.

    They are named like weights or biases, or have the shape of some that a network of this size can have: the
    model may owe them what it can do. Zeros do nothing and do not count.
    """
    return [
        key
        for key, value in model.extras.items()
        if key not in _HARMLESS and not key.startswith("eval_") and _is_weights(key, value, model)
    ]


def unused_words(names: list[str]) -> str:
    """Say that these variables are not used."""
    which = ", ".join(f"`{name}`" for name in names)
    return (
        f"{which} {'looks' if len(names) == 1 else 'look'} like trained weights, but nothing here uses "
        f"{'it' if len(names) == 1 else 'them'}: the network may not do what was trained"
    )


def missing_words(model: RateModel) -> str:
    """Say what the rate network lacks to be run, all at once, and how to add it; empty if it is complete."""
    example = {"b_out": "0", "activation": "'sigmoid'"}
    missing = [key for key in example if getattr(model, key) is None]
    if not missing:
        return ""
    assigned = " ".join(f"{key} = {example[key]};" for key in missing)
    added = ", ".join(f"{key!r}: {example[key]}" for key in missing)
    return (
        f"{model.source} has no {' and no '.join(f'`{key}`' for key in missing)}, which the rate network and "
        f"a matched conversion need: add what it was trained with, in MATLAB {assigned} "
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
    """Say whether weights under Dale's law hold their signs already: ``w @ m`` in place of ``w``.

    They do where entries are negative in columns of inhibitory units only, and no entry of these is
    positive. Weights that were trained as relu(w) and saved as w have negative entries in any column. To be
    mistaken, all entries of inhibitory columns must be negative by chance, and none of the others: where a
    share p of them is, with probability p^k (1 - p)^l for k and l of them. For one inhibitory unit among ten,
    two connections each (k = 2, l = 18), that is at most 0.0015; for 10 among 50 of 10 each, below 1e-100.
    """
    own = w[:, inhibitory]
    return bool((own < 0).any() and not (own > 0).any() and not (w[:, ~inhibitory] < 0).any())

"""Find the weights, biases and masks of a network of PyTorch by their shapes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np

from spiking.errors import ArgumentError
from spiking.importing.refused_layers import REFUSED
from spiking.typing import Floats

TRAIN_WITHOUT = "train a network without it, such as nn.RNN or a CTRNN"
_INITIAL = ("h0", "x0", "init_state", "initial_state", "hidden0", "h_0")


def names_by_shape(arrays: Mapping[str, Floats], module: Any) -> dict[str, Any]:
    """Return the names of the parts of a network whose layers are linear, found by their shapes."""
    for key, value in arrays.items():
        if value.ndim == 1 and key.rpartition(".")[2] == "weight":
            raise ArgumentError(
                f"{key} seems to be a normalisation, which is not taken: {REFUSED['Norm']}; {TRAIN_WITHOUT}"
            )
    masks = {key: value for key, value in arrays.items() if "mask" in key.lower() and value.ndim == 2}
    weights = {key: value for key, value in arrays.items() if value.ndim == 2 and key not in masks}
    weights = {key: value for key, value in weights.items() if key.rpartition(".")[2] not in _INITIAL}
    square = [key for key, value in weights.items() if value.shape[0] == value.shape[1]]
    if len(square) != 1:
        raise _unclear(arrays, f"{len(square)} square matrices")
    n = len(weights[square[0]])
    inputs = [key for key, value in weights.items() if len(value) == n and key not in square]
    if len(inputs) != 1:
        raise _unclear(arrays, f"{len(inputs)} matrices of shape ({n}, n_inputs)")
    names: dict[str, Any] = {"w": square[0], "w_in": inputs[0]}
    layers = [key.rpartition(".")[0] for key in (square[0], inputs[0])]
    bias = [f"{layer}.bias" for layer in reversed(layers) if f"{layer}.bias" in arrays]
    names |= {"bias": bias} if bias else {}
    check_linear(module if not masks else None, names)
    rest = {key: value for key, value in arrays.items() if key not in (*square, *inputs, *bias, *masks)}
    names |= readout_names(rest, n)
    for key, mask in masks.items():
        layer = key.rpartition(".")[0]
        owners = [p for p in ("w", "w_in", "w_out") if p in names and arrays[names[p]].shape == mask.shape]
        owners = [p for p in owners if names[p].rpartition(".")[0] == layer] or owners
        if len(owners) != 1 or not np.isin(mask, (0.0, 1.0)).all():
            raise ArgumentError(
                f"{key} is a mask with other entries than 0 and 1, or of no matrix; expected the weights as "
                f"they act, such as names={{'w': net.h2h.effective_weight(), ...}}"
            )
        names[f"{owners[0]}_mask"] = key
    check_linear(module, names)
    return names


def readout_names(rest: Mapping[str, Floats], n: int) -> dict[str, Any]:
    """Return the names of output weights, their bias and an initial state; refuse what has no place."""
    names: dict[str, Any] = {}
    for key, value in rest.items():
        last = key.rpartition(".")[2]
        if last in _INITIAL and value.size == n:
            names["initial"] = key
    matrices = [key for key, value in rest.items() if value.ndim == 2 and key not in names.values()]
    if len(matrices) == 1 and rest[matrices[0]].shape[1] == n:
        names["w_out"] = matrices[0]
        bias = f"{matrices[0].rpartition('.')[0]}.bias".lstrip(".")
        names |= {"b_out": bias} if bias in rest else {}
    lost = [key for key in rest if key not in names.values()]
    if lost:
        raise _unclear(rest, f"no place for {', '.join(lost)}")
    return names


def check_linear(module: Any, names: Mapping[str, Any]) -> None:
    """Raise ArgumentError unless the weights are in nn.Linear, which has them as (receiver, sender)."""
    for part in ("w", "w_in", "w_out"):
        name = names.get(part)
        if name is None:
            continue
        layer, _, last = name.rpartition(".")
        advice = f"give the weights as they act, (receiver, sender): names={{{part!r}: ..., ...}}"
        if last != "weight":
            raise ArgumentError(f"{name} is in no nn.Linear, so its orientation is unknown; {advice}")
        if module is None or f"{part}_mask" in names:
            continue
        kind = type(module.get_submodule(layer))
        if not (kind.__module__.startswith("torch.nn") and kind.__name__ == "Linear"):
            raise ArgumentError(f"{name} is in a layer {kind.__name__}, which may change it; {advice}")


def _unclear(arrays: Mapping[str, Floats], problem: str) -> ArgumentError:
    there = ", ".join(f"{key} {value.shape}" for key, value in islice(arrays.items(), 12))
    return ArgumentError(
        f"the network has {problem}, so its parts cannot be found by their shapes; expected names, such as "
        f"names={{'w': 'h2h.weight', 'w_in': 'input2h.weight', 'w_out': 'fc.weight', "
        f"'bias': ['input2h.bias', 'h2h.bias'], 'b_out': 'fc.bias'}}; it has {there}"
    )

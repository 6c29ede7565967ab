"""Convert a spiking network to named arrays and texts, as files of networks and simulations store it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.conversion.conversion import Conversion
from spiking.files.json_text import parsed, texts
from spiking.network.readout_refit import ReadoutRefit
from spiking.network.synapses.plasticity import from_json as plasticity_from_json
from spiking.neuron.params import LIFParams
from spiking.tasks.recorded.record import TaskRecord

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork

_SPARSE = ("data", "indices", "indptr", "shape")


def to_arrays(network: SpikingNetwork) -> dict[str, Any]:
    """Return the fields of a network: arrays, and dataclasses as JSON.

    ``populations/exc`` and so on are masks; sparse weights are ``weights/data``, ``indices``, ``indptr`` and
    ``shape``, by columns. `plasticity` and `weight_changes` are JSON, too. Fields that are None or empty are
    left out, as are delays of 0.
    """
    stored: dict[str, Any] = {}
    for item in fields(network):
        value = getattr(network, item.name)
        if isinstance(value, Conversion | LIFParams | TaskRecord):
            stored[item.name] = json.dumps(value.as_json())
        elif item.name == "plasticity":
            stored |= {item.name: json.dumps([asdict(each) for each in value])} if value else {}
        elif item.name == "delays":
            stored |= {item.name: np.asarray(value)} if value.any() else {}
        elif is_dataclass(value) and not isinstance(value, type):
            stored[item.name] = json.dumps(asdict(value), default=float)
        elif isinstance(value, Mapping):
            stored |= {f"{item.name}/{name}": array for name, array in value.items()}
        elif hasattr(value, "indptr"):
            stored |= {f"{item.name}/{name}": np.asarray(getattr(value, name)) for name in _SPARSE}
        elif item.name == "weight_changes":
            stored |= {item.name: json.dumps(value)} if value else {}
        elif value is not None:
            stored[item.name] = np.asarray(value)
    return stored


def from_arrays(kind: type[SpikingNetwork], arrays: Mapping[str, Any]) -> SpikingNetwork:
    """Make a network from the result of `to_arrays`; raises one of `json_text.UNUSABLE` for others."""
    values: dict[str, Any] = {}
    for name, value in arrays.items():
        field, _, part = name.partition("/")
        if part:
            values.setdefault(field, {})[part] = value
        else:
            values[field] = value
    values["params"] = LIFParams.from_json(parsed(values["params"]))
    if "readout_refit" in values:
        values["readout_refit"] = ReadoutRefit(**parsed(values["readout_refit"]))
    if "conversion" in values:
        values["conversion"] = Conversion.from_json(parsed(values["conversion"]))
    if "plasticity" in values:
        values["plasticity"] = plasticity_from_json(parsed(values["plasticity"]))
    if "task" in values:
        values["task"] = TaskRecord(**parsed(values["task"]))
    if "weight_changes" in values:
        values["weight_changes"] = texts(parsed(values["weight_changes"]))
    if isinstance(values["weights"], dict):
        from scipy.sparse import csc_array

        data, indices, pointers, shape = (values["weights"][name] for name in _SPARSE)
        values["weights"] = csc_array((data, indices, pointers), shape=tuple(shape))
    values["scaling_factor"] = float(values["scaling_factor"])
    values["lesioned"] = tuple(int(unit) for unit in values["lesioned"])
    network = kind(**values)
    _check(network)
    return network


def _check(network: SpikingNetwork) -> None:
    """Raise ValueError unless the arrays of a network agree with each other."""
    n, outputs = network.n_neurons, len(network.readout_bias)
    shapes = {"weights": (n, n), "w_in": (n, network.n_inputs), "readout": (outputs, n), "tau_decay": (n,)}
    for name, shape in shapes.items():
        array = values = getattr(network, name)
        if hasattr(array, "indptr"):
            array.check_format(full_check=True)  # the kernel follows the indices unchecked
            values = array.data
        if array.shape != shape or values.dtype.kind != "f" or not np.isfinite(values).all():
            raise ValueError(f"`{name}` has shape {array.shape}; expected finite numbers of shape {shape}")
    if (network.tau_decay <= 0).any():
        raise ValueError("`tau_decay` has entries that are not above 0; expected times in ms")
    if not 0 < network.scaling_factor < np.inf:
        raise ValueError(f"`scaling_factor` is {network.scaling_factor}; expected a number above 0")
    if not all(0 <= unit < n for unit in network.lesioned):
        raise ValueError(f"`lesioned` names units that are not among {n}")

"""Convert a spiking network to named arrays and texts, as files of simulations store it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np

from spiking.conversion.conversion import Conversion
from spiking.network.network import SpikingNetwork
from spiking.network.readout_refit import ReadoutRefit
from spiking.neuron.params import LIFParams

_SPARSE = ("data", "indices", "indptr", "shape")


def to_arrays(network: SpikingNetwork) -> dict[str, Any]:
    """Return all that a network is: arrays, and as JSON what consists of numbers and words.

    ``populations/exc`` and so on are masks; sparse weights are ``weights/data``, ``indices``, ``indptr`` and
    ``shape``, by columns. What is None is left out.
    """
    found: dict[str, Any] = {}
    for item in fields(network):
        value = getattr(network, item.name)
        if isinstance(value, Conversion):
            found[item.name] = json.dumps(value.as_json())
        elif is_dataclass(value) and not isinstance(value, type):
            found[item.name] = json.dumps(asdict(value), default=float)
        elif isinstance(value, Mapping):
            found |= {f"{item.name}/{name}": array for name, array in value.items()}
        elif hasattr(value, "indptr"):
            found |= {f"{item.name}/{name}": np.asarray(getattr(value, name)) for name in _SPARSE}
        elif value is not None:
            found[item.name] = np.asarray(value)
    return found


def from_arrays(arrays: Mapping[str, Any]) -> SpikingNetwork:
    """Make a network of what `to_arrays` gives; raises KeyError, TypeError or ValueError for others."""
    own: dict[str, Any] = {}
    for name, value in arrays.items():
        field, _, part = name.partition("/")
        if part:
            own.setdefault(field, {})[part] = value
        else:
            own[field] = value
    for name, kind in (("params", LIFParams), ("readout_refit", ReadoutRefit)):
        if name in own:
            own[name] = kind(**json.loads(own[name]))
    if "conversion" in own:
        own["conversion"] = Conversion.from_json(json.loads(own["conversion"]))
    if isinstance(own["weights"], dict):
        from scipy.sparse import csc_array

        data, indices, pointers, shape = (own["weights"][name] for name in _SPARSE)
        own["weights"] = csc_array((data, indices, pointers), shape=tuple(shape))
    own["scaling_factor"] = float(own["scaling_factor"])
    own["lesioned"] = tuple(int(unit) for unit in own["lesioned"])
    return SpikingNetwork(**own)

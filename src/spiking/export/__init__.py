"""Export networks and simulations to other tools: a function a tool, and the formats that the command writes.

Each function imports its library.

>>> from spiking import Record, SpikingNetwork, datasets, export, simulate, tasks
>>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
>>> run = simulate(network, tasks.get("go-nogo"), trials=2, seed=1, record=Record(spikes=True))
>>> export.to_pandas(run, "trials").shape[0]
2
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from spiking.export.brian2 import to_brian2
from spiking.export.matlab import to_mat
from spiking.export.neo import to_neo
from spiking.export.nir import to_nir
from spiking.export.nwb import to_nwb
from spiking.export.pandas import to_csv, to_pandas
from spiking.export.pynapple import to_pynapple
from spiking.export.xarray import to_xarray

# What `spiking export` writes: by the ending of the file, the function and the library that it needs. The
# help of the command repeats the names, because it is shown without loading these modules. Its name
# also stands in `files/output.py` (`_PROTECTED`): files of such names are not overwritten by other outputs.
FORMATS: MappingProxyType[str, tuple[Callable[..., Any], str | None]] = MappingProxyType(
    {"nwb": (to_nwb, "pynwb"), "mat": (to_mat, None), "csv": (to_csv, None)}
)

__all__ = [
    "to_brian2",
    "to_csv",
    "to_mat",
    "to_neo",
    "to_nir",
    "to_nwb",
    "to_pandas",
    "to_pynapple",
    "to_xarray",
]

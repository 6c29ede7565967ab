"""Take a rate model, or whatever it can be loaded from, wherever a function expects a model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.checks import shown
from spiking.errors import ArgumentError
from spiking.rate_model.contents import struct_fields
from spiking.rate_model.model import RateModel

AnyModel = RateModel | str | os.PathLike[str] | Mapping[str, Any] | NDArray[np.void]


def rate_model(name: str, value: object, expected: str = "a RateModel") -> RateModel:
    """Return the model itself, or load it from its file, its name in `spiking.datasets`, or a mapping.

    Parameters
    ----------
    name : str
        Name of the argument, for messages.
    value : AnyModel
        What a user gave.
    expected : str
        The classes that are expected, for messages.

    Raises
    ------
    ArgumentError
        It is none of these.
    ModelFileError
        It cannot be read (see `RateModel.load`).
    """
    if isinstance(value, RateModel):
        return value
    if isinstance(value, str | os.PathLike) or struct_fields(value):
        return RateModel.load(value)  # type: ignore[arg-type]  # it checks mappings itself
    raise ArgumentError(
        f"{name} is {shown(value)}; expected {expected}, the path of its file, or the name of a model that "
        f"comes with the package"
    )

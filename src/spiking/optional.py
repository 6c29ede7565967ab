"""Import optional libraries, which the plain installation does not include."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from spiking.errors import ArgumentError


def library(name: str, extra: str, user: str) -> Any:
    """Import a module of an optional library, or raise ArgumentError with the extra that installs it.

    Parameters
    ----------
    name : str
        Name of the module.
    extra : str
        The extra of this package that installs the library.
    user : str
        What needs the library, for the message.
    """
    package = name.partition(".")[0]
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise ArgumentError(
            f"{package} is not installed; expected for {user}: pip install 'spikernn[{extra}]'"
        ) from None

"""Models named on the command line: a file, or one that comes with the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spiking import RateModel


def load_model(name: str) -> RateModel:
    """Load the file of this name; if there is none, the model that comes with the package under it."""
    from spiking import RateModel, datasets

    return (
        datasets.load(name) if name in datasets.names() and not Path(name).exists() else RateModel.load(name)
    )

"""Models and tasks named on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spiking import RateModel
    from spiking.tasks import Task


def load_model(name: str) -> RateModel:
    """Load the file of this name; if there is none, the model that comes with the package under it."""
    from spiking import RateModel, datasets

    return (
        datasets.load(name) if name in datasets.names() and not Path(name).exists() else RateModel.load(name)
    )


def named_task(name: str | None) -> Task | str | None:
    """Return a task from a user's file, loaded once; other names as they are."""
    from spiking.tasks import get

    is_file = name is not None and (name.endswith(".py") or ".py:" in name)
    return get(name) if is_file and name is not None else name

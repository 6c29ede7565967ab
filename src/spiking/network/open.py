"""Open a file that holds a rate model or a spiking network, whichever it is."""

from __future__ import annotations

import os

from spiking.checks import file_path
from spiking.network.file import is_archive
from spiking.network.network import SpikingNetwork
from spiking.rate_model.model import RateModel


def open_network(path: str | os.PathLike[str]) -> RateModel | SpikingNetwork:
    """Read a model file or a network file; which of them it is follows from its content.

    Parameters
    ----------
    path : str or path-like
        A model file (see `RateModel.load`), or a file that `SpikingNetwork.save` wrote.

    Returns
    -------
    RateModel or SpikingNetwork

    Raises
    ------
    ModelFileError
        The file cannot be read, or holds neither.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets
    >>> from spiking.network import open_network
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> network.lesion([3, 5]).save("lesioned.npz")
    >>> open_network("lesioned.npz").lesioned
    (3, 5)
    """
    place = file_path("path", path)
    return SpikingNetwork.load(place) if place.is_file() and is_archive(place) else RateModel.load(place)

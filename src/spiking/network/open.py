"""Take a network, or whatever it can be made from, wherever a function expects one."""

from __future__ import annotations

import os

from spiking.check_arguments import check_arguments
from spiking.checks import file_path
from spiking.network.file import is_archive
from spiking.network.network import SpikingNetwork
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel

AnyNetwork = SpikingNetwork | AnyModel


@check_arguments()
def open_network(network: AnyNetwork) -> RateModel | SpikingNetwork:
    """Read a model file or a network file; which of them it is follows from its content.

    All functions that run either kind of network, such as `spiking.evaluate`, open their argument so.

    Parameters
    ----------
    network : path, str, RateModel, SpikingNetwork or mapping
        A model file (see `RateModel.load`), a file that `SpikingNetwork.save` wrote, or the name of a model
        that comes with the package (`spiking.datasets`), unless a file has that name. A RateModel and a
        SpikingNetwork are returned as they are.

    Returns
    -------
    RateModel or SpikingNetwork

    Raises
    ------
    ArgumentError
        It is none of these.
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
    if isinstance(network, SpikingNetwork):
        return network
    if isinstance(network, str | os.PathLike):
        place = file_path("network", network)
        if place.is_file() and is_archive(place):
            return SpikingNetwork.load(place)
    return rate_model("network", network, "a RateModel or a SpikingNetwork")


def spiking_network(network: AnyNetwork) -> SpikingNetwork:
    """Return the spiking network that a function was given: itself, from its file, or from a rate model.

    A rate model is converted as `SpikingNetwork.from_rate` does: with the conversion that its file records.

    Raises
    ------
    ArgumentError
        It is no network and no model, or the model's file records no scaling factor.
    ModelFileError
        The file cannot be read, or holds neither.
    """
    opened = open_network(network)
    return opened if isinstance(opened, SpikingNetwork) else SpikingNetwork.from_rate(opened)

"""Short-term plasticity of connections. `with_plasticity` is a method of `SpikingNetwork`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import finite_number, not_negative, shown
from spiking.connectivity.units import Units, unit_numbers
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork


def _share(name: str, value: Any) -> float:
    number = finite_number(name, value)
    if not 0 < number <= 1:
        raise ArgumentError(f"{name} is {shown(value)}; expected a number above 0, at most 1")
    return number


@check_arguments(utilisation=_share, recovery=not_negative, facilitation=not_negative)
@dataclass(frozen=True)
class ShortTermPlasticity:
    """Depression and facilitation of synapses (Tsodyks, Pawelzik & Markram, Neural Comput. 10:821, 1998).

    A synapse has resources x, 1 at rest, of which a spike uses the share u. Between spikes ``recovery dx/dt =
    1 - x`` and ``facilitation du/dt = -u``; at a spike first ``u += utilisation (1 - u)``, then the synapse
    transmits ``u x``, and ``x -= u x``. A spike acts with the connection's weight times ``u
    x/utilisation``: the weight that was trained is that of the first spike after a rest. With regular spikes
    every T ms, this tends to ``u (1 - e)/(1 - (1 - u) e)/utilisation`` with ``e = exp(-T/recovery)`` and
    ``u = utilisation/(1 - (1 - utilisation) exp(-T/facilitation))``.

    Parameters
    ----------
    utilisation : float
        Share of the resources that the first spike uses, above 0, at most 1.
    recovery : float
        Time constant of recovery from depression in ms; 0: no depression.
    facilitation : float
        Time constant of facilitation in ms; 0: no facilitation. The defaults are the depressing synapses
        between pyramidal cells of that paper (Fig. 1).

    Raises
    ------
    ArgumentError
        A value is out of range.

    Examples
    --------
    >>> from spiking.network import ShortTermPlasticity
    >>> ShortTermPlasticity(utilisation=0.2, recovery=100.0, facilitation=500.0)
    ShortTermPlasticity(utilisation=0.2, recovery=100.0, facilitation=500.0)
    """

    utilisation: float = 0.5
    recovery: float = 800.0
    facilitation: float = 0.0

    __repr__ = short_repr


@dataclass(frozen=True)
class Plastic:
    """Connections of a network, and their plasticity (`SpikingNetwork.with_plasticity` makes it).

    Attributes
    ----------
    plasticity : ShortTermPlasticity or None
        None: the connections are static.
    pre, post : tuple of int
        The numbers of the senders and of the receivers; all connections between them are meant.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets
    >>> from spiking.network import ShortTermPlasticity
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> network.with_plasticity(ShortTermPlasticity(), pre=[3, 4], post=[5]).plasticity[0].pre
    (3, 4)
    """

    plasticity: ShortTermPlasticity | None
    pre: tuple[int, ...]
    post: tuple[int, ...]

    __repr__ = short_repr


@check_arguments()
def with_plasticity(
    network: SpikingNetwork,
    plasticity: ShortTermPlasticity | None,
    *,
    pre: Units = "all",
    post: Units = "all",
) -> SpikingNetwork:
    """Return the network with short-term plasticity of its recurrent connections.

    Connections that had another plasticity before get this one. The readout reads the spikes themselves.

    Parameters
    ----------
    plasticity : ShortTermPlasticity or None
        None: these connections are static again.
    pre, post : population, UnitFraction, iterable of int or mask
        Senders and receivers, as in `scale_weights`.

    Returns
    -------
    SpikingNetwork

    Raises
    ------
    ArgumentError
        A population is unknown or empty.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets
    >>> from spiking.network import ShortTermPlasticity
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> changed = network.with_plasticity(ShortTermPlasticity(recovery=200.0), pre="exc", post="exc")
    >>> len(changed.plasticity)
    1
    """
    pairs = [
        tuple(unit_numbers(name, units, network.populations).tolist())
        for name, units in (("pre", pre), ("post", post))
    ]
    return replace(network, plasticity=(*network.plasticity, Plastic(plasticity, *pairs)))


def kinds(
    plasticity: Sequence[Plastic],
    n_neurons: int,
    post: NDArray[np.integer[Any]],
    pre: NDArray[np.integer[Any]],
) -> NDArray[np.int64]:
    """Return the number of the plasticity of each connection, or -1 where it is static."""
    which = np.full(np.broadcast_shapes(post.shape, pre.shape), -1)
    for k, each in enumerate(plasticity):
        sends, receives = (np.isin(np.arange(n_neurons), units) for units in (each.pre, each.post))
        which[receives[post] & sends[pre]] = -1 if each.plasticity is None else k
    return which


def checked_plasticity(value: Any, n_neurons: int) -> tuple[Plastic, ...]:
    """Return the field `plasticity` of a network of N neurons, or raise ArgumentError."""
    if not isinstance(value, Sequence) or not all(isinstance(each, Plastic) for each in value):
        raise ArgumentError(f"plasticity is {shown(value)}; expected what network.with_plasticity makes")
    for each in value:
        if not all(0 <= unit < n_neurons for unit in (*each.pre, *each.post)):
            raise ArgumentError(f"plasticity names units that are not among {n_neurons}")
    return tuple(value)


def from_json(values: Sequence[Mapping[str, Any]]) -> tuple[Plastic, ...]:
    """Return the plasticity that a file holds as JSON."""
    return tuple(
        Plastic(
            None if each["plasticity"] is None else ShortTermPlasticity(**each["plasticity"]),
            tuple(each["pre"]),
            tuple(each["post"]),
        )
        for each in values
    )

"""Choose connections: by sender and receiver, as a random fraction, or as a control for such a choice."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking.checks import whole_number
from spiking.errors import ArgumentError
from spiking.network.units import Units, checked_fraction, unit_numbers
from spiking.random_streams import CONTROL_STREAM, FRACTION_STREAM
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork

Control = Literal["elsewhere", "strength", "anywhere"]

_CONTROLS = ("elsewhere", "strength", "anywhere")


class Connections(NamedTuple):
    """Connections by sender, then receiver: the same however the network stores them; (connections,) each."""

    post: NDArray[np.int64]
    pre: NDArray[np.int64]
    weight: Floats


def connections(network: SpikingNetwork) -> Connections:
    """Return all connections of a network."""
    if isinstance(network.weights, np.ndarray):
        pre, post = np.nonzero(network.weights.T)
        return Connections(post, pre, network.weights[post, pre])
    stored = network.weights.tocoo()
    post, pre = (index.astype(np.int64) for index in (stored.row, stored.col))
    order = np.lexsort((post, pre))
    order = order[stored.data[order] != 0]
    return Connections(post[order], pre[order], stored.data[order])


def with_connections(network: SpikingNetwork, found: Connections) -> SpikingNetwork:
    """Return the network with these connections instead, stored as before."""
    n = network.n_neurons
    if isinstance(network.weights, np.ndarray):
        dense = np.zeros((n, n))
        dense[found.post, found.pre] = found.weight + 0.0  # no -0: what was cut is as if never there
        return dataclasses.replace(network, weights=dense)
    from scipy.sparse import csc_array

    kept = found.weight != 0
    entries = (found.weight[kept], (found.post[kept], found.pre[kept]))
    return dataclasses.replace(network, weights=csc_array(entries, shape=(n, n)))


def choose(
    network: SpikingNetwork,
    found: Connections,
    pre: Units,
    post: Units,
    fraction: float,
    seed: int,
    control: Control | None,
) -> NDArray[np.bool_]:
    """Say of each connection whether it is chosen; the parameters are those of `scale_weights`."""
    n = network.n_neurons
    sends, receives = np.zeros(n, bool), np.zeros(n, bool)
    sends[unit_numbers("pre", pre, network.populations)] = True
    receives[unit_numbers("post", post, network.populations)] = True
    between = sends[found.pre] & receives[found.post]
    share = checked_fraction("fraction", fraction)
    whole_number("seed", seed, 0)
    candidates = np.flatnonzero(between)
    number = round(share * candidates.size)
    own = stream(seed, FRACTION_STREAM).permutation(candidates)[:number]
    if control is not None:
        own = _controls(found, between, own, stream(seed, CONTROL_STREAM), control)
    chosen = np.zeros(found.weight.size, bool)
    chosen[own] = True
    return chosen


def _controls(
    found: Connections,
    between: NDArray[np.bool_],
    own: NDArray[np.int64],
    rng: np.random.Generator,
    control: Control,
) -> NDArray[np.int64]:
    if control not in _CONTROLS:
        raise ArgumentError(f"control is {control!r}; expected one of {', '.join(_CONTROLS)}")
    strength = np.abs(found.weight)
    if control == "anywhere":
        return rng.permutation(found.weight.size)[: own.size]
    others = rng.permutation(np.flatnonzero(~between))
    if control == "elsewhere":
        if others.size < own.size:
            raise ArgumentError(
                f"control: {own.size} connections are chosen, but only {others.size} lie elsewhere; "
                f"choose a smaller fraction, or control='anywhere'"
            )
        return others[: own.size]
    wanted, sums = strength[own].sum(), np.concatenate([[0.0], np.cumsum(strength[others])])
    if sums[-1] < wanted:
        raise ArgumentError(
            f"control: the chosen connections have a total absolute weight of {wanted:g}, all others only "
            f"{sums[-1]:g}; choose a smaller fraction, or control='anywhere'"
        )
    return others[: int(np.argmin(np.abs(sums - wanted)))]


def stream(seed: int, purpose: int) -> np.random.Generator:
    """Return the random numbers of a seed for one purpose."""
    return np.random.default_rng(np.random.SeedSequence(whole_number("seed", seed, 0), spawn_key=(purpose,)))

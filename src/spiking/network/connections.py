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
    """Connections in the order of senders, then receivers; arrays of shape (connections,)."""

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


def with_connections(network: SpikingNetwork, new: Connections) -> SpikingNetwork:
    """Return the network with these connections instead, stored as before."""
    n = network.n_neurons
    if isinstance(network.weights, np.ndarray):
        dense = np.zeros((n, n))
        dense[new.post, new.pre] = new.weight + 0.0  # no -0: a cut connection leaves no trace
        return dataclasses.replace(network, weights=dense)
    from scipy.sparse import csc_array

    present = new.weight != 0
    entries = (new.weight[present], (new.post[present], new.pre[present]))
    return dataclasses.replace(network, weights=csc_array(entries, shape=(n, n)))


def choose(
    network: SpikingNetwork,
    existing: Connections,
    pre: Units,
    post: Units,
    fraction: float,
    seed: int,
    control: Control | None,
) -> NDArray[np.bool_]:
    """Return a mask of the chosen connections; the parameters are those of `scale_weights`."""
    n = network.n_neurons
    sends, receives = np.zeros(n, bool), np.zeros(n, bool)
    sends[unit_numbers("pre", pre, network.populations)] = True
    receives[unit_numbers("post", post, network.populations)] = True
    between = sends[existing.pre] & receives[existing.post]
    share = checked_fraction("fraction", fraction)
    whole_number("seed", seed, 0)
    candidates = np.flatnonzero(between)
    number = round(share * candidates.size)
    numbers = stream(seed, FRACTION_STREAM).permutation(candidates)[:number]
    if control is not None:
        numbers = _controls(existing, between, numbers, stream(seed, CONTROL_STREAM), control)
    chosen = np.zeros(existing.weight.size, bool)
    chosen[numbers] = True
    return chosen


def _controls(
    existing: Connections,
    between: NDArray[np.bool_],
    chosen: NDArray[np.int64],
    rng: np.random.Generator,
    control: Control,
) -> NDArray[np.int64]:
    if control not in _CONTROLS:
        raise ArgumentError(f"control is {control!r}; expected one of {', '.join(_CONTROLS)}")
    strength = np.abs(existing.weight)
    if control == "anywhere":
        return rng.permutation(existing.weight.size)[: chosen.size]
    others = rng.permutation(np.flatnonzero(~between))
    if control == "elsewhere":
        if others.size < chosen.size:
            raise ArgumentError(
                f"control: {chosen.size} connections are chosen, but only {others.size} lie elsewhere; "
                f"choose a smaller fraction, or control='anywhere'"
            )
        return others[: chosen.size]
    wanted, sums = strength[chosen].sum(), np.concatenate([[0.0], np.cumsum(strength[others])])
    if sums[-1] < wanted:
        raise ArgumentError(
            f"control: the chosen connections have a total absolute weight of {wanted:g}, all others only "
            f"{sums[-1]:g}; choose a smaller fraction, or control='anywhere'"
        )
    return others[: int(np.argmin(np.abs(sums - wanted)))]


def stream(seed: int, purpose: int) -> np.random.Generator:
    """Return the generator of a seed for one purpose."""
    return np.random.default_rng(np.random.SeedSequence(whole_number("seed", seed, 0), spawn_key=(purpose,)))

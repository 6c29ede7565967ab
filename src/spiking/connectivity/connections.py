"""Choose connections: by sender and receiver, as a random fraction, or as a control for such a choice."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from spiking.connectivity.units import Units, number_of_units, unit_numbers
from spiking.connectivity.words import connections_words, units_words
from spiking.errors import ArgumentError
from spiking.random_streams import CONTROL_STREAM, FRACTION_STREAM
from spiking.typing import Floats

if TYPE_CHECKING:
    from scipy.sparse import csc_array

    Weights = Floats | csc_array[np.float64]

Control = Literal["elsewhere", "strength", "anywhere"]

_CONTROLS = ("elsewhere", "strength", "anywhere")


class Connected(Protocol):
    """What can be changed: a rate model or a spiking network, with weights between its units."""

    @property
    def populations(self) -> Mapping[str, NDArray[np.bool_]]:
        """Masks of shape (N,) by name."""

    @property
    def lesioned(self) -> tuple[int, ...]:
        """Units that are silent."""

    @property
    def weight_changes(self) -> tuple[str, ...]:
        """What was done to the weights, in words."""

    @property
    def w_in(self) -> Floats:
        """Input weights, shape (N, n_inputs)."""

    @property
    def _recurrent(self) -> Weights:
        """Recurrent weights as they act, shape (N, N); row postsynaptic."""

    def _with_recurrent(self, weights: Weights) -> Self:
        """Return the network with these weights, stored in the same way."""

    def _without_output_of(self, units: NDArray[np.int64]) -> Self:
        """Return the network without the output weights of these units."""

    def _with_named(self, masks: Mapping[str, NDArray[np.bool_]]) -> Self:
        """Return the network with these populations in addition to those that it has."""


N = TypeVar("N", bound=Connected)


class Connections(NamedTuple):
    """Connections in the order of senders, then receivers; arrays of shape (connections,)."""

    post: NDArray[np.int64]
    pre: NDArray[np.int64]
    weight: Floats


def connections(network: Connected) -> Connections:
    """Return all connections of a network."""
    weights = network._recurrent
    if isinstance(weights, np.ndarray):
        pre, post = np.nonzero(weights.T)
        return Connections(post, pre, weights[post, pre])
    stored = weights.tocoo()
    post, pre = (index.astype(np.int64) for index in (stored.row, stored.col))
    order = np.lexsort((post, pre))
    order = order[stored.data[order] != 0]
    return Connections(post[order], pre[order], stored.data[order])


def with_connections(network: N, new: Connections) -> N:
    """Return the network with these connections instead, stored as before."""
    n = number_of_units(network.populations)
    if isinstance(network._recurrent, np.ndarray):
        dense = np.zeros((n, n))
        dense[new.post, new.pre] = new.weight + 0.0  # no -0: a cut connection leaves no trace
        return network._with_recurrent(dense)
    from scipy.sparse import csc_array

    present = new.weight != 0
    entries = (new.weight[present], (new.post[present], new.pre[present]))
    return network._with_recurrent(csc_array(entries, shape=(n, n)))


def replaced(network: N, change: str | None, **fields: Any) -> N:
    """Return the network with other values of fields; `change` is added to its `weight_changes`."""
    if change is not None:
        fields["weight_changes"] = (*network.weight_changes, change)
    dataclass: Any = network
    changed: N = dataclasses.replace(dataclass, **fields)
    return changed


def choose(
    network: Connected,
    existing: Connections,
    pre: Units,
    post: Units,
    fraction: float,
    seed: int,
    control: Control | None,
) -> tuple[NDArray[np.bool_], str]:
    """Return a mask of the chosen connections, and words for them; parameters as in `scale_weights`."""
    n = number_of_units(network.populations)
    sends, receives = np.zeros(n, bool), np.zeros(n, bool)
    senders, receivers = (
        unit_numbers(name, units, network.populations) for name, units in (("pre", pre), ("post", post))
    )
    sends[senders], receives[receivers] = True, True
    between = sends[existing.pre] & receives[existing.post]
    candidates = np.flatnonzero(between)
    number = round(fraction * candidates.size)
    numbers = stream(seed, FRACTION_STREAM).permutation(candidates)[:number]
    if control is not None:
        numbers = _controls(existing, between, numbers, stream(seed, CONTROL_STREAM), control)
    chosen = np.zeros(existing.weight.size, bool)
    chosen[numbers] = True
    ends = units_words(pre, senders.size), units_words(post, receivers.size)
    return chosen, connections_words(*ends, fraction, seed, control)


def _controls(
    existing: Connections,
    between: NDArray[np.bool_],
    chosen: NDArray[np.int64],
    rng: np.random.Generator,
    control: Control,
) -> NDArray[np.int64]:
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
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose,)))

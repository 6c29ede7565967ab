"""Change a network: scale, cut, shuffle and replace connections, lesion units. Methods of `SpikingNetwork`.

A connection is a weight that is not zero. Every function returns a new network.
"""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from spiking.checks import real_numbers
from spiking.errors import ArgumentError
from spiking.network.connections import Control, choose, connections, stream, with_connections
from spiking.network.units import Units, unit_numbers
from spiking.random_streams import INPUT_STREAM, SHUFFLE_STREAM
from spiking.typing import Floats

if TYPE_CHECKING:
    from scipy.sparse import csc_array

    from spiking.network.network import SpikingNetwork


def scale_weights(
    network: SpikingNetwork,
    *,
    factor: float,
    pre: Units = "all",
    post: Units = "all",
    fraction: float = 1.0,
    seed: int = 1,
    control: Control | None = None,
) -> SpikingNetwork:
    """Multiply connections by a factor: ``network.scale_weights(pre="inh", post="exc", factor=0.7)``.

    Parameters
    ----------
    factor : float
        0 cuts the connections, 1 leaves them unchanged, a negative factor reverses their sign.
    pre, post : population, UnitFraction, iterable of int or mask
        Senders and receivers; all by default. Populations are ``"all"``, ``"exc"``, ``"inh"``, ``"som"`` and
        ``"pv"``.
    fraction : float
        Fraction of the connections from `pre` to `post` that is chosen at random (the number is rounded).
        For one seed, a larger fraction contains the smaller ones.
    seed : int
        Seed of the random choice of the fraction and of the control.
    control : {"elsewhere", "strength", "anywhere"}, optional
        Change other connections instead, as a control for the number or the strength of the chosen ones.
        ``elsewhere``: the same number, at random from the connections that do not lead from `pre` to `post`.
        ``strength``: from these too, in random order, until the sum of their absolute weights is as close as
        possible to that of the chosen ones. ``anywhere``: the same number, at random from all connections.

    Returns
    -------
    SpikingNetwork

    Raises
    ------
    ArgumentError
        A population is unknown or empty, the fraction is not from 0 to 1, the factor is not finite, or there
        are not enough connections for the control.
    """
    value: Any = factor
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not np.isfinite(value):
        raise ArgumentError(f"factor is {value!r}; expected a finite number")
    existing = connections(network)
    chosen = choose(network, existing, pre, post, fraction, seed, control)
    return with_connections(
        network, existing._replace(weight=np.where(chosen, existing.weight * factor, existing.weight))
    )


def cut(
    network: SpikingNetwork,
    *,
    pre: Units = "all",
    post: Units = "all",
    fraction: float = 1.0,
    seed: int = 1,
    control: Control | None = None,
) -> SpikingNetwork:
    """Cut connections: scale them by 0; parameters and errors as in `scale_weights`."""
    return scale_weights(
        network, factor=0.0, pre=pre, post=post, fraction=fraction, seed=seed, control=control
    )


def shuffle_weights(
    network: SpikingNetwork,
    *,
    seed: int = 1,
    pre: Units = "all",
    post: Units = "all",
    fraction: float = 1.0,
) -> SpikingNetwork:
    """Give connections new receivers at random; every unit keeps its own weights, signs and out-degree.

    The new receivers of a unit are drawn from `post`, in each of the populations exc, som and pv as many as
    before. So the connectivity between populations does not change, and connections that the model excludes
    (inhibition of SST units) remain absent. Connections that are not chosen do not change.

    Parameters
    ----------
    seed : int
        Seed of the random choice of the fraction and of the new receivers.
    pre, post, fraction
        The connections, as in `scale_weights`.

    Returns
    -------
    SpikingNetwork

    Raises
    ------
    ArgumentError
        As in `scale_weights`.
    """
    existing, receiving = connections(network), unit_numbers("post", post, network.populations)
    chosen = choose(network, existing, pre, receiving, fraction, seed, None)
    rng = stream(seed, SHUFFLE_STREAM)
    populations = network.populations
    kind = np.where(populations["exc"], 0, np.where(populations["som"], 1, 2))
    allowed = np.zeros(network.n_neurons, bool)
    allowed[receiving] = True
    receivers = [np.flatnonzero(allowed & (kind == k)) for k in range(3)]
    new_post = existing.post.copy()
    starts = np.searchsorted(existing.pre, np.arange(network.n_neurons + 1))
    for first, last in pairwise(starts):
        outgoing = np.arange(first, last)
        unchanged = existing.post[outgoing[~chosen[outgoing]]]
        for k in range(3):
            moving = outgoing[chosen[outgoing] & (kind[existing.post[outgoing]] == k)]
            if moving.size:
                free = np.setdiff1d(receivers[k], unchanged)
                new_post[moving] = rng.choice(free, moving.size, replace=False)
    return with_connections(network, existing._replace(post=new_post))


def remove_autapses(network: SpikingNetwork) -> SpikingNetwork:
    """Cut the connections of units onto themselves.

    Returns
    -------
    SpikingNetwork
    """
    existing = connections(network)
    return with_connections(
        network,
        existing._replace(weight=np.where(existing.pre == existing.post, 0.0, existing.weight)),
    )


def with_weights(network: SpikingNetwork, weights: ArrayLike | csc_array[np.float64]) -> SpikingNetwork:
    """Replace the recurrent weights.

    Parameters
    ----------
    weights : array or scipy.sparse array, shape (N, N)
        Row postsynaptic, column presynaptic; already divided by the scaling factor.

    Returns
    -------
    SpikingNetwork

    Raises
    ------
    ArgumentError
        The shape is another one, or an entry is not a finite number.
    """
    given: Any = weights
    dense = given.toarray() if hasattr(given, "toarray") else given
    n = network.n_neurons
    array = _finite("weights", dense, (n, n))
    if isinstance(network.weights, np.ndarray):
        return dataclasses.replace(network, weights=array)
    from scipy.sparse import csc_array

    return dataclasses.replace(network, weights=csc_array(array))


def with_input_weights(network: SpikingNetwork, w_in: ArrayLike) -> SpikingNetwork:
    """Replace the input weights.

    Parameters
    ----------
    w_in : array, shape (N, n_inputs)

    Returns
    -------
    SpikingNetwork

    Raises
    ------
    ArgumentError
        The shape is another one, or an entry is not a finite number.
    """
    return dataclasses.replace(network, w_in=_finite("w_in", w_in, (network.n_neurons, network.n_inputs)))


def shuffle_input_weights(network: SpikingNetwork, *, seed: int = 1, post: Units = "all") -> SpikingNetwork:
    """Exchange the input weights among units: each gets those of another unit, for all inputs together.

    Parameters
    ----------
    seed : int
    post : population, UnitFraction, iterable of int or mask
        The units that exchange their weights.

    Returns
    -------
    SpikingNetwork

    Raises
    ------
    ArgumentError
        A population is unknown or empty, or the seed is negative.
    """
    units = unit_numbers("post", post, network.populations)
    w_in = network.w_in.copy()
    w_in[units] = network.w_in[stream(seed, INPUT_STREAM).permutation(units)]
    return dataclasses.replace(network, w_in=w_in)


def lesion(network: SpikingNetwork, units: Units) -> SpikingNetwork:
    """Lesion units: ``network.lesion("som")``, ``network.lesion(UnitFraction(0.1, "exc", seed=1))``.

    A lesioned unit is silent: it has no membrane voltage (NaN, if recorded), never spikes, not even when
    stimulated, and its outgoing connections and readout weights are 0. The other units behave exactly as if
    its outgoing connections were cut. Units keep their numbers and their random numbers. `Simulation.rates`
    is NaN for a lesioned unit, not 0, so that averages do not include it unnoticed; ``np.nanmean`` leaves it
    out.

    Parameters
    ----------
    units : population, UnitFraction, iterable of int or mask

    Returns
    -------
    SpikingNetwork
        Its `lesioned` are these units and those that were lesioned before.

    Raises
    ------
    ArgumentError
        A population is unknown or empty, or a number is not that of a unit.
    """
    chosen = unit_numbers("units", units, network.populations)
    readout = network.readout.copy()
    readout[:, chosen] = 0
    lesioned = tuple(sorted({*network.lesioned, *chosen.tolist()}))
    return dataclasses.replace(cut(network, pre=chosen), readout=readout, lesioned=lesioned)


def _finite(name: str, values: ArrayLike, shape: tuple[int, ...]) -> Floats:
    array = real_numbers(name, values, f"finite numbers of shape {shape}")
    if array.shape != shape or not np.isfinite(array).all():
        raise ArgumentError(f"{name} has shape {array.shape}; expected finite numbers of shape {shape}")
    return array

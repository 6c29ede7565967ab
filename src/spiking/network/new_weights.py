"""Replace the recurrent weights or the input weights. Methods of `SpikingNetwork`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from spiking.checks import finite_numbers
from spiking.connectivity.connections import replaced
from spiking.errors import ArgumentError
from spiking.typing import Floats

if TYPE_CHECKING:
    from scipy.sparse import csc_array

    from spiking.network.network import SpikingNetwork


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
    n = network.n_neurons
    array = _finite("weights", weights, (n, n))
    change = _change(network, "recurrent weights", network.dense_weights, array)
    if isinstance(network.weights, np.ndarray):
        return replaced(network, change, weights=array)
    from scipy.sparse import csc_array

    return replaced(network, change, weights=csc_array(array))


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
    array = _finite("w_in", w_in, (network.n_neurons, network.n_inputs))
    return replaced(network, _change(network, "input weights", network.w_in, array), w_in=array)


def _change(network: SpikingNetwork, what: str, old: Floats, new: Floats) -> str | None:
    """Return what to record; None if the weights are the same, or if the last change was the same."""
    words = f"{what} replaced by others"
    return None if np.array_equal(old, new) or network.weight_changes[-1:] == (words,) else words


def _finite(name: str, values: object, shape: tuple[int, ...]) -> Floats:
    array = finite_numbers(name, values, f"finite numbers of shape {shape}")
    if array.shape != shape:
        raise ArgumentError(f"{name} has shape {array.shape}; expected finite numbers of shape {shape}")
    return array

"""Delays of connections. A method of `SpikingNetwork`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.check_arguments import check_arguments, unchecked
from spiking.checks import finite_numbers
from spiking.connectivity.units import Units, unit_numbers
from spiking.errors import ArgumentError
from spiking.neuron.distribution import Distribution
from spiking.read_only import frozen_array
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork

_LONGEST = 1000.0  # ms; the buffer of what is under way has a row for each time step


@check_arguments(ms=unchecked)
def with_delays(
    network: SpikingNetwork,
    ms: float | ArrayLike | Distribution,
    *,
    pre: Units = "all",
    post: Units = "all",
) -> SpikingNetwork:
    """Return the network with delays: ``network.with_delays(1.5, pre="exc")``.

    A spike at time t changes the synaptic current of a receiver from t plus the delay on, rounded to time
    steps, instead of at once. The readout reads the spikes themselves, without delay.

    Parameters
    ----------
    ms : float, array of shape (receivers, senders) or (N, N), or Distribution
        Delays in ms from 0 to 1,000: one for all of these connections, one for each, or drawn for each.
        Autapses are connections as others. Other connections keep the delays that they had.
    pre, post : population, UnitFraction, iterable of int or mask
        Senders and receivers, as in `scale_weights`.

    Returns
    -------
    SpikingNetwork

    Raises
    ------
    ArgumentError
        A delay is out of range or not finite, the shape is another one, or a population is unknown.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets
    >>> from spiking.neuron import Distribution
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> network.with_delays(1.5).delays
    array(1.5)
    >>> network.with_delays(Distribution(1.5, 0.5, "lognormal"), pre="exc").delays.shape
    (200, 200)
    """
    senders, receivers = (
        unit_numbers(name, units, network.populations) for name, units in (("pre", pre), ("post", post))
    )
    n = network.n_neurons
    if isinstance(ms, Distribution):
        values: Floats = ms.values("delays", n * n).reshape(n, n)[np.ix_(receivers, senders)]
    else:
        values = _given(ms, n, receivers, senders)
    drawn = isinstance(ms, Distribution)
    advice = ": use a smaller sd, or shape='lognormal', whose values are above 0" if drawn else ""
    check_delays("ms, as drawn," if drawn else "ms", values, advice)
    if values.ndim == 0 and {*senders} == {*receivers} == {*range(n)}:
        return replace(network, delays=values)
    delays = np.array(np.broadcast_to(network.delays, (n, n)))
    delays[np.ix_(receivers, senders)] = values
    return replace(network, delays=delays)


def _given(ms: Any, n: int, receivers: Any, senders: Any) -> Floats:
    shape = (receivers.size, senders.size)
    expected = f"delays in ms: one number, or shape {shape} (receivers, senders)"
    values = finite_numbers("ms", ms, expected)
    if values.shape == (n, n):
        return values[np.ix_(receivers, senders)]
    if values.shape not in ((), shape):
        of_all = "" if shape == (n, n) else f", or ({n}, {n})"
        raise ArgumentError(f"ms has shape {values.shape}; expected {expected}{of_all}")
    return values


def checked_delays(value: Any, n_neurons: int) -> Floats:
    """Return the field `delays` of a network of N neurons, or raise ArgumentError."""
    values = finite_numbers("delays", value, f"ms, one number or shape ({n_neurons}, {n_neurons})")
    if values.shape not in ((), (n_neurons, n_neurons)):
        raise ArgumentError(f"delays has shape {values.shape}; expected () or ({n_neurons}, {n_neurons})")
    check_delays("delays", values)
    return frozen_array(values)


def check_delays(name: str, values: Floats, advice: str = "") -> None:
    """Raise ArgumentError unless all delays in ms are from 0 to the longest."""
    wrong = (values < 0) | (values > _LONGEST)
    if wrong.any():
        raise ArgumentError(
            f"{name} has {values[wrong].flat[0]:g}; expected delays from 0 to {_LONGEST:g} ms{advice}"
        )


def delay_steps(delays: Floats, time_step: float) -> NDArray[np.int64]:
    """Return delays in time steps; `time_step` in ms."""
    return np.rint(delays / time_step).astype(np.int64)

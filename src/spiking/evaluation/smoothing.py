"""Smooth outputs and rates with a Gaussian or, like a synapse, with an exponential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import positive_number, real_numbers
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr
from spiking.simulation.result import Simulation
from spiking.timing import STEPS_NOT_COUNTED
from spiking.typing import Floats

_REACH = 4  # a Gaussian is cut off at this many widths


@check_arguments(width=positive_number)
@dataclass(frozen=True)
class Smoothing:
    """How to smooth samples over time: ``Smoothing("gaussian", 20.0)``.

    Each value becomes a weighted mean of the samples around it. The weights of the existing samples sum to 1,
    so that a constant is unchanged, also at the ends.

    Parameters
    ----------
    kind : {"gaussian", "exponential"}
        The Gaussian is symmetric and is cut off at 4 widths. The exponential is causal, like ``width dy/dt =
        -y + x``.
    width : float
        Standard deviation of the Gaussian or time constant of the exponential, in ms.

    Raises
    ------
    ArgumentError
        The kind is unknown, or the width is not above 0.

    Examples
    --------
    >>> from spiking import Smoothing
    >>> Smoothing("gaussian", 20.0).apply([1.0, 1.0, 1.0], interval=5.0).round(9).tolist()
    [1.0, 1.0, 1.0]
    """

    kind: Literal["gaussian", "exponential"]
    width: float

    __repr__ = short_repr

    @check_arguments(interval=positive_number)
    def apply(self, samples: ArrayLike, interval: float) -> Floats:
        """Smooth along the last axis.

        Parameters
        ----------
        samples : array, shape (..., samples)
            For example `Simulation.output`.
        interval : float
            Time between samples in ms.

        Returns
        -------
        array, shape (..., samples)
        """
        x = np.atleast_1d(real_numbers("samples", samples, "shape (..., samples)"))
        width = self.width / interval
        if x.shape[-1] == 0:
            return x
        return self._sums(x, width) / self._sums(np.ones(x.shape[-1]), width)

    def _sums(self, x: Floats, width: float) -> Floats:
        """Return the weighted sums of the existing samples; `width` is in samples."""
        from scipy.signal import lfilter, oaconvolve

        if self.kind == "exponential":
            decay = np.exp(-1 / width)
            return np.asarray(lfilter([1 - decay], [1, -decay], x, axis=-1))
        reach = int(_REACH * width + 0.5)
        weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
        full = oaconvolve(x, weights.reshape((1,) * (x.ndim - 1) + (-1,)), axes=-1)
        return np.asarray(full[..., reach : reach + x.shape[-1]])


@check_arguments(interval=positive_number)
def smoothed_rates(simulation: Simulation, smoothing: Smoothing, *, interval: float = 1.0) -> Floats:
    """Return firing rates over time: spike counts in bins, smoothed.

    Spikes in the first 9 steps are not counted, as in `Simulation.rates`.

    Parameters
    ----------
    simulation : Simulation
        A simulation with recorded spikes.
    smoothing : Smoothing
    interval : float
        Length of a bin in ms, a multiple of the time step. Bin k extends from ``k interval`` to
        ``(k + 1) interval``.

    Returns
    -------
    array, shape (trials, neurons, bins)
        Rates in Hz of the recorded neurons, in the order of `Record`; NaN for lesioned neurons.

    Raises
    ------
    ArgumentError
        Spikes were not recorded, or the interval is not a multiple of the time step.

    Examples
    --------
    >>> from spiking import Record, Smoothing, SpikingNetwork, datasets, simulate, smoothed_rates, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> run = simulate(network, tasks.get("go-nogo"), trials=2, seed=1, record=Record(spikes="exc"))
    >>> rates = smoothed_rates(run, Smoothing("gaussian", 20.0), interval=10.0)
    >>> rates.shape == (2, network.populations["exc"].sum(), 100)
    True
    """
    spikes = simulation.spikes
    if spikes is None:
        raise ArgumentError("spikes were not recorded; simulate with record=Record(spikes=True)")
    simulation.duration  # noqa: B018  # refuses trials of unequal length
    stride = round(interval / simulation.time_step)
    fits = abs(stride * simulation.time_step - interval) <= 1e-9 * interval
    if not fits or not 1 <= stride <= simulation.n_steps:
        raise ArgumentError(
            f"interval is {interval} ms; expected a multiple of {simulation.time_step} ms, at most the trial"
        )
    network = simulation.network
    neurons = simulation.record.neurons("spikes", network.populations)
    counts = np.zeros((len(simulation.trials), network.n_neurons, simulation.n_steps // stride))
    inside = spikes.step < counts.shape[-1] * stride  # an incomplete last bin is left out
    inside &= spikes.step >= STEPS_NOT_COUNTED
    np.add.at(counts, (spikes.trial[inside], spikes.neuron[inside], spikes.step[inside] // stride), 1.0)
    counts[:, list(network.lesioned)] = np.nan
    return smoothing.apply(counts[:, neurons] * (1000 / interval), interval)

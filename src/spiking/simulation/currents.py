"""Currents that are injected into chosen neurons: oscillations and arbitrary waveforms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, not_negative, positive_number
from spiking.connectivity.units import UnitFraction, checked_units
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr
from spiking.simulation.stimulation import checked_window
from spiking.typing import Floats


@check_arguments(frequency=positive_number, window=checked_window)
@dataclass(frozen=True)
class Oscillation:
    """A sinusoidal current, ``amplitude sin(2 pi frequency t + phase)``, t from the trial's start.

    It is added to I in the membrane equation (`LIFParams`), so it does nothing while a neuron is refractory.

    Parameters
    ----------
    units : str, UnitFraction, iterable of int or array of bool
        Neurons, as in `Stimulation`.
    frequency : float
        In Hz, above 0.
    amplitude : float
        In mV, like the bias.
    phase : float
        In radians; 0 is a sine.
    window : (float, float), optional
        Start and end in ms; half open. None: the whole trial.
    weights : sequence of float, optional
        A factor for each of the units, in their order. None: 1 for all.

    Raises
    ------
    ArgumentError
        A value is not finite, the frequency is not above 0, the window is empty, or units or weights cannot
        be used.

    Examples
    --------
    >>> from spiking import Oscillation
    >>> theta = Oscillation("exc", frequency=8.0, amplitude=2.0, window=(0, 500))
    >>> theta.amounts(0, 3, time_step=0.05).round(4).tolist()  # mV, in the first steps
    [0.0025, 0.0075, 0.0126]
    """

    units: str | UnitFraction | Iterable[int]
    frequency: float
    amplitude: float
    phase: float = 0.0
    window: tuple[float, float] | None = None
    weights: tuple[float, ...] | None = None

    __repr__ = short_repr

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", checked_units("units", self.units))
        _check_weights(self.weights, self.units)

    @check_arguments(first=at_least(0, 10**8), last=at_least(0, 10**8))
    def amounts(self, first: int, last: int, time_step: float) -> Floats:
        """Return the current in the middle of each of the steps `first` to before `last`, in mV."""
        time = (np.arange(first, last) + 0.5) * np.float64(time_step / 1000)
        return np.float64(self.amplitude) * np.sin(2 * np.pi * self.frequency * time + self.phase)


@check_arguments(interval=positive_number, start=not_negative)
@dataclass(frozen=True)
class Waveform:
    """An arbitrary current, given as samples that each last `interval`.

    It is added to I in the membrane equation (`LIFParams`), so it does nothing while a neuron is refractory.

    Parameters
    ----------
    units : str, UnitFraction, iterable of int or array of bool
        Neurons, as in `Stimulation`.
    samples : sequence of float
        The current in mV, like the bias.
    interval : float
        Duration of a sample in ms, at least a time step.
    start : float
        Start of the first sample in ms. Samples after the end of a trial have no effect.
    weights : sequence of float, optional
        A factor for each of the units, in their order. None: 1 for all.

    Raises
    ------
    ArgumentError
        There are no samples, a value is not finite, the interval is not above 0, the start is negative, or
        units or weights cannot be used.

    Examples
    --------
    >>> from spiking import Waveform
    >>> ramp = Waveform([0, 1, 2], samples=[0.0, 1.0, 2.0], interval=100.0, start=250.0)
    >>> ramp.window
    (250.0, 550.0)
    """

    units: str | UnitFraction | Iterable[int]
    samples: tuple[float, ...]
    interval: float
    start: float = 0.0
    weights: tuple[float, ...] | None = None

    __repr__ = short_repr

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", checked_units("units", self.units))
        if not self.samples:
            raise ArgumentError("samples is empty; expected the current in mV at successive times")
        _check_weights(self.weights, self.units)

    @property
    def window(self) -> tuple[float, float]:
        """Start of the first and end of the last sample in ms."""
        return self.start, self.start + self.interval * len(self.samples)

    @check_arguments(first=at_least(0, 10**8), last=at_least(0, 10**8))
    def amounts(self, first: int, last: int, time_step: float) -> Floats:
        """Return the current at each of the steps `first` to before `last` in mV.

        Raises
        ------
        ArgumentError
            The interval is shorter than a time step.
        """
        if self.interval < time_step * (1 - 1e-9):
            raise ArgumentError(
                f"interval is {self.interval:g} ms; expected at least a time step, {time_step:g} ms"
            )
        elapsed = (np.arange(first, last) * time_step - self.start) / self.interval
        position = np.floor(np.round(elapsed, 6)).astype(np.int64)
        return np.array(self.samples)[np.clip(position, 0, len(self.samples) - 1)]


def _check_weights(weights: tuple[float, ...] | None, units: object) -> None:
    if weights is not None and isinstance(units, tuple) and len(units) != len(weights):
        raise ArgumentError(
            f"weights has {len(weights)} numbers; expected one for each of {len(units)} units"
        )

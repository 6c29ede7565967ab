"""Artificial stimulation of chosen neurons, as by an electrode or by light."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, finite_number, fraction, positive_number, real_numbers, sequence, shown
from spiking.connectivity.units import UnitFraction, checked_units
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr
from spiking.typing import Floats


def checked_window(name: str, window: object) -> tuple[float, float]:
    """Return a window in ms as two floats, or raise ArgumentError."""
    expected = "(start, stop) in ms, finite, not negative, start before stop"
    try:
        start, stop = (finite_number(name, t) for t in sequence(name, window, 2))
    except ArgumentError as error:
        raise ArgumentError(f"{name} is {shown(window)}; expected {expected}") from error
    if start == stop:
        raise ArgumentError(f"{name} is {shown(window)}, which is empty; expected {expected}")
    if not 0 <= start < stop:
        raise ArgumentError(f"{name} is {shown(window)}; expected {expected}")
    return start, stop


def _amplitude(name: str, value: object) -> float | tuple[float, float]:
    expected = "a finite number of mV, or two, (first, last), for a ramp"
    amplitude = real_numbers(name, value, expected)
    if amplitude.shape not in ((), (2,)) or not np.isfinite(amplitude).all():
        raise ArgumentError(f"{name} is {shown(value)}; expected {expected}")
    if amplitude.ndim == 0:
        return float(amplitude)
    return float(amplitude[0]), float(amplitude[1])


@check_arguments(
    window=checked_window,
    amplitude=_amplitude,
    probability=fraction,
    frequency=positive_number,
    pulse_width=positive_number,
)
@dataclass(frozen=True)
class Stimulation:
    """Depolarise or hyperpolarise chosen neurons during a window; generalises the published `stims`.

    At every step of the window one random number is drawn for all chosen neurons; if it is below
    `probability`, `amplitude` is added to their voltages.

    Parameters
    ----------
    units : str, UnitFraction, iterable of int or array of bool
        Neurons: a population (``"exc"``, ``"inh"``, ``"som"``, ``"pv"``, ``"all"``), a fraction of one
        such as ``UnitFraction(0.2, "exc", seed=1)``, numbers from 0 on, without repetition, or a mask.
    window : (float, float)
        Start and end in ms; half open. A window after the end of a trial has no effect. Windows of several
        stimulations may overlap: their effects add.
    amplitude : float or (float, float)
        Above 0 depolarises, below 0 hyperpolarises (published: ``"exc"``, +0.5, and ``"inh"``, -0.5). Two
        numbers are a ramp: linear in time from the first, at the window's start, to the second, at its end.
    probability : float, optional
        Probability that it acts at a step. None: 0.5 for a voltage (as published), 1 for a current.
    acts_on : {"voltage", "current"}
        ``"voltage"``: `amplitude` is in mV a step, added to the voltage after the membrane's step, also while
        refractory (as published); shorter steps make it stronger. ``"current"``: it is a current in mV, added
        to I in the membrane equation (`LIFParams`): it does not depend on the time step, and does nothing
        while a neuron is refractory.
    coin : {"shared", "unit"}
        One random number per step for all chosen neurons (as published), or one for each.
    frequency, pulse_width : float, optional
        Pulses: `frequency` in Hz, each `pulse_width` ms long, the first at the window's start. The amplitude
        is 0 between them. None: no pulses, the stimulation is on throughout the window.

    Raises
    ------
    ArgumentError
        Units are not whole numbers, are negative, repeated or of an unknown population; the window is empty,
        reversed or not two finite numbers; the amplitude is not finite; the probability is not in [0, 1];
        only one of `frequency` and `pulse_width` is given, or pulses overlap.

    Examples
    --------
    >>> from spiking import Stimulation, SpikingNetwork, datasets, simulate, tasks
    >>> light = Stimulation("inh", (250, 500), amplitude=30.0, acts_on="current", frequency=40, pulse_width=5)
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> run = simulate(network, tasks.get("go-nogo"), trials=5, seed=1, stimulation=light)
    >>> dark = simulate(network, tasks.get("go-nogo"), trials=5, seed=1)
    >>> inhibitory = network.populations["inh"]
    >>> bool(run.rates[:, inhibitory].mean() > dark.rates[:, inhibitory].mean())
    True
    """

    units: str | UnitFraction | Iterable[int]
    window: tuple[float, float]
    amplitude: float | tuple[float, float] = 0.5
    probability: float | None = None
    acts_on: Literal["voltage", "current"] = "voltage"
    coin: Literal["shared", "unit"] = "shared"
    frequency: float | None = None
    pulse_width: float | None = None

    __repr__ = short_repr

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", checked_units("units", self.units))
        if self.probability is None:
            object.__setattr__(self, "probability", 0.5 if self.acts_on == "voltage" else 1.0)
        self._check_pulses()

    def _check_pulses(self) -> None:
        if self.frequency is None and self.pulse_width is None:
            return
        if self.frequency is None or self.pulse_width is None:
            raise ArgumentError(
                f"frequency is {self.frequency}, pulse_width {self.pulse_width}; "
                "expected both or neither, in Hz and ms"
            )
        frequency, width = self.frequency, self.pulse_width
        if width > 1000 / frequency:
            raise ArgumentError(
                f"pulses of {width:g} ms overlap at {frequency:g} Hz, one every {1000 / frequency:g} ms; "
                f"expected a shorter pulse_width or a lower frequency"
            )

    @check_arguments(first=at_least(0, 10**8), last=at_least(0, 10**8))
    def amounts(self, first: int, last: int, time_step: float) -> Floats:
        """Return the amounts in mV that the steps `first` to `last` - 1 add, shape (steps,).

        Parameters
        ----------
        first, last : int
            Steps, counted from 0.
        time_step : float
            Length of a step in ms.

        Raises
        ------
        ArgumentError
            Pulses are shorter than half a time step.
        """
        (start, stop), steps = self.window, np.arange(first, last)
        if isinstance(self.amplitude, tuple):
            low, high = self.amplitude
            amounts = low + (high - low) / (stop - start) * ((steps + 0.5) * np.float64(time_step) - start)
        else:
            amounts = np.full(steps.size, float(self.amplitude))
        if self.frequency is None or self.pulse_width is None:
            return amounts
        width, period = round(self.pulse_width / time_step), 1000 / self.frequency
        if width < 1:
            raise ArgumentError(
                f"pulse_width is {self.pulse_width:g} ms; expected at least a time step, {time_step:g} ms"
            )
        pulses = np.arange((min(stop, last * time_step) - start) / period)
        onsets = np.ceil(np.round((start + period * pulses) / time_step, 6))
        elapsed = steps - onsets[np.searchsorted(onsets, steps, side="right") - 1]
        return np.where(elapsed < width, amounts, 0.0)


def window_steps(window: tuple[float, float], time_step: float) -> tuple[int, int]:
    """Return the first step and the step after the last (0-based) of a window; times in ms.

    Step k covers the time from ``k time_step`` to ``(k + 1) time_step``.

    Raises
    ------
    ArgumentError
        No step begins within the window.
    """
    start, stop = (math.ceil(round(t / time_step, 6)) for t in window)
    if start == stop:
        raise ArgumentError(
            f"window is {window}, within which no step begins; "
            f"expected at least a time step, {time_step:g} ms"
        )
    return start, stop

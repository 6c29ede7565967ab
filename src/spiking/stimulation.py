"""Artificial stimulation of chosen neurons, as with an electrode or light."""

from __future__ import annotations

import math
from dataclasses import dataclass

from spiking.arguments import whole_units
from spiking.errors import ArgumentError


@dataclass(frozen=True)
class Stimulation:
    """Kick chosen neurons at random steps of a window (the published `stims`).

    At every step of the window one coin is thrown for all chosen neurons; if it falls below `probability`,
    `amplitude` is added to their voltages.

    Parameters
    ----------
    units : iterable of int
        Neurons, counted from 0, none twice.
    window : (float, float)
        From when to when, in ms; half open. It may lie beyond the end of a trial: then it never acts.
    amplitude : float
        mV a step; above 0 depolarises (published: ``"exc"``, +0.5), below 0 hyperpolarises (``"inh"``, -0.5).
    probability : float
        Chance that a step acts; 0.5 is the published value.

    Raises
    ------
    ArgumentError
        Units are not whole, negative or repeated; the window is reversed or not two finite numbers; the
        amplitude is not finite or the probability not in [0, 1].
    """

    units: tuple[int, ...]
    window: tuple[float, float]
    amplitude: float = 0.5
    probability: float = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", whole_units("units", self.units))
        object.__setattr__(self, "window", _window(self.window))
        if not math.isfinite(self.amplitude):
            raise ArgumentError(f"amplitude is {self.amplitude}; expected a finite number of mV")
        if not 0 <= self.probability <= 1:
            raise ArgumentError(f"probability is {self.probability}; expected a number from 0 to 1")

    def check_units(self, n_neurons: int) -> None:
        """Raise ArgumentError unless all units exist in a network of this size."""
        wrong = [unit for unit in self.units if unit >= n_neurons]
        if wrong:
            raise ArgumentError(f"units has {wrong[0]}; expected numbers from 0 to {n_neurons - 1}")

    def steps(self, time_step: float) -> tuple[int, int]:
        """First step and the step after the last (0-based) for a time step in ms.

        Step k covers the time from ``k time_step`` to ``(k + 1) time_step``.
        """
        start, stop = (math.ceil(round(t / time_step, 6)) for t in self.window)
        return start, stop


def _window(window: object) -> tuple[float, float]:
    expected = "(start, stop) in ms, finite, not negative, start not after stop"
    try:
        start, stop = (float(t) for t in window)  # type: ignore[attr-defined]  # the error is caught
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"window is {window!r}; expected {expected}") from error
    if not (math.isfinite(start) and math.isfinite(stop) and 0 <= start <= stop):
        raise ArgumentError(f"window is {window!r}; expected {expected}")
    return start, stop

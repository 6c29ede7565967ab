"""Resolve stimulations and currents for one network: compute their steps, neurons and amplitudes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.checks import shown
from spiking.connectivity.units import UnitFraction, unit_numbers
from spiking.errors import ArgumentError, warn
from spiking.network.network import SpikingNetwork
from spiking.simulation.currents import Oscillation, Waveform
from spiking.simulation.stimulation import Stimulation, window_steps
from spiking.timing import TIME_STEP_MS
from spiking.typing import Floats

AnyStimulation = Stimulation | Oscillation | Waveform
_MOST_NUMBERS = 6  # of neurons that are all named
_SHORT = 2.0  # ms; a stimulation of neurons hardly ever is as short


@dataclass(frozen=True, eq=False)
class ResolvedStimulation:
    """One stimulation or current with the steps and neurons of one network, for one length of a trial.

    At step ``first + k`` it adds ``amounts[k] weights[q]`` to neuron ``units[q]``, if the coin (a uniform
    random number) of that step, or of that step and neuron, is below `probability`.

    Attributes
    ----------
    first : int
        The first step, counted from 0.
    amounts : array, shape (steps,)
        In mV; not longer than the trial.
    units : array of int, shape (units,)
    weights : array, shape (units,)
    probability : float
    coins : int
        Coins per step: 0 if it always acts, 1 for all neurons, or as many as `units`.
    on_current : bool
        Whether it adds to the current, or to the voltage.
    """

    first: int
    amounts: Floats
    units: NDArray[np.int64]
    weights: Floats
    probability: float
    coins: int
    on_current: bool

    @property
    def last(self) -> int:
        """The step after the last one that acts."""
        return self.first + self.amounts.size

    def acts(self, coin: Floats | None, step: int) -> NDArray[np.bool_]:
        """Return whether it acts at a step: one bool, or one per unit; `coin` has all steps of a trial."""
        if not self.coins:
            return np.array(True)
        assert coin is not None  # checked before
        return np.asarray(coin[step] < self.probability)


def resolve_stimulation(
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None,
    network: SpikingNetwork,
    n_steps: int,
    time_step: float,
) -> tuple[ResolvedStimulation, ...]:
    """Resolve stimulations and currents; `time_step` in ms.

    Raises
    ------
    ArgumentError
        A unit or population does not exist, there are not as many weights as units, a window or pulse is
        shorter than a step, or a stimulation has another type.
    """
    return tuple(_resolve(item, network, n_steps, time_step) for item in _several(stimulation))


def stimulation_words(
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None,
    resolved: Sequence[ResolvedStimulation],
    input_noise: Floats,
) -> tuple[str, ...]:
    """Return what acts on a network beside its inputs, in words, as `Simulation.stimulation` has them.

    Parameters
    ----------
    stimulation
        As `resolve_stimulation` takes it.
    resolved : sequence of ResolvedStimulation
        What it returned.
    input_noise : array, shape (n_inputs,)
        Standard deviation of the noise on each input.
    """
    words = [
        f"{_units_words(item, resolved_item.units)}, {_current_words(item)}, {_window_words(item.window)}"
        for item, resolved_item in zip(_several(stimulation), resolved, strict=True)
    ]
    if input_noise.any():
        deviations = ", ".join(f"{value:g}" for value in dict.fromkeys(input_noise.tolist()))
        words.append(f"noise on the inputs, standard deviation {deviations}")
    return tuple(words)


def _several(
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None,
) -> Sequence[AnyStimulation]:
    given = () if stimulation is None else stimulation
    given = given if isinstance(given, Sequence) and not isinstance(given, str) else (given,)
    for item in given:
        if not isinstance(item, AnyStimulation):
            raise ArgumentError(
                f"stimulation is {shown(item)}; expected a Stimulation, Oscillation or Waveform, or several"
            )
    return given


def _units_words(item: AnyStimulation, units: NDArray[np.int64]) -> str:
    """Return which neurons, such as ``exc (157 neurons)`` or ``3 neurons (0, 1, 2)``."""
    count = f"{units.size} neuron{'' if units.size == 1 else 's'}"
    if isinstance(item.units, str):
        return f"{item.units} ({count})"
    if isinstance(item.units, UnitFraction):
        return (
            f"{count} ({100 * item.units.fraction:.3g} % of {item.units.population}, seed {item.units.seed})"
        )
    numbers = units.tolist() if units.size < _MOST_NUMBERS else [*units[:3].tolist(), "...", int(units[-1])]
    return f"{count} ({', '.join(map(str, numbers))})"


def _current_words(item: AnyStimulation) -> str:
    """Return how strong it is, and when it acts within its window."""
    weighted = "" if isinstance(item, Stimulation) or item.weights is None else ", weighted by neuron"
    if isinstance(item, Oscillation):
        phase = f" with phase {item.phase:g}" if item.phase else ""
        return f"a current of {item.amplitude:g} mV oscillating at {item.frequency:g} Hz{phase}{weighted}"
    if isinstance(item, Waveform):
        low, high = min(item.samples), max(item.samples)
        return f"a current of {low:g} to {high:g} mV in samples of {item.interval:g} ms{weighted}"
    ramp = isinstance(item.amplitude, tuple)
    ends = item.amplitude if isinstance(item.amplitude, tuple) else (item.amplitude,)
    amplitude = f"{' to '.join(f'{end:+g}' for end in ends)} mV{' in a ramp' if ramp else ''}"
    words = f"a current of {amplitude}" if item.acts_on == "current" else f"{amplitude} at each step"
    if item.probability is not None and item.probability < 1:
        steps = " at each step" if item.acts_on == "current" else ""
        each = " for each neuron on its own" if item.coin == "unit" else ""
        words += f"{steps} with probability {item.probability:g}{each}"
    if item.frequency is not None:
        words += f" in pulses of {item.pulse_width:g} ms at {item.frequency:g} Hz"
    return words


def _window_words(window: tuple[float, float] | None) -> str:
    return "in the whole trial" if window is None else f"from {window[0]:g} to {window[1]:g} ms"


def warn_of_windows(stimulation: AnyStimulation | Sequence[AnyStimulation] | None, duration: float) -> None:
    """Warn of windows that reach beyond a trial of this length in ms, or that seem to be in seconds.

    A window that contains the whole trial is meant so.
    """
    for start, stop in windows_of(stimulation):
        window, trial = f"window is {start:g} to {stop:g} ms", f"the trial ends at {duration:g} ms"
        if 1000 * stop <= duration and stop - start < _SHORT:
            warn(f"{window}; {trial}: if these are seconds, expected {1000 * start:g} to {1000 * stop:g} ms")
        elif start > 0 and duration < stop:
            steps = [time * TIME_STEP_MS for time in (start, stop)]
            hint = f"; if these are steps of {TIME_STEP_MS:g} ms, expected {steps[0]:g} to {steps[1]:g} ms"
            beyond = "so it has no effect" if start >= duration else "before the window does"
            warn(f"{window}; {trial}, {beyond}{hint if start >= duration and steps[1] <= duration else ''}")


def windows_of(
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None,
) -> tuple[tuple[float, float], ...]:
    """Return the different windows of one or several stimulations in ms, of those that have one."""
    several = stimulation if isinstance(stimulation, Sequence) else (stimulation,)
    windows = [item.window for item in several if isinstance(item, Stimulation | Oscillation) and item.window]
    return tuple(dict.fromkeys(windows))


def _resolve(
    item: AnyStimulation, network: SpikingNetwork, n_steps: int, time_step: float
) -> ResolvedStimulation:
    units = unit_numbers("units", item.units, network.populations)
    first, last = (0, n_steps) if item.window is None else window_steps(item.window, time_step)
    first, last = min(first, n_steps), min(last, n_steps)
    probability, coins, on_current, weights = 1.0, 0, True, None
    if isinstance(item, Stimulation):
        assert item.probability is not None  # resolved there
        probability, on_current = float(item.probability), item.acts_on == "current"
        if probability < 1:
            coins = 1 if item.coin == "shared" else units.size
    else:
        weights = item.weights
    if weights is not None and len(weights) != units.size:
        raise ArgumentError(
            f"weights has {len(weights)} numbers; expected one for each of {units.size} units"
        )
    return ResolvedStimulation(
        first=first,
        amounts=item.amounts(first, last, time_step),
        units=units,
        weights=np.ones(units.size) if weights is None else np.array(weights),
        probability=probability,
        coins=coins,
        on_current=on_current,
    )

"""Resolve stimulations and currents for one network: steps, neurons and amplitudes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.errors import ArgumentError
from spiking.network.network import SpikingNetwork
from spiking.network.units import unit_numbers
from spiking.simulation.currents import Oscillation, Waveform
from spiking.simulation.stimulation import Stimulation, window_steps
from spiking.typing import Floats

AnyStimulation = Stimulation | Oscillation | Waveform


@dataclass(frozen=True, eq=False)
class Action:
    """One stimulation or current, resolved for a network and a length of a trial.

    At step ``first + k`` it adds ``amounts[k] weights[q]`` to neuron ``units[q]``, if the coin of that step
    (or of that step and neuron) is below `probability`.

    Attributes
    ----------
    first : int
        Counted from 0.
    amounts : array, shape (steps,)
        In mV; no longer than the trial.
    units : array of int, shape (units,)
    weights : array, shape (units,)
    probability : float
    coins : int
        How many a step: 0 where it always acts, 1 for all neurons, or as many as `units`.
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
        """Whether it acts at a step: one bool, or one a unit; `coin` (all steps of a trial, ...) decides."""
        if not self.coins:
            return np.array(True)
        assert coin is not None  # checked before
        return np.asarray(coin[step] < self.probability)


def actions(
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None,
    network: SpikingNetwork,
    n_steps: int,
    time_step: float,
) -> tuple[Action, ...]:
    """Resolve stimulations and currents; `time_step` in ms.

    Raises
    ------
    ArgumentError
        There is no such unit or population, weights are not as many as units, a window or pulse is shorter
        than a step, or something else was given.
    """
    given = () if stimulation is None else stimulation
    given = given if isinstance(given, Sequence) and not isinstance(given, str) else (given,)
    for one in given:
        if not isinstance(one, AnyStimulation):
            raise ArgumentError(
                f"stimulation is {one!r:.60}; expected a Stimulation, Oscillation or Waveform, or several"
            )
    return tuple(_action(one, network, n_steps, time_step) for one in given)


def _action(one: AnyStimulation, network: SpikingNetwork, n_steps: int, time_step: float) -> Action:
    units = unit_numbers("units", one.units, network.populations)
    first, last = (0, n_steps) if one.window is None else window_steps(one.window, time_step)
    first, last = min(first, n_steps), min(last, n_steps)
    probability, coins, on_current, weights = 1.0, 0, True, None
    if isinstance(one, Stimulation):
        assert one.probability is not None  # resolved there
        probability, on_current = float(one.probability), one.acts_on == "current"
        if probability < 1:
            coins = 1 if one.coin == "shared" else units.size
    else:
        weights = one.weights
    if weights is not None and len(weights) != units.size:
        raise ArgumentError(
            f"weights has {len(weights)} numbers; expected one for each of {units.size} units"
        )
    return Action(
        first=first,
        amounts=one.amounts(first, last, time_step),
        units=units,
        weights=np.ones(units.size) if weights is None else np.array(weights),
        probability=probability,
        coins=coins,
        on_current=on_current,
    )

"""Check that what a file holds can be a simulation: shapes and numbers agree with each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.checks import positive_number, seed_number, whole_number
from spiking.simulation.result import Simulation
from spiking.timing import TIME_STEP_MS

MAX = float(np.finfo(np.float64).max)
_MOST_STEPS = 2**31 - 1  # steps of spikes are int32


@dataclass(frozen=True)
class InRange:
    """Checks that numbers are from `low` to `high`; none is NaN, unless `nan` allows it."""

    low: float
    high: float
    nan: bool = False

    def __call__(self, start: int, rows: NDArray[Any]) -> None:
        """Raise ValueError if a number is outside."""
        low, high = np.float64(self.low), np.float64(self.high)  # rows may be of a shorter type
        inside = (rows >= low) & (rows <= high)
        if self.nan:
            inside |= np.isnan(rows)
        if not inside.all():
            expected = "finite numbers" if self.high == MAX else f"{self.low:g} to {self.high:g}"
            raise ValueError(f"is {rows[~inside][0]!r} in one entry; expected {expected}")


@dataclass(frozen=True, eq=False)
class TrialsOf:
    """Checks the trials of spikes by the index of each trial's first spike, ``bounds``."""

    bounds: NDArray[np.int64]

    def __call__(self, start: int, rows: NDArray[Any]) -> None:
        """Raise ValueError if a spike is in another trial."""
        own = np.searchsorted(self.bounds, np.arange(start, start + len(rows)), side="right") - 1
        if not np.array_equal(rows, own):
            raise ValueError("has other trials than `spikes/first`")


@dataclass(frozen=True, eq=False)
class StepsOf:
    """Checks that spikes are within their trials of ``n_steps``; ``bounds`` as in `TrialsOf`."""

    bounds: NDArray[np.int64]
    n_steps: NDArray[Any]

    def __call__(self, start: int, rows: NDArray[Any]) -> None:
        """Raise ValueError if a spike is before or after its trial."""
        own = np.searchsorted(self.bounds, np.arange(start, start + len(rows)), side="right") - 1
        if ((rows < 0) | (rows >= self.n_steps[own])).any():
            raise ValueError("has spikes after the end of their trial")


def check_bounds(bounds: NDArray[Any], n_trials: int, n_spikes: int) -> None:
    """Raise ValueError unless `bounds` can be the index of each trial's first spike."""
    if (
        bounds.shape != (n_trials + 1,)
        or bounds.dtype.kind not in "iu"
        or bounds[0] != 0
        or bounds[-1] != n_spikes
        or (bounds[1:] < bounds[:-1]).any()
    ):
        raise ValueError(
            f"the first spikes of trials are not {n_trials + 1} increasing numbers from 0 to {n_spikes}"
        )


def check_sound(simulation: Simulation) -> None:
    """Raise ValueError unless a simulation agrees with itself; of arrays on disk only shapes are read.

    Numbers on disk are checked when they are read, by `InRange` and `TrialsOf`.
    """
    n_steps = whole_number("n_steps", simulation.n_steps, 1)
    steps = positive_number("time_step", simulation.time_step) / TIME_STEP_MS
    if n_steps > _MOST_STEPS or not 0.99 < steps < _MOST_STEPS or abs(steps - round(steps)) > 1e-6 * steps:
        raise ValueError(
            f"n_steps is {n_steps} and time_step {simulation.time_step}; expected fewer than 2^31 steps of a "
            f"multiple of {TIME_STEP_MS} ms"
        )
    if simulation.seed is not None:
        seed_number("seed", simulation.seed)
    if simulation.task is not None and not isinstance(simulation.task, str):
        raise ValueError(f"task is {simulation.task!r:.60}; expected a text")
    _check_arrays(simulation)
    _check_spikes(simulation)


def _check_arrays(simulation: Simulation) -> None:
    network, record, trials = simulation.network, simulation.record, simulation.trials
    n_trials = len(trials)
    _check("trials", trials, "iu", (n_trials,))
    if (trials < 0).any():
        raise ValueError("trials has numbers below 0")
    _check("rates", simulation.rates, "f", (n_trials, network.n_neurons))
    for name in ("output", "filtered_rates", "voltage", "currents"):
        units = network.n_outputs
        if name != "output":
            units = record.neurons(name, network.populations).size
        samples = simulation.n_steps // record.stride(name, simulation.time_step)
        _check(name, getattr(simulation, name), "f", (n_trials, units, samples))
    steps = simulation.trial_steps
    _check("trial_steps", steps, "iu", (n_trials,))
    if steps is not None and not ((steps >= 1) & (steps <= simulation.n_steps)).all():
        raise ValueError(f"trial_steps has numbers that are not from 1 to n_steps, {simulation.n_steps}")
    _check("correct", simulation.correct, "b", (n_trials,))
    conditions = simulation.conditions
    if conditions is not None and (
        len(conditions) != n_trials or not all(isinstance(item, str) for item in conditions)
    ):
        raise ValueError(f"conditions are {len(conditions)}; expected a text for each of {n_trials} trials")
    inputs = simulation.inputs
    if inputs is not None:
        columns = inputs.shape[-1] if inputs.ndim else 0
        shape = (network.n_inputs, columns)
        _check("inputs", inputs, "f", shape if inputs.ndim == 2 else (n_trials, *shape))
        if columns < 2 or simulation.n_steps % (columns - 1):
            raise ValueError(f"inputs have {columns} columns for {simulation.n_steps} steps")
        column = simulation.n_steps // (columns - 1)
        if steps is not None and (np.asarray(steps) % column).any():
            raise ValueError(
                f"trial_steps has numbers that are not multiples of {column}, the steps of a column"
            )
        if isinstance(inputs, np.ndarray):
            InRange(-MAX, MAX, nan=simulation.trial_steps is not None)(0, inputs)
    if isinstance(simulation.rates, np.ndarray):
        InRange(0, MAX, nan=True)(0, simulation.rates)


def _check_spikes(simulation: Simulation) -> None:
    spikes = simulation.spikes
    if spikes is None:
        return
    for name in ("trial", "neuron", "step"):
        _check(f"spikes of {name}", getattr(spikes, name), "iu", (len(spikes),))
    if spikes.bounds is not None:
        check_bounds(spikes.bounds, len(simulation.trials), len(spikes))
    if isinstance(spikes.neuron, np.ndarray):
        InRange(0, simulation.network.n_neurons - 1)(0, spikes.neuron)
        InRange(0, simulation.n_steps - 1)(0, spikes.step)
        InRange(0, len(simulation.trials) - 1)(0, spikes.trial)
        if (np.diff(spikes.trial) < 0).any():
            raise ValueError("spikes are not in the order of their trials")
        steps = simulation.trial_steps
        if steps is not None and (spikes.step >= steps[spikes.trial]).any():
            raise ValueError("spikes are after the end of their trial")


def _check(name: str, array: Any, kinds: str, shape: tuple[int, ...]) -> None:
    if array is None:
        return
    if array.shape != shape or array.dtype.kind not in kinds:
        raise ValueError(f"{name} has shape {array.shape} and type {array.dtype}; expected shape {shape}")

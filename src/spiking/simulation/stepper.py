"""Advance a trial a few ms at a time, for closed loops with an environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import finite_numbers, positive_number
from spiking.errors import ArgumentError
from spiking.network.initial_state import initial_synapses, initial_voltages
from spiking.network.open import AnyNetwork, spiking_network
from spiking.short_repr import joined, short_repr
from spiking.simulation.kernel import prepare
from spiking.simulation.kernel.arguments import CHANGE, COLUMN, Recording
from spiking.simulation.random_numbers import seeded_numbers
from spiking.simulation.resolved_stimulation import AnyStimulation, resolve_stimulation
from spiking.simulation.result import Spikes
from spiking.simulation.run_trials import checked_downsample
from spiking.simulation.stimulation import window_steps
from spiking.timing import STEP_MS, STEPS_NOT_COUNTED, TIME_STEP_S
from spiking.typing import Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Interval:
    """What a network did in one interval of a `Stepper`.

    Attributes
    ----------
    start, stop : float
        Time of the trial in ms.
    output : array, shape (n_outputs, steps)
        The output after each time step.
    spikes : Spikes
        Their `time` is that of the trial, in ms; their `trial` is 0.
    rates : array, shape (N,)
        Spikes of each neuron over the length of the interval, in Hz; NaN for lesioned neurons. As in
        `Simulation`, the first 9 steps of the trial are not counted.
    filtered_rates : array, shape (N,)
        Spikes filtered by the synapse, in 1/s, at the end of the interval: what the readout reads.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"), scaling_factor=30)
    >>> interval = network.stepper(seed=1).advance([1.0], duration=2.5)
    >>> interval.stop, interval.output.shape, interval.rates.shape
    (2.5, (1, 50), (200,))
    """

    start: float
    stop: float
    output: Floats
    spikes: Spikes
    rates: Floats
    filtered_rates: Floats

    __repr__ = short_repr


@check_arguments()
class Stepper:
    """A trial of a spiking network that advances a few ms at a time (`SpikingNetwork.stepper` makes it).

    The inputs of an interval may depend on the outputs of those before. It has the spikes that `simulate` has
    with the same inputs, seed and trial number, however the time is divided into intervals.

    Parameters
    ----------
    network : SpikingNetwork, RateModel, path, str or mapping
        As in `simulate`.
    seed, trial : int
        As in `simulate`: each trial has its own random numbers.
    stimulation : Stimulation, Oscillation, Waveform or a sequence of them, optional
        As in `simulate`; each needs a window.
    downsample : int
        As in `simulate`: makes time steps this many times longer.

    Raises
    ------
    ArgumentError
        An argument cannot be used, or a stimulation has no window.

    Examples
    --------
    The environment here is a place that the output moves, and the input is its distance from 1:

    >>> from spiking import SpikingNetwork, datasets
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"), scaling_factor=30)
    >>> stepper, place = network.stepper(seed=1), 0.0
    >>> while stepper.time < 100:
    ...     interval = stepper.advance([1 - place], duration=5.0)
    ...     place += 0.1 * interval.output[0, -1]
    >>> stepper.time
    100.0
    """

    def __init__(
        self,
        network: AnyNetwork,
        *,
        seed: int = 1,
        trial: int = 0,
        stimulation: AnyStimulation | Sequence[AnyStimulation] | None = None,
        downsample: int = 1,
    ) -> None:
        self.network = network = spiking_network(network)
        dt = TIME_STEP_S * checked_downsample(network, downsample)
        self._time_step, n = 1000 * dt, network.n_neurons
        resolved = resolve_stimulation(
            stimulation, network, _last_step(stimulation, self._time_step), self._time_step
        )
        randoms = seeded_numbers(seed, trial, n, resolved, None)
        self._constants = prepare.constants(network, 0, 1, dt, replay=False)
        self._synapses = prepare.synapses(network, dt)
        self._stimulation = prepare.with_hits(
            prepare.stimulation(resolved, n, self._constants.neuron.gain), randoms.hits
        )
        self._given_noise = randoms.noise
        voltage = initial_voltages(network, randoms.v0)
        voltage[list(network.lesioned)] = np.nan
        self._block = len(self._synapses.fade) - 1
        at_start = initial_synapses(network, np.zeros(network.n_inputs))  # currents follow with the inputs
        self._state = prepare.start(
            network, voltage, at_start, self._synapses, randoms.lanes, 1, replay=False
        )
        self._done = 0

    def __repr__(self) -> str:
        parts = [f"N={self.network.n_neurons}", f"time={self.time:g} ms", f"time_step={self.time_step:g} ms"]
        return joined("Stepper", parts)

    @property
    def time(self) -> float:
        """Time of the trial in ms."""
        return self._done * self._time_step

    @property
    def time_step(self) -> float:
        """Length of a time step in ms."""
        return self._time_step

    @check_arguments(duration=positive_number)
    def advance(self, inputs: ArrayLike, duration: float = STEP_MS) -> Interval:
        """Advance by an interval and return what the network did.

        `simulate` has the same spikes if its input in column k, with an ``input_interval`` of one time step,
        is what acts here at time step k; steps count from 1, and column 0 acts at no step.

        Parameters
        ----------
        inputs : array, shape (n_inputs,) or (n_inputs, columns)
            Inputs in this interval: the same throughout, or columns that share it equally. One number is
            accepted for one input.
        duration : float
            Length of the interval in ms: a multiple of the time step, 0.05 ms unless downsampled, for each
            column.

        Returns
        -------
        Interval

        Raises
        ------
        ArgumentError
            The inputs have a wrong shape or are not finite, the duration is no such multiple, or voltages or
            outputs become infinite.
        """
        from spiking.simulation.kernel.trial import run_trial

        u = self._columns(inputs)
        steps = round(duration / self._time_step)
        if steps < len(u) or steps % len(u) or abs(steps * self._time_step - duration) > 1e-9 * duration:
            raise ArgumentError(
                f"duration is {duration} ms; expected a multiple of {len(u) * self._time_step:g} ms, a time "
                f"step for each column of inputs"
            )
        first, network, state = self._done, self.network, self._state
        if first == 0:
            state.ipsc[:], state.h[:], *_ = initial_synapses(network, u[0])
        state.counters[COLUMN], state.counters[CHANGE] = -1, first + steps // len(u) + 1
        output = np.empty((steps, network.n_outputs))
        nothing = Recording(0, np.empty(0, np.int64), np.empty((0, 0)), 0)
        # `fixed` here, as arrays of a copied stepper can be written to and Numba would compile for these
        fired_at, neurons = run_trial(
            self._constants._replace(n_steps=first + steps, column_steps=steps // len(u)),
            self._synapses,
            prepare.fixed(self.network.w_in.T),
            prepare.fixed(u),
            prepare.fixed(self.network.readout),
            state,
            prepare.fixed(self._given_noise, self._given_noise.dtype),
            self._stimulation,
            Recording(1, np.arange(network.n_outputs), output, first),
            *(nothing, nothing, nothing),
            np.zeros(1, np.uint8),
        )
        self._done = first + steps
        alive = np.isin(np.arange(network.n_neurons), network.lesioned, invert=True)
        if not np.isfinite(state.v[alive]).all() or not np.isfinite(output).all():
            raise ArgumentError(
                "voltages or outputs become NaN or infinite; expected inputs, weights, currents and "
                "constants of a size that neurons can have"
            )
        counts = np.bincount(neurons[fired_at >= STEPS_NOT_COUNTED], minlength=network.n_neurons)
        block_step = (self._done - 1) % self._block + 1  # steps since the base of the synaptic state
        return Interval(
            start=first * self._time_step,
            stop=self.time,
            output=output.T + network.readout_bias[:, np.newaxis],
            spikes=Spikes(np.zeros_like(fired_at), neurons, fired_at, self._time_step),
            rates=np.where(alive, counts / (steps * self._time_step / 1000), np.nan),
            filtered_rates=state.r * self._synapses.decay[block_step]
            + state.hr * self._synapses.rise[block_step],
        )

    def _columns(self, inputs: ArrayLike) -> Floats:
        """Return inputs as an array of shape (columns, n_inputs)."""
        n = self.network.n_inputs
        expected = f"finite numbers of shape ({n},), or ({n}, columns)"
        u = finite_numbers("inputs", inputs, expected)
        given = u.shape
        u = u.reshape(1, 1) if u.ndim == 0 and n == 1 else u.reshape(-1, 1) if u.ndim == 1 else u
        if u.ndim != 2 or len(u) != n or u.shape[1] < 1:
            raise ArgumentError(f"inputs has shape {given}; expected {expected}")
        return u.T


def _last_step(stimulation: AnyStimulation | Sequence[AnyStimulation] | None, time_step: float) -> int:
    """Return the step after the last one at which any stimulation may act."""
    given = stimulation if isinstance(stimulation, Sequence) else (stimulation,)
    last = 0
    for item in given:
        if isinstance(item, AnyStimulation):  # others are refused when they are resolved
            if item.window is None:
                raise ArgumentError(
                    f"window of {type(item).__name__} is None; expected (start, stop) in ms, because a "
                    f"stepper has no end"
                )
            last = max(last, window_steps(item.window, time_step)[1])
    return last

"""Simulate a spiking network: many trials at once, in milliseconds each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.draws import RandomDraws, coin_uniforms, initial_uniforms, noise_lanes
from spiking.errors import ArgumentError
from spiking.record import Record
from spiking.reference import STEPS_PER_COLUMN, TIME_STEP_S
from spiking.spiking_network import SpikingNetwork
from spiking.stimulation import Stimulation

if TYPE_CHECKING:
    from spiking.kernel import Synapses

Floats = NDArray[np.float64]

# The published average rate leaves these steps out: initial voltages above threshold fire at once.
_STEPS_NOT_COUNTED = 9
_BLOCK, _TABLE_SIZE = 16, 20_000


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes as events, sorted by trial, step and neuron; three arrays of shape (n_spikes,).

    Attributes
    ----------
    trial : array of int
        Position of the trial within the simulation, from 0.
    neuron : array of int
    step : array of int
        Simulation step, from 0.
    time_step : float
        Length of a step in ms.
    """

    trial: NDArray[np.int32]
    neuron: NDArray[np.int32]
    step: NDArray[np.int32]
    time_step: float

    def __len__(self) -> int:
        return self.step.size

    @property
    def time(self) -> Floats:
        """Time of each spike in ms: ``(step + 1) time_step``."""
        return (self.step + 1.0) * np.float64(self.time_step)


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """What a simulation kept (see `Record`); what was not asked for is None.

    Attributes
    ----------
    network : SpikingNetwork
        What was simulated.
    seed : int or None
        Run again with it for the same numbers; None if draws were replayed.
    trials : array of int, shape (trials,)
        Trial numbers.
    n_steps : int
        Simulation steps in a trial.
    time_step : float
        Length of a step in ms.
    record : Record
    rates : array, shape (trials, N)
        Average firing rates in Hz. As published, the first 9 steps are not counted (initial voltages above
        threshold fire at once).
    output : array, shape (trials, n_outputs, samples)
    spikes : Spikes
    filtered_rates, voltage, currents : array, shape (trials, neurons, samples)
        Of the neurons in the order that `Record` names them; in 1/s, mV and mV.
    """

    network: SpikingNetwork
    seed: int | None
    trials: NDArray[np.int64]
    n_steps: int
    time_step: float
    record: Record
    rates: Floats
    output: Floats | None = None
    spikes: Spikes | None = None
    filtered_rates: Floats | None = None
    voltage: Floats | None = None
    currents: Floats | None = None

    @property
    def duration(self) -> float:
        """Length of a trial in ms."""
        return self.n_steps * self.time_step

    @property
    def time(self) -> Floats:
        """Times of the output's samples in ms, shape (samples,)."""
        return self.times("output")

    def times(self, quantity: str) -> Floats:
        """Return the times in ms of a quantity's samples, such as ``"voltage"``."""
        stride = self.record.stride(quantity, self.time_step)
        return np.arange(1.0, self.n_steps // stride + 1) * np.float64(stride * self.time_step)

    def spike_matrix(self, trial: int = 0) -> NDArray[np.int8]:
        """Spikes of one trial as zeros and ones, shape (N, n_steps).

        Parameters
        ----------
        trial : int
            Position of the trial within this simulation, from 0.

        Raises
        ------
        ArgumentError
            Spikes were not recorded, or there is no such trial.
        """
        if self.spikes is None:
            raise ArgumentError("spikes were not recorded; simulate with record=Record(spikes=True)")
        if not 0 <= trial < len(self.trials):
            raise ArgumentError(f"trial is {trial}; expected 0 to {len(self.trials) - 1}")
        matrix = np.zeros((self.network.n_neurons, self.n_steps), np.int8)
        first, last = np.searchsorted(self.spikes.trial, (trial, trial + 1))
        matrix[self.spikes.neuron[first:last], self.spikes.step[first:last]] = 1
        return matrix

    def __str__(self) -> str:
        n_trials, n = self.rates.shape
        mean = self.rates.mean(axis=0)
        parts = [
            f"{name} {mean[mask].mean():.2f}" for name, mask in self.network.populations.items() if mask.any()
        ]
        lines = [
            f"{n_trials} trial{'s' if n_trials > 1 else ''} of {self.duration:g} ms, {n} neurons, "
            f"scaling factor {self.network.scaling_factor:g}, "
            + (f"seed {self.seed}" if self.seed is not None else "replayed random numbers"),
            f"mean rate {mean.mean():.2f} Hz ({', '.join(parts)}), silent neurons {np.mean(mean == 0):.0%}",
        ]
        if self.spikes is not None:
            lines.append(f"{len(self.spikes)} spikes recorded")
        if self.output is not None and self.output.shape[-1]:
            last = self.output[..., -1].mean(axis=0)
            lines.append(
                f"output from {self.output.min():.3f} to {self.output.max():.3f}, "
                f"at the end {', '.join(f'{value:.3f}' for value in last)} on average"
            )
        return "\n".join(lines)


def simulate(
    network: SpikingNetwork,
    inputs: ArrayLike,
    *,
    seed: int | None = None,
    trials: int | Iterable[int] | None = None,
    record: Record | None = None,
    stimulation: Stimulation | None = None,
    downsample: int = 1,
    threads: int | None = None,
    draws: RandomDraws | Sequence[RandomDraws] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Simulation:
    """Simulate trials of a spiking network (forward Euler, 0.05 ms x `downsample` a step).

    Parameters
    ----------
    network : SpikingNetwork
    inputs : array, shape (n_inputs, columns) or (trials, n_inputs, columns)
        The same input for every trial, or one for each. A column lasts 5 ms; the first and the last act for
        about half of that, so C columns give a trial of (C - 1) 5 ms. 1-D is accepted for one input.
    seed : int, optional
        Every trial has random streams of its own, derived from (seed, trial number), so the numbers do not
        depend on threads or on what else is simulated. None: a new seed, kept in the result.
    trials : int or iterable of int, optional
        How many trials (numbered from 0), or the numbers of the trials to run. One by default, or as many
        as `inputs` has.
    record : Record, optional
        What to keep; the output at every step by default.
    stimulation : Stimulation, optional
    downsample : int
        Keep every so many columns of the input and take steps so many times longer: faster, less accurate.
    threads : int, optional
        All available processors by default. Results do not depend on it.
    draws : RandomDraws or sequence of RandomDraws, optional
        Random numbers to replay, one a trial, instead of a seed.
    progress : callable, optional
        Called with the number of finished trials after each.

    Returns
    -------
    Simulation

    Raises
    ------
    ArgumentError
        An argument cannot be used; the message says what was expected.
    """
    downsample = whole_number("downsample", downsample, 1)
    u = checked_inputs(inputs, network.n_inputs, downsample)
    record = record or Record()
    replayed = _checked_draws(draws, seed)
    numbers = _trial_numbers(trials, len(u) if u.ndim == 3 else None, len(replayed) if replayed else None)
    if not replayed:
        seed = np.random.SeedSequence().entropy if seed is None else whole_number("seed", seed, 0)  # type: ignore[assignment]  # without arguments it is one int
    threads = _available_threads() if threads is None else whole_number("threads", threads, 1)

    from spiking import kernel

    n, p, dt = network.n_neurons, network.params, TIME_STEP_S * downsample
    time_step = 1000 * dt
    n_steps = STEPS_PER_COLUMN * (u.shape[-1] - 1)
    for draw in replayed:
        _check_draw(draw, n, n_steps, needs_coin=stimulation is not None)
    if stimulation:
        stimulation.check_units(n)
    constants = kernel.Constants(
        n_steps=n_steps,
        dt=dt,
        tm=p.tau_membrane / 1000,
        tref=p.refractory / 1000,
        reset=float(p.reset),
        threshold=float(p.threshold),
        peak=float(p.peak),
        noise=float(p.noise),
        quadratic=p.neuron == "quadratic",
        sparse=not isinstance(network.weights, np.ndarray),
        replay=bool(replayed),
    )
    start, stop_step = stimulation.steps(time_step) if stimulation else (0, 0)
    pulse = kernel.Pulse(
        start=start,
        stop=stop_step,
        units=np.array(stimulation.units if stimulation else (), np.int64),
        amplitude=float(stimulation.amplitude) if stimulation else 0.0,
        probability=float(stimulation.probability) if stimulation else 0.0,
        coin=np.empty(0),
    )
    synapses = _synapses(network, dt)
    readout = np.ascontiguousarray(network.readout)
    shared_drive = _drive(network, u) if u.ndim == 2 else None
    kept, samples = _allocate(record, network, len(numbers), n_steps, time_step)
    spike_neurons = record.neurons("spikes", n)
    rates = np.empty((len(numbers), n))
    events: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = [_NO_SPIKES] * len(numbers)
    stop = np.zeros(1, np.uint8)

    def run(k: int) -> None:
        trial = int(numbers[k])
        if replayed:
            draw = replayed[k]
            lanes, v0, noise, coin = (
                _NO_LANES,
                draw.v0,
                np.ascontiguousarray(draw.noise, np.float64),
                draw.coin,
            )
        else:
            assert seed is not None
            lanes, v0, noise = noise_lanes(seed, trial), initial_uniforms(seed, trial, n), _NO_MATRIX
            coin = coin_uniforms(seed, trial, n_steps) if stimulation else None
        steps, neurons = kernel.run_trial(
            constants,
            synapses,
            _drive(network, u[k]) if shared_drive is None else shared_drive,
            readout,
            p.reset + (p.peak - p.reset) * np.asarray(v0, np.float64),
            lanes,
            noise,
            pulse if coin is None else pulse._replace(coin=coin),
            *(
                kernel.Recording(stride, units, array[k] if stride else _NO_MATRIX)
                for stride, units, array in samples
            ),
            stop,
        )
        counted = neurons[steps >= _STEPS_NOT_COUNTED]
        rates[k] = np.bincount(counted, minlength=n) / (n_steps * dt)
        if spike_neurons.size:
            if spike_neurons.size < n:
                chosen = np.isin(neurons, spike_neurons)
                steps, neurons = steps[chosen], neurons[chosen]
            events[k] = (steps, neurons)

    _run_all(run, len(numbers), threads, stop, progress)
    spikes = None
    if record.spikes is not False:
        spikes = Spikes(
            trial=np.repeat(np.arange(len(numbers), dtype=np.int32), [len(s) for s, _ in events]),
            neuron=np.concatenate([neurons for _, neurons in events]),
            step=np.concatenate([steps for steps, _ in events]),
            time_step=time_step,
        )
    return Simulation(
        network=network,
        seed=None if replayed else seed,
        trials=numbers,
        n_steps=n_steps,
        time_step=time_step,
        record=record,
        rates=rates,
        spikes=spikes,
        **kept,
    )


_NO_MATRIX = np.empty((0, 0))
_NO_LANES = np.empty((4, 0), np.uint32)
_NO_SPIKES = (np.empty(0, np.int32), np.empty(0, np.int32))


def _run_all(
    run: Callable[[int], None],
    n_trials: int,
    threads: int,
    stop: NDArray[np.uint8],
    progress: Callable[[int], None] | None,
) -> None:
    """Run all trials in threads; on Ctrl-C or an error tell the running ones to stop and drop the others."""
    with ThreadPoolExecutor(min(threads, n_trials)) as pool:
        futures = [pool.submit(run, k) for k in range(n_trials)]
        try:
            for finished, future in enumerate(as_completed(futures), start=1):
                future.result()
                if progress:
                    progress(finished)
        except BaseException:
            stop[0] = 1
            pool.shutdown(cancel_futures=True)
            raise


def _synapses(network: SpikingNetwork, dt: float) -> Synapses:
    """Weights as jumps of the synaptic state, and tables of its decay (see `kernel.py`)."""
    from spiking.kernel import Synapses

    td, tr = network.tau_decay / 1000, network.params.tau_rise / 1000
    single = network.params.synapse == "single_exponential"
    jump = 1 / td if single else 1 / (tr * td)
    steps = np.arange(_block_steps(network, dt) + 1)
    decay, fade = np.exp(-dt / td * steps[:, np.newaxis]), np.exp(-dt / tr * steps)
    rise = np.zeros_like(decay)
    if not single:
        for b in steps[1:]:
            rise[b] = rise[b - 1] * decay[1] + dt * fade[b - 1]
    unfade = np.zeros_like(fade) if single else 1 / fade
    lift = 1 / decay if single else -rise / (decay * fade[:, np.newaxis])
    rows, empty = _NO_MATRIX, np.empty(0)
    pointers, indices, values = empty.astype(np.int64), empty.astype(np.int32), empty
    weights = network.weights
    if isinstance(weights, np.ndarray):
        rows = np.ascontiguousarray((weights * jump[:, np.newaxis]).T)
    else:
        pointers, indices = weights.indptr.astype(np.int64), weights.indices.astype(np.int32)
        values = weights.data * jump[indices]
    return Synapses(rows, pointers, indices, values, jump, decay, rise, lift, fade, unfade)


def _block_steps(network: SpikingNetwork, dt: float) -> int:
    """Choose the block of the kernel: tables fit the cache, and nothing decays by more than e."""
    fastest = min(network.params.tau_rise, float(network.tau_decay.min())) / 1000
    return max(1, min(_BLOCK, _TABLE_SIZE // network.n_neurons, int(fastest / dt)))


def _drive(network: SpikingNetwork, u: Floats) -> Floats:
    """Return input current and bias, shape (columns, N)."""
    return np.ascontiguousarray((network.w_in @ u).T) + network.params.bias


def _allocate(
    record: Record, network: SpikingNetwork, n_trials: int, n_steps: int, time_step: float
) -> tuple[dict[str, Floats], list[tuple[int, NDArray[np.int64], Floats]]]:
    """Make the arrays of samples: for users (trials, neurons, samples), and as the kernel fills them."""
    kept, samples, size = {}, [], 0
    for name in ("output", "voltage", "currents", "filtered_rates"):
        if name == "output":
            units = np.arange(network.n_outputs if record.output else 0)
        else:
            units = record.neurons(name, network.n_neurons)
        stride = record.stride(name, time_step) if units.size else 0
        shape = (n_trials, n_steps // stride if stride else 0, units.size)
        size += 8 * int(np.prod(shape))
        _check_memory(size)
        array = np.empty(shape)
        samples.append((stride, units, array))
        if stride:
            kept[name] = array.swapaxes(1, 2)
    return kept, samples


def _check_memory(size: int) -> None:
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on every system
        return
    if size > memory:
        raise ArgumentError(
            f"recording this takes {size / 1e9:.0f} GB, more than the {memory / 1e9:.0f} GB of this machine; "
            f"record fewer neurons or trials, or thin it, such as Record(interval=1.0)"
        )


def _available_threads() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def whole_number(name: str, value: object, least: int) -> int:
    """Return the value as an int, or raise ArgumentError unless it is a whole number of at least `least`."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer | float):
        raise ArgumentError(f"{name} is {value!r}; expected a whole number, {least} or more")
    if value != value or value in (np.inf, -np.inf) or value != int(value) or value < least:
        raise ArgumentError(f"{name} is {value!r}; expected a whole number, {least} or more")
    return int(value)


def checked_inputs(inputs: ArrayLike, n_inputs: int, downsample: int) -> Floats:
    """Return inputs as float64 with every `downsample`-th column, or raise ArgumentError."""
    expected = f"({n_inputs}, columns) or (trials, {n_inputs}, columns)"
    try:
        raw = np.asarray(inputs)
        if raw.dtype.kind not in "biuf":
            raise ArgumentError(
                f"inputs is not numeric (type {raw.dtype}); expected numbers, shape {expected}"
            )
        u: Floats = np.array(raw, np.float64)
    except (TypeError, ValueError) as error:
        if isinstance(error, ArgumentError):
            raise
        raise ArgumentError(f"inputs is not an array of numbers ({error}); expected {expected}") from error
    if u.ndim == 1 and n_inputs == 1:
        u = u[np.newaxis]
    if u.ndim not in (2, 3):
        raise ArgumentError(f"inputs has shape {u.shape}; expected {expected}")
    if u.shape[-2] != n_inputs:
        raise ArgumentError(
            f"inputs has {u.shape[-2]} rows (shape {u.shape}); "
            f"expected {n_inputs}, one for each input of the model"
        )
    if u.ndim == 3 and len(u) == 0:
        raise ArgumentError(f"inputs has no trials (shape {u.shape}); expected {expected}")
    if not np.isfinite(u).all():
        raise ArgumentError("inputs has entries that are NaN or infinite; expected finite numbers")
    kept = np.ascontiguousarray(u[..., ::downsample])
    if kept.shape[-1] < 2:
        raise ArgumentError(
            f"inputs has {u.shape[-1]} columns, of which downsample={downsample} keeps {kept.shape[-1]}; "
            f"expected at least two kept"
        )
    return kept


def _checked_draws(
    draws: RandomDraws | Sequence[RandomDraws] | None, seed: int | None
) -> Sequence[RandomDraws]:
    if draws is None:
        return ()
    if seed is not None:
        raise ArgumentError("seed and draws are both given; expected one of them")
    result = [draws] if isinstance(draws, RandomDraws) else list(draws)
    if not result or not all(isinstance(draw, RandomDraws) for draw in result):
        raise ArgumentError(f"draws is {draws!r:.60}; expected RandomDraws, one for each trial")
    return result


def _check_draw(draw: RandomDraws, n: int, n_steps: int, *, needs_coin: bool) -> None:
    for name, array, shape in (
        ("v0", draw.v0, (n,)),
        ("noise", draw.noise, (n_steps, n)),
        ("coin", draw.coin, (n_steps,)),
    ):
        if name == "coin" and (array is None and not needs_coin):
            continue
        found = None if array is None else np.shape(array)
        if found != shape:
            raise ArgumentError(f"draws.{name} has shape {found}; expected {shape}")


def _trial_numbers(
    trials: int | Iterable[int] | None, n_inputs: int | None, n_draws: int | None
) -> NDArray[np.int64]:
    """Numbers of the trials to run; `n_inputs`, `n_draws`: how many the other arguments are for, if any."""
    if trials is None:
        numbers = list(range(n_inputs or n_draws or 1))
    elif isinstance(trials, Iterable):
        numbers = [whole_number("trials", trial, 0) for trial in trials]
    else:
        numbers = list(range(whole_number("trials", trials, 1)))
    if not numbers:
        raise ArgumentError("trials is empty; expected at least one trial number")
    for name, count in (("inputs", n_inputs), ("draws", n_draws)):
        if count is not None and count != len(numbers):
            raise ArgumentError(f"{name} is for {count} trials, but {len(numbers)} are asked for")
    return np.array(numbers, np.int64)

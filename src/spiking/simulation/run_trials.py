"""Run trials of a spiking network on given inputs, in threads. All simulations use this function."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import current_thread, main_thread
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.checks import (
    MOST,
    checked_inputs,
    checked_interval,
    checked_noise,
    listed,
    numeric_array,
    seed_number,
    shown,
    thread_count,
    whole_number,
)
from spiking.errors import ArgumentError
from spiking.network.initial_state import first_column, initial_synapses, initial_voltages
from spiking.network.network import SpikingNetwork
from spiking.simulation.kernel import prepare
from spiking.simulation.kernel.arguments import Recording
from spiking.simulation.random_numbers import (
    RandomDraws,
    SharedNoise,
    check_draw,
    replayed_numbers,
    seeded_numbers,
)
from spiking.simulation.record import Record
from spiking.simulation.resolved_stimulation import AnyStimulation, resolve_stimulation, stimulation_words
from spiking.simulation.result import Simulation, Spikes
from spiking.timing import STEPS_NOT_COUNTED, STEPS_PER_COLUMN, TIME_STEP_S
from spiking.typing import Floats


def run_trials(
    network: SpikingNetwork,
    inputs: ArrayLike,
    *,
    seed: int | None = None,
    trials: int | Iterable[int] | None = None,
    record: Record | None = None,
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None = None,
    input_noise: float | Sequence[float] = 0.0,
    input_interval: float | None = None,
    downsample: int = 1,
    threads: int | None = None,
    draws: RandomDraws | Sequence[RandomDraws] | None = None,
    shared_noise: SharedNoise | None = None,
    progress: Callable[[int], None] | None = None,
) -> Simulation:
    """Simulate trials on an array of inputs; arguments, result and errors are those of `simulate`."""
    downsample = whole_number("downsample", downsample, 1)
    n, dt = network.n_neurons, TIME_STEP_S * downsample
    time_step, column_steps = 1000 * dt, STEPS_PER_COLUMN
    if input_interval is not None:
        column_steps = checked_interval(input_interval, time_step)
    u = inputs_of_trials(inputs, network.n_inputs, downsample if input_interval is None else 1)
    sigma = checked_noise(input_noise, network.n_inputs)
    record = record or Record()
    replayed = _checked_draws(draws, seed)
    if shared_noise is not None and (shared_noise.seed != seed or replayed):
        raise ArgumentError(
            f"shared_noise has the seed {shared_noise.seed}; expected {seed}, the seed of the simulation"
        )
    each = isinstance(u, list) or u.ndim == 3
    numbers = trial_numbers(trials, len(u) if each else None, len(replayed) or None)
    n_columns = [len(u_k.T) for u_k in u] if each else [u.shape[-1]] * len(numbers)  # type: ignore[union-attr]  # then it is an array
    trial_steps = column_steps * (np.array(n_columns, np.int64) - 1)
    n_steps = int(trial_steps.max())
    threads = thread_count(threads)

    from spiking.simulation.kernel.trial import run_trial  # imports Numba, which takes a while

    lengths = sorted(set(trial_steps.tolist()))
    resolved = {steps: resolve_stimulation(stimulation, network, steps, time_step) for steps in lengths}
    input_shapes = [(columns, network.n_inputs) if sigma.any() else None for columns in n_columns]
    if replayed:
        for draw, steps, shape in zip(replayed, trial_steps.tolist(), input_shapes, strict=True):
            check_draw(draw, n, steps, resolved[steps], shape)
    else:
        seed = np.random.SeedSequence(None if seed is None else seed_number("seed", seed)).entropy  # type: ignore[assignment]  # an int, as given or drawn
    replay = bool(replayed) or shared_noise is not None
    constants = {
        steps: prepare.constants(network, steps, column_steps, dt, replay=replay) for steps in lengths
    }
    synapses = prepare.synapses(network, dt)
    always = {
        steps: prepare.stimulation(resolved[steps], n, constants[steps].neuron.gain) for steps in lengths
    }
    readout, w_in = prepare.fixed(network.readout), prepare.fixed(network.w_in.T)
    columns = [prepare.fixed(u_k.T) for u_k in (u if each else [u])]  # type: ignore[union-attr]  # as above
    recorded, samples = _allocate(record, network, len(numbers), n_steps, time_step)
    spike_neurons = record.neurons("spikes", network.populations)
    rates = np.empty((len(numbers), n))
    events: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = [_NO_SPIKES] * len(numbers)
    stop = np.zeros(1, np.uint8)

    lesioned = list(network.lesioned)
    alive = np.isin(np.arange(n), lesioned, invert=True)

    def own(array: Floats, k: int, every: int) -> Floats:
        """Return the samples of trial k, without those after its end; they stay NaN."""
        array[k, trial_steps[k] // every if every else 0 :] = np.nan
        return array[k, : trial_steps[k] // every if every else 0]

    def run(k: int) -> None:
        assert seed is not None or replayed
        trial, steps = int(numbers[k]), int(trial_steps[k])
        randoms = (
            replayed_numbers(replayed[k], resolved[steps])
            if seed is None
            else seeded_numbers(
                seed,
                trial,
                n,
                resolved[steps],
                input_shapes[k],
                None if shared_noise is None else shared_noise.of(trial, n, steps),
            )
        )
        inputs_k = columns[k if each else 0]
        if randoms.input_noise is not None and input_shapes[k]:
            inputs_k = prepare.fixed(inputs_k + sigma * randoms.input_noise)
        voltage = initial_voltages(network, randoms.v0)
        voltage[lesioned] = np.nan  # stays NaN, which is never at threshold
        times, neurons = run_trial(
            constants[steps],
            synapses,
            w_in,
            inputs_k,
            readout,
            prepare.start(
                network,
                voltage,
                initial_synapses(network, inputs_k[first_column(column_steps)]),
                synapses,
                randoms.lanes,
                column_steps,
                replay=replay,
            ),
            prepare.fixed(randoms.noise, randoms.noise.dtype),
            prepare.with_hits(always[steps], randoms.hits),
            *(Recording(every, units, own(array, k, every), 0) for every, units, array in samples),
            stop,
        )
        left = [voltage[alive], *(own(array, k, every) for every, _, array in samples[:1])]
        if not stop[0] and not all(np.isfinite(values).all() for values in left):
            raise ArgumentError(
                f"trial {trial}: voltages or outputs become NaN or infinite; expected inputs, weights, "
                f"currents and constants of a size that neurons can have"
            )
        if "output" in recorded and network.readout_bias.any():
            recorded["output"][k] += network.readout_bias[:, np.newaxis]
        counted = neurons[times >= STEPS_NOT_COUNTED]
        rates[k] = np.bincount(counted, minlength=n) / (steps * dt)
        rates[k, lesioned] = np.nan
        if 0 < spike_neurons.size < n:
            chosen = np.isin(neurons, spike_neurons)
            events[k] = (times[chosen], neurons[chosen])
        elif spike_neurons.size:
            events[k] = (times, neurons)

    _run_all(run, len(numbers), threads, stop, progress)
    if record.spikes is not False:
        recorded["spikes"] = _joined(events, time_step)
    return Simulation(
        network=network,
        seed=None if replayed else seed,
        trials=numbers,
        n_steps=n_steps,
        time_step=time_step,
        record=record,
        rates=rates,
        inputs=_padded(u) if isinstance(u, list) else u,
        trial_steps=trial_steps if len(lengths) > 1 else None,
        stimulation=stimulation_words(stimulation, resolved[lengths[-1]], sigma),
        **recorded,
    )


def inputs_of_trials(inputs: ArrayLike, n_inputs: int, downsample: int) -> Floats | list[Floats]:
    """Return inputs as of `checked_inputs`; of trials of unequal length, a list of one array for each.

    Raises
    ------
    ArgumentError
        The inputs cannot be used.
    """
    if isinstance(inputs, list | tuple):
        shapes = [getattr(item, "shape", ()) for item in inputs]
        if len({shape[-1:] for shape in shapes}) > 1 and all(shapes):
            names = [f"inputs[{k}]" for k in range(len(inputs))]
            for name, shape in zip(names, shapes, strict=True):
                if len(shape) != 2:
                    raise ArgumentError(f"{name} has shape {tuple(shape)}; expected ({n_inputs}, columns)")
            return [
                checked_inputs(item, n_inputs, downsample, name)
                for item, name in zip(inputs, names, strict=True)
            ]
    return checked_inputs(inputs, n_inputs, downsample)


def _padded(inputs: list[Floats]) -> Floats:
    """Return the inputs of trials of unequal length, shape (trials, n_inputs, columns), NaN after the end."""
    padded = np.full((len(inputs), len(inputs[0]), max(u.shape[1] for u in inputs)), np.nan)
    for k, u in enumerate(inputs):
        padded[k, :, : u.shape[1]] = u
    return padded


def checked_downsample(network: SpikingNetwork, downsample: object) -> int:
    """Return `downsample` as an int, or raise ArgumentError unless the network was converted for it."""
    number = whole_number("downsample", downsample, 1)
    fitted = network.conversion
    if fitted is not None and fitted.downsample != number:
        raise ArgumentError(
            f"downsample is {number}, but the network's conversion was fitted for {fitted.downsample}; "
            f"simulate with downsample={fitted.downsample}, or fit or tune it again for {number}"
        )
    return number


_NO_SPIKES = (np.empty(0, np.int32), np.empty(0, np.int32))


def _joined(events: list[tuple[NDArray[np.int32], NDArray[np.int32]]], time_step: float) -> Spikes:
    return Spikes(
        trial=np.repeat(np.arange(len(events), dtype=np.int32), [len(steps) for steps, _ in events]),
        neuron=np.concatenate([neurons for _, neurons in events]),
        step=np.concatenate([steps for steps, _ in events]),
        time_step=time_step,
    )


def _run_all(
    run: Callable[[int], None],
    n_trials: int,
    threads: int,
    stop: NDArray[np.uint8],
    progress: Callable[[int], None] | None,
) -> None:
    """Run all trials in threads; on Ctrl-C or an error, stop running trials and cancel the others."""
    if threads == 1 and current_thread() is not main_thread():  # only the main thread receives Ctrl-C
        for k in range(n_trials):
            run(k)
            if progress:
                progress(k + 1)
        return
    with ThreadPoolExecutor(min(threads, n_trials)) as pool:
        try:
            # not as_completed: it holds the locks of all trials for a while, and Ctrl-C could block forever
            for finished, _ in enumerate(pool.map(run, range(n_trials)), start=1):
                if progress:
                    progress(finished)
        except BaseException:
            stop[0] = 1
            pool.shutdown(cancel_futures=True)
            raise


def _allocate(
    record: Record, network: SpikingNetwork, n_trials: int, n_steps: int, time_step: float
) -> tuple[dict[str, Any], list[tuple[int, NDArray[np.int64], Floats]]]:
    """Return the arrays of samples: as users see them, (trials, neurons, samples), and as the kernel does."""
    recorded: dict[str, Any] = {}
    samples, size = [], 0
    for name in ("output", "voltage", "currents", "filtered_rates"):
        if name == "output":
            units = np.arange(network.n_outputs if record.output else 0)
        else:
            units = record.neurons(name, network.populations)
        stride = record.stride(name, time_step) if units.size else 0
        shape = (n_trials, n_steps // stride if stride else 0, units.size)
        size += 8 * int(np.prod(shape))
        _check_memory(size)
        array = np.empty(shape)
        samples.append((stride, units, array))
        if stride:
            recorded[name] = array.swapaxes(1, 2)
    return recorded, samples


def _check_memory(size: int) -> None:
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on every system
        return
    if size > memory:
        raise ArgumentError(
            f"recording this takes {size / 1e9:.0f} GB, more than the {memory / 1e9:.0f} GB of this machine; "
            f"expected less: record fewer neurons or trials, or thin it, such as Record(interval=1.0)"
        )


def _checked_draws(
    draws: RandomDraws | Sequence[RandomDraws] | None, seed: int | None
) -> Sequence[RandomDraws]:
    if draws is None:
        return ()
    if seed is not None:
        raise ArgumentError("seed and draws are both given; expected one of them")
    result = [draws] if isinstance(draws, RandomDraws) else list(draws)
    if not result or not all(isinstance(draw, RandomDraws) for draw in result):
        raise ArgumentError(f"draws is {shown(draws)}; expected RandomDraws, one for each trial")
    return result


def trial_numbers(
    trials: int | Iterable[int] | None, n_inputs: int | None = None, n_draws: int | None = None
) -> NDArray[np.int64]:
    """Return the numbers of the trials to run; `n_inputs` and `n_draws` are the trials of other arguments."""
    if trials is None:
        numbers = list(range(n_inputs or n_draws or 1))
    elif isinstance(trials, Iterable) and getattr(trials, "ndim", 1) != 0:
        if hasattr(trials, "__array__"):
            trials = numeric_array("trials", trials, "trial numbers").ravel().tolist()
        numbers = [
            whole_number("trials", n, 0) for n in listed("trials", trials, "a number or trial numbers")
        ]
    else:
        numbers = list(range(whole_number("trials", trials, 1, MOST)))
    if not numbers:
        raise ArgumentError("trials is empty; expected at least one trial number")
    for name, count in (("inputs", n_inputs), ("draws", n_draws)):
        if count is not None and count != len(numbers):
            raise ArgumentError(f"{name} is for {count} trials; expected {len(numbers)}, as are simulated")
    return np.array(numbers, np.int64)

"""The loop of fine-tuning: updates in JAX, and tests with the kernel, which alone decide."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from spiking.conversion.conversion import Conversion
from spiking.conversion.fine_tuning import FineTuning
from spiking.evaluation.trial_chunks import spiking_outputs, spiking_simulations
from spiking.network.initial_state import initial_voltages
from spiking.network.network import SpikingNetwork
from spiking.random_streams import FINE_TUNING_STREAM
from spiking.rate_model.run import run_columns
from spiking.tasks import Trials
from spiking.tasks.scoring import score
from spiking.timing import STEP_MS
from spiking.training.fine_tuning.forward import Array, Constants, Structure, Trained, run, split, trained
from spiking.training.fine_tuning.options import FineTuningOptions
from spiking.training.fine_tuning.state import FineTuningState
from spiking.typing import Floats

_CLIP_NORM = 1.0
_EVERY = 20  # updates between tests
_SUCCESSIVE = 2  # good tests in a row that end it; the first good one is often good by chance


class Carry(NamedTuple):
    """What changes from update to update."""

    change: Trained  # from the first network, in units of its scales
    moments: Any


class Fixed(NamedTuple):
    """What the updates need of the first network."""

    first: Trained
    scales: Trained
    constants: Constants


class ValidationTest(NamedTuple):
    """A network in the validation trials, simulated by the kernel."""

    correct: int
    error: float  # root mean square difference from the wanted output

    def better(self, other: ValidationTest) -> bool:
        """Whether it has more correct trials, or as many and a smaller error."""
        return (self.correct, -self.error) > (other.correct, -other.error)


def fine_tuning_steps(
    network: SpikingNetwork, seed: int, options: FineTuningOptions
) -> Iterator[FineTuningState]:
    """Fine-tune a network and yield the state at the start and after each update."""
    words = np.random.SeedSequence(seed, spawn_key=(FINE_TUNING_STREAM,)).generate_state(4)
    trial_seed, test_seed, start_seed, key_seed = (int(word) for word in words)
    task, batch = options.task, options.batch_size
    balanced = batch % len(task.conditions) == 0
    constants, structure = split(network, downsample=options.step, kernel_downsample=options.downsample)
    first = trained(network)
    fixed = Fixed(first, _scales(first), constants)
    single = jax.tree.map(partial(np.asarray, dtype=np.float32), fixed)
    carry = start(single)
    rng, key = np.random.default_rng(start_seed), jax.random.key(key_seed)
    needed = math.inf
    if task.scored and options.stop_accuracy is not None:
        needed = options.stop_accuracy * options.trials - 1e-9
    origin = best = test = _test(network, options, test_seed)
    best_network, best_updates, updates, loss = network, 0, 0, math.nan
    good = int(test.correct >= needed)
    while True:
        stopped = ""
        if not math.isfinite(loss) and updates:
            stopped = "diverged"
        elif good >= (_SUCCESSIVE if updates else 1):
            stopped = "converged"
        elif updates >= options.max_updates:
            stopped = "limit"
        record = FineTuning(
            task=task.name,
            seed=seed,
            updates=best_updates,
            step=options.step_ms,
            trials=options.trials,
            correct_before=origin.correct,
            correct_after=best.correct,
            error_before=origin.error,
            error_after=best.error,
            scored=task.scored,
        )
        accuracy = test.correct / options.trials if task.scored else math.nan
        yield FineTuningState(
            updates, loss, accuracy, stopped, partial(_labelled, best_network, network, record)
        )
        if stopped:
            return
        drawn = task.trials(batch, seed=trial_seed, first=updates * batch, balanced=balanced)
        uniforms = rng.random((batch, network.n_neurons))
        changed = _network(network, fixed, carry.change)
        voltages = np.broadcast_to(initial_voltages(changed, uniforms), uniforms.shape)
        carry, latest = advance(
            carry,
            single,
            drawn.spiking_inputs.astype(np.float32),
            _wanted(drawn, options).astype(np.float32),
            voltages.astype(np.float32),
            jax.random.split(jax.random.fold_in(key, updates), task.n_steps),
            options.learning_rate,
            options.rate_penalty / network.scaling_factor**2,
            structure=structure,
        )
        loss, updates = float(latest), updates + 1
        due = updates % _EVERY == 0 or updates == options.max_updates
        if due and math.isfinite(loss):
            changed = _network(network, fixed, carry.change)
            test = _test(changed, options, test_seed)
            good = good + 1 if test.correct >= needed else 0
            if test.better(best):
                best, best_network, best_updates = test, changed, updates


def _scales(first: Trained) -> Trained:
    """Return the size of each kind of parameter, of which an update changes a fraction."""

    def rms(values: Floats) -> float:
        present = values[values != 0]
        return float(np.sqrt(np.mean(present**2))) if present.size else 1.0

    return Trained(rms(first.weights), rms(first.w_in), rms(first.readout), rms(first.w_in))


def applied(fixed: Fixed, change: Trained) -> Trained:
    """Return the first network with a change: no connection has another sign, and none is new.

    Without a change, every number is exactly that of the first network.
    """
    first = fixed.first
    weights, w_in, readout, offset = jax.tree.map(lambda p, s, d: p + s * d, *fixed[:2], change)
    return Trained(
        weights * (weights * first.weights > 0),
        w_in * (first.w_in != 0),
        readout * (first.readout != 0),
        offset,
    )


def start(fixed: Fixed) -> Carry:
    """Return the state before the first update."""
    change = jax.tree.map(jnp.zeros_like, fixed.first)
    return Carry(change, optax.scale_by_adam().init(change))


@partial(jax.jit, static_argnames="structure")
def advance(
    carry: Carry,
    fixed: Fixed,
    inputs: Array,
    wanted: Array,
    voltages: Array,
    keys: Array,
    learning_rate: Array,
    rate_penalty: Array,
    *,
    structure: Structure,
) -> tuple[Carry, Array]:
    """Do one update; return the new state and the mean loss of the trials.

    Parameters
    ----------
    inputs : array, shape (n, n_inputs, columns + 1)
    wanted : array, shape (n, n_outputs, columns)
        The target at the start of each column.
    voltages, keys
        As `start` and `noise` of `run`.
    """

    def objective(change: Trained) -> tuple[Array, Array]:
        now = applied(fixed, change)
        outputs, rates, _ = run(now, fixed.constants, inputs, voltages, keys, structure=structure)
        # Sample k of the outputs and target k + 1 are both at 5 (k + 1) ms.
        error = jnp.moveaxis(outputs, 0, -1)[:, :, :-1] - wanted[:, :, 1:]
        loss = jnp.mean(jnp.sqrt(jnp.sum(error**2, axis=(1, 2))))
        return loss + rate_penalty * jnp.mean(rates**2), loss

    gradient, loss = jax.grad(objective, has_aux=True)(carry.change)
    norm = jnp.sqrt(sum(jnp.sum(part**2) for part in gradient))
    shrink = jnp.minimum(1.0, _CLIP_NORM / jnp.maximum(norm, 1e-30))
    loss = jnp.where(jnp.isfinite(norm), loss, jnp.nan)
    direction, moments = optax.scale_by_adam().update(
        jax.tree.map(lambda g: shrink * g, gradient), carry.moments
    )
    change = jax.tree.map(lambda c, d: c - learning_rate * d, carry.change, direction)
    # A connection that would change its sign stays at zero, from where it can come back.
    weights, lowest = fixed.first.weights, -fixed.first.weights / fixed.scales.weights
    kept = jnp.where(weights > 0, jnp.maximum(change.weights, lowest), jnp.minimum(change.weights, lowest))
    change = change._replace(weights=jnp.where(weights == 0, 0.0, kept))
    return Carry(change, moments), loss


def _network(network: SpikingNetwork, fixed: Fixed, change: Trained) -> SpikingNetwork:
    now = applied(fixed, jax.tree.map(partial(np.asarray, dtype=np.float64), change))
    return dataclasses.replace(
        network.with_weights(now.weights), w_in=now.w_in, readout=now.readout, offset=now.offset
    )


def _labelled(best: SpikingNetwork, first: SpikingNetwork, record: FineTuning) -> SpikingNetwork:
    start = first.conversion or Conversion(kind="published", factor=first.scaling_factor)
    conversion = dataclasses.replace(start, kind="fine_tuned", candidates=(), start=start, fine_tuning=record)
    return dataclasses.replace(best, conversion=conversion)


def _wanted(drawn: Trials, options: FineTuningOptions) -> Floats:
    """Return the wanted outputs, shape (n, n_outputs, columns): the rate network's, or else the targets."""
    if options.model is not None:
        return run_columns(options.model, drawn.inputs, noise=0.0).output
    return drawn.targets.reshape(len(drawn), -1, drawn.inputs.shape[-1])


def _test(network: SpikingNetwork, options: FineTuningOptions, seed: int) -> ValidationTest:
    correct, square, count = 0, 0.0, 0
    numbers = range(options.trials)
    runs = spiking_simulations(network, options.task, seed, numbers, options.downsample, options.threads)
    for drawn, output, time in spiking_outputs(runs):
        wanted = _wanted(drawn, options)[:, :, 1:]
        at = np.searchsorted(time, STEP_MS * np.arange(1, wanted.shape[-1] + 1) - 1e-6)
        if options.task.scored:
            correct += int(score(options.task, output, time, drawn).sum())
        square += float(np.sum((output[:, :, at] - wanted) ** 2))
        count += wanted.size
    return ValidationTest(correct, math.sqrt(square / count))

"""Compiled training in JAX and Optax: many updates in one call, and the evaluation of a model."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from spiking.checks import shown
from spiking.errors import ArgumentError
from spiking.training.backpropagation import Array, FrozenWeights, TrainedWeights, run
from spiking.training.options import Lif, Named, TrainingOptions

EARLY_NOISE = 0.1  # fraction of the noise before hardening, while a model learns its task
_GROWTH = 300  # updates of hardening in which the noise grows to its full amplitude
_X0 = 0.01  # standard deviation of the first synaptic currents
_STEP = 0.005  # s
_NUMBERS = (
    "noise",
    "hardening",
    "learning_rate",
    "final_learning_rate",
    "max_updates",
    "clip_norm",
    "rate_penalty",
    "averaging",
)

_TINY = 1e-30


class CompiledOptions(NamedTuple):
    """Options that are constants of the compiled code; the others are its arguments."""

    activation: str | Lif | Named
    loss: str
    dale: bool
    optimizer: Any  # a name, or an Optax transformation
    published_quirks: bool
    spike_noise: bool


class TrainingCarry(NamedTuple):
    """Everything that changes during training."""

    weights: TrainedWeights
    average: TrainedWeights
    moments: Any
    key: Array
    updates: Array


def split(
    options: TrainingOptions, activation: Named | None = None
) -> tuple[CompiledOptions, dict[str, Any]]:
    """Return the options that are constants of the compiled code, and those that are its arguments.

    `activation` is that of a model that training goes on from, if it is not the one in `options`.
    """
    spike_noise = options.resolved("spike_noise")
    structure = CompiledOptions(
        options.lif or activation or options.activation,
        options.loss,
        options.dale,
        options.optimizer,
        options.published_quirks,
        spike_noise > 0 and options.hardening > 0,
    )
    numbers = {name: getattr(options, name) for name in _NUMBERS}
    numbers["rate_penalty"] = options.resolved("rate_penalty")
    shot = 1 / math.sqrt(_STEP * spike_noise) if spike_noise else 0.0
    return structure, numbers | {"tau": options.tau_steps, "shot": shot}


def start(weights: TrainedWeights, seed: int, optimizer: Any) -> TrainingCarry:
    """Return the state before the first update.

    Raises
    ------
    ArgumentError
        Optax has no optimiser of this name that only needs a learning rate.
    """
    moments = _transformation(optimizer).init(weights)
    return TrainingCarry(weights, weights, moments, jax.random.key(seed), jnp.zeros((), jnp.int32))


def _transformation(optimizer: Any) -> optax.GradientTransformation:
    """Return the optimiser with a learning rate of 1, if it is given by its name."""
    if not isinstance(optimizer, str):
        return optimizer
    if optimizer == "adam":
        return optax.scale_by_adam()
    make = getattr(optax, optimizer, None)
    try:
        made = make(learning_rate=1.0) if callable(make) else None
    except TypeError:  # it has no learning rate, or needs more than that
        made = None
    if not isinstance(made, optax.GradientTransformation):
        raise ArgumentError(
            f"optimizer is {shown(optimizer)}; expected one of Optax that needs only a learning rate, such "
            f"as adam, adamw, rmsprop, sgd or lion, or a transformation, such as optax.adamw(1e-3)"
        )
    return made


def objective(
    weights: TrainedWeights,
    fixed: FrozenWeights,
    inputs: Array,
    targets: Array,
    key: Array,
    structure: CompiledOptions,
    numbers: dict[str, Any],
) -> Array:
    """Return the objective: the mean loss of the trials plus the rate penalty."""
    outputs, rates = _run(weights, fixed, inputs, key, structure, numbers)
    penalty: Array = numbers["rate_penalty"] * jnp.mean(rates**2)
    return jnp.mean(_losses(outputs, targets, structure)) + penalty


def _run(
    weights: TrainedWeights,
    fixed: FrozenWeights,
    inputs: Array,
    key: Array,
    structure: CompiledOptions,
    numbers: dict[str, Any],
) -> tuple[Array, Array]:
    n, _, n_steps = inputs.shape
    noise_key, x0_key, shot_key = jax.random.split(key, 3)
    shape = (n_steps - 1, n, weights.w.shape[0])
    noise = numbers["noise"] * jax.random.normal(noise_key, shape, inputs.dtype)
    x0 = _X0 * jax.random.normal(x0_key, shape[1:], inputs.dtype)
    if fixed.initial is not None:
        x0 = jnp.broadcast_to(fixed.initial, shape[1:])
    shot = None
    if structure.spike_noise:
        # 8 random bits per draw: uniform, of standard deviation 1; sums over units and steps are Gaussian
        coarse = jax.random.bits(shot_key, shape, jnp.uint8).astype(inputs.dtype)
        shot = numbers["shot"] * (coarse - 127.5) * math.sqrt(12 / (256**2 - 1))
    return run(
        weights,
        fixed,
        inputs,
        x0,
        noise,
        shot,
        activation=structure.activation,
        dale=structure.dale,
        limits=numbers["tau"],
    )


def _losses(outputs: Array, targets: Array, structure: CompiledOptions) -> Array:
    """Return the loss of each trial, (n,), for outputs and targets (n, n_outputs, T)."""
    if structure.published_quirks:
        outputs, targets = outputs[:, :, 1:], targets[:, :, :-1]
    error = targets - outputs
    if structure.loss == "l1":
        return jnp.sum(jnp.abs(error), axis=(1, 2))
    # An error of exactly 0, as of a silent network at a target of 0, has a gradient of 0, not of 0/0.
    return jnp.sqrt(jnp.sum(error**2, axis=(1, 2)) + _TINY)


@partial(jax.jit, static_argnames="structure")
def advance(
    state: TrainingCarry,
    fixed: FrozenWeights,
    inputs: Array,
    targets: Array,
    numbers: dict[str, Any],
    *,
    structure: CompiledOptions,
) -> tuple[TrainingCarry, Array]:
    """Do one update with each batch; return the new state and the losses, (updates,).

    Parameters
    ----------
    inputs : array, shape (updates, batch_size, n_inputs, T)
    targets : array, shape (updates, batch_size, n_outputs, T)
    numbers, structure
        The result of `split`; `numbers` also has ``hardened_from``, the update from which spike noise is
        added.
    """
    optimizer = _transformation(structure.optimizer)
    adam = structure.optimizer == "adam"
    scheduled = isinstance(structure.optimizer, str)
    largest = jnp.where(numbers["clip_norm"] > 0, numbers["clip_norm"], jnp.inf)

    def update(state: TrainingCarry, batch: tuple[Array, Array]) -> tuple[TrainingCarry, Array]:
        key, used = jax.random.split(state.key)
        hardened = jnp.maximum(0, state.updates + 1 - numbers["hardened_from"])
        grown = jnp.minimum(1, hardened / _GROWTH)
        grown = jnp.where(numbers["hardening"] > 0, grown, 1.0)
        now = numbers | {
            "shot": numbers["shot"] * grown,
            "noise": numbers["noise"] * (EARLY_NOISE + (1 - EARLY_NOISE) * grown),
        }
        if isinstance(structure.activation, Lif):
            now["rate_penalty"] = numbers["rate_penalty"] * grown
        loss, gradient = jax.value_and_grad(objective)(state.weights, fixed, *batch, used, structure, now)
        if isinstance(structure.activation, Lif):  # the spiking network has no output bias
            gradient = gradient._replace(b_out=jnp.zeros_like(gradient.b_out))
        norm = jnp.sqrt(sum(jnp.sum(part**2) for part in gradient))
        shrink = jnp.minimum(1, largest / jnp.maximum(norm, 1e-30))
        gradient = jax.tree.map(lambda g: shrink * g, gradient)
        direction, moments = optimizer.update(gradient, state.moments, state.weights)
        rate = _learning_rate(state.updates, numbers) if scheduled else 1.0
        if adam:
            weights = jax.tree.map(lambda w, d: w - rate * d, state.weights, direction)
        else:  # of Optax, with its sign; it keeps the gradients' precision
            weights = jax.tree.map(lambda w, d: (w + rate * d).astype(w.dtype), state.weights, direction)
        average = jax.tree.map(
            lambda old, new: numbers["averaging"] * old + (1 - numbers["averaging"]) * new,
            state.average,
            weights,
        )
        return TrainingCarry(weights, average, moments, key, state.updates + 1), loss

    return jax.lax.scan(update, state, (inputs, targets))


def _learning_rate(updates: Array, numbers: dict[str, Any]) -> Array:
    """Return the learning rate: half a cosine from the first to the last one."""
    high, low = numbers["learning_rate"], numbers["final_learning_rate"]
    done = updates / numbers["max_updates"]
    return jnp.asarray(low + (high - low) * (1 + jnp.cos(jnp.pi * done)) / 2)


@partial(jax.jit, static_argnames="structure")
def evaluate(
    weights: TrainedWeights,
    fixed: FrozenWeights,
    inputs: Array,
    targets: Array,
    key: Array,
    numbers: dict[str, Any],
    *,
    structure: CompiledOptions,
) -> tuple[Array, Array]:
    """Return the loss of each trial and the outputs (n, n_outputs, T), without spike noise.

    The noise is ``numbers["noise"]``, whatever the stage of training.
    """
    plain = structure._replace(spike_noise=False)
    outputs, _ = _run(weights, fixed, inputs, key, plain, numbers)
    return _losses(outputs, targets, structure), outputs

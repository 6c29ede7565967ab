"""Compiled training: many updates in one call, and the evaluation of a model, in JAX and Optax."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import optax

from spiking.backpropagation import Array, Fixed, Weights, decay_steps, run
from spiking.training_options import TrainingOptions

_X0 = 0.01  # standard deviation of the first synaptic currents


class Progress(NamedTuple):
    """All that changes during training."""

    weights: Weights
    average: Weights
    optimizer: Any
    key: Array
    updates: Array


def start(weights: Weights, options: TrainingOptions, seed: int) -> Progress:
    """Return the state before the first update."""
    return Progress(weights, weights, _optimizer(options).init(weights), jax.random.key(seed), jnp.zeros((), int))


def _optimizer(options: TrainingOptions) -> optax.GradientTransformation:
    lowest = options.final_learning_rate / options.learning_rate
    rate = optax.cosine_decay_schedule(options.learning_rate, options.max_updates, alpha=lowest)
    adam = optax.adam(rate)
    return optax.chain(optax.clip_by_global_norm(options.clip_norm), adam) if options.clip_norm else adam


def _run(
    weights: Weights, fixed: Fixed, inputs: Array, key: Array, options: TrainingOptions, strength: Any = 1.0
) -> tuple[Array, Array]:
    n, _, n_steps = inputs.shape
    n_units = weights.w.shape[0]
    noise_key, x0_key, shot_key = jax.random.split(key, 3)
    noise = options.noise * jax.random.normal(noise_key, (n_steps - 1, n, n_units), inputs.dtype)
    x0 = _X0 * jax.random.normal(x0_key, (n, n_units), inputs.dtype)
    shot = None
    if options.spike_noise:
        amplitude = strength / math.sqrt(0.005 * options.spike_noise)
        shot = amplitude * jax.random.normal(shot_key, noise.shape, inputs.dtype)
    return run(
        weights,
        fixed,
        inputs,
        x0,
        noise,
        shot,
        activation=options.activation,
        dale=options.dale,
        limits=options.tau_steps,
    )


def _losses(outputs: Array, targets: Array, options: TrainingOptions, variance=0.0) -> Array:
    """Loss of each trial, (n,), for outputs and targets (n, n_outputs, T)."""
    if options.published_quirks:
        outputs, targets = outputs[:, :, 1:], targets[:, :, :-1]
    error = targets - outputs
    if options.loss == "l1":
        return jnp.sum(jnp.abs(error), axis=(1, 2))
    return jnp.sqrt(jnp.sum(error**2, axis=(1, 2)) + variance)


def objective(
    weights: Weights,
    fixed: Fixed,
    inputs: Array,
    targets: Array,
    key: Array,
    options: TrainingOptions,
    strength: Any = 1.0,
) -> Array:
    """Return what is minimised: the mean loss of the trials, and the rate penalty."""
    outputs, rates = _run(weights, fixed, inputs, key, options, strength)
    penalty = options.rate_penalty * jnp.mean(rates**2) if options.rate_penalty else 0.0
    variance = 0.0
    if options.spike_noise and options.readout_noise:
        td = decay_steps(weights.taus_gaus, options.tau_steps) * 0.005
        variance = jnp.einsum("tnk,ok->n", rates, weights.w_out**2 / (2 * td * options.spike_noise)) * options.readout_noise
    return jnp.mean(_losses(outputs, targets, options, variance)) + penalty


@partial(jax.jit, static_argnames="options")
def advance(
    state: Progress, fixed: Fixed, inputs: Array, targets: Array, options: TrainingOptions
) -> tuple[Progress, Array]:
    """Do one update with each batch; return the new state and the losses, (updates,).

    Parameters
    ----------
    inputs : array, shape (updates, batch_size, n_inputs, T)
    targets : array, shape (updates, batch_size, n_outputs, T)
    """
    optimizer = _optimizer(options)

    def update(state: Progress, batch: tuple[Array, Array]) -> tuple[Progress, Array]:
        key, used = jax.random.split(state.key)
        strength = jnp.minimum(1, (state.updates + 1) / options.noise_ramp) if options.noise_ramp else 1.0
        loss, gradient = jax.value_and_grad(objective)(state.weights, fixed, *batch, used, options, strength)
        change, moments = optimizer.update(gradient, state.optimizer)
        weights = optax.apply_updates(state.weights, change)
        average = jax.tree.map(
            lambda old, new: options.averaging * old + (1 - options.averaging) * new, state.average, weights
        )
        return Progress(weights, average, moments, key, state.updates + 1), loss

    return jax.lax.scan(update, state, (inputs, targets))


@partial(jax.jit, static_argnames="options")
def evaluate(
    weights: Weights, fixed: Fixed, inputs: Array, targets: Array, key: Array, options: TrainingOptions
) -> tuple[Array, Array]:
    """Return the loss of each trial and the outputs (n, n_outputs, T)."""
    outputs, _ = _run(weights, fixed, inputs, key, replace(options, spike_noise=0.0))
    return _losses(outputs, targets, options), outputs

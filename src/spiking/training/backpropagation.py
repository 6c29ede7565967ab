"""The rate model in JAX, with its gradient through time.

The forward pass is the specification's (`RateModel.run` is the same in NumPy). The backward pass is written
out, because the gradient of the weights is then one matrix product over all steps in place of one outer
product a step: an update takes three quarters of the time for one trial, and half of it for larger batches.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Array = jax.Array

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": jax.nn.sigmoid,
    "softplus": lambda x: jnp.clip(jax.nn.softplus(x), 0, 20),
    "clipped_relu": lambda x: jnp.clip(x, 0, 20),
}


class Weights(NamedTuple):
    """What is trained, as the model file names it (`taus_gaus` flat)."""

    w: Array  # (N, N)
    w_out: Array  # (n_outputs, N)
    b_out: Array  # ()
    taus_gaus: Array  # (N,)


class FrozenWeights(NamedTuple):
    """What is not trained."""

    w_in: Array  # (N, n_inputs)
    signs: Array  # (N,): the diagonal of m
    som_m: Array  # (N, N)


def effective_weights(w: Array, fixed: FrozenWeights, dale: bool) -> Array:
    """W = (relu(w) @ m) * som_m under Dale's law, w @ m * som_m without it."""
    return (jax.nn.relu(w) if dale else w) * fixed.signs * fixed.som_m


def decay_steps(taus_gaus: Array, limits: tuple[float, ...]) -> Array:
    """Return tau in steps of 5 ms, (N,): fixed, or between two limits."""
    if len(limits) == 1:
        return jnp.full_like(taus_gaus, limits[0])
    low, high = limits
    return jax.nn.sigmoid(taus_gaus) * (high - low) + low


def _states(
    phi: Callable[[Array], Array],
    w: Array,
    rate: Array,
    drive: Array,
    x0: Array,
    noise: Array,
    shot: Array | None,
) -> tuple[Array, Array]:
    """Return x[1:] and the total currents that lead to them, both (T - 1, n, N)."""
    w_t = w.T

    def step(x: Array, inputs: tuple[Array, Array, Array | None]) -> tuple[Array, tuple[Array, Array]]:
        drive_now, noise_now, shot_now = inputs
        current = _sent(phi(x), shot_now) @ w_t + drive_now
        x = x + rate * (current - x) + noise_now
        return x, (x, current)

    _, (x, current) = jax.lax.scan(step, x0, (drive, noise, shot))
    return x, current


def _sent(rates: Array, shot: Array | None) -> Array:
    """Return what the others receive: the rates, with shot noise of a variance in proportion to them."""
    return rates if shot is None else rates + jnp.sqrt(rates) * shot


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def states(
    phi: Callable[[Array], Array],
    w: Array,
    rate: Array,
    drive: Array,
    x0: Array,
    noise: Array,
    shot: Array | None,
) -> Array:
    """Return the synaptic currents x[1:] of n trials, (T - 1, n, N).

    x[t] = x[t-1] + rate (phi(x[t-1]) W^T + drive[t-1] - x[t-1]) + noise[t-1], rate = 1 / tau.

    Parameters
    ----------
    phi : function
        The activation.
    w : array, shape (N, N)
        Effective weights.
    rate : array, shape (N,)
        1 / tau.
    drive, noise : array, shape (T - 1, n, N)
        W_in u and the noise, step by step. No gradient is taken with respect to them, nor to x0.
    x0 : array, shape (n, N)
    shot : array, shape (T - 1, n, N), or None
        Noise of what is sent: r + sqrt(r) shot is received. Its amplitude is taken as given in the gradient
        with respect to x (its derivative grows without limit for small rates), not in that of the weights.
    """
    return _states(phi, w, rate, drive, x0, noise, shot)[0]


def _forward(
    phi: Callable[[Array], Array],
    w: Array,
    rate: Array,
    drive: Array,
    x0: Array,
    noise: Array,
    shot: Array | None,
) -> tuple[Array, tuple[Any, ...]]:
    x, current = _states(phi, w, rate, drive, x0, noise, shot)
    return x, (w, rate, x, current, x0, shot)


def _backward(phi: Callable[[Array], Array], saved: tuple[Any, ...], gradient: Array) -> tuple[Any, ...]:
    w, rate, x, current, x0, shot = saved
    before = jnp.concatenate([x0[None], x[:-1]])
    rates, slopes = jax.jvp(phi, (before,), (jnp.ones_like(before),))

    def step(later: Array, inputs: tuple[Array, Array]) -> tuple[Array, Array]:
        gradient_now, slope = inputs
        total = gradient_now + later
        return total * (1 - rate) + slope * ((total * rate) @ w), total

    _, total = jax.lax.scan(step, jnp.zeros_like(x0), (gradient, slopes), reverse=True)
    n_units = w.shape[0]
    d_w = (total * rate).reshape(-1, n_units).T @ _sent(rates, shot).reshape(-1, n_units)
    d_rate = jnp.sum(total * (current - before), axis=(0, 1))
    return d_w, d_rate, None, None, None, None


states.defvjp(_forward, _backward)


def run(
    weights: Weights,
    fixed: FrozenWeights,
    inputs: Array,
    x0: Array,
    noise: Array,
    shot: Array | None = None,
    *,
    activation: str,
    dale: bool,
    limits: tuple[float, ...],
) -> tuple[Array, Array]:
    """Return outputs (n, n_outputs, T) and rates (T, n, N) for inputs (n, n_inputs, T).

    Parameters
    ----------
    x0 : array, shape (n, N)
        The first synaptic currents.
    noise : array, shape (T - 1, n, N)
        Added in every step.
    shot : array, shape (T - 1, n, N), optional
        Noise of what the units send, in proportion to the root of their rates.
    activation, dale, limits
        Of the model; `limits` is tau in steps, one number or two.
    """
    phi = ACTIVATIONS[activation]
    drive = jnp.einsum("nct,kc->tnk", inputs[:, :, :-1], fixed.w_in)
    w = effective_weights(weights.w, fixed, dale)
    x = states(phi, w, 1 / decay_steps(weights.taus_gaus, limits), drive, x0, noise, shot)
    rates = phi(jnp.concatenate([x0[None], x]))
    return jnp.einsum("tnk,ok->not", rates, weights.w_out) + weights.b_out, rates

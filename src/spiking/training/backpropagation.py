"""The rate model in JAX, with its gradient through time.

The forward pass equals `RateModel.run`, which is in NumPy. The backward pass is written explicitly: the
gradient of the weights is then one matrix product over all steps instead of an outer product per step. An
update takes three quarters of the time for one trial, and half of it for larger batches.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from spiking.neuron.f_i_table import fi_table
from spiking.training.options import Lif, Named

Array = jax.Array

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": jax.nn.sigmoid,
    "softplus": lambda x: jnp.clip(jax.nn.softplus(x), 0, 20),
    "clipped_relu": lambda x: jnp.clip(x, 0, 20),
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "retanh": lambda x: jnp.maximum(jnp.tanh(x), 0),
    "elu": jax.nn.elu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
}
_WITH_PARAMETERS: dict[str, Callable[..., Array]] = {
    "softplus": lambda x, maximum: jnp.clip(jax.nn.softplus(x), 0, maximum),
    "relu": lambda x, maximum: jnp.clip(x, 0, maximum),
    "clipped_relu": lambda x, maximum: jnp.clip(x, 0, maximum),
    "elu": jax.nn.elu,
}


@lru_cache(maxsize=16)
def named(activation: Named) -> Callable[[Array], Array]:
    """Return an activation of a model, with its parameters."""
    if not activation.parameters:
        return ACTIVATIONS[activation.name]
    return partial(_WITH_PARAMETERS[activation.name], **dict(activation.parameters))


@lru_cache(maxsize=16)
def lif(curve: Lif) -> Callable[[Array], Array]:
    """Return the f-I curve as an activation: a table of rates, and one of slopes for a smooth gradient."""
    table = fi_table(curve.params)
    rate = (table.rate / curve.factor).astype(np.float32)
    slope = (table.slope * (curve.gain / curve.factor)).astype(np.float32)

    def interpolated(values: np.ndarray[Any, np.dtype[np.float32]], x: Array) -> Array:
        place = (curve.gain * x + (curve.offset - table.low)) / table.spacing
        place = jnp.clip(place, 0, values.size - 1)
        below = jnp.minimum(place.astype(jnp.int32), values.size - 2)
        share = place - below
        numbers = jnp.asarray(values)
        return numbers[below] * (1 - share) + numbers[below + 1] * share

    @jax.custom_jvp
    def phi(x: Array) -> Array:
        return interpolated(rate, x)

    @phi.defjvp
    def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        return phi(primals[0]), interpolated(slope, primals[0]) * tangents[0]

    return phi


def transfer(activation: str | Lif | Named) -> Callable[[Array], Array]:
    """Return the transfer function; the same one every time, as compiled functions are known by it."""
    if isinstance(activation, str):
        return ACTIVATIONS[activation]
    return lif(activation) if isinstance(activation, Lif) else named(activation)


class TrainedWeights(NamedTuple):
    """The trained parameters, with the names of the model file (`taus_gaus` flat)."""

    w: Array  # (N, N)
    w_out: Array  # (n_outputs, N)
    b_out: Array  # (), or (n_outputs, 1) where outputs have different ones
    taus_gaus: Array  # (N,)


class FrozenWeights(NamedTuple):
    """The parameters that are not trained."""

    w_in: Array  # (N, n_inputs)
    signs: Array  # (N,): the diagonal of m
    som_m: Array  # (N, N)
    bias: Array | None = None  # (N,)
    initial: Array | None = None  # (N,): the first synaptic currents


def effective_weights(w: Array, fixed: FrozenWeights, dale: bool) -> Array:
    """Return W = (relu(w) @ m) * som_m under Dale's law, w @ m * som_m without it."""
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
    """Return x[1:] and the total currents before each of them, both (T - 1, n, N)."""
    w_t = w.T

    def step(x: Array, inputs: tuple[Array, Array, Array | None]) -> tuple[Array, tuple[Array, Array]]:
        drive_now, noise_now, shot_now = inputs
        current = _sent(phi(x), shot_now) @ w_t + drive_now
        x = x + rate * (current - x) + noise_now
        return x, (x, current)

    _, (x, current) = jax.lax.scan(step, x0, (drive, noise, shot))
    return x, current


def _sent(rates: Array, shot: Array | None) -> Array:
    """Return the rates as other units receive them: with shot noise, its variance proportional to them."""
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
        W_in u and the noise of each step. No gradient is taken with respect to them or x0.
    x0 : array, shape (n, N)
    shot : array, shape (T - 1, n, N), or None
        Shot noise: other units receive r + sqrt(r) shot. The gradient with respect to x treats its amplitude
        as constant (its derivative is unbounded for small rates); the gradient of the weights does not.
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
    weights: TrainedWeights,
    fixed: FrozenWeights,
    inputs: Array,
    x0: Array,
    noise: Array,
    shot: Array | None = None,
    *,
    activation: str | Lif | Named,
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
        Shot noise, multiplied by the square root of the sender's rate.
    activation, dale, limits
        Those of the model; `limits` is tau in steps, one number or two.
    """
    phi = transfer(activation)
    drive = jnp.einsum("nct,kc->tnk", inputs[:, :, :-1], fixed.w_in)
    if fixed.bias is not None:
        drive = drive + fixed.bias
    w = effective_weights(weights.w, fixed, dale)
    x = states(phi, w, 1 / decay_steps(weights.taus_gaus, limits), drive, x0, noise, shot)
    rates = phi(jnp.concatenate([x0[None], x]))
    return jnp.einsum("tnk,ok->not", rates, weights.w_out) + weights.b_out, rates

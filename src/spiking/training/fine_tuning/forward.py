"""The spiking network in JAX: the equations of the kernel, with surrogate gradients of its spikes.

The forward pass is that of `spiking.simulation.step_by_step`. The derivative of a spike with respect to the
voltage, which is zero or infinite, is replaced by that of a fast sigmoid, (1 + |v - threshold| / width)^-2
(Zenke & Ganguli 2018, Neural Comput 30:1514; Neftci, Mostafa & Zenke 2019, IEEE Signal Process Mag 36:51).
It is multiplied by step / (2 tau_membrane): a voltage near the threshold raises the probability of a spike in
each step, and more steps must not mean more spikes. Otherwise gradients grow without bound over a trial. No
gradient passes through the reset and the refractory period.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from spiking.network.initial_state import first_column, initial_synapses
from spiking.network.network import SpikingNetwork
from spiking.neuron.equations import NEURONS
from spiking.timing import STEPS_PER_COLUMN, TIME_STEP_S

Array = Any  # of JAX or NumPy

_WIDTH = 1.0  # of the surrogate in mV
_HEIGHT = 0.5  # of the surrogate in 1/mV, for a step as long as the membrane's time constant
_BARRIER = 0.5825971579390106  # -zeta(1/2) / sqrt(2 pi)


class Trained(NamedTuple):
    """What is trained."""

    weights: Array  # (N, N)
    w_in: Array  # (N, n_inputs)
    readout: Array  # (n_outputs, N)
    offset: Array  # (N,)


class Constants(NamedTuple):
    """The numbers of the equations, in s and mV."""

    decay: Array  # (N,): of the synaptic current in a step
    fade: Array  # of h in a step
    jump: Array  # (N,): of the synaptic state per weight
    dt: Array
    gain: Array  # dt / tau_membrane
    refractory: Array
    noise: Array  # standard deviation in a step
    bias: Array
    threshold: Array
    reset: Array
    alive: Array  # (N,): 0 for lesioned units
    readout_bias: Array  # (n_outputs,)
    initial_rates: Array  # (N,)
    initial_currents: Array  # (N,): of the synapses and the inputs; not used if they follow from the rates
    rise: Array  # (N,): of a rise variable at the start per synaptic state
    height: Array  # of the surrogate


@dataclass(frozen=True)
class Structure:
    """What is compiled into the code."""

    neuron: str
    double: bool  # the double-exponential synapse
    steps_per_column: int
    currents_given: bool  # at the start


def trained(network: SpikingNetwork) -> Trained:
    """Return the parts of a network that are trained, in double precision."""
    return Trained(network.dense_weights, network.w_in, network.readout, network.offset)


def split(network: SpikingNetwork, *, downsample: int, kernel_downsample: int) -> tuple[Constants, Structure]:
    """Return the constants of a network at a time step.

    Parameters
    ----------
    downsample : int
        Time step in units of 0.05 ms; divides 100.
    kernel_downsample : int
        Time step of the simulations that the forward pass stands for. If `downsample` is larger, the
        constants are changed such that the network behaves as in these simulations. The leaky membrane has
        the same decay and the same variance. The threshold is lower by 0.5826 times the difference of the
        standard deviations of the steps' noise, because a voltage that is looked at less often is seen above
        threshold less often (Broadie, Glasserman & Kou 1997, Math Finance 7:325). Postsynaptic currents have
        the same area. The published neuron then fires at the same rate within 0.5 % with steps of 0.5 ms,
        and within 2 % with 1 ms.
    """
    p, dt, kernel_dt = network.params, TIME_STEP_S * downsample, TIME_STEP_S * kernel_downsample
    c = network.constants
    td, tr = network.tau_decay / 1000, c.tau_rise / 1000
    double = p.synapse == "double_exponential"
    rise = tr if double else None
    same_area = _area(kernel_dt, td, rise) / _area(dt, td, rise)
    fine = c.noise * p.noise_scale(1000 * kernel_dt)
    gain, noise = kernel_dt / (c.tau_membrane / 1000), fine
    if downsample != kernel_downsample:
        left = np.maximum(1 - gain, 0.0)  # of the voltage after a step of the simulation
        steps = downsample / kernel_downsample
        gain = 1 - left**steps
        noise = fine * np.sqrt((1 - left ** (2 * steps)) / (1 - left**2))
    start = initial_synapses(network, np.zeros(network.n_inputs))
    constants = Constants(
        decay=np.exp(-dt / td),
        fade=np.exp(-dt / tr),
        jump=same_area * (1 / (tr * td) if double else 1 / td),
        dt=dt,
        gain=gain,
        refractory=c.refractory / 1000,
        noise=noise,
        bias=c.bias,
        threshold=c.threshold - _BARRIER * (noise - fine),
        reset=c.reset,
        alive=np.isin(np.arange(network.n_neurons), network.lesioned, invert=True).astype(float),
        readout_bias=network.readout_bias,
        initial_rates=start.rates,
        initial_currents=start.currents,
        rise=1 / td if double else np.zeros(network.n_neurons),
        height=_HEIGHT * dt / (c.tau_membrane / 1000),
    )
    given = network.initial_currents is not None
    return constants, Structure(p.neuron, double, STEPS_PER_COLUMN // downsample, given)


def _area(dt: float, td: Array, tr: float | Array | None) -> Array:
    """Return the area of a postsynaptic current that is computed in steps of `dt`; 1 if these are short."""
    area = (dt / td) / -np.expm1(-dt / td)
    return area if tr is None else area * (dt / tr) / -np.expm1(-dt / tr)


@jax.custom_jvp
def spike(voltage: Array, threshold: Array, height: Array) -> Array:
    """Return 1 where the voltage is at threshold and 0 elsewhere, with the surrogate as derivative."""
    return (voltage >= threshold).astype(voltage.dtype)


@spike.defjvp
def _(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    voltage, threshold, height = primals
    slope = height / (1 + jnp.abs(voltage - threshold) / _WIDTH) ** 2
    return spike(*primals), slope * tangents[0]


def run(
    network: Trained,
    constants: Constants,
    inputs: Array,
    start: Array,
    noise: Array,
    *,
    structure: Structure,
    spikes: bool = False,
) -> tuple[Array, Array, Array | None]:
    """Return outputs, filtered rates and, if asked for, spikes.

    The states inside a column are computed again for the gradient, so that they need not all be in memory.

    Parameters
    ----------
    inputs : array, shape (n, n_inputs, columns + 1)
        In columns of 5 ms.
    start : array, shape (n, N)
        Initial voltages in mV.
    noise : array, shape (columns, steps per column, n, N), or of keys, shape (columns,)
        Standard normals of each step, or the keys from which they are drawn.

    Returns
    -------
    outputs : array, shape (columns, n, n_outputs)
        At the end of each column.
    rates : array, shape (columns, n, N)
        Filtered spikes in Hz at the end of each column.
    spikes : array of bool, shape (columns, steps per column, n, N), or None
    """
    c, size, dtype = constants, structure.steps_per_column, start.dtype
    slope = NEURONS[structure.neuron].slope
    columns = inputs.shape[-1] - 1
    drive = jnp.einsum("nct,kc->tnk", inputs, network.w_in)
    steps = np.arange(1, columns * size + 1)
    late = (steps / size + 0.5).astype(int).reshape(columns, size) > np.arange(columns)[:, np.newaxis]
    times = jnp.asarray((c.dt * steps).reshape(columns, size), dtype)
    constant, w_t = c.bias + network.offset, network.weights.T

    @jax.checkpoint
    def column(state: tuple[Array, ...], now: tuple[Array, ...]) -> tuple[tuple[Array, ...], Any]:
        before, after, given = now[0] + constant, now[1] + constant, now[4]
        shape = (size, *state[0].shape)
        normals = given if given.ndim == len(shape) else jax.random.normal(given, shape, dtype)
        return jax.lax.scan(partial(one_step, before, after), state, (now[2], now[3], normals))

    def one_step(
        before: Array, after: Array, state: tuple[Array, ...], now: tuple[Array, ...]
    ) -> tuple[tuple[Array, ...], Array | None]:
        v, ipsc, h, r, hr, last = state
        time, is_late, normal = now
        current = ipsc + jnp.where(is_late, after, before)
        free = (time > last + c.refractory).astype(dtype)
        v = v + c.gain * (free * slope(v, current, None, None)) + c.noise * normal
        s = spike(v, c.threshold, c.height) * c.alive
        fired = jax.lax.stop_gradient(s) > 0
        if structure.double:
            ipsc, h = ipsc * c.decay + h * c.dt, h * c.fade + (s @ w_t) * c.jump
            r, hr = r * c.decay + hr * c.dt, hr * c.fade + s * c.jump
        else:
            ipsc, r = ipsc * c.decay + (s @ w_t) * c.jump, r * c.decay + s * c.jump
        last = jnp.where(fired, last + (time - last), last)
        return (jnp.where(fired, c.reset, v), ipsc, h, r, hr, last), fired if spikes else None

    def sampled(state: tuple[Array, ...], now: tuple[Array, ...]) -> tuple[tuple[Array, ...], Any]:
        state, fired = column(state, now)
        return state, (state[3], fired)

    r = jnp.broadcast_to(c.initial_rates, start.shape)
    ipsc = c.initial_currents - drive[first_column(size)] if structure.currents_given else r @ w_t
    state = (start, ipsc, ipsc * c.rise, r, r * c.rise, jnp.zeros_like(start))
    _, (rates, fired) = jax.lax.scan(sampled, state, (drive[:-1], drive[1:], times, jnp.asarray(late), noise))
    return rates @ network.readout.T + c.readout_bias, rates, fired

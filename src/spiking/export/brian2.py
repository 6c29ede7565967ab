"""Export a spiking network as a Brian2 network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import checked_inputs
from spiking.errors import ArgumentError
from spiking.network.constants import AdaptationConstants
from spiking.network.initial_state import initial_synapses, initial_voltages
from spiking.network.network import SpikingNetwork
from spiking.network.open import AnyNetwork, spiking_network
from spiking.network.synapses.delays import delay_steps
from spiking.network.synapses.plasticity import ShortTermPlasticity, kinds
from spiking.neuron.equations import NEURONS
from spiking.optional import library
from spiking.simulation.random_numbers import RandomDraws
from spiking.timing import STEPS_PER_COLUMN, TIME_STEP_S

_VARIABLES = """
v : volt
bias : volt (constant)
t_last : second
ipsc : volt
h : volt/second
r : Hz
hr : Hz/second
current : volt
decay : 1 (constant)
tau_decay : second (constant)
tau_membrane : second ({kind})
tau_rise : second ({kind})
fade : 1 ({kind})
tau_refractory : second ({kind})
v_reset : volt ({kind})
threshold_voltage : volt ({kind})
noise : volt ({kind})
sharpness : volt ({kind})
soft_threshold : volt ({kind})
adapted : volt
acting_threshold : volt
adaptation_jump : volt ({kind})
adaptation_fade : 1 ({kind})
"""

# One step, in the order of `spiking.simulation.reference`; `now` is the end of Brian2's step. Brian2
# rearranges sums within a statement, which could change the end of the refractory period by a step;
# `elapsed` prevents it.
_MEMBRANE = """
now = dt*(t_in_timesteps + 1)
total = ipsc + bias + drive(t + 51*dt, i) + current{adapted}
acting_threshold = threshold_voltage{raised}
adapted = adapted*adaptation_fade
slope = ({slope})/tau_membrane
release = t_last + tau_refractory
v = v + dt*(int(now > release)*slope) + noise*{normal}
"""
_DOUBLE_EXPONENTIAL = """
ipsc = ipsc*decay + h*dt
h = h*fade
r = r*decay + hr*dt
hr = hr*fade
"""
_SINGLE_EXPONENTIAL = """
ipsc = ipsc*decay
r = r*decay
"""
_RESET = """
v = v_reset
now = dt*(t_in_timesteps + 1)
elapsed = now - t_last
t_last = t_last + elapsed
adapted += adaptation_jump
{spike}
"""


@check_arguments()
def to_brian2(
    network: AnyNetwork,
    inputs: ArrayLike,
    *,
    draws: RandomDraws | None = None,
    downsample: int = 1,
) -> Any:
    """Return the network as a Brian2 network, ready to run one trial and to be extended.

    Its objects, by name: ``neurons`` (a NeuronGroup with voltage `v`, recurrent current `ipsc`, filtered rate
    `r`, adaptation `adapted`, and `current`, an additional current in volts that is 0 and that you may set),
    ``recurrent`` (Synapses; those with short-term plasticity are ``recurrent_plastic_0`` and so on),
    ``readout`` (a NeuronGroup whose `out` is the output) and ``readout_weights`` (Synapses that compute the
    output at the end of each step). Add monitors and other objects, then run it for
    ``(columns - 1) 5 ms``. To record values after a step, as `simulate` does, use ``when="end"``.

    Brian2's step k is step k + 1 of this package. With its target ``numpy`` the arithmetic is that of
    `simulate`. Its compiled code uses ``-ffast-math`` by default; after about one spike in 2,500 the
    refractory period then ends one step earlier or later.

    Parameters
    ----------
    network : SpikingNetwork, RateModel, path, str or mapping
        A rate model is converted as its file records (`SpikingNetwork.from_rate`). A path is that of a model
        file or of a network file; a name is that of a model that comes with the package.
    inputs : array, shape (n_inputs, columns)
        Inputs of one trial, as in `simulate`.
    draws : RandomDraws, optional
        Initial voltages and noise to use; by default Brian2 draws its own (``brian2.seed``).
    downsample : int
        As in `simulate`.

    Returns
    -------
    brian2.Network

    Raises
    ------
    ArgumentError
        The inputs or draws do not fit the network.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, export, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> inputs = tasks.get("go-nogo").trials(1, seed=1).spiking_inputs[0]
    >>> twin = export.to_brian2(network, inputs)
    >>> len(twin["neurons"])
    200
    """
    brian2 = library("brian2", "brian2", "to_brian2")
    from brian2.units import mV, second

    network = spiking_network(network)
    u = checked_inputs(inputs, network.n_inputs, downsample)
    if u.ndim != 2:
        raise ArgumentError(f"inputs has shape {u.shape}; expected one trial, ({network.n_inputs}, columns)")
    p, c, n = network.params, network.constants, network.n_neurons
    n_steps = STEPS_PER_COLUMN * (u.shape[1] - 1)
    step = TIME_STEP_S * downsample
    if draws is not None and (np.shape(draws.v0), np.shape(draws.noise)) != ((n,), (n_steps, n)):
        raise ArgumentError(
            f"draws has v0 of shape {np.shape(draws.v0)} and noise of shape {np.shape(draws.noise)}; "
            f"expected ({n},) and ({n_steps}, {n})"
        )
    dt = step * second
    namespace: dict[str, Any] = {
        "drive": brian2.TimedArray((network.w_in @ u).T * mV, dt=STEPS_PER_COLUMN * dt),
    }
    if draws is not None:
        namespace["draws"] = brian2.TimedArray(draws.noise, dt=dt)
    single = p.synapse == "single_exponential"
    adaptation = network.adaptation or AdaptationConstants(0.0, 100.0)
    on_threshold = p.adaptation is not None and p.adaptation.acts_on == "threshold"
    normal = "randn()" if draws is None else "draws(t, i)"
    neurons = brian2.NeuronGroup(
        n,
        _VARIABLES.format(kind="constant" if any(map(np.ndim, (*c, *adaptation))) else "shared, constant"),
        threshold="v >= acting_threshold",
        reset=_RESET.format(spike="r += 1/tau_decay" if single else "hr += 1/(tau_rise*tau_decay)"),
        namespace=namespace,
        dt=dt,
        name="neurons",
    )
    neurons.run_regularly(
        _MEMBRANE.format(
            slope=NEURONS[p.neuron].brian2,
            normal=normal,
            adapted="" if on_threshold else " - adapted",
            raised=" + adapted" if on_threshold else "",
        )
        + (_SINGLE_EXPONENTIAL if single else _DOUBLE_EXPONENTIAL),
        when="groups",
        name="neurons_step",
    )
    neurons.tau_membrane, neurons.tau_rise = c.tau_membrane / 1000 * second, c.tau_rise / 1000 * second
    neurons.fade, neurons.tau_refractory = np.exp(-step / (c.tau_rise / 1000)), c.refractory / 1000 * second
    neurons.v_reset, neurons.threshold_voltage = c.reset * mV, c.threshold * mV
    neurons.sharpness, neurons.soft_threshold = c.sharpness * mV, c.soft_threshold * mV
    neurons.adaptation_jump, neurons.adaptation_fade = (
        adaptation.jump * mV,
        np.exp(-step / (adaptation.tau / 1000)),
    )
    neurons.noise = c.noise * p.noise_scale(1000 * step) * mV
    neurons.tau_decay = network.tau_decay / 1000 * second
    neurons.decay = np.exp(-step / (network.tau_decay / 1000))
    neurons.bias = (c.bias + network.offset) * mV
    uniforms = np.random.rand(n) if draws is None else np.asarray(draws.v0)  # brian2.seed seeds it
    voltage = initial_voltages(network, uniforms)
    voltage[list(network.lesioned)] = np.nan  # stays NaN, so lesioned neurons never reach the threshold
    neurons.v = voltage * mV
    start = initial_synapses(network, u[:, 0])
    neurons.ipsc, neurons.h = start.currents * mV, start.currents_rise * mV / second
    neurons.r, neurons.hr = start.rates / second, start.rates_rise / second**2
    objects = [neurons, *_recurrent(network, neurons, dt), *_readout(network, neurons, dt)]
    return brian2.Network(objects)


def _recurrent(network: SpikingNetwork, neurons: Any, dt: Any) -> tuple[Any, ...]:
    import brian2
    from brian2.units import mV, second
    from scipy.sparse import coo_array

    single = network.params.synapse == "single_exponential"
    weights = coo_array(network.weights)
    (post, pre), jump = weights.coords, weights.data / (network.tau_decay[weights.coords[0]] / 1000)
    if not pre.size:
        return ()
    n, unit = network.n_neurons, mV if single else mV / second
    if not single:
        jump = jump / (np.broadcast_to(network.constants.tau_rise, n)[post] / 1000)
    steps = np.broadcast_to(delay_steps(network.delays, float(dt / second) * 1000), (n, n))[post, pre]
    which, made = kinds(network.plasticity, n, post, pre), []
    for k in np.unique(which):
        own, plastic = which == k, network.plasticity[k].plasticity if k >= 0 else None
        equations, on_pre, namespace = ("", "{} += w", {}) if plastic is None else _plastic(plastic)
        synapses = brian2.Synapses(
            neurons,
            neurons,
            ("w : volt\n" if single else "w : volt/second\n") + equations,
            on_pre=on_pre.format("ipsc_post" if single else "h_post"),
            namespace=namespace,
            dt=dt,
            name="recurrent" if k < 0 else f"recurrent_plastic_{k}",
        )
        synapses.connect(i=pre[own], j=post[own])
        synapses.w = jump[own] * unit
        if plastic is not None:
            synapses.x = 1
        if steps.any():
            synapses.delay = steps[own] * dt
        made.append(synapses)
    return tuple(made)


def _plastic(plasticity: ShortTermPlasticity) -> tuple[str, str, dict[str, Any]]:
    """Return equations, what a spike does, and constants of plastic synapses."""
    from brian2.units import ms

    recovery, facilitation = plasticity.recovery, plasticity.facilitation
    equations = "dx/dt = (1 - x)/recovery : 1 (event-driven)\n" if recovery else "x : 1\n"
    equations += "du/dt = -u/facilitation : 1 (event-driven)\n" if facilitation else "u : 1\n"
    on_pre = [] if facilitation else ["u = 0"]
    on_pre += ["u += utilisation*(1 - u)", "{} += w*u*x/utilisation"]
    on_pre += ["x -= u*x"] if recovery else []
    constants = {"recovery": recovery * ms, "facilitation": facilitation * ms}
    return equations, "\n".join(on_pre), {**constants, "utilisation": plasticity.utilisation}


def _readout(network: SpikingNetwork, neurons: Any, dt: Any) -> tuple[Any, ...]:
    import brian2

    variables = "spikes : 1\nbias : 1 (constant)\nout = spikes + bias : 1"
    readout = brian2.NeuronGroup(network.n_outputs, variables, dt=dt, name="readout")
    readout.bias = network.readout_bias
    weights = brian2.Synapses(
        neurons, readout, "w : 1\nspikes_post = w*r_pre*second : 1 (summed)", dt=dt, name="readout_weights"
    )
    post, pre = np.nonzero(network.readout)
    weights.connect(i=pre, j=post)
    weights.w = network.readout[post, pre]
    weights.summed_updaters["spikes_post"].when = "after_resets"
    return readout, weights

"""The specification of a trial: step by step in plain NumPy.

It is slow and easy to read. It reproduces the golden traces of the original function. With the same random
numbers the compiled kernel must give the same spikes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import checked_inputs, checked_interval, not_negative
from spiking.errors import ArgumentError
from spiking.network.initial_state import first_column, initial_synapses, initial_voltages
from spiking.network.network import SpikingNetwork
from spiking.network.open import AnyNetwork, spiking_network
from spiking.network.synapses.delays import delay_steps
from spiking.network.synapses.plasticity import kinds
from spiking.neuron.equations import NEURONS
from spiking.short_repr import short_repr
from spiking.simulation.random_numbers import RandomDraws, check_draw
from spiking.simulation.resolved_stimulation import AnyStimulation, resolve_stimulation
from spiking.timing import STEPS_PER_COLUMN, TIME_STEP_S
from spiking.typing import Floats


@dataclass(frozen=True, eq=False)
class Traces:
    """Everything that a trial computes, at each simulation step.

    Attributes
    ----------
    voltage : array (n_steps, N)
        In mV.
    spikes : array of bool (n_steps, N)
    currents : array (n_steps, N)
        Recurrent synaptic currents in mV.
    rates : array (n_steps, N)
        Filtered spikes, 1/s.
    output : array (n_steps, n_outputs)

    Examples
    --------
    >>> import numpy as np
    >>> from spiking import RandomDraws, SpikingNetwork, datasets
    >>> from spiking.simulation import step_by_step
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> draws = RandomDraws.from_seed(1, 0, n_neurons=200, n_steps=500)
    >>> traces = step_by_step(network, np.zeros((1, 6)), draws)
    >>> traces.voltage.shape, traces.output.shape
    ((500, 200), (500, 1))
    """

    voltage: Floats
    spikes: NDArray[np.bool_]
    currents: Floats
    rates: Floats
    output: Floats

    __repr__ = short_repr


@check_arguments(input_noise=not_negative)
def step_by_step(
    network: AnyNetwork,
    inputs: ArrayLike,
    draws: RandomDraws,
    *,
    downsample: int = 1,
    stimulation: AnyStimulation | Sequence[AnyStimulation] | None = None,
    input_noise: float = 0.0,
    input_interval: float | None = None,
) -> Traces:
    """Simulate one trial in plain NumPy, step by step: the definition of what `spiking.simulate` computes.

    Parameters
    ----------
    network : SpikingNetwork, RateModel, path, str or mapping
        A rate model is converted as its file records (`SpikingNetwork.from_rate`). A path is that of a model
        file or of a network file; a name is that of a model that comes with the package.
    inputs : array (n_inputs, columns)
        Before downsampling.
    draws : RandomDraws
        All random numbers of the trial.
    downsample : int
        Simulation step, in units of 0.05 ms.
    stimulation : Stimulation, Oscillation, Waveform or sequence of these, optional
    input_noise : float
        Standard deviation of the noise that is added to `inputs`.
    input_interval : float, optional
        Duration of a column of `inputs` in ms. By default, only every `downsample`-th column is used, and
        lasts 100 simulation steps.

    Returns
    -------
    Traces

    Raises
    ------
    ArgumentError
        An argument cannot be used, such as inputs of several trials.

    Notes
    -----
    The expression for ``t_last`` must stay as published: it differs from ``dt i`` by rounding, which decides
    the comparison with the refractory period.

    Examples
    --------
    The kernel computes the same spikes from the same random numbers:

    >>> import numpy as np
    >>> from spiking import RandomDraws, Record, SpikingNetwork, datasets, simulate
    >>> from spiking.simulation import step_by_step
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> inputs, draws = np.zeros((1, 6)), RandomDraws.from_seed(1, 0, n_neurons=200, n_steps=500)
    >>> slow = step_by_step(network, inputs, draws)
    >>> fast = simulate(network, inputs, draws=draws, record=Record(spikes=True))
    >>> np.array_equal(np.nonzero(slow.spikes)[0], fast.spikes.step)
    True
    """
    network = spiking_network(network)
    p, n = network.params, network.n_neurons
    dt, skipped, steps_per_column = TIME_STEP_S * downsample, downsample, STEPS_PER_COLUMN
    if input_interval is not None:
        skipped, steps_per_column = 1, checked_interval(input_interval, 1000 * dt)
    inputs = checked_inputs(inputs, network.n_inputs, skipped)
    if inputs.ndim != 2:
        raise ArgumentError(f"inputs has shape {inputs.shape}; expected one trial, (n_inputs, columns)")
    n_steps = steps_per_column * (inputs.shape[1] - 1)
    resolved = resolve_stimulation(stimulation, network, n_steps, 1000 * dt)
    check_draw(draws, n, n_steps, resolved, inputs.T.shape if input_noise else None)
    if input_noise and draws.input_noise is not None:
        inputs = inputs + input_noise * draws.input_noise.T
    c = network.constants
    tm, tref, tr, td = c.tau_membrane / 1000, c.refractory / 1000, c.tau_rise / 1000, network.tau_decay / 1000
    drive = network.w_in @ inputs
    sigma, equations = c.noise * p.noise_scale(1000 * dt), NEURONS[p.neuron]
    own = equations.constants(*(getattr(c, name, None) for name in equations.constants._fields))
    adaptation, on_threshold = (
        network.adaptation,
        p.adaptation is not None and p.adaptation.acts_on == "threshold",
    )
    pathways = _Pathways(network, dt, n_steps)

    voltage, spikes = np.empty((n_steps, n)), np.empty((n_steps, n), np.bool_)
    currents, rates = np.empty((n_steps, n)), np.empty((n_steps, n))
    v = initial_voltages(network, draws.v0)
    v[list(network.lesioned)] = np.nan  # stays NaN, which is never at threshold
    ipsc, h, r, hr = initial_synapses(network, inputs[:, first_column(steps_per_column)])
    t_last, w = np.zeros(n), np.zeros(n)  # w is the adaptation
    for i in range(1, n_steps + 1):
        currents[i - 1] = ipsc
        now = [
            (item, item.weights * item.amounts[i - 1 - item.first] * item.acts(coin, i - 1))
            for item, coin in zip(resolved, draws.coins(len(resolved)), strict=True)
            if item.first <= i - 1 < item.last
        ]
        total = ipsc + (c.bias + network.offset) + drive[:, int(i / steps_per_column + 0.5)]
        for item, amounts in now:
            if item.on_current:
                total[item.units] += amounts
        threshold = c.threshold + w if on_threshold else c.threshold
        slope = equations.slope(v, total if on_threshold else total - w, own, ...) / tm
        v = v + dt * ((dt * i > t_last + tref) * slope) + sigma * draws.noise[i - 1]
        for item, amounts in now:
            if not item.on_current:
                v[item.units] += amounts
        s = v >= threshold
        t_last = t_last + (dt * i - t_last) * s
        if adaptation is not None:
            w = w * np.exp(-dt / (adaptation.tau / 1000)) + adaptation.jump * s
        arriving = pathways.arriving(s, i)
        if p.synapse == "single_exponential":
            ipsc = ipsc * np.exp(-dt / td) + arriving / td
            r = r * np.exp(-dt / td) + s / td
        else:
            ipsc = ipsc * np.exp(-dt / td) + h * dt
            h = h * np.exp(-dt / tr) + arriving / (tr * td)
            r = r * np.exp(-dt / td) + hr * dt
            hr = hr * np.exp(-dt / tr) + s / (tr * td)
        voltage[i - 1], spikes[i - 1], rates[i - 1] = np.where(s, c.peak, v), s, r
        v = np.where(s, c.reset, v)
    return Traces(voltage, spikes, currents, rates, rates @ network.readout.T + network.readout_bias)


class _Pathways:
    """What arrives at each neuron, by the delays and the short-term plasticity of the connections."""

    def __init__(self, network: SpikingNetwork, dt: float, n_steps: int) -> None:
        self._network, n = network, network.n_neurons
        self._plastic = [each.plasticity for each in network.plasticity]
        self._kinds = kinds(network.plasticity, n, *np.ix_(np.arange(n), np.arange(n)))
        steps = delay_steps(network.delays, 1000 * dt)
        self._delays = np.broadcast_to(steps, (n, n)) if steps.any() else None
        self._dt, self._x, self._u = (
            1000 * dt,
            np.ones((len(self._plastic), n)),
            np.zeros((len(self._plastic), n)),
        )
        self._later = np.zeros((n_steps + int(steps.max()) + 1, n))

    def arriving(self, s: NDArray[np.bool_], i: int) -> Floats:
        """Return the weights of the spikes that arrive at step i, when the neurons `s` fire; shape (N,)."""
        weights: Any = self._network.weights
        if self._plastic or self._delays is not None:
            weights = self._network.dense_weights
        for k, each in enumerate(self._plastic):
            if each is None:
                continue
            x, u = self._x[k], self._u[k]
            x = 1 - (1 - x) * (np.exp(-self._dt / each.recovery) if each.recovery else 0.0)
            u = u * (np.exp(-self._dt / each.facilitation) if each.facilitation else 0.0)
            u = u + each.utilisation * (1 - u) * s
            transmitted = u * x / each.utilisation
            self._x[k], self._u[k] = x - u * x * s, u
            weights = np.where(self._kinds == k, self._network.dense_weights * transmitted, weights)
        if self._delays is None:
            return np.asarray(weights @ s)
        for sender in np.flatnonzero(s):
            self._later[i + self._delays[:, sender], np.arange(s.size)] += weights[:, sender]
        arriving: Floats = self._later[i]
        return arriving

"""Constants of the spiking network's neurons and synapses."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import finite_numbers, not_negative, positive_number, real_numbers, shown
from spiking.errors import ArgumentError
from spiking.neuron.equations import NEURONS, NeuronName
from spiking.short_repr import short_repr
from spiking.timing import TIME_STEP_MS
from spiking.typing import Floats


def _initial_voltage(name: str, value: object) -> str | float | tuple[float, ...]:
    expected = "'uniform', 'resting', or finite voltages in mV: one number, or one for each neuron"
    if isinstance(value, str) and value in ("uniform", "resting"):
        return value
    voltages = finite_numbers(name, value, expected)
    if voltages.ndim > 1 or isinstance(value, bool):
        raise ArgumentError(f"{name} is {shown(value)}; expected {expected}")
    return float(voltages) if voltages.ndim == 0 else tuple(voltages.tolist())


@check_arguments(
    tau_membrane=positive_number,
    tau_rise=positive_number,
    refractory=not_negative,
    noise=not_negative,
    initial_voltage=_initial_voltage,
)
@dataclass(frozen=True, kw_only=True)
class LIFParams:
    """Constants of the neurons and synapses (defaults: SI Table S1 of Kim, Li & Sejnowski 2019).

    - Leaky neuron: ``tau_membrane dv/dt = -v + I + bias``
    - Quadratic neuron: ``tau_membrane dv/dt = v^2 + I + bias``
    - Synaptic current: ``tau_decay dI/dt = -I + h``, ``tau_rise dh/dt = -h + W s`` (double exponential), or
      ``tau_decay dI/dt = -I + W s`` (single exponential)

    Parameters
    ----------
    tau_membrane : float
        Membrane time constant in ms.
    refractory : float
        Time after a spike during which the membrane does not integrate its input, in ms.
    tau_rise : float
        Rise time constant of the double-exponential synapse in ms.
    reset, threshold, bias : float
        Voltage after a spike, voltage that triggers a spike, and constant current, which is also the resting
        voltage of the leaky neuron, in mV.
    peak : float
        Voltage in mV that is recorded at a spike; uniform initial voltages are in [reset, peak).
    noise : float
        Standard deviation of the noise added to each voltage at every step, in mV; also added during the
        refractory period (as published).
    noise_scaling : {"fixed", "sqrt_dt"}
        ``"fixed"``: the noise of a step does not depend on the time step (as published), so `downsample`
        means less noise per second. ``"sqrt_dt"``: it is multiplied by ``sqrt(time step / 0.05 ms)``, so
        that the variance of a membrane without threshold stays ``noise^2 tau_membrane / (2 x 0.05 ms)``.
    initial_voltage : {"uniform", "resting"}, float or sequence of float
        ``"uniform"``: drawn from [reset, peak) for each neuron and trial (as published). ``"resting"``: the
        fixed point without noise and input, which is the bias (plus the neuron's offset) for the leaky
        neuron, and ``-sqrt(-bias)`` for the quadratic (0 where the bias is above 0). As the published bias
        equals the threshold, about half of the resting neurons then fire at once. Or the voltage in mV: one
        number, or one for each neuron.
    neuron : {"leaky", "quadratic"}
        The quadratic neuron is used with ``threshold=30, bias=0`` (Fig. S7).
    synapse : {"double_exponential", "single_exponential"}
        The single exponential has no rise time (Fig. 6B).

    Raises
    ------
    ArgumentError
        A value is not finite, a time constant is not positive, the threshold is not above the reset, or a
        choice is unknown.

    Examples
    --------
    >>> from spiking import LIFParams
    >>> params = LIFParams(refractory=5.0)  # the others as published
    >>> params.refractory, params.threshold
    (5.0, -40.0)
    """

    tau_membrane: float = 10.0
    refractory: float = 2.0
    tau_rise: float = 2.0
    reset: float = -65.0
    threshold: float = -40.0
    bias: float = -40.0
    peak: float = 30.0
    noise: float = 0.1
    noise_scaling: Literal["fixed", "sqrt_dt"] = "fixed"
    initial_voltage: str | float | tuple[float, ...] = "uniform"
    neuron: NeuronName = "leaky"
    synapse: Literal["double_exponential", "single_exponential"] = "double_exponential"

    __repr__ = short_repr

    def __post_init__(self) -> None:
        if not self.threshold > self.reset:
            raise ArgumentError(
                f"threshold is {self.threshold} mV; expected a voltage above the reset, {self.reset} mV"
            )
        if self.peak < self.reset:
            raise ArgumentError(f"peak is {self.peak} mV; expected at least the reset, {self.reset} mV")

    @check_arguments()
    def difference(self, other: LIFParams) -> str:
        """Return name and value of the constants that differ from those of `other`; empty if none does."""
        pairs = [(item.name, getattr(self, item.name), getattr(other, item.name)) for item in fields(self)]
        return ", ".join(
            f"{name} {value!r:.40}" for name, value, other_value in pairs if value != other_value
        )

    @check_arguments()
    def step_noise(self, time_step: float) -> float:
        """Return the standard deviation of a step's noise in mV, for a time step in ms."""
        if self.noise_scaling == "fixed":
            return float(self.noise)
        return float(self.noise * np.sqrt(time_step / TIME_STEP_MS))

    @check_arguments()
    def start(self, uniforms: Floats, offset: Floats) -> Floats:
        """Return initial voltages in mV, shape (N,), or that of `uniforms`.

        Parameters
        ----------
        uniforms : array, shape (..., N)
            Uniform on [0, 1), used where initial voltages are drawn.
        offset : array, shape (N,)
            Constant current of each neuron, added to the bias.
        """
        uniforms = real_numbers("uniforms", uniforms, "numbers, shape (..., N)")
        offset = real_numbers("offset", offset, "numbers, shape (N,)")
        if offset.ndim != 1 or uniforms.shape[-1:] != offset.shape:
            raise ArgumentError(
                f"uniforms has shape {uniforms.shape} and offset {offset.shape}; expected (..., N) and (N,)"
            )
        if self.initial_voltage == "uniform":
            return self.reset + (self.peak - self.reset) * uniforms
        if self.initial_voltage == "resting":
            current = self.bias + offset
            return np.asarray(NEURONS[self.neuron].rest(current))
        return np.broadcast_to(np.array(self.initial_voltage, np.float64), offset.shape).copy()

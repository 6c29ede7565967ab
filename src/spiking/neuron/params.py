"""Constants of the spiking network's neurons and synapses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import finite_number, finite_numbers, not_negative, positive_number, shown
from spiking.errors import ArgumentError, warn
from spiking.neuron.adaptation import Adaptation, adaptation
from spiking.neuron.constant import Constant, Constants, as_json, constant, constant_words, from_json
from spiking.neuron.equations import NeuronName
from spiking.short_repr import short_repr
from spiking.timing import TIME_STEP_MS

_LONGEST_MS = 500.0  # of a time constant or refractory period that is not questioned


def _initial_voltage(name: str, value: object) -> str | float | tuple[float, ...]:
    expected = "'uniform', 'resting', or finite voltages in mV: one number, or one for each neuron"
    if isinstance(value, str) and value in ("uniform", "resting"):
        return value
    voltages = finite_numbers(name, value, expected)
    if voltages.ndim > 1 or isinstance(value, bool):
        raise ArgumentError(f"{name} is {shown(value)}; expected {expected}")
    return float(voltages) if voltages.ndim == 0 else tuple(voltages.tolist())


def _question_unit(name: str, value: object) -> None:
    """Warn of a time in ms that no neuron has: below a step, as one in seconds, or longer than trials."""
    if not isinstance(value, float):
        return
    if 0 < value < TIME_STEP_MS:
        warn(
            f"{name} is {value:g} ms, less than a time step of {TIME_STEP_MS:g} ms; if this is in seconds, "
            f"expected {1000 * value:g}"
        )
    elif value > _LONGEST_MS:
        warn(f"{name} is {value:g} ms, as long as a trial; neurons have some ms to some tens of ms")


@check_arguments(
    tau_membrane=constant(positive_number),
    tau_rise=constant(positive_number),
    refractory=constant(not_negative),
    reset=constant(finite_number),
    threshold=constant(finite_number),
    bias=constant(finite_number),
    peak=constant(finite_number),
    noise=constant(not_negative),
    sharpness=constant(positive_number),
    soft_threshold=constant(finite_number),
    initial_voltage=_initial_voltage,
    adaptation=adaptation,
)
@dataclass(frozen=True, kw_only=True)
class LIFParams:
    """Constants of the neurons and synapses (defaults: SI Table S1 of Kim, Li & Sejnowski 2019).

    - Leaky neuron: ``tau_membrane dv/dt = -v + I + bias``
    - Quadratic neuron: ``tau_membrane dv/dt = v^2 + I + bias``
    - Exponential neuron (Fourcaud-Trocme et al., J. Neurosci. 23:11628, 2003): ``tau_membrane dv/dt = -v +
      I + bias + sharpness exp((v - soft_threshold)/sharpness)``
    - Synaptic current: ``tau_decay dI/dt = -I + h``, ``tau_rise dh/dt = -h + W s`` (double exponential), or
      ``tau_decay dI/dt = -I + W s`` (single exponential)

    Those from `tau_membrane` to `soft_threshold` are each one number for all neurons, or one for each
    neuron (a sequence), or a `~spiking.neuron.Distribution`, or a mapping of populations to numbers or
    distributions, such as ``{"exc": -40.0, "inh": Distribution(-42.0, 1.0)}``. Where a
    neuron is in two of the populations, the later counts; neurons in none have the default.

    Parameters
    ----------
    tau_membrane : float
        Membrane time constant in ms.
    refractory : float
        Time after a spike during which the membrane does not integrate its input, in ms.
    tau_rise : float
        Rise time constant of the double-exponential synapse in ms; of the synapses onto a neuron, and of its
        filtered spikes, as `SpikingNetwork.tau_decay`.
    reset, threshold, bias : float
        Voltage after a spike, voltage that triggers a spike, and constant current, which is also the resting
        voltage of the leaky neuron, in mV.
    peak : float
        Voltage in mV that is recorded at a spike; uniform initial voltages are in [reset, peak).
    noise : float
        Standard deviation of the noise added to each voltage at every step, in mV; also added during the
        refractory period (as published).
    sharpness, soft_threshold : float
        Of the exponential neuron, in mV: how gradually a spike starts, and the voltage at which the membrane
        starts it. Its rheobase is ``soft_threshold - sharpness``, by default that of the leaky neuron.
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
    neuron : {"leaky", "quadratic", "exponential"}
        The quadratic neuron is used with ``threshold=30, bias=0`` (Fig. S7), the exponential one with
        ``threshold=30``: there the threshold is the voltage at which a spike that has started is counted.
    synapse : {"double_exponential", "single_exponential"}
        The single exponential has no rise time (Fig. 6B).
    adaptation : Adaptation, optional
        What each spike does to the next one; None: nothing, as published.

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

    tau_membrane: Constant = 10.0
    refractory: Constant = 2.0
    tau_rise: Constant = 2.0
    reset: Constant = -65.0
    threshold: Constant = -40.0
    bias: Constant = -40.0
    peak: Constant = 30.0
    noise: Constant = 0.1
    sharpness: Constant = 2.0
    soft_threshold: Constant = -38.0
    noise_scaling: Literal["fixed", "sqrt_dt"] = "fixed"
    initial_voltage: str | float | tuple[float, ...] = "uniform"
    neuron: NeuronName = "leaky"
    synapse: Literal["double_exponential", "single_exponential"] = "double_exponential"
    adaptation: Adaptation | None = None

    __repr__ = short_repr

    def __post_init__(self) -> None:
        check_voltages(self.reset, self.threshold, self.peak)
        for name in ("tau_membrane", "refractory", "tau_rise"):
            _question_unit(name, getattr(self, name))

    def of_one_neuron(self) -> Constants[float]:
        """Return the constants of all neurons; raise ArgumentError if one of them differs between neurons."""
        values = {name: getattr(self, name) for name in Constants._fields}
        if self.adaptation is not None:
            raise ArgumentError(
                f"adaptation is {self.adaptation.words()}; expected None, because the rate of a neuron that "
                f"adapts is no function of its current: convert without it, and change the network "
                f"afterwards: network.with_params(adaptation=...)"
            )
        for name, value in values.items():
            if not isinstance(value, float):
                raise ArgumentError(
                    f"{name} is {constant_words(value)}; expected one number, because an f-I curve is "
                    f"that of one neuron: convert with the same constants for all neurons, and change "
                    f"the network afterwards: network.with_params({name}=...)"
                )
        return Constants(**values)

    @check_arguments()
    def difference(self, other: LIFParams) -> str:
        """Return name and value of the constants that differ from those of `other`; empty if none does."""
        pairs = [(item.name, getattr(self, item.name), getattr(other, item.name)) for item in fields(self)]
        return ", ".join(
            f"{name} {constant_words(value)}" for name, value, other_value in pairs if value != other_value
        )

    @check_arguments()
    def noise_scale(self, time_step: float) -> float:
        """Return what `noise` is multiplied by to give the noise of a step, for a time step in ms."""
        return 1.0 if self.noise_scaling == "fixed" else float(np.sqrt(time_step / TIME_STEP_MS))

    def as_json(self) -> dict[str, Any]:
        """Return the constants as JSON holds them."""
        values = {item.name: as_json(getattr(self, item.name)) for item in fields(self)}
        return {**values, "adaptation": None if self.adaptation is None else self.adaptation.as_json()}

    @classmethod
    @check_arguments()
    def from_json(cls, values: Mapping[str, Any]) -> LIFParams:
        """Return the constants from the result of `as_json`; raises ArgumentError for other values."""
        try:
            return cls(**{name: from_json(value) for name, value in values.items()})
        except TypeError as error:
            raise ArgumentError(
                f"values cannot be used ({error}); expected what LIFParams.as_json returns"
            ) from None


def check_voltages(reset: Any, threshold: Any, peak: Any) -> None:
    """Raise ArgumentError unless thresholds are above resets and peaks not below; for numbers or arrays.

    Constants that are not numbers or arrays pass: they are checked for the neurons of a network.
    """
    for name, value, expected, holds in (
        ("threshold", threshold, "a voltage above the reset", np.greater),
        ("peak", peak, "at least the reset", np.greater_equal),
    ):
        if not all(isinstance(each, float | tuple | np.ndarray) for each in (value, reset)):
            continue
        try:
            values, resets = np.broadcast_arrays(value, reset)
        except ValueError:
            raise ArgumentError(
                f"{name} has {np.size(value)} values and reset {np.size(reset)}; expected one for each neuron"
            ) from None
        wrong = np.flatnonzero(~holds(values, resets))
        if wrong.size:
            of = "" if not values.ndim else f" of {wrong.size} of {values.size} neurons, such as {wrong[0]},"
            raise ArgumentError(
                f"{name}{of} is {values.flat[wrong[0]]:g} mV; expected {expected}, "
                f"{resets.flat[wrong[0]]:g} mV"
            )

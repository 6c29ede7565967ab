"""Adaptation: each spike makes the next one harder, for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from spiking.check_arguments import check_arguments
from spiking.checks import finite_number, positive_number
from spiking.errors import ArgumentError
from spiking.neuron.constant import Constant, as_json, constant, constant_words, from_json
from spiking.short_repr import short_repr


@check_arguments(jump=constant(finite_number), tau=constant(positive_number))
@dataclass(frozen=True)
class Adaptation:
    """Spike-triggered adaptation: ``LIFParams(adaptation=Adaptation(jump=1.0, tau=100.0))``.

    A variable w, 0 at the start of a trial, follows ``tau dw/dt = -w`` and grows by `jump` at each spike. It
    is subtracted from the current of the membrane equation (the adaptive integrate-and-fire neuron without
    subthreshold adaptation; Gerstner et al., Neuronal Dynamics, 2014, chapter 6.1), or added to the
    threshold (chapter 6.2).

    Parameters
    ----------
    jump : float, sequence, mapping or Distribution
        Growth of w at a spike in mV: one number, or as the constants of `LIFParams`. Neurons that a mapping
        does not name do not adapt. In the mean a neuron that fires at r Hz has ``w = jump tau r / 1000``.
    tau : float, sequence, mapping or Distribution
        Time constant of w in ms, above 0.
    acts_on : {"current", "threshold"}
        Whether w is subtracted from the current or added to the threshold.

    Raises
    ------
    ArgumentError
        A value is not finite, or `tau` is not above 0.

    Examples
    --------
    >>> from spiking import LIFParams
    >>> from spiking.neuron import Adaptation
    >>> LIFParams(adaptation=Adaptation(jump={"exc": 0.5}, tau=200.0)).adaptation
    Adaptation(jump={'exc': 0.5}, tau=200.0, acts_on='current')
    """

    jump: Constant
    tau: Constant = 100.0
    acts_on: Literal["current", "threshold"] = "current"

    __repr__ = short_repr

    def words(self) -> str:
        """Return it in a few words."""
        return (
            f"of the {self.acts_on} by {constant_words(self.jump, 'mV')} a spike "
            f"(time constant {constant_words(self.tau, 'ms')})"
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {"jump": as_json(self.jump), "tau": as_json(self.tau), "acts_on": self.acts_on}


def adaptation(name: str, value: Any) -> Adaptation | None:
    """Return what `LIFParams` takes for its adaptation, also from JSON, or raise ArgumentError."""
    if value is None or isinstance(value, Adaptation):
        return value
    if isinstance(value, Mapping) and "jump" in value and {*value} <= {"jump", "tau", "acts_on"}:
        return Adaptation(
            **{key: each if key == "acts_on" else from_json(each) for key, each in value.items()}
        )
    raise ArgumentError(
        f"{name} is {value!r:.80}; expected an Adaptation, such as "
        f"spiking.neuron.Adaptation(jump=1.0, tau=100.0), or None"
    )

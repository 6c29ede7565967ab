"""Choose what a simulation records: which quantities, of which neurons, how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import one_of
from spiking.connectivity.units import UnitFraction, checked_units, unit_numbers
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr

Neurons = bool | str | UnitFraction | Sequence[int] | NDArray[np.integer]

_SAMPLED = ("output", "filtered_rates", "voltage", "currents")
_PER_NEURON = ("spikes", "filtered_rates", "voltage", "currents")


@check_arguments()
@dataclass(frozen=True, kw_only=True)
class Record:
    """What a simulation records. Average firing rates are always recorded.

    Parameters
    ----------
    output : bool
        The readout, ``(w_out / scaling_factor) r``.
    spikes : bool, list of neurons, population or UnitFraction
        Spikes as events (trial, neuron, time). True: of all neurons; a list: of these neurons; ``"exc"``,
        ``"inh"``, ``"som"``, ``"pv"`` or ``"all"``: of a population; ``UnitFraction(0.1, "exc")``: of a
        fraction of it.
    filtered_rates : bool, list of neurons, population or UnitFraction
        Spikes filtered by the synapse, ``r``, in 1/s.
    voltage : bool, list of neurons, population or UnitFraction
        Membrane voltage in mV, spikes drawn at `LIFParams.peak`.
    currents : bool, list of neurons, population or UnitFraction
        Recurrent synaptic current ``IPSC``, before its update at a step.
    interval : float or mapping of str to float, optional
        Time between samples in ms, a multiple of the time step: one number for all, or one for each
        quantity, such as ``{"output": 1.0}``. Samples are then at ``interval, 2 interval, ...``. None: every
        step.

    Raises
    ------
    ArgumentError
        A list has entries that are not neurons, a population is unknown, or an interval is not above 0 or is
        for an unknown quantity.

    Examples
    --------
    >>> from spiking import Record
    >>> record = Record(spikes="exc", voltage=[0, 1, 2], interval={"voltage": 1.0})
    >>> record.output, record.filtered_rates
    (True, False)
    """

    output: bool = True
    spikes: Neurons = False
    filtered_rates: Neurons = False
    voltage: Neurons = False
    currents: Neurons = False
    interval: float | Mapping[str, float] | None = None

    __repr__ = short_repr

    def __post_init__(self) -> None:
        for name in _PER_NEURON:
            value = getattr(self, name)
            if not isinstance(value, bool):
                object.__setattr__(self, name, checked_units(name, value))
        intervals: Mapping[str, Any] = (
            self.interval if isinstance(self.interval, Mapping) else dict.fromkeys(_SAMPLED, self.interval)
        )
        for name, value in intervals.items():
            if name not in _SAMPLED:
                raise ArgumentError(f"interval names {name!r}; expected one of {', '.join(_SAMPLED)}")
            if value is not None and not (isinstance(value, int | float) and 0 < value < np.inf):
                raise ArgumentError(f"interval is {value!r}; expected a time in ms above 0")

    @check_arguments()
    def neurons(self, name: str, populations: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.int64]:
        """Return the recorded neurons of a quantity, shape (neurons,); empty if it is not recorded.

        `populations` are those of the network (`SpikingNetwork.populations`).
        """
        chosen = getattr(self, one_of("name", name, _PER_NEURON))
        return unit_numbers(
            f"record: {name}", ("all" if chosen else ()) if isinstance(chosen, bool) else chosen, populations
        )

    @check_arguments()
    def as_json(self, populations: Mapping[str, NDArray[np.bool_]]) -> dict[str, Any]:
        """Return the fields in types of JSON, as files of simulations hold them; `Record` accepts them.

        Units of a `UnitFraction` are stored by number: other versions of NumPy may draw other units.
        """
        values: dict[str, Any] = {"output": self.output}
        for name in _PER_NEURON:
            value = getattr(self, name)
            is_fraction = isinstance(value, UnitFraction)
            values[name] = self.neurons(name, populations).tolist() if is_fraction else value
        values["interval"] = dict(self.interval) if isinstance(self.interval, Mapping) else self.interval
        return values

    @check_arguments()
    def stride(self, name: str, time_step: float) -> int:
        """Return the number of steps between two samples of a quantity, for a time step in ms."""
        interval = self.interval.get(name) if isinstance(self.interval, Mapping) else self.interval
        if interval is None:
            return 1
        steps = round(interval / time_step)
        if steps < 1 or abs(steps * time_step - interval) > 1e-9 * interval:
            raise ArgumentError(
                f"record: interval of {name} is {interval} ms; "
                f"expected a multiple of the time step, {time_step} ms"
            )
        return steps

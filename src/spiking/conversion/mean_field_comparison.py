"""The mean field of a spiking network: the rate network with f(s x + b_i)/k in place of phi(x).

    tau_i x_i' = -x_i + sum_j W_ij r_j + (w_in u)_i,   r_i = f(s x_i + b_i)/k,   output w_out r

in the current form, and in the rate form

    tau_i r_i' = -r_i + f(s x_i + b_i)/k,   x_i = sum_j W_ij r_j + (w_in u)_i,   output w_out r

f is the f-I curve of a spiking unit, s the gain, b_i its constant current, k the factor. The mean field shows
without a single spike where the activity of a conversion goes, but not how noisy it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking.conversion.conversion import Conversion
from spiking.neuron.f_i_table import fi_table
from spiking.neuron.params import LIFParams
from spiking.rate_model.run import held_columns, run
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.rate_model.model import RateModel


class Loss(NamedTuple):
    """How much a mean field differs from the rate network, with its derivatives."""

    value: float
    by_offset: Floats  # shape (N,)
    by_output_offset: Floats  # shape (n_outputs,)


@dataclass(frozen=True, eq=False)
class MeanFieldComparison:
    """A rate model and the trials in which mean fields of its conversions are compared with it.

    Attributes
    ----------
    model : RateModel
    inputs : array, shape (trials, n_inputs, columns)
        Inputs in columns of 5 ms.
    params : LIFParams
    downsample : int
        Constants of the spiking neurons, and the time step of their simulation as in `simulate`.
    """

    model: RateModel
    inputs: Floats
    params: LIFParams
    downsample: int = 1

    def output_error(self, conversion: Conversion) -> float:
        """Return the RMSE of the output over the standard deviation of the rate network's output."""
        rates = self._rates(conversion)
        difference = self._output_difference(rates, np.array(conversion.output_offsets or (0.0,)))
        return float(np.sqrt(np.mean(difference**2) / self._output_variance))

    def mean_rate(self, conversion: Conversion) -> float:
        """Return the mean firing rate in Hz of all units that are not lesioned, over trials and time."""
        units = np.isin(np.arange(self.model.n_units), self.model.lesioned, invert=True)
        rates = self._rates(conversion)[..., units]
        return float(conversion.factor * rates.mean()) if rates.size else 0.0

    def _rates(self, conversion: Conversion) -> Floats:
        offsets = np.array(conversion.unit_offsets or (conversion.offset,)) + np.zeros(self.model.n_units)
        return self._run(conversion.gain, offsets, conversion.factor)[0]

    def loss(self, gain: float, offsets: Floats, output_offsets: Floats, factor: float) -> Loss:
        """Return the difference from the rate network, and its derivatives by reverse differentiation.

        It is the mean square difference of the outputs over the variance of the rate network's output, plus
        the mean square difference of the rates of all units over their mean square.

        Parameters
        ----------
        gain, factor : float
            s and k.
        offsets : array, shape (N,)
            b_i in mV.
        output_offsets : array, shape (n_outputs,)
        """
        rates, slopes = self._run(gain, offsets, factor)
        output_difference = self._output_difference(rates, output_offsets)
        difference = rates - self._target[0]
        by_form = self._by_offset_of_current_form
        if self.model.form == "rate":
            by_form = self._by_offset_of_rate_form
        of_outputs = 1 / (output_difference.size * self._output_variance)
        of_rates = 1 / max(float(np.sum(self._target[0] ** 2)), 1e-12)
        value = of_outputs * np.sum(output_difference**2) + of_rates * np.sum(difference**2)
        direct = 2 * of_outputs * (output_difference @ self.model.w_out) + 2 * of_rates * difference
        by_output_offset = 2 * of_outputs * output_difference.sum(axis=(0, 1))
        return Loss(float(value), by_form(gain, direct, slopes), by_output_offset)

    def _by_offset_of_current_form(self, gain: float, direct: Floats, slopes: Floats) -> Floats:
        """Return the derivative by offset, given those by the rates of each step, through outputs alone."""
        by_offset, by_state = np.zeros(direct.shape[2]), np.zeros(direct.shape[1:])
        for t in range(len(direct) - 1, -1, -1):
            # by_state is dL/dx of step t + 1, whose x is (1 - leak) x + leak (W r + input) of step t.
            by_rate = direct[t] + (by_state * self._leak) @ self._weights
            by_current = by_rate * slopes[t]
            by_offset += by_current.sum(axis=0)
            by_state = (1 - self._leak) * by_state + gain * by_current
        return by_offset

    def _by_offset_of_rate_form(self, gain: float, direct: Floats, slopes: Floats) -> Floats:
        """Return the same where the rates are the state."""
        by_offset, by_state = np.zeros(direct.shape[2]), np.zeros(direct.shape[1:])
        for t in range(len(direct) - 1, -1, -1):
            # by_state is dL/dr of step t, whose x is W r + input of the step before.
            by_state = by_state + direct[t]
            by_current = by_state * self._leak * slopes[t]
            by_offset += by_current.sum(axis=0)
            by_state = (1 - self._leak) * by_state + gain * by_current @ self._weights
        return by_offset

    def _run(self, gain: float, offsets: Floats, factor: float) -> tuple[Floats, Floats]:
        """Return the rates of all units, and f' / k, both of shape (steps, trials, N)."""
        curve = fi_table(self.params, downsample=self.downsample)
        rates, slopes = np.empty_like(self._inputs), np.empty_like(self._inputs)
        transposed, by_current = np.ascontiguousarray(self._weights.T), self.model.form == "current"
        # Without an initial state there are no synaptic currents, but constant currents act from the start.
        start = self.model.initial if by_current else None
        x = np.broadcast_to(self._constant if start is None else start, self._inputs.shape[1:])
        for t in range(len(rates)):
            if t:
                received = rates[t - 1] @ transposed + self._inputs[t - 1]
                x = (1 - self._leak) * x + self._leak * received if by_current else received
            rate, slope = curve.with_slope(gain * x + offsets)
            rates[t], slopes[t] = rate / factor, slope / factor
            if not by_current and t:
                rates[t] = (1 - self._leak) * rates[t - 1] + self._leak * rates[t]
            elif not by_current:
                rates[0], slopes[0] = 0.0 if self.model.initial is None else self.model.initial, 0.0
        return rates, slopes

    def _output_difference(self, rates: Floats, output_offsets: Floats) -> Floats:
        return rates @ self.model.w_out.T + self.model.output_bias + output_offsets - self._target[1]

    @cached_property
    def _target(self) -> tuple[Floats, Floats]:
        """Rates and outputs of the rate network without noise, shapes (steps, trials, N or n_outputs)."""
        of_rate = run(self.model, self.inputs[:, :, self._columns], noise=0.0)
        return np.moveaxis(of_rate.rates, 2, 0).copy(), np.moveaxis(of_rate.output, 2, 0)

    @cached_property
    def _output_variance(self) -> float:
        return max(float(np.var(self._target[1])), 1e-12)

    @cached_property
    def _columns(self) -> NDArray[np.intp]:
        return held_columns(self.model, self.inputs.shape[-1])

    @cached_property
    def _inputs(self) -> Floats:
        """Input currents of each step, shape (steps, trials, N)."""
        held = np.moveaxis(self.inputs[:, :, self._columns], 2, 0)
        return np.asarray(held @ self.model.w_in.T + self._constant)

    @cached_property
    def _constant(self) -> Floats:
        return np.zeros(self.model.n_units) if self.model.bias is None else self.model.bias

    @cached_property
    def _weights(self) -> Floats:
        return self.model.effective_weights()

    @cached_property
    def _leak(self) -> Floats:
        decay = self.model.tau_decay()
        assert decay is not None
        return self.model.step / decay

"""An imported network: its model, what became of each array, and the check against its framework."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from spiking.check_arguments import check_arguments
from spiking.checks import counted, finite_numbers, positive_number, shown
from spiking.errors import ArgumentError
from spiking.rate_model.model import FORMS, RateModel
from spiking.rate_model.transfer import described
from spiking.short_repr import short_repr
from spiking.typing import Floats

LAYOUTS = ("TNC", "NTC", "NCT", "CTN")


@dataclass(frozen=True)
class Agreement:
    """How well an imported network agrees with the outputs of its framework.

    Attributes
    ----------
    difference : float
        Largest absolute difference of the outputs.
    largest : float
        Largest absolute output of the framework.
    agrees : bool
        Whether the difference is at most the tolerance.
    step : float
        Time step in ms at which both were compared.
    at_a_tenth : float
        Largest change of the outputs when the model runs at a tenth of its step. The spiking network has no
        such step, so it can only follow a network that keeps its outputs.
    advice : str
        If they do not agree: what to look at, and whether another form or shift would agree.

    Examples
    --------
    >>> from spiking.importing import Agreement
    >>> agreement = Agreement(difference=2e-7, largest=1.5, agrees=True, step=10.0, at_a_tenth=0.01)
    >>> print(str(agreement).partition(";")[0])
    the same network: outputs up to 1.5 differ by at most 2e-07
    """

    difference: float
    largest: float
    agrees: bool
    step: float
    at_a_tenth: float
    advice: str = ""

    __repr__ = short_repr

    def __str__(self) -> str:
        verdict = "the same network" if self.agrees else "not the same network"
        advice = f"; {self.advice}" if self.advice else ""
        return (
            f"{verdict}: outputs up to {self.largest:.3g} differ by at most {self.difference:.3g}; at a "
            f"tenth of its step of {self.step:g} ms the outputs change by at most {self.at_a_tenth:.3g}"
            f"{advice}"
        )


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A network of another framework as a rate model.

    Attributes
    ----------
    model : RateModel
        The network. `RateModel.save` writes it to a model file.
    framework : str
        Where it is from.
    taken : tuple of (str, str)
        What was taken, and what became of it.
    left : tuple of str
        What was not taken, each with the reason.
    shift : int
        The framework's output of step t is the model's at step ``t + shift``: 1 where the framework gives its
        first output after the first input; the model begins with the state before any input.
    layout : {"TNC", "NTC", "NCT", "CTN"}
        The usual order of axes in the framework: T time, N trials, C inputs or outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from spiking.importing import from_named_arrays
    >>> rng = np.random.default_rng(1)
    >>> arrays = {"J": rng.standard_normal((5, 5)) / 5, "B": np.ones((5, 1)), "C": np.ones((1, 5))}
    >>> imported = from_named_arrays(
    ...     arrays,
    ...     {"w": "J", "w_in": "B", "w_out": "C"},
    ...     activation="relu",
    ...     tau=100,
    ...     step=10,
    ...     form="rate",
    ... )
    >>> print(imported)
    arrays: 5 units, relu, rate form, tau 100 ms, step 10 ms, 1 input, 1 output, no Dale's law
      J  ->  recurrent weights (5, 5)
      B  ->  input weights (5, 1)
      C  ->  output weights (1, 5)
    >>> h, outputs = np.zeros(5), []
    >>> for u in (1.0, 0.0, 0.0):
    ...     h = 0.9 * h + 0.1 * np.maximum(arrays["J"] @ h + arrays["B"][:, 0] * u, 0)
    ...     outputs.append(h.sum())
    >>> imported.check([[1.0, 0.0, 0.0]], [outputs]).agrees
    True
    """

    model: RateModel
    framework: str
    taken: tuple[tuple[str, str], ...]
    left: tuple[str, ...] = ()
    shift: int = 1
    layout: Literal["TNC", "NTC", "NCT", "CTN"] = "NCT"

    __repr__ = short_repr

    def __str__(self) -> str:
        model = self.model
        tau = "-".join(f"{value:g}" for value in dict.fromkeys(model.tau_range))
        inhibitory = int(model.inhibitory.sum())
        dale = f"Dale's law with {inhibitory} inhibitory units" if model.dale else "no Dale's law"
        channels = f"{counted(model.n_inputs, 'input')}, {counted(model.n_outputs, 'output')}"
        width = max(len(what) for what, _ in self.taken)
        return "\n".join(
            [
                f"{self.framework}: {model.n_units} units, "
                f"{described(model.activation, model.activation_parameters)}, {model.form} form, tau {tau} "
                f"ms, step {model.step:g} ms, {channels}, {dale}",
                *(f"  {what:{width}}  ->  {became}" for what, became in self.taken),
                *(f"  not taken: {what}" for what in self.left),
            ]
        )

    @check_arguments(tolerance=positive_number)
    def check(
        self,
        inputs: ArrayLike,
        outputs: ArrayLike,
        *,
        layout: Literal["TNC", "NTC", "NCT", "CTN"] | None = None,
        tolerance: float = 1e-5,
    ) -> Agreement:
        """Compare the model, run without noise, with the outputs of the framework itself.

        Parameters
        ----------
        inputs : array, shape as `layout` says, or without its axis N
            What the framework's network received, one entry a step of the model. Tensors are accepted.
        outputs : array, shape as `layout` says, or without its axis N
            What it put out, at the same steps, also computed without noise.
        layout : {"TNC", "NTC", "NCT", "CTN"}, optional
            The order of axes: T time, N trials, C inputs or outputs. By default that of the framework.
        tolerance : float
            Difference at which they still agree, relative to the largest output if that is above 1. Single
            precision gives about 1e-6.

        Returns
        -------
        Agreement
            Print it to see the largest difference.

        Raises
        ------
        ArgumentError
            The arrays have other shapes than the model and each other, or are not finite.
        """
        layout = self.layout if layout is None else layout
        if str(layout) not in LAYOUTS:
            raise ArgumentError(f"layout is {shown(layout)}; expected one of {', '.join(LAYOUTS)}")
        tolerance = positive_number("tolerance", tolerance)
        model = self.model
        u = _trials_first("inputs", inputs, layout, model.n_inputs)
        wanted = _trials_first("outputs", outputs, layout, model.n_outputs)
        if (len(u), u.shape[2]) != (len(wanted), wanted.shape[2]):
            raise ArgumentError(
                f"outputs has {len(wanted)} trials of {wanted.shape[2]} steps; expected {len(u)} of "
                f"{u.shape[2]}, as inputs ({layout}: T time, N trials, C channels)"
            )
        largest = float(np.abs(wanted).max())
        allowed = tolerance * max(1.0, largest)
        here = _output(model, u, self.shift)
        difference = float(np.abs(here - wanted).max())
        fine = _output(replace(model, step=model.step / 10), np.repeat(u, 10, axis=2), 10 * self.shift)
        change = float(np.abs(fine[:, :, ::10] - here).max())
        return Agreement(
            difference=difference,
            largest=largest,
            agrees=difference <= allowed,
            step=model.step,
            at_a_tenth=change,
            advice="" if difference <= allowed else self._advice(u, wanted, allowed),
        )

    def _advice(self, u: Floats, wanted: Floats, allowed: float) -> str:
        """Return which other form or shift would agree, or else what to look at."""
        several = len(set(self.model.tau_range)) > 1
        for form in (self.model.form,) if several else FORMS:
            for shift in (0, 1):
                other = replace(self.model, form=form)  # type: ignore[arg-type]  # it is one of them
                if np.abs(_output(other, u, shift) - wanted).max() <= allowed:
                    return f"they agree with form={form!r} and shift {shift}"
        return (
            "compare activation, initial state, tau and step with the framework, leave noise and dropout "
            "out of its run, and apply no function to its outputs"
        )


def _output(model: RateModel, u: Floats, shift: int) -> Floats:
    """Return the output at steps from `shift` on, as many as there are inputs."""
    columns = np.concatenate([u, np.repeat(u[:, :, -1:], shift, axis=2)], axis=2)
    return model.run(columns, noise=0.0).output[:, :, shift:]


def _trials_first(name: str, values: ArrayLike, layout: str, channels: int) -> Floats:
    """Return an array with axes trials, channels, time."""
    array = finite_numbers(name, values, "numbers")
    expected = f"axes {layout} (T time, N trials, C channels), {channels} channels, all finite"
    if array.ndim == 2:
        array = np.expand_dims(array, layout.index("N"))
    if array.ndim != 3 or array.shape[layout.index("C")] != channels:
        raise ArgumentError(f"{name} has shape {np.shape(array)}; expected {expected}")
    if array.size == 0:
        raise ArgumentError(f"{name} is empty; expected {expected}")
    return np.transpose(array, [layout.index(axis) for axis in "NCT"])

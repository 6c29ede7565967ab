"""Choose the conversion of a new network: given, published, newly fitted, or recorded in the model's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spiking.checks import shown
from spiking.conversion.conversion import ASKED, Asked, Conversion
from spiking.conversion.fit import fit_conversion
from spiking.conversion.recorded_conversion import tuned_conversion
from spiking.errors import ArgumentError
from spiking.neuron.f_i import isolated
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel

if TYPE_CHECKING:
    from spiking.tasks.given_inputs import TaskLike


def choose_conversion(
    model: RateModel,
    factor: float | None,
    conversion: Asked | Conversion | None,
    task: TaskLike | None,
    gain: float | None,
    params: LIFParams | None,
) -> Conversion:
    """Return the conversion to use; the arguments are those of `SpikingNetwork.from_rate`."""
    if conversion is None:
        trained = model.trained_params is not None and factor == model.activation_parameters["k"]
        conversion = "published" if factor is not None and not trained else tuned_conversion(model)
    if gain is not None and (isinstance(conversion, Conversion) or conversion == "published"):
        raise ArgumentError(
            f"gain is {gain!r}, but no matched conversion is fitted; expected no gain, or "
            f"conversion='matched'"
        )
    if isinstance(conversion, Conversion):
        if conversion.start is not None:
            raise ArgumentError(
                "conversion is fine-tuned, and its weights are only in the network that fine_tune returned; "
                "expected one that says how to make weights, such as conversion.start"
            )
        if factor not in (None, conversion.factor):
            raise ArgumentError(
                f"scaling_factor is {factor:g}, but the conversion has {conversion.factor:g}; "
                f"expected only one of them"
            )
        for what, offsets, count in (
            ("units", conversion.unit_offsets, model.n_units),
            ("outputs", conversion.output_offsets, model.n_outputs),
        ):
            if len(offsets) not in (0, count):
                raise ArgumentError(
                    f"conversion is for {len(offsets)} {what}; expected {count}, as the model has"
                )
        if params is not None and conversion.params is not None:
            changed = isolated(params).difference(isolated(conversion.params))
            if changed:
                raise ArgumentError(
                    f"params has {changed}; expected the constants for which the conversion was fitted; fit "
                    f"or tune again with these, or change the network afterwards: network.with_params(...)"
                )
        return conversion
    if conversion not in ASKED:
        raise ArgumentError(f"conversion is {shown(conversion)}; expected one of {', '.join(ASKED)}")
    if conversion == "published":
        if factor is None:
            raise ArgumentError(
                "scaling_factor is missing; expected one for the published conversion, such as 50"
            )
        return Conversion(kind="published", factor=factor)
    return fit_conversion(model, task, kind=conversion, gain=gain, factor=factor, params=params)

"""Choose the conversion of a new network: given, published, newly fitted, or recorded in the model's file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from spiking.checks import shown
from spiking.conversion.conversion import ASKED, Asked, Conversion
from spiking.conversion.fit import fit_conversion
from spiking.conversion.recorded_conversion import recorded_conversion, tuned_conversion
from spiking.errors import ArgumentError, warn
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
        if factor is None or trained:
            conversion = tuned_conversion(model)
        else:
            conversion = "published"
            _question(model, factor)
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


def _question(model: RateModel, factor: float) -> None:
    """Warn of a factor that is probably meant otherwise than as that of the published conversion."""
    warn_of_lambda("scaling_factor", factor)
    try:
        recorded = recorded_conversion(model)
    except ArgumentError:  # a record that cannot be read is not needed here
        return
    if recorded is None or recorded.kind in ("published", "trained"):
        return
    rounded = {round(recorded.factor, digits) for digits in range(3)}
    if factor in rounded or math.isclose(factor, recorded.factor, rel_tol=1e-4):
        warn(
            f"scaling_factor {factor:g} belongs to the {recorded.kind} conversion that {model.source} "
            f"records; with the factor alone, without gain and offsets, it is another network; leave "
            f"scaling_factor out (SpikingNetwork.from_rate(file)), or give conversion='published' to mean "
            f"the factor alone"
        )


def warn_of_lambda(name: str, factor: float) -> None:
    """Warn if a scaling factor looks like its inverse, the paper's lambda."""
    if factor < 1:
        warn(
            f"{name} is {factor:g}; a scaling factor divides the weights, and is usually 20 to 100; if this "
            f"is the paper's lambda, give 1/lambda, here {1 / factor:.4g}"
        )

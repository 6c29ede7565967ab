"""Read the conversion that tuning wrote into a model file: scaling factor or matched conversion."""

from __future__ import annotations

import numpy as np

from spiking.conversion.conversion import Conversion
from spiking.errors import ArgumentError
from spiking.files.json_text import UNUSABLE, parsed
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import recorded_scaling_factor, recorded_text


def recorded_conversion(model: RateModel) -> Conversion | None:
    """Return the conversion that training or tuning left in the file, or None if there is none.

    If another program has since written another scaling factor, the conversion is the published one with it.

    Raises
    ------
    ArgumentError
        The record cannot be read.
    """
    if model.trained_params is not None:
        return Conversion(
            kind="trained", factor=model.activation_parameters["k"], params=model.trained_params
        )
    factor, text = recorded_scaling_factor(model), recorded_text(model, "tuning")
    if factor is None:
        return None
    try:
        values = parsed(text).get("conversion") if text is not None else None
        conversion = Conversion.from_json(values) if values is not None else None
    except UNUSABLE as error:
        raise ArgumentError(
            f"{model.source} has a `tuning` that cannot be read ({error!r:.80}); expected what tuning "
            f"writes; tune the model again: find_scaling_factor(file, write=True), or spiking tune --force"
        ) from None
    if conversion is not None and conversion.factor == factor:
        return conversion
    return Conversion(kind="published", factor=factor)


def tuned_conversion(model: RateModel) -> Conversion:
    """Return the conversion that tuning wrote into the file.

    Raises
    ------
    ArgumentError
        There is none, or it cannot be read.
    """
    conversion = recorded_conversion(model)
    if conversion is None:
        several = np.size(model.extras.get("opt_scaling_factor", 0)) > 1
        count = "several numbers as its" if several else "no"
        raise ArgumentError(
            f"{model.source} has {count} tuned scaling factor; give one, such as scaling_factor=50 "
            f"(--scaling-factor 50), or tune the model: find_scaling_factor(file, write=True), or "
            f"spiking tune"
        )
    return conversion

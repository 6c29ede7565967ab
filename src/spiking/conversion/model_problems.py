"""Find possible problems of a model: in its weights, its training, its task and its tuning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spiking.conversion.recorded_conversion import recorded_conversion
from spiking.errors import ArgumentError, SpikingError
from spiking.rate_model.contents import missing_words, unused_weights, unused_words
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import recorded_numbers, recorded_task, tests_of_training
from spiking.typing import Floats

_CRITERION = 0.95  # accuracy at which the original trainer stops


def possible_problems(
    model: RateModel,
    weights: Floats,
    *,
    trained: bool | None,
    converged: bool | None,
    accuracy: float | None,
    factor: float | None,
) -> tuple[str, ...]:
    """Return everything that a user should look at, in words.

    `weights` are the effective ones; the others are the fields `trained`, `converged`, `rate_accuracy` and
    `scaling_factor` of `spiking.conversion.ModelInfo`.
    """
    return (
        *_suspicious_weights(model, weights),
        *_suspicious_training(model, trained, converged, accuracy),
        *_suspicious_task(model),
        *_suspicious_tuning(model, factor),
    )


def _suspicious_weights(model: RateModel, weights: Floats) -> list[str]:
    missing = missing_words(model)
    notes = [missing.removeprefix(f"{model.source} ")] if missing else []
    unused = unused_weights(model)
    if unused:
        notes.append(unused_words(unused))
    notes += [
        f"`{key}` has entries that are NaN or infinite: initial values cannot be used, trained ones can"
        for key in ("w0", "taus_gaus0")
        if not np.isfinite(getattr(model, key) if getattr(model, key) is not None else 0).all()
    ]
    if model.rectified:
        notes.append(
            f"{model.rectified:,} of {model.w.size:,} entries of `w` are negative under Dale's law; they are "
            f"set to zero, as in training"
        )
    if not weights.any():
        notes.append("no recurrent connections: W is zero")
    no_input = np.logical_not(weights.any(axis=1) | model.w_in.any(axis=1))
    if no_input.any():
        notes.append(f"{_units(no_input)} without any input, recurrent or external")
    no_effect = np.logical_not(weights.any(axis=0) | model.w_out.any(axis=0))
    if no_effect.any():
        notes.append(f"{_units(no_effect)} without any effect on other units or on the output")
    notes += [f"input {k} reaches no unit" for k in np.flatnonzero(~model.w_in.any(axis=0))]
    notes += [f"output {k} reads no unit" for k in np.flatnonzero(~model.w_out.any(axis=1))]
    inhibited = np.count_nonzero(weights[np.ix_(model.populations["som"], model.inhibitory)])
    if inhibited:
        notes.append(
            f"{inhibited:,} connections from inhibitory units onto SST units, although `som_N` implies none"
        )
    return notes


def _suspicious_training(
    model: RateModel, trained: bool | None, converged: bool | None, accuracy: float | None
) -> list[str]:
    notes = []
    if trained is False:
        notes.append("not trained: weights and time constants are the initial ones")
    if converged is False:
        notes.append("training ended without reaching its criteria")
    elif accuracy is not None and accuracy < _CRITERION:
        notes.append(f"the rate model was {accuracy:.0%} correct at the end of its training")
    losses, _ = tests_of_training(model)
    if losses.size and not np.isfinite(losses[-1]):
        notes.append("the loss at the end of training is not finite")
    return notes


def _suspicious_task(model: RateModel) -> list[str]:
    try:
        task = recorded_task(model)
    except SpikingError as error:
        return [str(error).removeprefix(f"{model.source} ")]
    if task is None:
        return ["no task recorded"]
    of_task, of_model = (task.n_inputs, task.n_outputs), (model.n_inputs, model.n_outputs)
    if of_task != of_model:
        return [f"inputs and outputs are {of_model}, but its task {task.name} has {of_task}"]
    return []


def _suspicious_tuning(model: RateModel, factor: float | None) -> list[str]:
    if "opt_scaling_factor" not in model.extras:
        return []
    values = recorded_numbers(model, "opt_scaling_factor")
    if values is not None and values.size > 1:
        return [
            f"`opt_scaling_factor` has {values.size} numbers, so none is used: tune the model again, or give "
            f"a scaling factor"
        ]
    if factor is None:
        return [
            "`opt_scaling_factor` is not a number above 0, perhaps because a search was interrupted: tune "
            "the model again"
        ]
    try:
        conversion = recorded_conversion(model)
    except ArgumentError as error:
        return [str(error).removeprefix(f"{model.source} ")]
    factors = recorded_numbers(model, "scaling_factors")
    published = conversion is not None and conversion.kind == "published"
    if published and factors is not None and factors.size > 1 and factor in (factors.min(), factors.max()):
        return [f"the scaling factor {factor:g} is at the edge of the compared range: try a wider range"]
    return []


def _units(mask: NDArray[np.bool_]) -> str:
    units = np.flatnonzero(mask)
    listed = ", ".join(map(str, units[:5])) + (", ..." if units.size > 5 else "")
    return f"unit {listed}" if units.size == 1 else f"{units.size} units ({listed})"

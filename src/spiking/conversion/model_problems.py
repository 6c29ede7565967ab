"""Find possible problems of a model: in its weights, its training, its task and its tuning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spiking.conversion.recorded_accuracy import SpikingAccuracy
from spiking.conversion.recorded_conversion import recorded_conversion
from spiking.errors import ArgumentError, SpikingError
from spiking.rate_model.contents import missing_words, unused_weights, unused_words
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import (
    recorded_numbers,
    recorded_task,
    task_record,
    tests_of_training,
)
from spiking.tasks import Task, names
from spiking.tasks.scoring import wilson_interval
from spiking.typing import Floats

_CRITERION = 0.95  # accuracy at which the original trainer stops
_TRIALS = 100  # of a test of the rate network during training, there and here
_LONGEST_DECAY = 200.0  # ms
_SHORTEST_TRIAL = 100.0  # ms


def possible_problems(
    model: RateModel,
    weights: Floats,
    *,
    trained: bool | None,
    converged: bool | None,
    accuracy: float | None,
    factor: float | None,
    spiking: SpikingAccuracy | None,
    search: tuple[float, int] | None,
) -> tuple[str, ...]:
    """Return everything that a user should look at, in words.

    `weights` are the effective ones; the others are the fields `trained`, `converged`, `training_accuracy`,
    `scaling_factor` and `spiking` of `spiking.conversion.ModelInfo`, and accuracy and trials of the search.
    """
    return (
        *_suspicious_weights(model, weights),
        *_suspicious_decays(model),
        *_suspicious_training(model, trained, converged, accuracy),
        *_suspicious_task(model),
        *_suspicious_tuning(model, factor),
        *_suspicious_conversion(model, accuracy, spiking, search),
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


def _suspicious_decays(model: RateModel) -> list[str]:
    decay = model.tau_decay()
    assert decay is not None
    notes = []
    if decay.max() > _LONGEST_DECAY:
        notes.append(
            f"synaptic decays up to {decay.max():g} ms; expected at most about {_LONGEST_DECAY:g} ms (NMDA), "
            f"and 20 to 100 ms as published: are they in ms?"
        )
    if decay.min() < model.step:
        notes.append(
            f"synaptic decays from {decay.min():g} ms, shorter than the rate network's step of "
            f"{model.step:g} ms, which cannot follow them: are they in ms?"
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
        record = task_record(model)
        if record is not None and (record.file is not None or record.name not in names()):
            return []  # a task of the user's own, in a file: nothing is wrong
        task = recorded_task(model)
    except SpikingError as error:
        return [str(error).removeprefix(f"{model.source} ")]
    if task is None:  # a fact, which is said elsewhere
        return []
    notes = _suspicious_times(task)
    of_task, of_model = (task.n_inputs, task.n_outputs), (model.n_inputs, model.n_outputs)
    if of_task != of_model:
        notes.append(f"inputs and outputs are {of_model}, but its task {task.name} has {of_task}")
    return notes


def _suspicious_times(task: Task) -> list[str]:
    """Return what looks wrong in the times of a task: a window beyond the trial, steps in place of ms."""
    notes = []
    if task.response_end > task.duration:
        notes.append(
            f"the response of the task {task.name} ends at {task.response_end:g} ms, but its trials at "
            f"{task.duration:g} ms"
        )
    if task.duration < _SHORTEST_TRIAL:
        notes.append(
            f"trials of the task {task.name} last {task.duration:g} ms and are scored from "
            f"{task.score_from:g} ms on: are its times in ms, not in steps or seconds?"
        )
    return notes


def _suspicious_tuning(model: RateModel, factor: float | None) -> list[str]:
    if "opt_scaling_factor" not in model.extras:
        return []
    values = recorded_numbers(model, "opt_scaling_factor")
    if values is not None and values.size > 1:
        return [
            f"`opt_scaling_factor` has {values.size} numbers, so none is used: tune the model again, or give "
            f"a scaling factor"
        ]
    if factor is not None and factor < 1:
        return [
            f"the scaling factor is {factor:g}; expected above 1, such as 20 to 75, because it divides the "
            f"weights: is it the inverse of {1 / factor:.3g}?"
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


def _suspicious_conversion(
    model: RateModel,
    accuracy: float | None,
    spiking: SpikingAccuracy | None,
    search: tuple[float, int] | None,
) -> list[str]:
    """Compare how often the spiking and the rate network were correct, by their 95 % intervals."""
    if spiking is None and search is None:
        return []
    if spiking is not None:
        correct, trials = spiking.correct, spiking.trials
    elif search is not None:
        correct, trials = round(search[0] * search[1]), search[1]
    if spiking is not None and spiking.rate_correct is not None:
        rate_correct, rate_trials = spiking.rate_correct, spiking.trials
    elif accuracy is not None and 0 <= accuracy <= 1:
        rate_correct, rate_trials = round(accuracy * _TRIALS), _TRIALS
    else:
        return []
    (_, high), (low, _) = wilson_interval(correct, trials), wilson_interval(rate_correct, rate_trials)
    if high >= low:
        return []
    advice = "train it longer, or with another seed"
    if model.trained_params is None:
        advice = "`spiking tune --conversion matched --force` may convert it"
    return [
        f"it does not convert: the spiking network was correct in {correct / trials:.0%} of {trials} trials "
        f"(at most {high:.0%}), the rate network in {rate_correct / rate_trials:.0%} (at least {low:.0%}); "
        f"{advice}"
    ]


def _units(mask: NDArray[np.bool_]) -> str:
    units = np.flatnonzero(mask)
    listed = ", ".join(map(str, units[:5])) + (", ..." if units.size > 5 else "")
    return f"unit {listed}" if units.size == 1 else f"{units.size} units ({listed})"

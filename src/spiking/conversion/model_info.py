"""Describe a model file: size, weights, time constants, training, tuning, and possible problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.conversion.model_info_text import in_words
from spiking.conversion.recorded import recorded_conversion
from spiking.errors import ArgumentError, SpikingError
from spiking.rate_model.contents import missing_words, unused_weights, unused_words
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded import (
    finite_last,
    last_recorded,
    recorded_flag,
    recorded_numbers,
    recorded_scaling_factor,
    recorded_task,
    recorded_text,
)
from spiking.typing import Floats

_CRITERION = 0.95  # accuracy at which the original trainer stops
_DENSE_EIGENVALUES = 1000  # units; up to this size computing all eigenvalues takes about a second


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """Facts about a rate model; None if the file does not record them.

    Attributes
    ----------
    file : str
        Source of the model.
    n_units, n_inputs, n_outputs : int
    populations : dict of str to int
        Numbers of ``exc`` and ``inh`` units, and of ``som`` and ``pv`` units among the latter.
    dale : bool
        Whether each unit is either excitatory or inhibitory (Dale's law).
    activation : str
        Name of the transfer function.
    connections : int
        Number of nonzero entries of the effective weights W.
    density : float
        `connections` divided by N^2.
    spectral_radius : float
        Largest absolute eigenvalue of W, before any scaling.
    tau_range : tuple of float
        Range of synaptic decay time constants in training, in ms; both are equal if the decay was fixed.
    tau_decay : tuple of float
        Shortest, median and longest synaptic decay of the units, in ms.
    trained : bool
        Whether weights or time constants differ from the initial ones; if these are not recorded, whether
        the number of updates is above 0.
    updates : int
        Number of training updates.
    converged : bool
        Whether training reached its criteria; only files of this package record it.
    rate_accuracy, rate_loss : float
        Accuracy (0 to 1) and loss of the rate model at the last test of its training.
    task : str
        Name of the task.
    scaling_factor : float
        The tuned scaling factor; None if there is no usable one.
    conversion : str
        Description of the matched conversion that tuning chose; None if it is the published one.
    spiking_accuracy : float
        Accuracy of the spiking network at the tuned scaling factor.
    suspicious : tuple of str
        Possible problems, which a user should check.

    Examples
    --------
    >>> from spiking import datasets
    >>> from spiking.conversion import model_info
    >>> info = model_info(datasets.load("go-nogo"))
    >>> info.n_units, info.populations["exc"] + info.populations["inh"]
    (200, 200)
    """

    file: str
    n_units: int
    n_inputs: int
    n_outputs: int
    populations: dict[str, int]
    dale: bool
    activation: str | None
    connections: int
    density: float
    spectral_radius: float
    tau_range: tuple[float, float]
    tau_decay: tuple[float, float, float]
    trained: bool | None
    updates: int | None
    converged: bool | None
    rate_accuracy: float | None
    rate_loss: float | None
    task: str | None
    scaling_factor: float | None
    conversion: str | None
    spiking_accuracy: float | None
    suspicious: tuple[str, ...]

    def __str__(self) -> str:
        return in_words(self)


def model_info(model: RateModel) -> ModelInfo:
    """Return facts about a model.

    Parameters
    ----------
    model : RateModel

    Returns
    -------
    ModelInfo

    Examples
    --------
    >>> from spiking import datasets
    >>> from spiking.conversion import model_info
    >>> print(model_info(datasets.load("xor")).task)
    xor
    """
    weights = model.effective_weights()
    decay = model.tau_decay()
    assert decay is not None
    connections = int(np.count_nonzero(weights))
    updates = last_recorded(model, "updates", "tr")
    losses, accuracies = tests_of_training(model)
    facts: dict[str, Any] = {
        "trained": _trained(model, updates),
        "converged": recorded_flag(model, "converged"),
        "rate_accuracy": finite_last(accuracies),
        "rate_loss": finite_last(losses),
        "task": recorded_text(model, "task"),
        "scaling_factor": recorded_scaling_factor(model),
    }
    return ModelInfo(
        file=model.source,
        n_units=model.n_units,
        n_inputs=model.n_inputs,
        n_outputs=model.n_outputs,
        populations={name: int(mask.sum()) for name, mask in model.populations.items()},
        dale=model.dale,
        activation=model.activation,
        connections=connections,
        density=connections / weights.size,
        spectral_radius=_spectral_radius(weights),
        tau_range=model.tau_range,
        tau_decay=(float(decay.min()), float(np.median(decay)), float(decay.max())),
        updates=None if updates is None else int(updates),
        conversion=_matched_conversion(model),
        spiking_accuracy=_tuned_accuracy(model, facts["scaling_factor"]),
        suspicious=(
            *_suspicious_weights(model, weights),
            *_suspicious_training(model, facts),
            *_suspicious_task(model),
            *_suspicious_tuning(model, facts["scaling_factor"]),
        ),
        **facts,
    )


def tests_of_training(model: RateModel) -> tuple[Floats, Floats]:
    """Return loss and accuracy at each test during training.

    Zeros at the end, which some trainers leave when training ends early, are removed. An array is empty if
    the file does not record it.
    """
    loss, accuracy = recorded_numbers(model, "eval_loss_mean"), recorded_numbers(model, "eval_perf_mean")
    if loss is None:
        return np.zeros(0), np.zeros(0) if accuracy is None else accuracy
    loss = np.trim_zeros(loss, "b")
    return loss, np.zeros(0) if accuracy is None else accuracy[: loss.size]


def _trained(model: RateModel, updates: float | None) -> bool | None:
    if model.w0 is None or not np.isfinite(model.w0).all():
        return None if updates is None else updates > 0
    same_decay = (
        model.taus_gaus is None
        or model.taus_gaus0 is None
        or not np.isfinite(model.taus_gaus0).all()
        or np.array_equal(model.taus_gaus, model.taus_gaus0)
    )
    return not (np.array_equal(model.w, model.w0) and same_decay)


def _spectral_radius(weights: Floats) -> float:
    if len(weights) > _DENSE_EIGENVALUES:
        from scipy.sparse import csr_array
        from scipy.sparse.linalg import ArpackNoConvergence, eigs

        try:
            # Several eigenvalues from a large basis, because the largest are close together; without `v0`
            # the start is random.
            start = np.ones(len(weights))
            largest = eigs(csr_array(weights), k=8, ncv=120, v0=start, return_eigenvectors=False)
            return float(np.abs(largest).max())
        except ArpackNoConvergence:
            pass  # compute all eigenvalues below
    return float(np.abs(np.linalg.eigvals(weights)).max())


def _matched_conversion(model: RateModel) -> str | None:
    try:
        conversion = recorded_conversion(model)
    except ArgumentError:  # reported by `_suspicious_tuning`
        return None
    return None if conversion is None or conversion.kind == "published" else str(conversion)


def _tuned_accuracy(model: RateModel, factor: float | None) -> float | None:
    factors = recorded_numbers(model, "scaling_factors")
    accuracies = recorded_numbers(model, "all_perfs")
    if factor is None or factors is None or accuracies is None or factors.size != accuracies.size:
        return None
    at = accuracies[factors == factor]
    return float(at[0]) if at.size and np.isfinite(at[0]) else None


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


def _suspicious_training(model: RateModel, facts: dict[str, Any]) -> list[str]:
    notes = []
    if facts["trained"] is False:
        notes.append("not trained: weights and time constants are the initial ones")
    accuracy = facts["rate_accuracy"]
    if facts["converged"] is False:
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

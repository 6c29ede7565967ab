"""Describe a model file: size, weights, time constants, training, tuning, and possible problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.connectivity.words import weights_changed, which_lesioned
from spiking.conversion.model_info_text import in_words
from spiking.conversion.model_problems import possible_problems
from spiking.conversion.recorded_accuracy import SpikingAccuracy, recorded_accuracy, search_accuracy
from spiking.conversion.recorded_conversion import recorded_conversion
from spiking.errors import ArgumentError
from spiking.files.json_text import UNUSABLE, parsed
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import (
    finite_last,
    is_of_training,
    last_recorded,
    recorded_flag,
    recorded_scaling_factor,
    recorded_text,
    tests_of_training,
)
from spiking.rate_model.transfer import described
from spiking.short_repr import short_repr
from spiking.typing import Floats

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
        With its parameters; None if the file does not say.
    bias, initial : bool
        Whether units have a bias, and a first state of their own.
    step : float
        Time step of the rate network in ms.
    form : {"current", "rate"}
    spiking_version : str
        Version of this package that trained the model. Training with the recorded options again gives the
        same network only with the same versions and processor.
    library_versions : str
        Versions of Python, NumPy, JAX and Optax that trained it.
    imported : str
        Which framework's network it is, the arrays that were taken, and what was left out; None if it was not
        imported.
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
        Number of training updates after which the network was kept; training may have gone on.
    converged, converts : bool
        Whether training reached its criteria, and whether the spiking network then did the task, in the last
        test of training; only files of this package record it.
    training_accuracy, training_loss : float
        Accuracy (0 to 1) and loss of the rate model at the last test of its training.
    task : str
        Name of the task.
    scaling_factor : float
        The tuned scaling factor; None if there is no usable one.
    conversion : str
        Description of the matched conversion that tuning chose; None if it is the published one.
    spiking : SpikingAccuracy
        How often the spiking network was correct on trials that the search did not use; None if the file
        does not record it of this network.
    search_accuracy : float
        Accuracy of the spiking network at the tuned scaling factor on the trials of the search (of a model
        that was trained on the f-I curve: of the tests during training), which chose it.
    lesioned : int
        Number of lesioned units.
    which_lesioned : str
        How they were chosen, and their numbers if they are few.
    weight_changes : tuple of str
        What was done to the weights after training, in words.
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
    bias: bool
    initial: bool
    step: float
    form: str
    spiking_version: str | None
    library_versions: str | None
    imported: str | None
    connections: int
    density: float
    spectral_radius: float
    tau_range: tuple[float, float]
    tau_decay: tuple[float, float, float]
    trained: bool | None
    updates: int | None
    converged: bool | None
    converts: bool | None
    training_accuracy: float | None
    training_loss: float | None
    task: str | None
    scaling_factor: float | None
    conversion: str | None
    spiking: SpikingAccuracy | None
    search_accuracy: float | None
    lesioned: int
    which_lesioned: str | None
    weight_changes: tuple[str, ...]
    suspicious: tuple[str, ...]

    __repr__ = short_repr

    def __str__(self) -> str:
        return in_words(self)


@check_arguments()
def model_info(model: AnyModel) -> ModelInfo:
    """Return facts about a model.

    Parameters
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package.

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
    model = rate_model("model", model)
    weights = model.effective_weights()
    decay = model.tau_decay()
    assert decay is not None
    connections = int(np.count_nonzero(weights))
    updates = _updates(model)
    losses, accuracies = tests_of_training(model)
    facts: dict[str, Any] = {
        "trained": _trained(model, updates),
        "converged": recorded_flag(model, "converged"),
        "converts": recorded_flag(model, "converts"),
        "training_accuracy": finite_last(accuracies),
        "training_loss": finite_last(losses),
        "task": recorded_text(model, "task"),
        "scaling_factor": recorded_scaling_factor(model),
        "spiking": recorded_accuracy(model),
    }
    search = search_accuracy(model, facts["scaling_factor"])
    return ModelInfo(
        file=model.source,
        n_units=model.n_units,
        n_inputs=model.n_inputs,
        n_outputs=model.n_outputs,
        populations={name: int(mask.sum()) for name, mask in model.populations.items()},
        dale=model.dale,
        activation=described(model.activation, model.activation_parameters),
        bias=model.bias is not None and bool(model.bias.any()),
        initial=model.initial is not None,
        step=model.step,
        form=model.form,
        spiking_version=recorded_text(model, "spiking_version") if is_of_training(model) else None,
        library_versions=recorded_text(model, "library_versions") if is_of_training(model) else None,
        imported=_imported(model),
        connections=connections,
        density=connections / weights.size,
        spectral_radius=_spectral_radius(weights),
        tau_range=model.tau_range,
        tau_decay=(float(decay.min()), float(np.median(decay)), float(decay.max())),
        updates=None if updates is None else int(updates),
        conversion=_matched_conversion(model),
        search_accuracy=None if search is None else search[0],
        lesioned=len(model.lesioned),
        which_lesioned=which_lesioned(model) or None,
        weight_changes=weights_changed(model),
        suspicious=possible_problems(
            model,
            weights,
            trained=facts["trained"],
            converged=facts["converged"],
            accuracy=facts["training_accuracy"],
            factor=facts["scaling_factor"],
            spiking=facts["spiking"],
            search=search,
        ),
        **facts,
    )


def _updates(model: RateModel) -> float | None:
    """Return the number of updates; the original trainer records the index of the last one, from 0."""
    updates, last = last_recorded(model, "updates"), last_recorded(model, "tr")
    return last + 1 if updates is None and last is not None else updates


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


def _imported(model: RateModel) -> str | None:
    text = recorded_text(model, "imported")
    try:
        origin = parsed(text or "null")
        taken = [f"{what} as {became}" for what, became in origin["taken"]]
        left = [f"not taken: {what}" for what in origin["left"]]
        return f"from {origin['framework']}: {'; '.join([*taken, *left])}"
    except UNUSABLE:
        return None


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
    except ArgumentError:  # reported by `possible_problems`
        return None
    return None if conversion is None or conversion.kind == "published" else str(conversion)

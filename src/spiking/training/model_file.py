"""The variables of a trained model's file, with what they record of the training."""

from __future__ import annotations

import dataclasses
import json
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

import spiking
from spiking.neuron.params import LIFParams
from spiking.rate_model.to_file import PUBLISHED_NOISE, unpublished
from spiking.rate_model.transfer import as_json
from spiking.tasks import Task
from spiking.tasks.parse_settings import recordable
from spiking.tasks.recorded.identity import identity
from spiking.tasks.recorded.record import TaskRecord
from spiking.training.options import Lif, TrainingOptions, options_for

if TYPE_CHECKING:
    from spiking.rate_model.model import RateModel
    from spiking.training.backpropagation import FrozenWeights, TrainedWeights


OWN_OPTIMIZER = "a transformation of Optax"


def origin(task: Task, *, seed: int, recipe: str = "default", **options: Any) -> dict[str, Any]:
    """Return what a model's file records of how it was trained; settings and options as JSON."""
    chosen = options_for(recipe, **options)
    if not isinstance(chosen.optimizer, str):
        chosen = dataclasses.replace(chosen, optimizer=OWN_OPTIMIZER)
    file = TaskRecord.of(task).file
    return {
        "task": task.name,
        "task_settings": recordable(task),
        **({} if file is None else {"task_file": file}),
        "task_identity": json.dumps(identity(task)),
        "seed": seed,
        "recipe": recipe,
        "training_options": json.dumps(dataclasses.asdict(chosen)),
        "spiking_version": spiking.__version__,
    }


def variables(
    weights: TrainedWeights,
    initial: TrainedWeights,
    fixed: FrozenWeights,
    options: TrainingOptions,
    origin: dict[str, Any],
    outcome: dict[str, Any],
    start: RateModel | None = None,
) -> dict[str, Any]:
    """Return all variables of the model's file.

    `origin` is that of the function of this name, with the history of training; `outcome` how it ended;
    `start` the model that training went on from.
    """
    inhibitory = np.asarray(fixed.signs) < 0
    n_units = inhibitory.size
    gain, curve = 1.0, dict[str, Any]()
    if options.lif is not None:
        gain, curve = options.lif.gain, _of_curve(options.lif, n_units)
    if options.noise * gain != PUBLISHED_NOISE:
        curve["noise_sd"] = options.noise * gain
    if start is not None:
        curve |= {**unpublished(start), "noise_sd": options.noise}
        curve.pop("weight_changes", None)  # of the weights that training started from
        if start.bias is not None:
            curve.pop("opt_scaling_factor", None)
    w, w0 = np.asarray(weights.w) * gain, np.asarray(initial.w) * gain
    return {
        "w": np.maximum(w, 0) if options.dale else w,
        "w0": w0,
        "m": np.diag(np.asarray(fixed.signs)),
        "som_m": np.asarray(fixed.som_m),
        "w_in": np.asarray(fixed.w_in) * gain,
        "w_out": np.asarray(weights.w_out),
        "b_out": np.asarray(weights.b_out).T,
        "N": n_units,
        "som_N": options.n_som,
        "exc": ~inhibitory[:, None],
        "inh": inhibitory[:, None],
        "taus": np.array(options.tau_steps),
        "taus_gaus": np.asarray(weights.taus_gaus)[:, None],
        "taus_gaus0": np.asarray(initial.taus_gaus)[:, None],
        "activation": options.activation,
        **curve,
        **origin,
        **outcome,
        "library_versions": library_versions(),
    }


def library_versions() -> str:
    """Return the versions of Python and of the libraries that train, in words."""
    libraries = (f"{name} {version(name.lower())}" for name in ("NumPy", "JAX", "Optax"))
    return ", ".join([f"Python {platform.python_version()}", *libraries])


def _of_curve(curve: Lif, n_units: int) -> dict[str, Any]:
    """Return what the file says of an f-I curve; the offset goes into bias and state."""
    values: dict[str, Any] = {"activation_parameters": as_json({"k": curve.factor, "params": curve.params})}
    if curve.offset:
        values |= dict.fromkeys(("b_rec", "initial_state"), np.full((n_units, 1), curve.offset))
    if curve.params == LIFParams() and not curve.offset:  # the published function can use it
        values["opt_scaling_factor"] = curve.factor
    return values

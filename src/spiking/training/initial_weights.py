"""The weights before training: drawn, as in Kim, Li & Sejnowski (2019), Methods, or those of a model."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from spiking.rate_model.model import RateModel
from spiking.rate_model.untrained import draw_arrays
from spiking.tasks import Task
from spiking.training.backpropagation import FrozenWeights, TrainedWeights
from spiking.training.options import Named, TrainingOptions
from spiking.typing import Mask


def draw_weights(
    task: Task,
    n_units: int,
    options: TrainingOptions,
    rng: np.random.Generator,
    connectivity: Mask | None = None,
) -> tuple[TrainedWeights, FrozenWeights]:
    """Return the weights to be trained, and those that stay as they are drawn."""
    drawn = draw_arrays(
        rng,
        n_units,
        task.n_inputs,
        task.n_outputs,
        gain=options.gain,
        p_inh=options.p_inh,
        p_rec=options.p_rec,
        n_som=options.n_som,
        dale=options.dale,
        w_dist=options.w_dist,
        connectivity=connectivity,
    )
    weights = TrainedWeights(
        w=_single(drawn.w),
        w_out=_single(drawn.w_out),
        b_out=_single(np.zeros(())),
        taus_gaus=_single(drawn.taus_gaus),
    )
    return weights, FrozenWeights(_single(drawn.w_in), _single(drawn.sign), _single(drawn.som_mask))


def weights_of(model: RateModel, connectivity: Mask | None = None) -> tuple[TrainedWeights, FrozenWeights]:
    """Return the weights of a model that training goes on from, and those that it leaves as they are."""
    allowed = 1.0 if connectivity is None else connectivity
    bias = model.output_bias
    spread = np.zeros(model.n_units) if model.taus_gaus is None else model.taus_gaus
    weights = TrainedWeights(
        w=_single(model.w * allowed),
        w_out=_single(model.w_out),
        b_out=_single(bias[0] if (bias == bias[0]).all() else bias[:, np.newaxis]),
        taus_gaus=_single(spread),
    )
    return weights, FrozenWeights(
        _single(model.w_in),
        _single(model.sign),
        _single(model.som_mask * allowed),
        None if model.bias is None else _single(model.bias),
        None if model.initial is None else _single(model.initial),
    )


def named_activation(model: RateModel) -> Named | None:
    """Return the activation of a model with its parameters; None for ``lif``, which the options describe."""
    assert model.activation is not None
    if model.activation == "lif":
        return None
    return Named(model.activation, tuple(model.activation_parameters.items()))


def _single(values: NDArray[np.float64]) -> Any:
    return jnp.asarray(np.asarray(values, dtype=np.float32))

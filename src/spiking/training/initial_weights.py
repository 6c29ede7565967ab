"""Draw the weights before training, as in Kim, Li & Sejnowski (2019), Methods."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from spiking.tasks import Task
from spiking.training.backpropagation import FrozenWeights, Weights
from spiking.training.options import TrainingOptions


def draw_weights(
    task: Task, n_units: int, options: TrainingOptions, rng: np.random.Generator
) -> tuple[Weights, FrozenWeights]:
    """Return the weights to be trained, and those that stay as they are drawn."""
    inhibitory = rng.random(n_units) < options.p_inh
    if not options.dale:
        inhibitory[:] = False
    som = np.flatnonzero(inhibitory)[: options.n_som]
    som_m = np.ones((n_units, n_units))
    som_m[np.ix_(som, inhibitory)] = 0
    if options.w_dist == "gamma":
        w = rng.gamma(2, 0.003, (n_units, n_units))
    else:
        w = rng.standard_normal((n_units, n_units))
        w *= options.gain / math.sqrt(n_units * options.p_rec) if options.p_rec else 0
    w *= rng.random((n_units, n_units)) < options.p_rec
    weights = Weights(
        w=_single(np.abs(w) if options.dale else w),
        w_out=_single(rng.standard_normal((task.n_outputs, n_units)) / 100),
        b_out=_single(np.zeros(())),
        taus_gaus=_single(rng.standard_normal(n_units)),
    )
    signs = np.where(inhibitory, -1.0, 1.0)
    return weights, FrozenWeights(
        _single(rng.standard_normal((n_units, task.n_inputs))), _single(signs), _single(som_m)
    )


def _single(values: NDArray[np.float64]) -> Any:
    return jnp.asarray(np.asarray(values, dtype=np.float32))

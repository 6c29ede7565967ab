"""Calibrate the offsets of all units: bring the mean field close to the rate network, by gradient."""

from __future__ import annotations

import numpy as np

from spiking.conversion.conversion import Conversion
from spiking.conversion.mean_field_comparison import MeanFieldComparison
from spiking.typing import Floats

_ITERATIONS = 40  # of L-BFGS


def calibrated_offsets(
    comparison: MeanFieldComparison, start: Conversion
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the offset of each unit in mV and of each output, optimised from those of another conversion."""
    from scipy.optimize import minimize

    n = len(start.unit_offsets)
    scale = np.concatenate([np.full(n, max(start.gain, 1.0)), np.ones(len(start.output_offsets))])

    def loss(scaled: Floats) -> tuple[float, Floats]:
        offsets = scale * scaled
        found = comparison.loss(start.gain, offsets[:n], offsets[n:], start.factor)
        return found.value, scale * np.concatenate([found.by_offset, found.by_output_offset])

    first = np.array([*start.unit_offsets, *start.output_offsets]) / scale
    best = minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS})
    offsets = scale * best.x
    return tuple(offsets[:n].tolist()), tuple(offsets[n:].tolist())

"""The transfer functions of rate units."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from spiking.typing import Floats


def sigmoid(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x))."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def _softplus(x: Floats) -> Floats:
    return np.clip(np.logaddexp(0.0, x), 0.0, 20.0)


def _clipped_relu(x: Floats) -> Floats:
    return np.clip(x, 0.0, 20.0)


ACTIVATIONS = MappingProxyType({"sigmoid": sigmoid, "softplus": _softplus, "clipped_relu": _clipped_relu})

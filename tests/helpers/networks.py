"""Networks for tests."""

import numpy as np
from scipy.sparse import csc_array

from spiking import LIFParams, SpikingNetwork


def random_network(
    n=20,
    *,
    seed=0,
    density=0.2,
    strength=1.0,
    n_inputs=1,
    n_outputs=1,
    tau_decay=None,
    sparse=False,
    offset=0.0,
    readout_bias=0.0,
    **params,
):
    """Random weights, 20 % of the units inhibitory and four times as strong, decays of 20 to 100 ms."""
    rng = np.random.default_rng(seed)
    inhibitory = rng.random(n) < 0.2
    weights = np.abs(rng.standard_normal((n, n))) * (rng.random((n, n)) < density)
    weights *= strength * np.where(inhibitory, -4.0, 1.0) / np.sqrt(n)
    decay = rng.uniform(20, 100, n) if tau_decay is None else np.broadcast_to(tau_decay, n).astype(float)
    return SpikingNetwork(
        weights=csc_array(weights) if sparse else weights,
        w_in=rng.standard_normal((n, n_inputs)),
        readout=rng.standard_normal((n_outputs, n)) / 100,
        tau_decay=decay.copy(),
        populations={
            "exc": ~inhibitory,
            "inh": inhibitory,
            "som": np.zeros(n, bool),
            "pv": inhibitory.copy(),
        },
        params=LIFParams(**params),
        scaling_factor=1.0,
        offset=np.asarray(offset),
        readout_bias=np.asarray(readout_bias),
    )


def pulse_input(columns=11, n_inputs=1):
    """One on the second quarter of the columns, else zero."""
    u = np.zeros((n_inputs, columns))
    u[:, columns // 4 : columns // 2] = 1
    return u

"""Model mappings for tests, with the keys and classes that the trainers write."""

import numpy as np


def model_mapping(n=20, *, n_inputs=1, n_outputs=1, dale=True, seed=0, **changes):
    """A small untrained model; `changes` replace variables, None removes one."""
    rng = np.random.default_rng(seed)
    inh = (np.arange(n) >= 0.8 * n) if dale else np.zeros(n, bool)
    w = (rng.standard_normal((n, n)) * (rng.random((n, n)) < 0.3) * 1.5 / np.sqrt(0.3 * n)).astype(np.float32)
    model = {
        "w": np.abs(w) if dale else w,
        "w0": np.abs(w) / 2 if dale else w / 2,
        "m": np.diag(np.where(inh, -1, 1)).astype(np.float32),
        "som_m": np.ones((n, n), np.float32),
        "w_in": rng.standard_normal((n, n_inputs)).astype(np.float32),
        "w_out": (rng.standard_normal((n_outputs, n)) / 10).astype(np.float32),
        "b_out": np.array([[0.1]], np.float32),
        "N": np.array([[n]]),
        "som_N": np.array([[0]]),
        "exc": (~inh)[:, None].astype(np.uint8),
        "inh": inh[:, None].astype(np.uint8),
        "taus": np.array([[4.0, 20.0]]),
        "taus_gaus": rng.standard_normal((n, 1)).astype(np.float32),
        "taus_gaus0": rng.standard_normal((n, 1)).astype(np.float32),
        "activation": np.array(["sigmoid"]),
        **changes,
    }
    return {key: value for key, value in model.items() if value is not None}

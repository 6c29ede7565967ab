"""A task of short trials, and a small model that solves it: rate network, and spiking for some factors."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spiking.tasks import Task


@dataclass(frozen=True)
class Cue(Task):
    """The output must be high while the input is (`go`), and low while it is negative (`nogo`)."""

    duration: float = 150.0
    score_from: float = 100.0

    name: ClassVar[str] = "cue"
    conditions: ClassVar = {"go": 1, "nogo": 0}
    n_inputs: ClassVar[int] = 1

    def trial(self, condition, rng):
        level = 2.0 + 0.3 * rng.standard_normal() if condition == "go" else -2.5
        return np.full((1, self.n_steps), level), np.full(self.n_steps, float(condition == "go"))


def cue_model(n=20, *, readout=1.0, seed=0, **changes):
    """No recurrence: the larger the factor, the weaker the output; too weak for `go`, too strong for `nogo`.

    The plateau moves in proportion to `readout`.
    """
    rng = np.random.default_rng(seed)
    model = {
        "w": np.zeros((n, n), np.float32),
        "w0": np.zeros((n, n), np.float32),
        "m": np.eye(n, dtype=np.float32),
        "som_m": np.ones((n, n), np.float32),
        "w_in": rng.uniform(0.8, 1.2, (n, 1)).astype(np.float32),
        "w_out": np.full((1, n), readout / n, np.float32),
        "b_out": np.array([[0.0]], np.float32),
        "N": np.array([[n]]),
        "som_N": np.array([[0]]),
        "exc": np.ones((n, 1), np.uint8),
        "inh": np.zeros((n, 1), np.uint8),
        "taus": np.array([[6.0]]),
        "activation": np.array(["sigmoid"]),
        **changes,
    }
    return {key: value for key, value in model.items() if value is not None}

"""Random numbers of a trial: explicit ones to replay, or streams derived from (seed, trial number)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RandomDraws:
    """All random numbers of one trial, to replay it exactly.

    Parameters
    ----------
    v0 : array, shape (N,)
        Uniform on [0, 1): the initial voltage is ``reset + (peak - reset) v0``, -65 + 95 v0 by default.
    noise : array, shape (steps, N)
        Standard normals; row i is the membrane noise of step i, multiplied by `LIFParams.noise`.
    coin : array, shape (steps,), optional
        Uniform on [0, 1); element i decides whether stimulation acts at step i. Only needed with
        stimulation.
    """

    v0: Floats
    noise: Floats
    coin: Floats | None = None

    @classmethod
    def from_seed(cls, seed: int, trial: int, *, n_neurons: int, n_steps: int) -> RandomDraws:
        """Return the very numbers that `simulate` uses for a trial of a seed.

        Parameters
        ----------
        seed, trial : int
            As given to `simulate`; not negative.
        n_neurons, n_steps : int
            Size of the network and length of the trial.
        """
        from spiking.kernel import fill_normals

        normals = np.empty(n_steps * n_neurons, np.float32)
        fill_normals(noise_lanes(seed, trial), normals)
        return cls(
            v0=initial_uniforms(seed, trial, n_neurons),
            noise=normals.astype(np.float64).reshape(n_steps, n_neurons),
            coin=coin_uniforms(seed, trial, n_steps),
        )


# Every purpose has a stream of its own: a longer trial or an added stimulation changes no other number.
_NOISE, _VOLTAGE, _COIN = range(3)


def _sequence(seed: int, trial: int, purpose: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(trial, purpose))


def noise_lanes(seed: int, trial: int) -> NDArray[np.uint32]:
    """State of the generators of a trial's membrane noise, shape (4, 256)."""
    words = _sequence(seed, trial, _NOISE).generate_state(1024)
    return words.astype(np.uint32).reshape(4, 256)


def initial_uniforms(seed: int, trial: int, n_neurons: int) -> Floats:
    """Uniform numbers behind the initial voltages, shape (N,)."""
    return np.random.default_rng(_sequence(seed, trial, _VOLTAGE)).random(n_neurons)


def coin_uniforms(seed: int, trial: int, n_steps: int) -> Floats:
    """Uniform numbers that switch stimulation on at a step, shape (steps,)."""
    return np.random.default_rng(_sequence(seed, trial, _COIN)).random(n_steps)

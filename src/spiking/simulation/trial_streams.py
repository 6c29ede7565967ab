"""The streams of random numbers of a trial, derived from (seed, trial number): one for each purpose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spiking.typing import Floats

# Each purpose has its own stream, so a longer trial or another stimulation changes no other number.
_NOISE, _VOLTAGE, _COIN, _INPUT = range(4)


def _sequence(seed: int, trial: int, *purpose: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(trial, *purpose))


def noise_lanes(seed: int, trial: int) -> NDArray[np.uint32]:
    """Return the state of the generators of a trial's membrane noise, shape (4, 256)."""
    words = _sequence(seed, trial, _NOISE).generate_state(1024)
    return words.astype(np.uint32).reshape(4, 256)


def initial_uniforms(seed: int, trial: int, n_neurons: int) -> Floats:
    """Return the uniform numbers of the initial voltages, shape (N,)."""
    return np.random.default_rng(_sequence(seed, trial, _VOLTAGE)).random(n_neurons)


def coin_uniforms(
    seed: int, trial: int, n_steps: int, position: int = 0, coins: int = 1, first: int = 0
) -> Floats:
    """Return the uniform numbers that decide at which steps a stimulation acts.

    Parameters
    ----------
    seed, trial : int
    n_steps : int
        Number of steps.
    position : int
        Position of the stimulation among those of the trial, from 0.
    coins : int
        Numbers per step.
    first : int
        The first of the steps; the numbers of earlier steps are skipped.

    Returns
    -------
    array, shape (n_steps,) or, for more than one coin a step, (n_steps, coins)
    """
    if coins > 1:
        return coin_words(seed, trial, n_steps, position, coins, first) * np.float64(2.0**-32)
    return np.random.Generator(_coin_stream(seed, trial, position, first)).random(n_steps)


def coin_words(
    seed: int, trial: int, n_steps: int, position: int, coins: int, first: int
) -> NDArray[np.uint32]:
    """Return the 32-bit words behind `coin_uniforms` for several coins per step, shape (n_steps, coins)."""
    pairs = (coins + 1) // 2
    words = _coin_stream(seed, trial, position, first * pairs).random_raw(n_steps * pairs)
    return words.view(np.uint32).reshape(n_steps, 2 * pairs)[:, :coins]


def _coin_stream(seed: int, trial: int, position: int, skipped: int) -> np.random.PCG64:
    purpose = (_COIN, position) if position else (_COIN,)
    return np.random.PCG64(_sequence(seed, trial, *purpose)).advance(skipped)


def input_normals(seed: int, trial: int, shape: tuple[int, int]) -> Floats:
    """Return the standard normal numbers of the noise on inputs, shape (columns, n_inputs)."""
    return np.random.default_rng(_sequence(seed, trial, _INPUT)).standard_normal(shape)


def normals(seed: int, trial: int, n_neurons: int, n_steps: int) -> NDArray[np.float32]:
    """Draw the standard normals of a trial's membrane noise, shape (n_steps, n_neurons)."""
    from spiking.simulation.kernel.standard_normals import fill_normals

    drawn = np.empty(n_steps * n_neurons, np.float32)
    fill_normals(noise_lanes(seed, trial), drawn)
    return drawn.reshape(n_steps, n_neurons)

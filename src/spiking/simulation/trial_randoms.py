"""The numbers that make one trial differ from another, as the kernel takes them: replayed, or from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking.errors import ArgumentError
from spiking.simulation.actions import Action
from spiking.simulation.random_numbers import (
    RandomDraws,
    coin_uniforms,
    coin_words,
    initial_uniforms,
    input_normals,
    noise_lanes,
)

Floats = NDArray[np.float64]
Hits = NDArray[np.bool_] | None

_NO_LANES = np.empty((4, 0), np.uint32)
_ROWS = 1000  # steps whose coins are held at once, where there is one for each unit


class TrialNumbers(NamedTuple):
    """Numbers of one trial.

    Attributes
    ----------
    lanes : array, shape (4, 256)
        State of the noise's generators; (4, 0) if the noise is given.
    v0 : array, shape (N,)
        Uniform on [0, 1).
    noise : array of float32 or float64, shape (steps, N)
        Given noise; (0, 0) if it is generated.
    hits : list of array of bool, shape (steps,) or (steps, N), or None
        For each action whether it acts at the steps from its first to its last, on all of its units or on
        each of the N neurons; None: always.
    input_noise : array, shape (columns, n_inputs), or None
        Standard normals.
    """

    lanes: NDArray[np.uint32]
    v0: Floats
    noise: Floats | NDArray[np.float32]
    hits: list[Hits]
    input_noise: Floats | None


def seeded_numbers(
    seed: int,
    trial: int,
    n: int,
    acting: Sequence[Action],
    input_shape: tuple[int, int] | None,
    noise: NDArray[np.float32] | None = None,
) -> TrialNumbers:
    """Return the numbers of a trial of a seed; `input_shape`: (columns, n_inputs) if inputs have noise.

    `noise` is the noise of this very trial, if it has been drawn already.
    """
    return TrialNumbers(
        lanes=noise_lanes(seed, trial) if noise is None else _NO_LANES,
        v0=initial_uniforms(seed, trial, n),
        noise=np.empty((0, 0), np.float32) if noise is None else noise,
        hits=[_seeded_hits(seed, trial, n, position, action) for position, action in enumerate(acting)],
        input_noise=None if input_shape is None else input_normals(seed, trial, input_shape),
    )


def _seeded_hits(seed: int, trial: int, n: int, position: int, action: Action) -> Hits:
    first, last, coins = action.first, action.last, action.coins
    if not coins:
        return None
    if coins == 1:
        return coin_uniforms(seed, trial, last - first, position, 1, first) < action.probability
    # Whole numbers below this are those below p 2^32.
    below = np.uint32(min(np.ceil(action.probability * 2.0**32), 2.0**32 - 1))
    every = np.array_equal(action.units, np.arange(n))
    hits = np.zeros((last - first, n), np.bool_)
    for start in range(first, last, _ROWS):
        rows = min(_ROWS, last - start)
        thrown = coin_words(seed, trial, rows, position, coins, start) < below
        here = hits[start - first : start - first + rows]
        if every:
            here[:] = thrown  # much faster than by index
        else:
            here[:, action.units] = thrown
    return hits


def replayed_numbers(draw: RandomDraws, acting: Sequence[Action]) -> TrialNumbers:
    """Return the numbers of explicit draws, checked by `check_draw`."""
    hits: list[Hits] = [None] * len(acting)
    for position, (action, coin) in enumerate(zip(acting, draw.coins(len(acting)), strict=True)):
        if action.coins:
            own = np.asarray(coin)[action.first : action.last] < action.probability
            if own.ndim == 2:
                own, chosen = np.zeros((len(own), draw.v0.size), np.bool_), own
                own[:, action.units] = chosen
            hits[position] = own
    return TrialNumbers(
        lanes=_NO_LANES,
        v0=np.ascontiguousarray(draw.v0, np.float64),
        noise=np.asarray(draw.noise, np.float64),
        hits=hits,
        input_noise=draw.input_noise,
    )


def check_draw(
    draw: RandomDraws,
    n: int,
    n_steps: int,
    acting: Sequence[Action],
    input_shape: tuple[int, int] | None,
) -> None:
    """Raise ArgumentError unless draws have the shapes that a trial needs."""
    needed: list[tuple[str, Floats | None, tuple[int, ...]]] = [
        ("v0", draw.v0, (n,)),
        ("noise", draw.noise, (n_steps, n)),
    ]
    for action, coin in zip(acting, draw.coins(len(acting)), strict=True):
        if action.coins:
            per_unit = () if action.coins == 1 else (action.coins,)
            needed.append(("coin", coin, (n_steps, *per_unit)))
    if input_shape is not None:
        needed.append(("input_noise", draw.input_noise, input_shape))
    for name, array, shape in needed:
        found = None if array is None else np.shape(array)
        if found != shape:
            raise ArgumentError(f"draws.{name} has shape {found}; expected {shape}")

"""The random numbers that a trial uses: drawn from its streams, given explicitly, or shared by networks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, numeric_array, readable
from spiking.errors import ArgumentError
from spiking.short_repr import part, short_repr
from spiking.simulation.resolved_stimulation import ResolvedStimulation
from spiking.simulation.trial_streams import (
    coin_uniforms,
    coin_words,
    initial_uniforms,
    input_normals,
    noise_lanes,
    normals,
)
from spiking.typing import Floats

_MOST_BYTES = 2 * 2**30  # of the numbers of a trial


@dataclass(frozen=True, eq=False)
class RandomDraws:
    """All random numbers of one trial, to replay it exactly.

    Parameters
    ----------
    v0 : array, shape (N,)
        Uniform on [0, 1): the initial voltage is ``reset + (peak - reset) v0``, -65 + 95 v0 by default.
    noise : array, shape (steps, N)
        Standard normals; row i is the membrane noise of step i, multiplied by `LIFParams.noise`.
    coin : array, shape (steps,) or (steps, units), or tuple of arrays, optional
        Uniform on [0, 1); element i decides whether stimulation acts at step i, or element (i, q) for its
        unit q (of several). A tuple has one for each of several stimulations, None where none is needed.
        Only needed where a probability is below 1.
    input_noise : array, shape (columns, n_inputs), optional
        Standard normals; row k is the noise of the inputs' column k (of those that are kept). Only needed
        with noise on inputs.

    Examples
    --------
    >>> from spiking import RandomDraws, SpikingNetwork, datasets, simulate, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> u = tasks.get("go-nogo").trials(1, seed=1).spiking_inputs[0]
    >>> draws = RandomDraws.from_seed(1, trial=0, n_neurons=200, n_steps=20_000)
    >>> replayed, seeded = simulate(network, u, draws=draws), simulate(network, u, seed=1)
    >>> bool((replayed.rates == seeded.rates).all())
    True
    """

    v0: Floats
    noise: Floats
    coin: Floats | tuple[Floats | None, ...] | None = None
    input_noise: Floats | None = None

    __repr__ = short_repr

    def __post_init__(self) -> None:
        def array(name: str, value: object) -> object:
            return None if value is None else numeric_array(name, value, "an array of numbers")

        for name in ("v0", "noise", "input_noise"):
            object.__setattr__(self, name, array(name, getattr(self, name)))
        coins = readable("coin", self.coin)
        coin = tuple(array("coin", c) for c in coins) if isinstance(coins, tuple) else array("coin", coins)
        object.__setattr__(self, "coin", coin)

    @check_arguments(count=at_least(0))
    def coins(self, count: int) -> tuple[Floats | None, ...]:
        """Return the coins of `count` stimulations, None where there are none."""
        given = self.coin if isinstance(self.coin, tuple) else (self.coin,)
        return (*given, *[None] * count)[:count]

    @classmethod
    @check_arguments(n_neurons=at_least(1), n_steps=at_least(0))
    def from_seed(
        cls,
        seed: int,
        trial: int,
        *,
        n_neurons: int,
        n_steps: int,
        coins: tuple[int, ...] = (1,),
        input_shape: tuple[int, int] | None = None,
    ) -> RandomDraws:
        """Return the numbers that `simulate` uses for a trial of a seed.

        Parameters
        ----------
        seed, trial : int
            As given to `simulate`; not negative.
        n_neurons, n_steps : int
            Size of the network and length of the trial.
        coins : tuple of int
            For each stimulation the number of coins per step: 1, or with ``coin="unit"`` one for each of its
            units; 0 if it always acts.
        input_shape : (int, int), optional
            (columns, n_inputs) of the inputs that are kept, if there is noise on inputs.

        Raises
        ------
        ArgumentError
            An argument is wrong, or the numbers take more than 2 GiB.
        """
        _check_amount(n_neurons=n_neurons, n_steps=n_steps)
        for count in coins:
            _check_amount(coins=count, n_steps=n_steps)
        if input_shape is not None:
            _check_amount(columns=input_shape[0], n_inputs=input_shape[1])
        all_coins = tuple(
            coin_uniforms(seed, trial, n_steps, k, count) if count else None for k, count in enumerate(coins)
        )
        return cls(
            v0=initial_uniforms(seed, trial, n_neurons),
            noise=normals(seed, trial, n_neurons, n_steps).astype(np.float64),
            coin=all_coins[0] if len(all_coins) == 1 else all_coins,
            input_noise=None if input_shape is None else input_normals(seed, trial, input_shape),
        )


@check_arguments()
class SharedNoise:
    """Membrane noise of the trials of a seed, drawn once for several networks.

    `simulate` draws the noise of a trial again for every network, which takes a third of its time. With the
    same `SharedNoise`, the noise is drawn once and stored, 4 bytes per neuron and step; spikes are the same.
    To save memory, run one or two trials with all networks before the next trials.

    Parameters
    ----------
    seed : int
        The seed of the simulations.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, simulate, tasks
    >>> from spiking.simulation import SharedNoise
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> u, noise = tasks.get("go-nogo").trials(1, seed=1).spiking_inputs[0], SharedNoise(1)
    >>> runs = [simulate(net, u, seed=1, shared_noise=noise) for net in (network, network.lesion([3]))]
    >>> len(runs)
    2
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._drawn: dict[tuple[int, int, int], NDArray[np.float32]] = {}

    def __repr__(self) -> str:
        return f"SharedNoise(seed={part(self.seed)}, {len(self._drawn)} trials drawn)"

    @check_arguments(n_neurons=at_least(1), n_steps=at_least(1))
    def of(self, trial: int, n_neurons: int, n_steps: int) -> NDArray[np.float32]:
        """Return the standard normals of a trial, shape (n_steps, n_neurons)."""
        _check_amount(n_neurons=n_neurons, n_steps=n_steps)
        key = (trial, n_neurons, n_steps)
        if key not in self._drawn:
            self._drawn[key] = normals(self.seed, trial, n_neurons, n_steps)
        return self._drawn[key]


def _check_amount(**counts: int) -> None:
    """Raise ArgumentError if so many random numbers, the product of these, take more than `_MOST_BYTES`."""
    n_bytes = 8 * math.prod(counts.values())
    if n_bytes > _MOST_BYTES:
        given = " and ".join(f"{name} is {count}" for name, count in counts.items())
        raise ArgumentError(
            f"{given}, which are {n_bytes / 2**30:.3g} GiB of random numbers; expected at most "
            f"{_MOST_BYTES / 2**30:g} GiB: take fewer, or simulate with a seed, which keeps none"
        )


Hits = NDArray[np.bool_] | None

_NO_LANES = np.empty((4, 0), np.uint32)
_ROWS = 1000  # steps whose coins are in memory at once, if each unit has one


class TrialRandoms(NamedTuple):
    """Random numbers of one trial.

    Attributes
    ----------
    lanes : array, shape (4, 256)
        State of the noise's generators; (4, 0) if the noise is given.
    v0 : array, shape (N,)
        Uniform on [0, 1).
    noise : array of float32 or float64, shape (steps, N)
        Given noise; (0, 0) if it is generated.
    hits : list of array of bool, shape (steps,) or (steps, N), or None
        For each stimulation whether it acts at the steps from its first to its last, on all of its units or
        on each of the N neurons; None: always.
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
    stimulations: Sequence[ResolvedStimulation],
    input_shape: tuple[int, int] | None,
    noise: NDArray[np.float32] | None = None,
) -> TrialRandoms:
    """Return the random numbers of a trial; `input_shape` is (columns, n_inputs) if inputs have noise.

    `noise` is the noise of this trial, if it has been drawn already.
    """
    return TrialRandoms(
        lanes=noise_lanes(seed, trial) if noise is None else _NO_LANES,
        v0=initial_uniforms(seed, trial, n),
        noise=np.empty((0, 0), np.float32) if noise is None else noise,
        hits=[_seeded_hits(seed, trial, n, position, item) for position, item in enumerate(stimulations)],
        input_noise=None if input_shape is None else input_normals(seed, trial, input_shape),
    )


def _seeded_hits(seed: int, trial: int, n: int, position: int, item: ResolvedStimulation) -> Hits:
    first, last, coins = item.first, item.last, item.coins
    if not coins:
        return None
    if coins == 1:
        return coin_uniforms(seed, trial, last - first, position, 1, first) < item.probability
    # Whole numbers below this are those below p 2^32.
    below = np.uint32(min(np.ceil(item.probability * 2.0**32), 2.0**32 - 1))
    every = np.array_equal(item.units, np.arange(n))
    hits = np.zeros((last - first, n), np.bool_)
    for start in range(first, last, _ROWS):
        rows = min(_ROWS, last - start)
        acts = coin_words(seed, trial, rows, position, coins, start) < below
        here = hits[start - first : start - first + rows]
        if every:
            here[:] = acts  # much faster than by index
        else:
            here[:, item.units] = acts
    return hits


def replayed_numbers(draw: RandomDraws, stimulations: Sequence[ResolvedStimulation]) -> TrialRandoms:
    """Return the random numbers of explicit draws, which `check_draw` has checked."""
    hits: list[Hits] = [None] * len(stimulations)
    for position, (item, coin) in enumerate(zip(stimulations, draw.coins(len(stimulations)), strict=True)):
        if item.coins:
            acts = np.asarray(coin)[item.first : item.last] < item.probability
            if acts.ndim == 2:
                of_units, acts = acts, np.zeros((len(acts), draw.v0.size), np.bool_)
                acts[:, item.units] = of_units
            hits[position] = acts
    return TrialRandoms(
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
    stimulations: Sequence[ResolvedStimulation],
    input_shape: tuple[int, int] | None,
) -> None:
    """Raise ArgumentError unless draws have the shapes that a trial needs."""
    needed: list[tuple[str, Floats | None, tuple[int, ...]]] = [
        ("v0", draw.v0, (n,)),
        ("noise", draw.noise, (n_steps, n)),
    ]
    for item, coin in zip(stimulations, draw.coins(len(stimulations)), strict=True):
        if item.coins:
            per_unit = () if item.coins == 1 else (item.coins,)
            needed.append(("coin", coin, (n_steps, *per_unit)))
    if input_shape is not None:
        needed.append(("input_noise", draw.input_noise, input_shape))
    for name, array, shape in needed:
        actual = None if array is None else np.shape(array)
        if actual != shape:
            raise ArgumentError(f"draws.{name} has shape {actual}; expected {shape}")

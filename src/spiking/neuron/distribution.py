"""Constants that are drawn from a distribution, a number for each neuron."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.checks import at_least, not_negative
from spiking.errors import ArgumentError
from spiking.random_streams import CONSTANTS_STREAM
from spiking.short_repr import short_repr
from spiking.typing import Floats


@check_arguments(sd=not_negative)
@dataclass(frozen=True)
class Distribution:
    """A constant that differs between neurons: ``LIFParams(threshold=Distribution(-40.0, 2.0))``.

    Parameters
    ----------
    mean, sd : float
        Mean and standard deviation of the values, in the unit of the constant.
    shape : {"normal", "lognormal", "uniform"}
        Lognormal values are all above 0, which time constants must be; ``uniform`` values are within
        ``sqrt(3) sd`` of the mean.
    seed : int
        The value of a neuron depends on the seed, the constant and the neuron's number only. For one seed a
        larger `sd` moves all values away from the mean by the same factor (lognormal: of their logarithms),
        and two constants are independent of each other.

    Raises
    ------
    ArgumentError
        `sd` is negative, or the mean of lognormal values is not above 0.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets
    >>> from spiking.neuron import Distribution
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> network.with_params(threshold=Distribution(-40.0, 2.0)).constants.threshold.shape
    (200,)
    """

    mean: float
    sd: float
    shape: Literal["normal", "lognormal", "uniform"] = "normal"
    seed: int = 1

    __repr__ = short_repr

    def __post_init__(self) -> None:
        if self.shape == "lognormal" and self.mean <= 0:
            raise ArgumentError(f"mean is {self.mean:g} with lognormal values; expected a number above 0")

    @check_arguments(n_neurons=at_least(1))
    def values(self, constant: str, n_neurons: int) -> Floats:
        """Return the values of all neurons of a network, shape (N,), for the name of a constant."""
        entropy = np.random.SeedSequence(
            self.seed, spawn_key=(CONSTANTS_STREAM, zlib.crc32(constant.encode()))
        )
        generator = np.random.default_rng(entropy)
        if self.shape == "uniform":
            return np.asarray(self.mean + self.sd * np.sqrt(12) * (generator.random(n_neurons) - 0.5))
        deviates = generator.standard_normal(n_neurons)
        if self.shape == "normal":
            return self.mean + self.sd * deviates
        log_sd = np.sqrt(np.log1p((self.sd / self.mean) ** 2))
        return np.asarray(self.mean * np.exp(log_sd * deviates - log_sd**2 / 2))

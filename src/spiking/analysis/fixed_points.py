"""Fixed points of a network: their properties, and their distances from those of another network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr
from spiking.typing import Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class FixedPoint:
    """A state at which a network stays, in the units of the rate network.

    Attributes
    ----------
    currents : array, shape (N,)
        x, what the transfer function is applied to: the state of a rate network in the current form.
    rates : array, shape (N,)
        r, the state of a rate network in the rate form; of a spiking network the rates over the scaling
        factor.
    output : array, shape (n_outputs,)
    speed : float
        Half the squared norm of the derivative of the state by time in seconds (q of Sussillo & Barak).
    eigenvalues : array of complex, shape (N,)
        Of the Jacobian, in 1/s, by descending real part.
    n_starts : int
        Number of starting states from which the point was found.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> point = analysis.fixed_points(datasets.load("go-nogo"), task="go-nogo")[0]
    >>> point.stable, point.currents.shape
    (True, (200,))
    """

    currents: Floats
    rates: Floats
    output: Floats
    speed: float
    eigenvalues: NDArray[np.complex128]
    n_starts: int

    __repr__ = short_repr

    @property
    def stable(self) -> bool:
        """Whether small deviations decay: no eigenvalue has a real part of 0 or more."""
        return bool(self.eigenvalues[0].real < 0)

    @property
    def n_unstable(self) -> int:
        """Number of eigenvalues with a positive real part; 1 for a saddle between two stable points."""
        return int(np.count_nonzero(self.eigenvalues.real > 0))


@dataclass(frozen=True, kw_only=True)
class FixedPointPair:
    """A fixed point of one network and the nearest one of another.

    Attributes
    ----------
    first, second : int
        Their positions in the two `FixedPoints`.
    output : float
        Euclidean distance of the outputs.
    currents, rates : float
        Root mean square difference over units, in the units of the rate network.
    mutual : bool
        Whether the first is also the nearest of the second. A point without a counterpart in the other
        network is usually in no mutual pair.

    Examples
    --------
    >>> from spiking.analysis import FixedPointPair
    >>> FixedPointPair(first=0, second=1, output=0.1, currents=0.2, rates=0.05, mutual=True).output
    0.1
    """

    first: int
    second: int
    output: float
    currents: float
    rates: float
    mutual: bool

    __repr__ = short_repr


@dataclass(frozen=True, eq=False, kw_only=True)
class FixedPoints:
    """The fixed points that were found: a sequence of `FixedPoint`, stable ones first, then by output.

    Attributes
    ----------
    points : tuple of FixedPoint
    inputs : array, shape (n_inputs,)
        The constant inputs.
    n_starts : int
        Number of starting states, whether or not a point was found from them.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> points = analysis.fixed_points(datasets.load("go-nogo"), task="go-nogo")
    >>> len(points.stable), points.outputs.shape == (len(points), 1)
    (2, True)
    """

    points: tuple[FixedPoint, ...]
    inputs: Floats
    n_starts: int

    __repr__ = short_repr

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[FixedPoint]:
        return iter(self.points)

    def __getitem__(self, index: int) -> FixedPoint:
        return self.points[index]

    @property
    def stable(self) -> tuple[FixedPoint, ...]:
        """The stable points."""
        return tuple(point for point in self.points if point.stable)

    @property
    def outputs(self) -> Floats:
        """Outputs, shape (points, n_outputs)."""
        return np.array([point.output for point in self.points])

    @property
    def currents(self) -> Floats:
        """Currents, shape (points, N)."""
        return np.array([point.currents for point in self.points])

    @property
    def rates(self) -> Floats:
        """Rates, shape (points, N)."""
        return np.array([point.rates for point in self.points])

    @check_arguments()
    def distances(self, other: FixedPoints) -> tuple[FixedPointPair, ...]:
        """Return, for each point, the nearest one of another network: that with the most similar rates.

        Stable points are compared with stable ones, and unstable with unstable ones; points are left out if
        the other network has none of their kind.

        Parameters
        ----------
        other : FixedPoints
            Of a network whose units correspond, such as the spiking network made from a rate network.

        Raises
        ------
        ArgumentError
            The other network has another number of units or outputs, or no fixed point was found in one.

        Examples
        --------
        >>> from spiking import SpikingNetwork, analysis, datasets
        >>> model = datasets.load("go-nogo")
        >>> rate = analysis.fixed_points(model, task="go-nogo")
        >>> spiking = analysis.fixed_points(SpikingNetwork.from_rate(model), task="go-nogo")
        >>> [pair.mutual for pair in rate.distances(spiking)][:2]
        [True, True]
        """
        if not self.points or not other.points:
            raise ArgumentError(f"there are {len(self)} and {len(other)} points; expected at least one each")
        for name in ("rates", "output"):
            sizes = [getattr(points[0], name).size for points in (self, other)]
            if sizes[0] != sizes[1]:
                raise ArgumentError(
                    f"other has {sizes[1]} {name}; expected {sizes[0]}, points of a network whose units "
                    f"correspond"
                )
        between = self.rates[:, np.newaxis] - other.rates
        distance = np.sqrt(np.mean(between**2, axis=-1))
        alike = np.array([[point.stable == its.stable for its in other] for point in self])
        distance[~alike] = np.inf
        nearest, back = distance.argmin(axis=1), distance.argmin(axis=0)
        return tuple(
            FixedPointPair(
                first=i,
                second=int(j),
                output=float(np.linalg.norm(self[i].output - other[j].output)),
                currents=float(np.sqrt(np.mean((self[i].currents - other[j].currents) ** 2))),
                rates=float(distance[i, j]),
                mutual=bool(back[j] == i),
            )
            for i, j in enumerate(nearest)
            if alike[i].any()
        )

    def __str__(self) -> str:
        lines = [
            f"{len(self)} fixed points, {len(self.stable)} stable (from {self.n_starts} starting states)",
            "stability  output      speed  largest eigenvalue (1/s)  unstable directions  starts",
        ]
        for point in self.points:
            output = ", ".join(f"{value:.3f}" for value in point.output)
            largest = point.eigenvalues[0]
            value = f"{largest.real:.2f}" + (f" +- {abs(largest.imag):.2f}i" if largest.imag else "")
            lines.append(
                f"{'stable' if point.stable else 'unstable':8} {output:>8}  {point.speed:9.1e}  "
                f"{value:>24}  {point.n_unstable:19}  {point.n_starts:6}"
            )
        return "\n".join(lines)

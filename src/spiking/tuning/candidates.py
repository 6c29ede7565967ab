"""Candidate scaling factors: the published grid, and its extensions.

The search ``auto`` takes its range and step, and chooses its own candidates in `racing.py`; a matched search
does so in `matched.py`. Training tests networks on the same grid (`training/conversion_test.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from spiking.checks import not_negative, positive_number, real_numbers, shown
from spiking.errors import ArgumentError
from spiking.rate_model.model import RateModel
from spiking.tuning.plateau import Bits, plateau
from spiking.tuning.racing import Run


@dataclass(frozen=True)
class Grid:
    """Candidates in ascending order."""

    factors: tuple[float, ...]

    @property
    def step(self) -> float:
        """Mean distance between neighbours; of a single candidate, its value."""
        steps = len(self.factors) - 1
        return (self.factors[-1] - self.factors[0]) / steps if steps else self.factors[0]

    @property
    def highest(self) -> float:
        """Upper limit of a search: twice the highest candidate."""
        return 2 * self.factors[-1]


def published_grid(model: RateModel) -> Grid:
    """Return the published candidates: 20, 25, ..., 75, or 4, 6, ..., 26 where rates have no limit of 1."""
    bounded = model.activation in ("sigmoid", "tanh", "retanh")
    factors = range(20, 80, 5) if bounded else range(4, 28, 2)
    return Grid(tuple(float(factor) for factor in factors))


def checked_grid(candidates: object) -> Grid:
    """Return the user's candidates in ascending order.

    Raises
    ------
    ArgumentError
        There are none, or one is not a number above 0.
    """
    factors = _numbers("candidates", candidates, "numbers above 0")
    return Grid(tuple(sorted({positive_number("candidates", factor) for factor in factors})))


def checked_noises(noises: object) -> tuple[float, ...]:
    """Return the user's strengths of the membrane's noise in ascending order.

    Raises
    ------
    ArgumentError
        There are none, or one is not a number from 0.
    """
    given = _numbers("noises", noises, "numbers from 0, in mV a step")
    return tuple(sorted({not_negative("noises", noise) for noise in given}))


def _numbers(name: str, values: object, expected: str) -> list[float]:
    numbers: list[float] = real_numbers(name, values, expected).ravel().tolist()
    if not numbers:
        raise ArgumentError(f"{name} is {shown(values)}; expected {expected}")
    return numbers


def run_grid(run: Run, grid: Grid, trials: int, *, extend: bool) -> Bits:
    """Run all candidates; as long as the plateau reaches an edge of the range, add candidates beyond it."""
    bits = dict(run(dict.fromkeys(grid.factors, trials)))
    while extend:
        tied = plateau(bits)
        beyond = []
        if tied[0] == min(bits) and tied[0] - grid.step > 0:
            beyond.append(tied[0] - grid.step)
        if tied[-1] == max(bits) and tied[-1] + grid.step <= grid.highest:
            beyond.append(tied[-1] + grid.step)
        if not beyond:
            break
        bits |= run(dict.fromkeys(beyond, trials))
    return bits

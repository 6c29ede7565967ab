"""The f-I curve as a smooth table on a regular grid, for rate units that are trained with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from spiking.neuron.f_i import fi_curve, isolated
from spiking.neuron.params import LIFParams
from spiking.typing import Floats

_POINTS = 2**14


@dataclass(frozen=True, eq=False)
class FITable:
    """Rates and slopes of an f-I curve at currents ``low + i spacing``; call it to interpolate the rates.

    Attributes
    ----------
    low, spacing : float
        The first current and the distance of two, in mV.
    rate : array, shape (points,)
        Rates in Hz: interpolated linearly, and constant beyond the first and the last point.
    slope : array, shape (points,)
        Derivatives of the curve in Hz/mV; 0 at the first and the last point.
    """

    low: float
    spacing: float
    rate: Floats
    slope: Floats

    def __call__(self, current: ArrayLike) -> Floats:
        """Return rates in Hz at currents in mV, as an array of the same shape."""
        place = (np.asarray(current, np.float64) - self.low) / self.spacing
        return np.interp(place, np.arange(float(self.rate.size)), self.rate)

    def slope_at(self, current: ArrayLike) -> Floats:
        """Return slopes in Hz/mV at currents in mV, as an array of the same shape; 0 beyond the ends."""
        place = (np.asarray(current, np.float64) - self.low) / self.spacing
        return np.interp(place, np.arange(float(self.slope.size)), self.slope)

    def with_slope(self, current: Floats) -> tuple[Floats, Floats]:
        """Return the rates in Hz and their exact derivatives in Hz/mV; faster than `__call__`."""
        place = np.clip((current - self.low) / self.spacing, 0.0, self.rate.size - 1.000001)
        left = place.astype(np.intp)
        slope = self.rate[left + 1] - self.rate[left]
        rate = self.rate[left] + (place - left) * slope
        inside = (place > 0.0) & (place < self.rate.size - 1.000001)
        return rate, np.where(inside, slope / self.spacing, 0.0)


@lru_cache(maxsize=8)
def _table(params: LIFParams, downsample: int) -> FITable:
    from scipy.interpolate import PchipInterpolator

    curve = fi_curve(params, downsample=downsample)
    currents, spacing = np.linspace(curve.current[0], curve.current[-1], _POINTS, retstep=True)
    smooth = PchipInterpolator(curve.current, curve.rate)  # keeps a rising curve rising
    rate, slope = smooth(currents), smooth(currents, 1)
    slope[[0, -1]] = 0.0
    for array in (rate, slope):
        array.setflags(write=False)
    return FITable(float(curve.current[0]), float(spacing), rate, slope)


def fi_table(params: LIFParams | None = None, *, downsample: int = 1) -> FITable:
    """Return the f-I curve of `fi_curve` on a regular grid; the last 8 results are cached."""
    return _table(isolated(params or LIFParams()), downsample)

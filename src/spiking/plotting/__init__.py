"""Figures of simulations: rasters by population, outputs by condition, and both for a whole task.

Functions that draw into axes take `ax` and return it; none saves or shows a figure or changes Matplotlib's
settings. Colours are those of Okabe and Ito (of Tol for the fourth condition), which colour-blind readers can
tell apart.
"""

from spiking.plotting.overview import overview
from spiking.plotting.raster import raster
from spiking.plotting.scaling_factor import scaling_factor
from spiking.plotting.sweep import sweep
from spiking.plotting.traces import inputs, output, shade_stimulus
from spiking.plotting.training_curve import training_curve

__all__ = [
    "inputs",
    "output",
    "overview",
    "raster",
    "scaling_factor",
    "shade_stimulus",
    "sweep",
    "training_curve",
]

"""Run a task at every point of a grid of changed networks, and measure f-I curves by simulation."""

from spiking.experiments.curves import PsychometricCurves
from spiking.experiments.result import Sweep
from spiking.experiments.sweep import sweep

__all__ = ["PsychometricCurves", "Sweep", "sweep"]

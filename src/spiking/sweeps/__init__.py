"""Sweeps: a task run at every point of a grid of experiments."""

from spiking.sweeps.result import Sweep
from spiking.sweeps.run import sweep

__all__ = ["Sweep", "sweep"]

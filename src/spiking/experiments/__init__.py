"""Sweeps: a task run at every point of a grid of experiments."""

from spiking.experiments.result import Sweep
from spiking.experiments.sweep import sweep

__all__ = ["Sweep", "sweep"]

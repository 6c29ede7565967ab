"""Experiments on spiking networks: sweeps, frozen connections, refitted readouts."""

from spiking.experiments.result import Sweep
from spiking.experiments.sweep import sweep

__all__ = ["Sweep", "sweep"]

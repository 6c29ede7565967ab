"""The trained rate network: its data, its simulation, and its file with the recorded settings."""

from spiking.rate_model.model import RateModel, RateRun

__all__ = ["RateModel", "RateRun"]

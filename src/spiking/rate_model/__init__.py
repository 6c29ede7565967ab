"""The trained rate network: its data, its run, its file, and what the file records."""

from spiking.rate_model.model import RateModel, RateRun

__all__ = ["RateModel", "RateRun"]

"""The trained rate network: its data, its simulation, and its file with the recorded settings."""

from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import task_for
from spiking.rate_model.run import RateRun

__all__ = ["RateModel", "RateRun", "task_for"]

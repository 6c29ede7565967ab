"""The scaling factor of a model: candidates, racing, the choice; journals and model files; many models."""

from spiking.tuning.find_many import Tuned, find_scaling_factors
from spiking.tuning.find_one import SearchOptions, find_scaling_factor
from spiking.tuning.result import ScalingFactorSearch

__all__ = ["ScalingFactorSearch", "SearchOptions", "Tuned", "find_scaling_factor", "find_scaling_factors"]

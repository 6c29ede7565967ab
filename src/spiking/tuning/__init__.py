"""The scaling factor of a model: candidates, racing, the choice; journals and model files; many models."""

from spiking.tuning.many import Tuned, find_scaling_factors
from spiking.tuning.result import ScalingFactorSearch
from spiking.tuning.search import SearchOptions, find_scaling_factor

__all__ = ["ScalingFactorSearch", "SearchOptions", "Tuned", "find_scaling_factor", "find_scaling_factors"]

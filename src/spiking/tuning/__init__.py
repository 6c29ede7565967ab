"""Find the scaling factor, or the matched conversion, of one model or many."""

from spiking.tuning.find_many import Tuned, find_scaling_factors
from spiking.tuning.find_one import find_scaling_factor
from spiking.tuning.options import SearchOptions
from spiking.tuning.result import ScalingFactorSearch

__all__ = ["ScalingFactorSearch", "SearchOptions", "Tuned", "find_scaling_factor", "find_scaling_factors"]

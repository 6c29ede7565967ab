"""From a rate model to a spiking network: scaling factor, gain, offsets."""

from spiking.conversion.conversion import Candidate, Conversion
from spiking.conversion.fit import fit_conversion
from spiking.conversion.model_info import ModelInfo, model_info
from spiking.conversion.visited import VisitedCurrents, visited_currents

__all__ = [
    "Candidate",
    "Conversion",
    "ModelInfo",
    "VisitedCurrents",
    "fit_conversion",
    "model_info",
    "visited_currents",
]

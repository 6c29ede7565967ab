"""The neurons: their equations and constants, and the f-I curve from theory."""

from spiking.neuron.adaptation import Adaptation
from spiking.neuron.distribution import Distribution
from spiking.neuron.f_i import FICurve, fi_curve
from spiking.neuron.params import LIFParams

__all__ = ["Adaptation", "Distribution", "FICurve", "LIFParams", "fi_curve"]

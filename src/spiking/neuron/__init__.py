"""The neuron: its constants, its equations, and its theoretical f-I curve."""

from spiking.neuron.f_i import FICurve, fi_curve
from spiking.neuron.params import LIFParams

__all__ = ["FICurve", "LIFParams", "fi_curve"]

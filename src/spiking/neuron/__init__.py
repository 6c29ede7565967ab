"""The neuron: its parameters, and its f-I curve from theory; its time step is in `simulation`."""

from spiking.neuron.f_i import FICurve, fi_curve
from spiking.neuron.params import LIFParams

__all__ = ["FICurve", "LIFParams", "fi_curve"]

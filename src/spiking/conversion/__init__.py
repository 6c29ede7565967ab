"""Convert a rate model to a spiking network: scaling factor, gain, offsets.

Conversions of a rate model to a spiking network: the published one, and one matched to the f-I curve.

A spiking unit with the constant current I fires at f(I), its f-I curve, where the rate unit has r = phi(x).
The published conversion has one number, the scaling factor k, and assumes that phi(x) = f(x)/k. A matched one
chooses gain s and offset b so that phi(x) = f(s x + b)/k on the synaptic currents x that the rate model
really visits:

    weights W s/k,   input weights w_in s,   bias + b,   readout w_out/k,   output + b_out

This is ``one_offset``. What the fit misses on average can be given back to each unit and to the output as a
constant (``mean_drive``):

    b_i = b + s sum_j W_ij mean(r_j - f(s x_j + b)/k),   output + mean(w_out (r - f(s x + b)/k))

Nothing else changes: units correspond one to one, connections and their signs are the trained ones.
"""

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

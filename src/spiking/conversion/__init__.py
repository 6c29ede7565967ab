"""Convert a rate model to a spiking network: scaling factor, gain, offsets.

There are two kinds of conversion: the published one, and one that is matched to the f-I curve.

At a synaptic current x, a unit of the rate model has the rate r = phi(x). A spiking unit with the constant
current I fires at the rate f(I), its f-I curve. The published conversion has one parameter, the scaling
factor k, and assumes phi(x) = f(x)/k. A matched conversion chooses gain s and offset b such that
phi(x) = f(s x + b)/k on the synaptic currents x that occur in the rate model:

    weights W s/k,   input weights w_in s,   bias + b,   readout w_out/k,   output + b_out

This is ``one_offset``. ``mean_drive`` also adds a constant to each unit and to the output, which compensates
the average error of the fit:

    b_i = b + s sum_j W_ij mean(phi(x_j) - f(s x_j + b)/k),   output + mean(w_out (phi(x) - f(s x + b)/k))

``calibrated`` optimises b_i and the constants of the outputs instead, by gradient through the mean field of
the spiking network,

    tau_i x_i' = -x_i + sum_j W_ij r_j + (w_in u)_i,   r_i = f(s x_i + b_i)/k   (current form),
    tau_i r_i' = -r_i + f(s x_i + b_i)/k,   x_i = sum_j W_ij r_j + (w_in u)_i   (rate form),

until its rates and outputs differ least from those of the rate network. The mean field also tells which gain
and variant are best without spiking trials.

Nothing else changes: units correspond one to one, and connections and their signs are the trained ones.
"""

from spiking.conversion.conversion import Candidate, Conversion
from spiking.conversion.fine_tuning import FineTuning
from spiking.conversion.fit import fit_conversion
from spiking.conversion.model_info import ModelInfo, model_info
from spiking.conversion.recorded_accuracy import SpikingAccuracy
from spiking.conversion.visited_currents import VisitedCurrents, visited_currents

__all__ = [
    "Candidate",
    "Conversion",
    "FineTuning",
    "ModelInfo",
    "SpikingAccuracy",
    "VisitedCurrents",
    "fit_conversion",
    "model_info",
    "visited_currents",
]

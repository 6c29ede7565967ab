"""The spiking network, its units and its connections."""

from spiking.network.network import SpikingNetwork
from spiking.network.open import open_network
from spiking.network.readout_refit import ReadoutRefit
from spiking.network.record_task import record_task
from spiking.network.synapses.plasticity import Plastic, ShortTermPlasticity

__all__ = [
    "Plastic",
    "ReadoutRefit",
    "ShortTermPlasticity",
    "SpikingNetwork",
    "open_network",
    "record_task",
]

"""Turn a trained rate recurrent neural network into a spiking one, and simulate it in milliseconds."""

from spiking import tasks
from spiking.draws import RandomDraws
from spiking.errors import ArgumentError, ModelFileError, SpikingError
from spiking.published import LIF_network_fnc
from spiking.rate_model import RateModel
from spiking.record import Record
from spiking.simulation import Simulation
from spiking.simulator import simulate
from spiking.spiking_network import LIFParams, SpikingNetwork
from spiking.stimulation import Stimulation

__all__ = [
    "ArgumentError",
    "LIFParams",
    "LIF_network_fnc",
    "ModelFileError",
    "RandomDraws",
    "RateModel",
    "Record",
    "Simulation",
    "SpikingError",
    "SpikingNetwork",
    "Stimulation",
    "simulate",
    "tasks",
]
__version__ = "0.1.0"

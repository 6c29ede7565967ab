"""Turn a trained rate recurrent neural network into a spiking one, and simulate it in milliseconds."""

from spiking import datasets, export, tasks
from spiking.conversion import Conversion, fit_conversion
from spiking.currents import Oscillation, Waveform
from spiking.draws import RandomDraws
from spiking.errors import ArgumentError, ClusterError, ModelFileError, SpikingError
from spiking.evaluation import Evaluation, evaluate
from spiking.lif_params import LIFParams
from spiking.published import LIF_network_fnc
from spiking.rate_model import RateModel
from spiking.record import Record
from spiking.simulation import Simulation
from spiking.simulator import simulate
from spiking.smoothing import Smoothing, smoothed_rates
from spiking.spiking_network import SpikingNetwork
from spiking.stimulation import Stimulation
from spiking.sweeps import Sweep, sweep
from spiking.training import train
from spiking.training_family import train_many
from spiking.tuning import ScalingFactorSearch, find_scaling_factor, find_scaling_factors
from spiking.unit_choice import UnitFraction

__all__ = [
    "ArgumentError",
    "ClusterError",
    "Conversion",
    "Evaluation",
    "LIFParams",
    "LIF_network_fnc",
    "ModelFileError",
    "Oscillation",
    "RandomDraws",
    "RateModel",
    "Record",
    "ScalingFactorSearch",
    "Simulation",
    "Smoothing",
    "SpikingError",
    "SpikingNetwork",
    "Stimulation",
    "Sweep",
    "UnitFraction",
    "Waveform",
    "datasets",
    "evaluate",
    "export",
    "find_scaling_factor",
    "find_scaling_factors",
    "fit_conversion",
    "simulate",
    "smoothed_rates",
    "sweep",
    "tasks",
    "train",
    "train_many",
]
__version__ = "0.1.0"

"""Turn a trained rate recurrent neural network into a spiking one, and simulate it in milliseconds."""

# Names are imported when they are first used: a command has to hear Ctrl-C before anything takes long.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from spiking import datasets, export, tasks
    from spiking.connectivity.units import UnitFraction
    from spiking.conversion.conversion import Conversion
    from spiking.conversion.fit import fit_conversion
    from spiking.errors import ArgumentError, ClusterError, ModelFileError, SpikingError
    from spiking.evaluation.evaluate import evaluate
    from spiking.evaluation.result import Evaluation
    from spiking.evaluation.smoothing import Smoothing, smoothed_rates
    from spiking.experiments.result import Sweep
    from spiking.experiments.sweep import sweep
    from spiking.lif_network_fnc import LIF_network_fnc
    from spiking.network.network import SpikingNetwork
    from spiking.neuron.params import LIFParams
    from spiking.rate_model.model import RateModel
    from spiking.simulation.currents import Oscillation, Waveform
    from spiking.simulation.random_numbers import RandomDraws
    from spiking.simulation.record import Record
    from spiking.simulation.result import Simulation
    from spiking.simulation.simulate import simulate
    from spiking.simulation.stimulation import Stimulation
    from spiking.training.fine_tuning.fine_tune import fine_tune
    from spiking.training.many import train_many
    from spiking.training.train import train
    from spiking.tuning.find_many import find_scaling_factors
    from spiking.tuning.find_one import find_scaling_factor
    from spiking.tuning.result import ScalingFactorSearch

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
    "fine_tune",
    "fit_conversion",
    "simulate",
    "smoothed_rates",
    "sweep",
    "tasks",
    "train",
    "train_many",
]
__version__ = "0.1.0"

_HOMES = {
    "connectivity": ("UnitFraction",),
    "conversion": (
        "Conversion",
        "fit_conversion",
    ),
    "errors": (
        "ArgumentError",
        "ClusterError",
        "ModelFileError",
        "SpikingError",
    ),
    "evaluation": (
        "Evaluation",
        "Smoothing",
        "evaluate",
        "smoothed_rates",
    ),
    "experiments": (
        "Sweep",
        "sweep",
    ),
    "lif_network_fnc": ("LIF_network_fnc",),
    "network": ("SpikingNetwork",),
    "neuron": ("LIFParams",),
    "rate_model": ("RateModel",),
    "simulation": (
        "Oscillation",
        "RandomDraws",
        "Record",
        "Simulation",
        "Stimulation",
        "Waveform",
        "simulate",
    ),
    "training": (
        "fine_tune",
        "train",
        "train_many",
    ),
    "tuning": (
        "ScalingFactorSearch",
        "find_scaling_factor",
        "find_scaling_factors",
    ),
}


def __getattr__(name: str) -> object:
    """Import a public name, or a module of the package, when it is asked for."""
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            found = getattr(import_module(f"spiking.{module}"), name)
            globals()[name] = found
            return found
    if not name.startswith("_"):
        try:
            return import_module(f"spiking.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"spiking.{name}":
                raise
    raise AttributeError(f"module 'spiking' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List public names, too, that have not been used yet."""
    return sorted({*globals(), *__all__})

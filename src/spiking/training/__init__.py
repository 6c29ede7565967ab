"""Train rate networks, and fine-tune spiking ones, by backpropagation through time (JAX and Optax)."""

from spiking.training.fine_tuning.fine_tune import fine_tune
from spiking.training.fine_tuning.state import FineTuningState
from spiking.training.many import train_many
from spiking.training.options import TrainingOptions
from spiking.training.state import TrainingState
from spiking.training.train import train, train_steps

__all__ = [
    "FineTuningState",
    "TrainingOptions",
    "TrainingState",
    "fine_tune",
    "train",
    "train_many",
    "train_steps",
]

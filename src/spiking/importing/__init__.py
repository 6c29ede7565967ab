"""Import rate networks of other frameworks: PyTorch, PsychRNN, Keras, trainRNNbrain, and files of arrays.

Each function returns an `Imported`: the `~spiking.RateModel`, what became of each array, and a check against
the outputs of the framework itself. No framework is imported for it, except PyTorch to read a file of
PyTorch, and nothing is ever unpickled.
"""

from spiking.importing.arrays import from_named_arrays
from spiking.importing.imported import Agreement, Imported
from spiking.importing.keras import from_keras
from spiking.importing.psychrnn import from_psychrnn
from spiking.importing.torch import from_torch
from spiking.importing.trainrnnbrain import from_trainrnnbrain

__all__ = [
    "Agreement",
    "Imported",
    "from_keras",
    "from_named_arrays",
    "from_psychrnn",
    "from_torch",
    "from_trainrnnbrain",
]

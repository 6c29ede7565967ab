"""Trained models that come with the package: two for each task, with their scaling factors.

>>> from spiking import datasets
>>> datasets.names()
('dms', 'dms-sigmoid', 'go-nogo', 'go-nogo-sigmoid', 'mante', 'mante-sigmoid', 'xor', 'xor-sigmoid')
"""

from __future__ import annotations

from importlib.resources import as_file

from spiking.errors import ArgumentError
from spiking.rate_model.load import SHIPPED, shipped_names
from spiking.rate_model.model import RateModel


def names() -> tuple[str, ...]:
    """Return the names of the models: the name of the task, for sigmoid units followed by ``-sigmoid``.

    Examples
    --------
    >>> from spiking import datasets
    >>> "mante" in datasets.names()
    True
    """
    return shipped_names()


def load(name: str) -> RateModel:
    """Return the trained model of a task.

    Parameters
    ----------
    name : str
        ``go-nogo``, ``xor``, ``mante`` or ``dms``: trained on the f-I curve of the spiking neuron. With
        ``-sigmoid``, such as ``xor-sigmoid``: with sigmoid units, as in the paper, and a tuned conversion.

    Returns
    -------
    RateModel
        Trained with the default options but the activation (``tools/shipped_models.py`` trains all of them
        again). Its `extras` hold the task and its settings, the seed, the training options, and the scaling
        factor ``opt_scaling_factor``; with sigmoid units also the accuracies of the spiking network
        (``all_perfs``) at the compared factors (``scaling_factors``).

    Raises
    ------
    ArgumentError
        There is no model of this name; the message lists the names.

    Examples
    --------
    >>> from spiking import datasets
    >>> datasets.load("xor").n_inputs
    2
    """
    if name not in names():
        raise ArgumentError(f"name is {name!r}; expected one of {', '.join(names())}")
    with as_file(SHIPPED / f"{name}.mat") as path:
        return RateModel.load(path)

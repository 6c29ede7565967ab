"""Trained models that come with the package: one for each task, with its scaling factor.

>>> from spiking import datasets
>>> datasets.names()
('dms', 'go-nogo', 'mante', 'xor')
"""

from __future__ import annotations

from importlib.resources import as_file, files

from spiking.errors import ArgumentError
from spiking.rate_model.model import RateModel

_FOLDER = files("spiking") / "data"


def names() -> tuple[str, ...]:
    """Return the names of the models: each has the name of its task.

    Examples
    --------
    >>> from spiking import datasets
    >>> "mante" in datasets.names()
    True
    """
    return tuple(
        sorted(item.name.removesuffix(".mat") for item in _FOLDER.iterdir() if item.name.endswith(".mat"))
    )


def load(name: str) -> RateModel:
    """Return the trained model of a task.

    Parameters
    ----------
    name : str
        ``go-nogo``, ``xor``, ``mante`` or ``dms``.

    Returns
    -------
    RateModel
        Trained with the default options (``tools/shipped_models.py`` trains all of them again). Its `extras`
        hold the task and its settings, the seed, the training options, the tuned scaling factor
        ``opt_scaling_factor``, and the accuracies of the spiking network (``all_perfs``) at the compared
        factors (``scaling_factors``).

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
    with as_file(_FOLDER / f"{name}.mat") as path:
        return RateModel.load(path)

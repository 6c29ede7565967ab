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
    """Names of the models, which are the names of their tasks.

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
        Trained with the default recipe (``tools/shipped_models.py`` makes all of them again); its `extras`
        hold task and settings, seed, training options, and ``opt_scaling_factor`` with the accuracies of
        the spiking network, ``all_perfs``, at ``scaling_factors``.

    Raises
    ------
    ArgumentError
        There is no such model; the message names those that there are.

    Examples
    --------
    >>> from spiking import datasets
    >>> datasets.load("xor").n_inputs
    2
    """
    if name not in names():
        raise ArgumentError(f"no model {name!r} comes with this package; there are {', '.join(names())}")
    with as_file(_FOLDER / f"{name}.mat") as path:
        return RateModel.load(path)

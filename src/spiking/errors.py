"""Exceptions of this package. Each message says what was wrong, where, and what was expected."""

from __future__ import annotations


class SpikingError(ValueError):
    """Base of all errors that this package raises on purpose.

    Examples
    --------
    >>> import spiking
    >>> try:
    ...     spiking.datasets.load("chess")
    ... except spiking.SpikingError as error:
    ...     print(error)
    no model 'chess' comes with this package; there are dms, go-nogo, mante, xor
    """


class ModelFileError(SpikingError):
    """The file or mapping is not a usable model; the message says why.

    Examples
    --------
    >>> import spiking
    >>> try:
    ...     spiking.RateModel.load({"w": [[0.0]]})
    ... except spiking.ModelFileError as error:
    ...     print("the mapping" in str(error))
    True
    """


class ArgumentError(SpikingError):
    """An argument cannot be used; the message names it, what was found and what was expected.

    Examples
    --------
    >>> import spiking
    >>> try:
    ...     spiking.LIFParams(refractory=-1)
    ... except spiking.ArgumentError as error:
    ...     print("refractory" in str(error))
    True
    """


class ClusterError(SpikingError):
    """A cluster cannot run the work any longer; the message says why and what to do.

    Examples
    --------
    >>> import spiking
    >>> issubclass(spiking.ClusterError, spiking.SpikingError)
    True
    """

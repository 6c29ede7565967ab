"""The exceptions of this package: every one says what was wrong, where, and what was expected."""

from __future__ import annotations


class SpikingError(ValueError):
    """Base of all errors that this package raises on purpose."""


class ModelFileError(SpikingError):
    """The file or mapping is not a usable model; the message says why."""


class ArgumentError(SpikingError):
    """An argument cannot be used; the message names it, what was found and what was expected."""


class ClusterError(SpikingError):
    """A cluster cannot run the work any longer; the message says why and what to do."""

"""The state of a fine-tuning after an update."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from spiking.network.network import SpikingNetwork
from spiking.short_repr import short_repr


@dataclass(frozen=True, eq=False)
class FineTuningState:
    """The state of a fine-tuning after an update.

    Attributes
    ----------
    updates : int
        Updates done.
    loss : float
        Mean loss of the trials of the last update; NaN before the first.
    accuracy : float
        Fraction correct in the last test with the kernel; NaN if the task has no score.
    stopped : str
        Empty while it continues; then ``converged``, ``limit`` (of updates) or ``diverged``.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, fine_tune
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"), scaling_factor=75)
    >>> def show(state):
    ...     print(state.updates, state.stopped or 'continues')
    >>> tuned = fine_tune(network, "go-nogo", seed=1, max_updates=1, trials=10, progress=show)
    0 continues
    1 limit
    """

    updates: int
    loss: float
    accuracy: float
    stopped: str
    make: Callable[[], SpikingNetwork] = dataclasses.field(repr=False)

    __repr__ = short_repr

    @property
    def network(self) -> SpikingNetwork:
        """The best network so far."""
        return self.make()

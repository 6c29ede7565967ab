"""The record of a readout that was fitted to the rates of a spiking network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, kw_only=True)
class ReadoutRefit:
    """How a readout was fitted anew: it goes with the network and with everything evaluated.

    Attributes
    ----------
    task : str
        Name of the task.
    n_trials, seed : int
        The trials it was fitted to.
    ridge : float
    error_before, error_after : float
        Root mean square difference of output and target in these trials, with the old and the new readout.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, tasks
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"), scaling_factor=60)
    >>> refit = network.refit_readout(tasks.get("go-nogo"), 4, seed=1).readout_refit
    >>> refit.error_after < refit.error_before
    True
    """

    task: str
    n_trials: int
    seed: int
    ridge: float
    error_before: float
    error_after: float

    def __str__(self) -> str:
        return (
            f"readout refitted: ridge {self.ridge:g}, {self.n_trials} trials of {self.task}, seed {self.seed}"
        )

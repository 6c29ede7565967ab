"""The state of a training after an evaluation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from spiking.rate_model.model import RateModel
from spiking.short_repr import short_repr


@dataclass(frozen=True, eq=False)
class TrainingState:
    """The state of a training after an evaluation.

    Attributes
    ----------
    updates : int
        Updates done.
    loss, accuracy : float
        Mean loss and fraction correct in 100 new trials, of the network after these updates. Where training
        ends without converging, `model` may be an earlier network, with its own numbers in its `extras`.
    updates_per_second : float
        Since the last evaluation, including compilation.
    stage : str
        ``learning`` until the criteria are met for the first time, then ``hardening``, in which the noise
        grows and the spiking network is tested; always ``learning`` with ``hardening=0``.
    stopped : str
        Empty while training continues; then ``converged``, ``limit`` (of updates) or ``diverged``.
    converts : bool or None
        Whether the spiking network does the task; None if this was not tested after this evaluation.
    spiking_accuracy, spiking_r2 : float or None
        For the activation ``lif``: accuracy of the spiking network of `model` in 40 trials, and R2 of its
        output against the rate network's; None if it was not tested. These trials are new at each test, and
        decide when training ends. When training ends without converging, `model` is the best network of the
        second stage.
    spiking_strict, spiking_sustained : float or None
        The accuracy in these trials by ``task.rule(strict=True)`` and by ``task.sustained_rule()``; None
        where the task does not define the rule. They decide nothing.

    Examples
    --------
    >>> from spiking import train
    >>> def show(state):
    ...     print(state.updates, state.stopped)
    >>> model = train("go-nogo", 20, seed=1, max_updates=100, progress=show)
    100 limit
    """

    updates: int
    loss: float
    accuracy: float
    updates_per_second: float
    stage: str
    stopped: str
    converts: bool | None
    spiking_accuracy: float | None
    spiking_r2: float | None
    contents: Callable[[], dict[str, Any]] = dataclasses.field(repr=False)
    spiking_strict: float | None = None
    spiking_sustained: float | None = None

    __repr__ = short_repr

    @property
    def model(self) -> RateModel:
        """The current model; its `extras` record how it was trained and whether it has converged."""
        return RateModel.load(self.contents())

"""The record of a fine-tuning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FineTuning:
    """How a spiking network was fine-tuned; its `Conversion` carries this record (see `fine_tune`).

    Attributes
    ----------
    task : str
        Name of the task.
    seed : int
    updates : int
        Updates after which the network was best; 0 if no update made it better.
    step : float
        Time step of the updates in ms.
    trials : int
        Number of validation trials, in which the networks were compared.
    correct_before, correct_after : int
        Correct ones of these, before and after. Fresh trials tell how often the network is right.

    Examples
    --------
    >>> from spiking.conversion import FineTuning
    >>> record = FineTuning(
    ...     task="xor", seed=1, updates=60, step=0.5, trials=100, correct_before=52, correct_after=99
    ... )
    >>> print(record)
    fine-tuned on xor: seed 1, 60 updates, 52 -> 99 of 100 validation trials correct
    """

    task: str
    seed: int
    updates: int
    step: float
    trials: int
    correct_before: int
    correct_after: int

    def __str__(self) -> str:
        return (
            f"fine-tuned on {self.task}: seed {self.seed}, {self.updates} updates, "
            f"{self.correct_before} -> {self.correct_after} of {self.trials} validation trials correct"
        )

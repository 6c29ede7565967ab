"""The record of a fine-tuning."""

from __future__ import annotations

from dataclasses import dataclass

from spiking.short_repr import short_repr


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
        Correct ones of these, before and after; 0 if they are not scored. Fresh trials tell how often the
        network is right.
    error_before, error_after : float or None
        Root mean square difference of the output from the wanted one in these trials; None in older files.
    scored : bool
        Whether the task has a score; otherwise networks were compared by the error of their output.

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
    error_before: float | None = None
    error_after: float | None = None
    scored: bool = True

    __repr__ = short_repr

    def __str__(self) -> str:
        done = f"fine-tuned on {self.task}: seed {self.seed}, {self.updates} updates"
        if self.scored:
            trials = f"of {self.trials} validation trials correct"
            return f"{done}, {self.correct_before} -> {self.correct_after} {trials}"
        return (
            f"{done}, error of the output {self.error_before:.3g} -> {self.error_after:.3g} in "
            f"{self.trials} validation trials"
        )

"""The arguments of fine-tuning, after they were checked."""

from __future__ import annotations

from dataclasses import dataclass

from spiking.rate_model.model import RateModel
from spiking.tasks import Task
from spiking.timing import TIME_STEP_MS


@dataclass(frozen=True, kw_only=True)
class FineTuningOptions:
    """The arguments of `fine_tune`; `step` in units of 0.05 ms."""

    task: Task
    model: RateModel | None
    max_updates: int
    batch_size: int
    learning_rate: float
    rate_penalty: float
    step: int
    trials: int
    stop_accuracy: float | None
    downsample: int
    threads: int

    @property
    def step_ms(self) -> float:
        """The time step of the updates in ms."""
        return round(self.step * TIME_STEP_MS, 2)

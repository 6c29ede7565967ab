"""Which trials were correct: run in blocks, in any order and anywhere, and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking.evaluation import correct_trials
from spiking.lif_params import LIFParams
from spiking.rate_model import RateModel
from spiking.spiking_network import SpikingNetwork
from spiking.tasks import Task

Bools = NDArray[np.bool_]

# Simulation time of a trial, and for each step of a neuron, about: only for the size of blocks.
_TRIAL_SECONDS, _STEP_SECONDS = 1e-3, 1.2e-9
_PATIENCE = 0.5  # seconds between two checks


@dataclass(frozen=True, eq=False)
class Work:
    """What all blocks of a search have in common."""

    model: RateModel
    task: Task
    seed: int
    downsample: int
    params: LIFParams | None

    def block_trials(self, seconds: float) -> int:
        """Return about how many trials are simulated in that time."""
        steps = 100 * self.task.n_steps / self.downsample
        return max(1, round(seconds / (_TRIAL_SECONDS + _STEP_SECONDS * steps * self.model.n_units)))


def run_block(work: Work, factor: float, first: int, n: int) -> Bools:
    """Run trials `first` to `first + n - 1` at a scaling factor, in one thread."""
    network = SpikingNetwork.from_rate(work.model, factor, params=work.params)
    numbers = range(first, first + n)
    return correct_trials(network, work.task, work.seed, numbers, downsample=work.downsample)


Submit = Callable[[float, int, int], "Future[Bools]"]  # factor, first trial, number of trials


class Scores:
    """Ask it which trials were correct; what is not known yet is run.

    Parameters
    ----------
    submit : function
        Starts a block and returns its future.
    block : int
        Most trials in a block.
    known : mapping of float to mapping of int to bool
        For each factor, by trial number, what is known already.
    record : function of factor, first trial and array of bool
        Called with every block as it is done.
    check : function
        Called at least every half second while blocks run; raises if the search cannot go on.
    """

    def __init__(
        self,
        submit: Submit,
        block: int,
        known: Mapping[float, Mapping[int, bool]],
        record: Callable[[float, int, Bools], object],
        check: Callable[[], object],
    ) -> None:
        self._submit, self._block, self._record, self._check = submit, block, record, check
        self._known: dict[float, dict[int, bool]] = {factor: dict(own) for factor, own in known.items()}

    def __call__(self, wanted: Mapping[float, int], first: int) -> dict[float, Bools]:
        """Return which of the trials `first` to `first + n - 1` were correct, for each {factor: n}."""
        futures: dict[Future[Bools], tuple[float, int]] = {}
        try:
            for factor, n in wanted.items():
                own = self._known.setdefault(factor, {})
                missing = [trial for trial in range(first, first + n) if trial not in own]
                for start, length in _runs(missing, self._block):
                    futures[self._submit(factor, start, length)] = (factor, start)
            pending = set(futures)
            while pending:
                done, pending = wait(pending, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
                self._check()
                for future in done:
                    factor, start = futures[future]
                    correct = future.result()
                    self._record(factor, start, correct)
                    self._known[factor] |= {start + k: bool(value) for k, value in enumerate(correct)}
        except BaseException:
            for future in futures:
                future.cancel()
            raise
        return {
            factor: np.array([self._known[factor][trial] for trial in range(first, first + n)], bool)
            for factor, n in wanted.items()
        }


def _runs(trials: list[int], longest: int) -> list[tuple[int, int]]:
    """Split ascending numbers into runs of consecutive ones: (first, length)."""
    runs: list[tuple[int, int]] = []
    for trial in trials:
        if runs and trial == sum(runs[-1]) and runs[-1][1] < longest:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((trial, 1))
    return runs

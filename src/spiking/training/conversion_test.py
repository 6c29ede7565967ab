"""Test during training whether a network converts, that is, whether its spiking network does the task.

From one evaluation to the next, a network in training may convert perfectly, then poorly, then perfectly
again, while its loss does not show this. So training tests the spiking network itself.
"""

from __future__ import annotations

from spiking.checks import available_threads
from spiking.parallel.open import open_executor
from spiking.rate_model.model import RateModel
from spiking.tasks import Task
from spiking.tuning.candidates import published_grid
from spiking.tuning.trial_settings import Work, trial_runner

_FIRST, _THEN = 4, 6  # trials of each candidate; only good ones run the second number
_NEIGHBOURS = 3  # neighbouring candidates that must do the task
_CONFIRMING = 40  # further trials, at the middle candidate


def converts(model: RateModel, task: Task, *, seed: int, accuracy: float) -> bool:
    """Return whether the spiking network does the task.

    The fraction of correct trials must be at least (1 + `accuracy`) / 2 at three or more neighbouring factors
    of the published grid and, in other trials, at the middle one: for 0.95, all of 10 trials and 39 of 40.

    Parameters
    ----------
    model : RateModel
    task : Task
    seed : int
        Seed of the trials and the noise.
    accuracy : float
        Accuracy that the rate network must reach, 0 to 1.
    """
    needed = (1 + accuracy) / 2 - 1e-9

    work = Work(model, task, seed, downsample=1, params=None)
    candidates = published_grid(model).factors
    with open_executor(available_threads()) as executor:
        scores = trial_runner(executor, work)
        first = scores(dict.fromkeys(candidates, range(_FIRST)))
        left = [factor for factor in candidates if first[factor].sum() >= _FIRST - 1]
        more = scores(dict.fromkeys(left, range(_FIRST + _THEN)))
        good: list[float] = []  # the widest run of neighbours
        run: list[float] = []
        for factor in candidates:
            run = [*run, factor] if factor in more and more[factor].mean() >= needed else []
            good = max(good, run, key=len)
        if len(good) < _NEIGHBOURS:
            return False
        middle = good[len(good) // 2]
        others = range(_FIRST + _THEN, _FIRST + _THEN + _CONFIRMING)
        return bool(scores({middle: others})[middle].mean() >= needed)

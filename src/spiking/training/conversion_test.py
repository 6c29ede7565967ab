"""Test during training whether a network converts, that is, whether its spiking network does the task.

From one evaluation to the next, a network in training may convert perfectly, then poorly, then perfectly
again, while its loss does not show this. So training tests the spiking network itself.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from spiking.checks import available_threads
from spiking.network.network import SpikingNetwork
from spiking.parallel.open import open_executor
from spiking.rate_model.model import RateModel
from spiking.rate_model.run import run_columns
from spiking.simulation.simulate import simulate
from spiking.tasks import Task
from spiking.tasks.scoring import score_trials
from spiking.timing import STEPS_PER_COLUMN
from spiking.tuning.candidates import published_grid
from spiking.tuning.trial_setup import TrialSetup, trial_runner

_FIRST, _THEN = 4, 6  # trials of each candidate; only good ones run the second number
_NEIGHBOURS = 3  # neighbouring candidates that must do the task
_CONFIRMING = 40  # further trials, at the middle candidate


class Outcome(NamedTuple):
    """How good the spiking network of a model that was trained on its f-I curve is, in new trials."""

    accuracy: float
    r2: float  # of its output against the rate network's without noise, of single trials
    strict: float | None = None  # accuracy by ``task.rule(strict=True)``
    sustained: float | None = None  # accuracy by ``task.sustained_rule()``


def spiking_outcome(model: RateModel, task: Task, *, seed: int) -> Outcome:
    """Compare the spiking network of a model with the activation ``lif`` with the rate network."""
    trials = task.trials(_CONFIRMING, seed=seed)
    run = simulate(SpikingNetwork.from_rate(model), trials.spiking_inputs, seed=seed)
    assert run.output is not None
    wanted = run_columns(model, trials.inputs, seed=seed, noise=0.0).output[:, :, 1:]
    output = run.output[:, :, STEPS_PER_COLUMN - 1 :: STEPS_PER_COLUMN][:, :, : wanted.shape[-1]]
    spread = float(np.sum((wanted - wanted.mean()) ** 2))
    r2 = 1 - float(np.sum((output - wanted) ** 2)) / spread if spread else -math.inf
    scored = score_trials(task, run.output, run.time, trials)
    others = (None if right is None else float(right.mean()) for right in (scored.strict, scored.sustained))
    return Outcome(float(scored.correct.mean()), r2, *others)


def converts(model: RateModel, task: Task, *, seed: int, accuracy: float) -> bool:
    """Return whether the spiking network does the task.

    The fraction of correct trials must be at least `accuracy` at three or more neighbouring factors of the
    published grid and, in other trials, at the middle one: for 0.975, all of 10 trials and 39 of 40.

    Parameters
    ----------
    model : RateModel
    task : Task
    seed : int
        Seed of the trials and the noise.
    accuracy : float
        Accuracy that the spiking network must reach, 0 to 1.
    """
    needed = accuracy - 1e-9

    setup = TrialSetup(model, task, seed, downsample=1, params=None)
    candidates = published_grid(model).factors
    with open_executor(available_threads()) as executor:
        scores = trial_runner(executor, setup)
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

"""Train a network of a panel from its seed, convert it, and test it; each step returns a row of results."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Sequence

import numpy as np

import spiking
from spiking.conversion.conversion import Conversion
from spiking.conversion.fit import fit_conversion
from spiking.evaluation.both_networks import BothNetworks, run_both
from spiking.evaluation.evaluate import correct_trials, evaluate
from spiking.evaluation.result import Evaluation
from spiking.evaluation.words import OTHER_RULES
from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.random_streams import SEARCH_FIRST
from spiking.rate_model.model import RateModel
from spiking.reproduce.paper.spec import Matched, NetworkSpec, Row, Tested, Tuning
from spiking.tasks import Task
from spiking.training.train import train_steps
from spiking.tuning.candidates import published_grid
from spiking.tuning.find_one import find_scaling_factor

TRIALS = 100  # of each candidate in tuning, and fresh ones in each test, as in the paper
ACTIVITY_TRIALS = 48  # in which activity is measured, the same number of each condition
_LOOK = 10  # trials between two checks whether a candidate can still win
TEST_SEED = 10**9  # added to a network's seed, so that tuning and tests do not use trials of its training


def train_network(
    network: NetworkSpec, seed: int, check: Callable[[], object] | None
) -> tuple[Row, RateModel]:
    """Train a network; return its results and the model.

    If given, `check` is called every 100 updates; it raises an exception to stop the training.
    """
    began = time.perf_counter()
    for state in train_steps(network.task, network.n_units, seed=seed, **network.training()):
        last = state
        if check:
            check()
    model = last.model
    decay = model.tau_decay()
    assert decay is not None
    converged = last.stopped == "converged"
    tested = evaluate(model, network.task, TRIALS, seed=seed + TEST_SEED, threads=1) if converged else None
    row = {
        "converged": converged,
        "updates": last.updates,
        "loss": last.loss,
        "accuracy": last.accuracy,
        "decay": float(np.mean(decay)),
        "decay_sd": float(np.std(decay)),
        "rate_correct": None if tested is None else tested.score.correct,
        **({} if tested is None else _other_rules(tested, "rate_")),
    }
    return {**row, **_origin(began)}, model


def convert_network(
    model: RateModel,
    task: Task,
    seed: int,
    tuned: Tuning,
    tests: Sequence[Tested],
    check: Callable[[], object] | None,
) -> list[Row]:
    """Tune a conversion, and run each of the tests on fresh trials; return the results of each."""
    began = time.perf_counter()
    seed += TEST_SEED
    known: dict[LIFParams, Evaluation] = {}
    if isinstance(tuned, Matched):
        conversion, row, known[tuned.params] = _match(model, task, seed, tuned, check)
    elif isinstance(tuned, LIFParams):
        curve, best, factor = _tune(model, task, seed, tuned, check)
        conversion, row = _published(factor), {"curve": curve, "best_of_grid": best}
    else:
        conversion, row = _published(tuned), {"curve": [], "best_of_grid": None}
    rows = []
    for test in tests:
        if check:
            check()
        tested = known.get(test.params)
        if tested is None:
            network = SpikingNetwork.from_rate(model, conversion=conversion, params=test.params)
            tested = evaluate(network, task, TRIALS, seed=seed, threads=1)
        results = {
            "scaling_factor": conversion.factor,
            **row,
            "correct": tested.score.correct,
            **_other_rules(tested),
            "by_condition": {k: [s.correct, s.trials] for k, s in tested.by_condition.items()},
        }
        if test.activity:
            results |= test.activity(both_networks(model, task, seed, conversion, test.params))
        rows.append({**results, **_origin(began)})
    return rows


def conversion_of(model: RateModel, task: Task, seed: int, tuned: Tuning, row: Row) -> Conversion:
    """Return the conversion in a row of `convert_network`, without simulating spiking trials.

    A matched conversion is fitted again, because the journal does not have its offsets of all units.
    """
    factor = row["scaling_factor"]
    if not isinstance(tuned, Matched) or row["kind"] == "published":
        return _published(factor)
    kind, gain, params = row["kind"], row["gain"], tuned.params
    seed += TEST_SEED
    fitted = fit_conversion(model, task, kind=kind, gain=gain, factor=factor, seed=seed, params=params)
    return _for_any_constants(fitted)


def _for_any_constants(conversion: Conversion) -> Conversion:
    """Return the conversion without the constants of its fit: a panel may test it with other constants."""
    return dataclasses.replace(conversion, params=None)


def both_networks(
    model: RateModel, task: Task, seed: int, conversion: Conversion, params: LIFParams, activity: bool = True
) -> BothNetworks:
    """Run the trials in which activity is measured."""
    return run_both(
        model,
        task,
        ACTIVITY_TRIALS,
        seed=seed,
        conversion=conversion,
        params=params,
        activity=activity,
        threads=1,
    )


def _published(factor: float) -> Conversion:
    return Conversion(kind="published", factor=float(factor))


def _match(
    model: RateModel, task: Task, seed: int, tuned: Matched, check: Callable[[], object] | None
) -> tuple[Conversion, Row, Evaluation]:
    """Return the matched conversion, the results of its search, and its evaluation on fresh trials.

    The fresh trials are those of `evaluate` (see `ScalingFactorSearch.fresh`); the search uses others.
    """

    def done(_: int) -> None:
        if check:
            check()

    search = find_scaling_factor(
        model,
        task,
        seed=seed,
        trials=TRIALS,
        params=tuned.params,
        conversion=tuned.conversion,
        threads=1,
        progress=done,
    )
    conversion = search.conversion
    assert conversion is not None
    row = {
        "curve": [(factor, score.correct, score.trials) for factor, score in search.curve.items()],
        "best_of_grid": None,
        "kind": conversion.kind,
        "gain": conversion.gain,
        "fitted_factor": None if conversion.kind == "published" else conversion.fitted_factor,
        "search_trials": search.search_trials,
    }
    return _for_any_constants(conversion), row, search.fresh


def _tune(
    model: RateModel, task: Task, seed: int, params: LIFParams, check: Callable[[], object] | None
) -> tuple[list[tuple[float, int, int]], int, float]:
    """Return the candidates (factor, correct trials, trials), the most correct trials, and their factor.

    Each candidate of the paper's grid has 100 trials of its own, as in the published script (so that the best
    of 12 networks that guess is correct in 58 % of its trials). The first of the most accurate candidates is
    chosen. A candidate that can no longer be more accurate than an earlier one is stopped, which changes
    neither the choice nor its accuracy.
    """
    curve: list[tuple[float, int, int]] = []
    best, chosen = -1, math.nan
    for k, factor in enumerate(published_grid(model).factors):
        network = SpikingNetwork.from_rate(model, factor, params=params)
        first, correct, done = SEARCH_FIRST + k * TRIALS, 0, 0
        while done < TRIALS and correct + TRIALS - done > best:
            if check:
                check()
            numbers = range(first + done, first + done + _LOOK)
            correct += int(correct_trials(network, task, seed, numbers).sum())
            done += _LOOK
        if done:
            curve.append((factor, correct, done))
        if done == TRIALS and correct > best:
            best, chosen = correct, factor
    return curve, best, chosen


def _other_rules(tested: Evaluation, prefix: str = "") -> Row:
    """Return the numbers of correct trials by the strict and the sustained rule, which old rows lack."""
    return {f"{prefix}{name}": tested.scores[name].correct for name in OTHER_RULES if name in tested.scores}


def _origin(began: float) -> Row:
    return {"seconds": round(time.perf_counter() - began, 1), "version": spiking.__version__}

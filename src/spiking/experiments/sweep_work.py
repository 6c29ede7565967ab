"""Run the trials of a point of a sweep, and summarise them in a row of its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.evaluation.result import Score
from spiking.evaluation.smoothing import Smoothing
from spiking.evaluation.trial_chunks import rate_outputs
from spiking.files.digest import digest
from spiking.network.describe import changes_words
from spiking.network.network import SpikingNetwork
from spiking.rate_model.model import RateModel
from spiking.simulation.random_numbers import SharedNoise
from spiking.simulation.resolved_stimulation import (
    ResolvedStimulation,
    resolve_stimulation,
    stimulation_words,
)
from spiking.simulation.run_trials import checked_downsample, run_trials
from spiking.tasks import Task, Trials
from spiking.tasks.base import draw
from spiking.tasks.scoring import score_trials
from spiking.timing import STEPS_PER_COLUMN, TIME_STEP_S
from spiking.typing import Floats

ANSWERS = ("expected", "correct", "predicted", "response_time", "strict", "sustained")  # of each trial
_RULES = ("strict", "sustained")


@dataclass(frozen=True, eq=False)
class SpikingWork:
    """The network and settings that all blocks of a point share."""

    network: SpikingNetwork
    task: Task
    seed: int
    stimulation: Any
    downsample: int
    strict: bool
    smoothing: Smoothing | None

    @property
    def populations(self) -> tuple[str, ...]:
        """Populations with a column of rates: not empty, and som and pv only if there are som units."""
        populations = self.network.populations
        left_out = () if populations["som"].any() else ("som", "pv")
        return tuple(name for name, mask in populations.items() if mask.any() and name not in left_out)

    def run(self, point: str, first: int, n: int, shared_noise: SharedNoise | None = None) -> Floats:
        """Run trials `first` to `first + n - 1`; return `ANSWERS`, mean rate and those of populations."""
        trials = self.task.trials(n, seed=self.seed, first=first)
        run = run_trials(  # not simulate, whose warnings each block would repeat
            self.network,
            trials.spiking_inputs,
            seed=self.seed,
            trials=range(first, first + n),
            stimulation=self.stimulation,
            downsample=checked_downsample(self.network, self.downsample),
            threads=1,
            shared_noise=shared_noise,
        )
        assert run.output is not None
        alive = ~np.isnan(run.rates[0])
        groups = [alive, *(alive & self.network.populations[name] for name in self.populations)]
        rates = [run.rates[:, group].mean(axis=1) if group.any() else np.full(n, np.nan) for group in groups]
        return np.column_stack([self.answers(run.output, run.time, trials), *rates])

    def answers(self, output: Floats, time: Floats, trials: Trials) -> Floats:
        """Return the columns `ANSWERS` of trials, from outputs of shape (trials, n_outputs, samples)."""
        if self.smoothing:
            output = self.smoothing.apply(output, time[1] - time[0])
        scored = score_trials(self.task, output, time, trials, strict=self.strict)
        unknown = np.full(len(trials), np.nan)
        answers = (
            unknown if column is None else column
            for column in (scored.predicted, scored.response_time, scored.strict, scored.sustained)
        )
        return np.column_stack([trials.labels, scored.correct, *answers])

    def _acting(self) -> tuple[ResolvedStimulation, ...]:
        time_step = 1000 * TIME_STEP_S * self.downsample
        n_steps = STEPS_PER_COLUMN * (self.task.n_steps // self.downsample)
        return resolve_stimulation(self.stimulation, self.network, n_steps, time_step)

    def stimulation_words(self) -> tuple[str, ...]:
        """Return what stimulates the network, in words, as `Simulation.stimulation` has them."""
        return stimulation_words(self.stimulation, self._acting(), np.zeros(self.network.n_inputs))

    def digest(self) -> str:
        """Return a digest of everything, except the task, that the result of a trial depends on."""
        acting = self._acting()
        return digest(ANSWERS, self.network, self.seed, acting, self.downsample, self.strict, self.smoothing)


def rate_trials(model: RateModel, work: SpikingWork, trials: int) -> Floats:
    """Run the first trials of a point as a rate network; return the columns `ANSWERS`."""
    outputs = rate_outputs(model, work.task, work.seed, trials, None)
    return np.concatenate([work.answers(output, time, drawn) for drawn, output, time in outputs])


def conditions_of(task: Task, seed: int, numbers: range) -> tuple[str, ...]:
    """Return the conditions of trials, which journals do not have."""
    return tuple(draw(task, number, seed)[0] for number in numbers)


def trials_of(values: Floats, numbers: range, conditions: Sequence[str]) -> Mapping[str, NDArray[Any]]:
    """Return the trials as columns: those of `Evaluation.table` that a journal has."""
    answers = dict(zip(ANSWERS, values.T, strict=False))
    return {
        "trial": np.array(numbers),
        "condition": np.array(conditions),
        "label": answers["expected"].astype(np.int64),
        "correct": answers["correct"] > 0.5,
        **{rule: answers[rule] > 0.5 for rule in _RULES if not np.isnan(answers[rule]).any()},
        "predicted": answers["predicted"],
        "response_time_ms": answers["response_time"],
    }


def row(work: SpikingWork, values: Floats, conditions: Sequence[str]) -> dict[str, Any]:
    """Return the summary of the trials of a network at a point; without rates of units, they are NaN."""
    _, correct, predicted, response_time, *others = values[:, : len(ANSWERS)].T
    total = Score.of(work.task, correct > 0.5)
    low, high = total.interval
    timed = response_time[~np.isnan(response_time)]
    names = ("rate_hz", *(f"rate_hz_{'sst' if name == 'som' else name}" for name in work.populations))
    rates = values[:, len(ANSWERS) :].mean(axis=0)
    is_spiking = rates.size > 0
    refit = work.network.readout_refit if is_spiking else None
    return {
        "trials": total.trials,
        "correct": total.correct,
        "accuracy": total.accuracy,
        "low": low,
        "high": high,
        **_other_scores(work.task, dict(zip(_RULES, others, strict=True))),
        **_by_condition(work.task, correct, conditions),
        "positive": np.nan if np.isnan(predicted).any() else float(np.mean(predicted == 1)),
        "response_time_ms": float(timed.mean()) if timed.size else np.nan,
        **{name: float(rates[k]) if is_spiking else np.nan for k, name in enumerate(names)},
        "readout": "trained" if refit is None else str(refit),
        "seed": work.seed,
        "rule": work.task.rule(work.strict),
        "strict_rule": work.task.rule(strict=True),
        "sustained_rule": work.task.sustained_rule() or "",
        "scaling_factor": work.network.scaling_factor,
        "conversion": "published" if work.network.conversion is None else work.network.conversion.kind,
        "changes": "; ".join(changes_words(work.network)),
        "stimulation": "; ".join(work.stimulation_words()) if is_spiking else "",
    }


def _by_condition(task: Task, correct: Floats, conditions: Sequence[str]) -> dict[str, float]:
    """Return the accuracy in each condition with its interval and number of trials; NaN without trials."""
    columns: dict[str, float] = {}
    for name in task.conditions if task.scored else ():
        own = correct[np.array(conditions) == name]
        score = Score.of(task, own > 0.5)
        values = (score.accuracy, *score.interval) if own.size else (np.nan,) * 3
        columns |= dict(
            zip((f"accuracy_{name}{part}" for part in ("", "_low", "_high")), values, strict=True)
        )
        columns[f"trials_{name}"] = own.size
    return columns


def _other_scores(task: Task, answers: Mapping[str, Floats]) -> dict[str, float]:
    """Return the accuracies by the strict and the sustained rule with intervals; NaN if undefined."""
    columns: dict[str, float] = {}
    for rule, correct in answers.items():
        score = Score.of(task, correct > 0.5)
        low, high = score.interval
        known = not np.isnan(correct).any()
        values = (score.accuracy, low, high) if known else (np.nan,) * 3
        columns |= dict(zip((rule, f"{rule}_low", f"{rule}_high"), values, strict=True))
    return columns

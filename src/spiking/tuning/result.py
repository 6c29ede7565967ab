"""The result of a search for the scaling factor."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.analysis.faithfulness import COMPARED_TRIALS, Faithfulness, faithfulness
from spiking.check_arguments import check_arguments
from spiking.conversion.conversion import Conversion
from spiking.conversion.recorded_accuracy import network_digest
from spiking.evaluation.evaluate import evaluate
from spiking.evaluation.result import Evaluation, Score
from spiking.evaluation.verdict import verdict
from spiking.evaluation.words import evaluation_json, freshness, score_lines
from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.short_repr import short_repr
from spiking.tasks import Task
from spiking.tasks.recorded.identity import as_json_value
from spiking.tasks.recorded.record import record_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True, eq=False)
class ScalingFactorSearch:
    """The result of `find_scaling_factor`. Prints as a table.

    Attributes
    ----------
    model : RateModel
    task : Task
    scaling_factor : float
        The chosen scaling factor.
    method, choice : str
        The arguments of the search.
    seed : int
    curve : dict of float to Score
        Score of each candidate, in ascending order of the candidates, on the same trials and noise.
        Candidates that dropped out early have fewer trials.
    plateau : tuple of float
        Candidates around the best that are statistically tied with it (sign test on the common trials).
    extended : tuple of float
        Candidates beyond the given range, which were tried because the best were at its edge.
    start : float or None
        The factor that theory predicted (method ``auto``).
    fresh : Evaluation
        Evaluation on trials that were not part of the search: trials 0, 1, ... of the seed, as in `evaluate`.
    drive_error : float
        Root mean square difference between the recurrent drives of the spiking network and the rate model,
        divided by the root mean square of the latter; NaN without recurrent drive.
    stopped : str
        Why the search ended.
    drive_trials : int
        Number of trials simulated to compare drives.
    downsample : int
    params : LIFParams or None
    seconds : float
        Duration of the search, since it was last continued.
    nrmse : dict of float to float
        For each candidate, the root mean square difference of its output from that of the rate network at all
        times, over the standard deviation of the latter, in the trials that the candidate has run.
    rates : dict of float to float
        For each candidate, the mean rate of all neurons in Hz in these trials.
    fresh_nrmse, fresh_rate : float
        The same of the chosen candidate in the fresh trials.
    reason : str
        Why this candidate was chosen, in one sentence.
    by_rule : dict of str to dict of float to Score
        Score of each candidate in these trials by the ``strict`` and the ``sustained`` rule, where the task
        defines them. Candidates are not chosen by these.
    better : str or None
        Which candidate that is as accurate is significantly better by one of these rules, if any is.
    conversion : Conversion or None
        The chosen conversion, if it is not the published one. Then `curve` has the candidates of its variant
        and gain, and `start` is the fitted factor.

    Examples
    --------
    >>> from spiking import datasets, find_scaling_factor
    >>> options = {"method": "grid", "candidates": [25, 30], "trials": 10, "extend": False}
    >>> result = find_scaling_factor(datasets.load("go-nogo-sigmoid"), seed=1, **options)
    >>> sorted(result.curve), result.fresh.correct.size
    ([25.0, 30.0], 10)
    """

    model: RateModel = field(repr=False)
    task: Task
    scaling_factor: float
    method: str
    choice: str
    seed: int
    curve: dict[float, Score]
    plateau: tuple[float, ...]
    extended: tuple[float, ...]
    start: float | None
    fresh: Evaluation = field(repr=False)
    drive_error: float
    stopped: str
    drive_trials: int
    downsample: int
    params: LIFParams | None
    seconds: float
    nrmse: dict[float, float]
    rates: dict[float, float]
    fresh_nrmse: float
    fresh_rate: float
    reason: str
    by_rule: dict[str, dict[float, Score]] = field(default_factory=dict)
    better: str | None = None
    conversion: Conversion | None = None

    __repr__ = short_repr

    @property
    def accuracy(self) -> float:
        """Accuracy on the fresh trials."""
        return self.fresh.accuracy

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson score interval of the accuracy on the fresh trials."""
        return self.fresh.interval

    @property
    def search_trials(self) -> int:
        """Number of trials of all candidates together."""
        if self.conversion is not None:
            return sum(candidate.trials for candidate in self.conversion.candidates)
        return sum(score.trials for score in self.curve.values())

    @cached_property
    def network(self) -> SpikingNetwork:
        """The tuned network, ready to simulate."""
        network = SpikingNetwork.from_rate(
            self.model, self.scaling_factor, params=self.params, conversion=self.conversion or "published"
        )
        return replace(network, task=record_of(self.task))

    @cached_property
    def faithfulness(self) -> Faithfulness:
        """How close the tuned network is to the rate network, in the first 40 fresh trials.

        It is measured when it is asked for, once.
        """
        return faithfulness(
            self.model,
            self.network,
            self.task,
            trials=min(self.fresh.score.trials, COMPARED_TRIALS),
            seed=self.seed,
            downsample=self.downsample,
        )

    @cached_property
    def verdict(self) -> str | None:
        """What the spiking network misses in the fresh trials, and what to try; None if it misses nothing.

        It misses the rate network where their 95 % intervals do not overlap, over all trials, in a condition,
        or by the strict or the sustained rule. It also falls short if it is correct in less than 95 % of all
        trials, or in clearly fewer by one of these rules. The rate network runs these trials when this is
        asked for, once.
        """
        if not self.task.scored:
            return None
        rate = evaluate(self.model, self.task, self.fresh.score.trials, seed=self.seed)
        return verdict(rate, self.fresh, self.network.conversion)

    def as_json(self) -> dict[str, Any]:
        """Return the result in types of JSON, without `seconds`: the same search gives the same text."""
        return {
            "scaling_factor": self.scaling_factor,
            "task": self.task.name,
            "task_settings": {name: as_json_value(value) for name, value in self.task.settings.items()},
            "method": self.method,
            "choice": self.choice,
            **evaluation_json(self.fresh, fresh=True),
            "nrmse": self.fresh_nrmse,
            "rate_hz": self.fresh_rate,
            "plateau": list(self.plateau),
            "extended": list(self.extended),
            "start": self.start,
            "drive_error": None if self.drive_error != self.drive_error else self.drive_error,
            "reason": self.reason,
            "better": self.better,
            "stopped": self.stopped,
            "search_trials": self.search_trials,
            "drive_trials": self.drive_trials,
            "downsample": self.downsample,
            "curve": [
                {
                    "scaling_factor": factor,
                    **score.as_json(),
                    "nrmse": self.nrmse[factor],
                    "rate_hz": self.rates[factor],
                    "by_rule": {name: scores[factor].as_json() for name, scores in self.by_rule.items()},
                }
                for factor, score in self.curve.items()
            ],
            **({} if self.conversion is None else {"conversion": self.conversion.as_json()}),
        }

    def as_variables(self) -> dict[str, Any]:
        """Return the variables of a model file: the three published ones, and `as_json` in ``tuning``.

        There, ``network`` is a digest of the network that was scored on fresh trials.
        """
        conversion = self.conversion or Conversion(kind="published", factor=self.scaling_factor)
        network = network_digest(self.model, conversion, self.params)
        return {
            "opt_scaling_factor": np.array([[self.scaling_factor]]),
            "all_perfs": np.array([[score.accuracy] for score in self.curve.values()]),
            "scaling_factors": np.array([list(self.curve)]),
            "tuning": np.array([json.dumps({**self.as_json(), "network": network})]),
        }

    def __str__(self) -> str:
        titles = "".join(f"{name}  " for name in self.by_rule)
        lines = [f"factor  accuracy  95 % interval   correct  trials  {titles}NRMSE  rate (Hz)"]
        for factor, score in self.curve.items():
            low, high = score.interval
            counted = f"{score.accuracy:8.3f}  {low:.3f} to {high:.3f}  {score.correct:7}"
            counted = counted if score.scored else f"{'not scored':{len(counted)}}"
            others = "".join(
                f"{scores[factor].accuracy:{len(name)}.3f}  " for name, scores in self.by_rule.items()
            )
            notes = ["plateau"] if factor in self.plateau else []
            notes += ["beyond the range"] if factor in self.extended else []
            notes += ["chosen"] if factor == self.scaling_factor else []
            lines.append(
                f"{factor:6g}  {counted}  {score.trials:6}  {others}{self.nrmse[factor]:5.2f}  "
                f"{self.rates[factor]:9.1f}  {', '.join(notes)}".rstrip()
            )
        if self.conversion is not None and len(self.conversion.candidates) > len(self.curve):
            lines.append(
                f"the table has the factors that were run of the chosen variant and gain; in all, "
                f"{len(self.conversion.candidates)} candidates were run"
            )
        if self.task.scored:
            lines.append("accuracy above: in the trials of the search, by the rule `correct` below")
        lines.append(
            f"scaling factor {self.scaling_factor:g} for {self.task.name} ({self.method}, {self.choice})"
        )
        if self.conversion is not None:
            lines.append(str(self.conversion))
        if self.extended:
            added = ", ".join(f"{factor:g}" for factor in self.extended)
            lines.append(f"the best candidates were at the edge of the range, so these were added: {added}")
        lines += [self.reason] if self.better is None else [self.reason, self.better]
        lines.append(
            f"fresh trials: {self.fresh.score}, NRMSE {self.fresh_nrmse:.2f}, "
            f"mean rate {self.fresh_rate:.1f} Hz"
        )
        lines += score_lines({"spiking": self.fresh}, freshness(self.task, self.seed, fresh=True))
        if self.drive_error == self.drive_error:
            lines.append(f"drive error {self.drive_error:.2f} of the rate model's recurrent drive")
        lines.append(
            f"{self.search_trials} trials of search, {self.fresh.score.trials} fresh, "
            f"{self.drive_trials} for the drive, {self.seconds:.1f} s; {self.stopped}"
        )
        return "\n".join(lines)

    @check_arguments()
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curve (see `spiking.plotting.scaling_factor`)."""
        from spiking.plotting import scaling_factor

        return scaling_factor(self, ax)

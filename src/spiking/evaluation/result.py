"""The results of an evaluation: the number of correct trials, and which ones they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import real_numbers
from spiking.evaluation.words import OTHER_RULES, first_rule, freshness, in_words, rules
from spiking.files.escape import printable
from spiking.network.readout_refit import ReadoutRefit
from spiking.short_repr import joined, part, short_repr
from spiking.tasks import CombinedTasks, Task
from spiking.tasks.scoring import wilson_interval
from spiking.typing import Floats


@dataclass(frozen=True)
class Score:
    """How many of a number of trials were correct.

    Attributes
    ----------
    correct, trials : int
    scored : bool
        False if nothing says which trials are correct (see `spiking.tasks.from_inputs`); then `correct` is 0.

    Examples
    --------
    >>> from spiking.evaluation import Score
    >>> print(Score(correct=97, trials=100))
    97 of 100 correct, 0.970 (0.915 to 0.990)
    """

    correct: int
    trials: int
    scored: bool = True

    __repr__ = short_repr

    @classmethod
    @check_arguments()
    def of(cls, task: Task, correct: NDArray[np.bool_]) -> Score:
        """Return the score of trials of a task."""
        answers = real_numbers("correct", correct, "an array of bool")
        return cls(int(np.count_nonzero(answers)) if task.scored else 0, answers.size, task.scored)

    @property
    def accuracy(self) -> float:
        """Fraction of correct trials; NaN if they are not scored."""
        return self.correct / self.trials if self.scored else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson score interval of the accuracy."""
        return wilson_interval(self.correct, self.trials) if self.scored else (math.nan, math.nan)

    def __str__(self) -> str:
        if not self.scored:
            return f"{self.trials} trials, not scored"
        low, high = self.interval
        return f"{self.correct} of {self.trials} correct, {self.accuracy:.3f} ({low:.3f} to {high:.3f})"

    def as_json(self) -> dict[str, Any]:
        """Return the score as ``spiking evaluate --json`` prints it."""
        if not self.scored:
            return {"correct": None, "trials": self.trials, "accuracy": None, "interval": None}
        low, high = self.interval
        return {
            "correct": self.correct,
            "trials": self.trials,
            "accuracy": self.accuracy,
            "interval": [low, high],
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """The trials that a network answered correctly.

    Attributes
    ----------
    task : Task
    seed : int
        Seed of the trials and of the network's noise.
    correct : array of bool, shape (trials,)
        Whether each trial was answered correctly, by the rule of the evaluation: `strict` where
        ``evaluate(strict=True)`` asked for it.
    conditions : tuple of str
        Condition of each trial.
    published, strict, sustained : array of bool, shape (trials,), or None
        Whether each trial is correct by ``task.rule()``, by ``task.rule(strict=True)``, and by
        ``task.sustained_rule()``. None where the task does not define the rule, or where only `correct` was
        kept.
    decision : array, shape (trials,) or (trials, n_outputs), or None
    predicted : array of int, shape (trials,), or None
    response_time : array in ms, shape (trials,), or None
        Mean output, response and its time in each trial, as in `spiking.tasks.Answers`.
    output : array, shape (trials, n_outputs, samples), or None
        The outputs, with ``keep_outputs=True``.
    time : array, shape (samples,), or None
        Times of the samples of `output` in ms.
    readout_refit : ReadoutRefit or None
        How the readout was refitted; None for the trained readout.
    rates : array in Hz, shape (N,), or None
        Mean firing rate of each neuron over all trials, NaN if it is lesioned; None of a rate network.
    network : {"rate", "spiking"} or None
        Which network was run: a rate model as a rate network, or a spiking network. The printed text begins
        with it. None if that was not given.
    changes, stimulation : tuple of str
        How the network differs from the trained one, such as by lesions, and what acted on it beside the
        inputs, as in `Simulation.stimulation`; in words.

    Examples
    --------
    >>> from spiking import datasets, evaluate
    >>> result = evaluate(datasets.load("go-nogo"), trials=20, seed=1)
    >>> low, high = result.interval
    >>> low < result.accuracy <= high
    True
    >>> sorted(result.by_condition)
    ['go', 'nogo']
    >>> list(result.scores)
    ['published', 'strict', 'sustained']
    """

    task: Task
    seed: int
    correct: NDArray[np.bool_]
    conditions: tuple[str, ...]
    published: NDArray[np.bool_] | None = None
    strict: NDArray[np.bool_] | None = None
    sustained: NDArray[np.bool_] | None = None
    decision: Floats | None = None
    predicted: NDArray[np.int64] | None = None
    response_time: Floats | None = None
    output: Floats | None = None
    time: Floats | None = None
    readout_refit: ReadoutRefit | None = None
    rates: Floats | None = None
    network: Literal["rate", "spiking"] | None = None
    changes: tuple[str, ...] = ()
    stimulation: tuple[str, ...] = ()

    @property
    def score(self) -> Score:
        """Number of correct trials out of all."""
        return Score.of(self.task, self.correct)

    @property
    def accuracy(self) -> float:
        """Fraction of correct trials."""
        return self.score.accuracy

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson score interval of the accuracy."""
        return self.score.interval

    @property
    def scores(self) -> dict[str, Score]:
        """Score by each rule that the task defines: ``published``, ``strict`` and ``sustained``.

        The first is called ``task`` if the task does not come with this package.
        """
        rules = {first_rule(self.task): self.published, "strict": self.strict, "sustained": self.sustained}
        return {name: Score.of(self.task, bits) for name, bits in rules.items() if bits is not None}

    @property
    def strict_score(self) -> Score | None:
        """Score by ``task.rule(strict=True)``, or None."""
        return self.scores.get("strict")

    @property
    def sustained_score(self) -> Score | None:
        """Score by ``task.sustained_rule()``, or None."""
        return self.scores.get("sustained")

    @property
    def labels(self) -> NDArray[np.int64]:
        """Expected response of each trial: +1, -1, or 0 for none."""
        return np.array([self.task.conditions[name] for name in self.conditions], dtype=np.int64)

    def table(self) -> dict[str, NDArray[Any]]:
        """Return one row for each trial, as columns: for ``pandas.DataFrame(result.table())`` and CSV.

        Returns
        -------
        dict of str to array, shape (trials,)
            ``trial``, ``condition``, ``label``, ``correct``, and those of ``strict``, ``sustained``,
            ``decision`` (one column for each of several outputs), ``predicted`` and ``response_time_ms``
            that the task defines; ``changes`` and ``stimulation``, the same in all rows, if there are any.

        Examples
        --------
        >>> from spiking import datasets, evaluate
        >>> list(evaluate(datasets.load("go-nogo"), trials=20, seed=1).table())[:4]
        ['trial', 'condition', 'label', 'correct']
        """
        columns: dict[str, NDArray[Any]] = {
            "trial": np.arange(len(self.conditions)),
            "condition": np.array(self.conditions),
            "label": self.labels,
            "correct": self.correct,
        }
        for name in ("strict", "sustained", "decision", "predicted", "response_time"):
            values = getattr(self, name)
            if values is not None and values.ndim == 2:
                columns |= {f"{name}_{channel}": column for channel, column in enumerate(values.T)}
            elif values is not None:
                columns["response_time_ms" if name == "response_time" else name] = values
        for name in ("changes", "stimulation"):
            if getattr(self, name):
                columns[name] = np.full(len(self.conditions), "; ".join(getattr(self, name)))
        return columns

    @property
    def by_condition(self) -> dict[str, Score]:
        """Score of each condition that occurred."""
        conditions = np.array(self.conditions)
        return {
            name: Score.of(self.task, self.correct[conditions == name])
            for name in self.task.conditions
            if name in self.conditions
        }

    @property
    def by_task(self) -> dict[str, Score]:
        """Score of each of the tasks that `spiking.tasks.combine` joined, or of the only one."""
        if not isinstance(self.task, CombinedTasks):
            return {self.task.name: self.score}
        names = np.array([name.partition(": ")[0] for name in self.conditions])
        return {
            part.name: Score.of(part, self.correct[names == part.name])
            for part in self.task.parts
            if part.name in names
        }

    def __repr__(self) -> str:
        parts = [] if self.network is None else [f"network={part(self.network)}"]
        parts += [f"task={part(self.task.name)}", f"trials={len(self.correct)}"]
        parts += [f"correct={self.score.correct}"] if self.score.scored else []
        return joined("Evaluation", [*parts, f"seed={self.seed}"])

    def _repr_html_(self) -> str:
        from spiking.plotting.notebook import evaluation_html

        return evaluation_html(self)

    def __str__(self) -> str:
        who = "" if self.network is None else f"{self.network} network: "
        lines = [f"{who}{self.task.name}, {self.score}"]
        lines += [f"  changes of the network: {printable('; '.join(self.changes))}"] if self.changes else []
        lines += [f"  stimulation: {printable('; '.join(self.stimulation))}"] if self.stimulation else []
        lines += [f"  {self.readout_refit}"] if self.readout_refit else []
        if isinstance(self.task, CombinedTasks):
            lines += [f"  {name}: {score}" for name, score in self.by_task.items()]
        lines += [f"  {name}: {score}" for name, score in self.by_condition.items()]
        if self.score.scored:
            by_strict = self.published is not None and not np.array_equal(self.correct, self.published)
            lines += [f"  {name} rule: {self.scores[name]}" for name in rules(self) if name in OTHER_RULES]
            lines.append(f"  {in_words(self.task, freshness(self.task, self.seed), strict=by_strict)}")
        return "\n".join(lines)

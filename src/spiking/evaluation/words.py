"""Say an accuracy in words: rule, number of trials, interval, and whether the trials are fresh."""

from __future__ import annotations

from spiking.evaluation.result import Evaluation
from spiking.tasks import GivenInputs, Task


def freshness(task: Task, seed: int) -> str:
    """Return which trials an evaluation ran: ``fresh trials, seed 1``.

    Training, searches and fits of this package draw from other streams or ranges of numbers
    (`spiking.random_streams`), so the trials of an evaluation are fresh with every seed.
    """
    kind = "the given inputs, fresh noise" if isinstance(task, GivenInputs) else "fresh trials"
    return f"{kind}, seed {seed}"


def rules(evaluation: Evaluation) -> dict[str, str]:
    """Return the rules of `Evaluation.scores` in words; a rule that equals the published one is left out."""
    task = evaluation.task
    words = {"published": task.rule(), "strict": task.rule(strict=True), "sustained": task.sustained_rule()}
    return {
        name: rule
        for name, rule in words.items()
        if rule is not None
        and name in evaluation.scores
        and (name == "published" or rule != words["published"])
    }


def in_words(evaluation: Evaluation) -> str:
    """Return accuracy, number of trials, interval, freshness and rule, in one line."""
    task = evaluation.task
    if not evaluation.score.scored:
        return f"{evaluation.score}; {freshness(task, evaluation.seed)}"
    strict = evaluation.published is not None and evaluation.correct is evaluation.strict
    return f"{evaluation.score}; {freshness(task, evaluation.seed)}; correct: {task.rule(strict)}"

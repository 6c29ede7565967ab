"""Say in words what stands beside accuracies: rule, interval, and which trials they are."""

from __future__ import annotations

import textwrap
from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.tasks import CombinedTasks, GivenInputs, Task

if TYPE_CHECKING:
    from spiking.evaluation.result import Evaluation, Score

OTHER_RULES = ("strict", "sustained")  # than the first one, see `first_rule`
_WIDTH = 115  # of a line with a rule


def freshness(task: Task, seed: int, *, fresh: bool = False) -> str:
    """Return which trials were run: ``seed 1``, or ``fresh trials, seed 1``.

    Parameters
    ----------
    task : Task
    seed : int
    fresh : bool
        Whether it is known that nothing was chosen on these trials, as of a network that a search of this
        package converted: searches and training use other random numbers (`spiking.random_streams`).
        A scaling factor that was given may have been chosen on any trials.
    """
    if isinstance(task, GivenInputs):
        return f"the given inputs, {'fresh noise, ' if fresh else ''}seed {seed}"
    return f"{'fresh trials, ' if fresh else ''}seed {seed}"


def first_rule(task: Task) -> str:
    """Return the name of ``task.rule()``: ``published`` for tasks of this package, ``task`` for others."""
    parts = task.parts if isinstance(task, CombinedTasks) else (task,)
    ours = all(type(part).__module__ == "spiking.tasks.standard" for part in parts)
    return "published" if ours else "task"


def rules(evaluation: Evaluation) -> dict[str, str]:
    """Return the rules of `Evaluation.scores` in words.

    The strict rule begins with "the same" where it adds to the first one; it is left out where both are
    equal.
    """
    return rules_of(evaluation.task, evaluation.scores)


def rules_of(task: Task, names: Container[str]) -> dict[str, str]:
    """Return the rules with these names in words, as `rules` does."""
    first, strict = task.rule(), task.rule(strict=True)
    if strict.startswith(first):
        strict = "the same" + strict.removeprefix(first)
    words = {first_rule(task): first, "strict": strict, "sustained": task.sustained_rule()}
    return {
        name: rule
        for name, rule in words.items()
        if rule is not None and name in names and rule != "the same"
    }


def in_words(task: Task, trials: str, *, strict: bool = False) -> str:
    """Return the line beside accuracies: when a trial is correct, the interval, and which trials they are.

    Parameters
    ----------
    task : Task
    trials : str
        As `freshness` returns.
    strict : bool
        Whether the strict rule was used.
    """
    return f"correct: {task.rule(strict)}; 95 % Wilson intervals; {trials}" if task.scored else trials


def accuracy_json(score: Score, rule: str | None, *, seed: int | None, fresh: bool | None) -> dict[str, Any]:
    """Return an accuracy and what stands beside it, in types of JSON.

    Parameters
    ----------
    score : Score
    rule : str or None
        When a trial is correct, in words; None if trials are not scored.
    seed : int or None
        Seed of the trials.
    fresh : bool or None
        True if nothing was chosen on these trials, False if something was, None if that is not known.

    Returns
    -------
    dict
        ``rule``, ``correct``, ``trials``, ``accuracy``, ``interval`` (95 % Wilson), ``fresh`` and ``seed``.
    """
    return {"rule": rule if score.scored else None, **score.as_json(), "fresh": fresh, "seed": seed}


def evaluation_json(evaluation: Evaluation, *, strict: bool = False, fresh: bool | None) -> dict[str, Any]:
    """Return the accuracy of an evaluation as `accuracy_json`, by each rule and in each condition.

    Parameters
    ----------
    evaluation : Evaluation
    strict : bool
        Whether the strict rule was used.
    fresh : bool or None
        As in `accuracy_json`.
    """
    task = evaluation.task
    words = {
        first_rule(task): task.rule(),
        "strict": task.rule(strict=True),
        "sustained": task.sustained_rule(),
    }
    by_rule = {name: {"rule": words[name], **score.as_json()} for name, score in evaluation.scores.items()}
    return {
        **accuracy_json(evaluation.score, task.rule(strict), seed=evaluation.seed, fresh=fresh),
        "by_rule": by_rule if task.scored else {},
        "by_condition": {name: score.as_json() for name, score in evaluation.by_condition.items()},
        "changes": "; ".join(evaluation.changes),
        "stimulation": "; ".join(evaluation.stimulation),
    }


def score_lines(evaluations: Mapping[str, Evaluation], which: str, *, strict: bool = False) -> list[str]:
    """Return the lines that say how one or several networks did the same trials, by every rule.

    The rules come first, then the networks' accuracies by each rule and in each condition, and which trials
    they are.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
        Of networks, such as ``rate`` and ``spiking``, in the order of their columns.
    which : str
        As `freshness` returns.
    strict : bool
        Whether the evaluations used the strict rule, which then holds in the conditions.
    """
    first = next(iter(evaluations.values()))
    *lines, last = rule_lines(first, which, strict=strict)
    names = list(rules(first)) if first.score.scored else []
    lines.append(_row("", [f"{name} network" for name in evaluations]))
    if len(names) < 2:
        lines.append(_row("correct", [_cell(result.score) for result in evaluations.values()]))
    else:
        for name in names:
            lines.append(_row(_title(name), [_cell(result.scores[name]) for result in evaluations.values()]))
    for condition in first.by_condition:
        scores = [result.by_condition[condition] for result in evaluations.values()]
        n = f" (n = {scores[0].trials})"  # of every network: they ran the same trials
        lines.append(_row(f"  {condition}{n}", [_cell(score) for score in scores]))
    return [*lines, last]


def response_lines(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Return the lines that say which responses networks gave in each condition, and when.

    There are none if the task does not say what a response is.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
        As of `score_lines`.
    """
    if any(evaluation.predicted is None for evaluation in evaluations.values()):
        return []
    first = next(iter(evaluations.values()))
    possible = sorted({0, *first.task.conditions.values()}, reverse=True)
    names = ", ".join(f"{response:+d}" if response else "none" for response in possible)
    times = f"; mean time of the responses in ms (the output is scored from {first.task.score_from:g} ms)"
    lines = [f"trials with the response {names}{'' if first.response_time is None else times}"]
    for condition in first.by_condition:
        cells = [_responses(evaluation, condition, possible) for evaluation in evaluations.values()]
        lines.append(_row(f"  {condition}", cells))
    return lines


def _responses(evaluation: Evaluation, condition: str, possible: Iterable[int]) -> str:
    own = np.array(evaluation.conditions) == condition
    given, times = np.asarray(evaluation.predicted)[own], evaluation.response_time
    responded = own & (np.asarray(evaluation.predicted) != 0)
    counts = ", ".join(str(np.count_nonzero(given == response)) for response in possible)
    known = [] if times is None else times[responded & ~np.isnan(times)]
    return f"{counts}; {np.mean(known):.0f}" if len(known) else counts


def rule_lines(evaluation: Evaluation, which: str, *, strict: bool = False) -> list[str]:
    """Return the rules of an evaluation, a line each, and the interval and the trials; see `score_lines`."""
    words = rules(evaluation) if evaluation.score.scored else {}
    lines = lines_of(words)
    used = "in each condition: strict; " if strict and "strict" in words else ""
    return [*lines, f"{used}95 % Wilson intervals; {which}"]


def lines_of(words: Mapping[str, str]) -> list[str]:
    """Return rules in words, a line each."""
    return [
        textwrap.fill(f"{_title(name)}: {rule}", _WIDTH, subsequent_indent="  ")
        for name, rule in words.items()
    ]


def _title(rule: str) -> str:
    return rule if rule in OTHER_RULES else "correct"


def _row(name: str, cells: list[str]) -> str:
    return f"{name:20}{''.join(f'{cell:34}' for cell in cells)}".rstrip()


def _cell(score: Score) -> str:
    if not score.scored:
        return "not scored"
    low, high = score.interval
    return f"{score.accuracy:.3f} ({low:.3f} to {high:.3f}) of {score.trials}"

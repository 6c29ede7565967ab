"""What a training came to: whether the task was learnt, whether the network converts, and what to try."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.checks import counted
from spiking.evaluation.words import OTHER_RULES
from spiking.rate_model.recorded_settings import tests_of_training
from spiking.tasks.recorded.record import TaskRecord

if TYPE_CHECKING:
    from spiking.tasks import Task
    from spiking.training import TrainingOptions
    from spiking.training.state import TrainingState

_MANY = 6000  # updates, in which the tasks of the package are learnt
_FALLING = 0.95  # the loss still falls if its last third is below this fraction of the third before


@dataclass(frozen=True)
class Verdict:
    """Two answers with their reasons, and advice.

    Attributes
    ----------
    learnt : bool
        Whether loss and accuracy met the criteria, at the end or when the hardening began.
    converts : bool or None
        Whether the spiking network does the task; None if it was not tested.
    lines : (str, str)
        The two answers in words.
    advice : tuple of str
        What went wrong and what to try, or what to do next.
    """

    learnt: bool
    converts: bool | None
    lines: tuple[str, ...]
    advice: tuple[str, ...]


def verdict(state: TrainingState, options: TrainingOptions, path: str) -> Verdict:
    """Return what a training came to, from its last state; `path` is the file of the model."""
    losses, accuracies = tests_of_training(state.model)
    good = (losses < options.stop_loss) & (accuracies >= options.stop_accuracy)
    began = 100 * (int(np.argmax(good)) + 1)
    hardening = state.stage == "hardening"
    learnt = hardening or state.stopped == "converged"
    updates, loss, accuracy = saved(state)
    needed = (
        f"accuracy {100 * accuracy:.0f} % in 100 new trials "
        f"({_interval(accuracy, 100)}; at least {100 * options.stop_accuracy:g} % is needed"
        f"{_others(rate_by_rule(state))}), "
        f"loss {loss:.2f} (below {options.stop_loss:g} is needed)"
    )
    meets = loss < options.stop_loss and accuracy >= options.stop_accuracy
    word = (
        "yes" if learnt and (meets or not hardening) else "yes, but lost again with noise" if learnt else "no"
    )
    last: tuple[str, ...] = ()
    done = counted(state.updates, "update")
    if updates != state.updates:
        needed += f"; this is the network after {counted(updates, 'update')}, which is saved"
        last = (
            f"last network, after {done}, not saved: accuracy {100 * state.accuracy:.0f} % "
            f"in 100 new trials, loss {state.loss:.2f}",
        )
    converts, reason = _conversion(state, options, learnt, began)
    shown = {True: "yes", False: "no", None: "not tested"}[converts]
    advice: list[str] = []
    if state.stopped == "diverged":
        advice = [
            f"the loss is no longer a number after {done}; try a smaller --learning-rate "
            f"than {options.learning_rate:g}, a smaller --gain, or --clip-norm 1"
        ]
    elif not learnt:
        advice = [_not_learnt(losses, accuracies, options)]
    elif state.stopped != "converged":
        left = options.hardening - (state.updates - began)
        if left > 0 and good.any():
            advice = [
                f"training ended at --max-updates {options.max_updates}, before the hardening did, which "
                f"makes the network one that converts; try --max-updates {options.max_updates + left}"
            ]
        elif converts is None:
            advice = [
                "what was learnt was lost when the noise grew; try another --seed, more --n-units, or a "
                "smaller --spike-noise"
            ]
        else:
            advice = [_not_converting(state, options)]
        advice.append(f"`spiking evaluate {path}` measures both networks in more trials")
    elif converts is False:
        advice = [f"`spiking tune {path} --conversion matched` may still convert it; or try another --seed"]
    elif converts is None:
        advice = [f"next, `spiking tune {path}` finds its scaling factor, and tells whether it converts"]
    return Verdict(
        learnt,
        converts,
        (f"learnt: {word}, {needed}", f"converts: {shown}, {reason}", *last),
        tuple(advice),
    )


def saved(state: TrainingState) -> tuple[int, float, float]:
    """Return updates, loss and accuracy of the network that is saved, which may not be the last one."""
    extras = state.model.extras
    loss, accuracy = (float(np.ravel(extras[f"eval_{name}"])[-1]) for name in ("losses", "accuracies"))
    return int(np.ravel(extras["updates"])[0]), loss, accuracy


def _not_converting(state: TrainingState, options: TrainingOptions) -> str:
    """Return why the best spiking network does not do, and what to try."""
    accuracy, r2 = state.spiking_accuracy, state.spiking_r2
    advice = "try another --seed, more --n-units, or a slower task"
    if accuracy is None or r2 is None:
        return f"the spiking network does not follow the rate network closely enough; {advice}"
    faults, lower = [], []
    if accuracy < options.resolved("stop_spiking_accuracy") - 1e-9:
        faults.append("is right too rarely")
        lower.append(f"--stop-spiking-accuracy {accuracy:g}")
    if r2 < options.resolved("stop_r2"):
        faults.append("does not follow the rate network closely enough")
        lower.append(f"--stop-r2 {math.floor(100 * r2) / 100:g}")
    enough = f"; or, if this is good enough for you, {' and '.join(lower)}" if lower else ""
    return f"the spiking network {' and '.join(faults)}; {advice}{enough}"


def _conversion(
    state: TrainingState, options: TrainingOptions, learnt: bool, began: int
) -> tuple[bool | None, str]:
    """Return whether the network converts, and why; hardening began after so many updates."""
    converts = state.converts
    if converts is None and state.spiking_accuracy is not None:
        converts = False  # the best of the networks that were tested, none of which did
    if converts is None:
        if not options.hardening:
            return None, "because --hardening is 0"
        if not learnt:
            return None, "because the task was not learnt"
        if state.updates - began < options.hardening:
            return None, "because training ended before the hardening did"
        return None, "because the network met the criteria too rarely in the hardening"
    if state.spiking_accuracy is None or state.spiking_r2 is None:
        some = "at three or more" if converts else "at fewer than three"
        return converts, f"the spiking network does the task {some} neighbouring scaling factors"
    kept = "" if converts else "; the best network is kept"
    return converts, (
        f"the spiking network is right in {100 * state.spiking_accuracy:.0f} % of 40 new trials "
        f"({_interval(state.spiking_accuracy, 40)}; "
        f"at least {100 * options.resolved('stop_spiking_accuracy'):g} % is needed"
        f"{_others(spiking_by_rule(state))}), "
        f"R2 of its output {state.spiking_r2:.2f} (at least {options.resolved('stop_r2'):g} is needed){kept}"
    )


def rate_by_rule(state: TrainingState) -> dict[str, float]:
    """Return the accuracies of the saved rate network by the rules that decide nothing."""
    recorded = {name: state.model.extras.get(f"eval_{name}") for name in OTHER_RULES}
    return {name: float(np.ravel(value)[0]) for name, value in recorded.items() if value is not None}


def spiking_by_rule(state: TrainingState) -> dict[str, float]:
    """Return the accuracies of its spiking network by the rules that decide nothing."""
    values = {name: getattr(state, f"spiking_{name}") for name in OTHER_RULES}
    return {name: value for name, value in values.items() if value is not None}


def _others(accuracies: Mapping[str, float]) -> str:
    return "".join(f"; {name} {100 * value:.0f} %" for name, value in accuracies.items())


def rule_lines(
    state: TrainingState, options: TrainingOptions, task: Task, path: str, named: str
) -> list[str]:
    """Return the rules of the accuracies of a training, a line each, and which trials they are.

    `named` is how the command named the task.
    """
    if not task.scored:
        return []
    from spiking.evaluation.words import first_rule, lines_of, rules_of
    from spiking.training.scoring import rule

    names = rate_by_rule(state) | spiking_by_rule(state)
    first = first_rule(task)
    spiking = rules_of(task, (first, *names))
    rate = rule(task, options)
    words = {first: rate} if rate != spiking[first] else spiking
    own = [] if TaskRecord.of(task).file is None else ["--task", named]  # files of tasks are not found alone
    fresh = shlex.join(["spiking", "evaluate", path, *own])
    return [*lines_of(words), f"these trials decided when training ended; `{fresh}` runs fresh ones"]


def _interval(accuracy: float, trials: int) -> str:
    from spiking.tasks.scoring import wilson_interval

    low, high = wilson_interval(round(trials * accuracy), trials)
    return f"95 % Wilson interval {100 * low:.0f} to {100 * high:.0f} %"


def _not_learnt(losses: Any, accuracies: Any, options: TrainingOptions) -> str:
    """Return what kept a network from learning, and what to try."""
    third = len(losses) // 3
    more = f"--max-updates {max(2 * options.max_updates, _MANY)}"
    if accuracies[-1] >= options.stop_accuracy:
        return (
            f"the accuracy suffices and the loss does not; try {more}, or --stop-loss "
            f"{1.1 * losses[-1]:.3g} if the output is good enough for you"
        )
    if not third:  # too few tests to say whether the loss falls
        return f"training has only begun: it ended at --max-updates {options.max_updates}; try {more}"
    if np.mean(losses[-third:]) < _FALLING * np.mean(losses[-2 * third : -third]):
        return f"the loss was still falling; try {more}"
    if losses[-1] < options.stop_loss:
        return (
            "the output is close to its target and still scored as wrong; check that the target of the task "
            "crosses its threshold in the scored window, or try a smaller --stop-loss"
        )
    return (
        "the loss no longer fell; try another --seed, more --n-units, a smaller --learning-rate, or an "
        "easier task first and then --start MODEL (--plot draws loss and accuracy)"
    )


def outcome(state: TrainingState, seconds: float) -> str:
    """Return how a training ended, in words."""
    reason = {
        "converged": "converged",
        "limit": "not converged, stopped at the limit of updates",
        "diverged": "not converged, the loss is no longer a number",
    }[state.stopped]
    updates, *_ = saved(state)
    best = f"; the best network is that after {counted(updates, 'update')}"
    best = "" if updates == state.updates else best
    return f"{reason}: {counted(state.updates, 'update')} in {seconds:.1f} s{best}"


def as_json_of(
    state: TrainingState,
    options: TrainingOptions,
    result: Verdict,
    seconds: float,
    path: Path,
    task: Task,
    seed: int,
) -> dict[str, Any]:
    """Return the result of a training in types of JSON; its trials decided when it ended."""
    from spiking.evaluation.result import Score
    from spiking.evaluation.words import accuracy_json, first_rule
    from spiking.training.scoring import rule

    def score(accuracy: float, trials: int) -> Score:
        scored = task.scored and math.isfinite(accuracy)
        return Score(round(accuracy * trials) if scored else 0, trials, scored)

    def accuracies(accuracy: float, words: str, others: dict[str, float], trials: int) -> dict[str, Any]:
        rules = {"strict": task.rule(strict=True), "sustained": task.sustained_rule()}
        all_rules = {first_rule(task): (words, accuracy)}
        all_rules |= {name: (rules[name] or "", value) for name, value in others.items()}
        return {
            **accuracy_json(score(accuracy, trials), words, seed=seed, fresh=False),
            "by_rule": {
                name: {"rule": words, **score(value, trials).as_json()}
                for name, (words, value) in (all_rules.items() if task.scored else ())
            },
        }

    spiking = None
    if state.spiking_accuracy is not None:
        spiking = {
            **accuracies(state.spiking_accuracy, task.rule(), spiking_by_rule(state), 40),
            "r2": state.spiking_r2,
        }
    updates, loss, accuracy = saved(state)
    return {
        "seed": seed,
        "file": str(path),
        "task": task.name,
        "converged": state.stopped == "converged",
        "learnt": result.learnt,
        "converts": result.converts,
        "stopped": state.stopped,
        "updates": state.updates,
        "seconds": seconds,
        "saved_updates": updates,
        "loss": loss,
        "rate_network": accuracies(accuracy, rule(task, options), rate_by_rule(state), 100),
        "spiking_network": spiking,
        "advice": result.advice,
    }

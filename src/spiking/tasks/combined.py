"""Several tasks for one network, with a rule input for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import one_of, positive_number
from spiking.errors import ArgumentError
from spiking.short_repr import short_repr
from spiking.tasks.answers import Answers
from spiking.tasks.base import Task
from spiking.tasks.registry import get
from spiking.tasks.trials import Trials
from spiking.timing import STEP_MS
from spiking.typing import Floats

_BETWEEN = ": "  # a condition is "name of the task: its own name"


@dataclass(frozen=True, eq=False)
class CombinedTasks(Task):
    """Several tasks for one network; a constant rule input says which task a trial is of. See `combine`.

    Attributes
    ----------
    parts : tuple of Task
    rule_input : float
        Size of the rule input of the trial's task; those of the others are 0.

    Examples
    --------
    >>> from spiking import tasks
    >>> both = tasks.combine("go-nogo", "xor")
    >>> both.n_inputs, list(both.conditions)[:3]
    (4, ['go-nogo: go', 'go-nogo: nogo', 'xor: ++'])
    """

    parts: tuple[Task, ...]
    rule_input: float = 1.0

    __repr__ = short_repr

    @property
    def name(self) -> str:  # type: ignore[override]  # of this task, not of the class
        """The names of the tasks, joined by ``+``."""
        return "+".join(part.name for part in self.parts)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of all tasks, by the name of the task."""
        return {"rule_input": self.rule_input} | {
            f"{part.name}{_BETWEEN}{key}": value
            for part in self.parts
            for key, value in part.settings.items()
        }

    @property
    def conditions(self) -> dict[str, int]:  # type: ignore[override]  # of this task, not of the class
        """The conditions of all tasks: ``go-nogo: go`` and so on."""
        return {
            f"{part.name}{_BETWEEN}{name}": label
            for part in self.parts
            for name, label in part.conditions.items()
        }

    @property
    def n_inputs(self) -> int:  # type: ignore[override]  # of this task, not of the class
        """The largest number of inputs of a task, which all share, and one rule input for each task."""
        return max(part.n_inputs for part in self.parts) + len(self.parts)

    @property
    def n_outputs(self) -> int:  # type: ignore[override]  # of this task, not of the class
        """The number of outputs, the same of all tasks."""
        return self.parts[0].n_outputs

    @property
    def duration(self) -> float:
        """Length of a trial in ms, of the longest task; the others begin later."""
        return max(part.duration for part in self.parts)

    @property
    def score_from(self) -> float:
        """The earliest time in ms at which a task is scored."""
        return min(self._late(part) + part.score_from for part in self.parts)

    @check_arguments()
    def trial(self, condition: str, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return inputs (n_inputs, n_steps) and target: those of the condition's task, and its rule input."""
        number = self._number(condition)
        part = self.parts[number]
        inputs, target = part.trial(condition.partition(_BETWEEN)[2], rng)
        late = round(self._late(part) / STEP_MS)
        every = np.zeros((self.n_inputs, self.n_steps))
        every[: part.n_inputs, late:] = inputs
        every[self.n_inputs - len(self.parts) + number] = self.rule_input
        padding = np.zeros((*np.shape(target)[:-1], late))
        return every, np.concatenate([padding, target], axis=-1)

    @check_arguments()
    def score(
        self, output: ArrayLike, time: ArrayLike, trials: Trials, *, strict: bool = False
    ) -> NDArray[np.bool_]:
        """Return for each trial whether its task says that the output is correct."""
        correct = np.zeros(len(trials), np.bool_)
        for part, chosen, own in self._of_parts(output, time, trials):
            correct[chosen] = part.score(*own, strict=True) if strict else part.score(*own)
        return correct

    @check_arguments()
    def answers(self, output: ArrayLike, time: ArrayLike, trials: Trials) -> Answers:
        """Return what each trial answers by its task; None for what one of the tasks does not define."""
        found = [
            (part, chosen, part.answers(*own)) for part, chosen, own in self._of_parts(output, time, trials)
        ]
        joined: dict[str, Any] = {}
        for name in ("decision", "predicted", "response_time", "sustained"):
            values = [getattr(answers, name) for _, _, answers in found]
            if any(value is None for value in values):
                continue
            joined[name] = np.empty((len(trials), *values[0].shape[1:]), values[0].dtype)
            for (part, chosen, _), value in zip(found, values, strict=True):
                joined[name][chosen] = value + self._late(part) if name == "response_time" else value
        return Answers(**joined)

    @check_arguments()
    def rule(self, strict: bool = False) -> str:
        """Return the rules of all tasks in words; times count from the start of a task's own trial."""
        return ". ".join(f"{part.name}{_BETWEEN}{part.rule(strict)}" for part in self.parts)

    def sustained_rule(self) -> str | None:
        """Return the rules by which responses are sustained; None if one of the tasks has none."""
        rules = {part.name: part.sustained_rule() for part in self.parts}
        if None in rules.values():
            return None
        return ". ".join(f"{name}{_BETWEEN}{rule}" for name, rule in rules.items())

    def _of_parts(
        self, output: ArrayLike, time: ArrayLike, trials: Trials
    ) -> Iterator[tuple[Task, NDArray[np.intp], tuple[Floats, Floats, Trials]]]:
        """Yield each task that has trials, their numbers, and what it scores: its own time and trials."""
        self.window(output, time, trials)
        outputs, times = np.asarray(output, float), np.asarray(time, float)
        numbers = np.array([self._number(name) for name in trials.conditions])
        for number, part in enumerate(self.parts):
            chosen = np.flatnonzero(numbers == number)
            if chosen.size:
                late = self._late(part)
                steps = round(late / STEP_MS)
                own = Trials(
                    trials.inputs[chosen][:, : part.n_inputs, steps:],
                    trials.targets[chosen][..., steps:],
                    tuple(trials.conditions[i].partition(_BETWEEN)[2] for i in chosen),
                    trials.labels[chosen],
                    tuple(part.conditions),
                )
                inside = times >= late - 1e-6
                yield part, chosen, (outputs[chosen][..., inside], times[inside] - late, own)

    def check_once(self) -> None:
        """Check each of the tasks."""
        for part in self.parts:
            part.check_once()

    def _late(self, part: Task) -> float:
        return self.duration - part.duration

    def _number(self, condition: str) -> int:
        one_of("condition", condition, self.conditions)
        return [part.name for part in self.parts].index(condition.partition(_BETWEEN)[0])


@check_arguments(rule_input=positive_number)
def combine(*tasks: Task | str, rule_input: float = 1.0) -> CombinedTasks:
    """Make one task of several, for a network that does all of them.

    All tasks share the input channels and the output. Each has one more input, which is `rule_input`
    during its trials and 0 in those of the others. All trials last as long as the longest; the shorter begin
    later, with silence. `evaluate` gives the accuracy of each condition, ``evaluate(...).by_task``
    that of each task.

    Parameters
    ----------
    *tasks : Task or str
        At least two tasks with different names and as many outputs.
    rule_input : float
        Size of the rule input.

    Returns
    -------
    CombinedTasks

    Raises
    ------
    ArgumentError
        There are fewer than two tasks, two have the same name, one has no score or trials that depend on
        earlier ones, or they have different numbers of outputs; or `rule_input` is not a number above 0.

    Examples
    --------
    >>> from spiking import tasks
    >>> trials = tasks.combine("go-nogo", "xor").trials(4, seed=1)
    >>> trials.inputs.shape
    (4, 4, 300)
    """
    parts = tuple(get(task) if isinstance(task, str) else task for task in tasks)
    names = [part.name for part in parts]
    if len(parts) < 2 or len(set(names)) < len(parts):
        raise ArgumentError(
            f"tasks are {', '.join(names) or 'none'}; expected at least two, with different names"
        )
    if not all(part.scored for part in parts):
        raise ArgumentError(
            f"tasks are {', '.join(names)}; expected all with a score: from_inputs(inputs, score=...)"
        )
    blocks = [part.name for part in parts if part.block_length > 1]
    if blocks:
        raise ArgumentError(
            f"tasks have blocks, in which trials depend on earlier ones: {', '.join(blocks)}; expected tasks "
            f"without (block_length 1)"
        )
    if len({part.n_outputs for part in parts}) > 1:
        counts = ", ".join(f"{part.name} {part.n_outputs}" for part in parts)
        raise ArgumentError(f"tasks have numbers of outputs that differ: {counts}; expected the same")
    return CombinedTasks(parts=parts, rule_input=rule_input)

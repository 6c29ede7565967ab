"""Check that a task does what its class declares, before it is trained on or run."""

from __future__ import annotations

import difflib
import inspect
import itertools
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from spiking.checks import number_or_nan, shown
from spiking.errors import ArgumentError, SpikingError
from spiking.tasks.answers import Answers, signed
from spiking.tasks.base import Task, draw, shapes
from spiking.tasks.trials import Trials
from spiking.timing import STEP_MS

_SEED = 1
_MISSING = object()
_KNOWN = tuple(name for name in (*vars(Task), *Task.__annotations__) if not name.startswith("_"))
_ALIKE = 0.85  # similarity of a name to a known one from which it is a typing error
_EXPECTED_OF = {1: "above {0:g} at some time", -1: "below -{0:g} at some time", 0: "below {1:g} at all times"}


def check_class(kind: type[Task]) -> None:
    """Raise ArgumentError unless the class of a user's task says which of its attributes are settings.

    It must be a frozen dataclass if it has settings, its settings must have annotations, and no name may be
    almost that of an attribute or method of `Task`, which it would not replace.
    """
    count: object = kind.n_outputs  # of some tasks a property
    if isinstance(count, int) and count > 1 and kind.score is Task.score:
        _fail(
            kind,
            f"the task {kind.__name__} has {count} outputs, but Task.score is for one output; define a "
            f"method score(self, output, time, trials, *, strict=False) that returns one bool per trial; "
            f"output has shape (trials, outputs, samples)",
        )
    for part in kind.__mro__:
        if part is Task or not issubclass(part, Task) or _comes_with_package(part):
            continue
        annotated = dict(inspect.get_annotations(part))
        settings = [name for name, hint in annotated.items() if "ClassVar" not in str(hint)]
        frozen = getattr(vars(part).get("__dataclass_params__"), "frozen", False)
        if settings and not frozen:
            found = (
                "has @dataclass without frozen=True"
                if "__dataclass_fields__" in vars(part)
                else (f"has no @dataclass(frozen=True): {', '.join(settings)} are not settings")
            )
            _fail(part, f"{found}; expected @dataclass(frozen=True) in the line above `class`")
        for name, value in vars(part).items():
            if name.startswith("_") or name in _KNOWN or name in annotated or name.isupper():
                continue
            if isinstance(value, bool | int | float | str | tuple):
                hint = type(value).__name__
                _fail(
                    part,
                    f"{name} = {shown(value)} has no annotation; expected `{name}: {hint} = {value!r}` for a "
                    f"setting, or `{name}: ClassVar[{hint}] = {value!r}` for a constant",
                )
        for name in {**annotated, **vars(part)}:
            if name.startswith("_") or name in _KNOWN or name.removesuffix("s") in _KNOWN:
                continue
            if near := difflib.get_close_matches(name, _KNOWN, 1, _ALIKE):
                _fail(part, f"{name} has no meaning for a task; did you mean {near[0]}? Otherwise rename it")


def check_task(task: Task) -> None:
    """Raise ArgumentError unless attributes, trials, score and answers of a task fit each other.

    One trial of each condition is drawn twice, and its target is scored as if it were an output. The first
    fault is reported, with the file, the class, the attribute and what was expected of it.
    """
    check_class(type(task))
    _check_attributes(task)
    _check_blocks(task)
    last = task.block_length - 1  # the trial with the longest history
    conditions, drawn = [], []
    for condition, number in itertools.product(task.conditions, sorted({0, last})):
        inputs, target = _trial(task, condition, number)
        if any(map(np.any, map(np.not_equal, (inputs, target), _trial(task, condition, number)))):
            _fail(
                task,
                f"trial({condition!r}, rng) gives another trial for the same rng; expected the same: draw "
                f"all random numbers from rng",
            )
        if task.scored:
            _check_score(task, condition, inputs, target)
        conditions.append(condition)
        drawn.append((inputs, target))
    together = [*zip(conditions, drawn, strict=True)] * (2 if len(drawn) == 1 else 1)
    labels = np.array([int(task.conditions[condition]) for condition, _ in together])
    inputs, target = (np.array(arrays) for arrays in zip(*(arrays for _, arrays in together), strict=True))
    if task.scored:
        _check_answers(task, Trials(inputs, target, tuple(name for name, _ in together), labels))


def _check_blocks(task: Task) -> None:
    """Raise ArgumentError unless block_length, the method block and the history of a trial fit."""
    takes = inspect.signature(task.trial).parameters
    if (
        task.block_length > 1
        and "history" not in takes
        and not any(one.kind is one.VAR_KEYWORD for one in takes.values())
    ):
        _fail(
            task,
            f"block_length is {task.block_length} and trial takes no history; expected "
            f"trial(self, condition, rng, history=()): history has the conditions of the earlier trials of "
            f"the block",
        )
    if task.block_length > 1 or "block_length" in getattr(task, "__dataclass_fields__", ()):
        return
    expected = "a block_length above 1, such as `block_length: ClassVar[int] = 20`"
    if type(task).block is not Task.block:
        _fail(task, f"block is defined and block_length is 1, so it is never called; expected {expected}")
    if "history" in takes:
        _fail(task, f"trial takes history and block_length is 1, so it is always empty; expected {expected}")


def _check_attributes(task: Task) -> None:
    name = _attribute(task, "name", "a text")
    if not isinstance(name, str) or not name:
        _fail(task, f"name is {shown(name)}; expected a text, such as 'detection'")
    conditions = _attribute(task, "conditions", "a mapping of each condition to its expected response")
    own_score = type(task).score is not Task.score
    labels = "a whole number" if own_score else "1, -1 or 0"
    expected = f"a mapping of each condition, a text, to its expected response, {labels}"
    if not isinstance(conditions, Mapping) or not conditions:
        _fail(task, f"conditions is {shown(conditions)}; expected {expected}")
    for condition, label in conditions.items():
        whole = isinstance(label, int | np.integer) and not isinstance(label, bool)
        if not isinstance(condition, str) or not whole or not (own_score or label in (1, -1, 0)):
            _fail(task, f"conditions has {shown(condition)}: {shown(label)}; expected {expected}")
    for name in ("n_inputs", "n_outputs", "block_length"):
        count = _attribute(task, name, "a whole number, 1 or more")
        if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 1:
            _fail(task, f"{name} is {shown(count)}; expected a whole number, 1 or more")
    times = {name: _time(task, name) for name in ("duration", "score_from")}
    if not times["score_from"] < times["duration"]:
        _fail(
            task,
            f"score_from is {times['score_from']:g} ms; expected a time before the end of the trial, "
            f"duration, {times['duration']:g} ms",
        )


def _time(task: Task, name: str) -> float:
    value = _attribute(task, name, f"a time in ms, a multiple of {STEP_MS:g}")
    steps = number_or_nan(value) / STEP_MS
    if not (np.isfinite(steps) and steps >= 0 and abs(steps - round(steps)) < 1e-6):
        _fail(task, f"{name} is {shown(value)} ms; expected a multiple of {STEP_MS:g} ms, 0 or more")
    return float(value)


def _trial(task: Task, condition: str, number: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Draw a trial and check its arrays."""
    call = f"trial({condition!r}, rng)"
    _, drawn = _called(task, call, lambda: draw(task, number, _SEED, condition=condition))
    if not isinstance(drawn, tuple) or len(drawn) != 2:
        _fail(task, f"{call} gives {shown(drawn)}; expected two arrays: return inputs, target")
    for what, array, shape in zip(("inputs", "target"), drawn, shapes(task), strict=True):
        names = "(n_inputs, n_steps)" if what == "inputs" else "(n_outputs, n_steps)"
        names = "(n_steps,)" if len(shape) == 1 else names
        if np.shape(array) != shape:
            _fail(task, f"{call} gives {what} of shape {np.shape(array)}; expected {shape}: {names}")
        numbers = np.asarray(array)
        if numbers.dtype.kind not in "biuf" or not np.isfinite(numbers).all():
            _fail(task, f"{call} gives {what} that are not all numbers; expected finite numbers")
    return np.asarray(drawn[0], float), np.asarray(drawn[1], float)


def _check_score(
    task: Task, condition: str, inputs: np.ndarray[Any, Any], target: np.ndarray[Any, Any]
) -> None:
    label = int(task.conditions[condition])
    trials = Trials(inputs[np.newaxis], target[np.newaxis], (condition,), np.array([label]))
    correct = _called(task, "score()", lambda: task.score(trials.targets, trials.time, trials))
    if not isinstance(correct, np.ndarray) or correct.dtype != bool or correct.shape != (1,):
        _fail(task, f"score() gives {shown(correct)} for one trial; expected an array of one bool a trial")
    if correct[0]:
        return
    scored = target[..., trials.time >= task.score_from - 1e-6]
    if type(task).score is Task.score:
        expected = f"{_EXPECTED_OF[label].format(task.threshold, task.quiet)} (response {signed(label)})"
    else:
        expected = "that score() counts the target itself as correct"
    _fail(
        task,
        f"the target of the condition {condition!r} is from {scored.min():g} to {scored.max():g} where it is "
        f"scored, from {task.score_from:g} ms on, and is not correct; expected {expected}",
    )


def _check_answers(task: Task, trials: Trials) -> None:
    """Check what a user's task says of several trials at once: scores, answers and the rule in words."""
    n = len(trials)
    takes_strict = "strict" in inspect.signature(task.score).parameters
    calls: list[dict[str, bool]] = [{}, {"strict": True}]
    for options in calls if takes_strict else calls[:1]:
        call = _call("score", options)
        scored = partial(task.score, trials.targets, trials.time, trials, **options)
        correct = _called(task, call, scored)
        if not isinstance(correct, np.ndarray) or correct.dtype != bool or correct.shape != (n,):
            _fail(
                task,
                f"{call} gives {shown(correct)} for {n} trials; expected an array of one bool a trial",
            )
    for options in calls:
        call = _call("rule", options)
        words = _called(task, call, partial(task.rule, **options))
        if not isinstance(words, str) or not words.strip():
            _fail(task, f"{call} gives {shown(words)}; expected a text: how `score` scores")
    answers = _called(task, "answers()", lambda: task.answers(trials.targets, trials.time, trials))
    if not isinstance(answers, Answers):
        _fail(task, f"answers() gives {shown(answers)}; expected Answers(decision=..., predicted=..., ...)")
    decision = (n,) if task.n_outputs == 1 else (n, task.n_outputs)
    for name, shape, kinds, expected in (
        ("decision", decision, "iuf", "numbers"),
        ("predicted", (n,), "iu", "whole numbers, +1, -1 or 0"),
        ("response_time", (n,), "iuf", "times in ms, NaN without a response"),
        ("sustained", (n,), "b", "bools"),
    ):
        column = getattr(answers, name)
        if column is None and name != "decision":
            continue
        fits = isinstance(column, np.ndarray) and column.dtype.kind in kinds and column.shape == shape
        if not fits:
            found = f"shape {np.shape(column)}, {shown(column)}"
            _fail(
                task, f"answers() gives {name} of {found}, for {n} trials; expected shape {shape}, {expected}"
            )
    if answers.predicted is not None and set(trials.labels) <= {1, -1, 0}:
        wrong = answers.predicted != trials.labels
        if wrong.any() and type(task).answers is not Task.answers:
            first = int(np.argmax(wrong))
            _fail(
                task,
                f"answers() gives the response {signed(answers.predicted[first])} for the target of the "
                f"condition {trials.conditions[first]!r}; expected {signed(trials.labels[first])}, its "
                f"number in conditions",
            )
    if answers.predicted is not None and answers.response_time is not None:
        timed = (answers.predicted == 0) & ~np.isnan(answers.response_time)
        if timed.any():
            first = int(np.argmax(timed))
            _fail(
                task,
                f"answers() gives the response 0, which is no response, and the response time "
                f"{answers.response_time[first]:g} ms for the target of the condition "
                f"{trials.conditions[first]!r}; expected another number in conditions and predicted, such as "
                f"-1, if this is a response, or else the time NaN",
            )


def _call(method: str, options: Mapping[str, object]) -> str:
    return f"{method}({', '.join(f'{name}={value}' for name, value in options.items())})"


def _attribute(task: Task, name: str, expected: str) -> Any:
    def value() -> Any:
        try:
            return getattr(task, name)
        except (AttributeError, NotImplementedError):
            if name in vars(type(task)):  # a property of the user's, which has a mistake
                raise
            return _MISSING

    found = _called(task, name, value)
    if found is _MISSING:
        _fail(task, f"{name} is missing; expected {expected}")
    return found


def _called(task: Task, what: str, function: Callable[[], Any]) -> Any:
    """Call what a user wrote; its exceptions become an error that names the line."""
    try:
        return function()
    except SpikingError as error:
        _fail(task, str(error), error)
    except Exception as error:  # noqa: BLE001  # whatever the code of a user raises
        _fail(task, f"{what} raises {raised(error, _file(type(task)))}; expected no error", error)


def raised(error: BaseException, file: str) -> str:
    """Return an exception of a user's code in words, with the last line of the file that was running."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__} in line {error.lineno}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if file and Path(frame.filename).name == file]
    line = f" in line {lines[-1]}" if lines else ""
    return f"{type(error).__name__}{line}: {error}"


def _comes_with_package(kind: type[Task]) -> bool:
    return kind.__module__.partition(".")[0] == "spiking"


def _file(kind: type[Task]) -> str:
    """Return the name of the file of a user's task, or an empty text."""
    path = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return "" if path is None or _comes_with_package(kind) else Path(path).name


def _fail(task: Task | type[Task], message: str, cause: Exception | None = None) -> NoReturn:
    kind = task if isinstance(task, type) else type(task)
    file = _file(kind)
    raise ArgumentError(f"{file + ', ' if file else ''}class {kind.__name__}: {message}") from cause

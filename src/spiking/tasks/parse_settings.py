"""Convert the settings of tasks between text, JSON and the fields of a task."""

from __future__ import annotations

import inspect
import json
import math
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np

from spiking.checks import shown, similar
from spiking.errors import ArgumentError, SpikingError
from spiking.tasks.base import Task
from spiking.tasks.check_task import check_class
from spiking.tasks.number_lists import listed_numbers

_TRUTH = {"true": True, "yes": True, "false": False, "no": False}
_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number"}


def make(kind: type[Task], settings: Mapping[str, Any]) -> Task:
    """Return a task with these settings; texts and lists are converted to the types of its fields.

    Raises
    ------
    ArgumentError
        A setting is unknown or wrong, or the task does not fit its own declarations: see `check_task`.
    """
    check_class(kind)
    task = built(kind, settings)
    task.check_once()
    return task


def built(kind: type[Task], settings: Mapping[str, Any]) -> Task:
    """Return a task as `make` does, without checking that it fits its own declarations."""
    check_known(kind, settings)
    hints = _hints(kind)
    try:
        return kind(
            **{
                name: _typed(f"{_name(kind)}: {name}", hints.get(name), value)
                for name, value in settings.items()
            }
        )
    except SpikingError:
        raise
    except (TypeError, ValueError) as error:  # also of a user's __post_init__, which refuses a value
        raise ArgumentError(f"{_name(kind)}: {error}") from error


def check_known(kind: type[Task], settings: Iterable[str]) -> None:
    """Raise ArgumentError unless a task has all these settings."""
    parameters = _parameters(kind)
    unknown = [name for name in settings if name not in parameters]
    if unknown:
        expected = f"one of {', '.join(parameters)}" if parameters else "none"
        words = ", ".join(f"{name}{similar(name, parameters)}" for name in unknown)
        raise ArgumentError(f"{_name(kind)}: unknown setting {words}; expected {expected}")


def changed(
    kind: type[Task], settings: Mapping[str, Any], usual: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the settings of a task that differ from those in `usual`, or, if not in there, the defaults."""
    parameters = _parameters(kind)
    usual = {name: parameter.default for name, parameter in parameters.items()} | dict(usual or {})
    return {
        name: value
        for name, value in settings.items()
        if name not in usual or plain(usual[name]) != plain(value)
    }


def recordable(task: Task) -> str:
    """Return the settings as JSON, which `make` reads back; raises ArgumentError if JSON cannot hold one."""
    for name, value in task.settings.items():
        try:
            json.dumps(plain(value))
        except TypeError:
            raise ArgumentError(
                f"{task.name}: the setting {name} is {shown(value)}; expected a value that a model file can "
                f"hold: a number, text, True, False, or a tuple of these"
            ) from None
    return json.dumps({name: plain(value) for name, value in task.settings.items()})


def plain(value: Any) -> Any:
    """Return a setting with NumPy's numbers converted to Python's, and tuples to lists."""
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def as_text(value: Any) -> str:
    """Return a setting as text from which `make` recovers the same value."""
    value = plain(value)
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value or math.isnan(value) else repr(value)
    return str(value)


def _name(kind: type[Task]) -> str:
    name = getattr(kind, "name", None)
    return name if isinstance(name, str) else kind.__name__


def _parameters(kind: type[Task]) -> dict[str, inspect.Parameter]:
    """Return the settings of a task; of a class that is no dataclass, the arguments of its constructor."""
    parameters = inspect.signature(kind).parameters.items()
    return {name: one for name, one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)}


def _hints(kind: type[Task]) -> dict[str, Any]:
    """Return the types of the settings from the annotations, or from the defaults."""
    parameters = _parameters(kind).items()
    hints = {
        name: type(parameter.default)
        for name, parameter in parameters
        if parameter.default not in (parameter.empty, None)
    }
    try:
        return hints | typing.get_type_hints(kind.__init__)
    except (NameError, TypeError, AttributeError):  # annotations that only type checkers can resolve
        return hints


def _typed(name: str, hint: Any, value: Any) -> Any:
    if isinstance(value, list) and (typing.get_origin(hint) or hint) is not list:
        return _tuple(value)
    if not isinstance(value, str):
        return value
    try:
        return _parsed(value, hint)
    except ValueError:
        choices = typing.get_args(hint) if typing.get_origin(hint) is Literal else ()
        expected = ", ".join(map(str, choices)) or _EXPECTED.get(hint, str(hint))
        raise ArgumentError(f"{name} is {shown(value)}; expected {expected}") from None


def _tuple(values: list[Any]) -> tuple[Any, ...]:
    return tuple(_tuple(item) if isinstance(item, list) else item for item in values)


def _parsed(text: str, hint: Any) -> Any:
    """Convert a text to a type; raises ValueError if that is not possible."""
    origin, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return text if str in inner else _first(text, inner)  # the text itself may be meant, such as "1"
    if origin is str:
        return text
    text = text.strip()
    if origin is Literal:
        choices = {str(choice): choice for choice in inner}
        return choices[text] if text in choices else _refused(text)
    if origin is types.NoneType:
        return None if text.lower() == "none" else _refused(text)
    if origin is bool:
        return _TRUTH[text.lower()] if text.lower() in _TRUTH else _refused(text)
    if origin in (int, float):
        return origin(text)
    if origin in (tuple, list):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        hints = [item for item in inner if item is not Ellipsis] or [Any]
        if ":" in text and set(hints) <= {int, float}:
            parts = list(map(str, listed_numbers("the list", text)))
        if len(hints) not in (1, len(parts)):
            _refused(text)
        hints = hints * len(parts) if len(hints) == 1 else hints
        return origin(_parsed(part, item) for part, item in zip(parts, hints, strict=True))
    return _first(text, (int, float, bool, types.NoneType, str))


def _first(text: str, hints: Iterable[Any]) -> Any:
    """Convert a text to the first of these types to which that is possible."""
    for hint in hints:
        try:
            return _parsed(text, hint)
        except ValueError:
            continue
    return _refused(text)


def _refused(text: str) -> Any:
    raise ValueError(text)

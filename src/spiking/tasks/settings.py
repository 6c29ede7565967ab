"""Convert settings of tasks between texts, JSON and the fields of a task."""

from __future__ import annotations

import inspect
import json
import math
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np

from spiking.errors import ArgumentError
from spiking.tasks.base import Task

_TRUTH = {"true": True, "yes": True, "false": False, "no": False}
_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number"}


def make(kind: type[Task], settings: Mapping[str, Any]) -> Task:
    """Return a task with these settings; texts and lists become what its fields are.

    Raises
    ------
    ArgumentError
        A setting is unknown or not possible.
    """
    check_known(kind, settings)
    hints = _hints(kind)
    try:
        return kind(
            **{
                name: _typed(f"{_name(kind)}: {name}", hints.get(name), value)
                for name, value in settings.items()
            }
        )
    except TypeError as error:
        raise ArgumentError(f"{_name(kind)}: {error}") from error


def check_known(kind: type[Task], settings: Iterable[str]) -> None:
    """Raise ArgumentError unless a task has all these settings."""
    known = inspect.signature(kind).parameters
    unknown = [name for name in settings if name not in known]
    if unknown:
        raise ArgumentError(
            f"{_name(kind)}: unknown setting {', '.join(unknown)}; it has {', '.join(known) or 'none'}"
        )


def changed(
    kind: type[Task], settings: Mapping[str, Any], usual: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the settings of a task that differ from those in `usual`, or else from the defaults."""
    parameters = inspect.signature(kind).parameters
    usual = {name: one.default for name, one in parameters.items()} | dict(usual or {})
    return {
        name: value
        for name, value in settings.items()
        if name not in usual or plain(usual[name]) != plain(value)
    }


def recordable(task: Task) -> str:
    """Return the settings as JSON, from which they can be had again; ArgumentError if one cannot."""
    for name, value in task.settings.items():
        try:
            json.dumps(plain(value))
        except TypeError:
            raise ArgumentError(
                f"{task.name}: the setting {name} is {value!r:.60}; expected a number, a text, true or "
                f"false, or a tuple of these, which a model file can hold"
            ) from None
    return json.dumps({name: plain(value) for name, value in task.settings.items()})


def plain(value: Any) -> Any:
    """Return a setting with Python's numbers in place of NumPy's, and lists in place of tuples."""
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value


def as_text(value: Any) -> str:
    """Return a setting as `make` reads it, no digit lost."""
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


def _hints(kind: type[Task]) -> dict[str, Any]:
    """Return the types of the settings, as they are annotated or else as the defaults are."""
    usual = inspect.signature(kind).parameters.items()
    found = {name: type(one.default) for name, one in usual if one.default not in (one.empty, None)}
    try:
        return found | typing.get_type_hints(kind.__init__)
    except (NameError, TypeError, AttributeError):  # of names that exist for type checkers only
        return found


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
        raise ArgumentError(f"{name} is {value!r:.60}; expected {expected}") from None


def _tuple(values: list[Any]) -> tuple[Any, ...]:
    return tuple(_tuple(one) if isinstance(one, list) else one for one in values)


def _parsed(text: str, hint: Any) -> Any:
    """Return a text as a value of a type; raises ValueError if it is none."""
    origin, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return text if str in inner else _first(text, inner)  # a file may record the text "1", or "none"
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
        of = [one for one in inner if one is not Ellipsis] or [Any]
        if len(of) not in (1, len(parts)):
            _refused(text)
        of = of * len(parts) if len(of) == 1 else of
        return origin(_parsed(part, one) for part, one in zip(parts, of, strict=True))
    return _first(text, (int, float, bool, types.NoneType, str))


def _first(text: str, hints: Iterable[Any]) -> Any:
    for hint in hints:
        try:
            return _parsed(text, hint)
        except ValueError:
            continue
    return _refused(text)


def _refused(text: str) -> Any:
    raise ValueError(text)

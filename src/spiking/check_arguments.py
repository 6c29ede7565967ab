"""`check_arguments`: functions declare what they expect of their arguments, and check it before they run."""

from __future__ import annotations

import builtins
import functools
import inspect
import itertools
import math
import os
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

import numpy as np

from spiking.checks import (
    at_least,
    finite_number,
    finite_numbers,
    flag,
    one_of,
    positive_number,
    readable,
    seed_number,
    sequence,
    shown,
    whole_number,
)
from spiking.errors import ArgumentError, SpikingError

F = TypeVar("F", bound=Callable[..., Any])
Check = Callable[[str, Any], Any]  # of a name and a value: returns the value to use, or raises ArgumentError

# A keyword means the same in every function, and so has the same limits: see the table in CONTRIBUTING.md.
SHARED: dict[str, Check] = {
    "bin_width": positive_number,
    "channel": at_least(0),
    "downsample": at_least(1),
    "scaling_factor": positive_number,
    "seed": seed_number,
    "threads": at_least(1),
    "time_step": positive_number,
    "trial": at_least(0, most=None),
    "trials": at_least(1),
}


def check_arguments(**declared: Check) -> Callable[[F], F]:
    """Let a function, or the constructor of a class, check its arguments before it runs.

    Annotations declare classes, numbers, texts, choices, mappings, functions, and sequences of these.
    `declared` has a function for each argument of which more is expected, such as a number above 0. Both may
    convert the value. What the annotations leave open, such as arrays, is checked by the function itself.
    None and NaN are passed on where they are the default, and None where the annotation allows it.

    Raises
    ------
    ArgumentError
        When the function is called: an argument is not what is expected; names the argument.
    """

    def decorate(function: F) -> F:
        if inspect.isclass(function):
            function.__init__ = decorate(function.__init__)  # type: ignore[method-assign]  # same signature
            return function
        parameters = inspect.signature(function).parameters
        kinds = {parameter.kind: parameter.name for parameter in parameters.values()}
        rest, others = kinds.get(inspect.Parameter.VAR_POSITIONAL), kinds.get(inspect.Parameter.VAR_KEYWORD)
        positional = [
            name for name, p in parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]

        @functools.cache
        def check_of(name: str | None) -> Check:
            if name is None or name not in parameters:
                return readable
            return _check_of(function, parameters[name], declared.get(name))

        @functools.wraps(function)
        def checked(*args: Any, **keywords: Any) -> Any:
            names = itertools.chain(positional, itertools.repeat(rest))
            try:
                given = [check_of(name)(name or "", value) for name, value in zip(names, args, strict=False)]
                named = {
                    name: check_of(name if name in parameters else others)(name, value)
                    for name, value in keywords.items()
                }
                return function(*given, **named)
            except MemoryError as error:
                words = f"{function.__qualname__.removesuffix('.__init__')} needs more memory than there is"
                raise ArgumentError(
                    f"{words} ({error}); expected smaller arguments, such as fewer trials"
                ) from None

        return checked  # type: ignore[return-value]  # it has the signature of the function

    return decorate


def unchecked(name: str, value: Any) -> Any:
    """Return the value: the function itself checks it."""
    return value


def _check_of(function: Any, parameter: inspect.Parameter, declared: Check | None) -> Check:
    """Return the check of one argument of a function."""
    hint = _evaluated(parameter.annotation, function.__globals__)
    kinds = _alternatives(hint)
    none = type(None) in kinds or parameter.default is None
    kinds = [kind for kind in kinds if kind is not type(None)]
    if declared is None and len(kinds) == 1 and kinds[0] in (int, float):
        declared = SHARED.get(parameter.name)
    check = declared or _check_of_kinds(kinds)
    missing = isinstance(parameter.default, float) and math.isnan(parameter.default)

    def check_given(name: str, value: Any) -> Any:
        value = readable(name, value)
        if (none and value is None) or (missing and isinstance(value, float) and math.isnan(value)):
            return value
        try:
            return check(name, value)
        except (SpikingError, MemoryError):
            raise
        except Exception as error:  # which ones, the class of the value chooses
            why = f"reading it raised {type(error).__name__}"
            raise ArgumentError(
                f"{name} is {shown(value)}; expected a value that can be read ({why})"
            ) from error

    return check_given


class _Later:
    """A class of a library that is imported only where it is used; its name is all that is known."""


_LATER = {name: type(name, (_Later,), {}) for name in ("Axes", "Client", "Figure")}


class _Names(dict[str, Any]):
    """Names in annotations that a module imports for type checkers only."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        super().__init__(_LATER)
        self._known = known

    def __missing__(self, name: str) -> Any:
        if name in self._known or hasattr(builtins, name):
            raise KeyError(name)  # and so it is looked up there
        for module_name, module in list(sys.modules.items()):
            found = vars(module).get(name) if module_name.startswith("spiking.") else None
            if isinstance(found, type) and found.__module__ == module_name:
                return found
        return Any


def _evaluated(annotation: Any, known: dict[str, Any]) -> Any:
    """Return what an annotation says; Any if it cannot be evaluated."""
    try:
        return eval(annotation, known, _Names(known)) if isinstance(annotation, str) else annotation
    except TypeError:  # brackets behind a class that is not imported here
        return Any


def _alternatives(hint: Any) -> list[Any]:
    return list(get_args(hint)) if get_origin(hint) in (Union, types.UnionType) else [hint]


def _check_of_kinds(kinds: list[Any]) -> Check:
    """Return the check that a value is of one of several kinds."""
    shapes = [_shape(kind) for kind in kinds]
    if None not in shapes:
        return _numbers(shapes)
    checks = [_check_of_kind(kind) for kind in kinds]
    known = [check for check in checks if check is not None]
    if len(known) < len(checks):
        return unchecked
    if len(known) == 1:
        return known[0].check

    def check(name: str, value: Any) -> Any:
        for each in known:
            try:
                return each.check(name, value)
            except ArgumentError:
                if isinstance(value, each.container):
                    raise  # the message says which item is wrong
        raise ArgumentError(f"{name} is {shown(value)}; expected {' or '.join(each.words for each in known)}")

    return check


class _Kind(NamedTuple):
    words: str
    check: Check
    container: tuple[type, ...] = ()  # classes whose items are checked, too


_KINDS: dict[Any, _Kind] = {
    bool: _Kind("True or False", flag),
    int: _Kind("a whole number", whole_number),
    float: _Kind("a number", finite_number),
}
_PLURALS = {(int,): " of whole numbers", (str,): " of texts"}
_CLASSES: dict[Any, str] = {
    str: "a text",
    os.PathLike: "a path",
    Callable: "a function",
    datetime: "a datetime",
    np.random.Generator: "a numpy.random.Generator",
}


def _check_of_kind(kind: Any) -> _Kind | None:
    """Return the check of one kind of value; None if it is an array or another that is not checked here."""
    origin, within = get_origin(kind) or kind, get_args(kind)
    if kind in _KINDS:
        return _KINDS[kind]
    if origin is Literal:
        return _Kind(f"one of {', '.join(within)}", lambda name, value: one_of(name, value, within))
    if origin in (tuple, list, Sequence):
        return _sequence_of(origin, within)
    if origin is Mapping:
        return _mapping_of(*within)
    if origin in _CLASSES:
        return _instance(origin, _CLASSES[origin])
    own = isinstance(kind, type) and (issubclass(kind, _Later) or kind.__module__.startswith("spiking."))
    if not own or getattr(kind, "_is_protocol", False):
        return None
    return _instance(kind, f"{'an' if kind.__name__[0] in 'AEIO' else 'a'} {kind.__name__}")


def _instance(kind: type, words: str) -> _Kind:
    """Return the check that a value is of a class."""

    def check(name: str, value: Any) -> Any:
        names = {base.__name__ for base in type(value).__mro__} if issubclass(kind, _Later) else ()
        if not isinstance(value, kind) and kind.__name__ not in names:
            raise ArgumentError(f"{name} is {shown(value)}; expected {words}")
        return value

    return _Kind(words, check)


def _mapping_of(keys: Any, values: Any) -> _Kind:
    """Return the check of a mapping, its keys and its values."""
    key_check, value_check = (_check_of_kinds(_alternatives(kind)) for kind in (keys, values))

    def check(name: str, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ArgumentError(f"{name} is {shown(value)}; expected a mapping")
        for key, item in value.items():
            value_check(f"{name}[{shown(key)}]", item)
            key_check(f"the key of {name}", key)
        return value

    return _Kind("a mapping", check, (Mapping,))


def _shape(kind: Any) -> tuple[int | None, ...] | None:
    """Return the shape of a number or of a sequence of numbers, None for any length; None for other kinds."""
    within = get_args(kind)
    if kind is float:
        return ()
    if get_origin(kind) not in (tuple, list, Sequence) or {*within} - {float, Ellipsis}:
        return None
    return (None,) if get_origin(kind) is not tuple or Ellipsis in within else (len(within),)


def _numbers(shapes: list[tuple[int | None, ...] | None]) -> Check:
    """Return the check that a value is a finite number, or a sequence of such, of one of some shapes."""
    words = {(): "a finite number", (None,): "finite numbers", (2,): "two finite numbers"}
    expected = " or ".join(words.get(shape or (), f"{shape} finite numbers") for shape in shapes)

    def check(name: str, value: Any) -> Any:
        if shapes == [()]:
            return finite_number(name, value)
        array = finite_numbers(name, value, expected)
        if array.shape not in shapes and (array.ndim != 1 or (None,) not in shapes):
            raise ArgumentError(f"{name} is {shown(value)}; expected {expected}")
        return tuple(array.tolist()) if array.ndim else float(array)

    return check


def _sequence_of(origin: Any, within: tuple[Any, ...]) -> _Kind:
    """Return the check of a sequence, and of each of its items."""
    length = len(within) if origin is tuple and Ellipsis not in within and within else None
    items = [_check_of_kinds(_alternatives(kind)) for kind in within if kind is not Ellipsis] or [unchecked]
    made = tuple if origin is tuple else list
    of = f" of {length}" if length else _PLURALS.get(within[:1], "")

    def check(name: str, value: Any) -> Any:
        try:
            values = sequence(name, value, length)
        except ArgumentError:
            raise ArgumentError(f"{name} is {shown(value)}; expected a sequence{of}") from None
        each = items if length else itertools.repeat(items[0])
        pairs = zip(each, values, strict=False)
        return made(item(f"{name}[{i}]", value) for i, (item, value) in enumerate(pairs))

    return _Kind(f"a sequence{of}", check, (list, tuple))

"""Check arguments: each function returns the value in its proper type or raises `ArgumentError`."""

from __future__ import annotations

import difflib
import itertools
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.errors import ArgumentError
from spiking.typing import Floats

_SMALLEST = 1e-200  # beyond it, products and quotients overflow
LARGEST_WEIGHT = 1e100  # sums and products of weights up to this are finite
MOST_UNITS = 10**6
MOST = 10**7  # of things that are counted, such as trials: more would fill the memory, or take months
_LONGEST_NAME = 255  # bytes, in the file systems of Linux, macOS and Windows


def shown(value: object) -> str:
    """Return a value as a message shows it: short, and without control characters."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  # of a huge integer, or what the class raises
        text = f"{type(value).__name__} object"
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


_PLAIN = {str, int, float, bool, type(None), np.ndarray, np.float64, np.bool_, np.int64}
_OWN_CLASSES = {"builtins", "numpy", "scipy", "spiking"}  # modules of classes that can always be read


def readable(name: str, value: Any, depth: int = 2) -> Any:
    """Return the value, texts as plain `str`; raise ArgumentError if its attributes or items cannot be read.

    Classes of users and of other libraries may raise anything when they are asked for an attribute or an
    item, and when they are compared. They are asked here, once, and in the items of a value too.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    foreign = kind.__module__.partition(".")[0] not in _OWN_CLASSES
    if not foreign and kind not in (list, tuple, dict):
        return value
    try:
        if foreign:
            _ = hasattr(value, "shape") or value == value  # tables and tensors are not compared
        items: list[Any] = []
        if isinstance(value, Mapping):
            items = [value[key] for key in value]
        elif isinstance(value, list | tuple):
            items = list(value)
    except Exception as error:  # which ones, the class of the value chooses
        why = f"reading it raised {type(error).__name__}"
        raise ArgumentError(f"{name} is {shown(value)}; expected a value that can be read ({why})") from error
    for item in items if depth else ():
        if type(item) not in _PLAIN:
            readable(f"an item of {name}", item, depth - 1)
    return value


def flag(name: str, value: object) -> bool:
    """Return the value as a bool, or raise ArgumentError unless it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ArgumentError(f"{name} is {shown(value)}; expected True or False")
    return bool(value)


def file_path(name: str, value: object) -> Path:
    """Return the value as a path, or raise ArgumentError unless it is a text or path that can name a file."""
    try:
        text = os.fsdecode(value) if isinstance(value, str | os.PathLike) else ""
        longest = max(len(os.fsencode(part)) for part in Path(text).parts or "-")
    except Exception:  # noqa: BLE001  # of a character that no name has, or what the class raises
        text, longest = "", 0
    if longest > _LONGEST_NAME:
        raise ArgumentError(f"{name} is {shown(value)}; expected names of at most {_LONGEST_NAME} bytes")
    if not text or "\0" in text:
        raise ArgumentError(f"{name} is {shown(value)}; expected a path")
    return Path(text)


def one_of(name: str, value: object, choices: Iterable[str]) -> str:
    """Return the value, or raise ArgumentError unless it is one of the texts."""
    if not isinstance(value, str) or value not in choices:
        raise ArgumentError(f"{name} is {shown(value)}; expected one of {', '.join(choices)}")
    return value


def similar(text: object, choices: Iterable[str]) -> str:
    """Return ``(did you mean CHOICE?)`` after a space, or nothing if no choice is similar to the text."""
    names = {name.lower(): name for name in choices}
    near = difflib.get_close_matches(text.lower(), names, 1) if isinstance(text, str) else []
    return f" (did you mean {names[near[0]]}?)" if near else ""


def counted(number: int, noun: str) -> str:
    """Return a number of things in words: ``1 update``, ``2 updates``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def real_numbers(name: str, value: object, expected: str) -> Floats:
    """Return a new array of float64, or raise ArgumentError unless the value is real numbers, none masked."""
    return np.array(numeric_array(name, value, expected), np.float64)


def numeric_array(name: str, value: object, expected: str) -> NDArray[Any]:
    """Return real numbers or bools as an array, or raise ArgumentError.

    Tensors, also those that require gradients, sparse matrices, tables and arrays of Python's numbers are
    taken as well.
    """
    of_bytes = isinstance(value, memoryview) and value.format in ("B", "b", "c")
    if of_bytes or isinstance(value, str | bytes | bytearray):
        raise ArgumentError(f"{name} is {shown(value)}; expected {expected}")
    readable(name, value)
    parts: Any = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(part, np.ma.MaskedArray) and np.ma.is_masked(part) for part in parts):
        raise ArgumentError(f"{name} has masked entries; expected {expected}, none masked")
    try:
        plain = [plain_array(part) for part in parts]
        array = np.asarray(plain if parts is value else plain[0])
        if array.dtype == object:  # of Python's numbers, as tables have them
            array = np.asarray(array.tolist())
        if array.dtype == object and all(isinstance(entry, Real | Decimal) for entry in array.flat):
            array = array.astype(np.float64)
    except Exception as error:  # noqa: BLE001  # which ones, other libraries choose
        why = "parts of unequal length" if "inhomogeneous" in str(error) else str(error)
        raise ArgumentError(f"{name} is not an array of numbers ({why:.150}); expected {expected}") from None
    if array.dtype.kind not in "biuf":
        raise ArgumentError(f"{name} is not numeric (type {array.dtype}); expected {expected}")
    return array


def plain_array(value: Any) -> Any:
    """Return a tensor of PyTorch or a sparse matrix as an array of NumPy, and anything else as it is."""
    if isinstance(value, type):
        return value
    if hasattr(value, "detach"):  # on any device, of any precision, with or without gradients
        tensor = value.detach().cpu().to_dense()
        return (tensor.double() if tensor.is_floating_point() else tensor).numpy()
    return value.toarray() if hasattr(value, "toarray") else value


def finite_numbers(name: str, value: object, expected: str) -> Floats:
    """Return a new array of float64, or raise ArgumentError unless the value is finite real numbers."""
    array = real_numbers(name, value, expected)
    finite = np.isfinite(array)
    if not finite.all():
        first = tuple(np.argwhere(~finite)[0].tolist())
        place = f"{name}[{', '.join(map(str, first))}]" if first else name
        raise ArgumentError(
            f"{place} is {array[first]:g}; expected finite numbers ({np.count_nonzero(~finite)} of "
            f"{array.size} are NaN or infinite: replace them, or leave them out)"
        )
    return array


def check_weights(**weights: Any) -> None:
    """Raise ArgumentError if an array has a too large weight; what is no array of numbers is passed over."""
    for name, values in weights.items():
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf":
            continue
        largest = float(np.abs(np.asarray(values)).max(initial=0))
        if largest > LARGEST_WEIGHT:
            raise ArgumentError(
                f"{name} has an entry of size {largest:g}; expected weights of at most {LARGEST_WEIGHT:g}"
            )


def number_or_nan(value: object) -> float:
    """Return the value as a float; NaN if it is not a number."""
    try:
        kind = getattr(getattr(value, "dtype", None), "kind", "f")
        if isinstance(value, bool | str | bytes | bytearray | memoryview) or kind not in "iufO":
            return np.nan
        if getattr(value, "ndim", 0) or np.ma.is_masked(value):
            return np.nan
        return float(value)  # type: ignore[arg-type]  # what is not a number raises, which is caught
    except Exception:  # noqa: BLE001  # which ones, the class of the value chooses
        return np.nan


def _entry(value: object) -> str:
    """Return how to take the number out of an array that has one, as `scipy.io.loadmat` reads numbers."""
    if isinstance(value, np.ndarray) and value.ndim and value.size == 1 and value.dtype.kind in "biuf":
        return f", not an array: give its entry [{', '.join('0' * value.ndim)}]"
    return ""


def positive_number(name: str, value: object) -> float:
    """Return the value as a float, or raise ArgumentError unless it is a finite number above 0."""
    number = number_or_nan(value)
    if not np.isfinite(number) or number <= 0:
        raise ArgumentError(f"{name} is {shown(value)}; expected a finite number above 0{_entry(value)}")
    if not _SMALLEST <= number <= 1 / _SMALLEST:
        limits = f"from {_SMALLEST:g} to {1 / _SMALLEST:g}"
        raise ArgumentError(f"{name} is {shown(value)}; expected a number above 0, {limits}")
    return number


def finite_number(name: str, value: object) -> float:
    """Return the value as a float, or raise ArgumentError unless it is a finite number."""
    number = number_or_nan(value)
    if not np.isfinite(number):
        raise ArgumentError(f"{name} is {shown(value)}; expected a finite number{_entry(value)}")
    return number


def not_negative(name: str, value: object) -> float:
    """Return the value as a float, or raise ArgumentError unless it is a finite number, 0 or more."""
    number = finite_number(name, value)
    if number < 0:
        raise ArgumentError(f"{name} is {shown(value)}; expected 0 or more")
    return number


def whole_number(name: str, value: object, least: int | None = None, most: int | None = 2**63 - 1) -> int:
    """Return the value as an int, or raise ArgumentError unless it is a whole number within the limits."""
    expected = "a whole number" if least is None else f"a whole number, {least} or more"
    number: int | None
    try:
        no_number = isinstance(value, bool) or np.ma.is_masked(value)
        number = None if no_number else operator.index(value)  # type: ignore[arg-type]  # raises for others
    except Exception:  # noqa: BLE001  # which ones, the class of the value chooses
        real = number_or_nan(value) if isinstance(value, float | np.floating | np.ndarray) else np.nan
        # a larger float no longer holds every whole number
        number = int(real) if real.is_integer() and abs(real) <= 2**53 else None
    if number is None or (least is not None and number < least):
        raise ArgumentError(f"{name} is {shown(value)}; expected {expected}{_entry(value)}")
    if most is not None and number > most:
        raise ArgumentError(f"{name} is {shown(value)}; expected {expected}, at most {most}")
    return number


def at_least(least: int, most: int | None = MOST) -> Callable[[str, object], int]:
    """Return the check that a value is a whole number from `least` to `most`."""
    return lambda name, value: whole_number(name, value, least, most)


def seed_number(name: str, value: object) -> int:
    """Return a seed as an int, or raise ArgumentError unless it is a whole number, 0 or more, of any size."""
    return whole_number(name, value, 0, most=None)


def fraction(name: str, value: object) -> float:
    """Return the value as a float, or raise ArgumentError unless it is a number from 0 to 1."""
    number = number_or_nan(value)
    if not 0 <= number <= 1:
        raise ArgumentError(f"{name} is {shown(value)}; expected a number from 0 to 1{_entry(value)}")
    return number


def listed(name: str, value: object, expected: str, most: int = MOST) -> list[Any]:
    """Return the items, at most so many, of a sequence, array or iterator, or raise ArgumentError."""
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
        raise ArgumentError(f"{name} is {shown(value)}; expected {expected}")
    try:
        items = list(itertools.islice(value, most + 1))
    except Exception as error:  # which ones, the class of the value chooses
        why = f"reading it raised {type(error).__name__}"
        raise ArgumentError(f"{name} is {shown(value)}; expected {expected} ({why})") from error
    if len(items) > most:
        raise ArgumentError(f"{name} has more than {most} items; expected {expected}")
    return items


def sequence(name: str, value: object, length: int | None = None) -> list[Any]:
    """Return the values as a list, or raise ArgumentError unless they are in a sequence or array."""
    expected = f"a sequence{f' of {length}' if length else ''}"
    values = [] if getattr(value, "ndim", 1) == 0 else listed(name, value, expected)
    if length not in (None, len(values)):
        raise ArgumentError(f"{name} is {shown(value)}; expected {expected}")
    return values


def whole_units(name: str, units: object, most: int = MOST_UNITS) -> tuple[int, ...]:
    """Return unit numbers, at most so many, as a tuple of int, or raise ArgumentError."""
    expected = "whole numbers, 0 or more, each at most once"
    if isinstance(units, int | float | np.number) and not isinstance(units, bool):
        which = "unit numbers" if most == MOST_UNITS else f"numbers from 0 to {most - 1}"
        number = number_or_nan(units)
        example = int(number) if 0 <= number < most and number.is_integer() else 0
        raise ArgumentError(f"{name} is {shown(units)}; expected a list of {which}, such as [{example}]")
    given = (
        units if hasattr(units, "__array__") else listed(name, units, expected, most)
    )  # also of a generator
    array = real_numbers(name, given, expected).ravel()
    for value in array:
        if not value.is_integer() or value < 0:
            raise ArgumentError(f"{name} has {value:g}; expected {expected}")
    result = tuple(int(value) for value in array)
    if len(set(result)) != len(result):
        repeated = next(unit for unit in result if result.count(unit) > 1)
        mask = "; if it is a mask, it must be bool: .astype(bool)" if set(result) <= {0, 1} else ""
        raise ArgumentError(f"{name} has {repeated} more than once; expected {expected}{mask}")
    return result


def checked_noise(value: object, n_inputs: int) -> Floats:
    """Return the standard deviations of the input noise, shape (n_inputs,), or raise ArgumentError."""
    expected = f"a finite number of at least 0, or one for each of {n_inputs} inputs"
    sigma = real_numbers("input_noise", value, expected)
    if sigma.shape not in ((), (n_inputs,)) or not np.isfinite(sigma).all() or (sigma < 0).any():
        raise ArgumentError(f"input_noise is {shown(value)}; expected {expected}")
    return np.broadcast_to(sigma, n_inputs).copy()


def checked_interval(value: object, time_step: float) -> int:
    """Return the number of time steps (of `time_step` ms) in an `input_interval`, or raise ArgumentError."""
    interval = positive_number("input_interval", value)
    steps = round(interval / time_step)
    if steps < 1 or abs(steps * time_step - interval) > 1e-9 * interval:
        raise ArgumentError(
            f"input_interval is {interval:g} ms; expected a multiple of the time step, {time_step:g} ms"
        )
    return steps


def checked_inputs(inputs: ArrayLike, n_inputs: int, downsample: int, name: str = "inputs") -> Floats:
    """Return inputs as float64 with every `downsample`-th column, or raise ArgumentError."""
    expected = f"({n_inputs}, columns) or (trials, {n_inputs}, columns)"
    u = finite_numbers(name, inputs, f"numbers, shape {expected}")
    if u.ndim == 1 and n_inputs == 1:
        u = u[np.newaxis]
    if u.ndim not in (2, 3):
        raise ArgumentError(f"{name} has shape {u.shape}; expected {expected}")
    if u.shape[-2] != n_inputs:
        raise ArgumentError(
            f"{name} has {u.shape[-2]} rows (shape {u.shape}); "
            f"expected {n_inputs}, one for each input of the model"
        )
    if u.ndim == 3 and len(u) == 0:
        raise ArgumentError(f"{name} has no trials (shape {u.shape}); expected {expected}")
    columns = np.ascontiguousarray(u[..., ::downsample])
    if columns.shape[-1] < 2:
        raise ArgumentError(
            f"{name} has {u.shape[-1]} columns, of which downsample={downsample} keeps {columns.shape[-1]}; "
            f"expected at least two to be kept"
        )
    return columns


def thread_count(threads: object) -> int:
    """Return the number of threads; None means one for each processor that this process may use."""
    return available_threads() if threads is None else whole_number("threads", threads, 1)


def available_threads() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1

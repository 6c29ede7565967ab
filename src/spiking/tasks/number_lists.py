"""Read lists of numbers that users write as text: ``20,25,30``, ``20:75:5`` or both, ``0,10:20``."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from spiking.checks import shown
from spiking.errors import ArgumentError

_MOST_VALUES = 10_000
_EXPECTED = (
    "START:STOP or START:STOP:STEP in numbers, such as 20:75:5, with START not above STOP and STEP above 0 "
    "and not above STOP - START"
)


def listed_values(name: str, text: str) -> list[int | float | str]:
    """Return the values between commas: numbers, ranges that include STOP, and other texts as they are.

    Parameters
    ----------
    name : str
        Name of the argument, for messages.
    text : str
        Such as ``20,25,30``; ``20:75:5``, from 20 to 75 in steps of 5; or ``0:9``, in steps of 1.

    Raises
    ------
    ArgumentError
        An entry is empty, a range is not one of numbers from START up to STOP, or there are too many values.
    """
    values: list[int | float | str] = []
    for part in map(str.strip, text.split(",")):
        if not part:
            raise ArgumentError(
                f"{name} is {text!r:.60}, with an empty entry; expected values between commas"
            )
        values += _range(name, part) if ":" in part else [_value(part)]
        _check_count(name, text, len(values))
    return values


def listed_numbers(name: str, text: str) -> list[int | float]:
    """Return the numbers of a text as `listed_values` reads it, or raise ArgumentError for other texts."""
    values = listed_values(name, text)
    numbers = [value for value in values if not isinstance(value, str)]
    if len(numbers) < len(values) or not all(-float("inf") < number < float("inf") for number in numbers):
        raise ArgumentError(f"{name} is {shown(text)}; expected numbers, such as 20,25,30 or 20:75:5")
    return numbers


def _range(name: str, part: str) -> list[int | float]:
    texts = [text.strip() for text in part.split(":")]
    texts += ["1"] * (len(texts) == 2)
    wrong = ArgumentError(f"{name} is {shown(part)}; expected {_EXPECTED}")
    try:
        start, stop, step = map(float, texts)
    except ValueError:
        raise wrong from None
    if not np.isfinite([start, stop, step]).all() or start > stop or step <= 0 or 0 < stop - start < step:
        raise wrong
    _check_count(name, part, (stop - start) / step)
    # in decimal digits, so that the values are those that one would write: 0.3, and not 0.1 + 0.1 + 0.1
    first, last, distance = map(Decimal, texts)
    values = [first + k * distance for k in range(int((last - first) / distance) + 1)]
    whole = all(isinstance(_value(text), int) for text in texts)
    return [int(value) if whole else float(value) for value in values]


def _check_count(name: str, text: str, count: float) -> None:
    if count > _MOST_VALUES:
        raise ArgumentError(f"{name} is {text!r:.60}, {count:.0f} values; expected at most {_MOST_VALUES}")


def _value(text: str) -> int | float | str:
    """Return a text as a whole number, a number or, if it is neither, as it is."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text

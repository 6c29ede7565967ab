"""Parse JSON that stands in files, whose content need not be trusted."""

from __future__ import annotations

import json
from typing import Any

# What code that uses parsed values may raise when they are not what it expects.
UNUSABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def parsed(text: str | bytes) -> Any:
    """Return the values of a JSON text; raises ValueError if it is none, or is nested too deep to parse."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("its JSON is nested too deep") from None


def texts(values: object) -> tuple[str, ...]:
    """Return a parsed list of texts as a tuple; raises ValueError for anything else."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("it is no list of texts")
    return tuple(values)

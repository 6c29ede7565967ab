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

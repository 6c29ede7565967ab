"""Short representations of objects, of two lines at most, for the interactive prompt and for notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

_LONGEST = 220  # characters: two lines
_LONGEST_PART = 60  # characters of one value
_ITEMS = 4  # of a collection that are written out


def short_repr(instance: Any) -> str:
    """Return a dataclass's name and fields in up to 220 characters; assign it to ``__repr__``.

    Fields that are None are left out. Arrays are given by their shapes, and long collections by their
    lengths; numbers are rounded to four digits if they have many.
    """
    parts = [
        f"{item.name}={part(getattr(instance, item.name))}"
        for item in fields(instance)
        if item.repr and not item.name.startswith("_") and getattr(instance, item.name) is not None
    ]
    return joined(type(instance).__name__, parts)


def joined(name: str, parts: list[str]) -> str:
    """Return ``name(part, part)``, with ``...`` in place of the parts that are too many."""
    text = f"{name}({', '.join(parts)})"
    while len(text) > _LONGEST and parts:
        parts = parts[:-1]
        text = f"{name}({', '.join([*parts, '...'])})"
    return text


def part(value: Any) -> str:
    """Return a value in up to 60 characters: an array by its shape, a long collection by its length."""
    text = _written(value)
    if len(text) <= _LONGEST_PART:
        return text
    if isinstance(value, str):
        return f"{text[: _LONGEST_PART - 4]}...{text[0]}"
    return f"{type(value).__name__}(...)" if is_dataclass(value) else f"<{type(value).__name__}>"


def _written(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype") and value.shape != ():
        return f"<{' x '.join(map(str, value.shape))} {value.dtype}>"
    if isinstance(value, float):
        return str(value) if len(str(value)) <= 8 else f"{value:.4g}"
    if isinstance(value, tuple | list | set | frozenset | Mapping):
        return _collection(value)
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    return str(value) if hasattr(value, "dtype") else repr(value)


def _collection(value: Any) -> str:
    if len(value) > _ITEMS:
        return f"<{len(value)} {'entries' if isinstance(value, Mapping) else 'items'}>"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{part(key)}: {part(item)}' for key, item in value.items())}}}"
    text = ", ".join(map(part, value))
    if isinstance(value, tuple):
        return f"({text},)" if len(value) == 1 else f"({text})"
    return f"[{text}]" if isinstance(value, list) else f"{{{text}}}"

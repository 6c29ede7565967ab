"""Escape texts that come from files and names where they are shown: in terminals and in tables."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, direction of writing, bytes that are not UTF-8, line ends
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def printable(text: str, *, lines: bool = False) -> str:
    """Return a text without characters that control a terminal or hide others, which become escapes.

    Parameters
    ----------
    text : str
    lines : bool
        Keep line ends.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if (lines and character == "\n") or unicodedata.category(character) not in _HIDDEN
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def cell(value: Any) -> Any:
    """Return a value for a cell of a table; texts that spreadsheets would compute begin with a quote."""
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as CSV; texts that look like formulas are marked as texts."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()

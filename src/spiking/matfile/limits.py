"""Limits of memory and nesting for reading MATLAB files, and the errors for damaged or too large files."""

from __future__ import annotations

from dataclasses import dataclass

MAX_ELEMENTS = 50_000  # variables, cells and fields together; reading that many takes at most 2 s
MAX_DEPTH = 50  # of nested cells and structs


class DamagedError(Exception):
    """The file is damaged or incomplete; the message says why, without the name of the file."""


class NotMatlabError(Exception):
    """The file is not a MATLAB file; the message says why."""


class TooLargeError(Exception):
    """The variables together exceed the limit; the argument is the name of the variable that exceeds it."""


@dataclass
class Allowance:
    """How many bytes and elements may still be read from a file."""

    n_bytes: int
    n_elements: int = MAX_ELEMENTS

    def take_bytes(self, count: int) -> None:
        """Subtract bytes of memory; raises TooLargeError when none are left."""
        self.n_bytes -= count
        if self.n_bytes < 0:
            raise TooLargeError

    def take_elements(self, count: int, depth: int) -> None:
        """Subtract variables, cells or fields, nested `depth` deep; raises DamagedError beyond the limits."""
        self.n_elements -= count
        if self.n_elements < 0:
            raise DamagedError(f"it has more than {MAX_ELEMENTS} cells and fields")
        if depth > MAX_DEPTH:
            raise DamagedError(f"cells or structs are nested more than {MAX_DEPTH} deep")

"""Limits on what reading a model file may use, and the errors for damaged or too large files."""

from __future__ import annotations

from dataclasses import dataclass

MAX_ELEMENTS = 50_000  # variables, cells and fields together: at most 2 s of reading
MAX_DEPTH = 50  # of cells and structs in one another


class DamagedError(Exception):
    """The bytes are not those of a whole file; says what is wrong, without the file's name."""


class NotMatlabError(Exception):
    """The file is whole, but of another kind; says which."""


class TooLargeError(Exception):
    """The variable that the argument names makes the whole larger than allowed."""


@dataclass
class Allowance:
    """What a file may still use up."""

    n_bytes: int
    n_elements: int = MAX_ELEMENTS

    def take_bytes(self, count: int) -> None:
        """Count bytes of memory."""
        self.n_bytes -= count
        if self.n_bytes < 0:
            raise TooLargeError

    def take_elements(self, count: int, depth: int) -> None:
        """Count variables, cells or fields that are `depth` cells or structs deep."""
        self.n_elements -= count
        if self.n_elements < 0:
            raise DamagedError(f"more than {MAX_ELEMENTS} cells and fields")
        if depth > MAX_DEPTH:
            raise DamagedError(f"cells or structs more than {MAX_DEPTH} deep in one another")

"""Limits of memory and nesting for reading files, and the errors for damaged or too large files."""

from __future__ import annotations

from dataclasses import dataclass

MAX_ELEMENTS = 50_000  # variables, cells and fields together; reading that many takes at most 2 s
MAX_DEPTH = 50  # of nested cells and structs


class DamagedError(Exception):
    """The file is damaged or incomplete; the message says why, without the name of the file."""


class TooSlowError(Exception):
    """Reading the file took too long; the message says what did, without the name of the file."""


class NotMatlabError(Exception):
    """The file is not a MATLAB file; the message says why."""


class TooLargeError(Exception):
    """What is read together exceeds a limit.

    Attributes
    ----------
    excess : str
        Which limit, such as ``take more than 256 MiB``.
    name : str
        The variable that exceeds it.
    """

    def __init__(self, excess: str, name: str = "") -> None:
        super().__init__(excess, name)
        self.excess, self.name = excess, name


@dataclass
class Allowance:
    """How many bytes and elements may still be read from a file."""

    n_bytes: int
    n_elements: int = MAX_ELEMENTS

    def __post_init__(self) -> None:
        self._most = self.n_bytes

    def take_bytes(self, count: int) -> None:
        """Subtract bytes of memory; raises TooLargeError when none are left."""
        self.n_bytes -= count
        if self.n_bytes < 0:
            raise TooLargeError(f"take more than {self._most / 2**20:.0f} MiB")

    def take_elements(self, count: int, depth: int) -> None:
        """Subtract variables, cells or fields, nested `depth` deep.

        Raises
        ------
        TooLargeError
            None are left.
        DamagedError
            They are nested too deep.
        """
        self.n_elements -= count
        if self.n_elements < 0:
            raise TooLargeError(f"have more than {MAX_ELEMENTS} cells and fields")
        if depth > MAX_DEPTH:
            raise DamagedError(f"cells or structs are nested more than {MAX_DEPTH} deep")

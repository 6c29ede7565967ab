"""Compute a digest of everything that determines a result: numbers, arrays, dataclasses, code.

Everything is told with its type, arrays with their shape, so that different things have different digests.
Code is what Python compiled, which is what runs: a file may have been edited since, and a notebook has none.
What a function of the user's own refers to belongs to it: constants and functions of its module, helpers in
other files. What Python itself, this package and installed ones define is known by its name.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

_INSTALLED = {"site-packages", "dist-packages"}


def digest(*values: Any, package: str = "") -> str:
    """Return a digest of values, the same in every process.

    Parameters
    ----------
    *values
        Numbers, texts, arrays, sparse arrays, containers, dataclasses, functions, classes. Of other objects
        class and attributes if the class is the user's own, else class and representation.
    package : str
        An installed package whose code is read like the user's own.
    """
    return _Reader(package).read(values).hex()


class _Reader:
    """Reads values; functions, classes and objects that refer to each other are read once."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._met: dict[int, Any] = {}

    def read(self, value: Any) -> bytes:
        """Return the digest of a value."""
        if isinstance(value, np.generic):
            value = value.item()
        kind, parts = self._apart(value)
        content = hashlib.sha256(f"{kind} {len(parts)}:".encode())
        for part in parts:
            content.update(self.read(part))
        return content.digest()

    def _apart(self, value: Any) -> tuple[str, list[Any]]:
        """Return what a value is, in words that tell it from others of its kind, and the parts to be read."""
        if value is None or isinstance(value, bool | int | float | complex | str | bytes | Path):
            return f"{type(value).__name__} {value!r}", []
        if isinstance(value, np.ndarray):
            kind = f"array {value.dtype} {value.shape}"
            if value.dtype.hasobject:
                return kind, value.ravel().tolist()
            return f"{kind} {hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}", []
        if hasattr(value, "indptr"):
            return f"sparse {value.format} {value.shape}", [value.data, value.indices, value.indptr]
        if isinstance(value, Mapping):
            return "mapping", [*value, *value.values()]
        if isinstance(value, list | tuple):
            return type(value).__name__, list(value)
        if isinstance(value, set | frozenset):
            return "set", sorted(self.read(one) for one in value)
        return self._of_code(value)

    def _of_code(self, value: Any) -> tuple[str, list[Any]]:
        if isinstance(value, CodeType):
            return "code", [value.co_code, value.co_names, value.co_consts]
        if isinstance(value, property):
            return "property", [value.fget]
        if isinstance(value, functools.cached_property):
            return "property", [value.func]
        if isinstance(value, staticmethod | classmethod):
            return type(value).__name__, [value.__func__]
        if inspect.ismethod(value):
            return "method", [value.__func__, value.__self__]
        if isinstance(value, functools.partial):
            return "partial", [value.func, value.args, value.keywords]
        if isinstance(value, type):
            return f"class {self._name(value)}", self._of_class(value)
        if isinstance(value, FunctionType):
            return f"function {self._name(value)}", self._of_function(value)
        if isinstance(value, ModuleType):
            return f"module {value.__name__}", []
        if inspect.isroutine(value):
            return f"routine {self._name(value)}", []
        if callable(value) and hasattr(value, "__wrapped__"):  # compiled, or remembers its results
            return f"wrapper {self._name(type(value))}", [value.__wrapped__]
        return f"object {self._name(type(value))}", self._of_object(value)

    def _of_class(self, value: type) -> list[Any]:
        if not self._is_new(value):
            return []
        own = {
            name: one
            for name, one in sorted(vars(value).items())
            if isinstance(one, FunctionType) or not name.startswith("__")
        }
        return [value.__bases__, own]

    def _of_function(self, value: FunctionType) -> list[Any]:
        if not self._is_new(value):
            return []
        cells = zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
        enclosed = {name: cell.cell_contents for name, cell in cells if _is_filled(cell)}
        names = sorted(set(_names(value.__code__)))
        referred = self._referred(value.__globals__, names, set())
        return [value.__code__, value.__defaults__, value.__kwdefaults__, enclosed, dict(referred)]

    def _of_object(self, value: Any) -> list[Any]:
        if is_dataclass(value):
            return [type(value), {own.name: getattr(value, own.name) for own in fields(value)}]
        if self._is_own(type(value).__module__):
            return [type(value), dict(sorted(vars(value).items()))] if self._is_new(value) else []
        written = repr(value)
        return [] if " at 0x" in written else [written]  # an address says nothing

    def _referred(
        self, place: Mapping[str, Any], names: list[str], seen: set[int]
    ) -> Iterator[tuple[str, Any]]:
        """Yield what is called so in a module, and in modules of the user's own that are called so there."""
        for name in names:
            value = place.get(name)
            if isinstance(value, ModuleType) and self._is_own(value.__name__):
                if id(value) not in seen:
                    seen.add(id(value))
                    inside = self._referred(vars(value), names, seen)
                    yield from ((f"{name}.{own}", one) for own, one in inside)
            elif name in place:
                yield name, value

    def _is_new(self, value: Any) -> bool:
        """Say whether something is of the user's own and met for the first time."""
        module = value.__module__ if isinstance(value, type | FunctionType) else type(value).__module__
        if id(value) in self._met or not self._is_own(module):
            return False
        self._met[id(value)] = value
        return True

    def _is_own(self, module: str | None) -> bool:
        top = (module or "").partition(".")[0]
        if not module or not top or top in sys.stdlib_module_names or top == "spiking":
            return False
        place = getattr(sys.modules.get(module), "__file__", None)
        return top == self._package or place is None or not _INSTALLED & {*Path(place).parts}

    def _name(self, value: Any) -> str:
        module, name = getattr(value, "__module__", None), value.__qualname__
        return str(name) if self._is_own(module) else f"{module}.{name}"


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names of attributes and of the module's names in a function, those inside of it included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is cell.cell_contents
    except ValueError:  # a name of the enclosing function that has no value yet
        return False

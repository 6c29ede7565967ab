"""Compute a digest of everything that determines a result: numbers, arrays, dataclasses, code.

The digest includes types and shapes, so that different values have different digests. Of the user's own
functions it includes the compiled code, which is what runs (a file may have been edited since, and a notebook
has no file), and everything that they refer to: constants and functions of their module, and helpers in other
files. Functions and classes of Python, of this package and of installed packages count by their name only.
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
        Numbers, strings, arrays, sparse arrays, containers, dataclasses, functions, classes. Other objects
        are represented by class and attributes if the class is the user's own, otherwise by class and `repr`.
    package : str
        An installed package whose code is included like the user's own.
    """
    return _Reader(package).read(values).hex()


class _Reader:
    """Reads values; functions, classes and objects that refer to each other are read once."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._seen: dict[int, Any] = {}

    def read(self, value: Any) -> bytes:
        """Return the digest of a value."""
        if isinstance(value, np.generic):
            value = value.item()
        kind, parts = self._split(value)
        content = hashlib.sha256(f"{kind} {len(parts)}:".encode())
        for part in parts:
            content.update(self.read(part))
        return content.digest()

    def _split(self, value: Any) -> tuple[str, list[Any]]:
        """Return a description of a value (type, shape, content if it is simple) and its parts."""
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
            return "set", sorted(self.read(item) for item in value)
        return self._split_code(value)

    def _split_code(self, value: Any) -> tuple[str, list[Any]]:
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
            return f"class {self._name(value)}", self._class_parts(value)
        if isinstance(value, FunctionType):
            return f"function {self._name(value)}", self._function_parts(value)
        if isinstance(value, ModuleType):
            return f"module {value.__name__}", []
        if inspect.isroutine(value):
            return f"routine {self._name(value)}", []
        if callable(value) and hasattr(value, "__wrapped__"):  # compiled by Numba, or cached
            return f"wrapper {self._name(type(value))}", [value.__wrapped__]
        return f"object {self._name(type(value))}", self._object_parts(value)

    def _class_parts(self, value: type) -> list[Any]:
        if not self._is_new(value):
            return []
        members = {
            name: member
            for name, member in sorted(vars(value).items())
            if isinstance(member, FunctionType) or not name.startswith("__")
        }
        return [value.__bases__, members]

    def _function_parts(self, value: FunctionType) -> list[Any]:
        if not self._is_new(value):
            return []
        cells = zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
        enclosed = {name: cell.cell_contents for name, cell in cells if _is_filled(cell)}
        names = sorted(set(_names(value.__code__)))
        referred = self._referred(value.__globals__, names, set())
        return [value.__code__, value.__defaults__, value.__kwdefaults__, enclosed, dict(referred)]

    def _object_parts(self, value: Any) -> list[Any]:
        if is_dataclass(value):
            return [
                type(value),
                {item.name: getattr(value, item.name) for item in fields(value) if item.compare},
            ]
        if self._is_user_code(type(value).__module__):
            return [type(value), dict(sorted(vars(value).items()))] if self._is_new(value) else []
        text = repr(value)
        return [] if " at 0x" in text else [text]  # an address differs in every process

    def _referred(
        self, namespace: Mapping[str, Any], names: list[str], seen: set[int]
    ) -> Iterator[tuple[str, Any]]:
        """Yield the values of these names in a module, and in the user's own modules among them."""
        for name in names:
            value = namespace.get(name)
            if isinstance(value, ModuleType) and self._is_user_code(value.__name__):
                if id(value) not in seen:
                    seen.add(id(value))
                    inside = self._referred(vars(value), names, seen)
                    yield from ((f"{name}.{inner}", inner_value) for inner, inner_value in inside)
            elif name in namespace:
                yield name, value

    def _is_new(self, value: Any) -> bool:
        """Return whether something is the user's own and has not been read yet."""
        module = value.__module__ if isinstance(value, type | FunctionType) else type(value).__module__
        if id(value) in self._seen or not self._is_user_code(module):
            return False
        self._seen[id(value)] = value
        return True

    def _is_user_code(self, module: str | None) -> bool:
        top = (module or "").partition(".")[0]
        if not module or not top or top in sys.stdlib_module_names or top == "spiking":
            return False
        file = getattr(sys.modules.get(module), "__file__", None)
        return top == self._package or file is None or not _INSTALLED & {*Path(file).parts}

    def _name(self, value: Any) -> str:
        module, name = getattr(value, "__module__", None), value.__qualname__
        return str(name) if self._is_user_code(module) else f"{module}.{name}"


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names of attributes and globals in the code of a function, including functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is cell.cell_contents
    except ValueError:  # a variable of the enclosing function that has no value yet
        return False

"""Keep frozen dataclasses read-only when they are copied or pickled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeVar

V = TypeVar("V")


class FrozenMapping(Mapping[str, V]):
    """A read-only mapping; unlike `types.MappingProxyType` it can be copied and pickled."""

    def __init__(self, items: Mapping[str, V]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)


class Remade:
    """Base of dataclasses whose constructor makes arrays read-only; copying and unpickling call it again.

    Needed because NumPy's copies and pickles of a read-only array are writable.
    """

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        instance: Any = self
        return _make, (type(self), {item.name: getattr(self, item.name) for item in fields(instance)})


def _make(kind: type, values: dict[str, Any]) -> Any:
    return kind(**values)

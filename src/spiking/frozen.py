"""Keep frozen dataclasses frozen when they are copied or pickled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeVar

V = TypeVar("V")


class FrozenMapping(Mapping[str, V]):
    """A mapping that does not change; unlike `types.MappingProxyType` it can be copied and pickled."""

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
    """Base of dataclasses whose constructor makes arrays read-only: copies and pickles go through it.

    NumPy forgets that an array is read-only when it copies or pickles it.
    """

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        own: Any = self
        return _make, (type(self), {item.name: getattr(self, item.name) for item in fields(own)})


def _make(kind: type, values: dict[str, Any]) -> Any:
    return kind(**values)

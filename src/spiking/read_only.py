"""Keep frozen dataclasses read-only when they are copied or pickled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

V = TypeVar("V")
Scalar = TypeVar("Scalar", bound=np.generic)


def frozen_array(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return an array that cannot be written to: a copy of one that can, which its owner may go on using."""
    if array.flags.writeable:
        array = array.copy(order="K")
        array.setflags(write=False)
    return array


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

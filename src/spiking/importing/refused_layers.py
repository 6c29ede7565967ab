"""Layers that a network may not have, and why."""

from __future__ import annotations

from collections.abc import Mapping

REFUSED: Mapping[str, str] = {  # by a word in the layer's name
    "LSTM": "its gates and its cell state have no counterpart in a unit with one current",
    "GRU": "its gates change the time constant of each unit at every step",
    "Norm": "it divides by the activity of all units at every moment, which no weight between two units does",
    "Transformer": "it is no recurrent network",
    "MultiheadAttention": "it is no recurrent network",
}


def gated_layer(length: int, n: int) -> str | None:
    """Return LSTM or GRU if recurrent weights of `n` units have `length` rows, `n` for each gate."""
    return {4: "LSTM", 3: "GRU"}.get(length // n if n and length % n == 0 else 0)

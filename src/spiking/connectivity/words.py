"""Say what was changed in a network: which units and connections were chosen, and all changes together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from spiking.connectivity.units import UnitFraction, Units

if TYPE_CHECKING:
    from spiking.connectivity.connections import Connected, Control

_MOST = 6  # changes that are told one by one
_FEW = 10  # lesioned units whose numbers are given
_LESIONED = " lesioned"
_COUNTED = re.compile(r"\d+ units?")  # the words of units that were given by their numbers


def units_words(units: Units, number: int) -> str:
    """Return which units were chosen, `number` of them: ``exc``, ``20 % of inh (seed 1)`` or ``12 units``."""
    if isinstance(units, str):
        return str(units)
    if isinstance(units, UnitFraction):
        return f"{100 * units.fraction:.3g} % of {units.population} (seed {units.seed})"
    return f"{number} unit{'' if number == 1 else 's'}"


def connections_words(pre: str, post: str, fraction: float, seed: int, control: Control | None) -> str:
    """Return which connections were chosen, such as ``30 % of the weights pv -> exc (seed 1)``."""
    everything = pre == post == "all"
    weights = "recurrent weights" if everything else f"weights {pre} -> {post}"
    if fraction < 1:
        weights = f"{100 * fraction:.3g} % of the {weights}"
    if control is not None:
        amount = "as strong as" if control == "strength" else "as many as"
        where = "anywhere" if control == "anywhere" else "elsewhere"
        named = weights if fraction < 1 else f"the {weights}"
        return f"weights from {where}, {amount} {named} (seed {seed}),"
    return weights if fraction == 1 else f"{weights} (seed {seed})"


def lesion_words(units: Units, number: int) -> str:
    """Return a lesion as `weight_changes` keep it, such as ``20 % of inh (seed 1) lesioned``."""
    return f"{units_words(units, number)}{_LESIONED}"


def weights_changed(network: Connected) -> tuple[str, ...]:
    """Return the changes of a network's weights without its lesions."""
    return tuple(change for change in network.weight_changes if not change.endswith(_LESIONED))


def which_lesioned(network: Connected) -> str:
    """Return how lesioned units were chosen, and their numbers if they are few; empty if neither is known.

    Such as ``20 % of inh (seed 1): numbers 155, 160, 171``.
    """
    lesions = [
        change.removesuffix(_LESIONED) for change in network.weight_changes if change.endswith(_LESIONED)
    ]
    chosen = lesions if any(not _COUNTED.fullmatch(lesion) for lesion in lesions) else []
    return ": ".join(filter(None, (", ".join(chosen), numbers_words(network.lesioned))))


def numbers_words(units: Sequence[int]) -> str:
    """Return the numbers of units, such as ``numbers 1, 2``; empty if they are many."""
    if not 0 < len(units) <= _FEW:
        return ""
    return f"number{'' if len(units) == 1 else 's'} {', '.join(map(str, units))}"


def changes_words(network: Connected, units: str = "unit") -> list[str]:
    """Return the lesions and the changes of weights of a network, the first of many; empty without any."""
    lesioned, changes, which = len(network.lesioned), weights_changed(network), which_lesioned(network)
    words = [f"{lesioned} {units}{'' if lesioned == 1 else 's'} lesioned" + (f", {which}" if which else "")]
    words = words if lesioned else []
    words += changes[:_MOST]
    more = len(changes) - _MOST
    return [*words, f"{more} more change{'' if more == 1 else 's'} of weights"] if more > 0 else words

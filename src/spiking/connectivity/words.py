"""Say what was changed in a network: which units and connections were chosen, and all changes together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spiking.connectivity.units import UnitFraction, Units

if TYPE_CHECKING:
    from spiking.connectivity.connections import Connected, Control

_MOST = 6  # changes that are told one by one


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


def changes_words(network: Connected, units: str = "unit") -> list[str]:
    """Return the lesions and the changes of weights of a network, the first of many; empty without any."""
    lesioned, changes = len(network.lesioned), network.weight_changes
    words = [f"{lesioned} {units}{'' if lesioned == 1 else 's'} lesioned"] if lesioned else []
    words += changes[:_MOST]
    more = len(changes) - _MOST
    return [*words, f"{more} more change{'' if more == 1 else 's'} of weights"] if more > 0 else words

"""Say the delays and the short-term plasticity of a network in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking.network.synapses.plasticity import kinds

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork


def synapse_words(network: SpikingNetwork) -> list[str]:
    """Return delays and short-term plasticity, and of which connections; empty without any."""
    return [words for words in (delay_words(network), plasticity_words(network)) if words]


def delay_words(network: SpikingNetwork) -> str:
    """Return the delays in a few words; empty if there are none."""
    delays = network.delays
    if not delays.any():
        return ""
    there = np.broadcast_to(np.asarray(delays > 0), (network.n_neurons, network.n_neurons))
    low, high = float(delays[delays > 0].min()), float(delays.max())
    span = f"{high:g} ms" if low == high else f"{low:.3g} to {high:.3g} ms"
    return f"delays of {span}{_ends(network, np.any(there, axis=0), np.any(there, axis=1))}"


def plasticity_words(network: SpikingNetwork) -> str:
    """Return the plasticity in a few words; empty if there is none."""
    post, pre = network.weights.nonzero()
    acting = {*kinds(network.plasticity, network.n_neurons, post, pre).tolist()}
    said = []
    for k, each in enumerate(network.plasticity):
        if k in acting and (plastic := each.plasticity) is not None:
            senders, receivers = (
                np.isin(np.arange(network.n_neurons), ends) for ends in (each.pre, each.post)
            )
            said.append(
                f"short-term plasticity (U {plastic.utilisation:g}, recovery {plastic.recovery:g} ms, "
                f"facilitation {plastic.facilitation:g} ms){_ends(network, senders, receivers)}"
            )
    return " and ".join(said)


def _ends(network: SpikingNetwork, senders: NDArray[np.bool_], receivers: NDArray[np.bool_]) -> str:
    if senders.all() and receivers.all():
        return ""
    return f" of the connections {_named(network, senders)} -> {_named(network, receivers)}"


def _named(network: SpikingNetwork, units: NDArray[np.bool_]) -> str:
    if units.all():
        return "all"
    names = [name for name, mask in network.populations.items() if np.array_equal(mask, units)]
    return {"som": "sst"}.get(names[0], names[0]) if names else f"{units.sum()} neurons"

"""Describe a spiking network in words, as `spiking info` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spiking.neuron.params import LIFParams

if TYPE_CHECKING:
    from spiking.network.network import SpikingNetwork


def network_facts(network: SpikingNetwork) -> dict[str, str]:
    """Return the facts about a network as text, by name."""
    n, weights = network.n_neurons, network.dense_weights
    members = (f"{name} {mask.sum()}" for name, mask in network.populations.items() if mask.any())
    connections = int(np.count_nonzero(weights))
    shortest, median, longest = np.quantile(network.tau_decay, (0, 0.5, 1))
    conversion = network.conversion or f"published, scaling factor {network.scaling_factor:g}"
    return {
        "neurons": f"{n:,}: {', '.join(members)}",
        "lesioned": f"{len(network.lesioned)}" if network.lesioned else "none",
        "channels": f"inputs {network.n_inputs}, outputs {network.n_outputs}",
        "connections": f"{connections:,}, density {connections / weights.size:.1%}",
        "synaptic decay": f"{shortest:.1f} to {longest:.1f} ms, median {median:.1f}",
        "constants": network.params.difference(LIFParams()) or "as published",
        "conversion": str(conversion),
        "readout": str(network.readout_refit or "trained"),
    }

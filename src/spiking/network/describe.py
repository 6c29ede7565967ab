"""Describe a spiking network in words, as `spiking info` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.connectivity import words
from spiking.conversion.model_info_text import accuracy_facts, population_counts, spiking_row
from spiking.files.escape import printable
from spiking.network.synapses.words import synapse_words
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.typing import Floats

if TYPE_CHECKING:
    from spiking.conversion.recorded_accuracy import SpikingAccuracy
    from spiking.network.network import SpikingNetwork

_NO_ACCURACY = "accuracy in fresh trials not recorded; `spiking evaluate --record` runs them"


def network_facts(network: SpikingNetwork, accuracy: SpikingAccuracy | None = None) -> dict[str, str]:
    """Return the facts about a network as text, by name: everything that decides its simulation.

    Parameters
    ----------
    network : SpikingNetwork
    accuracy : SpikingAccuracy, optional
        What its file records of it.
    """
    n, weights = network.n_neurons, network.dense_weights
    counts = population_counts({name: int(mask.sum()) for name, mask in network.populations.items()})
    members = (f"{name} {number}" for name, number in counts.items() if number)
    connections = int(np.count_nonzero(weights))
    shortest, median, longest = np.quantile(network.tau_decay, (0, 0.5, 1))
    conversion = network.conversion or f"published, scaling factor {network.scaling_factor:g}"
    return {
        "neurons": f"{n:,}: {', '.join(members)}",
        "lesioned": _lesioned(network),
        "weight changes": printable("; ".join(words.weights_changed(network))) or "none",
        "channels": f"inputs {network.n_inputs}, outputs {network.n_outputs}",
        "connections": f"{connections:,}, density {connections / weights.size:.1%}",
        "weights": _weights(network),
        "synaptic decay": f"{shortest:.1f} to {longest:.1f} ms, median {median:.1f}",
        "constants": network.params.difference(LIFParams()) or "as published",
        "conversion": str(conversion),
        **_synapses(network),
        "constant current": f"{_range(network.offset)} mV" if network.offset.any() else "none",
        "initial state": _initial_state(network),
        "readout": str(network.readout_refit or "trained") + _bias(network),
        "task": str(network.task or "not recorded; name it with --task, such as --task xor"),
        **({"spiking network": _NO_ACCURACY} if accuracy is None else accuracy_facts(accuracy)),
    }


def network_row(
    file: str, network: SpikingNetwork, accuracy: SpikingAccuracy | None = None
) -> dict[str, Any]:
    """Return the facts about a network as a row, for CSV and JSON, in the columns of the rate models."""
    weights = network.dense_weights
    connections = int(np.count_nonzero(weights))
    decay = np.quantile(network.tau_decay, (0, 0.5, 1)).tolist()
    return {
        "file": file,
        "usable": True,
        "kind": "spiking network",
        "n_units": network.n_neurons,
        "n_inputs": network.n_inputs,
        "n_outputs": network.n_outputs,
        "populations": population_counts(
            {name: int(mask.sum()) for name, mask in network.populations.items()}
        ),
        "connections": connections,
        "density": connections / weights.size,
        "tau_decay_ms": dict(zip(("shortest", "median", "longest"), decay, strict=True)),
        "task": None if network.task is None else network.task.name,
        "scaling_factor": network.scaling_factor,
        "conversion_in_words": None if network.conversion is None else str(network.conversion),
        "spiking_network": spiking_row(accuracy),
        "lesioned": len(network.lesioned),
        "which_lesioned": words.which_lesioned(network) or None,
        "changes": "; ".join(changes_words(network)),
    }


def changes_words(network: RateModel | SpikingNetwork) -> list[str]:
    """Return how a network differs from the trained one as published, empty if it does not.

    Lesions, changes of weights, a refitted readout, delays, plasticity and constants.
    """
    if isinstance(network, RateModel):
        return words.changes_words(network)
    changes = words.changes_words(network, "neuron")
    if network.readout_refit is not None:
        changes.append("readout refitted")
    changes += synapse_words(network)
    constants = network.params.difference(LIFParams())
    return [*changes, f"constants: {constants}"] if constants else changes


def _lesioned(network: SpikingNetwork) -> str:
    which = words.which_lesioned(network)
    return (
        printable(f"{len(network.lesioned)}{f', {which}' if which else ''}") if network.lesioned else "none"
    )


def _synapses(network: SpikingNetwork) -> dict[str, str]:
    said = synapse_words(network)
    return {"synapses": ", ".join(said)} if said else {}


def _weights(network: SpikingNetwork) -> str:
    """Return the mean weights, and whether each neuron has connections of one sign."""
    weights = network.dense_weights
    positive, negative = weights > 0, weights < 0
    means = [
        f"{name} {weights[mask].mean():.3g}"
        for name, mask in (("excitatory", positive), ("inhibitory", negative))
        if mask.any()
    ]
    mixed = int((positive.any(axis=0) & negative.any(axis=0)).sum())
    signs = f"{mixed} neurons with connections of both signs" if mixed else "each neuron has one sign"
    return f"mean {', '.join(means)} ; {signs}" if means else "none"


def _initial_state(network: SpikingNetwork) -> str:
    start = network.params.initial_voltage
    voltage = "random voltages" if isinstance(start, str) else "voltages as in constants"
    rates, currents = network.initial_rates, network.initial_currents
    words = [voltage]
    words += [] if rates is None else [f"filtered spikes {_range(rates)} per s"]
    words += [] if currents is None else [f"currents {_range(currents)} mV"]
    return ", ".join(words if len(words) > 1 else [*words, "no synaptic currents"])


def _bias(network: SpikingNetwork) -> str:
    return f", bias {_range(network.readout_bias)}" if network.readout_bias.any() else ", no bias"


def _range(values: Floats) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"

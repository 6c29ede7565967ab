"""Export a spiking network to the Neuromorphic Intermediate Representation (NIR)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from spiking.checks import flag
from spiking.errors import ArgumentError
from spiking.network.network import SpikingNetwork
from spiking.optional import library


def to_nir(network: SpikingNetwork, *, approximate: bool = False) -> Any:
    """Return the network as a NIR graph, which ``nir.write`` saves and neuromorphic tools read.

    NIR's equations are in continuous time. ``neurons`` is a LIF node (s and mV, resistance 1, resting at its
    bias) that takes the sum of ``input`` through ``input_weights`` and of ``synapses``, a leaky integrator
    that filters the spikes after ``recurrent_weights``. The output is the spikes filtered by ``filter``,
    after ``readout_weights``. A double-exponential synapse is two integrators in series, ``rise`` or
    ``filter_rise`` before the other, which is exact. Integrators take a spike as a Dirac pulse.

    Parameters
    ----------
    network : SpikingNetwork
    approximate : bool
        Leave out what NIR cannot say, the refractory period and the noise, rather than refuse.

    Returns
    -------
    nir.NIRGraph

    Raises
    ------
    ArgumentError
        NIR is not installed, or it cannot say what the network does and `approximate` is False; the message
        says what would be lost. A quadratic neuron has no approximation.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, export
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"), scaling_factor=30)
    >>> graph = export.to_nir(network, approximate=True)
    >>> "input" in graph.nodes
    True
    """
    approximate = flag("approximate", approximate)
    nir = library("nir", "export", "to_nir")
    p, n = network.params, network.n_neurons
    if p.neuron == "quadratic":
        raise ArgumentError("NIR has no quadratic integrate-and-fire neuron; expected neuron='leaky'")
    lost = [
        text
        for text, there in (
            (f"the refractory period of {p.refractory:g} ms", p.refractory > 0),
            (f"the noise of {p.noise:g} mV a step", p.noise > 0),
        )
        if there
    ]
    if lost and not approximate:
        raise ArgumentError(
            f"NIR cannot say everything about this network: {' and '.join(lost)} would be lost; "
            f"give approximate=True to leave that out"
        )
    each, nothing = np.ones(n), np.zeros(n)
    decay = network.tau_decay / 1000
    threshold = each * p.threshold
    threshold[list(network.lesioned)] = np.inf

    def integrator(tau: Any) -> Any:
        return nir.LI(tau=np.array(tau), r=each.copy(), v_leak=nothing.copy())

    nodes = {
        "input": nir.Input(np.array([network.n_inputs])),
        "input_weights": nir.Linear(np.array(network.w_in)),
        "neurons": nir.LIF(
            tau=each * (p.tau_membrane / 1000),
            r=each.copy(),
            v_leak=p.bias + network.offset,
            v_threshold=threshold,
            v_reset=each * p.reset,
        ),
        "recurrent_weights": nir.Linear(np.array(network.dense_weights)),
        "synapses": integrator(decay),
        "filter": integrator(decay),
        "readout_weights": nir.Affine(np.array(network.readout), np.array(network.readout_bias)),
        "output": nir.Output(np.array([network.n_outputs])),
    }
    recurrent, readout = ["neurons", "recurrent_weights"], ["neurons"]
    if p.synapse == "double_exponential":
        for name, path in (("rise", recurrent), ("filter_rise", readout)):
            nodes[name] = integrator(each * (p.tau_rise / 1000))
            path.append(name)
    recurrent += ["synapses", "neurons"]
    readout += ["filter", "readout_weights", "output"]
    paths = (["input", "input_weights", "neurons"], recurrent, readout)
    edges = [(a, b) for path in paths for a, b in pairwise(path)]
    metadata = {"time": "s", "voltage": "mV", "left_out": ", ".join(lost)}
    return nir.NIRGraph(nodes=nodes, edges=edges, metadata=metadata)

"""Export a spiking network to the Neuromorphic Intermediate Representation (NIR)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.network.open import AnyNetwork, spiking_network
from spiking.network.synapses.words import delay_words, plasticity_words
from spiking.neuron.constant import constant_words
from spiking.optional import library


@check_arguments()
def to_nir(network: AnyNetwork, *, approximate: bool = False) -> Any:
    """Return the network as a NIR graph, which ``nir.write`` saves and neuromorphic tools read.

    NIR's equations are in continuous time. ``neurons`` is a LIF node (in s and mV, with resistance 1, resting
    at its bias). Its input is the sum of ``input`` through ``input_weights`` and of ``synapses``, a leaky
    integrator that filters the spikes after ``recurrent_weights``. The output is the spikes, filtered by
    ``filter`` and multiplied by ``readout_weights``. A double-exponential synapse is represented exactly, by
    two integrators in series, with ``rise`` or ``filter_rise`` as the first. Spikes are Dirac pulses.

    Parameters
    ----------
    network : SpikingNetwork, RateModel, path, str or mapping
        A rate model is converted as its file records (`SpikingNetwork.from_rate`). A path is that of a model
        file or of a network file; a name is that of a model that comes with the package.
    approximate : bool
        Leave out what NIR cannot represent, the refractory period, the noise, the initial state, adaptation,
        delays and short-term plasticity, instead of raising an error.

    Returns
    -------
    nir.NIRGraph

    Raises
    ------
    ArgumentError
        NIR is not installed; or it cannot represent the network and `approximate` is False (the message says
        what would be lost); or the neuron is not leaky, for which there is no approximation.

    Examples
    --------
    >>> from spiking import SpikingNetwork, datasets, export
    >>> network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    >>> graph = export.to_nir(network, approximate=True)
    >>> "input" in graph.nodes
    True
    """
    network = spiking_network(network)
    nir = library("nir", "export", "to_nir")
    p, c, n = network.params, network.constants, network.n_neurons
    if p.neuron != "leaky":
        raise ArgumentError(f"neuron is {p.neuron!r}; expected 'leaky', the only one of them that NIR has")
    lost = [
        text
        for text, present in (
            (
                f"the refractory period of {constant_words(p.refractory, 'ms')}",
                np.any(np.greater(c.refractory, 0)),
            ),
            (f"the noise of {constant_words(p.noise, 'mV')} per step", np.any(np.greater(c.noise, 0))),
            (
                "" if p.adaptation is None else f"the adaptation {p.adaptation.words()}",
                p.adaptation is not None,
            ),
            (delay_words(network), bool(network.delays.any())),
            (plasticity_words(network), bool(plasticity_words(network))),
            ("the initial state", network.initial_rates is not None or network.initial_currents is not None),
        )
        if present
    ]
    if lost and not approximate:
        raise ArgumentError(
            f"approximate is False, but NIR cannot represent {' and '.join(lost)}; expected True, to leave "
            f"that out"
        )
    ones, zeros = np.ones(n), np.zeros(n)
    decay = network.tau_decay / 1000
    threshold = ones * c.threshold
    threshold[list(network.lesioned)] = np.inf

    def integrator(tau: Any) -> Any:
        return nir.LI(tau=np.array(tau), r=ones.copy(), v_leak=zeros.copy())

    nodes = {
        "input": nir.Input(np.array([network.n_inputs])),
        "input_weights": nir.Linear(np.array(network.w_in)),
        "neurons": nir.LIF(
            tau=ones * (c.tau_membrane / 1000),
            r=ones.copy(),
            v_leak=c.bias + network.offset,
            v_threshold=threshold,
            v_reset=ones * c.reset,
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
            nodes[name] = integrator(ones * (c.tau_rise / 1000))
            path.append(name)
    recurrent += ["synapses", "neurons"]
    readout += ["filter", "readout_weights", "output"]
    paths = (["input", "input_weights", "neurons"], recurrent, readout)
    edges = [(a, b) for path in paths for a, b in pairwise(path)]
    metadata = {"time": "s", "voltage": "mV", "left_out": ", ".join(lost)}
    return nir.NIRGraph(nodes=nodes, edges=edges, metadata=metadata)

"""Estimate how long panels take on this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable

from spiking import datasets
from spiking.checks import available_threads
from spiking.evaluation.evaluate import evaluate
from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.reproduce.conditions import Panel
from spiking.reproduce.missing_work import network_key, steps
from spiking.reproduce.paper.spec import Matched, NetworkSpec, tuning_key
from spiking.reproduce.train_and_convert import TRIALS

# Approximate values from the journal in the documentation:
_TUNING = 700  # trials of a search, in which candidates that cannot win drop out early
_UPDATES, _UPDATES_MANTE, _UPDATES_SMALL = 700, 2500, 4000  # until training stops
_SMALL = 10  # units
_UPDATE = 0.45  # duration of an update, relative to a trial of the spiking network
_MEASURED = 8  # trials


def trial_seconds() -> float:
    """Measure how many seconds a trial of Go-NoGo with 200 units takes on one processor of this machine."""
    model = datasets.load("go-nogo-sigmoid")
    network = SpikingNetwork.from_rate(model, 50.0)
    evaluate(network, "go-nogo", 1, seed=1, threads=1)  # loads the compiled kernel
    began = time.process_time()
    evaluate(network, "go-nogo", _MEASURED, seed=1, threads=1)
    return (time.process_time() - began) / _MEASURED


def minutes(panels: Iterable[Panel], networks: int, trial: float) -> float:
    """Estimate how many minutes panels take, from the duration of a trial (`trial_seconds`).

    The estimate assumes that nothing has been run yet and that all processors are free. Networks that panels
    share are counted once.
    """
    seconds: dict[str, float] = {}
    for panel in panels:
        for step in steps(panel, [0]):
            duration = trial * _relative(step.network)
            network = network_key(step.network, step.seed)
            seconds[json.dumps(network)] = duration * _UPDATE * _updates(step.network)
            for tuned, tests in step.conversions:
                tuning = network | tuning_key(tuned)
                if isinstance(tuned, LIFParams | Matched):
                    seconds[json.dumps(tuning)] = duration * _TUNING
                for test in tests:
                    seconds[json.dumps(tuning | test.key())] = duration * TRIALS
    return networks * sum(seconds.values()) / available_threads() / 60


def _relative(network: NetworkSpec) -> float:
    """Return the duration of a trial relative to Go-NoGo with 200 units; a quarter does not depend on N."""
    return network.task.n_steps / 200 * (0.25 + 0.75 * network.n_units / 200)


def _updates(network: NetworkSpec) -> int:
    if network.n_units <= _SMALL:
        return _UPDATES_SMALL
    return _UPDATES_MANTE if network.task.name == "mante" else _UPDATES

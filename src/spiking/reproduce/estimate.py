"""About how long panels take on this machine."""

from __future__ import annotations

import time

from spiking import datasets
from spiking.evaluation import evaluate
from spiking.lif_params import LIFParams
from spiking.reproduce.conditions import Panel
from spiking.reproduce.networks import TRIALS
from spiking.reproduce.steps import steps
from spiking.simulator import available_threads
from spiking.spiking_network import SpikingNetwork

_GRID = 12  # candidates
_UPDATES, _UPDATES_MANTE = 900, 3300  # until training stops, about
_UPDATE = 0.5  # an update takes, of a trial of the spiking network
_MEASURED = 8  # trials


def trial_seconds() -> float:
    """Measure how long a trial of Go-NoGo with 200 units takes here, on one processor."""
    model = datasets.load("go-nogo")
    network = SpikingNetwork.from_rate(model, 50.0)
    evaluate(network, "go-nogo", 1, seed=1, threads=1)  # loads what is compiled
    began = time.process_time()
    evaluate(network, "go-nogo", _MEASURED, seed=1, threads=1)
    return (time.process_time() - began) / _MEASURED


def panel_minutes(panel: Panel, networks: int, trial: float) -> float:
    """Return about how many minutes a panel takes, from the time of a trial (`trial_seconds`).

    Nothing of it being done, on all processors, if they do nothing else.
    """
    seconds = 0.0
    for step in steps(panel, [0]):
        size = trial * step.network.task.n_steps / 200 * step.network.n_units / 200
        trials = sum(
            TRIALS * ((_GRID if isinstance(tuned, LIFParams) else 0) + len(tests))
            for tuned, tests in step.conversions
        )
        updates = _UPDATES_MANTE if step.network.task.name == "mante" else _UPDATES
        seconds += size * (trials + _UPDATE * updates)
    return networks * seconds / available_threads() / 60

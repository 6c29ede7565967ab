"""A panel as the paper's are, but quick; run as a program, it reproduces it and tells of every step."""

import dataclasses
import sys
from pathlib import Path

from spiking.neuron.params import LIFParams
from spiking.reproduce import Condition, NetworkSpec, Panel, Paper, panel
from spiking.reproduce.paper.activity import population_rates
from spiking.reproduce.paper.pictures import outputs
from spiking.tasks import GoNoGo

_TASK = GoNoGo(duration=200.0, stimulus_onset=25.0, stimulus_duration=50.0, score_delay=25.0)
_AT_ONCE = {"max_updates": 100, "stop_loss": 1e6, "stop_accuracy": 0.0}  # such networks count as trained
_NEVER = {"max_updates": 100, "stop_loss": 1e-6}
_SLOW = LIFParams(refractory=5.0)
_NETWORK = NetworkSpec(_TASK, 12, (20.0, 50.0), _AT_ONCE)

SMALL = Panel(
    "small",
    "two conversions of one network, and a network that is not trained",
    "",
    ("spiking", "best_of_grid", "success", "rate", "trained", "updates", "decay"),
    (
        Condition("2 ms", _NETWORK, paper={"spiking": Paper(0.97, 0.066, 20), "trained": Paper(1.0)}),
        Condition("5 ms", _NETWORK, _SLOW, LIFParams(), paper={"success": Paper(0.5, networks=20)}),
        Condition("untrained", NetworkSpec(_TASK, 12, (20.0, 50.0), _NEVER), paper={"trained": Paper(0.0)}),
    ),
)

SINGLE = Panel(
    "single",
    "the same network at a given factor, its rates measured, and by its own factor",
    "",
    ("spiking", "success"),
    (
        Condition("factor 30", _NETWORK, tuned=30.0, activity=population_rates),
        Condition("own factor", _NETWORK),
    ),
    compared=("spiking",),
    picture=outputs,
)


def small(panel):
    """Return a panel of the paper with one quick network throughout."""
    conditions = [dataclasses.replace(one, network=_NETWORK, activity=None) for one in panel.conditions]
    return dataclasses.replace(panel, conditions=tuple(conditions), picture=None)


def run(folder, networks, which=SMALL, **options):
    return panel(which, networks=networks, seed=3, folder=folder, **options)


if __name__ == "__main__":
    folder, networks, conversion = sys.argv[1:]
    found = run(
        folder,
        int(networks),
        conversion=conversion,
        threads=2,
        progress=lambda done, steps: print(done, steps, flush=True),
    )
    found.save(Path(folder))

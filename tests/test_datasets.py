"""The models that come with the package: small, whole, and as good as they say."""

import json
from pathlib import Path

import numpy as np
import pytest

import spiking
from spiking.errors import ArgumentError

TASKS = ("dms", "go-nogo", "mante", "xor")


def test_the_models_are_small():
    folder = Path(spiking.__file__).parent / "data"
    assert spiking.datasets.names() == tuple(name + kind for name in TASKS for kind in ("", "-sigmoid"))
    assert sum(path.stat().st_size for path in folder.iterdir()) < 700_000


@pytest.mark.parametrize("kind", ["", "-sigmoid"])
@pytest.mark.parametrize("name", TASKS)
def test_a_model_solves_its_task_as_a_rate_and_as_a_spiking_network(name, kind):
    model = spiking.datasets.load(name + kind)
    assert model.extras["converged"].item()
    assert model.extras["task"].item() == name
    task = spiking.tasks.get(name, **json.loads(model.extras["task_settings"].item()))
    trials = task.trials(40, seed=4)
    rate = model.run(trials.inputs, seed=4)
    assert task.score(rate.output[:, 0], rate.time, trials).mean() >= 0.9
    network = spiking.SpikingNetwork.from_rate(model)
    run = spiking.simulate(network, trials.spiking_inputs, seed=4)
    assert task.score(run.output[:, 0], run.time, trials).mean() >= 0.9
    if kind:
        perfs, factors = (np.ravel(model.extras[key]) for key in ("all_perfs", "scaling_factors"))
        assert perfs.shape == factors.shape == (12,)
    else:
        assert network.conversion.kind == "trained"
        assert 4 < run.rates.mean() < 15  # Hz


def test_an_unknown_model():
    with pytest.raises(ArgumentError, match="name is 'stroop'; expected one of dms, dms-sigmoid, go-nogo"):
        spiking.datasets.load("stroop")

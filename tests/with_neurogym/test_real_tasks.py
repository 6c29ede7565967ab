"""Real NeuroGym tasks train and convert. NeuroGym has an environment of its own: `make witnesses`."""

import doctest
import warnings

import pytest

import spiking
from spiking.tasks.neurogym import NeuroGymTask

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import neurogym

pytestmark = pytest.mark.filterwarnings("ignore")
LONG_RESPONSE = {"decision": 500}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (
            "PerceptualDecisionMaking-v0",  # without its trials at chance level
            {"cohs": [25.6, 51.2], "timing": {"fixation": 100, "stimulus": 500, **LONG_RESPONSE}},
        ),
        ("GoNogo-v0", {"timing": {"fixation": 100, "stimulus": 250, "delay": 100, **LONG_RESPONSE}}),
        ("MultiSensoryIntegration-v0", {"sigma": 0.1, "timing": {"stimulus": 500, **LONG_RESPONSE}}),
    ],
)
def test_a_real_task_trains_and_converts(name, settings):
    environment = neurogym.make(name, dt=20, **settings).unwrapped
    task = NeuroGymTask(environment)
    options = {"stop_accuracy": 0.8, "stop_loss": 20.0, "max_updates": 3000}
    *_, state = spiking.training.train_steps(task, 100, seed=1, tau=(20.0, 50.0), **options)
    print(name, task.n_steps, state)
    assert state.stopped == "converged"
    trials = task.trials(50, seed=3)
    scores = []
    for factor in range(25, 60, 5):
        network = spiking.SpikingNetwork.from_rate(state.model, factor)
        run = spiking.simulate(network, trials.spiking_inputs, seed=3)
        scores.append(task.score(run.output[:, 0], run.time, trials).mean())
    print(name, state.updates, state.accuracy, scores)
    assert max(scores) >= 0.8


def test_the_example_in_its_docstring():
    (found,) = doctest.DocTestFinder(recurse=False).find(NeuroGymTask)
    assert doctest.DocTestRunner().run(found) == doctest.TestResults(0, len(found.examples))

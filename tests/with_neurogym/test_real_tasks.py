"""Real NeuroGym tasks train and convert. NeuroGym has an environment of its own: `make witnesses`."""

import doctest
import warnings

import pytest
from pages import blocks

import spiking
from spiking.tasks.neurogym import NeuroGymTask

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import neurogym

pytestmark = pytest.mark.filterwarnings("ignore")
LONG_RESPONSE = {"decision": 500}


@pytest.mark.parametrize(
    ("name", "settings", "attributes"),
    [
        # without its trials near chance level
        ("MultiSensoryIntegration-v0", {"sigma": 0.1, "timing": {"stimulus": 500}}, {"cohs": [15, 50]}),
        ("GoNogo-v0", {"timing": {"fixation": 100, "stimulus": 250, "delay": 100}}, {}),
    ],
)
def test_a_real_task_trains_and_converts(name, settings, attributes):
    """Evidence is noisy, so spikes change decisions: the R2 of single trials is not that of other tasks."""
    settings = settings | {"timing": settings["timing"] | LONG_RESPONSE}
    environment = neurogym.make(name, dt=20, **settings).unwrapped
    for attribute, value in attributes.items():
        setattr(environment, attribute, value)
    task = NeuroGymTask(environment)
    options = {"stop_accuracy": 0.8, "stop_loss": 20.0, "stop_r2": 0.5, "batch_size": 8, "max_updates": 3000}
    model = spiking.train(task, 100, seed=1, tau=(20.0, 50.0), **options)
    evaluation = spiking.evaluate(spiking.SpikingNetwork.from_rate(model), task, 100, seed=3)
    print(name, task.n_steps, model.extras["updates"], evaluation)
    assert model.extras["converged"]
    assert evaluation.correct.mean() >= 0.75


def test_the_recipe_of_the_documentation_converges_and_converts():
    (recipe,) = (block for block in blocks("docs/own-tasks.md", "python") if "with_neurogym" in block.note)
    names = {}
    exec(compile(recipe.code, "docs/own-tasks.md", "exec"), names)
    assert names["model"].extras["converged"]
    assert names["model"].extras["converts"]
    assert names["evaluation"].correct.mean() >= 0.75


def test_the_example_in_its_docstring():
    (found,) = doctest.DocTestFinder(recurse=False).find(NeuroGymTask)
    assert doctest.DocTestRunner().run(found) == doctest.TestResults(0, len(found.examples))

"""Inputs that are given as arrays, without a task."""

import json
import re

import numpy as np
import pytest

from spiking import SpikingNetwork, datasets, evaluate, find_scaling_factor, tasks
from spiking.analysis import faithfulness
from spiking.conversion import fit_conversion
from spiking.errors import ArgumentError
from spiking.rate_model import RateModel

PULSES = np.zeros((2, 1, 200))
PULSES[1, 0, 50:75] = 1


def answers(output, time, number):
    return (output[:, time > 375].max(axis=1) > 0.7) == (number == 1)


def test_each_input_is_a_condition_and_the_score_is_the_users():
    task = tasks.from_inputs(PULSES, score=answers, names=["nothing", "pulse"])
    result = evaluate(SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 30), task, 20, seed=1)
    assert set(result.by_condition) == {"nothing", "pulse"}
    assert result.accuracy > 0.85
    broken = evaluate(SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 90), task, 20, seed=1)
    assert broken.accuracy < result.accuracy


def test_without_a_score_nothing_is_called_correct():
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 30)
    result = evaluate(network, PULSES, 6, seed=1)
    assert np.isnan(result.accuracy)
    assert np.isnan(result.interval).all()
    assert str(result) == (
        "spiking network: given inputs, 6 trials, not scored\n"
        "  input 0: 3 trials, not scored\n  input 1: 3 trials, not scored"
    )
    assert result.score.as_json() == {"correct": None, "trials": 6, "accuracy": None, "interval": None}


def test_a_search_without_a_score_takes_the_output_that_is_closest(tmp_path):
    path = tmp_path / "m.mat"
    datasets.load("go-nogo-sigmoid").save(path)
    found = find_scaling_factor(path, PULSES, seed=1, candidates=[25, 35, 90], trials=10, write=True)
    assert found.scaling_factor == min(found.nrmse, key=found.nrmse.get) != 90
    assert "not scored" in str(found)
    assert "nan" not in str(found)
    tuning = json.loads(RateModel.load(path).extras["tuning"].item())
    assert tuning["accuracy"] is None
    from spiking.tuning.recorded_search import recorded_search

    assert not recorded_search(RateModel.load(path)).fresh.scored


def test_fits_and_measures_take_inputs():
    model = datasets.load("go-nogo-sigmoid")
    conversion = fit_conversion(model, PULSES, kind="mean_drive", gain=4)
    measured = faithfulness(model, SpikingNetwork.from_rate(model, conversion=conversion), PULSES, trials=8)
    assert measured.output_r2 > 0.8
    assert np.isnan(measured.spiking.accuracy)


def test_several_outputs_and_targets():
    targets = np.ones((2, 3, 200))
    task = tasks.from_inputs(PULSES, targets)
    assert (task.n_outputs, task.scored) == (3, False)
    assert task.trials(4, seed=1).targets.shape == (4, 3, 200)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": np.zeros(4)}, r"inputs has shape \(4,\); expected finite numbers of shape"),
        ({"inputs": np.full((1, 4), np.nan)}, "expected finite numbers"),
        ({"inputs": PULSES, "targets": np.zeros((2, 1, 4))}, r"targets has shape \(2, 1, 4\); expected"),
        ({"inputs": PULSES, "names": ["a", "a"]}, "expected 2 different names"),
        ({"inputs": PULSES, "score": 3}, "score is 3; expected a function"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        tasks.from_inputs(**arguments)


def test_the_noise_of_a_rate_model_can_be_chosen():
    model = datasets.load("go-nogo")
    loud = evaluate(model, trials=20, seed=1, noise=5.0)
    assert loud.accuracy < evaluate(model, trials=20, seed=1, noise=0.0).accuracy
    with pytest.raises(ArgumentError, match=r"noise is 1\.0 and network is a SpikingNetwork"):
        evaluate(SpikingNetwork.from_rate(model, 30), "go-nogo", 2, noise=1.0)


def test_a_report_takes_inputs():
    from spiking.report import report

    page = report(datasets.load("go-nogo-sigmoid"), PULSES, 4)
    assert "not scored" in page
    words = re.sub(r"base64,[^\"']*", "", page.partition("<script")[0])
    assert not re.search(r"\bnan\b", words)


def test_what_needs_right_answers_says_so():
    from spiking.training import fine_tune, train

    network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    with pytest.raises(ArgumentError, match=r"has no targets, and model is None; expected model="):
        fine_tune(network, PULSES, max_updates=2)
    for wrong in (None, PULSES, tasks.from_inputs(PULSES)):
        with pytest.raises(ArgumentError, match=r"expected (a task that draws trials|a Task)"):
            train(wrong, 10, max_updates=2)
    with pytest.raises(ArgumentError, match="task is 5; expected a Task"):
        evaluate(network, 5, 4)

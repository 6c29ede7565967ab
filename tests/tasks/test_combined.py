"""Several tasks for one network, with rule inputs."""

import numpy as np
import pytest

from spiking import tasks
from spiking.errors import ArgumentError
from spiking.evaluation import Evaluation

BOTH = tasks.combine("go-nogo", "xor", rule_input=0.5)


def test_a_trial_is_that_of_its_task_with_a_rule_input():
    trials = BOTH.trials(40, seed=1, balanced=True)
    assert (BOTH.n_inputs, BOTH.n_outputs, BOTH.duration) == (4, 1, 1500.0)
    for k, condition in enumerate(trials.conditions):
        name, _, own = condition.partition(": ")
        task, number = tasks.get(name), ["go-nogo", "xor"].index(name)
        alone = task.trials(1, seed=1, condition=own)  # neither task draws random numbers
        late = BOTH.n_steps - task.n_steps
        assert np.array_equal(trials.inputs[k, : task.n_inputs, late:], alone.inputs[0])
        assert not trials.inputs[k, : task.n_inputs, :late].any()
        assert np.array_equal(trials.targets[k, late:], alone.targets[0])
        assert np.all(trials.inputs[k, 2 + number] == 0.5)
        assert not trials.inputs[k, 3 - number].any()
        assert trials.labels[k] == task.conditions[own]


def test_each_trial_is_scored_by_its_task():
    trials = BOTH.trials(60, seed=2)
    assert BOTH.score(trials.targets, trials.time, trials).all()
    wrong = BOTH.score(-trials.targets, trials.time, trials)
    quiet = np.array([name == "go-nogo: nogo" for name in trials.conditions])
    assert np.array_equal(wrong, quiet)  # 0 is 0
    # what happens before the shorter task begins does not count
    early = np.where(trials.time < 500, 5.0, trials.targets)
    assert BOTH.score(early, trials.time, trials)[quiet].all()


def test_an_evaluation_has_the_accuracy_of_each_task():
    trials = BOTH.trials(30, seed=3)
    correct = np.array([name.startswith("xor") for name in trials.conditions])
    result = Evaluation(task=BOTH, seed=3, correct=correct, conditions=trials.conditions)
    assert {name: score.accuracy for name, score in result.by_task.items()} == {"go-nogo": 0.0, "xor": 1.0}
    assert f"xor: {correct.sum()} of {correct.sum()} correct" in str(result)
    assert str(result).splitlines()[-1] == f"  correct: {BOTH.rule()}; 95 % Wilson intervals; seed 3"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("xor",), "tasks are xor; expected at least two"),
        (("xor", "xor"), "with different names"),
        (("xor", 3), "tasks is 3; expected a Task or a text"),
        (("xor", tasks.from_inputs(np.ones((1, 1, 9)))), "expected all with a score"),
        (
            ("xor", tasks.from_inputs(np.ones((1, 1, 9)), score=np.all, n_outputs=2)),
            "xor 1, given inputs 2; expected",
        ),
    ],
)
def test_what_cannot_be_combined(parts, message):
    with pytest.raises(ArgumentError, match=message):
        tasks.combine(*parts)


@pytest.mark.parametrize("rule", [0, float("nan"), "x", None])
def test_a_rule_that_does_not_tell_the_tasks_apart(rule):
    with pytest.raises(ArgumentError, match="rule_input is"):
        tasks.combine("go-nogo", "xor", rule_input=rule)

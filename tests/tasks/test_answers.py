"""Decisions, responses, their times, the sustained score and rules in words, of outputs made by hand."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from spiking import tasks
from spiking.tasks.scoring import ScoredTrials, score_trials


class OwnScore(tasks.GoNoGo):
    """Correct unless the last sample is negative."""

    def score(self, output, time, trials):
        return output[:, -1] >= 0


@dataclass(frozen=True)
class TwoOutputs(tasks.Task):
    name: ClassVar[str] = "two"
    conditions: ClassVar[dict] = {"left": 1, "right": -1}
    n_inputs: ClassVar[int] = 1
    n_outputs: ClassVar[int] = 2
    duration: ClassVar[float] = 50.0
    score_from: ClassVar[float] = 25.0

    def trial(self, condition, rng):
        return np.zeros((1, 10)), np.zeros((2, 10))

    def score(self, output, time, trials, *, strict=False):
        return np.array([True] * len(trials)) & (not strict)


def trials_of(task, conditions):
    drawn = [task.trials(1, seed=1, condition=name) for name in conditions]
    return tasks.Trials(
        np.concatenate([one.inputs for one in drawn]),
        np.concatenate([one.targets for one in drawn]),
        tuple(conditions),
        np.concatenate([one.labels for one in drawn]),
    )


def test_go_nogo_by_hand():
    task = tasks.GoNoGo()
    trials = trials_of(task, ["go", "go", "go", "nogo", "nogo", "nogo"])
    output = np.zeros((6, 200))
    output[:, :100] = 5  # before 500 ms nothing counts
    output[0, 120:] = 1  # from 600 ms, mean 0.8
    output[1, 150:152] = 1  # a crossing of 10 ms, at 750 ms
    output[2, 100:] = 0.69  # not above the threshold
    output[3, 100:] = 0.2
    output[4, 100:120] = 0.5  # above quiet at times, mean 0.1
    output[5, 199] = 0.9  # crosses the threshold of Go
    scored = score_trials(task, output[:, None], trials.time, trials)
    assert scored.correct.tolist() == [True, True, False, True, False, False]
    assert scored.strict.tolist() == scored.published.tolist() == scored.correct.tolist()
    assert scored.sustained.tolist() == [True, False, False, True, False, False]
    assert not (scored.sustained & ~scored.correct).any()
    np.testing.assert_allclose(scored.decision, [0.8, 0.02, 0.69, 0.2, 0.1, 0.009])
    assert scored.predicted.tolist() == [1, 1, 0, 0, 0, 1]
    np.testing.assert_equal(scored.response_time, [600, 750, np.nan, np.nan, np.nan, 995])


def test_xor_by_hand_both_signs_and_the_end_of_the_response():
    task = tasks.XOR()
    trials = trials_of(task, ["++", "++", "+-", "+-"])
    output = np.zeros((4, 300))
    output[0, 200:270] = 1  # the target: 0 again from 1350 ms
    output[1, 200:270], output[1, 280] = 1, -0.8  # right, then beyond the other threshold
    output[2, 210:270], output[2, 205] = -1, 0.8  # wrong for 5 ms at 1025 ms, then right
    output[3, 210:270] = 1  # wrong
    scored = score_trials(task, output[:, None], trials.time, trials, strict=True)
    assert scored.published.tolist() == [True, True, True, False]
    assert scored.correct.tolist() == scored.strict.tolist() == [True, False, False, False]
    assert scored.sustained.tolist() == [True, False, False, False]
    np.testing.assert_allclose(scored.decision, [1, 1, (-60 + 0.8) / 70, 60 / 70])
    assert scored.predicted.tolist() == [1, 1, -1, 1]
    assert scored.response_time.tolist() == [1000, 1000, 1050, 1050]


@pytest.mark.parametrize("name", ["go-nogo", "xor", "mante", "dms"])
def test_targets_are_sustained_answers(name):
    task = tasks.get(name)
    trials = task.trials(20, seed=1)
    answers = task.answers(trials.targets, trials.time, trials)
    assert answers.sustained.all()
    assert answers.predicted.tolist() == trials.labels.tolist()
    noisy = trials.targets + np.random.default_rng(1).normal(0, 0.4, trials.targets.shape)
    scored = score_trials(task, noisy[:, None], trials.time, trials, strict=True)
    assert not (scored.sustained & ~scored.correct).any()  # the harder rule, in every condition
    wrong = task.answers(1 - 2 * trials.targets, trials.time, trials)
    assert not wrong.sustained.any()


def test_spiking_samples_are_answered_at_their_time():
    task = tasks.GoNoGo()
    trials = trials_of(task, ["go"])
    time = 0.05 * np.arange(1, 20001)
    output = np.zeros((1, 1, 20000))
    output[0, 0, time > 612.01] = 1
    scored = score_trials(task, output, time, trials)
    np.testing.assert_allclose(scored.response_time, [612.05])
    np.testing.assert_allclose(scored.decision, [(1000 - 612) / 500], atol=1e-3)


def test_rules_in_words():
    go, xor = tasks.GoNoGo(), tasks.XOR()
    words = "output above 0.7 at any time from 500 ms (go); below 0.3 at all times from 500 ms (nogo)"
    assert go.rule() == go.rule(strict=True) == words
    assert go.sustained_rule() == (
        "mean output from 500 ms above 0.7 (go); output below 0.3 at all times from 500 ms (nogo)"
    )
    shown = "output above 0.7 (++, --) or below -0.7 (+-, -+) at any time from 1000 ms"
    assert xor.rule() == shown
    assert xor.rule(strict=True) == f"{shown}, and never beyond the opposite threshold"
    assert xor.sustained_rule() == (
        "mean output from 1000 ms to 1350 ms beyond the threshold (0.7 or -0.7), "
        "never beyond the opposite one"
    )
    assert tasks.GoNoGo(stimulus_duration=250).rule().count("from 625 ms") == 2
    both = tasks.combine("go-nogo", "xor")
    assert both.rule() == f"go-nogo: {words}. xor: {xor.rule()}"
    assert both.sustained_rule() == f"go-nogo: {go.sustained_rule()}. xor: {xor.sustained_rule()}"


def test_a_score_of_ones_own_has_a_decision_and_nothing_else():
    task = OwnScore()
    trials = trials_of(task, ["go", "nogo"])
    scored = score_trials(task, np.full((2, 1, 200), 0.4), trials.time, trials)
    assert scored.correct.tolist() == [True, True]
    np.testing.assert_allclose(scored.decision, [0.4, 0.4])
    assert scored.strict is scored.sustained is scored.predicted is scored.response_time is None
    assert task.rule() == "as the method score of the task go-nogo decides"
    assert task.sustained_rule() is None


def test_several_outputs_have_a_decision_each():
    task = TwoOutputs()
    trials = trials_of(task, ["left", "right"])
    output = np.zeros((2, 2, 10))
    output[0, 1, 5:] = 3
    scored = score_trials(task, output, trials.time, trials)
    assert scored.decision.tolist() == [[0, 3], [0, 0]]
    assert scored.strict.tolist() == [False, False]
    assert scored.predicted is None


def test_given_inputs_with_and_without_a_score():
    def risen(output, time, number):
        return output[:, -1] > 0.5

    inputs = np.ones((1, 1, 10))
    output = np.array([[np.linspace(0, 1, 10)]])
    for task, rule in (
        (tasks.from_inputs(inputs, score=risen), "as the given function risen decides"),
        (tasks.from_inputs(inputs), "not scored: nothing says which outputs are correct"),
    ):
        trials = task.trials(1, seed=1)
        scored = score_trials(task, output, trials.time, trials)
        np.testing.assert_allclose(scored.decision, [0.5])
        assert scored.strict is scored.sustained is scored.predicted is None
        assert task.rule() == rule


def test_combined_tasks_answer_by_their_task():
    both = tasks.combine("go-nogo", "xor")
    trials = both.trials(40, seed=2, balanced=True)
    answers = both.answers(trials.targets, trials.time, trials)
    assert answers.sustained.all()
    assert answers.predicted.tolist() == trials.labels.tolist()
    first = dict(zip(trials.conditions, answers.response_time.tolist(), strict=True))
    assert first["go-nogo: go"] == 500 + 500  # Go-NoGo begins 500 ms late
    assert first["xor: ++"] == 1000
    assert np.isnan(first["go-nogo: nogo"])
    mixed = tasks.combine("xor", OwnScore())
    trials = mixed.trials(8, seed=2, balanced=True)
    answers = mixed.answers(trials.targets, trials.time, trials)
    assert answers.predicted is None
    assert answers.decision.shape == (8,)
    assert mixed.sustained_rule() is None


def test_chunks_are_joined():
    task = OwnScore()
    parts = []
    for level in (1.0, -1.0):
        trials = trials_of(task, ["go", "nogo"])
        parts.append(score_trials(task, np.full((2, 1, 200), level), trials.time, trials))
    joined = ScoredTrials.join(parts)
    assert joined.correct.tolist() == [True, True, False, False]
    assert joined.sustained is None

"""Scores: right, the same however they are computed, with honest intervals, and never a failure as a zero."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
from cue import Cue, cue_model
from models import model_mapping
from scipy import stats

from spiking import (
    ArgumentError,
    RateModel,
    SpikingNetwork,
    Stimulation,
    datasets,
    evaluate,
    simulate,
    tasks,
)
from spiking.evaluation import run_both
from spiking.evaluation.binomial import sign_test
from spiking.evaluation.words import first_rule, response_lines, rule_lines, rules
from spiking.tasks.scoring import wilson_interval

MODEL = RateModel.load(cue_model())


@pytest.fixture
def network():
    return SpikingNetwork.from_rate(MODEL, 20)


def test_accuracy_is_what_the_scorer_says(network):
    task = Cue()
    found = evaluate(network, task, 30, seed=4)
    trials = task.trials(30, seed=4)
    run = simulate(network, trials.spiking_inputs, seed=4)
    expected = task.score(run.output[:, 0], run.time, trials)
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(found.correct, expected)
    assert found.conditions == trials.conditions
    assert found.accuracy == expected.mean()
    assert found.output is None
    go = np.array(trials.conditions) == "go"
    assert found.by_condition["go"].correct == expected[go].sum()
    assert found.by_condition["nogo"].trials == np.sum(~go)


def test_rate_model_is_scored_alike():
    task = Cue()
    found = evaluate(MODEL, task, 30, seed=4, keep_outputs=True)
    assert found.accuracy == 1
    assert found.output.shape == (30, 1, task.n_steps)
    trials = task.trials(30, seed=4)
    np.testing.assert_array_equal(task.score(found.output[:, 0], found.time, trials), found.correct)
    assert evaluate(RateModel.load(cue_model(readout=0.2)), task, 40, seed=4).accuracy < 0.7


def test_the_text_begins_with_the_network_that_was_run(network):
    both = run_both(MODEL, Cue(), 4, scaling_factor=20)
    evaluations = {
        "rate": [evaluate(MODEL, Cue(), 4), both.rate_score],
        "spiking": [evaluate(network, Cue(), 4), both.spiking_score],
    }
    for kind, results in evaluations.items():
        for result in results:
            assert result.network == kind
            assert str(result).startswith(f"{kind} network: cue, {result.score.correct} of 4 correct, ")
            assert repr(result).startswith(f"Evaluation(network='{kind}', ")
            assert f">{kind} network: cue, " in result._repr_html_()


@pytest.mark.parametrize("model", ["rate", "spiking"])
def test_a_trial_does_not_depend_on_the_others_nor_on_memory(model, network, monkeypatch):
    subject = MODEL if model == "rate" else network
    whole = evaluate(subject, Cue(), 50, seed=1, keep_outputs=True)
    few = evaluate(subject, Cue(), 7, seed=1, keep_outputs=True)
    # Matrix products of a rate network are rounded otherwise for another number of trials.
    tolerance = 1e-9 if model == "rate" else 0
    np.testing.assert_allclose(few.output, whole.output[:7], rtol=0, atol=tolerance)
    np.testing.assert_array_equal(whole.correct[:7], few.correct)
    three_trials = 3 * 8 * 100 * Cue().n_steps
    monkeypatch.setattr("spiking.evaluation.trial_chunks._CHUNK_BYTES", three_trials)
    chunked = evaluate(subject, Cue(), 50, seed=1, keep_outputs=True, threads=1)
    np.testing.assert_allclose(chunked.output, whole.output, rtol=0, atol=tolerance)
    np.testing.assert_array_equal(whole.time, chunked.time)


def test_several_outputs_and_strictness():
    @dataclass(frozen=True)
    class Two(Cue):
        n_outputs = 2

        def trial(self, condition, rng):
            inputs, target = super().trial(condition, rng)
            return inputs, np.tile(target, (2, 1))

        def score(self, output, time, trials, *, strict=False):
            window = self.window(output, time, trials)
            return (window.max(axis=(1, 2)) > 0.7) == (trials.labels > 0)

    model = RateModel.load(cue_model(w_out=np.full((2, 20), 1 / 20)))
    assert evaluate(model, Two(), 10, seed=0).accuracy == 1
    xor = RateModel.load(model_mapping(n_inputs=2))
    loose, strict = (evaluate(xor, "xor", 40, seed=2, strict=strict).correct for strict in (False, True))
    assert not (strict & ~loose).any()


def test_progress_counts_trials(network):
    seen = []
    evaluate(network, Cue(), 5, seed=0, progress=seen.append)
    assert seen[-1] == 5
    assert seen == sorted(seen)


def test_a_failing_trial_is_an_error_not_a_zero(network):
    class Broken(Cue):
        def score(self, output, time, trials, *, strict=False):
            if np.array_equal(output, trials.targets):  # when the task is checked
                return np.ones(len(trials), bool)
            raise ZeroDivisionError("broken scorer")

    class Fractions(Cue):
        def score(self, output, time, trials, *, strict=False):
            checked = np.array_equal(output, trials.targets)
            return np.ones(len(trials), bool) if checked else np.full(len(trials), 0.5)

    with pytest.raises(ZeroDivisionError, match="broken scorer"):
        evaluate(network, Broken(), 3, seed=0)
    with pytest.raises(ArgumentError, match="expected an array of 3 bools"):
        evaluate(network, Fractions(), 3, seed=0)
    with pytest.raises(ArgumentError, match="w_out has an entry of size 1e"):  # its output would overflow
        RateModel.load(cue_model(w_out=np.full((1, 20), 1e308)))


def test_which_task():
    with pytest.raises(ArgumentError, match="does not record the task"):
        evaluate(MODEL, trials=1, seed=0)
    with pytest.raises(ArgumentError, match="the network does not record a task; give one"):
        evaluate(SpikingNetwork.from_rate(MODEL, 20), trials=1, seed=0)
    with pytest.raises(ArgumentError, match="expected inputs: 4"):
        evaluate(MODEL, "mante", trials=1, seed=0)
    settings = '{"duration": 800.0}'
    recorded = RateModel.load(cue_model(task=np.array(["go-nogo"]), task_settings=np.array([settings])))
    for task in (None, "go-nogo"):
        assert evaluate(recorded, task, 1, seed=0).task == tasks.GoNoGo(duration=800.0)
    assert evaluate(recorded, tasks.GoNoGo(), 1, seed=0).task == tasks.GoNoGo()


@pytest.mark.parametrize(("correct", "n"), [(0, 10), (10, 10), (95, 100), (1, 7), (50, 100), (0, 1)])
def test_interval_is_wilsons(correct, n):
    expected = stats.binomtest(correct, n).proportion_ci(method="wilson")
    np.testing.assert_allclose(wilson_interval(correct, n), expected, atol=1e-12)


def test_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    for p in (0.5, 0.9, 0.97):
        intervals = [wilson_interval(int(k), 100) for k in rng.binomial(100, p, 2000)]
        covered = np.mean([low <= p <= high for low, high in intervals])
        assert covered > 0.92


def test_sign_test_is_the_exact_binomial_one():
    rng = np.random.default_rng(1)
    for _ in range(20):
        a, b = rng.random(40) < 0.8, rng.random(40) < 0.6
        wins, differ = int(np.sum(a & ~b)), int(np.sum(a != b))
        assert sign_test(a, b) == pytest.approx(
            stats.binomtest(wins, differ, alternative="greater").pvalue, abs=1e-12
        )
    assert sign_test(a, a) == 1


def test_trials_with_stimulation_and_noise_on_inputs(network):
    """Silenced neurons answer nothing: exactly the trials whose answer is no response are correct."""
    silenced = Stimulation("all", (0.0, 1e6), -200.0, acts_on="current")
    result = evaluate(network, "go-nogo", 20, seed=1, stimulation=silenced, keep_outputs=True)
    np.testing.assert_array_equal(result.correct, np.array(result.conditions) == "nogo")
    plain, noisy = (
        evaluate(network, "go-nogo", 5, seed=1, input_noise=noise, keep_outputs=True).output
        for noise in (0.0, 0.5)
    )
    assert (plain != noisy).any()
    with pytest.raises(ArgumentError, match="network is a RateModel; expected a SpikingNetwork"):
        evaluate(RateModel.load(cue_model()), "go-nogo", 5, seed=1, stimulation=silenced)


def test_the_rule_of_a_users_task_is_not_called_published():
    result = evaluate(RateModel.load(cue_model()), Cue(), trials=2, seed=1)
    assert list(result.scores) == ["task", "strict", "sustained"]
    assert next(iter(rules(result))) == "task"
    assert "correct: " in "".join(rule_lines(result, "seed 1"))
    assert "task rule" not in str(result)
    assert first_rule(tasks.combine("go-nogo", "xor")) == "published"
    assert first_rule(tasks.combine("go-nogo", Cue())) == "task"


def test_an_evaluation_has_every_score_and_a_table():
    model = datasets.load("xor")
    result, strictly = (evaluate(model, trials=30, seed=2, strict=strict) for strict in (False, True))
    assert list(result.scores) == ["published", "strict", "sustained"]
    assert result.correct.tolist() == result.published.tolist()
    assert strictly.correct.tolist() == strictly.strict.tolist() == result.strict.tolist()
    assert strictly.published.tolist() == result.published.tolist()
    assert result.strict_score.correct <= result.score.correct
    assert result.sustained_score.trials == 30
    table = result.table()
    assert list(table) == [
        "trial", "condition", "label", "correct", "strict", "sustained", "decision", "predicted",
        "response_time_ms",
    ]  # fmt: skip
    assert {column.shape for column in table.values()} == {(30,)}
    answered = ~np.isnan(table["response_time_ms"])
    assert answered.sum() > 20
    assert (table["response_time_ms"][answered] >= 1000).all()
    right = table["predicted"] == table["label"]
    assert table["correct"][right].all()
    kept = evaluate(model, trials=30, seed=2, keep_outputs=True)
    scored = (kept.time >= 1000) & (kept.time < 1350)
    np.testing.assert_allclose(kept.output[:, 0, scored].mean(axis=1), table["decision"], atol=1e-12)


def test_what_a_task_does_not_define_is_not_in_the_table():
    result = evaluate(datasets.load("go-nogo"), np.zeros((1, 1, 40)), 3)
    assert result.strict_score is result.sustained_score is None
    assert list(result.table()) == ["trial", "condition", "label", "correct", "decision"]


def test_the_responses_of_each_condition_and_their_times():
    rate, spiking = (evaluate(one, Cue(), 20, seed=2) for one in (MODEL, SpikingNetwork.from_rate(MODEL, 60)))
    head, *lines = response_lines({"rate": rate, "spiking": spiking})
    assert head == (
        "trials with the response +1, none; mean time of the responses in ms "
        "(the output is scored from 100 ms)"
    )
    assert [line.split()[0] for line in lines] == ["go", "nogo"]
    for line, condition in zip(lines, ("go", "nogo"), strict=True):
        cells = [line[20:54].strip(), line[54:].strip()]
        for cell, result in zip(cells, (rate, spiking), strict=True):
            own = np.array(result.conditions) == condition
            given, times = result.predicted[own], result.response_time[own]
            counts = f"{np.sum(given == 1)}, {np.sum(given == 0)}"
            assert cell == (f"{counts}; {np.nanmean(times):.0f}" if np.isfinite(times).any() else counts)
    early = dataclasses.replace(rate, response_time=np.where(rate.predicted == 0, 1.0, rate.response_time))
    assert response_lines({"rate": early}) == response_lines({"rate": rate})  # only times of responses
    own = dataclasses.replace(rate, predicted=None)  # a task with a score of its own
    assert response_lines({"rate": own, "spiking": spiking}) == []

"""The verdicts of a training say what went wrong and what to try."""

from types import SimpleNamespace

import numpy as np
import pytest
from cue import Cue

from spiking import tasks
from spiking.command_line.training_verdict import Verdict, as_json_of, rule_lines, verdict
from spiking.training import TrainingOptions, TrainingState, scoring
from spiking.training.options import options_for

FALLING = [30 - 2 * step for step in range(9)]


def outcome(
    losses,
    accuracies,
    *,
    stage="learning",
    stopped="limit",
    spiking=(None, None, None),
    kept=None,
    recorded=None,
    **options,
):
    converts, accuracy, r2 = spiking
    state = TrainingState(
        *(100 * len(losses), losses[-1], accuracies[-1], 300.0),
        *(stage, stopped, converts, accuracy, r2, dict),
    )
    last = kept or len(losses)
    histories = {"eval_losses": np.array(losses[:last]), "eval_accuracies": np.array(accuracies[:last])}
    extras = {"updates": np.array([[100 * last]]), **histories, **(recorded or {})}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingState, "model", SimpleNamespace(extras=extras))
        return verdict(state, TrainingOptions(**options), "m.mat")


@pytest.mark.parametrize(
    ("losses", "accuracies", "changes", "learnt", "converts", "advice"),
    [
        ([9, np.nan], [0.5, 0], {"stopped": "diverged"}, False, None, "a smaller --learning-rate than 0.01"),
        (FALLING, [0.5] * 9, {}, False, None, "the loss was still falling; try --max-updates 12000"),
        ([20] * 9, [0.5] * 9, {}, False, None, "the loss no longer fell; try another --seed"),
        ([20] * 9, [0.99] * 9, {}, False, None, "the accuracy suffices and the loss does not"),
        ([5] * 9, [0.5] * 9, {}, False, None, "check that the target of the task"),
        (
            [5.2],
            [0.5],
            {"max_updates": 100},
            False,
            None,
            "only begun: it ended at --max-updates 100; try --max-updates 6000",
        ),
        ([6 - 0.5 * k for k in range(9)], [0.5] * 9, {}, False, None, "the loss was still falling"),
        ([5] * 9, [1] * 9, {"stage": "hardening"}, True, None, "try --max-updates 7200"),
        (
            *([5] * 30, [1] * 30, {"stage": "hardening", "spiking": (None, 0.8, 0.7)}),
            *(True, False, "does not follow the rate network closely enough"),
        ),
        (
            *([5, *[20] * 30], [1, *[0.6] * 30], {"stage": "hardening"}),
            *(True, None, "noise"),
        ),
        ([5], [1], {"stopped": "converged", "hardening": 0}, True, None, "next, `spiking tune m.mat`"),
        ([5], [1], {"stopped": "converged", "spiking": (False, None, None)}, True, False, "matched"),
    ],
)
def test_what_went_wrong_and_what_to_try(losses, accuracies, changes, learnt, converts, advice):
    result = outcome(losses, accuracies, **changes)
    assert (result.learnt, result.converts) == (learnt, converts)
    assert advice in result.advice[0]
    assert result.lines[0].startswith("learnt: yes" if learnt else "learnt: no")
    shown = {True: "yes", False: "no", None: "not tested"}[converts]
    assert result.lines[1].startswith(f"converts: {shown}, ")


def test_a_network_that_converts_needs_no_advice():
    result = outcome([5], [1], stage="hardening", stopped="converged", spiking=(True, 1.0, 0.97))
    assert result.advice == ()
    assert (
        "100 % of 40 new trials (95 % Wilson interval 91 to 100 %; at least 97.5 % is needed)"
        in result.lines[1]
    )
    assert "R2 of its output 0.97 (at least 0.94 is needed)" in result.lines[1]


def test_the_rate_networks_accuracies_by_the_other_rules_stand_beside_its_own(tmp_path):
    by_rule = {"eval_strict": np.array([[0.97]]), "eval_sustained": 0.83}  # in a file, and in training
    result = outcome([5], [1], stopped="converged", hardening=0, recorded=by_rule)
    assert "at least 95 % is needed; strict 97 %; sustained 83 %), loss 5.00" in result.lines[0]
    state = SimpleNamespace(
        **{f"spiking_{name}": None for name in ("accuracy", "r2", "strict", "sustained")},
        **{"accuracy": 1.0, "stopped": "converged", "updates": 5, "loss": 1},
    )
    recorded = {"updates": 5, "eval_losses": [1.0], "eval_accuracies": [1.0], **by_rule}
    state.model = SimpleNamespace(extras=recorded)
    task, options = tasks.get("xor"), TrainingOptions()
    lines = rule_lines(state, options, task, "m.mat", "xor")
    assert [line.partition(":")[0] for line in lines[:3]] == ["correct", "strict", "sustained"]
    facts = as_json_of(state, options, Verdict(True, None, (), ()), 1.0, tmp_path, task, 1)["rate_network"]
    assert facts["by_rule"]["published"]["correct"] == 100
    assert facts["by_rule"]["sustained"] | {"interval": None} == {
        **{"rule": task.sustained_rule(), "correct": 83, "trials": 100, "accuracy": 0.83, "interval": None}
    }


def test_a_training_that_ended_in_the_hardening_says_so():
    result = outcome([5] * 3, [1] * 3, stage="hardening", max_updates=300)
    assert result.lines[1] == "converts: not tested, because training ended before the hardening did"


def test_the_rules_are_those_by_which_was_scored(tmp_path):
    spiking = {"converts": True, "spiking_accuracy": 1.0, "spiking_r2": 0.97, "spiking_sustained": 0.9}
    state = SimpleNamespace(
        **spiking, spiking_strict=None, accuracy=1.0, stopped="converged", updates=5, loss=1
    )
    histories = {"eval_losses": [1.0], "eval_accuracies": [1.0]}
    state.model = SimpleNamespace(extras={"updates": 5, **histories})
    task, options = tasks.get("go-nogo"), TrainingOptions()
    lines = rule_lines(state, options, task, "m.mat", "xor")
    assert lines[:2] == [f"correct: {task.rule()}", f"sustained: {task.sustained_rule()}"]
    assert "these trials decided when training ended" in lines[-1]
    result = Verdict(True, True, (), ())
    facts = as_json_of(state, options, result, 1.0, tmp_path, task, 1)
    assert facts["spiking_network"]["by_rule"]["sustained"]["correct"] == 36
    assert facts["spiking_network"]["by_rule"]["sustained"]["rule"] == task.sustained_rule()
    assert list(facts["spiking_network"]["by_rule"]) == ["published", "sustained"]
    facts = as_json_of(state, options, result, 1.0, tmp_path, Cue(), 1)
    assert list(facts["spiking_network"]["by_rule"]) == ["task", "sustained"]
    assert rule_lines(state, options, Cue(), "m.mat", "cue.py:Cue")[0] == f"correct: {Cue().rule()}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("go-nogo", "from 375 ms (go); absolute value below 0.3"),
        ("mante", "at any time in the last second, as the published trainer"),
        ("xor", "at any time from 1000 ms"),
    ],
)
def test_the_rule_of_the_published_recipe_is_the_published_trainers(name, words):
    task = tasks.get(name)
    assert words in scoring.rule(task, options_for("published"))
    assert scoring.rule(task, options_for("default")) == task.rule()


def test_the_lines_describe_the_network_that_is_saved():
    result = outcome(
        *([5] * 5 + [6] * 17, [0.99] * 5 + [0.8] * 17),
        stage="hardening",
        spiking=(None, 0.925, 0.729),
        kept=5,
    )
    assert "learnt: yes, accuracy 99 %" in result.lines[0]
    assert "the network after 500 updates, which is saved" in result.lines[0]
    assert "loss 5.00" in result.lines[0]
    assert result.lines[1].startswith("converts: no, the spiking network is right in 92 % of 40 new trials")
    assert "last network, after 2200 updates, not saved: accuracy 80 %" in result.lines[2]
    assert "--stop-spiking-accuracy 0.925 and --stop-r2 0.72" in result.advice[0]
    only_r2 = outcome([5] * 30, [1] * 30, stage="hardening", spiking=(None, 1.0, 0.7))
    assert "is right too rarely" not in only_r2.advice[0]
    assert "if this is good enough for you, --stop-r2 0.7" in only_r2.advice[0]
    assert len(only_r2.lines) == 2

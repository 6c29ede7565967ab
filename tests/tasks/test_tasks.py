"""Tasks as specified: timings, conditions, scorers, streams, settings, and tasks of one's own."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking import tasks
from spiking.errors import ArgumentError

STANDARD = ("go-nogo", "xor", "mante", "dms")

OWN_TASK = """
from __future__ import annotations
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from spiking.tasks import Task

@dataclass(frozen=True)
class Detection(Task):
    onset: float = 250.0

    name: ClassVar[str] = "detection"
    conditions: ClassVar[Mapping[str, int]] = {"up": 1, "down": -1}
    n_inputs: ClassVar[int] = 1
    duration: ClassVar[float] = 500.0
    score_from: ClassVar[float] = 400.0

    def trial(self, condition, rng):
        step = round(self.onset / 5)
        inputs, target = np.zeros((1, self.n_steps)), np.zeros(self.n_steps)
        inputs[0, step:] = self.conditions[condition] + 0.1 * rng.standard_normal(self.n_steps - step)
        target[step:] = self.conditions[condition]
        return inputs, target
"""


def runs(row):
    """Half-open intervals in which a row is not zero, with its value."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0.0], row, [0.0]])))
    return [(a, b, row[a]) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def test_go_nogo_as_specified():
    task = tasks.get("go-nogo")
    go, nogo = (task.trials(1, seed=0, condition=name) for name in ("go", "nogo"))
    assert go.inputs.shape == (1, 1, 200)
    assert runs(go.inputs[0, 0]) == [(50, 75, 1)]
    assert runs(go.targets[0]) == [(75, 200, 1)]
    assert not nogo.inputs.any()
    assert not nogo.targets.any()
    assert task.score_from == 500


@pytest.mark.parametrize("condition", ["++", "+-", "-+", "--"])
def test_xor_and_dms_as_specified(condition):
    first, second = (1 if sign == "+" else -1 for sign in condition)
    xor = tasks.XOR().trials(1, seed=0, condition=condition)
    assert xor.inputs.shape == (1, 2, 300)
    assert runs(xor.inputs[0, 0]) == [(50, 100, first)]
    assert runs(xor.inputs[0, 1]) == [(110, 160, second)]
    assert runs(xor.targets[0]) == [(170, 270, first * second)]
    assert tasks.XOR().score_from == 1000
    task = tasks.DelayedMatchToSample(delay=250)
    dms = task.trials(1, seed=0, condition=condition)
    assert dms.inputs.shape == (1, 2, 261 + 50)
    assert runs(dms.inputs[0, 1]) == [(150, 200, second)]
    assert runs(dms.targets[0]) == [(210, 310, first * second)]
    assert task.score_from == 5 * 200


def test_context_integration_as_specified():
    task = tasks.get("mante")
    for condition, cue, sign in (("motion+", 2, 1), ("motion-", 2, -1), ("color+", 3, 1), ("color-", 3, -1)):
        trials = task.trials(200, seed=3, condition=condition)
        assert trials.inputs.shape == (200, 4, 500)
        assert np.all(trials.inputs[:, cue] == 1)
        assert not trials.inputs[:, 5 - cue].any()
        assert not np.delete(trials.inputs[:, :2], np.s_[50:250], axis=2).any()
        stimulus = trials.inputs[:, :2, 50:250]
        assert abs(stimulus[:, cue - 2].mean() - 0.5 * sign) < 0.03
        assert abs(stimulus[:, cue - 2].std() - 1) < 0.03
        other = np.sign(stimulus[:, 3 - cue].mean(axis=1))
        assert 70 < np.sum(other > 0) < 130  # the sign of the uncued input is a coin
        assert np.all(trials.targets[:, 250:] == sign)
        assert not trials.targets[:, :250].any()
    assert task.score_from == 1300


@pytest.mark.parametrize("name", STANDARD)
def test_a_trial_is_the_same_alone_and_in_a_batch(name):
    task = tasks.get(name)
    batch, alone = task.trials(30, seed=5), task.trials(1, seed=5, first=17)
    assert np.array_equal(batch.inputs[17], alone.inputs[0])
    assert np.array_equal(batch.targets[17], alone.targets[0])
    assert batch.conditions[17] == alone.conditions[0]
    assert set(task.trials(60, seed=5).conditions) == set(task.conditions)
    assert not np.array_equal(batch.inputs, task.trials(30, seed=6).inputs)


@pytest.mark.parametrize("name", STANDARD)
def test_spiking_inputs_repeat_the_last_column(name):
    trials = tasks.get(name).trials(3, seed=1)
    assert trials.spiking_inputs.shape[2] == trials.inputs.shape[2] + 1
    assert np.array_equal(trials.spiking_inputs[:, :, -1], trials.inputs[:, :, -1])
    assert np.array_equal(trials.spiking_inputs[:, :, :-1], trials.inputs)


@pytest.mark.parametrize("name", STANDARD)
def test_the_target_is_scored_as_correct_and_its_opposite_is_not(name):
    task = tasks.get(name)
    trials = task.trials(40, seed=2)
    for strict in (False, True):
        assert task.score(trials.targets, trials.time, trials, strict=strict).all()
    wrong = 1 - trials.targets if name == "go-nogo" else -trials.targets
    assert not task.score(wrong, trials.time, trials).any()
    assert task.score(0 * trials.targets, trials.time, trials).tolist() == [x == 0 for x in trials.labels]


def test_rate_and_spiking_samples_see_the_same_window():
    task = tasks.GoNoGo()
    trials = task.trials(2, seed=0, condition="go")
    spiking_time = (np.arange(20000) + 1) * 0.05
    output = np.zeros((2, spiking_time.size))
    output[0, 9998] = output[1, 9999] = 1  # 499.95 ms is before the window, 500 ms in it
    assert task.score(output, spiking_time, trials).tolist() == [False, True]
    output = np.zeros((2, 200))
    output[0, 99] = output[1, 100] = 1
    assert task.score(output, trials.time, trials).tolist() == [False, True]
    output = np.zeros((2, spiking_time.size))
    output[:, -1] = 1  # the last sample counts
    assert task.score(output, spiking_time, trials).all()


def test_strict_scoring_refuses_an_output_that_crosses_both_thresholds():
    task = tasks.DelayedMatchToSample(delay=250)
    trials = task.trials(1, seed=0, condition="++")
    output = trials.targets.copy()
    output[0, -2] = -0.8
    assert task.score(output, trials.time, trials).all()
    assert not task.score(output, trials.time, trials, strict=True).any()


def test_thresholds_are_strict_inequalities():
    task = tasks.GoNoGo()
    for condition, level, correct in (
        ("go", 0.7, False),
        ("go", 0.71, True),
        ("nogo", 0.3, False),
        ("nogo", 0.29, True),
    ):
        trials = task.trials(1, seed=0, condition=condition)
        assert task.score(np.full((1, 200), level), trials.time, trials).tolist() == [correct]


def test_outputs_that_cannot_be_scored():
    task = tasks.GoNoGo()
    trials = task.trials(2, seed=0)
    with pytest.raises(ArgumentError, match=r"shape \(2, 100\)"):
        task.score(np.zeros((2, 100)), trials.time, trials)
    with pytest.raises(ArgumentError, match="not finite"):
        task.score(np.full((2, 200), np.nan), trials.time, trials)
    with pytest.raises(ArgumentError, match="500 ms"):
        task.score(np.zeros((2, 10)), trials.time[:10], trials)


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("go-nogo", {"duration": 1002.0}, "duration is 1002.0 ms; expected a multiple of 5 ms"),
        ("go-nogo", {"stimulus_onset": -5.0}, "stimulus_onset is -5.0 ms; expected"),
        ("go-nogo", {"stimulus_duration": 0.0}, "stimulus_offset is .* expected a time after stimulus_onset"),
        ("go-nogo", {"duration": 400.0}, "end_of_trial is .* expected a time after start_of_scoring"),
        ("go-nogo", {"duration": float("nan")}, "duration is nan; expected"),
        ("go-nogo", {"duration": "long"}, "go-nogo: duration is 'long'; expected a number"),
        (
            "go-nogo",
            {"delay": 5.0},
            r"unknown setting delay \(did you mean score_delay\?\); expected one of duration",
        ),
        ("dms", {"delai": 5.0}, r"dms: unknown setting delai \(did you mean delay\?\); expected one of stim"),
        ("dms:delai=3", {}, r"expected dms alone, and its settings apart: .* \(--setting delai=3\)"),
        ("xor", {"duration": 1200.0}, "expected at least 1350 ms, the end of the response"),
        ("dms", {"response_duration": 0.0}, "end_of_response"),
        ("mante", {"noise": -1.0}, "noise"),
        ("stroop", {}, "task is 'stroop'; expected one of go-nogo, xor, mante, dms"),
        (
            "GoNogo",
            {},
            r"task is 'GoNogo' \(did you mean go-nogo\?\); .* file: task=.* \(--task mytask.py:Cl",
        ),
        ("missing.py", {}, "does not exist"),
    ],
)
def test_settings_and_names_that_are_refused(name, wrong, message):
    with pytest.raises(ArgumentError, match=message):
        tasks.get(name, **wrong)


def test_draws_that_are_refused():
    task = tasks.GoNoGo()
    with pytest.raises(ArgumentError, match="expected one of go, nogo"):
        task.trials(1, seed=0, condition="stop")
    for wrong in ({"n": 0, "seed": 0}, {"n": 1, "seed": -1}, {"n": 1, "seed": 0, "first": -1}):
        with pytest.raises(ArgumentError, match="expected a whole number"):
            task.trials(**wrong)


@given(delay=st.integers(0, 200), length=st.integers(1, 60))
@settings(max_examples=20, deadline=None)
def test_later_moments_follow_the_settings(delay, length):
    task = tasks.get("dms", delay=5.0 * delay, stimulus_duration=5.0 * length)
    trials = task.trials(1, seed=0)
    assert trials.inputs.shape[2] == task.n_steps == 50 + 2 * length + delay + 10 + 100 + 1
    assert task.score(trials.targets, trials.time, trials, strict=True).all()
    assert tasks.get(task.name, **task.settings) == task


def test_a_task_of_ones_own(tmp_path):
    path = tmp_path / "mytask.py"
    path.write_text(OWN_TASK)
    task = tasks.get(str(path), onset=300.0)
    assert task.settings == tasks.get(f"{path}:Detection", onset=300.0).settings == {"onset": 300.0}
    trials = task.trials(20, seed=1)
    assert trials.inputs.shape == (20, 1, 100)
    assert task.score(trials.targets, trials.time, trials).all()
    path.write_text(OWN_TASK.replace("(1, self.n_steps)", "(2, self.n_steps)"))
    with pytest.raises(ArgumentError, match="gives inputs of shape"):
        tasks.get(str(path)).trials(1, seed=0)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (
            OWN_TASK,
            "mytask.py:Detektion",
            r"Detektion \(did you mean Detection\?\), but mytask.py has the task ",
        ),
        (
            OWN_TASK,
            "mytask.py:Missing",
            r"Missing, .* has the task Detection; .* \(--task mytask.py:Detection\)",
        ),
        (OWN_TASK, "mytask", r"task is 'mytask' \(did you mean mytask.py\?\); expected one of go-nogo"),
        (OWN_TASK, "mytsk.py", r"mytsk.py, which does not exist \(did you mean mytask.py\?\)"),
        ("", "mytask.py", "mytask.py has no task; expected a class that is a subclass of spiking.tasks.Task"),
        (
            f"{OWN_TASK}\nclass Other(Detection): pass",
            "mytask.py",
            r"mytask.py has the tasks Detection, Other; .* of one: task='mytask.py:Detection' \(--t",
        ),
        (
            "x = 1\n1 / 0",
            "mytask.py",
            "mytask.py could not be run: ZeroDivisionError in line 2: division by zero",
        ),
        ("\nx = (", "mytask.py", "mytask.py could not be run: SyntaxError in line 2: "),
        ("import sys\nsys.exit(3)", "mytask.py", "mytask.py could not be run: SystemExit in line 2: 3"),
    ],
)
def test_what_is_wrong_with_a_file_of_tasks_and_what_to_name(text, name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mytask.py").write_text(text)
    with pytest.raises(ArgumentError, match=message):
        tasks.get(name)


def test_an_installed_task(tmp_path, monkeypatch):
    (tmp_path / "detection_task.py").write_text(OWN_TASK)
    info = tmp_path / "detection-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: detection\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[spiking.tasks]\ndetection = detection_task:Detection\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert tasks.names() == (*STANDARD, "detection")
    assert tasks.get("detection", onset=100.0).trials(1, seed=0).inputs.shape == (1, 1, 100)

"""A task is checked when it is loaded, or before its first trials; messages name the place of the fault."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from cue import Cue

from spiking import tasks
from spiking.errors import ArgumentError
from spiking.tasks import Task

GOOD = """
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from spiking.tasks import Task

@dataclass(frozen=True)
class Detection(Task):
    level: float = 1.0
    name: ClassVar[str] = "detection"
    conditions: ClassVar = {"up": 1, "down": -1, "none": 0}
    n_inputs: ClassVar[int] = 2
    duration: ClassVar[float] = 500.0
    score_from: ClassVar[float] = 400.0

    def trial(self, condition, rng):
        inputs, target = rng.standard_normal((2, self.n_steps)), np.zeros(self.n_steps)
        target[60:] = self.level * self.conditions[condition]
        return inputs, target
"""
TWO = GOOD.replace(
    "n_inputs: ClassVar[int] = 2", "n_inputs: ClassVar[int] = 2\n    n_outputs: ClassVar[int] = 2"
)
TWO = TWO.replace("return inputs, target", "return inputs, np.array([target, -target])")
TWO += """
    def score(self, output, time, trials, *, strict=False):
        return self.window(output, time, trials)[:, 0].mean(axis=1).round() == trials.labels
"""
FAULTS = [
    ('name: ClassVar[str] = "detection"', "", "name is missing; expected a text"),
    ('"detection"', "3", "name is 3; expected a text, such as"),
    ('{"up": 1, "down": -1, "none": 0}', "{}", r"conditions is \{\}; expected a mapping of each condition"),
    ('"none": 0', '"none": 2', "conditions has 'none': 2; expected .* 1, -1 or 0"),
    ('"none": 0', '"none": True', "conditions has 'none': True; expected .* 1, -1 or 0"),
    ("n_inputs: ClassVar[int] = 2", "", "n_inputs is missing; expected a whole number"),
    ("[int] = 2", "[int] = 0", "n_inputs is 0; expected a whole number, 1 or more"),
    ("duration: ClassVar[float] = 500.0", "", "duration is missing; expected a time in ms, a multiple of 5"),
    ("500.0", "502.0", "duration is 502.0 ms; expected a multiple of 5 ms"),
    ("400.0", "'late'", "score_from is 'late' ms; expected a multiple of 5 ms"),
    ("400.0", "500.0", "score_from is 500 ms; expected a time before the end of the trial, duration, 500 ms"),
    ("def trial", "def trail", "raises NotImplementedError: Detection must define trial"),
    ("np.zeros(self.n_steps)", "np.zeros(self.m)", r"'up', rng\) raises AttributeError in line 17: .*'m'"),
    ("return inputs, target", "return inputs", r"gives array.*; expected two arrays: return inputs, target"),
    ("return inputs, target", "return target, inputs", r"inputs of shape \(100,\); expected \(2, 100\): "),
    ("return inputs, target", "return inputs, inputs", r"target of shape \(2, 100\); expected \(100,\): "),
    ("return inputs, target", "return inputs + np.nan, target", "gives inputs that are not all numbers"),
    ("rng.standard", "np.random.standard", "gives another trial for the same rng; .* draw all random"),
    (
        "level: float = 1.0",
        "level: float = 0.5",
        "the target of the condition 'up' is from 0.5 to 0.5 where it is scored, from 400 ms on, and is not "
        r"correct; expected above 0.7 at some time \(response \+1\)",
    ),
    ("target[60:]", "target[:60]", "'up' is from 0 to 0 where it is scored"),
]
FAULTS += [
    ("@dataclass(frozen=True)", "", r"has no @dataclass\(frozen=True\): level are not settings; expected"),
    ("@dataclass(frozen=True)", "@dataclass", r"has @dataclass without frozen=True; expected @dataclass\("),
    (
        "level: float = 1.0",
        "level = 1.0",
        "level = 1.0 has no annotation; expected `level: float = 1.0` for a",
    ),
    ("level: float", "block_lenght: ClassVar[int] = 20\n    level: float", "did you mean block_length?"),
    ("level: float", "treshold: float = 0.5\n    level: float", "treshold has no meaning .* mean threshold?"),
    ("def trial", "def answer(self): pass\n    def trial", "did you mean answers?"),
    (
        "def trial",
        "def block(self, rng): return []\n    def trial",
        "block is defined and block_length is 1, so it is never called; expected a block_length above 1",
    ),
    ("condition, rng)", "condition, rng, history=())", "trial takes history and block_length is 1"),
]
TIMED = """
    def rule(self, strict=False):
        return "mean output of the right side"

    def answers(self, output, time, trials):
        window = self.window(output, time, trials)
        predicted = np.sign(window[:, 0].mean(axis=1)).astype(int)
        return Answers(decision=window.mean(axis=2), predicted=predicted)
"""
BLOCKED = "block_length: ClassVar[int] = 20\n    level: float"
FAULTS.append(
    ("level: float", BLOCKED, r"block_length is 20 and trial takes no history; expected trial\(self, cond")
)
TIMED = TWO.replace("import Task", "import Answers, Task") + TIMED
FAULTS_OF_TIMED = [
    ("return Answers", "return dict", r"answers\(\) gives \{'decision': .*; expected Answers\(decision=.*"),
    (
        'strict=False):\n        return "mean',
        '):\n        return "mean',
        r"rule\(strict=True\) raises TypeErr",
    ),
    ('return "mean output of the right side"', "return 0.4", r"rule\(\) gives 0.4; expected a text"),
    ("astype(int)", "astype(int)[:1]", r"predicted of shape \(1,\), .* for 3 trials; expected shape \(3,\)"),
    ("astype(int)", "astype(str)", r"predicted of .*; expected shape \(3,\), whole numbers, \+1, -1 or 0"),
    ("np.sign(", "-np.sign(", r"the response -1 for the target of the condition 'up'; expected \+1, its nu"),
    (
        "window.mean(axis=2)",
        "window.mean(axis=1)",
        r"decision of shape \(3, \d+\).*; expected shape \(3, 2\)",
    ),
    (
        "predicted=predicted)",
        "predicted=predicted, response_time=time[:1].repeat(len(trials)))",
        r"the response 0, which is no response, and the response time 0 ms for the target of the condition "
        r"'none'; expected another number in conditions and predicted, such as -1, .*, or else the time NaN",
    ),
    ("predicted=predicted)", "response_time=7)", r"response_time of shape \(\), 7, for 3 trials; expected"),
]
FAULTS_OF_TWO = [
    ("def score", "def scored_by", "the task Detection has 2 outputs, but Task.score is for one output"),
    ("[target, -target]", "[target, -target, target]", r"\(3, 100\); expected \(2, 100\): \(n_outputs"),
    ("[:, 0]", "[:, 1]", "'up' is from -1 to 1 .* expected that score.. counts the target itself as correct"),
    (" == trials.labels", "", r"score\(\) gives .* for one trial; expected an array of one bool a trial"),
    ("[:, 0].mean", "[:, 7].mean", r"score\(\) raises IndexError in line 23: index 7 is out of bounds"),
    ("float = 1.0", "float = 1.0\n    n = 1 / 0", "could not be run: ZeroDivisionError in line \\d+: div"),
]


@pytest.mark.parametrize(
    ("text", "old", "new", "message"),
    [(GOOD, *fault) for fault in FAULTS]
    + [(TWO, *fault) for fault in FAULTS_OF_TWO]
    + [(TIMED, *fault) for fault in FAULTS_OF_TIMED],
)
def test_a_fault_is_named_when_a_file_is_loaded(text, old, new, message, tmp_path):
    assert text.count(old) >= 1
    path = tmp_path / "mytask.py"
    path.write_text(text.replace(old, new))
    with pytest.raises(ArgumentError, match=message) as raised:
        tasks.get(str(path))
    said = str(raised.value)
    assert "could not be run" in said or said.startswith("mytask.py, class Detection: ")
    assert "\n" not in said


@pytest.mark.parametrize("text", [GOOD, TWO, TIMED])
def test_tasks_without_fault(text, tmp_path):
    path = tmp_path / "mytask.py"
    path.write_text(text)
    assert len(tasks.get(str(path)).trials(3, seed=1)) == 3
    with pytest.raises(ArgumentError, match=r"from -?0\.2 to 0\.2 where"):
        tasks.get(str(path), level=0.2)  # settings can be the fault


def test_an_object_is_checked_once_before_its_first_trials():
    calls = []

    class Counted(Cue):
        def trial(self, condition, rng):
            calls.append(condition)
            return super().trial(condition, rng)

    task = Counted()
    assert calls == []
    task.trials(1, seed=1)
    first = len(calls)
    task.trials(1, seed=1)
    assert len(calls) == first + 1
    with pytest.raises(ArgumentError, match="class Counted: score_from is 150 ms; expected a time before"):
        Counted(score_from=150.0).trials(1, seed=1)
    wrong = Counted(score_from=3.0)
    for _ in range(2):  # also the second time
        with pytest.raises(ArgumentError, match=r"score_from is 3\.0 ms; expected a multiple"):
            wrong.trials(1, seed=1)


def test_a_standard_task_whose_settings_leave_no_target_to_score():
    with pytest.raises(ArgumentError, match=r"the target of the condition '\+\+' is from 0 to 0 where"):
        tasks.get("xor", score_delay=600.0)


def test_combined_tasks_are_checked_part_by_part_and_given_inputs_need_no_targets():
    @dataclass(frozen=True)
    class Low(Cue):
        name: ClassVar[str] = "low"
        threshold: ClassVar[float] = 2.0

    with pytest.raises(ArgumentError, match=r"class Low: the target of the condition 'go' is from 1 to 1"):
        tasks.combine("go-nogo", Low()).trials(1, seed=1)

    def right(output, time, numbers):
        return numbers == 0

    shown = tasks.from_inputs(np.ones((2, 1, 30)), score=right, names=["a", "b"])
    assert len(tasks.combine("go-nogo", shown).trials(4, seed=1)) == 4


@dataclass(frozen=True)
class Blocks(Task):
    """The side repeats more often than not; the side before is shown first."""

    name: ClassVar[str] = "blocks"
    conditions: ClassVar[Mapping[str, int]] = {"left": -1, "right": 1}
    n_inputs: ClassVar[int] = 1
    duration: ClassVar[float] = 100.0
    score_from: ClassVar[float] = 50.0
    block_length: ClassVar[int] = 20

    def block(self, rng):
        repeats = rng.random(self.block_length) < 0.8
        return [("left", "right")[side] for side in np.cumsum(~repeats) % 2]

    def trial(self, condition, rng, history=()):
        inputs, target = np.zeros((1, self.n_steps)), np.full(self.n_steps, float(self.conditions[condition]))
        inputs[0, :5] = self.conditions[history[-1]] if history else 0
        inputs[0, 5] = len(history)
        return inputs, target


def test_trials_of_a_block_depend_on_earlier_ones_and_are_the_same_in_any_batch():
    task = Blocks()
    batch = task.trials(200, seed=3)
    for number in (0, 19, 20, 57, 199):
        alone = task.trials(1, seed=3, first=number)
        assert np.array_equal(alone.inputs[0], batch.inputs[number])
        assert alone.conditions[0] == batch.conditions[number]
    assert np.array_equal(batch.inputs[:, 0, 5], np.arange(200) % 20)
    before = np.where(np.arange(200) % 20 == 0, 0, np.roll(batch.labels, 1))
    assert np.array_equal(batch.inputs[:, 0, 0], before)
    repeats = np.mean((batch.labels == before)[before != 0])
    assert 0.7 < repeats < 0.9
    assert batch.conditions != task.trials(200, seed=4).conditions
    assert batch.conditions[:20] != batch.conditions[20:40]


def test_a_given_condition_replaces_that_of_the_trial_not_those_before():
    task = Blocks()
    drawn = task.trials(60, seed=3)
    for changed in (task.trials(60, seed=3, condition="left"), task.trials(60, seed=3, balanced=True)):
        assert np.array_equal(changed.inputs, drawn.inputs)  # the history
        assert not np.array_equal(changed.labels, drawn.labels)


def test_blocks_that_are_refused():
    class Short(Blocks):
        def block(self, rng):
            return ["left"]

    with pytest.raises(
        ArgumentError, match=r"class Short: block\(rng\).*\('left',\); expected 20 conditions"
    ):
        Short().trials(1, seed=1)
    with pytest.raises(ArgumentError, match=r"tasks have blocks, .*: blocks; expected tasks without"):
        tasks.combine("xor", Blocks())

    class Plain(Blocks):
        block = Task.block

    assert set(Plain().trials(20, seed=1).conditions) == {"left", "right"}  # all equally likely

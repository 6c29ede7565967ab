"""Settings of tasks: as texts, recorded in models, given by `--setting`, and used by every command."""

import json
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pytest
from cue import Cue, cue_model
from scipy.io import savemat
from typer.testing import CliRunner

from spiking import (
    ArgumentError,
    RateModel,
    evaluate,
    find_scaling_factor,
    find_scaling_factors,
    sweep,
    tasks,
    train,
)
from spiking.command_line.app import _show_warning, app
from spiking.command_line.loading import print_settings
from spiking.conversion.visited_currents import visited_currents
from spiking.evaluation.both_networks import run_both
from spiking.rate_model.recorded_settings import task_for
from spiking.report import report
from spiking.tasks.parse_settings import as_text

TWO_OUTPUTS = """
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from spiking.tasks import Task

@dataclass(frozen=True)
class Two(Task):
    delay: float = 50.0
    level: float = 2.0
    name: ClassVar[str] = "two"
    conditions: ClassVar = {"first": 1, "second": 1}
    n_inputs: ClassVar[int] = 1
    n_outputs: ClassVar[int] = 2

    @property
    def duration(self):
        return 100.0 + self.delay

    @property
    def score_from(self):
        return 50.0 + self.delay

    def score(self, output, time, trials, *, strict=False):
        end = self.window(output, time, trials).mean(axis=-1)
        return end.argmax(axis=1) == np.array([name == "second" for name in trials.conditions])

    def trial(self, condition, rng):
        sign = 1.0 if condition == "first" else -1.0
        target = np.zeros((2, self.n_steps))
        target[int(condition == "second")] = 1
        return np.full((1, self.n_steps), sign * self.level), target
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A model for the task of a file, trained with a delay of 200 ms (300 ms in all), and tuned to 30."""
    (tmp_path / "two.py").write_text(TWO_OUTPUTS)
    savemat(
        tmp_path / "d.mat",
        cue_model(
            w_out=np.full((2, 20), 1 / 20, np.float32),
            task=np.array(["two"]),
            task_settings=np.array([json.dumps({"delay": 200.0, "level": 2.0})]),
            opt_scaling_factor=np.array([[30.0]]),
        ),
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def model(folder):
    return RateModel.load(folder / "d.mat")


@pytest.fixture
def used(monkeypatch):
    """Lengths of the trials that are drawn while the test runs."""
    drawn, trials = [], tasks.Task.trials

    def watched(self, *arguments, **options):
        drawn.append(self.duration)
        return trials(self, *arguments, **options)

    monkeypatch.setattr(tasks.Task, "trials", watched)
    return drawn


COMMANDS = {
    "evaluate": "evaluate d.mat --trials 4",
    "simulate": "simulate d.mat --seed 1",
    "tune": "tune d.mat --trials 4 --method grid --candidates 20,30 --force",
    "tune several": "tune d.mat d.mat --trials 4 --method grid --candidates 20,30 --no-write",
    "report": "report d.mat --trials 4",
    "sweep": "sweep d.mat --trials 4 --vary refractory=2",
    "plot": "plot overview d.mat --trials 4 -o out.png",
    "plot conversion": "plot conversion d.mat -o out.png",
    "plot comparison": "plot comparison d.mat --against-factor 40 --trials 4 -o out.png",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_use_recorded_settings_unless_others_are_given(folder, used, command):
    words = [*COMMANDS[command].split(), "--task", "two.py"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert set(used) == {300.0}
    assert "task two, delay 200 (recorded)" in done.stderr
    used.clear()
    done = CliRunner().invoke(app, [*words, "--setting", "delay=150", "--setting", "level=1"])
    assert done.exit_code == 0, done.output
    assert set(used) == {250.0}
    told = "task two, delay 150 (--setting, not 200 as recorded), level 1 (--setting, not 2 as recorded)"
    assert told in done.stderr


def test_functions_use_recorded_settings_unless_a_task_is_given(folder, model, used):
    network = find_scaling_factor(model, "two.py", seed=1, method="grid", candidates=[30], trials=2).network
    for run in (
        lambda task: evaluate(model, task, 4, seed=1),
        lambda task: evaluate(model, task, 4, seed=1, keep_outputs=True),
        lambda task: find_scaling_factors(
            [model, model], task, seed=1, method="grid", candidates=[30], trials=2
        ),
        lambda task: sweep(model, task, grid={"refractory": [2.0]}, trials=2, seed=1),
        lambda task: run_both(model, task, 2, seed=1),
        lambda task: report(model, task, 2),
        lambda task: visited_currents(model, task, trials=2),
    ):
        used.clear()
        run("two.py")
        assert set(used) == {300.0}
        run(f"{folder / 'two.py'}:Two")
        assert set(used) == {300.0}
        used.clear()
        run(tasks.get("two.py"))
        assert set(used) == {150.0}
    used.clear()
    evaluate(network, "two.py", 2, seed=1)  # the network records the settings of its search
    assert set(used) == {300.0}


def test_a_name_of_the_package_and_the_demonstration(used):
    extras = {
        "task": np.array(["go-nogo"]),
        "task_settings": np.array([json.dumps({"duration": 600.0})]),
        "opt_scaling_factor": np.array([[30.0]]),
    }
    model = RateModel.load(cue_model(**extras))
    find_scaling_factors([model], "go-nogo", seed=1, method="grid", candidates=[30], trials=2)
    assert set(used) == {600.0}
    used.clear()
    given = {"duration": "700"}
    assert (
        find_scaling_factors(
            [model], settings=given, seed=1, method="grid", candidates=[30], trials=2, force=True
        )[0].error
        is None
    )
    assert set(used) == {700.0}
    with pytest.raises(ArgumentError, match="unknown setting delay"):
        find_scaling_factors([model], "go-nogo", settings={"delay": 1}, seed=1)


def test_which_task_and_settings(model):
    assert task_for(model, "two.py").settings == {"delay": 200.0, "level": 2.0}
    assert task_for(model, "two.py", {"level": "1"}).settings == {"delay": 200.0, "level": 1.0}
    with pytest.raises(ArgumentError, match="and task is a Task"):
        task_for(model, tasks.get("two.py"), {"level": 1.0})
    with pytest.raises(ArgumentError, match=r"the task 'two'; expected one of .*name the file"):
        task_for(model)
    other = replace(model, extras={**model.extras, "task": np.array(["another"])})
    assert task_for(other, "two.py").settings == {"delay": 50.0, "level": 2.0}


@pytest.mark.parametrize(
    ("recorded", "message"),
    [
        (
            '{"pause": 1.0}',
            "d.mat records `task_settings` .*unknown setting pause; expected one of delay, level",
        ),
        ('{"delay": "long"}', "d.mat records `task_settings` .*delay is 'long'; expected a number"),
        ("[1, 2]", "d.mat has `task_settings` .*expected a JSON object"),
        ("{", "d.mat has `task_settings`"),
        ("[" * 100_000, "d.mat has `task_settings`"),
    ],
)
def test_recorded_settings_that_cannot_be_used(model, recorded, message):
    changed = replace(model, extras={**model.extras, "task_settings": np.array([recorded])})
    with pytest.raises(ArgumentError, match=message):
        task_for(changed, "two.py")
    assert task_for(changed, tasks.get("two.py")).settings["delay"] == 50.0


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (["dely=1"], "unknown setting dely (did you mean delay?); expected one of delay, level"),
        (["delay=long"], "two: delay is 'long'; expected a number"),
        (["delay"], "--setting is delay; expected NAME=VALUE, such as delay=250"),
        (["delay=1", "delay=2"], "--setting has delay twice; expected one value"),
    ],
)
def test_settings_that_are_refused(folder, setting, message):
    words = ["evaluate", "d.mat", "--task", "two.py"]
    done = CliRunner().invoke(app, [*words, *(word for one in setting for word in ("--setting", one))])
    assert message in str(done.exception)


@dataclass(frozen=True)
class Typed(Cue):
    pulses: int = 2
    gain: float = 1
    mode: str = "1"
    noisy: bool = False
    levels: tuple[float, ...] = (1.0, 2.0)
    pair: tuple[int, str] = (1, "a")
    limit: float | None = None
    label: str | None = None
    kind: Literal["up", "down"] = "up"
    name: ClassVar[str] = "typed"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        *(("pulses", "3", 3), ("gain", "2.5", 2.5), ("gain", "3", 3.0), ("mode", "2", "2")),
        *(("noisy", "true", True), ("noisy", "No", False), ("levels", "0.5, 1,2", (0.5, 1.0, 2.0))),
        *(("levels", "3", (3.0,)), ("pair", "2,b", (2, "b")), ("limit", "none", None), ("limit", "1", 1.0)),
        *(
            ("kind", "down", "down"),
            ("label", "1", "1"),
            ("mode", " a ", " a "),
            ("gain", "1234567.25", 1234567.25),
        ),
    ],
)
def test_texts_become_what_the_field_is(tmp_path, name, text, value):
    from spiking.tasks.parse_settings import make, recordable

    task = make(Typed, {name: text})
    assert getattr(task, name) == value
    assert type(getattr(task, name)) is type(value)
    assert make(Typed, {name: as_text(value)}) == task
    assert make(Typed, json.loads(recordable(task))) == task


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        *(("pulses", "2.5", "a whole number"), ("gain", "x", "a number"), ("noisy", "2", "true or false")),
        *(("kind", "left", "up, down"), ("pair", "1,b,c", "tuple"), ("levels", "1,x", "tuple")),
    ],
)
def test_texts_that_are_no_such_value(name, text, expected):
    from spiking.tasks.parse_settings import make

    with pytest.raises(ArgumentError, match=f"typed: {name} is '{text}'; expected {expected}"):
        make(Typed, {name: text})


def test_settings_that_no_file_can_hold_are_refused_before_training():
    with pytest.raises(
        ArgumentError, match=r"the setting levels is array.*expected a value that a model file can hold"
    ):
        train(Typed(levels=np.ones(2)), 10, seed=1)


def test_the_reports_commands_name_task_and_settings(model):
    page = report(model, task_for(model, "two.py", {"delay": 100.0}), 2, task_file="two.py", name="d.mat")
    assert "spiking evaluate d.mat --task two.py --setting delay=100 --trials 2" in page
    assert "spiking report d.mat --task two.py --setting delay=100" in page
    assert "--setting" not in report(model, "two.py", 2, name="d.mat")
    tuned = find_scaling_factor(
        *(model, task_for(model, "two.py", {"level": 1.0})),
        **{"seed": 1, "method": "grid", "candidates": [30], "trials": 2},
    )
    changed = replace(model, extras={**model.extras, **tuned.as_variables()})
    page = report(changed, "two.py", 2, name="d.mat")
    # the file does not say that training recorded the delay, so the command names it
    assert "spiking tune d.mat --task two.py --setting delay=200 --setting level=1 --method grid" in page


def test_several_outputs_need_a_scorer(folder, model):
    begin, end = TWO_OUTPUTS.index("    def score("), TWO_OUTPUTS.index("    def trial")
    (folder / "none.py").write_text(TWO_OUTPUTS[:begin] + TWO_OUTPUTS[end:])
    message = "the task Two has 2 outputs, but Task.score is for one output; define a method score"
    for words in ("train none.py -o m.mat", "evaluate d.mat --task none.py"):
        assert message in str(CliRunner().invoke(app, words.split()).exception)
    assert not (folder / "m.mat").exists()

    @dataclass(frozen=True)
    class Channels(Cue):
        channels: int = 2

        @property
        def n_outputs(self):
            return self.channels

    with pytest.raises(ArgumentError, match="Channels has 2 outputs"):
        train(Channels(), 10, seed=1)
    with pytest.raises(ArgumentError, match="Channels has 2 outputs"):
        evaluate(model, Channels(), 2, seed=1)
    assert Channels(channels=1).trials(1, seed=1).targets.shape == (1, 30)


def test_what_a_file_records_does_not_reach_the_terminal_raw(capsys):
    recorded = np.array([json.dumps({"mode": "\x1b[31m\n"})])
    model = RateModel.load(cue_model(task=np.array(["typed"]), task_settings=recorded))
    print_settings(model, task_for(model, Typed), (), suggested=False)
    assert capsys.readouterr().err.endswith("task typed, mode \\x1b[31m\\n (recorded)\n")


def test_warnings_are_one_line_of_the_command_line(capsys):
    _show_warning(UserWarning("something\nchanged"))
    assert capsys.readouterr().err == "spiking: note: something changed\n"

"""What is kept under a task is of no other version of it: digests of code, journals, streamed runs."""

import dataclasses
import functools
import os
import subprocess
import sys
import types

import numpy as np
import pytest
from cue import Cue, cue_model
from scipy.io import savemat
from scipy.sparse import csc_array
from typer.testing import CliRunner

from spiking import (
    ArgumentError,
    LIFParams,
    RateModel,
    SpikingError,
    SpikingNetwork,
    find_scaling_factor,
    simulate,
    sweep,
    tasks,
)
from spiking.command_line.app import app
from spiking.files.digest import digest
from spiking.files.journal import difference
from spiking.reproduce.paper.spec import NetworkSpec
from spiking.simulation.storage.stream import _parts
from spiking.tasks.neurogym import NeuroGymTask
from spiking.tasks.recorded.identity import identity
from spiking.tuning.tuned_file import journal_path

OWN_TASK = """
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from spiking.tasks import Task

LEVEL = 2.0
CRITERIA = {"go": 0.7}

def highest(output):
    return output.max(axis=-1)

@dataclass(frozen=True)
class Own(Task):
    duration: float = 150.0
    score_from: float = 100.0
    name: ClassVar[str] = "own"
    conditions: ClassVar = {"go": 1, "nogo": 0}
    n_inputs: ClassVar[int] = 1

    def trial(self, condition, rng):  # a remark
        level = LEVEL if condition == "go" else -2.5
        return np.full((1, self.n_steps), level), np.full(self.n_steps, float(condition == "go"))

    def score(self, output, time, trials, *, strict=False):
        high = highest(self.window(output, time, trials))
        exact = np.isin(high, (0.0, 1.0))  # the target, which is correct in every version
        return exact | ((high > CRITERIA["go"]) == (trials.labels > 0))
"""
EDITS = {  # none but the first changes a trial
    "input": ("LEVEL = 2.0", "LEVEL = 1.0", "task code, task trials"),
    "score": ("== (trials", "!= (trials", "task code"),
    "helper": ("max(axis=-1)", "mean(axis=-1)", "task code"),
    "constant": ('{"go": 0.7}', '{"go": 0.99}', "task code"),
}


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "own.py"
    place.write_text(OWN_TASK)
    return place


@pytest.fixture
def network():
    return SpikingNetwork.from_rate(cue_model(), 30.0)


def edit(path, kind):
    old, new, what = EDITS[kind]
    path.write_text(path.read_text().replace(old, new))
    return what


@pytest.mark.parametrize("kind", EDITS)
def test_an_edited_task_is_another(path, kind):
    before = tasks.get(str(path))
    first = identity(before)
    what = edit(path, kind)
    assert difference(first, identity(tasks.get(str(path)))) == what
    assert identity(before) == first  # what was loaded earlier still runs as it was


def test_remarks_other_classes_and_the_place_of_the_file_are_not_part(path, tmp_path):
    first = identity(tasks.get(str(path)))
    path = path.rename(tmp_path / "other.py")
    path.write_text("# new\n" + OWN_TASK.replace("# a remark", "") + "\nclass Helper:\n    pass\n")
    assert identity(tasks.get(str(path))) == first
    assert difference(first, identity(tasks.get(str(path), score_from=90.0))) == "task settings, task trials"


def test_the_identity_is_the_same_in_every_process(path):
    code = (
        "import json, sys; from spiking import tasks; from spiking.tasks.recorded.identity import identity\n"
        "print(json.dumps(identity(tasks.get(sys.argv[1]))))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code, path],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_data_that_a_task_reads_and_classes_made_anywhere():
    levels = np.array([1.0, -1.0])

    def made(factor):  # no file has its source, as in a notebook
        class Made(Cue):
            def trial(self, condition, rng):
                inputs, target = super().trial(condition, rng)
                return inputs * levels[0], target

            def score(self, output, time, trials, *, strict=False):
                return super().score(output * factor, time, trials, strict=strict)

        return Made()

    one = identity(made(1.0))
    assert identity(made(1.0)) == one
    assert difference(one, identity(made(2.0))) == "task code"
    levels[0] = 2.0
    assert "task trials" in difference(one, identity(made(1.0)))


def test_a_task_with_state_of_its_own_and_an_adapter():
    class Plain(Cue):
        def __init__(self, criterion):
            object.__setattr__(self, "criterion", criterion)

        score_from = 100.0
        duration = 150.0

    class Environment:
        dt = 20.0

        def __init__(self, steps):
            self.steps = steps

        def seed(self, seed):
            self.rng = np.random.default_rng(seed)

        def new_trial(self):
            right = 1 + int(self.rng.random() < 0.5)
            self.ob = self.rng.standard_normal((self.steps, 2))
            self.gt = np.r_[np.zeros(self.steps - 2), right, right]

    assert identity(NeuroGymTask(Environment(8))) == identity(NeuroGymTask(Environment(8)))
    assert identity(NeuroGymTask(Environment(8))) != identity(NeuroGymTask(Environment(9)))


def test_different_things_have_different_digests():
    def scale(x, by=2):
        return by * x

    sparse = csc_array(np.eye(3))
    things = [
        *(None, True, 1, 1.0, "1", b"1", "None", [1, 2], (1, 2), [[1], 2], [1, [2]], [], {}, set(), ""),
        *({"a": 1}, {1: "a"}, {"a": 1, "b": 2}, {1, 2}, np.nan, float("inf"), 0.1, np.float32(0.1)),
        *(np.zeros(4), np.zeros((2, 2)), np.zeros(4, np.float32), np.zeros(4, int), np.arange(2000.0)),
        *(np.where(np.arange(2000) == 1000, -1.0, np.arange(2000.0)), np.array(["a", None], object)),
        *(sparse, csc_array(np.eye(4)), csc_array((3, 4)), csc_array((4, 4)), sparse.toarray()),
        *(LIFParams(), LIFParams(refractory=3.0), dataclasses.asdict(LIFParams())),
        *(
            scale,
            lambda x: 2 * x,
            lambda x: 3 * x,
            functools.partial(scale, by=2),
            functools.partial(scale, by=3),
        ),
        *(
            np.add,
            np.subtract,
            np,
            types,
            Cue,
            Cue(),
            Cue(score_from=90.0),
            type("Cue", (), {}),
            type("B", (), {}),
        ),
        *(type("A", (), {"x": 1}), type("A", (), {"x": 2}), type("A", (), {"x": property(lambda self: 1)})),
        *(type("A", (), {"x": staticmethod(lambda: 1)}), type("A", (), {"x": staticmethod(lambda: 2)})),
    ]
    assert len({digest(one) for one in things}) == len(things)
    assert digest(1, 2) != digest((1, 2))
    assert digest(np.float64(2.0)) == digest(2.0)
    assert digest(np.asfortranarray(np.ones((2, 3)))) == digest(np.ones((2, 3)))


def test_a_sweeps_journal_gives_no_old_numbers(path, tmp_path, network):
    def swept():
        done = [0]
        found = sweep(
            *(network, tasks.get(str(path))),
            **{"grid": {"refractory": [2.0]}, "trials": 4, "seed": 1},
            **{"journal": tmp_path / "sweep.journal", "progress": done.append},
        )
        return found.rows[0]["correct"], done[-1]

    first, done = swept()
    assert done == 4
    assert swept() == (first, 0)
    edit(path, "score")
    with pytest.warns(UserWarning, match=r"has 4 trials that are not used: .* of the task own"):
        assert swept() == (4 - first, 4)
    path.write_text(OWN_TASK)
    with pytest.warns(UserWarning, match="not used"):
        assert swept() == (first, 0)


@pytest.mark.parametrize("kind", ["input", "score"])
def test_a_streamed_run_is_not_mixed_from_two_versions(path, tmp_path, network, kind):
    from spiking.simulation.storage import stream as simulation_stream

    output = tmp_path / "run.h5"
    arguments = {"trials": 150, "seed": 1, "output_file": output}

    def stop(done):
        if done > 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(network, tasks.get(str(path)), progress=stop, **arguments)
    assert simulation_stream._finished(_parts(output))
    what = edit(path, kind)
    with pytest.raises(ArgumentError, match=f"unfinished run that differs in: {what}; repeat the call"):
        simulate(network, tasks.get(str(path)), **arguments)
    path.write_text(OWN_TASK)
    assert len(simulate(network, tasks.get(str(path)), **arguments).trials) == 150


def test_a_reproductions_journal_knows_the_version_of_a_task(path):
    first = NetworkSpec(tasks.get(str(path)), 10, 35.0).key()
    assert first == NetworkSpec(tasks.get(str(path)), 10, 35.0).key()
    edit(path, "score")
    assert first != NetworkSpec(tasks.get(str(path)), 10, 35.0).key()
    shipped = NetworkSpec(tasks.GoNoGo(), 10, 35.0).key()
    assert {key for key in shipped if "task" in key} == {"task", "task_settings"}  # as in older journals


def test_a_tuning_journal_gives_no_old_numbers(path, tmp_path):
    model = tmp_path / "model.mat"
    savemat(model, cue_model())
    options = {"seed": 1, "method": "grid", "candidates": [25, 30], "trials": 40, "extend": False}

    def tuned(**changes):
        return find_scaling_factor(model, tasks.get(str(path)), **options, write=True, threads=1, **changes)

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuned(progress=stop)
    assert journal_path(model).read_bytes().count(b"\n") > 1
    edit(path, "score")
    refused = None
    try:
        found = tuned()
    except SpikingError as error:
        refused = str(error)
    if refused is not None:  # the message names what changed
        assert "task code" in refused
        journal_path(model).unlink()
        found = tuned()
    fresh = find_scaling_factor(RateModel.load(model), tasks.get(str(path)), **options)
    assert found.as_json() == fresh.as_json()


@pytest.mark.slow
def test_a_family_is_of_one_version_of_its_task(path, tmp_path, monkeypatch):
    def family(*words):
        command = [
            "train",
            "own.py",
            "--seeds",
            "1",
            "-o",
            "family",
            "--n-units",
            "10",
            "--max-updates",
            "100",
        ]
        easy = ["--hardening", "0", "--stop-loss", "1000", "--stop-accuracy", "0"]
        return CliRunner().invoke(app, [*command, *easy, *words])

    monkeypatch.chdir(tmp_path)
    assert family().exit_code == 0
    assert "1 of 1 models" in family().output
    edit(path, "score")
    done = family()
    assert "own_seed_1.mat was trained with another task code" in str(done.exception)
    path.write_text(OWN_TASK)
    assert family().exit_code == 0
    other = family("--setting", "score_from=90")
    assert "was trained with task_settings" in str(other.exception)

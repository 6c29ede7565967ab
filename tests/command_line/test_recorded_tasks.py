"""The task travels with the file: what tuning and evaluating record, and what a file's name says."""

import json
from dataclasses import replace

import numpy as np
import pytest
from in_process import run
from scipy.io import loadmat

from spiking import (
    ArgumentError,
    LIFParams,
    Simulation,
    SpikingNetwork,
    datasets,
    evaluate,
    find_scaling_factor,
    fine_tune,
    simulate,
    tasks,
)
from spiking.conversion import model_info
from spiking.network import record_task
from spiking.network.file import recorded_evaluation

MINE = """
from dataclasses import dataclass
from spiking.tasks import GoNoGo

@dataclass(frozen=True)
class Mine(GoNoGo):
    name = "mine"
"""
ORIGINAL = "Task_go-nogo_N_200_Taus_4.0_20.0_Act_sigmoid_2019_05_01_120000.mat"


@pytest.fixture
def foreign(tmp_path):
    """A file that records a factor and no task, as that of another program."""
    model = datasets.load("go-nogo")
    tuned = {"opt_scaling_factor": model.extras["opt_scaling_factor"]}
    place = tmp_path / "foreign.mat"
    replace(model, extras=tuned).save(place)
    return place


def ended(*words, cwd):
    done = run(*words, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done


def test_after_tuning_no_command_needs_the_task(foreign):
    folder = foreign.parent
    search = ("--method", "grid", "--candidates", "30", "--trials", "4", "--force")
    missing = run("evaluate", "foreign.mat", cwd=folder)
    assert (missing.returncode, "--task go-nogo" in missing.stderr) == (2, True)
    words = ("--task", "go-nogo", "--setting", "stimulus_duration=200")
    ended("tune", "foreign.mat", *search, *words, cwd=folder)
    written = loadmat(foreign)
    assert (written["task"], json.loads(written["task_settings"].item())["stimulus_duration"]) == (
        "go-nogo",
        200,
    )
    for words in (
        ("evaluate", "foreign.mat", "--trials", "4"),
        ("simulate", "foreign.mat", "-o", "run.h5"),
        ("sweep", "foreign.mat", "--vary", "refractory=2", "--trials", "2"),
        ("plot", "output", "foreign.mat", "--trials", "4"),
        ("report", "foreign.mat", "--trials", "4"),
        ("tune", "foreign.mat", *search),
    ):
        assert "stimulus_duration 200 (recorded)" in ended(*words, cwd=folder).stderr
    network = Simulation.load(folder / "run.h5").network
    assert (network.task.name, network.task.settings["stimulus_duration"]) == ("go-nogo", 200)
    network.save(folder / "network.npz")
    for words in (("evaluate", "network.npz", "--trials", "4"), ("simulate", "network.npz")):
        assert "stimulus_duration 200 (recorded)" in ended(*words, cwd=folder).stderr


def test_evaluate_records_only_if_asked(foreign):
    before, folder = foreign.read_bytes(), foreign.parent
    words = ("evaluate", "foreign.mat", "--trials", "4", "--task", "go-nogo")
    ended(*words, cwd=folder)
    assert foreign.read_bytes() == before
    others = loadmat(foreign)
    assert "foreign.mat now records the task go-nogo" in ended(*words, "--record", cwd=folder).stderr
    now = loadmat(foreign)
    assert now.keys() - others.keys() == {"task", "task_settings", "task_file", "evaluation"}
    assert all(np.array_equal(now[key], others[key]) for key in others if not key.startswith("__"))
    ended("evaluate", "foreign.mat", "--trials", "4", cwd=folder)
    SpikingNetwork.from_rate(datasets.load("dms")).save(folder / "network.npz")
    words = ("evaluate", "network.npz", "--trials", "4")
    ended(*words, "--setting", "delay=500", "--record", cwd=folder)
    assert "delay 500 (recorded)" in ended(*words, cwd=folder).stderr


def test_what_cannot_be_recorded_is_said_before_the_trials(foreign, monkeypatch):
    folder = foreign.parent
    datasets.load("dms").save(folder / "trained.mat")
    before = (folder / "trained.mat").read_bytes()
    for file, words in (("trained.mat", "was trained on dms"), ("go-nogo", "comes with the package")):
        task = ("--setting", "delay=500") if file == "trained.mat" else ()
        done = run("evaluate", file, *task, "--record", cwd=folder)
        assert (done.returncode, words in done.stderr, done.stdout) == (2, True, "")
    assert (folder / "trained.mat").read_bytes() == before
    monkeypatch.chdir(folder)
    assert record_task("trained.mat", "dms").name == "dms"  # already recorded
    assert (folder / "trained.mat").read_bytes() == before
    with pytest.raises(ArgumentError, match="the setting inputs is"):
        record_task(foreign, np.ones((1, 10)))


def test_tuning_keeps_the_task_of_the_training(tmp_path):
    datasets.load("dms").save(tmp_path / "model.mat")
    search = {"method": "grid", "candidates": [30], "trials": 4, "write": True}
    result = find_scaling_factor(tmp_path / "model.mat", tasks.get("dms", delay=500.0), **search)
    assert json.loads(loadmat(tmp_path / "model.mat")["task_settings"].item())["delay"] == 250
    assert result.network.task.settings["delay"] == 500


def test_a_task_of_ones_own_is_named_and_not_run(foreign):
    folder = foreign.parent
    (folder / "my task.py").write_text(MINE)
    ended("evaluate", "foreign.mat", "--task", "my task.py", "--trials", "4", "--record", cwd=folder)
    marker = folder / "was_run"
    (folder / "my task.py").write_text(f"{MINE}\nimport pathlib\npathlib.Path({str(marker)!r}).touch()")
    for words in (("evaluate", "foreign.mat"), ("simulate", "foreign.mat")):
        done = run(*words, cwd=folder)
        assert done.returncode == 2
        assert "(--task 'my task.py:Mine')" in done.stderr
    assert not marker.exists()
    ended("evaluate", "foreign.mat", "--trials", "4", "--task", f"{folder}/my task.py:Mine", cwd=folder)


def test_the_name_of_an_original_says_its_task(foreign):
    folder = foreign.parent
    foreign.rename(folder / ORIGINAL)
    said = f"{ORIGINAL}: task go-nogo, from the file's name; --task chooses another"
    assert said in ended("evaluate", ORIGINAL, "--trials", "4", cwd=folder).stderr
    assert "name" not in ended("evaluate", ORIGINAL, "--task", "go-nogo", "--trials", "4", cwd=folder).stderr
    words = ("--method", "grid", "--candidates", "30", "--trials", "4", "--force")
    assert said in ended("tune", ORIGINAL, *words, cwd=folder).stderr
    (folder / ORIGINAL).rename(foreign)
    ended("evaluate", "foreign.mat", "--trials", "4", cwd=folder)  # tuning recorded it


@pytest.mark.parametrize(
    "name", ["Task_xor_N_200_Taus_4.0_20.0.mat", "Task_stroop_N_200_x.mat", "go-nogo.mat"]
)
def test_names_that_say_no_task_or_one_of_other_channels(foreign, name):
    foreign.rename(foreign.with_name(name))
    with pytest.raises(ArgumentError, match="does not record the task"):
        evaluate(foreign.with_name(name), trials=1)


def test_networks_record_the_task_that_they_were_made_for():
    dms = tasks.get("dms", delay=500.0)
    network = SpikingNetwork.from_rate(datasets.load("dms"), task=dms)
    assert evaluate(network, trials=2).task == dms
    assert evaluate(network, "dms", trials=2).task == dms
    changed = network.lesion([3]).scale_weights(factor=0.9).with_params(refractory=1.0)
    assert changed.task == network.task == tasks.TaskRecord.of(dms)
    assert simulate(changed, "dms", seed=1).duration == dms.duration
    tuned = fine_tune(network, tasks.get("dms"), max_updates=1, trials=2, seed=1)
    assert tuned.task.settings["delay"] == tasks.get("dms").delay != 500
    assert network.refit_readout("dms", 4).task == network.task


def test_info_shows_the_accuracy_that_was_recorded_of_this_network(foreign):
    folder = foreign.parent
    words = ("--task", "go-nogo", "--trials", "6", "--record")
    assert "accuracy in fresh trials not recorded" in ended("info", "foreign.mat", cwd=folder).stdout
    other = ended("evaluate", "foreign.mat", *words, "--scaling-factor", "45", cwd=folder)
    assert "but not this accuracy, which is of another conversion" in other.stderr
    assert model_info(foreign).spiking is None
    said = ended("evaluate", "foreign.mat", *words, cwd=folder)
    assert "now records the task go-nogo, and this accuracy" in said.stderr
    accuracy = model_info(foreign).spiking
    assert (accuracy.trials, accuracy.seed, accuracy.rule) == (6, 1, tasks.get("go-nogo").rule())
    again = [evaluate(net, trials=6).score.correct for net in (SpikingNetwork.from_rate(foreign), foreign)]
    assert [accuracy.correct, accuracy.rate_correct] == again
    assert f"{accuracy.correct} of 6 correct (" in ended("info", "foreign.mat", cwd=folder).stdout
    datasets.load("go-nogo").lesion([1]).save(folder / "lesioned.mat")  # with the record of the intact one
    assert model_info("go-nogo").spiking.trials == 200
    assert model_info(folder / "lesioned.mat").spiking is None


def test_a_network_file_records_its_accuracy_and_loses_it_with_its_network(foreign, monkeypatch):
    monkeypatch.chdir(foreign.parent)
    network = SpikingNetwork.from_rate(datasets.load("go-nogo"))
    network.save("network.npz")
    assert recorded_evaluation("network.npz") is None
    ended("evaluate", "network.npz", "--trials", "6", "--record", cwd=foreign.parent)
    accuracy = recorded_evaluation("network.npz")
    assert (accuracy.correct, accuracy.trials) == (evaluate(network, trials=6).score.correct, 6)
    said = ended("info", "network.npz", cwd=foreign.parent).stdout
    assert f"{accuracy.correct} of 6 correct (" in said
    assert "random voltages, no synaptic currents" in said
    assert "each neuron has one sign" in said
    (row,) = json.loads(ended("info", "network.npz", "--json", cwd=foreign.parent).stdout)
    assert (row["spiking_network"]["correct"], row["spiking_network"]["trials"]) == (accuracy.correct, 6)
    again = SpikingNetwork.load("network.npz")
    assert np.array_equal(again.dense_weights, network.dense_weights)
    with np.load("network.npz") as archive:
        arrays = {**archive, "w_in": 2 * archive["w_in"]}
    np.savez("changed.npz", **arrays)
    assert SpikingNetwork.load("changed.npz").w_in[0] == 2 * network.w_in[0]
    assert recorded_evaluation("changed.npz") is None
    again.lesion([1]).save("network.npz", force=True)
    assert recorded_evaluation("network.npz") is None


def test_tuning_records_fresh_trials_of_the_network_that_the_file_makes(tmp_path):
    foreign = tmp_path / "foreign.mat"
    replace(datasets.load("go-nogo-sigmoid"), extras={}).save(foreign)
    search = {"method": "grid", "candidates": [30], "trials": 6, "write": True, "extend": False}
    result = find_scaling_factor(foreign, "go-nogo", **search)
    accuracy = model_info(foreign).spiking
    assert (accuracy.correct, accuracy.trials, accuracy.fresh) == (result.fresh.score.correct, 6, True)
    slow = LIFParams(refractory=8.0)  # the file does not record them, so this is another network
    find_scaling_factor(foreign, "go-nogo", params=slow, force=True, **search)
    assert model_info(foreign).spiking is None
    assert model_info(foreign).search_accuracy is not None


def test_a_fault_of_the_task_is_not_blamed_on_the_record(tmp_path):
    faulty = f"{MINE}    def trial(self, condition, rng):\n        return 1\n"
    (tmp_path / "mine.py").write_text(faulty.replace('"mine"', '"go-nogo"'))
    done = run("evaluate", "go-nogo", "--task", "mine.py", "--trials", "4", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "mine.py, class Mine: trial('go', rng) gives 1; expected two arrays" in done.stderr
    assert "task_settings" not in done.stderr

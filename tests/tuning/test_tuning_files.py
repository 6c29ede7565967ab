"""Tuning model files with real processes: what is written, kills, resumption, two at once, changes."""

import json
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
from cue import cue_model
from filelock import FileLock
from in_process import run
from scipy.io import loadmat, savemat
from tuning_processes import COMMAND, TASK, TUNE, start
from unprivileged import unprivileged

from spiking import ArgumentError, ModelFileError, RateModel, find_scaling_factor, find_scaling_factors
from spiking.tuning import trial_setup, tuned_file
from spiking.tuning.result import ScalingFactorSearch
from spiking.tuning.tuned_file import journal_path


def wait_for_blocks(path, process, blocks):
    deadline = time.monotonic() + 120
    journal = journal_path(path)
    while time.monotonic() < deadline and process.poll() is None:
        if journal.exists() and journal.read_bytes().count(b"\n") > blocks:
            return
        time.sleep(0.002)
    assert process.poll() is None, process.communicate()
    raise AssertionError("no journal")


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "model.mat"
    savemat(place, cue_model(readout=1.0, note=np.array(["kept"]), u=np.arange(6.0).reshape(2, 3)))
    return place


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The file and the results of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    place = folder / "model.mat"
    savemat(place, cue_model(readout=1.0, note=np.array(["kept"]), u=np.arange(6.0).reshape(2, 3)))
    before = place.read_bytes()
    done = run(*TUNE, place, "--output", folder / "results.json")
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in folder.iterdir()) == ["model.mat", "results.json"]
    return before, place.read_bytes(), json.loads((folder / "results.json").read_text())[0], done.stdout


def without_file(results):
    return {key: value for key, value in results.items() if key != "file"}


def test_results_are_where_the_field_looks_for_them(uninterrupted, path):
    before, after, results, stdout = uninterrupted
    path.write_bytes(before)
    old = loadmat(path)
    path.write_bytes(after)
    new = loadmat(path)
    for key, value in old.items():
        if not key.startswith("__"):
            assert new[key].dtype == value.dtype
            np.testing.assert_array_equal(new[key], value)
    count = len(results["curve"])
    published = {"opt_scaling_factor", "all_perfs", "scaling_factors"}
    assert set(new) - set(old) == published | {"tuning", "task", "task_settings", "task_file"}
    assert (new["task"].item(), new["task_file"].item().endswith(":Cue")) == ("cue", True)
    assert new["opt_scaling_factor"].shape == (1, 1)
    assert new["all_perfs"].shape == (count, 1)
    assert new["scaling_factors"].shape == (1, count)
    assert new["opt_scaling_factor"].item() == results["scaling_factor"]
    np.testing.assert_array_equal(new["all_perfs"][:, 0], [row["accuracy"] for row in results["curve"]])
    ours = json.loads(new["tuning"].item())
    beside = ("file", "error", "faithfulness", "skipped", "verdict")
    assert len(ours.pop("network")) == 64  # a digest of the network that was scored
    assert ours == {key: value for key, value in results.items() if key not in beside}
    assert {"trials", "seed", "method", "interval"} <= set(ours)
    assert f"scaling factor {results['scaling_factor']:g} for cue" in stdout
    assert RateModel.load(path).extras["tuning"].item() == new["tuning"].item()


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed(uninterrupted, path):
    before, after, results, _ = uninterrupted
    path.write_bytes(before)
    for blocks in (0, 2, 5):
        process = start(*TUNE, path)
        wait_for_blocks(path, process, blocks)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert path.read_bytes() == before
        assert journal_path(path).read_bytes().count(b"\n") > blocks
    journal = journal_path(path).read_bytes()
    known = sum(len(json.loads(line)[2]) for line in journal.split(b"\n")[1:-1])
    assert known > 0
    done = run(*TUNE, path, "--output", path.with_name("results.json"))
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == after
    assert without_file(json.loads(path.with_name("results.json").read_text())[0]) == without_file(results)
    assert not journal_path(path).exists()


def test_resuming_runs_only_what_is_missing(path, monkeypatch):
    from cue import Cue

    ran = []

    def counting(works, factors, first, n):
        ran.append(n * len(factors))
        if sum(ran) > 200 and not resumed:
            raise KeyboardInterrupt
        return original(works, factors, first, n)

    original, resumed = trial_setup.run_block, False
    monkeypatch.setattr(trial_setup, "run_block", counting)
    arguments = {"seed": 1, "method": "grid", "trials": 40, "write": True, "threads": 1}
    with pytest.raises(KeyboardInterrupt):
        find_scaling_factor(path, Cue(), **arguments)
    lines = journal_path(path).read_bytes().split(b"\n")
    known = sum(len(json.loads(line)[2]) for line in lines[1:-1])
    assert known >= 140
    # what a kill in the middle of a line leaves, and a disk that lost the end of it
    journal_path(path).write_bytes(b"\n".join(lines[:-1]) + b"\n[25.0, 1048")
    ran.clear()
    resumed = True
    found = find_scaling_factor(path, Cue(), **arguments)
    assert sum(ran) == found.search_trials + 40 - known
    monkeypatch.undo()
    fresh = find_scaling_factor(RateModel.load(path), Cue(), seed=1, method="grid", trials=40)
    assert found.as_json() == fresh.as_json()


def test_a_journal_of_something_else_is_not_used(path):
    from cue import Cue

    wrong = json.dumps([25.0, 2**20, "0" * 40])
    of_0_1_0 = '{"format": "spiking tuning journal 1", "version": "0.1.0", "seed": 1}\n' + wrong + "\n"
    journal_path(path).write_text(of_0_1_0)
    arguments = {"seed": 1, "method": "grid", "trials": 40, "write": True}
    with pytest.raises(ArgumentError, match="unfinished run that differs in: model, task"):
        find_scaling_factor(path, Cue(), **arguments)
    assert journal_path(path).read_text() == of_0_1_0
    found = find_scaling_factor(path, Cue(), **arguments, force=True)
    fresh = find_scaling_factor(RateModel.load(path), Cue(), seed=1, method="grid", trials=40)
    assert found.as_json() == fresh.as_json()
    assert not journal_path(path).exists()


@pytest.mark.slow
def test_two_runs_on_one_file(uninterrupted, path):
    before, after, *_ = uninterrupted
    path.write_bytes(before)
    link = path.with_name("other name.mat")
    link.symlink_to(path)
    first = start(*TUNE, path)
    wait_for_blocks(path, first, 1)
    first.send_signal(signal.SIGSTOP)
    second = run(*TUNE, link)
    first.send_signal(signal.SIGCONT)
    assert second.returncode == 2
    assert "another run is tuning this model" in second.stderr
    assert second.stderr.count("\n") == 1
    _, stderr = first.communicate(timeout=120)
    assert first.returncode == 0, stderr
    assert path.read_bytes() == after
    assert link.is_symlink()


@pytest.mark.slow
@pytest.mark.parametrize("what", ["removed", "another model", "broken", "another variable"])
def test_a_file_changed_meanwhile(uninterrupted, path, what):
    before, after, *_ = uninterrupted
    path.write_bytes(before)
    process = start(*TUNE, path)
    wait_for_blocks(path, process, 1)
    process.send_signal(signal.SIGSTOP)
    other = cue_model(readout=2.0) if what == "another model" else {**cue_model(readout=1.0), "mine": 5.0}
    path.unlink()
    if what == "broken":
        path.write_bytes(before[:1000])
    elif what != "removed":
        savemat(path, other)
    found = path.read_bytes() if path.exists() else None
    process.send_signal(signal.SIGCONT)
    _, stderr = process.communicate(timeout=120)
    assert "Traceback" not in stderr
    if what == "another variable":
        assert process.returncode == 0, stderr
        assert loadmat(path)["mine"] == 5
        assert "opt_scaling_factor" in loadmat(path)
        return
    assert process.returncode == 2
    assert stderr.count("\n") == 1
    assert (path.read_bytes() if path.exists() else None) == found
    assert {"removed": "was removed", "broken": "damaged", "another model": "replaced by another model"}[
        what
    ] in stderr
    assert journal_path(path).exists()
    path.write_bytes(before)  # put back
    started = time.monotonic()
    done = run(*TUNE, path)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == after
    assert time.monotonic() - started < 60


@pytest.mark.slow
def test_interrupted(path):
    process = start(*TUNE, path, "--trials", 3000)
    before = path.read_bytes()
    wait_for_blocks(path, process, 1)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stderr == "spiking: interrupted; run the same command again to continue\n"
    assert stdout == ""
    assert path.read_bytes() == before


def test_write_protected(path):
    path.chmod(0o400)
    command = unprivileged(*COMMAND, *TUNE, str(path))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "write-protected" in done.stderr) == (2, True)


def test_a_file_that_cannot_be_written_keeps_its_journal(path, monkeypatch):
    from cue import Cue

    def full(*_):
        raise ModelFileError(f"{path} could not be written: No space left on device; {path} is as it was")

    monkeypatch.setattr(tuned_file, "update_variables", full)
    before = path.read_bytes()
    with pytest.raises(ModelFileError, match=r"No space left .* are kept in"):
        find_scaling_factor(path, Cue(), seed=1, trials=10, write=True)
    assert path.read_bytes() == before
    assert journal_path(path).exists()
    assert tuned_file.journal_path is journal_path


def test_tune_and_evaluate_score_the_same_fresh_trials(uninterrupted, path):
    _, after, results, _ = uninterrupted
    path.write_bytes(after)
    done = run("evaluate", path, "--task", f"{TASK}:Cue", "--trials", 40, "--seed", 3, "--json")
    (row,) = json.loads(done.stdout)
    assert row["spiking_network"]["correct"] == results["correct"]


@pytest.mark.slow
def test_a_copy_is_tuned_alike(uninterrupted, tmp_path):
    before, after, *_ = uninterrupted
    place = tmp_path / "copy.mat"
    place.write_bytes(before)
    shutil.copy(place, tmp_path / "second.mat")
    done = run(*TUNE, place, tmp_path / "second.mat")
    assert done.returncode == 0, done.stderr
    assert place.read_bytes() == (tmp_path / "second.mat").read_bytes() == after


GRID = {"method": "grid", "candidates": [25, 30], "extend": False, "trials": 6, "write": True}


def stopped_search(path, monkeypatch, **changes):
    """Begin a search, and stop it after a few blocks."""
    from cue import Cue

    with monkeypatch.context() as patch:
        ran = []

        def block(*arguments):
            if len(ran) > 1:
                raise KeyboardInterrupt
            ran.append(arguments)
            return original(*arguments)

        original = trial_setup.run_block
        patch.setattr(trial_setup, "run_block", block)
        with pytest.raises(KeyboardInterrupt):
            find_scaling_factor(path, Cue(), **{**GRID, "trials": 2000, "threads": 1, **changes})


def test_an_interrupted_journal_of_other_settings_is_refused(path, monkeypatch):
    from cue import Cue

    stopped_search(path, monkeypatch, seed=1)
    journal, before = journal_path(path), journal_path(path).read_bytes()
    assert before.count(b"\n") > 1
    for changes, named in (({"seed": 2}, "seed"), ({"downsample": 2}, "downsample")):
        with pytest.raises(ArgumentError, match=rf"unfinished run that differs in: {named}; .*--force"):
            find_scaling_factor(path, Cue(), **{**GRID, "seed": 1, **changes})
        (tuned,) = find_scaling_factors([path], Cue(), **{**GRID, "seed": 1, **changes})
        assert "that differs in" in str(tuned.error)
        assert journal.read_bytes() == before
    found = find_scaling_factor(path, Cue(), **GRID, seed=2, force=True)
    assert RateModel.load(path).extras["opt_scaling_factor"] == found.scaling_factor
    assert not journal.exists()


def test_what_a_kill_left_after_the_result_was_written_is_tidied_by_the_next_run(path, monkeypatch):
    from cue import Cue

    journal, lock = journal_path(path), path.with_name("model.mat.tuning.lock")
    with monkeypatch.context() as patch:
        patch.setattr("spiking.files.journal.Journal.remove", lambda self: None)
        find_scaling_factor(path, Cue(), **GRID, seed=1)
    left = journal.read_bytes()
    for there in (True, False):  # killed before the journal, and before the lock was removed
        if there:
            journal.write_bytes(left)
        lock.touch()
        (tuned,) = find_scaling_factors([path], Cue(), **GRID, seed=1)
        assert tuned.skipped
        assert not journal.exists()
        assert not lock.exists()
    journal.write_bytes(left)
    with FileLock(lock):  # someone is at work
        find_scaling_factors([path], Cue(), **GRID, seed=1)
    assert journal.read_bytes() == left
    journal.unlink()
    stopped_search(path, monkeypatch, seed=2)  # tuned again, and stopped: that is no leftover
    before = journal.read_bytes()
    find_scaling_factors([path], Cue(), **GRID, seed=1)
    assert journal.read_bytes() == before


def test_a_folder_that_vanished_does_not_take_the_result_with_it(path, monkeypatch):
    from cue import Cue

    folder = path.parent / "gone"
    folder.mkdir()
    path.rename(folder / path.name)
    as_variables = ScalingFactorSearch.as_variables

    def vanish(self):
        shutil.rmtree(folder)
        return as_variables(self)

    monkeypatch.setattr(ScalingFactorSearch, "as_variables", vanish)
    with pytest.raises(ModelFileError, match=r"was removed while .*the scaling factor found is \d+"):
        find_scaling_factor(folder / path.name, Cue(), **GRID, seed=1)

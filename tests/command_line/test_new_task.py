"""`spiking new-task` writes tasks that load, train as they are, and convert."""

import re

import numpy as np
import pytest
from in_process import run

from spiking import tasks

VARIANTS = {"one": "", "two": "--outputs 2", "regression": "--regression"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", VARIANTS)
def test_what_is_written_passes_the_checks(kind, folder):
    done = run("new-task", "my_own-task.py", *VARIANTS[kind].split())
    assert done.returncode == 0, done.stderr
    assert "next: spiking train my_own-task.py --seed 1 -o my_own-task.mat" in done.stdout
    task = tasks.get("my_own-task.py")
    assert (task.name, type(task).__name__) == ("my-own-task", "MyOwnTask")
    assert task.n_outputs == (2 if kind == "two" else 1)
    trials = task.trials(20, seed=1)
    assert task.score(trials.targets, trials.time, trials).all()
    assert not task.score(-trials.targets, trials.time, trials).all()
    if kind == "two":  # also outputs that cross the threshold early and then fall back
        rng = np.random.default_rng(1)
        output = rng.uniform(-1, 1, (20, 1, 1)) * trials.targets + rng.normal(0, 1, trials.targets.shape)
        answers = task.answers(output, trials.time, trials)
        correct = task.score(output, trials.time, trials)
        assert 0 < correct.mean() < 1
        assert np.array_equal(answers.predicted == trials.labels, correct)
        assert np.array_equal(np.isnan(answers.response_time), answers.predicted == 0)
    assert not set(re.findall(r"\b(?:CLASS|NAME|FILE)\b", (folder / "my_own-task.py").read_text()))


def test_files_are_replaced_only_with_force(folder):
    path = folder / "mine.py"
    path.write_text("mine")
    done = run("new-task", "mine.py")
    assert done.returncode
    assert (
        "FILE is mine.py, which exists already; choose another name, or replace it with --force"
        in done.stderr
    )
    assert path.read_text() == "mine"
    assert run("new-task", "mine.py", "--force").returncode == 0
    assert "class Mine(Task)" in path.read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("mine.txt", "FILE is mine.txt; expected a name that ends in .py"),
        ("go_nogo.py", "go-nogo is the name of a task already"),
        ("mine.py --outputs 2 --regression", "--regression is given with --outputs 2; expected one of them"),
        ("missing/mine.py", "the folder missing does not exist"),
    ],
)
def test_what_is_refused(words, message, folder):
    done = run("new-task", *words.split())
    assert done.returncode
    assert message in done.stderr
    assert list(folder.iterdir()) == []


def test_a_file_named_task_does_not_inherit_from_itself():
    assert run("new-task", "task.py").returncode == 0
    assert type(tasks.get("task.py")).__name__ == "MyTask"


@pytest.mark.slow
@pytest.mark.parametrize("kind", VARIANTS)
def test_what_is_written_trains_and_converts(kind):
    assert run("new-task", "mine.py", *VARIANTS[kind].split()).returncode == 0
    done = run("train", "mine.py", "--seed", 1, "-o", "mine.mat")
    assert done.returncode == 0, done.stdout + done.stderr
    done = run("evaluate", "mine.mat", "--task", "mine.py", "--trials", 50, "--json")
    accuracies = [float(number) for number in re.findall(r'"accuracy": ([\d.]+)', done.stdout)]
    assert len(accuracies) >= 2
    assert min(accuracies) >= 0.9

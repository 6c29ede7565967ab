"""The right columns of the tables that compare other programs with this one run from top to bottom."""

import functools
import re

import in_process
import numpy as np
import pytest
from models import model_mapping
from pages import ROOT, blocks, words
from scipy.io import savemat

import spiking

pytestmark = pytest.mark.slow


def run_right_column(page, folder, monkeypatch, **names):
    """Run the first block of a page, and then all code in the last column of its tables headed "here"."""
    (folder / "models").mkdir()
    savemat(folder / "models" / "model.mat", model_mapping(30))
    monkeypatch.chdir(folder)
    text = (ROOT / page).read_text(encoding="utf-8").partition("## Side by side")[2]
    text = re.split("^## (?:The s|Where)", text, flags=re.MULTILINE)[0]
    namespace = {}
    exec(blocks(page, "python")[0].code, namespace)
    namespace |= names
    commands = 0
    for row in re.findall(r"^\|.* \| (.*) \|$", text, re.MULTILINE):
        for code in re.findall("`(.*?)`", row):
            if code.startswith("spiking "):
                done = in_process.run(*words(code), "--trials", 10)  # whatever it is, with few trials
                assert done.returncode == 0, done.stderr
                commands += 1
            else:
                exec(compile(code, page, "exec"), namespace)
    return namespace, commands


@pytest.mark.parametrize(
    ("name", "settings", "condition", "columns", "first_sample"),
    [  # u(channel, first:last) and out(first_sample:end), as in the MATLAB scripts, from 1
        ("go-nogo", {"stimulus_onset": 150, "stimulus_duration": 100}, "go", {0: (31, 50)}, None),
        ("go-nogo", {}, "go", {0: (51, 75)}, 10000),
        ("xor", {}, "++", {0: (51, 100), 1: (111, 160)}, 20000),
        ("mante", {}, "motion+", {0: (51, 250), 1: (51, 250)}, 26000),  # the mean is the default
    ],
)
def test_stimuli_of_the_published_scripts(name, settings, condition, columns, first_sample):
    task = spiking.tasks.get(name, **settings)
    trials = task.trials(50, seed=1, condition=condition)
    for channel, (first, last) in columns.items():
        filled = np.flatnonzero(trials.spiking_inputs[:, channel].any(axis=0))
        assert (filled[0] + 1, filled[-1] + 1) == (first, last)
    expected = 0.5 if name == "mante" else 1.0  # mean of the first input; 50 trials of 200 columns
    first, last = columns[0]
    mean = trials.spiking_inputs[:, 0, first - 1 : last].mean()
    assert mean == pytest.approx(expected, abs=0.05)
    if first_sample is not None:
        assert task.score_from == pytest.approx(first_sample * 0.05)


def test_coming_from_matlab(tmp_path, monkeypatch):
    names, commands = run_right_column("docs/explanation/from-matlab.md", tmp_path, monkeypatch)
    assert commands == 2
    assert names["t"][-1] == pytest.approx(names["params"]["T"])
    assert names["network"].scaling_factor == names["model"].extras["opt_scaling_factor"]
    assert names["run"].conditions == ("go",)
    assert names["task"].score_from == 500  # as in the script
    assert (tmp_path / "trials.pdf").stat().st_size > 5000


def test_coming_from_pytorch(tmp_path, monkeypatch):
    short = {  # the page's calls, with less to do
        "train": functools.partial(spiking.train, max_updates=100),
        "find_scaling_factor": functools.partial(spiking.find_scaling_factor, trials=10),
    }
    names, _ = run_right_column("docs/explanation/from-pytorch.md", tmp_path, monkeypatch, **short)
    assert names["network"].scaling_factor == names["found"].scaling_factor
    assert (tmp_path / "models" / "trained.mat").exists()
    xor, dms = (
        names["tasks"].get(name, **settings).trials(1, seed=1, condition="+-")
        for name, settings in (("xor", {}), ("dms", {"delay": 50}))  # XOR is DMS with a short delay
    )
    for theirs, ours in ((xor.inputs, dms.inputs), (xor.targets, dms.targets)):
        assert (theirs[..., : ours.shape[-1]] == ours).all()


def test_the_tasks_of_the_trainer_of_the_port():
    block = next(b for b in blocks("docs/explanation/from-pytorch.md", "python") if b.note.startswith("file"))
    names = {}
    exec(block.code, names)
    steps = 5 * np.arange(500)
    for name, first_scored, columns in (  # from 0, in steps of 5 ms, as in rate/main.py
        ("PortGoNoGo", 75, {0: (50, 74)}),
        ("PortXOR", 220, {0: (50, 99), 1: (110, 159)}),
        ("PortMante", 250, {0: (50, 249), 1: (50, 249), 2: (50, 249)}),
    ):
        task = names[name]()
        trials = task.trials(40, seed=1)
        for channel, (first, last) in columns.items():
            filled = np.flatnonzero(trials.inputs[:, channel].any(axis=0))
            assert (filled[0], filled[-1]) == (first, last)
        assert task.threshold == task.quiet == 0.3
        scored_in_training = task.score_from - (task.score_delay if name == "PortGoNoGo" else 0)
        assert np.argmax(steps >= scored_in_training) == first_scored
    mante = names["PortMante"]().trials(400, seed=1).inputs[:, 1:3, 100]
    assert mante.std() == pytest.approx(2.5 / 12**0.5, abs=0.05)  # of numbers between -1.25 and 1.25

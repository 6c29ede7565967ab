"""`spiking train`, one model, a family, mistakes, interruption, every option."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import version

import in_process
import pytest
from cue import cue_model
from scipy.io import savemat

import spiking
from spiking import ArgumentError, tasks
from spiking.command_line.train_family import _has_converged
from spiking.training.model_file import origin

COMMAND = [sys.executable, "-m", "spiking", "train"]
SHORT = [
    *("--setting", "duration=250", "--setting", "stimulus_onset=25"),
    *("--setting", "stimulus_duration=50", "--setting", "score_delay=25", "--n-units", "30"),
]
EVERY_OPTION = (
    "--recipe default --gain 1.2 --p-inh 0.3 --p-rec 0.3 --n-som 2 --dale --activation softplus --tau 20-60 "
    "--w-dist gamma --loss l1 --noise 0.05 --spike-noise 100 --hardening 10 "
    "--learning-rate 0.005 --final-learning-rate 0.001 --batch-size 4 --clip-norm 2 "
    "--rate-penalty 0.1 --averaging 0.5 --max-updates 10 --stop-loss 1000 --stop-accuracy 0"
)


def run(*arguments, cwd="."):
    return in_process.run("train", *arguments, cwd=cwd)


@pytest.mark.slow
def test_every_option_at_once(tmp_path):
    done = run("go-nogo", *SHORT, "--seed", 3, *EVERY_OPTION.split(), "-o", tmp_path / "m.mat")
    assert done.returncode == 1, done.stderr  # the limit comes before the hardening ends
    assert "stopped at the limit of updates: 10 updates" in done.stdout
    assert "saved" in done.stdout
    model = spiking.RateModel.load(tmp_path / "m.mat")
    assert (model.n_units, model.activation, model.som_n, model.tau_range) == (
        30,
        "softplus",
        2,
        (20.0, 60.0),
    )
    extras = model.extras
    assert not extras["converged"]
    options = json.loads(extras["training_options"].item())
    words = EVERY_OPTION.split()
    given = {
        name[2:].replace("-", "_"): value
        for name, value in itertools.pairwise(words)
        if name.startswith("--") and not value.startswith("--")
    }
    del given["recipe"]
    assert options.pop("tau") == [20, 60]
    assert given.pop("tau") == "20-60"
    assert len(given) == 19
    for name, value in given.items():
        assert str(options[name]) == value or options[name] == float(value), name
    assert str(extras["spiking_version"].item()) == spiking.__version__
    assert f"JAX {version('jax')}, Optax {version('optax')}" in str(extras["library_versions"].item())


@pytest.mark.slow
def test_one_model_and_its_curve(tmp_path):
    easy = ["--hardening", 0, "--stop-loss", 1000, "--stop-accuracy", 0]
    done = run("go-nogo", *SHORT, "--seed", 1, *easy, "-o", "m.mat", "--plot", "curve.png", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("converged: 100 updates in ")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    same = spiking.train(
        spiking.tasks.GoNoGo(duration=250.0, stimulus_onset=25.0, stimulus_duration=50.0, score_delay=25.0),
        30,
        seed=1,
        hardening=0,
        stop_loss=1000.0,
        stop_accuracy=0.0,
    )
    assert (spiking.RateModel.load(tmp_path / "m.mat").w == same.w).all()


@pytest.mark.slow
def test_what_has_not_converged_is_saved_and_marked_and_remembered_by_its_family(tmp_path):
    hard = [*SHORT, "--max-updates", 100, "--stop-loss", 1e-9]
    done = run("go-nogo", *hard, "-o", tmp_path / "m.mat")
    assert done.returncode == 1
    assert "not converged, stopped at the limit of updates: 100 updates" in done.stdout
    extras = spiking.RateModel.load(tmp_path / "m.mat").extras
    assert (bool(extras["converged"]), extras["stopped"].item()) == (False, "limit")
    (tmp_path / "family").mkdir()
    seed_1 = tmp_path / "family" / "go-nogo_seed_1.mat"
    done = run("go-nogo", *hard, "--seed", 1, "-o", seed_1)
    before = seed_1.read_bytes()
    done = run("go-nogo", *hard, "--seeds", 1, "-o", tmp_path / "family")
    assert (done.returncode, done.stderr) == (1, "")
    assert "1 of 1 models exist in" in done.stdout
    assert done.stdout.endswith("0 of 1 models have converged\n")
    assert seed_1.read_bytes() == before


@pytest.mark.slow
def test_another_model_is_not_replaced_without_force(tmp_path):
    easy = [*SHORT, "--hardening", 0, "--stop-loss", 1000, "--stop-accuracy", 0, "--max-updates", 100]
    assert run("go-nogo", *easy, "--seed", 1, "-o", "m.mat", cwd=tmp_path).returncode == 0
    before = (tmp_path / "m.mat").read_bytes()
    done = run("go-nogo", *easy, "--seed", 2, "-o", "m.mat", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "m.mat, which exists already" in done.stderr
    assert (tmp_path / "m.mat").read_bytes() == before
    assert run("go-nogo", *easy, "--seed", 2, "-o", "m.mat", "--force", cwd=tmp_path).returncode == 0
    assert (tmp_path / "m.mat").read_bytes() != before


@pytest.mark.slow
def test_a_family_continues_where_it_was_stopped(tmp_path):
    easy = [*SHORT, "--hardening", 0, "--stop-loss", 1000, "--stop-accuracy", 0, "-o", tmp_path / "family"]
    assert run("go-nogo", *easy, "--seeds", "1-2").returncode == 0
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "family").iterdir()}
    assert sorted(before) == ["go-nogo_seed_1.mat", "go-nogo_seed_2.mat"]
    done = run("go-nogo", *easy, "--seeds", "1-3")
    assert done.returncode == 0, done.stderr
    assert "2 of 3 models exist in" in done.stdout
    assert "3 of 3 models have converged" in done.stdout
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "family").iterdir()}
    assert after.items() >= before.items()
    done = run("go-nogo", *easy, "--seeds", "1-3", "--gain", 1)
    assert done.returncode == 2
    assert "was trained with training_options" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_an_interrupted_training_is_saved_as_far_as_it_came(tmp_path):
    arguments = ["go-nogo", *SHORT, "--stop-loss", "1e-9", "--max-updates", "100000000", "-o", "m.mat"]
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert any(line.startswith("500 updates: loss ") for line in process.stderr)  # under way
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    told = re.fullmatch(
        r"spiking: interrupted; saved the model after (\d+) updates in m.mat", errors.splitlines()[-1]
    )
    assert [path.name for path in tmp_path.iterdir()] == ["m.mat"]
    extras = spiking.RateModel.load(tmp_path / "m.mat").extras
    assert (extras["stopped"], extras["updates"]) == ("interrupted", int(told[1]))
    assert not extras["converged"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stroop", "-o", "m.mat"], "task is 'stroop'"),
        (["go-nogo", "-o", "m.mat", "--tau", "fast"], "--tau is fast; expected ms, such as 35 or 20-100"),
        (["go-nogo", "-o", "m.mat", "--gain", "-1"], "gain is -1.0; expected a number from 0"),
        (["go-nogo", "-o", "m.mat", "--setting", "onset"], "--setting is onset; expected NAME=VALUE"),
        (["go-nogo", "-o", "m.mat", "--seeds", "a-b"], "--seeds is 'a-b'; expected numbers"),
        (
            ["go-nogo", "-o", "m.mat", "--seeds", "1-2", "--seed", "1"],
            "expected none of --seed, --plot",
        ),
        (["go-nogo", "-o", "m.txt"], "output is m.txt; expected a name that ends in .mat"),
        (["go-nogo", "-o", "missing/m.mat"], "the folder missing does not exist"),
    ],
)
def test_mistakes_are_one_line(tmp_path, arguments, message):
    began = time.perf_counter()
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert time.perf_counter() - began < 60


def test_options_that_an_earlier_version_did_not_record_have_their_default(tmp_path):
    expected = origin(tasks.get("go-nogo"), seed=1)
    options = json.loads(expected["training_options"])
    del options["stop_spiking_accuracy"]
    earlier = {**expected, "training_options": json.dumps(options), "converged": 1}
    savemat(tmp_path / "m.mat", cue_model(20) | earlier)
    assert _has_converged(tmp_path / "m.mat", 20, expected)
    for change in ({"stop_spiking_accuracy": 0.9}, {"gain": 2.0}):
        with pytest.raises(ArgumentError, match="was trained with training_options"):
            _has_converged(tmp_path / "m.mat", 20, origin(tasks.get("go-nogo"), seed=1, **change))

"""`spiking tune` and `spiking evaluate`: tables, pictures, several models, mistakes."""

import csv
import dataclasses
import inspect
import json
import re

import numpy as np
import pytest
import typer
from cue import cue_model
from in_process import run
from scipy.io import loadmat, savemat
from tuning_processes import TASK

from spiking.command_line.app import app
from spiking.tuning import SearchOptions, find_scaling_factor


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "model.mat"
    savemat(place, cue_model(readout=1.0, note=np.array(["kept"]), u=np.arange(6.0).reshape(2, 3)))
    return place


def test_the_published_search_has_no_other_candidates(path):
    options = ("--task", f"{TASK}:Cue", "--method", "grid", "--choice", "first", "--candidates", "20:40:10")
    factors = {}
    for extend in ("--extend", "--no-extend"):
        done = run("tune", path, *options, extend, "--trials", 10, "--no-write", "--json")
        assert done.returncode == 0, done.stderr
        factors[extend] = [candidate["scaling_factor"] for candidate in json.loads(done.stdout)[0]["curve"]]
    assert factors["--no-extend"] == [20, 30, 40]
    assert set(factors["--extend"]) > {20, 30, 40}


def test_no_write_leaves_everything_alone(path):
    before = path.read_bytes()
    done = run(
        "tune",
        path,
        "--task",
        f"{TASK}:Cue",
        "--trials",
        20,
        "--no-write",
        "--output",
        "out.json",
        "--csv",
        "out.csv",
        cwd=path.parent,
    )
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == ["model.mat", "out.csv", "out.json"]
    written = json.loads(path.with_name("out.json").read_text())[0]
    with path.with_name("out.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    assert (float(row["nrmse"]), float(row["rate_hz"])) == (written["nrmse"], written["rate_hz"])
    for name, score in written["by_rule"].items():
        column = name if name in ("strict", "sustained") else "accuracy"
        assert float(row[f"spiking_network_{column}"]) == score["accuracy"]
    assert row["sustained_rule"] == written["by_rule"]["sustained"]["rule"]
    assert f"\nsustained: {row['sustained_rule']}\n" in done.stdout
    assert all(candidate["nrmse"] > 0 and candidate["rate_hz"] > 0 for candidate in written["curve"])
    assert f"\n{written['reason']}\n" in done.stdout
    measures = written["faithfulness"]
    assert measures["trials"] == 20
    line = next(line for line in done.stdout.splitlines() if line.startswith("faithfulness in 20 trials"))
    low, high = measures["output_r2_interval"]
    assert f"R2 {measures['output_r2']:.2f} (95 % interval {low:.2f} to {high:.2f}), of the means" in line
    assert f"output {measures['peak_ratio']:.2f} times" in line
    assert written["verdict"] is None or done.stdout.splitlines()[-1] == written["verdict"]


@pytest.mark.slow
def test_several_models_a_table_and_skipping(tmp_path):
    for name, readout in (("a", 0.8), ("b", 1.0), ("c", 1.3)):
        savemat(tmp_path / f"{name}.mat", cue_model(readout=readout))
    (tmp_path / "broken.mat").write_bytes((tmp_path / "a.mat").read_bytes()[:900])
    names = ["a.mat", "broken.mat", "b.mat", "c.mat"]
    arguments = ["--task", f"{TASK}:Cue", "--trials", 40, "--threads", 2, "--csv", "table.csv"]
    done = run("tune", *names[:3], *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert "broken.mat" in done.stderr
    assert done.stderr.count("\n") == 1
    factors = {name: loadmat(tmp_path / name)["opt_scaling_factor"].item() for name in ("a.mat", "b.mat")}
    with (tmp_path / "table.csv").open(newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert rows["broken.mat"]["note"] == "failed"
    assert "broken.mat" in rows["broken.mat"]["error"]
    assert rows["a.mat"]["error"] == ""
    assert {name: float(rows[name]["scaling_factor"]) for name in factors} == factors
    assert float(rows["a.mat"]["spiking_network_accuracy"]) > 0.8
    assert f"\nsustained: {rows['a.mat']['sustained_rule']}\n" in done.stdout
    assert f"{float(rows['a.mat']['spiking_network_sustained']):.3f}" in done.stdout

    stamps = {name: (tmp_path / name).stat().st_mtime_ns for name in factors}
    kept = run("tune", *names, *arguments, cwd=tmp_path)
    assert (kept.returncode, "table.csv, which exists already" in kept.stderr) == (2, True)
    again = run("tune", *names, *arguments[:-1], "again.csv", cwd=tmp_path)
    assert again.returncode == 1
    assert again.stdout.count("tuned before") == 2
    assert "skipped, whatever conversion and task were asked for" in again.stderr
    assert "--force" in again.stderr
    wrong = run("tune", "a.mat", "b.mat", "--task", "gonogo", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "task is 'gonogo'" in wrong.stderr
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in factors} == stamps
    assert "opt_scaling_factor" in loadmat(tmp_path / "c.mat")

    forced = run("tune", "a.mat", "b.mat", "--force", "--seed", 2, *arguments, cwd=tmp_path)
    assert forced.returncode == 0, forced.stderr
    assert json.loads(loadmat(tmp_path / "a.mat")["tuning"].item())["seed"] == 2


def test_several_tasks_have_their_rules_below_their_names():
    candidates = ("--candidates", "30:40:10", "--method", "grid", "--no-extend")
    done = run("tune", "xor-sigmoid", "mante-sigmoid", "--no-write", "--trials", 2, *candidates)
    assert done.returncode == 0, done.stderr
    _, xor, mante = re.split(r"^xor:$|^mante:$", done.stdout, flags=re.M)
    for text in (xor, mante):  # a rule of both stands with both
        assert re.findall(r"^(\w+): ", text, re.M)[:3] == ["correct", "strict", "sustained"]
        assert "strict: the same, and never beyond the opposite threshold" in text


def test_a_search_that_never_ended_is_not_skipped(path):
    savemat(path, cue_model(readout=1.0, opt_scaling_factor=np.nan))  # as the published script leaves it
    done = run("tune", path, "--task", f"{TASK}:Cue", "--trials", 20)
    assert done.returncode == 0, done.stderr
    assert loadmat(path)["opt_scaling_factor"].item() > 0


def test_a_read_only_file_is_refused_and_a_written_one_named(path):
    few = ("--task", f"{TASK}:Cue", "--candidates", "30", "--trials", 4)
    done = run("tune", path, *few)
    assert done.returncode == 0, done.stderr
    assert f"wrote the scaling factor into {path} (opt_scaling_factor, tuning)\n" in done.stdout
    path.chmod(0o444)
    before = path.read_bytes()
    done = run("tune", path, *few, "--force")
    assert (done.returncode, done.stdout, path.read_bytes()) == (2, "", before)
    assert f"{path} is write-protected; expected a file into which" in done.stderr
    assert "(chmod u+w), tune a copy, or leave the file as it is with --no-write" in done.stderr
    assert "wrote" not in run("tune", path, *few, "--force", "--no-write").stdout


@pytest.mark.slow
def test_plot(path):
    done = run("tune", path, "--task", f"{TASK}:Cue", "--trials", 20, "--plot", "curve.png", cwd=path.parent)
    assert done.returncode == 0, done.stderr
    assert path.with_name("curve.png").stat().st_size > 5000


def test_evaluate_command(path):
    arguments = ["--task", f"{TASK}:Cue", "--trials", 60, "--seed", 4]
    missing = run("evaluate", path, *arguments)
    assert (missing.returncode, "no tuned scaling factor" in missing.stderr) == (2, True)
    (given,) = json.loads(run("evaluate", path, *arguments, "--scaling-factor", 20, "--json").stdout)
    assert given["rate_network"]["accuracy"] == 1
    assert given["spiking_network"]["accuracy"] < 1
    assert sum(own["trials"] for own in given["spiking_network"]["by_condition"].values()) == 60
    assert given["faithfulness"]["trials"] == 40
    assert given["faithfulness"]["output_r2"] < 1
    assert given["verdict"].startswith("the spiking network is below 95 %: 0.9")
    text = run("evaluate", path, *arguments, "--scaling-factor", 20).stdout
    assert text.splitlines()[-1] == given["verdict"]
    savemat(path, cue_model(readout=1.0, opt_scaling_factor=np.uint8(35)))
    tuned = run("evaluate", path, *arguments)
    assert tuned.returncode == 0, tuned.stderr
    assert "60 trials, seed 4, scaling factor 35" in tuned.stdout
    assert "rate network" in tuned.stdout
    assert "nogo" in tuned.stdout
    lines = tuned.stdout.splitlines()
    assert re.match(
        r"faithfulness in 40 trials: output \d\.\d\d times the rate network's at its peak", lines[-1]
    )
    assert "95 % Wilson intervals; seed 4" in lines  # nobody knows how the factor was chosen
    assert f"correct: {given['spiking_network']['rule']}" in " ".join(tuned.stdout.split())


def test_the_rate_network_alone_needs_no_factor(path):
    words = ["evaluate", path, "--task", f"{TASK}:Cue", "--trials", 20, "--rate-network"]
    done = run(*words, "--csv", path.with_name("trials.csv"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("rate network: cue, 20 of 20 correct, 1.000 (0.839 to 1.000)\n")
    with path.with_name("trials.csv").open(newline="") as file:
        assert [row["rate_network_correct"] for row in csv.DictReader(file)] == ["True"] * 20
    (facts,) = json.loads(run(*words, "--json").stdout)
    assert (facts["rate_network"]["correct"], "spiking_network" in facts) == (20, False)
    refused = run(*words, "--scaling-factor", 20)
    assert (refused.returncode, "--rate-network runs no spiking network" in refused.stderr) == (2, True)


def test_evaluate_tells_every_rule_and_writes_a_row_per_trial(tmp_path):
    words = ["evaluate", "xor", "--trials", 12, "--csv", "trials.csv"]
    printed = run(*words, cwd=tmp_path)
    assert printed.returncode == 0, printed.stderr
    for name in ("correct", "strict", "sustained"):
        assert re.search(rf"^{name}: ", printed.stdout, re.M)
        assert re.search(rf"^{name} +\d\.\d\d\d \(", printed.stdout, re.M)
    with (tmp_path / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    (facts,) = json.loads(run(*words[:-2], "--json", cwd=tmp_path).stdout)
    assert len(rows) == 12
    for network in ("rate", "spiking"):
        right = sum(row[f"{network}_network_correct"] == "True" for row in rows)
        assert facts[f"{network}_network"]["correct"] == right
        assert right == facts[f"{network}_network"]["by_rule"]["published"]["correct"]
        assert {row[f"{network}_network_predicted"] for row in rows} <= {"1", "-1", "0"}
        assert all(float(row[f"{network}_network_response_time_ms"] or 1000) >= 1000 for row in rows)
    assert f"{100 * facts['spiking_network']['accuracy']:.1f} % [" in facts["methods"]
    assert f"The rule of a correct response was: {facts['spiking_network']['rule']}." in facts["methods"]
    assert "the same 12 trials of the task xor (seed 1)" in facts["methods"]
    assert "these trials were not used to train the network" in facts["methods"]
    assert "strict: the same, and never beyond the opposite threshold\n" in printed.stdout
    assert "95 % Wilson intervals; fresh trials, seed 1" in printed.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tune", "model.mat"), "does not record the task"),
        (("tune", "model.mat", "--task", "xor"), "expected inputs: 2"),
        (("tune", "model.mat", "--task", "go-nogo", "--method", "fast"), "expected one of auto, grid"),
        (("tune", "model.mat", "--task", "go-nogo", "--candidates", "20,x"), "candidates"),
        (("tune", "nowhere.mat", "--task", "go-nogo"), "nowhere.mat"),
        (("tune", "model.mat", "other.mat", "--plot", "out.png"), "expected one with --plot"),
        (("tune", "model.mat", "--output", "no/out.json"), "does not exist"),
        (
            ("evaluate", "model.mat"),
            "does not record the task it was trained for; give one with its inputs: 1, ",
        ),
        (("evaluate", "model.mat"), "(--task go-nogo); and model.mat has no tuned scaling factor"),
        (("report", "model.mat"), "(--task go-nogo); and model.mat has no tuned scaling factor"),
        (
            ("simulate", "model.mat", "--task", "xor"),
            "as the task xor has; and model.mat has no tuned scaling",
        ),
        (("evaluate", "model.mat", "--task", "Go"), "expected one of go-nogo"),
        (("evaluate", "model.mat", "--task", "go-nogo"), "model.mat has no tuned scaling factor"),
        (("evaluate", "model.mat", "--scaling-factor", "30"), "does not record the task"),
        (("tune", "model.mat", "--task", "go-nogo", "--noises", "0.5"), "expected 'matched'"),
        (("evaluate", "model.mat", "--task", "go-nogo", "--trials", "0"), "--trials"),
    ],
    ids=lambda value: None if isinstance(value, tuple) else value,
)
def test_mistakes_are_one_line_and_exit_with_2(arguments, words, path):
    before = path.read_bytes()
    done = run(*arguments, cwd=path.parent)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["model.mat"]


def test_the_command_has_the_defaults_of_a_search():
    """The class SearchOptions has them, the function takes them from it, and the command agrees with it."""
    command = typer.main.get_command(app).commands["tune"]
    defaults = {parameter.name: parameter.default for parameter in command.params}
    function = inspect.signature(find_scaling_factor).parameters
    shared = 0
    for option in dataclasses.fields(SearchOptions):
        assert function[option.name].default == option.default
        if option.name in defaults:
            shared += 1
            assert defaults[option.name] == option.default, option.name
    assert shared >= 7

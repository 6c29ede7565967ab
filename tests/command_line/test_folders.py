"""Folders of models are taken where many files are."""

import csv
import json
import shutil

import in_process
import numpy as np
import pytest

from spiking import datasets, evaluate


@pytest.fixture
def folder(tmp_path):
    datasets.load("go-nogo-sigmoid").save(tmp_path / "a.mat")
    shutil.copy(tmp_path / "a.mat", tmp_path / "b.mat")
    (tmp_path / "notes.txt").write_text("not a model")
    return tmp_path


def test_each_model_of_a_folder_is_taken_once(folder):
    done = in_process.run("info", "--check", folder, folder / "a.mat")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.rpartition("/")[2] for line in done.stdout.splitlines()] == ["a.mat", "b.mat"]
    (folder / "c.mat").write_bytes(b"damaged")
    done = in_process.run("info", "--check", folder)
    assert done.returncode == 1
    assert done.stdout.count("unusable") == 1
    assert "c.mat" in done.stderr


def test_a_folder_without_models_is_refused(tmp_path):
    for command in ("info", "tune", "evaluate", "report"):
        done = in_process.run(command, tmp_path)
        assert done.returncode == 2
        assert "has no file that ends in .mat" in done.stderr


def test_evaluate_prints_and_writes_a_row_for_each_network(folder):
    (folder / "c.mat").write_bytes(b"damaged")
    table = folder / "table.csv"
    options = ("--trials", 8, "--csv", table)
    done = in_process.run("evaluate", folder, *options)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "c.mat" in done.stderr
    assert "8 trials, seed 1" in done.stdout
    with table.open(newline="") as file:
        a, b, c = csv.DictReader(file)
    assert {name: a[name] for name in a if name != "file"} == {name: b[name] for name in b if name != "file"}
    assert c["file"].endswith("c.mat")
    assert c["error"]
    model = datasets.load("go-nogo-sigmoid")
    score = evaluate(model, trials=8, seed=1).score
    assert float(a["rate_accuracy"]) == score.accuracy
    assert (float(a["rate_low"]), float(a["rate_high"])) == pytest.approx(score.interval)
    assert float(a["decay_median"]) == pytest.approx(np.median(model.tau_decay()))
    weights = model.effective_weights()
    assert float(a["weight_inh"]) == pytest.approx(weights[weights < 0].mean())
    shown = [line.split() for line in done.stdout.splitlines() if line.startswith(str(folder))]
    assert [line[0].rpartition("/")[2] for line in shown] == ["a.mat", "b.mat"]
    assert shown[0][-2:] == [f"{float(a[name]):.3f}" for name in ("weight_exc", "weight_inh")]


def test_info_writes_a_row_for_each_file(folder):
    (folder / "c.mat").write_bytes(b"damaged")
    table = folder / "table.csv"
    assert in_process.run("info", folder, "--csv", table).returncode == 2
    with table.open(newline="") as file:
        a, _, c = csv.DictReader(file)
    excitatory = datasets.load("go-nogo-sigmoid").populations["exc"].sum()
    assert (a["usable"], a["task"], c["usable"]) == ("True", "go-nogo", "False")
    assert int(a["populations_exc"]) == excitatory
    assert [float(value) for value in a["tau_decay"].split("; ")] == json.loads(
        in_process.run("info", folder / "a.mat", "--json").stdout
    )[0]["tau_decay"]


def test_the_table_of_networks_is_printed_as_json(folder):
    done = in_process.run("evaluate", folder / "a.mat", "xor", "nothing.mat", "--trials", 4, "--json")
    assert done.returncode == 1
    a, xor, missing = json.loads(done.stdout)
    assert (a["task"], xor["task"], missing["file"]) == ("go-nogo", "xor", "nothing.mat")
    (alone,) = json.loads(in_process.run("evaluate", "xor", "--trials", 4, "--json").stdout)
    assert xor == alone


def test_each_network_of_a_folder_has_a_report(folder, tmp_path):
    pages = tmp_path / "pages"
    done = in_process.run("report", folder, "-o", pages, "--trials", 2)
    assert done.returncode == 2
    assert "expected a folder" in done.stderr
    pages.mkdir()
    (folder / "b.mat").write_bytes(b"damaged")
    done = in_process.run("report", folder, "-o", pages, "--trials", 2)
    assert done.returncode == 1
    assert "b.mat" in done.stderr
    assert [page.name for page in pages.iterdir()] == ["a.html"]

"""Folders of models are taken where many files are."""

import csv
import json
import shutil
from pathlib import Path

import in_process
import numpy as np
import pytest
from cue import Cue, cue_model

from spiking import RateModel, SpikingNetwork, datasets, evaluate
from spiking.command_line.network_table import network_row


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
    assert float(a["rate_network_accuracy"]) == score.accuracy
    assert (float(a["rate_network_low"]), float(a["rate_network_high"])) == pytest.approx(score.interval)
    assert (int(a["trials"]), int(a["faithfulness_trials"])) == (8, 8)
    assert (a["converged"], a["lesioned"]) == ("True", "0")
    assert float(a["tau_decay_ms_median"]) == pytest.approx(np.median(model.tau_decay()))
    weights = model.effective_weights()
    assert float(a["weight_inh"]) == pytest.approx(weights[weights < 0].mean())
    shown = [line.split() for line in done.stdout.splitlines() if line.startswith(str(folder))]
    assert [line[0].rpartition("/")[2] for line in shown] == ["a.mat", "b.mat"] * 2
    assert shown[0][-2:] == [f"{float(a[name]):.3f}" for name in ("weight_exc", "weight_inh")]
    from_exc_to_inh = weights[np.ix_(model.populations["inh"], model.populations["exc"])]
    assert float(a["weight_exc_to_inh"]) == pytest.approx(from_exc_to_inh[from_exc_to_inh != 0].mean())
    by_type = [f"{float(a[f'weight_{name}']):.3f}" for name in ("exc_to_inh", "inh_to_exc", "inh_to_inh")]
    assert shown[2][-3:] == by_type
    rates = evaluate(SpikingNetwork.from_rate(model), trials=8, seed=1).rates
    for name in ("exc", "inh"):
        assert float(a[f"rate_hz_{name}"]) == pytest.approx(rates[model.populations[name]].mean())


def test_a_folder_without_a_usable_file_gives_a_table_of_errors(folder):
    for name in ("a.mat", "b.mat"):
        (folder / name).write_bytes(b"damaged")
    for command in ("evaluate", "tune"):
        table = folder / f"{command}.csv"
        done = in_process.run(command, folder, "--csv", table)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 2
        with table.open(newline="") as file:
            assert [bool(row["error"]) for row in csv.DictReader(file)] == [True, True]


def test_all_tables_have_the_same_names(folder):
    """A name with `rate` is a firing rate in Hz, or a score of the rate network; times have their unit."""
    task, columns = ("--task", "go-nogo"), {}
    SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid")).save(folder / "net.npz")
    for name, words in {
        "evaluate": (folder, "--trials", 2),
        "trials": ("go-nogo", "--trials", 2),
        "tune": (folder, "--trials", 4, "--no-write", "--candidates", "31", "--force"),
        "info": (folder,),
        "sweep": ("go-nogo", *task, "--vary", "noise=0.1", "--trials", 2),
        "simulate": ("go-nogo", *task, "--trials", 2),
    }.items():
        table = folder.parent / f"{name}.csv"
        command = "evaluate" if name == "trials" else name
        done = in_process.run(command, *words, "--csv", table)
        assert done.returncode == 0, done.stderr
        with table.open(newline="") as file:
            rows = [*csv.DictReader(file)]
        columns[name] = list(rows[0])
        if name in ("evaluate", "tune", "info"):
            files = [Path(row["file"]).name for row in rows]
            assert files == ["a.mat", "b.mat", "net.npz"][: len(files)]
    for names in columns.values():
        for name in names:
            if "rate" in name.split("_"):
                assert name.startswith(("rate_hz", "rate_network_")) or name.endswith("rate_network_correct")
            assert not name.endswith(("_time", "_decay", "step", "duration"))
    assert "rate_hz_inh" in [name for name in columns["evaluate"] if name in columns["sweep"]]
    assert {"rate_hz", "spiking_network_strict", "trials", "seed", "rule"} <= set(columns["tune"])
    assert {"label", "spiking_network_response_time_ms"} <= set(columns["trials"])
    assert {"label", "response_time_ms", "rate_hz_exc"} <= set(columns["simulate"])


def test_network_files_of_a_folder_are_taken_and_other_archives_left_out(folder):
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid")).lesion([0, 1])
    network.save(folder / "lesioned.npz")
    np.savez(folder / "other.npz", x=np.ones(3))
    done = in_process.run("evaluate", folder, "--trials", 4, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    a, _, lesioned = json.loads(done.stdout)
    assert lesioned["file"].endswith("lesioned.npz")
    assert "rate_network" not in lesioned
    rates = evaluate(network, trials=4, seed=1).rates
    assert lesioned["rate_hz"] == pytest.approx(np.nanmean(rates))
    assert (lesioned["lesioned"], lesioned["changes"], a["lesioned"]) == (
        2,
        "2 neurons lesioned, numbers 0, 1",
        0,
    )
    alone = in_process.run("evaluate", folder / "lesioned.npz", "--trials", 4).stdout
    assert alone.splitlines()[0].endswith("; 2 neurons lesioned, numbers 0, 1")
    assert a["weight"]["exc_to_exc"] > lesioned["weight"]["exc_to_exc"] > 0
    done = in_process.run("info", "--check", folder)
    assert [line.rpartition("/")[2] for line in done.stdout.splitlines()] == [
        "a.mat",
        "b.mat",
        "lesioned.npz",
    ]
    (folder / "broken.npz").write_bytes(b"PK")
    assert "broken.npz" in in_process.run("info", "--check", folder).stderr


def test_rates_and_weights_of_pv_and_sst_units():
    mapping = cue_model(inh=np.ones((20, 1), np.uint8), exc=np.zeros((20, 1), np.uint8))
    mapping["inh"][:12], mapping["exc"][:12], mapping["som_N"] = 0, 1, np.array([[3]])
    mapping["w"] = np.full((20, 20), 0.1, np.float32)
    mapping["som_m"] = np.ones((20, 20), np.float32)
    mapping["som_m"][12:15, -8:] = 0
    mapping["m"] = np.diag([1.0] * 12 + [-1.0] * 8).astype(np.float32)
    model = RateModel.load(mapping)
    network = SpikingNetwork.from_rate(model, 30)
    scores = {"spiking": evaluate(network, Cue(), 2)}
    row = network_row("m.mat", model, network, scores, None, strict=False)
    named = [name.removeprefix("rate_hz_") for name in row if name.startswith("rate_hz_")]
    assert sorted(named) == ["exc", "inh", "pv", "sst"]
    assert row["rate_hz_sst"] == pytest.approx(scores["spiking"].rates[model.populations["som"]].mean())
    assert {name for name in row if "_to_" in name} == {
        f"weight_{pre}_to_{post}" for pre in ("exc", "pv", "sst") for post in ("exc", "pv", "sst")
    }


def test_info_writes_a_row_for_each_file(folder):
    (folder / "c.mat").write_bytes(b"damaged")
    table = folder / "table.csv"
    assert in_process.run("info", folder, "--csv", table).returncode == 2
    with table.open(newline="") as file:
        a, _, c = csv.DictReader(file)
    excitatory = datasets.load("go-nogo-sigmoid").populations["exc"].sum()
    assert (a["usable"], a["task"], c["usable"]) == ("True", "go-nogo", "False")
    assert int(a["populations_exc"]) == excitatory
    (facts,) = json.loads(in_process.run("info", folder / "a.mat", "--json").stdout)
    for name in ("shortest", "median", "longest"):  # one number a cell
        assert float(a[f"tau_decay_ms_{name}"]) == facts["tau_decay_ms"][name]
    assert a["converged"] == "True"
    assert {"converts", "updates"} <= set(a)


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

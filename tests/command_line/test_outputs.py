"""No output of a command or function replaces what it may not; what cannot be written is kept elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from cue import cue_model
from networks import pulse_input, random_network
from scipy.io import loadmat, savemat
from tuning_processes import TASK

from spiking import ArgumentError, RateModel, Record, Simulation, SpikingError, export, simulate
from spiking.command_line.app import app, main
from spiking.files.output import check_outputs, keep, keep_text, write_whole

CUE = [f"--task={TASK}:Cue"]
TUNE = ["tune", "m.mat", *CUE, "--method", "grid", "--candidates", "25,30", "--trials", "3"]
SWEEP = ["sweep", "m.mat", *CUE, "--scaling-factor", "30", "--vary", "noise=0.1", "--trials", "2"]
SIMULATE = ["simulate", "m.mat", *CUE, "--scaling-factor", "30", "--seed", "1"]


def command(*arguments):
    return app([str(argument) for argument in arguments], standalone_mode=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a model, a run, and other names of both."""
    monkeypatch.chdir(tmp_path)
    savemat("m.mat", cue_model())
    simulate(random_network(5), pulse_input(5), seed=1, record=Record(spikes=True), output_file="g.h5")
    for name in ("m.json", "m.csv", "m.png", "m.html"):
        os.link("m.mat", name)
    Path("link.csv").symlink_to("m.mat")
    Path("link.mat").symlink_to("g.h5")
    return tmp_path


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*TUNE, "--csv", "m.mat"], "the same file as the input m.mat"),
        ([*TUNE, "--output", "m.mat"], "the same file as the input m.mat"),
        ([*TUNE, "--output", "m.json"], "the same file as the input m.mat"),
        ([*TUNE, "--csv", "link.csv"], "the same file as the input m.mat"),
        ([*TUNE, "--plot", "m.png"], "the same file as the input m.mat"),
        ([*TUNE, "--csv", "table.txt"], "expected a name that ends in .csv"),
        ([*TUNE, "--output", "a.json", "--csv", "./a.json"], "the same file; expected different files"),
        ([*SWEEP, "-o", "m.mat"], "the same file as the input m.mat"),
        ([*SWEEP, "-o", "m.csv"], "the same file as the input m.mat"),
        ([*SWEEP, "-o", "new.mat"], "expected a name that ends in .csv"),
        ([*SIMULATE, "-o", "m.mat"], "the same file as the input m.mat"),
        ([*SIMULATE, "-o", "x.mat"], "expected a name that ends in .npz, .h5"),
        ([*SIMULATE, "-o", "g.h5"], "g.h5, which exists and holds a run that differs in: network"),
        ([*SIMULATE, "--plot", "m.png"], "the same file as the input m.mat"),
        (["simulate", "m.mat", "--input", "u.npy", "-o", "u.npy"], "the same file as the input"),
        (["export", "g.h5", "--to", "csv", "--output", "g.h5"], "the same file as the input g.h5"),
        (["export", "g.h5", "--output", "m.mat"], "m.mat, which exists already"),
        (["export", "g.h5", "--output", "m.csv"], "m.csv, which exists already"),
        (["export", "g.h5", "--output", "m.csv", "--force"], "which exists and is not a csv file"),
        ([*SIMULATE, "-o", "x.npz", "--csv", "x.npz"], "the same file; expected different files"),
        (["export", "g.h5", "--output", "link.mat", "--force"], "the same file as the input g.h5"),
        (["plot", "weights", "go-nogo", "-o", "m.png"], "which exists and is not a png file"),
        (
            ["plot", "comparison", "go-nogo", "--against", "m.mat", "-o", "m.png"],
            "the same file as the input m.mat",
        ),
        (["report", "m.mat", "-o", "m.html"], "the same file as the input m.mat"),
        (["report", "go-nogo", "-o", "m.html"], "which exists and is not a html file"),
        (["demo", "--plot", "m.png"], "which exists and is not a png file"),
        (["train", "go-nogo", "-o", "m.mat"], "m.mat, which exists already"),
        (["train", "go-nogo", "-o", "x.txt"], "expected a name that ends in .mat"),
        (["train", f"{TASK}:Cue", "-o", "x.py"], "expected a name that"),
        (["train", "go-nogo", "-o", "x.mat", "--plot", "x.mat"], "the same file; expected different files"),
    ],
)
def test_no_output_replaces_what_it_may_not(folder, arguments, message):
    before = content(folder)
    with pytest.raises(SpikingError) as raised:
        command(*arguments)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert content(folder) == before


def test_pictures_replace_pictures(folder):
    for _ in range(2):
        command(*SWEEP, "--plot", "b.svg")


def test_tables_replace_nothing_without_force(folder):
    few = ("--trials", "2")
    for words in (
        [*SWEEP, "-o", "b.csv"],
        ["export", "g.h5", "-o", "c.csv"],
        [*TUNE, "--no-write", "--output", "a.json"],
        [*TUNE, "--no-write", "--csv", "t.csv"],
        ["evaluate", "go-nogo", *few, "--csv", "e.csv"],
        ["info", "go-nogo", "--csv", "i.csv"],
        ["simulate", "go-nogo", *few, "--csv", "s.csv"],
        ["reproduce", "fig7c", "--list", "--csv", "r.csv"],
    ):
        command(*words)
        message = f"{words[-1]}, which exists already; choose another name, or replace it with --force"
        test_no_output_replaces_what_it_may_not(folder, words, message)
        command(*words, "--force")


def test_models_and_runs_replace_nothing_without_force(folder):
    shutil.copy("g.h5", "source.h5")  # whose numbers are read when it is saved
    model, run = RateModel.load("m.mat"), Simulation.load("source.h5")
    export.to_mat(run, "run.mat")
    for write, path in (
        (model.save, "m.mat"),
        (run.save, "g.h5"),
        (lambda path, **force: export.to_mat(run, path, **force), "run.mat"),
    ):
        before = (folder / path).read_bytes()
        with pytest.raises(ArgumentError, match=r"which exists already.* \(in Python force=True\)"):
            write(path)
        with pytest.raises(ArgumentError, match="expected a name that ends in"):
            write("x.txt")
        assert (folder / path).read_bytes() == before
        (folder / path).write_bytes(before + b"\0")
        write(path, force=True)
        assert (folder / path).stat().st_size != len(before) + 1
    command(*SIMULATE, "-o", "run.npz")
    with pytest.raises(ArgumentError, match=r"run\.npz, which exists already"):
        command(*SIMULATE, "-o", "run.npz")
    command(*SIMULATE, "-o", "run.npz", "--force")


def test_a_stream_goes_on_with_its_own_run_and_replaces_no_other(folder):
    network, u = random_network(5), pulse_input(5)
    before = content(folder)
    for seed in (1, None):  # it is there: its seed too
        assert simulate(network, u, seed=seed, record=Record(spikes=True), output_file="g.h5").seed == 1
    with pytest.raises(ArgumentError, match="holds a run that differs in: seed; choose"):
        simulate(network, u, seed=2, record=Record(spikes=True), output_file="g.h5")
    shutil.copy("m.mat", "other.h5")
    with pytest.raises(ArgumentError, match="which exists and is not a h5 file"):
        simulate(network, u, output_file="other.h5")
    (folder / "other.h5").unlink()
    assert content(folder) == before
    run = simulate(network, u, seed=2, record=Record(spikes=True), output_file="g.h5", force=True)
    assert (run.seed, Simulation.load("g.h5").seed) == (2, 2)

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(network, u, seed=1, output_file="new.h5", progress=stop)
    with pytest.raises(ArgumentError, match="unfinished run that differs in: seed"):
        simulate(network, u, seed=2, output_file="new.h5")
    assert simulate(network, u, seed=2, output_file="new.h5", force=True).seed == 2
    assert not (folder / "new.h5.parts").exists()


def test_what_cannot_be_written_to_its_place_is_kept_in_another(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "gone").mkdir()
    place = tmp_path / "gone" / "table.csv"
    check_outputs([(place, (".csv",))])
    (tmp_path / "gone").rmdir()
    with pytest.raises(
        ArgumentError, match=r"the folder .*gone does not exist.*; the result was saved as table.csv"
    ):
        keep_text(place, "a,b\n")
    assert (tmp_path / "here" / "table.csv").read_text() == "a,b\n"
    savemat("m.mat", cue_model())
    model = RateModel.load("m.mat")  # and one that somebody else put there meanwhile
    with pytest.raises(ArgumentError, match=r"m.mat, which exists already.* saved as .*m-1.mat"):
        keep(tmp_path / "here" / "m.mat", model.save)
    assert loadmat("m-1.mat")["w"].shape == (20, 20)


def test_a_device_is_no_output(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(ArgumentError, match="a device or a pipe"):
        check_outputs([(tmp_path / "a.csv", (".csv",))])
    with pytest.raises(ArgumentError, match="a device or a pipe"):
        write_whole(tmp_path / "a.csv", lambda file: file.write(b""))


def test_a_task_of_the_users_own_is_an_input(tmp_path):
    (tmp_path / "my.py").write_text("")
    os.link(tmp_path / "my.py", tmp_path / "my.csv")
    with pytest.raises(ArgumentError, match="the same file as the input"):
        check_outputs([(tmp_path / "my.csv", (".csv",))], [f"{tmp_path}/my.py:Task"])


def test_an_error_of_the_system_names_its_file(monkeypatch, capsys):
    def fail(**_):
        raise PermissionError(13, "Permission denied", "secret.npy")

    monkeypatch.setattr("spiking.command_line.app.app", fail)
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err == "spiking: secret.npy: Permission denied\n"

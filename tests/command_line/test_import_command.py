"""`spiking import`: a model file of each framework's file, a folder at once, and mistakes as one line."""

import csv
import json

import numpy as np
import pytest
from in_process import run

from spiking import RateModel

N = 12
RNG = np.random.default_rng(1)
W, B, C = RNG.standard_normal((N, N)) / 4, RNG.standard_normal((N, 2)), RNG.standard_normal((1, N))
PSYCHRNN = {"W_rec": W, "W_in": B, "W_out": C, "b_rec": np.ones(N), "b_out": np.ones(1)}
FROM_PSYCHRNN = ("--from", "psychrnn", "--tau", 100, "--step", 10)


@pytest.fixture
def folder(tmp_path):
    np.savez(tmp_path / "psychrnn.npz", **PSYCHRNN, dale_ratio=np.array(None))
    np.savez(tmp_path / "keras.npz", B.T, W.T, np.ones(N), C.T, np.ones(1))
    np.savez(tmp_path / "torch.npz", **{"h2h.weight": W, "input2h.weight": B, "fc.weight": C})
    (tmp_path / "empty").mkdir()
    params = {"W_rec": W.tolist(), "W_inp": B.tolist(), "W_out": C.tolist(), "dt": 1.0, "tau": 10.0}
    params["activation_args"] = {"name": "relu", "slope": 1.0}
    (tmp_path / "brain.json").write_text(json.dumps(params))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "form", "step"),
    [
        (("psychrnn.npz", *FROM_PSYCHRNN), "current", 10),
        (("keras.npz", "--from", "keras", "--tau", 20, "--activation", "tanh"), "rate", 20),
        (("brain.json", "--from", "trainrnnbrain"), "rate", 1),
        (("torch.npz", "--from", "torch", "--tau", 50, "--step", 5, "--activation", "relu"), "rate", 5),
        (
            (
                *("psychrnn.npz", "--from", "arrays", "--tau", 50, "--step", 5, "--form", "rate"),
                *(
                    "--activation",
                    "relu",
                    "--name",
                    "w=W_rec",
                    "--name",
                    "w_in=W_in",
                    "--name",
                    "w_out=W_out",
                ),
                *("--name", "w_out=W_out", "--name", "bias=b_rec+b_rec"),
            ),
            "rate",
            5,
        ),
    ],
)
def test_a_file_of_each_framework(folder, words, form, step):
    done = run("import", *words, "-o", "m.mat", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{form} form" in done.stdout
    assert done.stdout.endswith("saved m.mat\n")
    model = RateModel.load(folder / "m.mat")
    assert (model.form, model.step) == (form, step)
    assert np.array_equal(model.effective_weights(), W)
    assert model.bias is None or np.array_equal(model.bias, np.full(N, 2.0 if step == 5 else 1.0))


def test_the_summary_and_what_is_not_overwritten(folder):
    done = run("import", "psychrnn.npz", *FROM_PSYCHRNN, cwd=folder)
    assert "W_rec  ->  recurrent weights (12, 12)" in done.stdout
    assert "not taken: dale_ratio, which is pickled" in done.stdout
    content = (folder / "psychrnn.mat").read_bytes()
    again = run("import", "psychrnn.npz", *FROM_PSYCHRNN, "--activation", "tanh", cwd=folder)
    assert again.returncode == 2
    assert "which exists already" in again.stderr
    assert (folder / "psychrnn.mat").read_bytes() == content
    assert run("import", "psychrnn.npz", *FROM_PSYCHRNN, "--force", cwd=folder).returncode == 0


def test_a_folder_at_once(folder):
    (folder / "weights").mkdir()
    for name in ("a", "b"):
        np.savez(folder / "weights" / name, **PSYCHRNN)
    (folder / "weights" / "notes.txt").write_text("no weights")
    done = run("import", "weights", *FROM_PSYCHRNN, "-o", "models", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in (folder / "models").iterdir()) == ["a.mat", "b.mat"]
    (folder / "weights" / "a.npz").write_bytes(b"broken")
    done = run("import", "weights", *FROM_PSYCHRNN, cwd=folder)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "a.npz cannot be read" in done.stderr
    assert (folder / "weights" / "b.mat").exists()


def test_several_files_as_a_table(folder):
    np.savez(folder / "second.npz", **PSYCHRNN)
    (folder / "broken.npz").write_bytes(b"broken")
    words = ("psychrnn.npz", "broken.npz", "second.npz", *FROM_PSYCHRNN)
    done = run("import", *words, "-o", "models", "--csv", "table.csv", "--json", cwd=folder)
    assert done.returncode == 1
    assert sorted(path.name for path in (folder / "models").iterdir()) == ["psychrnn.mat", "second.mat"]
    first, broken, second = json.loads(done.stdout)
    assert (first["output"], first["n_units"], first["tau_range_ms"]["longest"]) == (
        "models/psychrnn.mat",
        12,
        100,
    )
    assert first["taken"]["W_rec"].startswith("recurrent weights")
    assert first["left"][0].startswith("dale_ratio, which is pickled")
    assert "cannot be read" in broken["error"]
    with (folder / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["psychrnn.npz", "broken.npz", "second.npz"]
    assert rows[2]["output"] == second["output"]
    (folder / "other").mkdir()
    np.savez(folder / "other" / "second.npz", **PSYCHRNN)
    done = run("import", "second.npz", "other", *FROM_PSYCHRNN, "-o", "both", cwd=folder)
    assert (done.returncode, (folder / "both").exists()) == (2, False)
    assert "become the model both/second.mat; expected files of other names" in done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("psychrnn.npz",), "--from is missing; expected one of torch, psychrnn"),
        (("psychrnn.npz", "--from", "jax"), "--from is jax; expected one of torch, psychrnn"),
        (("psychrnn.npz", "--from", "psychrnn", "--step", 10), "tau is not given"),
        (("psychrnn.npz", "--from", "psychrnn", "--tau", 100), "step is not given"),
        (
            ("psychrnn.npz", *FROM_PSYCHRNN, "--form", "rate"),
            "--form is given; expected, for --from psychrnn",
        ),
        (("psychrnn.npz", *FROM_PSYCHRNN, "--name", "w=J"), "--name is given; expected"),
        (("psychrnn.npz", *FROM_PSYCHRNN, "-o", "m.npz"), "expected a name that ends in .mat"),
        (("no.npz", *FROM_PSYCHRNN), "no.npz cannot be read"),
        (
            ("psychrnn.npz", "--from", "arrays"),
            "expected also --name w=NAME (and others), --tau MS, --step MS, --form rate or current, --",
        ),
        (("psychrnn.npz", "--from", "torch", "--name", "w"), "--name is w; expected PART=NAME"),
        (("empty", "--from", "torch"), "has no file that ends in .pt, .pth, .safetensors, .npz"),
        ((".", *FROM_PSYCHRNN, "-o", "brain.json"), "output is brain.json, a file; expected a folder"),
    ],
)
def test_mistakes_are_one_line(folder, words, expected):
    done = run("import", *words, cwd=folder)
    assert done.returncode == 2
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(folder.glob("*.mat"))


def test_pickled_entries_of_a_state_dict_are_named(folder):
    np.savez(
        folder / "odd.npz", **{"h2h.weight": W, "input2h.weight": B, "fc.weight": C}, note=np.array(None)
    )
    done = run(
        "import", "odd.npz", "--from", "torch", "--tau", 50, "--step", 5, "--activation", "relu", cwd=folder
    )
    assert done.returncode == 0
    assert "not taken: note, which is pickled" in done.stdout


def test_arrays_that_are_called_as_their_parts_need_no_names(folder):
    np.savez(folder / "net.npz", w=W, w_in=B, w_out=C, b=np.ones(N), other=np.ones(3))
    words = ("net.npz", "--from", "arrays", "--form", "rate", "--activation", "tanh")
    done = run("import", *words, cwd=folder)
    assert "options are missing; expected also --tau MS, --step MS for --from arrays" in done.stderr
    done = run("import", *words, "--tau", 0.1, "--step", 0.005, "--name", "bias=b", cwd=folder)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "note: tau is 0.1 ms and step 0.005 ms, too short" in done.stderr
    assert "if these are seconds, give tau 100 and step 5, in ms" in done.stderr
    assert "not taken: other: no name mentions it" in done.stdout
    model = RateModel.load(folder / "net.mat")
    assert np.array_equal(model.effective_weights(), W)
    assert np.array_equal(model.bias, np.ones(N))

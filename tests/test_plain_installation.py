"""The wheel, installed without extras: what works, and what says which extra it needs."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parent
EXTRA = re.compile(r"\w+ is not installed; expected for [^:]+: pip install 'spikernn\[(\w+)\]'")
MODEL = "model.mat"
SIMULATED = ["--scaling-factor", "30", "--task", "go-nogo", "--seed", "1", "--trials", "2"]
ARRAYS = (
    *("--name=w=w", "--name=w_in=w_in", "--name=w_out=w_out"),
    *("--activation=relu", "--form=rate", "--tau=50", "--step=5"),
)
# What each command does: the extra that it names, or None where it does its work.
COMMANDS = [
    (["import", "w.npz", "--from", "arrays", *ARRAYS, "-o", "imported.mat"], None),
    (["info", MODEL], None),
    (["simulate", MODEL, *SIMULATED, "-o", "run.h5"], None),
    (["simulate", MODEL, *SIMULATED, "--plot", "out.png"], "figures"),
    (["evaluate", MODEL, "--scaling-factor", "30", "--task", "go-nogo", "--trials", "2"], None),
    (["tune", "copy.mat", "--candidates", "30", "--trials", "4", "--method", "grid", "--force"], None),
    (["tune", "copy.mat", "--force", "--plot", "out.png"], "figures"),
    (["tune", "copy.mat", "--force", "--scheduler", "tcp://127.0.0.1:9"], "cluster"),
    (["sweep", MODEL, "--vary", "noise=0,0.1", "--trials", "2", "-o", "table.csv"], None),
    (["sweep", MODEL, "--vary", "noise=0,0.1", "--plot", "out.png"], "figures"),
    (["sweep", MODEL, "--vary", "noise=0,0.1", "--scheduler", "tcp://127.0.0.1:9"], "cluster"),
    (["plot", "weights", MODEL], "figures"),
    (["plot", "overview", MODEL], "figures"),
    (["report", MODEL], "figures"),
    (["export", "run.h5", "--to", "mat"], None),
    (["export", "run.h5", "--to", "nwb"], "export"),
    (["export", "run.h5", "--to", "csv"], None),
    (["new-task", "mine.py"], None),
    (["reproduce", "fig7c", "--list"], None),
    (["reproduce", "fig7c", "-o", "reproduced"], "figures"),
    (["train", "go-nogo", "-o", "trained.mat"], "train"),
    (["train", "go-nogo", "-o", "trained.mat", "--plot", "curve.png"], "figures"),
    (["train", "go-nogo", "--seeds", "1-2", "-o", "family"], "train"),
    (["demo"], None),
    (["demo", "--plot", "demo.pdf"], "figures"),
    (["demo", "--train"], "train"),
]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment in which nothing but the wheel and what it requires is installed."""
    folder = tmp_path_factory.mktemp("plain")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    made = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", made], check=True)
    own = made / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [own, "-m", "pip", "--quiet"]
    for command in (["wheel", "--no-deps", "--wheel-dir", folder, TESTS.parent], ["install", "spikernn"]):
        if command[0] == "install":
            command[1:] = folder.glob("spikernn-*.whl")
        done = subprocess.run([*pip, *command], capture_output=True, text=True, env=environment, check=False)
        if done.returncode and re.search(r"(?i)connection|network|no matching distribution", done.stderr):
            pytest.skip(f"pip reaches no registry: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
    return own


def ran(python, *arguments, cwd):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [python, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_every_command(python, tmp_path):
    shipped = TESTS.parent / "src" / "spiking" / "data" / "go-nogo-sigmoid.mat"
    for name in (MODEL, "copy.mat"):
        shutil.copy(shipped, tmp_path / name)
    np.savez(tmp_path / "w.npz", w=np.eye(3) / 2, w_in=np.ones((3, 1)), w_out=np.ones((1, 3)))
    listed = ran(python, "-m", "spiking", "--help", cwd=tmp_path).stdout.partition("Commands:")[2]
    assert {words[0] for words, _ in COMMANDS} == {line.split()[0] for line in listed.strip().splitlines()}
    for words, extra in COMMANDS:
        before = files_in(tmp_path)
        done = ran(python, "-m", "spiking", *words, cwd=tmp_path)
        if extra is None:
            assert done.returncode == 0, (words, done.stderr)
            continue
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), (words, done.stderr)
        assert EXTRA.search(done.stderr)[1] == extra, words
        assert files_in(tmp_path) == before, words
    assert EXTRA.search(ran(python, "-m", "spiking", "demo", cwd=tmp_path).stderr)[1] == "figures"
    assert {"run.h5", "run.mat", "table.csv"} <= {path.name for path in tmp_path.iterdir()}


def test_every_public_name(python, tmp_path):
    done = ran(python, "-W", "error", TESTS / "helpers" / "plain_walk.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    wrong = {name: said for name, said in found.items() if said != "ran" and not EXTRA.search(said)}
    assert not wrong, json.dumps(wrong, indent=1)
    extras = {name: EXTRA.search(said) for name, said in found.items()}
    needing = {name: match[1] for name, match in extras.items() if match}
    assert needing["spiking.train"] == needing["spiking.train_many"] == "train"
    assert needing["spiking.plotting.overview"] == needing["spiking.report.report"] == "figures"
    assert needing["spiking.analysis.fano_factor"] == "analysis"
    assert needing["spiking.export.to_brian2"] == "brian2"
    assert (needing["Sweep.table"], needing["Sweep.plot"]) == ("sweep", "figures")
    assert {name.rpartition(".")[2] for name, extra in needing.items() if extra == "export"} >= {
        *("to_nwb", "to_neo", "to_nir", "to_pandas", "to_pynapple", "to_xarray")
    }
    assert not {name for name in needing if name.startswith("spiking.tasks.")}

"""The pages that explain run their code: the evidence is computed, and says yes everywhere."""

import functools
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from models import model_mapping
from scipy.io import savemat

import spiking

pytestmark = pytest.mark.slow

PAGES = Path(__file__).parents[2] / "docs" / "explanation"


def run(page, monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    monkeypatch.chdir(PAGES)
    monkeypatch.syspath_prepend(str(PAGES.parent.parent / "tests"))
    text = (PAGES / page).read_text(encoding="utf-8")
    cells = re.findall(
        r"^```\{code-cell\} ipython3\n(?::[^\n]*\n)*(.*?)^```$", text, re.MULTILINE | re.DOTALL
    )
    assert cells
    names, figures = {}, 0
    with plt.rc_context():
        for cell in cells:
            exec(compile(cell, page, "exec"), names)
            figures += len(plt.get_fignums())
            plt.close("all")
    return figures


def test_equations(monkeypatch):
    assert run("equations.md", monkeypatch) == 2


def test_evidence(monkeypatch, capsys):
    run("evidence.md", monkeypatch)
    printed = capsys.readouterr().out
    assert len(re.findall(r"yes   yes", printed)) == 13
    assert "NO" not in printed
    assert len(re.findall(r"^fig\w+ +\d+ of +\d+ values of the paper agree$", printed, re.MULTILINE)) > 5
    assert "the same at the same steps: True" in printed
    rows = re.findall(r"^ +(-?\d+) +([\d.]+) +([\d.]+) +([\d.]+)$", printed, flags=re.MULTILINE)
    assert len(rows) == 5
    for _, theory, simulated, error in rows:
        assert abs(float(theory) - float(simulated)) < 4 * float(error) + 0.002 * float(theory)


def run_right_column(page, folder, monkeypatch, **names):
    """Run the first block of a page, and then all code in the last column of its tables headed "here"."""
    (folder / "models").mkdir()
    savemat(folder / "models" / "model.mat", model_mapping(30))
    monkeypatch.chdir(folder)
    text = (PAGES / page).read_text(encoding="utf-8").partition("## Side by side")[2]
    text = re.split("^## (?:The same|Where)", text, flags=re.MULTILINE)[0]
    namespace = {}
    exec(re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[0], namespace)
    namespace |= names
    commands = 0
    for row in re.findall(r"^\|.* \| (.*) \|$", text, re.MULTILINE):
        for code in re.findall("`(.*?)`", row):
            if code.startswith("spiking "):
                words = [sys.executable, "-m", *shlex.split(code.replace("*", "model"))]
                words += ["--trials", "10"]  # whatever it is, with few trials
                subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
                commands += 1
            else:
                exec(compile(code, page, "exec"), namespace)
    return namespace, commands


def test_coming_from_matlab(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    names, commands = run_right_column("from-matlab.md", tmp_path, monkeypatch)
    assert commands == 2
    assert names["t"][-1] == pytest.approx(names["params"]["T"])
    assert names["network"].scaling_factor == names["model"].extras["opt_scaling_factor"]
    assert names["run"].conditions == ("go",)
    assert (tmp_path / "trials.pdf").stat().st_size > 5000


def test_coming_from_pytorch(tmp_path, monkeypatch):
    pytest.importorskip("optax")
    short = {  # the page's calls, with less to do
        "train": functools.partial(spiking.train, max_updates=100),
        "find_scaling_factor": functools.partial(spiking.find_scaling_factor, trials=10),
    }
    names, _ = run_right_column("from-pytorch.md", tmp_path, monkeypatch, **short)
    assert names["network"].scaling_factor == names["found"].scaling_factor
    assert (tmp_path / "models" / "trained.mat").exists()
    xor, dms = (
        names["tasks"].get(name, **settings).trials(1, seed=1, condition="+-")
        for name, settings in (("xor", {}), ("dms", {"delay": 50}))  # XOR is DMS with a short delay
    )
    for theirs, ours in ((xor.inputs, dms.inputs), (xor.targets, dms.targets)):
        assert (theirs[..., : ours.shape[-1]] == ours).all()

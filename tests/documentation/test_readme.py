"""The README's examples run as they stand."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
GO_NOGO = REPOSITORY / "src" / "spiking" / "data" / "go-nogo.mat"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path):
    shutil.copy(GO_NOGO, tmp_path / "trained_model.mat")
    return tmp_path


def test_readme_is_short():
    assert len(README.splitlines()) < 150


def test_python_examples(folder):
    code = "\n".join(blocks("python"))
    environment = {**os.environ, "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Generated \d+ spikes$", done.stdout, flags=re.MULTILINE)
    assert re.search(r"^Network output: -?\d+\.\d{4}$", done.stdout, flags=re.MULTILINE)
    assert (folder / "trials.pdf").stat().st_size > 10_000


@pytest.mark.slow
def test_commands(folder):
    lines = [shlex.split(line) for block in blocks("sh") for line in block.splitlines()]
    commands = [words for words in lines if words[0] == "spiking"]
    names = {"train", "info", "simulate", "export", "tune", "evaluate", "sweep", "plot", "report", "demo"}
    assert {words[1] for words in commands} == names
    for words in commands:
        expanded = ["trained_model.mat" if word == "*.mat" else word for word in words[1:]]
        done = subprocess.run([sys.executable, "-m", "spiking", *expanded], cwd=folder, check=False)
        assert done.returncode == 0, words
    made = {path.name for path in folder.iterdir()}
    assert made >= {"my_model.mat", "out.png", "run.nwb", "table.csv", "report.html", "demo.png"}
    assert all(words[0] in ("spiking", "make") for words in lines)


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_targets_exist():
    for block in blocks("sh"):
        for line in block.splitlines():
            if line.startswith("make "):
                words = ["make", "--dry-run", *shlex.split(line)[1:]]
                done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stderr
                assert "pytest" in done.stdout or "spiking demo" in done.stdout

"""The code of the page on experiments runs as it stands, in order, and draws its figures."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "experiments.md").read_text(encoding="utf-8")


def test_code(tmp_path, monkeypatch, capsys):
    pytest.importorskip("pandas")
    (tmp_path / "images").mkdir()
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(compile(block, "docs/experiments.md", "exec"), names)
    drawn = sorted(f"images/{path.name}" for path in (tmp_path / "images").iterdir())
    assert drawn == sorted(re.findall(r"\]\((images/.*?)\)", PAGE))
    assert all((DOCS / image).exists() for image in drawn)
    assert "readout refitted: ridge 0.01, 40 trials of go-nogo" in capsys.readouterr().out
    assert names["results"]["readout refitted"].accuracy > names["results"]["as trained"].accuracy
    assert len(names["table"]) == 10


def test_commands(tmp_path):
    for line in re.findall(r"```sh\n(.*?)\n```", PAGE, flags=re.DOTALL):
        command = [sys.executable, "-m", *shlex.split(line)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sweep.png", "table.csv"]

"""The code of the pages on figures and measures runs as it stands, and makes the images that they show."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from spiking.command_line import main

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["figures", "analysis"])
def test_code_makes_the_images(page, tmp_path):
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))
    shown = set(re.findall(r"\(images/(\w+\.png)\)", text))
    (tmp_path / "images").mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = {path.name: path for path in (tmp_path / "images").iterdir()}
    assert set(made) == shown
    assert shown <= {path.name for path in (DOCS / "images").iterdir()}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in made.values())


def test_commands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "figures.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    for line in "".join(blocks).splitlines():
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == ["comparison.pdf", "overview.pdf", "report.html", "weights.png"]
    assert (tmp_path / "report.html").stat().st_size < 5e6

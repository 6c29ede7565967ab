"""The pages about experiments: their code runs as it stands and makes their figures."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("experiments-stimulation.md",)


def blocks(page, language):
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_python_runs_and_makes_the_figures(page, tmp_path):
    (tmp_path / "images").mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks(page, "python"))],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = re.findall(r"\((images/[\w-]+\.png)\)", (DOCS / page).read_text(encoding="utf-8"))
    assert shown
    for name in shown:
        assert (tmp_path / name).stat().st_size > 5000
        assert (DOCS / name).exists()


@pytest.mark.parametrize("page", PAGES)
def test_commands_run(page, tmp_path):
    for line in "".join(blocks(page, "sh")).splitlines():
        program, *words = shlex.split(line)
        assert program == "spiking"
        done = subprocess.run([sys.executable, "-m", "spiking", *words], cwd=tmp_path, check=False)
        assert done.returncode == 0, line

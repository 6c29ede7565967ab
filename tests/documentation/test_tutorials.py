"""The tutorials: their cells run in order, in an empty folder, and draw figures; their commands run too."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
NEEDED = {
    "convert-your-model": (),
    "train-and-convert": ("optax",),
    "optogenetics-and-lesion": ("pandas",),
    "laptop-to-cluster": ("pandas", "distributed"),
    "pynapple-and-nwb": ("pynapple", "pynwb"),
}


def blocks(page, language):
    text = (TUTORIALS / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{re.escape(language)}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_every_tutorial_is_run():
    assert {page.stem for page in TUTORIALS.glob("*.md")} - {"index"} == set(NEEDED)


@pytest.mark.parametrize("page", NEEDED)
def test_tutorial(page, tmp_path, monkeypatch, capfd):
    for library in NEEDED[page]:
        pytest.importorskip(library)
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    names, figures = {}, 0
    with pyplot.rc_context():
        for cell in blocks(page, "{code-cell} ipython3"):
            exec(compile(cell, page, "exec"), names)
            for number in pyplot.get_fignums():
                pyplot.figure(number).canvas.draw()
                figures += 1
            pyplot.close("all")  # as a notebook does after each cell
    printed = capfd.readouterr()
    assert figures > 0
    assert not printed.err
    assert "table: False" not in printed.out
    for line in "".join(blocks(page, "sh")).splitlines():
        program, *words = shlex.split(line)
        assert program == "spiking"
        done = subprocess.run([sys.executable, "-m", "spiking", *words], check=False)
        assert done.returncode == 0, line

"""The pages that explain run their code: the evidence is computed, and says yes everywhere."""

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parent.parent / "docs" / "explanation"


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
    assert "NO" not in printed.partition("rate networks trained")[0]  # later: what disagrees with the paper
    assert "the same at the same steps: True" in printed
    rows = re.findall(r"^ +(-?\d+) +([\d.]+) +([\d.]+) +([\d.]+)$", printed, flags=re.MULTILINE)
    assert len(rows) == 5
    for _, theory, simulated, error in rows:
        assert abs(float(theory) - float(simulated)) < 4 * float(error) + 0.002 * float(theory)

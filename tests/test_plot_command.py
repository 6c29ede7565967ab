"""`spiking plot`: every kind of figure as a file of its format, and mistakes as one line."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from spiking.command_line.plot import KINDS


def spiking(folder, *words):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "spiking", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_vectors(tmp_path, kind):
    more = ["--against-factor", "60"] if kind == "comparison" else []
    done = spiking(tmp_path, "plot", kind, "go-nogo", "--trials", "4", *more)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"drew {kind}.pdf\n"
    content = (tmp_path / f"{kind}.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    width = float(re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", content)[1]) / 72 * 25.4
    assert width == pytest.approx(127.5 if kind == "comparison" else 85, abs=0.5)
    assert b"/Type3" not in content  # letters stay letters


def test_formats_and_trial(tmp_path):
    for name, start in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml")):
        done = spiking(tmp_path, "plot", "raster", "xor", "--trial", "3", "--trials", "4", "-o", name)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / name).read_bytes().startswith(start)


def test_mistakes_are_one_line(tmp_path):
    for words, expected in (
        (["rasters", "go-nogo"], "KIND is 'rasters'; expected one of comparison"),
        (["raster", "go-nogo", "-o", "a.gif"], "expected a name that ends in"),
        (["raster", "go-nogo", "-o", "no/a.pdf"], "there is no folder"),
        (["raster", "go-nogo", "--trials", "2", "--trial", "2"], "--trial 2: expected 0 to 1"),
        (["raster", "go-nogo", "--condition", "stop"], "go-nogo has go, nogo"),
        (["raster", "nothing.mat"], "nothing.mat"),
        (["comparison", "go-nogo"], "comparison needs --against"),
        (["raster", "go-nogo", "--against", "xor"], "belong to comparison"),
        (["comparison", "xor", "--against", "dms", "--trials", "1"], "expected the same task"),
    ):
        done = spiking(tmp_path, "plot", *words)
        assert (done.returncode, done.stdout) == (2, ""), words
        assert expected in done.stderr
        assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())

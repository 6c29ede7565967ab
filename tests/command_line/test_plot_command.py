"""`spiking plot`: every kind of figure as a file of its format, and mistakes as one line."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from spiking.command_line import main
from spiking.command_line.commands.plot import KINDS


@pytest.fixture
def spiking(tmp_path, monkeypatch, capsys):
    """Run the command in this process: importing everything again for each would take most of the time."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["spiking", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_vectors(spiking, tmp_path, kind):
    more = ["--against-factor", "60"] if kind == "comparison" else []
    model = "go-nogo-sigmoid" if kind == "scaling-factor" else "go-nogo"
    assert spiking("plot", kind, model, "--trials", "4", *more) == (0, f"drew {kind}.pdf\n", "")
    content = (tmp_path / f"{kind}.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    width = float(re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", content)[1]) / 72 * 25.4
    assert width == pytest.approx(127.5 if kind == "comparison" else 85, abs=0.5)
    assert b"/Type3" not in content  # letters stay letters


def test_the_caption_is_printed_and_kept_in_the_file(spiking, tmp_path):
    code, out, _ = spiking("plot", "output", "go-nogo", "--trials", "4", "-o", "a.svg", "--caption")
    drew, caption, _ = out.split("\n")
    assert (code, drew) == (0, "drew a.svg")
    assert "4 trials (2 go, 2 nogo), seed 1, balanced: conditions in turn." in caption
    assert caption in (tmp_path / "a.svg").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ["simulate", "go-nogo", "--trials", "2"],
        ["sweep", "go-nogo", "--vary", "refractory=1,2", "--trials", "2"],
    ],
)
def test_commands_that_also_draw_print_the_caption(spiking, words):
    code, out, _ = spiking(*words, "--plot", "a.svg", "--caption")
    drew, caption = out.splitlines()[-2:]
    assert (code, drew) == (0, "drew a.svg")
    assert re.search(r"seed 1[.,].* Correct: output above 0\.7", caption)
    code, _, err = spiking(*words, "--caption")
    assert (code, err) == (2, "spiking: --caption is given without --plot; expected both\n")


def test_formats_and_trial(spiking, tmp_path):
    for name, start in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml")):
        done = spiking("plot", "raster", "xor", "--trial", "3", "--trials", "4", "-o", name)
        assert done == (0, f"drew {name}\n", "")
        assert (tmp_path / name).read_bytes().startswith(start)


def test_a_process_without_a_display(tmp_path):
    words = ["-W", "error", "-m", "spiking", "plot", "weights", "xor"]
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "MPLBACKEND")}
    done = subprocess.run([sys.executable, *words], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0
    assert (tmp_path / "weights.pdf").stat().st_size > 5_000


def test_mistakes_are_one_line(spiking, tmp_path):
    for words, expected in (
        (["rasters", "go-nogo"], "KIND is 'rasters'; expected one of comparison"),
        (["raster", "go-nogo", "-o", "a.gif"], "expected a name that ends in"),
        (["raster", "go-nogo", "-o", "no/a.pdf"], "does not exist"),
        (["raster", "go-nogo", "--trials", "2", "--trial", "2"], "--trial is 2; expected 0 to 1"),
        (["raster", "go-nogo", "--condition", "stop"], "condition is 'stop'; expected one of go, nogo"),
        (["raster", "nothing.mat"], "nothing.mat"),
        (["comparison", "go-nogo"], "KIND is comparison; expected --against"),
        (["raster", "go-nogo", "--against", "xor"], "expected comparison with --against"),
        (["comparison", "xor", "--against", "dms", "--trials", "1"], "second is on the task"),
    ):
        status, told, complaint = spiking("plot", *words)
        assert (status, told) == (2, ""), words
        assert expected in complaint
        assert len([line for line in complaint.splitlines() if "(recorded)" not in line]) == 1
    assert not list(tmp_path.iterdir())

"""What the command line shows while it trains and compiles, on a terminal and elsewhere."""

import io
import json
import os
import time

import in_process
import numba
import pytest
import terminal
from compile_one import twice

from spiking.command_line.progress import compiling_shown
from spiking.errors import announce, announced, listening
from spiking.simulation.kernel import disk_cache

SETTINGS = ("duration=250", "stimulus_onset=25", "stimulus_duration=50", "score_delay=25")
SHORT = [*(word for setting in SETTINGS for word in ("--setting", setting)), "--n-units", "20"]
needs_terminal = pytest.mark.skipif(os.name == "nt", reason="has no pseudo-terminals")


@needs_terminal
@pytest.mark.slow
def test_on_a_terminal_training_shows_its_stages_and_measures_and_leaves_the_verdict(tmp_path):
    options = ["--stop-loss", 1000, "--stop-accuracy", 0, "--hardening", 300, "--max-updates", 600]
    status, shown = terminal.run("train", "go-nogo", *SHORT, *options, "-o", "m.mat", cwd=tmp_path)
    screen = terminal.plain(shown)
    stages = ("compiling", "compiling the training", "hardening")
    places = [screen.index(f"{stage} ━") for stage in stages]
    assert places == sorted(places)
    assert "spiking test" in screen
    assert "updates/s" in screen
    assert "/600 loss " in screen
    *_, last = shown.split("\x1b[2K")  # the bar is removed
    assert "learnt: " in last
    assert "converts: " in last
    assert "━" not in last
    assert status in (0, 1)


@needs_terminal
@pytest.mark.slow
def test_ctrl_c_removes_the_bar_and_keeps_the_model(tmp_path):
    options = ["--stop-loss", 1e-9, "--max-updates", 10**8]
    status, shown = terminal.run(
        "train", "go-nogo", *SHORT, *options, "-o", "m.mat", cwd=tmp_path, interrupt_at="updates/s"
    )
    assert status == 130
    last = terminal.plain(shown).strip().splitlines()[-1]
    assert last.startswith("spiking: interrupted; saved the model after ")
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # the cursor is visible again
    assert [path.name for path in tmp_path.iterdir()] == ["m.mat"]


@needs_terminal
@pytest.mark.slow
def test_ctrl_c_while_training_is_compiled(tmp_path):
    status, shown = terminal.run(
        "train", "go-nogo", *SHORT, "-o", "m.mat", cwd=tmp_path, interrupt_at="compiling"
    )
    assert status == 130
    assert "Traceback" not in shown
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_elsewhere_training_prints_lines_and_json(tmp_path):
    options = ["--stop-loss", 1e-9, "--max-updates", 200, "--json"]
    done = in_process.run("train", "go-nogo", *SHORT, *options, "-o", "m.mat", cwd=tmp_path)
    lines = [line for line in done.stderr.splitlines() if "compiling" not in line]
    assert len(lines) == 1
    assert lines[0].startswith("100 updates: loss ")
    assert lines[0].endswith(" updates/s, learning")
    result = json.loads(done.stdout)
    assert (done.returncode, result["file"], result["updates"]) == (1, "m.mat", 200)
    assert (result["learnt"], result["converts"]) == (False, None)
    assert result["advice"]


def test_work_is_announced_to_the_innermost_listener_only():
    outer, inner = [], []
    announce("unheard")
    with listening(outer.append), listening(inner.append), announced("work"):
        pass
    assert (outer, inner) == ([], ["work", ""])


def test_compiling_is_shown_once_if_it_takes_long(capsys):
    with compiling_shown(after=0.01):
        for _ in range(2):
            with announced("compiling the simulation"):
                time.sleep(0.2)
        with announced("spiking test"):
            time.sleep(0.1)
    with compiling_shown(after=5), announced("compiling"):
        pass
    assert capsys.readouterr().err == "compiling the simulation ...\n"


def test_only_what_is_not_on_disk_is_announced_as_compiled(monkeypatch, tmp_path):
    monkeypatch.setattr(disk_cache, "_HERE", tmp_path / "package")
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "chosen"))
    heard = []
    with listening(heard.append):
        assert disk_cache.compiled(twice)(21) == 42
        assert heard == ["compiling the simulation, once on this machine", ""]
        assert disk_cache.compiled(twice)(21) == 42
    assert len(heard) == 2


def test_compiling_says_that_the_code_cannot_be_kept(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(disk_cache, "_folders", lambda: [tmp_path / "file" / "cache"])
    monkeypatch.setattr(disk_cache, "_warned", [])
    heard = []
    with listening(heard.append), pytest.warns(UserWarning, match="every process compiles it again"):
        assert disk_cache.compiled(twice)(21) == 42
    assert heard[0] == (
        "compiling the simulation (the compiled code cannot be kept: no folder for it can be written)"
    )


def test_in_python_compiling_is_named_once_on_a_terminal_and_otherwise_logged(monkeypatch, caplog):
    caplog.set_level("INFO", logger="spiking")
    for shown in (True, False):
        monkeypatch.setattr("spiking.errors._named", set())
        screen = io.StringIO()
        monkeypatch.setattr(screen, "isatty", lambda shown=shown: shown)
        monkeypatch.setattr("sys.stderr", screen)
        caplog.clear()
        for _ in range(2):
            with announced("compiling the simulation"):
                pass
        line = "compiling the simulation ..."
        assert screen.getvalue() == (f"{line}\n" if shown else "")
        assert caplog.messages == ([] if shown else [line])

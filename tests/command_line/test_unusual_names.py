"""Files and settings with unusual names: commands work, or say in one line why not."""

import sys

import pytest
from cue import cue_model
from scipy.io import savemat
from tuning_processes import TASK

from spiking.command_line import main

NAMES = ["a=b", "-x", "n\nl", "[red]x", "e\033[31mx", "=1+1", "two  spaces", "a" * 200]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not allow such names")


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["spiking", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert "\033" not in printed.out + printed.err
        assert "n\nl" not in printed.out + printed.err
        return ended.value.code or 0, printed.err

    return run


@pytest.mark.parametrize("name", NAMES)
def test_files(command, tmp_path, name):
    savemat(tmp_path / f"{name}.mat", cue_model())
    options = [f"--task={TASK}:Cue", "--scaling-factor=30", "--trials=2"]
    for words in (["info"], ["evaluate", *options], ["simulate", *options, f"--output={name}.npz"]):
        status, errors = command(*words, "--", f"{name}.mat")
        assert status == 0, errors
    assert (tmp_path / f"{name}.npz").stat().st_size


def test_a_name_that_looks_like_an_option(command, tmp_path):
    savemat(tmp_path / "-x.mat", cue_model())
    status, errors = command("info", "-x.mat")
    assert status == 2
    assert "the file -x.mat can be given as ./-x.mat" in errors
    assert command("info", "./-x.mat")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        *(["info", name] for name in ("-x.mat", "a" * 300, "\033[31m.mat", "n\nl.mat", "[/nope].mat")),
        *(["evaluate", "go-nogo", f"--setting={value}"] for value in ("x", "=5", "a=b=c", "\n=1")),
        *(
            ["evaluate", "go-nogo", f"--task={value}"]
            for value in ("n\nl", "[/x]", "\033[31m", "-", "x" * 999)
        ),
        *(["sweep", "go-nogo", f"--vary={value}"] for value in ("=1", "noi\nse=1", "noise=1=2")),
        ["simulate", "go-nogo", "--condition=\033[31m"],
        ["simulate", "go-nogo", f"--output={'a' * 300}.npz"],
    ],
)
def test_what_is_refused(command, words):
    status, errors = command(*words)
    assert status == 2
    assert errors.startswith("spiking: ")
    assert errors.count("\n") == 1

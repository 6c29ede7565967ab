"""An empty text is no path: it would be the working folder."""

import pytest
from in_process import run

from spiking.command_line.app import app

COMMANDS = sorted(command.name or command.callback.__name__ for command in app.registered_commands)


@pytest.mark.parametrize(
    ("place", "arguments"),
    [
        ("-o", ["train", "go-nogo", "-o", ""]),
        ("--output", ["train", "go-nogo", "--output="]),
        ("--plot", ["train", "go-nogo", "-o", "m.mat", "--plot", ""]),
        ("--start", ["train", "go-nogo", "-o", "m.mat", "--start", ""]),
        ("-o", ["reproduce", "fig2e", "--networks", "1", "-o", ""]),
        ("-o", ["simulate", "go-nogo", "--task", "go-nogo", "-o", ""]),
        ("--csv", ["tune", "go-nogo", "--csv", ""]),
        ("--rate-model", ["evaluate", "go-nogo", "--rate-model", ""]),
        ("--task", ["report", "go-nogo", "--task", ""]),
        ("an argument", ["import", "", "--from", "psychrnn", "--tau", "100"]),
    ],
)
def test_an_empty_text_is_refused(place, arguments, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert (
        done.stderr == f"spiking: {place} is ''; expected a text that is not empty, such as a file's name\n"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "import_networks"])
def test_every_command_refuses_it(name, tmp_path):
    assert "is ''; expected a text that is not empty" in run(name, "", cwd=tmp_path).stderr

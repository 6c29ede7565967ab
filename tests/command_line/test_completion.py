"""What a shell completes: commands, options, models and tasks."""

import os
import subprocess
import sys

import in_process
import pytest
import terminal


def completed(words, shell="bash"):
    """Return what is offered for the last of these words."""
    environment = {
        **os.environ,
        "_SPIKING_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "_TYPER_COMPLETE_ARGS": words,
        "PYTHONPATH": terminal.SOURCES,
    }
    done = subprocess.run(
        [sys.executable, "-m", "spiking"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("spiking eval", ["evaluate"]),
        ("spiking evaluate --sca", ["--scaling-factor"]),
        ("spiking evaluate go", ["go-nogo"]),
        ("spiking train m", ["mante"]),
        ("spiking plot over", ["overview"]),
        ("spiking tune a.mat --task x", ["xor"]),
        ("spiking info no-such", []),
    ],
)
def test_commands_options_models_and_tasks_are_completed(words, expected):
    assert completed(words) == expected


def test_the_script_for_a_shell_is_printed(monkeypatch):
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    done = in_process.run("--help")
    assert "--install-completion" in done.stdout
    assert "--show-completion" in done.stdout

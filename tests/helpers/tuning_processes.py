"""`spiking` as a process, for the tests of tuning."""

import subprocess
import sys
from pathlib import Path

TASK = Path(__file__).parent / "cue.py"
COMMAND = [sys.executable, "-m", "spiking"]
# Enough trials that a kill strikes in the midst of them.
TUNE = ["tune", "--task", f"{TASK}:Cue", "--method", "grid", "--seed", "3", "--trials", "40"]
TUNE += ["--threads", "1"]


def run(*arguments, cwd=None):
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, check=False, timeout=300
    )
    assert "Traceback" not in done.stderr
    return done


def start(*arguments):
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

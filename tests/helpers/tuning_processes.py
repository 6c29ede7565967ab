"""`spiking` as a process that tests kill, and the task for it."""

import subprocess
import sys
from pathlib import Path

TASK = Path(__file__).parent / "cue.py"
COMMAND = [sys.executable, "-m", "spiking"]
# Enough trials that a kill strikes in the midst of them.
TUNE = ["tune", "--task", f"{TASK}:Cue", "--method", "grid", "--seed", "3", "--trials", "40"]
TUNE += ["--threads", "1"]


def start(*arguments):
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

"""One real process of each command; the other tests of the command line run it in theirs."""

import subprocess
import sys

from cue import cue_model
from scipy.io import savemat
from tuning_processes import TASK

from spiking.command_line.app import app

CUE = f"--task={TASK}:Cue"
COMMANDS = {
    "info": "info m.mat",
    "simulate": f"simulate m.mat {CUE} --scaling-factor 30 --seed 1 -o run.h5",
    "evaluate": f"evaluate m.mat {CUE} --scaling-factor 30 --trials 4",
    "tune": f"tune m.mat {CUE} --candidates 25,30 --method grid --trials 4 --force",
    "sweep": f"sweep m.mat {CUE} --scaling-factor 30 --vary noise=0,0.1 --trials 2 -o table.csv",
    "plot": "plot weights m.mat -o weights.png",
    "report": f"report m.mat {CUE} --scaling-factor 30 --trials 4 -o page.html",
    "export": "export run.h5 --to mat -o run.mat",
    "reproduce": "reproduce --list --networks 1",
    "train": "train nothing.py -o trained.mat",
    "demo": "demo nothing.mat",
}
MISTAKES = ("train", "demo")  # which take seconds to do anything


def test_every_command(tmp_path):
    assert set(COMMANDS) == {command.callback.__name__ for command in app.registered_commands}
    savemat(tmp_path / "m.mat", cue_model())
    for name, words in COMMANDS.items():
        command = [sys.executable, "-m", "spiking", *words.split()]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == (2 if name in MISTAKES else 0), done.stderr
        assert bool(done.stdout) == (name not in MISTAKES)

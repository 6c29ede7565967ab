"""One real process of each command; the other tests of the command line run it in theirs."""

import subprocess
import sys

import numpy as np
from cue import cue_model
from scipy.io import savemat
from tuning_processes import TASK

from spiking.command_line.app import app

CUE = f"--task={TASK}:Cue"
ARRAYS = "--from arrays --name w=w --name w_in=w_in --name w_out=w_out --activation relu --form rate"
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
    "import_networks": f"import w.npz {ARRAYS} --tau 50 --step 5 -o i.mat",
    "new_task": "new-task mine.py",
    "train": "train nothing.py -o trained.mat",
    "demo": "demo nothing.mat",
}
MISTAKES = ("train", "demo")  # which take seconds to do anything


def test_every_command(tmp_path):
    assert set(COMMANDS) == {command.callback.__name__ for command in app.registered_commands}
    savemat(tmp_path / "m.mat", cue_model())
    np.savez(tmp_path / "w.npz", w=np.eye(3) / 2, w_in=np.ones((3, 1)), w_out=np.ones((1, 3)))
    for name, words in COMMANDS.items():
        command = [sys.executable, "-m", "spiking", *words.split()]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == (2 if name in MISTAKES else 0), done.stderr
        assert bool(done.stdout) == (name not in MISTAKES)

"""One real process of each command, with `--json` and `--csv`; other tests run the command line in theirs."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
import typer
from cue import cue_model
from scipy.io import savemat
from tuning_processes import TASK

from spiking.command_line.app import app

CUE = f"--task={TASK}:Cue"
ARRAYS = "--from arrays --name w=w --name w_in=w_in --name w_out=w_out --activation relu --form rate"
TINY = "--n-units 10 --max-updates 100 --stop-loss 1e6 --stop-accuracy 0 --hardening 0"
COMMANDS = {
    "info": "info m.mat",
    "simulate": f"simulate m.mat {CUE} --scaling-factor 30 --seed 1 -o run.h5 --plot run.png --caption",
    "evaluate": f"evaluate m.mat {CUE} --scaling-factor 30 --trials 4",
    "tune": f"tune m.mat {CUE} --candidates 25,30 --method grid --trials 4 --force --plot tune.png",
    "sweep": f"sweep m.mat {CUE} --scaling-factor 30 --vary noise=0,0.1 --trials 2 --plot sweep.png",
    "plot": "plot weights m.mat -o weights.png --caption",
    "report": f"report m.mat {CUE} --scaling-factor 30 --trials 4 -o page.html",
    "export": "export run.h5 --to mat -o run.mat",
    "reproduce": "reproduce --list --networks 1",
    "import": f"import w.npz {ARRAYS} --tau 50 --step 5 -o i.mat",
    "new-task": "new-task mine.py",
    "train": f"train go-nogo {TINY} -o trained.mat --plot train.png",
    "demo": "demo go-nogo-sigmoid --plot demo.png",
}
SLOW = ("train", "demo")  # take seconds to do anything
LISTS = ("info", "evaluate", "tune", "report", "import", "reproduce")  # take several files, or all panels
WITHOUT_ROWS = ("plot", "report", "export", "new-task")  # write one thing, which has no table


def options(name):
    parameters = typer.main.get_command(app).commands[name].params
    return {option: parameter for parameter in parameters for option in parameter.opts}


def accuracies(value):
    """Yield all objects in a JSON document that have an accuracy, but for parts of those."""
    if isinstance(value, dict) and "accuracy" in value:
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from accuracies(part)


def walk(names, folder):
    for name in names:
        command = [sys.executable, "-m", "spiking", *COMMANDS[name].split(), "--json"]
        command += [f"--csv={name}.csv"] if "--csv" in options(name) else []
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout, parse_constant=pytest.fail)
        assert isinstance(found, list) == (name in LISTS)
        for score in accuracies(found):
            assert {"rule", "correct", "trials", "interval", "fresh", "seed"} <= set(score), name
        if "--plot" in COMMANDS[name]:
            assert f"drew {name if name != 'simulate' else 'run'}.png\n" in done.stderr
        if "--csv" in options(name):
            with (folder / f"{name}.csv").open(newline="") as file:
                rows = list(csv.DictReader(file))
            assert rows
            assert all(None not in row and None not in row.values() for row in rows)
        yield name, found


def test_every_command(tmp_path):
    assert set(COMMANDS) == set(typer.main.get_command(app).commands)
    savemat(tmp_path / "m.mat", cue_model())
    np.savez(tmp_path / "w.npz", w=np.eye(3) / 2, w_in=np.ones((3, 1)), w_out=np.ones((1, 3)))
    found = dict(walk([name for name in COMMANDS if name not in SLOW], tmp_path))
    scored = {name for name, value in found.items() if list(accuracies(value))}
    assert scored == {"simulate", "evaluate", "tune", "sweep"}


@pytest.mark.slow
def test_commands_that_take_longer(tmp_path):
    found = dict(walk(SLOW, tmp_path))
    assert found["train"]["rate_network"]["fresh"] is False  # its trials decided when the training ended
    for name in ("rate_network", "spiking_network"):
        assert set(found["demo"][name]["by_rule"]) == {"published", "strict", "sustained"}


def test_json_and_csv_are_the_same_options_everywhere():
    every = {name: options(name) for name in COMMANDS}
    assert {name for name, own in every.items() if "--json" not in own} == set()
    assert len({own["--json"].help for own in every.values()}) == 1
    assert all(own["--json"].callback for own in every.values())
    assert {name for name, own in every.items() if "--csv" not in own} == set(WITHOUT_ROWS)

"""Files whose names are not UTF-8 go through every command."""

import json
import os
import sys
from pathlib import Path

import pytest
from cue import cue_model
from scipy.io import savemat
from tuning_processes import TASK

from spiking.command_line import main
from spiking.rate_model.model import RateModel
from spiking.report import report

CUE = [f"--task={TASK}:Cue"]
FACTOR = ["--scaling-factor", "30"]
NAME = "m\udcff"
SHOWN = r"m\udcff"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")


@pytest.fixture
def spiking_command(tmp_path, monkeypatch, capsys):
    """Run the command line beside a model of such a name; give what it printed."""
    monkeypatch.chdir(tmp_path)
    savemat(f"{NAME}.mat", cue_model())

    def run(*arguments, status=0):
        monkeypatch.setattr(sys, "argv", ["spiking", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert ended.value.code in (None, 0) if status == 0 else ended.value.code == status, printed.err
        return printed.out + printed.err

    return run


def test_every_command(spiking_command):
    model = f"{NAME}.mat"
    assert SHOWN in spiking_command("info", model)
    assert SHOWN in spiking_command("info", "--check", model)
    assert SHOWN in spiking_command("info", model, model)
    assert json.loads(spiking_command("info", "--json", model))[0]["file"] == model
    assert SHOWN in spiking_command("info", f"no{NAME}", status=2)
    assert SHOWN in spiking_command("info", f"--{NAME}", status=2)
    for ending in ("npz", "h5"):
        run = f"{NAME}.{ending}"
        assert SHOWN in spiking_command(
            *("simulate", model, *CUE, *FACTOR, "--seed", "1", "-o", run, "--plot", f"{NAME}.png")
        )
        for kind in ("csv", "mat", "nwb"):
            out = f"{NAME}-{ending}.{kind}"
            assert SHOWN in spiking_command("export", run, "--to", kind, "-o", out)
            assert Path(out).stat().st_size
    spiking_command("evaluate", model, *CUE, *FACTOR, "--trials", "2")
    tables = ["--csv", f"{NAME}.csv", "--output", f"{NAME}.json", "--plot", f"{NAME}.pdf"]
    tune = ["tune", *CUE, "--method", "grid", "--candidates", "25,30", "--trials", "3"]
    spiking_command(*tune, model, *tables)
    assert os.fsencode(model) in Path(f"{NAME}.csv").read_bytes()
    assert json.loads(Path(f"{NAME}.json").read_text())[0]["file"] == model
    savemat(f"2{NAME}.mat", cue_model())
    assert SHOWN in spiking_command(*tune, model, f"2{NAME}.mat", "--csv", f"2{NAME}.csv")
    table = f"{NAME}-sweep.csv"
    assert SHOWN in spiking_command("sweep", model, *CUE, "--vary", "noise=0", "--trials", "2", "-o", table)
    assert Path(table).stat().st_size
    assert SHOWN in spiking_command("report", model, *CUE, "--trials", "2", "-o", f"{NAME}.html")
    assert SHOWN in Path(f"{NAME}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["weights", "overview", "comparison"])
@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_pictures(spiking_command, kind, ending):
    picture = f"{NAME}.{ending}"
    options = [] if kind == "weights" else [*CUE, *FACTOR, "--trials", "4"]
    if kind == "comparison":
        savemat(f"2{NAME}.mat", cue_model())
        options += ["--against", f"2{NAME}.mat", "--against-factor", "30"]
    assert SHOWN in spiking_command("plot", kind, f"{NAME}.mat", *options, "-o", picture)
    assert Path(picture).stat().st_size


def test_the_page_is_text(tmp_path):
    from cue import Cue

    savemat(tmp_path / f"{NAME}.mat", cue_model())
    page = report(RateModel.load(tmp_path / f"{NAME}.mat"), Cue(), 2, scaling_factor=30)
    assert f"<title>{SHOWN}.mat" in page
    page.encode()

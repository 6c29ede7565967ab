"""Batch scripts of the documentation, with a `srun` that starts its tasks on this machine."""

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys

import pytest
from in_process import run
from pages import ROOT, blocks, words

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="batch scripts are for a shell"),
]
GO_NOGO = ROOT / "src" / "spiking" / "data" / "go-nogo-sigmoid.mat"
TUNING, TUTORIAL = "docs/tuning.md", "docs/tutorials/laptop-to-cluster.md"


@pytest.fixture
def slurm(tmp_path):
    """Make what batch scripts find on a cluster, with a `srun` that starts its tasks on this machine."""
    programs = tmp_path / "home" / "venv" / "bin"
    programs.mkdir(parents=True)
    python = shlex.quote(sys.executable)
    for name, line in {
        "python": f'exec {python} "$@"',
        "spiking": f'exec {python} -m spiking "$@"',
        "dask": f'[ "$1" = scheduler ] && set -- "$@" --host 127.0.0.1 --port 0; exec {python} -m dask "$@"',
        "srun": 'n=${1#--ntasks=}; shift; for k in $(seq "$n"); do "$@" & done; wait',
        "activate": f"export PATH={programs}:$PATH",
    }.items():
        (programs / name).write_text(f"#!/bin/bash\n{line}\n")
        (programs / name).chmod(0o755)
    folder = tmp_path / "folder"
    (folder / "models").mkdir(parents=True)
    for name in ("trained_model.mat", "models/one.mat"):
        shutil.copy(GO_NOGO, folder / name)
    return folder


def run_batch(script, folder, then=lambda: None):
    """Run a batch script as SLURM does: what it leaves running ends with it."""
    script = script.replace("=32", "=2").replace("(32)", "(2)")
    script = re.sub(r" NUMBA_CACHE_DIR=\S+", "", script)  # has been compiled here
    environment = {**os.environ, "HOME": str(folder.parent / "home"), "PYTHONPATH": os.pathsep.join(sys.path)}
    log = folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            ["bash", "-e", "-c", script],
            cwd=folder,
            env={**environment, "SLURM_JOB_ID": "1", "TMPDIR": str(folder.parent)},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        assert process.wait(timeout=600) == 0, log.read_text()
        then()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_experiment_on_a_cluster(slurm):
    (code,), (script,) = (
        [block.code for block in blocks(TUTORIAL, language)] for language in ("python", "bash")
    )
    code = code.replace("(32)", "(2)").replace("trials=1000", "trials=4")
    (slurm / "experiment.py").write_text(code, encoding="utf-8")
    run_batch(script, slurm)
    assert len((slurm / "table.csv").read_text().splitlines()) == 1 + 10


def test_commands_on_a_cluster(slurm, monkeypatch):
    (script,) = blocks(TUNING, "bash")
    lines = script.code.splitlines()
    assert lines[-1].startswith("spiking tune ")
    lines[-1] += " --trials 4 --candidates 30,40 --force"
    others = "".join(block.code for page in (TUNING, TUTORIAL) for block in blocks(page, "sh") if block.note)
    monkeypatch.chdir(slurm)

    def with_the_scheduler():
        (told,) = slurm.glob("scheduler-1.json")
        address = json.loads(told.read_text())["address"]
        for line in others.splitlines():
            assert "--scheduler tcp://node1:8786" in line
            (slurm / "table.csv").unlink(missing_ok=True)
            again = ["--force"] if "tune" in line else []
            done = run(*words(line.replace("tcp://node1:8786", address)), "--trials", 5, *again)
            assert done.returncode == 0, done.stderr
            assert (slurm / "table.csv").exists() or "tune" in line

    run_batch("\n".join(lines), slurm, with_the_scheduler)

"""A full disk at the end of long work: the message names the file, and what was kept."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest
from cue import cue_model
from scipy.io import savemat
from tuning_processes import TASK

CUE = f"{TASK}:Cue"
SIMULATE = ["simulate", "m.mat", "--task", CUE, "--scaling-factor", "30", "--seed", "1", "--trials", "20"]
TRAIN = ["train", CUE, "--n-units", "10", "--max-updates", "20"]
TUNE = ["tune", "m.mat", "--task", CUE, "--method", "grid", "--candidates", "25,30", "--trials", "3"]
COMMANDS = [
    ([*SIMULATE, "-o"], "r.npz"),
    ([*SIMULATE, "--plot"], "r.png"),
    ([*TUNE, "--no-write", "--csv"], "t.csv"),
    ([*TUNE, "--no-write", "--output"], "t.json"),
    ([*TRAIN, "-o"], "t.mat"),
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="limits processes as Linux does"),
]


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.executable, [sys.executable, "-m", "spiking", *sys.argv[2:]])
"""  # in the process itself: a fork of one in which JAX runs may never come back


def run(folder, *arguments, limit=resource.RLIM_INFINITY):
    return subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit), *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory):
    """Have the kernel compiled before the disk is full: tuning calls it with random numbers of its own."""
    folder = tmp_path_factory.mktemp("compiled")
    savemat(folder / "m.mat", cue_model())
    for command in (SIMULATE, [*TUNE, "--no-write"]):
        assert run(folder, *command).returncode == 0


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "here").mkdir()
    savemat(tmp_path / "here" / "m.mat", cue_model())
    return tmp_path / "here"


@pytest.fixture
def full_disk(folder):
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    (disk / "full").write_bytes(bytes(4096))
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(("command", "name"), COMMANDS)
def test_nothing_can_be_kept(folder, command, name):
    done = run(folder, *command, name, limit=100)
    assert done.returncode in (1, 2)
    assert (
        f"spiking: {name} could not be written: File too large; no file was written; it could not be saved"
        in done.stderr
    )
    assert done.stderr.endswith(": the result is lost\n")
    assert [path.name for path in folder.iterdir()] == ["m.mat"]


@pytest.mark.parametrize(("command", "name"), COMMANDS)
def test_it_is_kept_on_another_disk(folder, full_disk, command, name):
    done = run(folder, *command, full_disk / name)
    assert done.returncode in (1, 2)
    told = f"spiking: {full_disk / name} could not be written: No space left on device; no file was written; "
    assert f"{told}the result was saved as {name} instead\n" in done.stderr
    assert (folder / name).stat().st_size > 100
    assert [path.name for path in full_disk.iterdir()] == ["full"]


def test_a_streamed_run_keeps_what_was_done(folder):
    done = run(folder, *SIMULATE, "-o", "r.h5", limit=4000)
    parts = folder / "r.h5.parts"
    assert done.returncode == 2
    assert "000.h5 could not be written: File too large; no file was written; " in done.stderr
    assert f"earlier trials are saved in {parts}, and the same call continues from them" in done.stderr
    assert run(folder, *SIMULATE, "-o", "r.h5").returncode == 0
    assert not parts.exists()


def test_the_others_of_a_family_are_trained(folder):
    (folder / "family").mkdir()
    done = run(folder, *TRAIN, "--seeds", "1-2", "-o", "family", limit=100)
    assert done.returncode == 1
    for seed in (1, 2):
        assert f"spiking: family/cue_seed_{seed}.mat could not be written: File too large" in done.stderr

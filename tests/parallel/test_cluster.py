"""The same on a dask.distributed cluster: a real scheduler and real worker processes on this machine."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from tempfile import TemporaryFile

import pytest
from cue import Cue, cue_model
from scipy.io import savemat
from tuning_processes import TASK

from spiking import ClusterError, RateModel, find_scaling_factors, sweep
from spiking.tuning.tuned_file import journal_path

distributed = pytest.importorskip("distributed")
# Warnings are of Dask and Tornado, when connections end.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

OPTIONS = {"seed": 2, "trials": 60, "method": "grid"}
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}


def spawn(log, module, *arguments):
    command = [sys.executable, "-m", f"distributed.cli.{module}", *map(str, arguments)]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=log)


@contextmanager
def scheduler():
    with TemporaryFile("w+") as log:
        process = spawn(log, "dask_scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard")
        try:
            found, deadline = None, time.monotonic() + 60
            while found is None and time.monotonic() < deadline:
                time.sleep(0.05)
                log.seek(0)
                found = re.search(r"Scheduler at:\s+(tcp://\S+:\d+)\n", log.read())
            yield process, found[1]
        finally:
            process.kill()
            process.wait()


@contextmanager
def workers(address, count):
    arguments = ("--nthreads", 1, "--no-dashboard", "--no-nanny")
    processes = [spawn(subprocess.DEVNULL, "dask_worker", address, *arguments) for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def models():
    return [RateModel.load(cue_model(readout=readout)) for readout in (0.8, 1.0, 1.3)]


@pytest.fixture(scope="module")
def expected(models):
    return [one.search.as_json() for one in find_scaling_factors(models, Cue(), threads=2, **OPTIONS)]


def test_any_number_of_workers_gives_the_same_bits(models, expected):
    with scheduler() as (_, address), distributed.Client(address) as client:
        for count in (1, 2, 4):
            with workers(address, count):
                client.wait_for_workers(count, timeout=60)
                found = find_scaling_factors(models, Cue(), client=client, **OPTIONS)
                assert [one.search.as_json() for one in found] == expected
            while client.scheduler_info(n_workers=-1)["workers"]:
                time.sleep(0.1)
        with pytest.raises(ClusterError, match="has no workers"):
            find_scaling_factors(models, Cue(), client=client, **OPTIONS)


def test_a_killed_worker_costs_only_its_piece(models, expected):
    with (
        scheduler() as (_, address),
        workers(address, 2) as processes,
        distributed.Client(address) as client,
    ):
        client.wait_for_workers(2, timeout=60)
        finished = []

        def kill_one(models_done, candidates, trials):
            finished.append((candidates, trials))
            if len(finished) == 5:
                processes[0].send_signal(signal.SIGKILL)

        found = find_scaling_factors(models, Cue(), client=client, progress=kill_one, **OPTIONS)
        assert processes[0].wait(timeout=10) == -signal.SIGKILL
        assert [one.search.as_json() for one in found] == expected
        needed = sum(one.search.search_trials + 60 for one in found)
        curves = sum(len(one.search.curve) for one in found)
        assert finished[-1] == (curves, needed)  # nothing that was done is done again


def test_a_scheduler_that_is_gone_is_a_clear_error_and_nothing_is_lost(tmp_path):
    path = tmp_path / "model.mat"
    savemat(path, cue_model())
    before = path.read_bytes()
    with scheduler() as (process, address), workers(address, 1), distributed.Client(address) as client:
        client.wait_for_workers(1, timeout=60)

        def kill_scheduler(models_done, candidates, trials):
            if trials:
                process.send_signal(signal.SIGKILL)

        with pytest.raises(ClusterError, match=r"the scheduler at tcp.* is lost|the cluster failed"):
            find_scaling_factors([path], Cue(), client=client, write=True, progress=kill_scheduler, **OPTIONS)
    assert path.read_bytes() == before
    assert journal_path(path).read_bytes().count(b"\n") > 1


def test_a_sweep_gives_the_same_table_though_a_worker_is_killed(models):
    grid = {
        "scaling_factor": [20, 30, 40],
        "what": {"intact": lambda net: net, "cut": lambda net: net.lesion([0, 1])},
    }
    arguments = {"grid": grid, "trials": 40, "seed": 1}
    here = sweep(models[0], Cue(), **arguments)
    with (
        scheduler() as (_, address),
        workers(address, 2) as processes,
        distributed.Client(address) as client,
    ):
        client.wait_for_workers(2, timeout=60)
        done = []

        def kill_one(trials):
            done.append(trials)
            if len(done) == 2:
                processes[0].send_signal(signal.SIGKILL)

        there = sweep(models[0], Cue(), client=client, progress=kill_one, **arguments)
        assert processes[0].wait(timeout=10) == -signal.SIGKILL
        assert there.rows == here.rows
        assert done[-1] == 6 * 40


def test_command_line(tmp_path):
    names = ["a.mat", "b.mat"]
    for folder in ("here", "cluster"):
        (tmp_path / folder).mkdir()
        for name, readout in zip(names, (0.8, 1.1), strict=True):
            savemat(tmp_path / folder / name, cue_model(readout=readout))
        shutil.copy(TASK, tmp_path / folder / "mine.py")
    tune = [sys.executable, "-m", "spiking", "tune", *names, "--task", "mine.py:Cue", "--trials", "40"]

    def run(folder, *arguments):
        return subprocess.run(
            [*tune, *arguments],
            cwd=tmp_path / folder,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    with scheduler() as (_, address), workers(address, 2):
        with distributed.Client(address) as client:
            client.wait_for_workers(2, timeout=60)
        done = run("cluster", "--scheduler", address)
        assert done.returncode == 0, done.stderr
    assert run("here").returncode == 0
    for name in names:
        contents = [(tmp_path / folder / name).read_bytes()[128:] for folder in ("here", "cluster")]
        assert contents[0] == contents[1]
    gone = run("cluster", "--force", "--scheduler", address)
    assert gone.returncode == 2
    assert "expected a running scheduler" in gone.stderr.splitlines()[-1]
    assert "Traceback" not in gone.stderr

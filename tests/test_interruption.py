"""Ctrl-C at random moments of every long command: status 130, one line, nothing half-written or lost."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from matlab_files import save_version_73
from scipy.io import loadmat

import spiking

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")

MOMENTS = int(os.environ.get("INTERRUPTIONS", "6"))  # of each command
LONGEST = float(os.environ.get("INTERRUPTED_WITHIN", "6"))  # seconds in which they are
BEGIN = "from spiking.__main__ import main; import os; os.write({}, b'.'); main()"  # as the program `spiking`
SHORT = (
    "--n-units 30 --setting duration=250 --setting stimulus_onset=25 "
    "--setting stimulus_duration=50 --setting score_delay=25 --stop-loss 1e-9"
)
COMMANDS = {
    "train": f"train go-nogo {SHORT} --max-updates 1000 -o m.mat",
    "train a family": f"train go-nogo {SHORT} --seeds 1-3 --max-updates 300 -o family",
    "simulate": "simulate go-nogo --trials 1000 --interval 1 --seed 1 -o run.npz --plot run.png",
    "simulate to disk": "simulate go-nogo --trials 600 --interval 0.5 -o run.h5",
    "evaluate": "evaluate go-nogo --trials 2000",
    "tune": "tune c.mat --force",
    "tune many": "tune a.mat b.mat c.mat --force --method grid --trials 30 --csv all.csv",
    "sweep": "sweep go-nogo --vary refractory=0:5:0.5 --trials 100",
    "sweep with a journal": "sweep go-nogo --vary refractory=0:5:0.5 --trials 100 -o a.csv --plot out.png",
    "plot": "plot overview go-nogo --trials 400",
    "report": "report go-nogo",
    "reproduce": "reproduce fig7c --values sigmoid --networks 1 -o reproduced",
    "demo": "demo",
    "demo that trains": "demo --train",
    "export": "export stored.h5 --to nwb",
}
COMPILED = ("evaluate",)  # also where Numba has nothing in its cache


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Return a folder with three models, one of MATLAB 7.3, and a run."""
    folder = tmp_path_factory.mktemp("inputs")
    network = spiking.SpikingNetwork.from_rate(spiking.datasets.load("go-nogo-sigmoid"))
    record = spiking.Record(spikes=True, filtered_rates=True, interval=1.0)
    spiking.simulate(network, "go-nogo", trials=20, seed=1, record=record).save(folder / "stored.h5")
    for name in ("a", "b"):
        spiking.datasets.load("go-nogo-sigmoid").save(folder / f"{name}.mat")
    contents = loadmat(folder / "a.mat")
    save_version_73(folder / "c.mat", {name: contents[name] for name in contents if name[0] != "_"})
    return folder


def start(words, folder, environment=None):
    """Start a command in a process group of its own; return it when its first line is about to run."""
    begun, written = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN.format(written), *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=[written],
        start_new_session=True,
        env={**os.environ, **(environment or {})},
    )
    os.close(written)
    assert os.read(begun, 1) == b"."
    os.close(begun)
    return process


def interrupted(process, moment, send):
    """Interrupt a process at a moment; return whether it was still there, its status and what it said."""
    began = time.perf_counter()
    try:
        process.communicate(timeout=moment)
    except subprocess.TimeoutExpired:
        send(process.pid, signal.SIGINT)
    else:
        return None
    _, errors = process.communicate(timeout=60)
    print(f"{moment:6.3f} s: status {process.returncode}, {time.perf_counter() - began - moment:.2f} s later")
    return process.returncode, errors


def leftovers(folder):
    return [path for path in folder.rglob("*") if path.suffix in (".tmp", ".lock")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "compiled"), [*((name, False) for name in COMMANDS), *((name, True) for name in COMPILED)]
)
def test_ctrl_c_at_random_moments(tmp_path, inputs, name, compiled):
    words, chosen = COMMANDS[name].split(), random.Random(name)

    def folder(number):
        copy = shutil.copytree(inputs, tmp_path / str(number))
        return copy, {"NUMBA_CACHE_DIR": str(tmp_path / f"compiled {number}")} if compiled else {}

    whole, began = start(words, *folder("whole")), time.perf_counter()
    try:
        whole.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        whole.kill()
        whole.communicate()
    duration = time.perf_counter() - began
    statuses = []
    for number in range(MOMENTS):
        place, environment = folder(number)
        moment = chosen.uniform(0.05, duration)
        end = interrupted(start(words, place, environment), moment, os.killpg if number % 2 else os.kill)
        if end is None:
            continue
        status, errors = end
        statuses.append(status)
        assert status == 130, (moment, errors)
        # Training says each stage in a line, where there is no terminal; those of a family in other processes
        said = errors.splitlines()
        ended = [line for line in said if line.startswith("spiking: interrupted; ")]
        assert len(ended) == 1, (moment, errors)
        stages = [line for line in said if line not in ended]
        assert all(re.match(r"compiling|\d+ updates: ", line) for line in stages), errors
        assert not leftovers(place), moment
    print(f"{name}: {len(statuses)} interruptions in {duration:.1f} s")
    assert len(statuses) >= MOMENTS // 2
    if whole.returncode in (0, 1):
        more = ["--force"] if words[0] == "train" and (place / "m.mat").exists() else []
        again = start([*words, *more], place, environment)
        _, errors = again.communicate(timeout=300)
        assert again.returncode == whole.returncode, errors


def run_until(code, words, cwd):
    """Start Python with this code, and wait until it has said these words."""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == f"{words}\n"
    return process


GUARDED = """
import os, time
from spiking.interruption import at_interruption, end_at_ctrl_c
end_at_ctrl_c()
"""


def test_what_is_registered_is_done_and_told(tmp_path):
    code = GUARDED + (
        "def fails(): raise OSError(28, 'No space left on device')\n"
        "with at_interruption(lambda: 'kept a'), at_interruption(fails), at_interruption(lambda: 'kept a'):\n"
        "    with at_interruption(lambda: 'never told'): pass\n"
        "    print('ready', flush=True)\n"
        "    try: time.sleep(60)\n"
        "    except BaseException: pass\n"
        "print('went on', flush=True); time.sleep(60)"
    )
    process = run_until(code, "ready", tmp_path)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert errors == "spiking: interrupted; kept a; [Errno 28] No space left on device\n"


def test_a_second_ctrl_c_does_not_wait(tmp_path):
    code = GUARDED + (
        "def slow(): print('busy', flush=True); time.sleep(60)\n"
        "with at_interruption(slow): print('ready', flush=True); time.sleep(60)"
    )
    process = run_until(code, "ready", tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "busy\n"
    process.send_signal(signal.SIGINT)  # some programs pass it on twice
    time.sleep(1)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.count("\n") == 1


def test_what_holds_the_lock_comes_to_its_end(tmp_path):
    code = GUARDED + (
        "from spiking.interruption import uninterrupted\n"
        "with uninterrupted: print('ready', flush=True); time.sleep(1); print('done', flush=True)\n"
        "time.sleep(60)"
    )
    process = run_until(code, "ready", tmp_path)
    process.send_signal(signal.SIGINT)
    assert (process.communicate(timeout=30)[0], process.returncode) == ("done\n", 130)


def test_where_ctrl_c_is_ignored_it_stays_so(tmp_path):
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)" + GUARDED
    process = run_until(code + "print('ready', flush=True); time.sleep(1); print('done')", "ready", tmp_path)
    process.send_signal(signal.SIGINT)
    assert (process.communicate(timeout=30)[0], process.returncode) == ("done\n", 0)


def test_a_command_that_is_exiting_is_interrupted_like_any_other(tmp_path):
    code = (
        "import atexit, sys, time; from spiking.__main__ import main; sys.argv = ['spiking', '--version']\n"
        "import spiking.command_line.app as app\n"
        "atexit_register, ends = atexit.register, []\n"
        "def register(end): atexit_register(end); atexit_register(lambda: (print('ends', flush=True), "
        "time.sleep(60)))\n"
        "atexit.register = register; main()"
    )
    process = run_until(code, f"spiking {spiking.__version__}", tmp_path)
    assert process.stdout.readline() == "ends\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "spiking: interrupted; no file was left half-written\n")


@pytest.mark.slow
@pytest.mark.parametrize("moment", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("call", ["train('go-nogo', seed=1)", "fine_tune(network, 'go-nogo', seed=1)"])
def test_training_in_a_program_is_interrupted_without_a_crash(tmp_path, moment, call):
    network = "network = spiking.SpikingNetwork.from_rate(spiking.datasets.load('go-nogo'), 90)"
    code = f"import spiking; {network}; print('ready', flush=True); spiking.{call}"
    process = run_until(code, "ready", tmp_path)
    time.sleep(moment)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode in (-signal.SIGINT, 1)  # as Python ends after a KeyboardInterrupt
    assert errors.rstrip().endswith("KeyboardInterrupt")

"""The command line: results, mistakes, interruption."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from in_process import run
from unprivileged import unprivileged

import spiking

GO_NOGO = Path(__file__).parents[1] / "golden" / "sst.mat"
TWO_INPUTS = Path(__file__).parents[1] / "golden" / "small.mat"
COMMAND = [sys.executable, "-m", "spiking"]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    arguments = [
        "--scaling-factor",
        "50",
        "--task",
        "go-nogo",
        "--condition",
        "go",
        "--seed",
        "1",
        "--trials",
        "6",
    ]
    done = run("simulate", GO_NOGO, *arguments, "--plot", "out.png", "-o", "run.npz", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_version():
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"spiking {spiking.__version__}\n")


@pytest.mark.parametrize(
    "command",
    [(), ("info",), ("simulate",), ("evaluate",), ("tune",), ("plot",), ("report",), ("export",), ("demo",)],
)
def test_help_has_an_example(command):
    done = run(*command, "--help")
    assert done.returncode == 0
    assert "Example: spiking " + " ".join(command) in " ".join(done.stdout.split())
    assert "│" not in done.stdout


def test_help_loads_nothing_heavy():
    code = "import sys, spiking.command_line; print([m for m in sys.modules if m in sys.argv])"
    heavy = ("numba", "scipy", "matplotlib", "jax", "rich", "h5py")
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_simulate_prints_a_summary(simulated):
    _, done = simulated
    assert "6 trials of 1000 ms, 60 neurons, scaling factor 50, seed 1" in done.stdout
    assert "go-nogo: " in done.stdout
    assert done.stderr == ""


def test_simulate_saves_what_the_library_simulates(simulated):
    folder, _ = simulated
    task = spiking.tasks.get("go-nogo")
    trials = task.trials(6, seed=1, condition="go")
    network = spiking.SpikingNetwork.from_rate(GO_NOGO, 50)
    expected = spiking.simulate(
        network, trials.spiking_inputs, seed=1, record=spiking.Record(spikes=True), threads=1
    )
    with np.load(folder / "run.npz", allow_pickle=False) as saved:
        assert np.array_equal(saved["output"], expected.output)
        assert np.array_equal(saved["time"], expected.time)
        assert np.array_equal(saved["rates"], expected.rates)
        assert np.array_equal(saved["spike_time"], expected.spikes.time)
        assert np.array_equal(saved["spike_neuron"], expected.spikes.neuron)
        assert np.array_equal(saved["spike_trial"], expected.spikes.trial)
        assert np.array_equal(saved["correct"], task.score(expected.output[:, 0], expected.time, trials))
        assert saved["conditions"].tolist() == ["go"] * 6
        assert (int(saved["seed"]), saved["trial_numbers"].tolist()) == (1, list(range(6)))
        assert float(saved["scaling_factor"]) == 50


def test_simulate_draws_a_picture(simulated):
    from matplotlib.image import imread

    folder, _ = simulated
    picture = imread(folder / "out.png")
    assert picture.shape[:2] == (1062, 1003)  # 90 by 85 mm at 300 dpi
    assert sorted(path.name for path in folder.iterdir()) == ["out.png", "run.npz"]


def test_simulate_input_from_files_with_stimulation(tmp_path):
    u = np.zeros((1, 101))
    u[0, 20:40] = 1
    np.save(tmp_path / "u.npy", u)
    scipy.io.savemat(tmp_path / "u.mat", {"u": u, "note": "hello"})
    for name in ("u.npy", "u.mat"):
        done = run(
            *("simulate", GO_NOGO, "--scaling-factor", 40, "--input", tmp_path / name, "--seed", 3),
            *("--downsample", 2, "--initial-weights", "--threads", 1, "-o", tmp_path / f"{name}.npz"),
            *("--stimulate", "inh", "--units", "0,5,7", "--window", 100, 300),
        )
        assert done.returncode == 0, done.stderr
        assert (
            "stimulation: 3 neurons (0, 5, 7), -0.5 mV at each step with probability 0.5, from 100 to 300 ms"
            in done.stdout
        )
    expected = spiking.simulate(
        spiking.SpikingNetwork.from_rate(GO_NOGO, 40, initial_weights=True),
        u,
        seed=3,
        downsample=2,
        stimulation=spiking.Stimulation((0, 5, 7), (100, 300), amplitude=-0.5),
    )
    for name in ("u.npy.npz", "u.mat.npz"):
        with np.load(tmp_path / name) as saved:
            assert np.array_equal(saved["output"], expected.output)


def test_a_range_of_units_includes_its_end():
    stimulation = ("--stimulate", "exc", "--units", "10:20", "--window", 100, 200)
    done = run("simulate", "go-nogo", *stimulation)
    assert "stimulation: 11 neurons (10, 11, 12, ..., 20), +0.5 mV at each step" in done.stdout, done.stderr


def test_simulate_with_current_pulses_into_a_population(tmp_path):
    np.save(tmp_path / "u.npy", np.zeros((1, 41)))
    done = run(
        *("simulate", GO_NOGO, "--scaling-factor", 40, "--input", tmp_path / "u.npy", "--seed", 3),
        *("--stimulate", "exc", "--units", "inh", "--window", 100, 200, "--current", 20, "--pulses", 40, 5),
        *("-o", tmp_path / "run.npz"),
    )
    assert done.returncode == 0, done.stderr
    pulses = spiking.Stimulation("inh", (100, 200), 20, acts_on="current", frequency=40, pulse_width=5)
    network = spiking.SpikingNetwork.from_rate(GO_NOGO, 40)
    expected = spiking.simulate(network, np.zeros((1, 41)), seed=3, stimulation=pulses)
    with np.load(tmp_path / "run.npz") as saved:
        assert np.array_equal(saved["output"], expected.output)


def test_simulate_takes_task_settings_and_factor_from_the_file(tmp_path):
    model = tmp_path / "tuned.mat"
    settings = json.dumps({"stimulus_onset": 100.0, "duration": 800.0})
    own = {"task": "go-nogo", "task_settings": settings, "opt_scaling_factor": np.uint8(35)}
    scipy.io.savemat(model, {**_variables(GO_NOGO), **own})
    done = run("simulate", model, "--seed", 0)
    assert done.returncode == 0, done.stderr
    assert "1 trial of 800 ms, 60 neurons, scaling factor 35, seed 0" in done.stdout
    assert "go-nogo: " in done.stdout


def test_a_model_file_cannot_make_us_run_a_python_file(tmp_path):
    model, script = tmp_path / "evil.mat", tmp_path / "evil.py"
    script.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    scipy.io.savemat(model, {**_variables(GO_NOGO), "task": str(script)})
    for arguments in (("simulate", model, "--scaling-factor", 50), ("info", model)):
        done = run(*arguments)
        assert "records the task" in done.stdout + done.stderr
    assert not (tmp_path / "ran").exists()


def _variables(path: Path) -> dict[str, object]:
    return {key: value for key, value in scipy.io.loadmat(path).items() if not key.startswith("__")}


GOOD = ("--scaling-factor", "50", "--task", "go-nogo")
PUSH = ("--stimulate", "exc", "--window", "0", "50")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("simulate",), "Missing argument"),
        (("simulate", GO_NOGO, "--wrong"), "No such option"),
        (("simulat", GO_NOGO), "No such command"),
        (("simulate", "nowhere.mat", *GOOD), "nowhere.mat"),
        (("simulate", "folder", *GOOD), "folder"),
        (("simulate", "text.mat", *GOOD), "text.mat"),
        (("simulate", GO_NOGO, "--task", "go-nogo"), "no tuned scaling factor"),
        (("simulate", GO_NOGO, "--scaling-factor", "-1", "--task", "go-nogo"), "--scaling-factor is -1"),
        (("simulate", GO_NOGO, "--scaling-factor", "50"), "--task"),
        (("simulate", GO_NOGO, "--scaling-factor", "50", "--task", "gonogo"), "did you mean go-nogo"),
        (("simulate", TWO_INPUTS, *GOOD), "inputs: 2"),
        (("simulate", GO_NOGO, *GOOD, "--condition", "stop"), "expected one of go, nogo"),
        (("simulate", GO_NOGO, *GOOD, "--trials", "0"), "--trials"),
        (("simulate", GO_NOGO, *GOOD, "--input", "u.npy"), "expected one of them"),
        (("simulate", GO_NOGO, "--scaling-factor", "50", "--input", "text.npy"), "text.npy"),
        (("simulate", GO_NOGO, "--scaling-factor", "50", "--input", GO_NOGO), "expected the inputs as `u`"),
        (("simulate", GO_NOGO, *GOOD, "--units", "3"), "--stimulate"),
        (("simulate", GO_NOGO, *GOOD, "--pulses", "20", "5"), "--stimulate"),
        (("simulate", GO_NOGO, *GOOD, *PUSH, "--units", "ie"), "expected one of all, exc, inh, som, pv"),
        (("simulate", GO_NOGO, *GOOD, *PUSH, "--units", "3", "--current", "-5"), "--current is -5"),
        (("simulate", GO_NOGO, *GOOD, *PUSH, "--units", "3", "--pulses", "200", "9"), "overlap at 200 Hz"),
        (("simulate", GO_NOGO, *GOOD, "--plot", "out.gifx"), ".png, .pdf"),
        (("simulate", GO_NOGO, *GOOD, "--plot", "nowhere/out.png"), "the folder nowhere does not exist"),
        (("simulate", GO_NOGO, *GOOD, "-o", "folder"), "a folder; expected"),
        (("demo", "nothing.mat"), "nothing.mat: there is no such file"),
        (("demo", GO_NOGO, "--train"), "expected one of them"),
        (("demo", TWO_INPUTS), "expected a Go-NoGo model"),
        (("info", "nowhere.mat"), "nowhere.mat"),
    ],
    ids=lambda value: None if isinstance(value, tuple) else value,
)
def test_mistakes_are_one_line_and_exit_with_2(arguments, words, tmp_path):
    (tmp_path / "folder").mkdir()
    for name in ("text.mat", "text.npy"):
        (tmp_path / name).write_text("not what it is called")
    before = sorted(tmp_path.rglob("*"))
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert done.stderr.startswith("spiking: ")
    assert done.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_unwritable_folder(tmp_path):
    tmp_path.chmod(0o500)
    command = [*COMMAND, "simulate", GO_NOGO, *GOOD, "-o", tmp_path / "run.npz"]
    done = subprocess.run(
        unprivileged(*map(str, command)), capture_output=True, text=True, check=False, timeout=120
    )
    tmp_path.chmod(0o700)
    assert (done.returncode, "no permission" in done.stderr) == (2, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_screen_pipe_or_disk_is_no_traceback(tmp_path):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "info", GO_NOGO], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_interrupted_simulation_leaves_nothing(tmp_path):
    pytest.importorskip("termios")
    terminal, stderr = os.openpty()
    arguments = ["simulate", GO_NOGO, *GOOD, "--trials", "20000", "-o", "run.npz", "--plot", "out.png"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=tmp_path,
        env=environment,
    ) as process:
        os.close(stderr)
        screen, deadline = _read_until(terminal, b"/20000", seconds=60), time.monotonic() + 10
        process.send_signal(signal.SIGINT)
        screen += _read_until(terminal, b"interrupted", seconds=10)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        stdout = process.communicate(timeout=10)[0]
    os.close(terminal)
    assert process.returncode == 130
    assert stdout == b""
    assert b"Traceback" not in screen
    assert screen.rstrip().endswith(b"spiking: interrupted; no file was left half-written")
    assert list(tmp_path.iterdir()) == []


def _read_until(terminal: int, words: bytes, seconds: float) -> bytes:
    """Read what a process writes on its terminal, to the end of the line in which these words come."""
    screen, deadline = b"", time.monotonic() + seconds
    while words not in screen and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                screen += os.read(terminal, 65536)
            except OSError:  # the process has ended
                break
    return screen


def test_info_in_words():
    done = run("info", GO_NOGO)
    assert done.returncode == 0
    for fact in ("45 excitatory", "15 inhibitory (9 PV, 6 SST)", "spectral radius of W 3.49", "not tuned"):
        assert fact in done.stdout
    assert "task            not recorded; name it with --task" in done.stdout
    assert "suspicious      nothing" in done.stdout


def test_info_of_simulations(tmp_path):
    for name in ("run.h5", "run.npz"):
        light = ("--stimulate", "exc", "--units", "exc", "--window", 100, 300)
        done = run("simulate", "go-nogo", "--trials", 2, *light, "-o", name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    (tmp_path / "short.npz").write_bytes((tmp_path / "run.npz").read_bytes()[:-9])
    done = run("info", "run.h5", "run.npz", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    said = "  stimulation: exc (154 neurons), +0.5 mV at each step with probability 0.5, from 100 to 300 ms\n"
    first, second = done.stdout.split("run.npz (simulation)\n")
    assert first.startswith("run.h5 (simulation)\n  2 trials of 1000 ms, 200 neurons")
    for text in (first, second):
        assert said in text
        assert "  task            go-nogo (duration=1000" in text
        assert "  recorded        output, spikes, rates\n" in text
    rows = json.loads(run("info", "--json", "run.h5", "run.npz", cwd=tmp_path).stdout)
    assert [(row["kind"], row["trials"], row["seed"]) for row in rows] == [("simulation", 2, 1)] * 2
    checked = run("info", "--check", "run.h5", cwd=tmp_path)  # it is no model that other commands take
    assert (checked.returncode, checked.stdout) == (1, "unusable  run.h5\n")
    damaged = run("info", "short.npz", "run.h5", cwd=tmp_path)
    assert (damaged.returncode, damaged.stderr.count("\n")) == (2, 1)
    assert damaged.stdout.startswith("run.h5 (simulation)")


def test_info_of_several_files(tmp_path):
    broken = tmp_path / "broken.mat"
    broken.write_bytes(GO_NOGO.read_bytes()[:2000])
    done = run("info", GO_NOGO, broken, TWO_INPUTS)
    assert done.returncode == 2
    assert "sst.mat" in done.stdout
    assert "small.mat" in done.stdout
    assert done.stderr.count("\n") == 1
    assert "broken.mat" in done.stderr


def test_info_json(tmp_path):
    damaged = tmp_path / "damaged.mat"
    damaged.write_bytes(b"")
    done = run("info", "--json", GO_NOGO, damaged)
    good, bad = json.loads(done.stdout)
    assert good["usable"]
    assert (good["n_units"], good["populations"]["sst"], good["task"]) == (60, 6, None)
    assert (bad["usable"], bad["file"]) == (False, str(damaged))
    assert done.returncode == 2


def test_info_check(tmp_path):
    shutil.copy(GO_NOGO, tmp_path / "a.mat")
    good = run("info", "--check", tmp_path / "a.mat")
    assert (good.returncode, good.stderr) == (0, "")
    (tmp_path / "b.mat").write_bytes(b"")
    bad = run("info", "--check", tmp_path / "a.mat", tmp_path / "b.mat")
    assert bad.returncode == 1
    assert bad.stdout.split() == ["usable", str(tmp_path / "a.mat"), "unusable", str(tmp_path / "b.mat")]


def test_demo(tmp_path):
    done = run("demo", GO_NOGO, "--scaling-factor", 50, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^ +rate network +spiking network$", done.stdout, re.M)
    for title in ("correct", "sustained"):
        assert re.search(rf"^{title}: .* \(go\); .* \(nogo\)$", done.stdout, re.M)
        assert re.search(rf"^{title} +\d\.\d+ \(\d\.\d+ to \d\.\d+\) of 100 +\d\.\d+ \(", done.stdout, re.M)
    assert "95 % Wilson intervals; seed 1" in done.stdout
    assert "scaling factor 50: as given" in done.stdout
    assert "faithfulness in 100 trials: output " in done.stdout
    assert "\nGo and NoGo take turns, so that these are other trials than those of" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["demo.png"]


@pytest.mark.slow
def test_models_that_come_with_the_package(tmp_path):
    done = run("demo", cwd=tmp_path)
    rate, spiking = re.search(r"^correct +(\S+) \(.*?\) of 100 +(\S+) \(", done.stdout, re.M).groups()
    assert (rate, float(spiking) >= 0.95) == ("1.000", True)
    done = run("simulate", "xor", "--condition", "+-", "--trials", 3, "--seed", 1, cwd=tmp_path)
    assert "3 of 3 trials correct" in done.stdout
    assert "task" in run("info", "mante", cwd=tmp_path).stdout
    (tmp_path / "xor").mkdir()  # what is there comes first
    assert "folder" in run("info", "xor", cwd=tmp_path).stderr


@pytest.mark.slow
def test_demo_trains(tmp_path):
    assert re.search(r"^correct +1\.000 ", run("demo", "--train", cwd=tmp_path).stdout, re.M)

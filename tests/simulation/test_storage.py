"""Simulations on disk: what is saved is what was simulated, whatever happens while it is written."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import h5py
import killed_runs
import numpy as np
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from networks import pulse_input, random_network

from spiking import ArgumentError, Oscillation, Record, Simulation, Stimulation, UnitFraction, simulate, tasks
from spiking.files.digest import digest
from spiking.files.hdf5.guard import contents
from spiking.files.stored_array import StoredArray
from spiking.network.readout_refit import ReadoutRefit
from spiking.simulation.storage import stream as simulation_stream
from spiking.simulation.storage.hdf5 import identity_of

EVERYTHING = Record(
    spikes=True, filtered_rates=[5, 2], voltage=[0], currents=True, interval={"output": 1.0, "currents": 0.5}
)
ARRAYS = ("rates", "output", "filtered_rates", "voltage", "currents", "inputs", "trials")


@pytest.fixture(scope="module")
def network():
    return random_network(30, strength=3.0, bias=-39.0, n_outputs=2)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(simulation_stream, "_BLOCK_TRIALS", 3)


def assert_same(found, expected):
    for name in ARRAYS:
        a, b = getattr(found, name), getattr(expected, name)
        assert (a is None) == (b is None), name
        if a is not None:
            assert a.shape == b.shape
            assert a.dtype == b.dtype
            assert np.array_equal(a, b, equal_nan=True), name
    assert (found.spikes is None) == (expected.spikes is None)
    if expected.spikes is not None:
        assert np.array_equal(found.spikes.time, expected.spikes.time)
        for name in ("trial", "neuron", "step"):
            assert np.array_equal(getattr(found.spikes, name), getattr(expected.spikes, name)), name
        last = len(expected.trials) - 1
        assert np.array_equal(found.spike_matrix(last), expected.spike_matrix(last))
        for a, b in zip(found.spikes.of_trial(last), expected.spikes.of_trial(last), strict=True):
            assert np.array_equal(a, b)
    for name in ("seed", "n_steps", "time_step", "record", "conditions", "task"):
        assert getattr(found, name) == getattr(expected, name), name
    assert (found.correct is None) == (expected.correct is None)
    assert found.correct is None or np.array_equal(found.correct, expected.correct)
    assert str(found) == str(expected)


@pytest.mark.parametrize("record", [EVERYTHING, Record(), Record(output=False, spikes=[3, 1])])
def test_save_and_load(network, record, tmp_path):
    run = simulate(network, pulse_input(), seed=2**100, trials=[4, 9, 2], record=record)
    run.save(tmp_path / "run.h5")
    found = Simulation.load(tmp_path / "run.h5")
    assert_same(found, run)
    assert not found.unfinished
    assert [item.name for item in tmp_path.iterdir()] == ["run.h5"]
    found.save(tmp_path / "again.h5")  # from one file to the other, without memory
    assert (tmp_path / "again.h5").read_bytes() == (tmp_path / "run.h5").read_bytes()


@pytest.mark.parametrize("sparse", [False, True])
def test_the_network_comes_back(sparse, tmp_path):
    network = random_network(30, strength=3.0, sparse=sparse, noise=0.25, initial_voltage=range(-60, -30))
    refit = ReadoutRefit(task="xor", n_trials=9, seed=1, ridge=0.1, error_before=2.0, error_after=1.0)
    network = dataclasses.replace(
        network,
        offset=np.arange(30) / 10,
        readout_bias=np.array([0.5]),
        lesioned=(3, 7),
        readout_refit=refit,
    )
    run = simulate(network, pulse_input(), seed=1, record=Record(spikes=True))
    run.save(tmp_path / "run.h5")
    again = Simulation.load(tmp_path / "run.h5").network
    for name in ("params", "scaling_factor", "lesioned", "readout_refit"):
        assert getattr(again, name) == getattr(network, name), name
    assert list(again.populations) == list(network.populations)
    assert isinstance(again.weights, np.ndarray) != sparse
    assert digest(again) == digest(network)
    assert_same(simulate(again, pulse_input(), seed=1, record=Record(spikes=True)), run)


def test_flags_and_conditions_have_types_that_every_program_reads(tmp_path):
    network = random_network(10, n_inputs=1)
    run = simulate(network, tasks.get("go-nogo"), trials=3, seed=1)
    run.save(tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        assert file["trials/correct"].dtype == file["network/populations/exc"].dtype == np.uint8
        assert file["trials/condition"].dtype.kind == "S"
    dataclasses.replace(run, conditions=("gö", "no", "no")).save(tmp_path / "other.h5")
    for name, first in (("run.h5", run.conditions[0]), ("other.h5", "gö")):
        loaded = Simulation.load(tmp_path / name)
        assert loaded.conditions == (first, *loaded.conditions[1:])
        assert loaded.correct.dtype == loaded.network.populations["exc"].dtype == bool
        assert np.array_equal(loaded.correct, run.correct)


def test_neurons_that_were_recorded_come_back_by_number(network, tmp_path):
    record = Record(spikes="inh", voltage=UnitFraction(0.2, "exc"), filtered_rates=[3], interval=1.0)
    run = simulate(network, pulse_input(), seed=1, record=record)
    run.save(tmp_path / "run.h5")
    again = Simulation.load(tmp_path / "run.h5")
    for name in ("spikes", "voltage", "filtered_rates"):
        expected = record.neurons(name, network.populations)
        assert np.array_equal(again.record.neurons(name, network.populations), expected)
    assert np.array_equal(again.voltage, run.voltage)


def test_written_while_it_runs(network, small_blocks, tmp_path):
    inputs = np.stack([k * pulse_input() for k in range(8)])
    finished = []
    settings = {
        "seed": 5,
        "record": EVERYTHING,
        "stimulation": [Stimulation((0, 1), (10, 20)), Oscillation("exc", 1.0, 40.0)],
        "input_noise": 0.5,
        "input_interval": 10.0,
        "downsample": 2,
    }
    run = simulate(
        network, inputs, output_file=tmp_path / "run.h5", progress=finished.append, threads=1, **settings
    )
    assert_same(run, simulate(network, inputs, **settings))
    assert finished[-1] == 8
    assert finished == sorted(finished)
    assert [item.name for item in tmp_path.iterdir()] == ["run.h5"]
    before = (tmp_path / "run.h5").stat().st_mtime_ns
    simulate(network, inputs, output_file=tmp_path / "run.h5", **settings)  # nothing left to do
    assert (tmp_path / "run.h5").stat().st_mtime_ns == before


def test_a_task_in_memory_and_on_disk(small_blocks, tmp_path):
    task = tasks.get("go-nogo")
    network = random_network(20, strength=2.0)
    record = Record(interval=1.0)
    run = simulate(network, task, seed=3, trials=7, record=record)
    drawn = task.trials(7, seed=3)
    assert run.conditions == drawn.conditions
    assert run.task == "go-nogo"
    same = simulate(network, drawn.spiking_inputs, seed=3, record=record)
    assert np.array_equal(run.output, same.output)
    assert np.array_equal(run.correct, task.score(same.output[:, 0], same.time, drawn))
    assert_same(
        simulate(network, task, seed=3, trials=7, record=record, output_file=tmp_path / "run.h5"), run
    )
    some = simulate(network, task, seed=3, trials=[5, 2], record=record)
    assert np.array_equal(some.output, run.output[[5, 2]])
    assert some.conditions == (run.conditions[5], run.conditions[2])
    assert set(simulate(network, task, trials=4, condition="go").conditions) == {"go"}
    assert simulate(network, task, record=Record(output=False)).correct is None


def test_an_interrupted_run_goes_on(network, small_blocks, tmp_path):
    path = tmp_path / "run.h5"

    def stop(finished):
        if finished == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(network, pulse_input(), trials=8, record=EVERYTHING, output_file=path, progress=stop)
    left = Simulation.load(path)
    assert left.unfinished
    assert left.trials.tolist() == [0, 1, 2]
    assert_same(left, simulate(network, pulse_input(), seed=left.seed, trials=3, record=EVERYTHING))
    with pytest.raises(ArgumentError, match="unfinished run that differs in: record"):
        simulate(network, pulse_input(), trials=8, output_file=path)
    finished = []
    run = simulate(
        network, pulse_input(), trials=8, record=EVERYTHING, output_file=path, progress=finished.append
    )
    assert finished[:2] == [3, 4]  # the first three were there
    assert_same(run, simulate(network, pulse_input(), seed=left.seed, trials=8, record=EVERYTHING))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_killed_at_many_moments(tmp_path):
    done = subprocess.run(
        [sys.executable, killed_runs.__file__, tmp_path, "10", "3"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    facts = json.loads(done.stdout)
    assert facts["kills"] >= 13
    assert len({first for first, _ in facts["left"]}) >= 4  # before, between and after the blocks


@pytest.mark.slow
def test_memory_holds_a_block_not_a_run(tmp_path):
    if sys.platform == "win32":
        pytest.skip("measures memory as POSIX systems do")
    code = """if True:
        import sys
        from networks import pulse_input, random_network
        from peak_memory import peak_bytes
        from spiking import Record, simulate
        from spiking.simulation.storage import stream as simulation_stream
        simulation_stream._BLOCK_BYTES = 2**22
        network = random_network(200, n_outputs=1)
        peaks = []
        for trials in (10, 60):  # of 1.6 MB
            record = Record(spikes=True, filtered_rates=True, interval=1.0)
            run = simulate(network, pulse_input(201), seed=1, trials=trials, record=record,
                           output_file=f"{sys.argv[1]}/{trials}.h5", threads=1)
            str(run)
            peaks.append(peak_bytes())
        assert run.filtered_rates.nbytes == 60 * 200 * 1000 * 8
        print(*peaks)
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True, env=environment
    )
    few, many = map(int, done.stdout.split())
    assert many - few < 30e6  # the difference of the runs is 80 MB


def test_a_full_disk_leaves_the_finished_trials(tmp_path):
    pytest.importorskip("resource")
    code = """if True:
        import resource, signal, sys
        from networks import pulse_input, random_network
        from spiking import ArgumentError, Record, Simulation, simulate
        from spiking.simulation.storage import stream as simulation_stream
        simulation_stream._BLOCK_TRIALS = 2
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        path = sys.argv[1] + "/run.h5"
        def go():
            return simulate(random_network(20, strength=3.0), pulse_input(), seed=1, trials=8,
                            record=Record(voltage=True), output_file=path)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        for limit in (200_000, 1_000_000):  # a block does not fit; a block fits, but not the whole
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
            try:
                go()
            except ArgumentError as error:
                assert "could not be written" in str(error), error
                assert "File too large" in str(error), error
            else:
                raise AssertionError("it was written")
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        left = Simulation.load(path)
        assert left.unfinished and len(left.trials) == 8
        assert len(go().trials) == 8
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert [item.name for item in tmp_path.iterdir()] == ["run.h5"]


def spiking(folder, *arguments):
    """Run a process, whose blocks have their usual size."""
    command = [sys.executable, "-m", "spiking", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_command_line_goes_on_with_an_interrupted_run(tmp_path):
    command = ("simulate", "go-nogo", "--trials", "200", "--interval", "1", "-o", "run.h5")
    process = subprocess.Popen(
        [sys.executable, "-m", "spiking", *command],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("run.h5.parts/*.h5")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (130, "")
    assert errors == "spiking: interrupted; run the same command again to continue\n"
    left = Simulation.load(tmp_path / "run.h5")
    assert left.unfinished
    wrong = spiking(tmp_path, "simulate", "go-nogo", "-o", "run.txt")
    assert wrong.returncode == 2
    assert wrong.stderr.endswith("output is run.txt; expected a name that ends in .npz, .h5, .hdf5\n")
    other = spiking(tmp_path, *command, "--filtered-rates")
    assert (other.returncode, other.stderr.count("\n")) == (2, 1)
    assert "holds an unfinished run that differs in: record" in other.stderr
    done = spiking(tmp_path, *command)
    assert done.returncode == 0, done.stderr
    assert f"seed {left.seed}" in done.stdout
    run = Simulation.load(tmp_path / "run.h5")
    assert f"go-nogo: {run.correct.sum()} of 200 trials correct" in done.stdout
    assert len(run.trials) == 200


def test_two_runs_do_not_write_one_file(network, tmp_path):
    with (
        FileLock(tmp_path / "run.h5.parts.lock"),
        pytest.raises(ArgumentError, match="in use: another run is writing it"),
    ):
        simulate(network, pulse_input(), output_file=tmp_path / "run.h5")


def test_what_cannot_be_opened_or_written(network, tmp_path):
    (tmp_path / "text.h5").write_text("not what it is called")
    h5py.File(tmp_path / "other.h5", "w").close()
    whole = tmp_path / "run.h5"
    simulate(network, pulse_input(), seed=1).save(whole)
    (tmp_path / "cut.h5").write_bytes(whole.read_bytes()[:-2000])
    for name, words in (
        ("text.h5", "not a readable simulation"),
        ("cut.h5", "not a readable simulation"),
        ("other.h5", "not a simulation of this package"),
        ("nothing.h5", "no such file"),
        (".", "is a folder"),
    ):
        with pytest.raises(ArgumentError, match=words):
            Simulation.load(tmp_path / name)
        assert identity_of(tmp_path / name) is None
    with pytest.raises(ArgumentError, match="does not exist"):
        simulate(network, pulse_input(), output_file=tmp_path / "nowhere" / "run.h5")
    with pytest.raises(ArgumentError, match="does not exist"):
        simulate(network, pulse_input(), seed=1).save(tmp_path / "nowhere" / "run.h5")
    with pytest.raises(ArgumentError, match="condition is given without a task"):
        simulate(network, pulse_input(), condition="go")
    with pytest.raises(ArgumentError, match="outputs: 2"):
        simulate(network, tasks.get("go-nogo"), output_file=tmp_path / "run.h5")
    (tmp_path / "run.h5.parts").mkdir()
    (tmp_path / "run.h5.parts" / "mine.txt").write_text("precious")
    with pytest.raises(ArgumentError, match="is not from an unfinished run"):
        simulate(network, pulse_input(), output_file=tmp_path / "run.h5")
    assert (tmp_path / "run.h5.parts" / "mine.txt").read_text() == "precious"


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    whole = np.random.default_rng(0).standard_normal((11, 3, 4))
    paths = tuple(tmp_path_factory.mktemp("stored") / f"{k}.h5" for k in range(4))
    lengths = (4, 0, 5, 2)
    for path, part in zip(paths, np.split(whole, np.cumsum(lengths)[:-1]), strict=True):
        with h5py.File(path, "w") as file:
            file["x"] = part
    found = contents([str(path) for path in paths], ["x"], 2**20)
    return StoredArray("x", tuple(block.parts["x"] for block in found)), whole


numbers = st.integers(-11, 10)
first = st.one_of(
    numbers,
    st.slices(11),
    st.lists(numbers, max_size=5).map(lambda own: np.array(own, int)),
    st.lists(st.booleans(), min_size=11, max_size=11).map(np.array),
    st.just(None),
    st.just(Ellipsis),
)


@given(first, st.one_of(st.just(()), st.integers(0, 2).map(lambda k: (k,)), st.just((slice(1, 3),))))
def test_a_stored_array_is_indexed_like_an_array(stored, first, rest):
    lazy, whole = stored
    key = (first, *rest)
    assert np.array_equal(lazy[key], whole[key])


def test_a_stored_array_computes_like_an_array(stored):
    lazy, whole = stored
    for function in (np.median, np.shape, len, list, np.max, np.min, np.ndim):
        assert np.array_equal(function(lazy), function(whole))
    for function in (np.mean, np.sum):
        np.testing.assert_allclose(function(lazy), function(whole), rtol=1e-14)
    np.testing.assert_allclose(lazy.mean(axis=0), whole.mean(axis=0), rtol=1e-14)
    assert np.array_equal(lazy.max(axis=1), whole.max(axis=1))
    assert np.array_equal(2 * lazy + whole, 3 * whole)
    np.testing.assert_allclose(lazy @ whole[0].T, whole @ whole[0].T)
    assert np.array_equal(lazy[[0, 5], [1, 2]], whole[[0, 5], [1, 2]])
    assert np.array_equal(lazy.swapaxes(1, 2), whole.swapaxes(1, 2))
    with pytest.raises(IndexError):
        lazy[11]
    with pytest.raises(ValueError, match="makes a copy"):
        np.array(lazy, copy=False)
    with pytest.raises(TypeError):
        lazy[0] = 1

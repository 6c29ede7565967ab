"""Files that version 0.1.0 wrote are read as what they were; see `files_of_0_1_0/make.py` for how it did."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from every_field import differences

from spiking import ArgumentError, Conversion, RateModel, Record, Simulation, SpikingNetwork, sweep, tasks
from spiking.conversion.model_info import model_info
from spiking.conversion.recorded_conversion import tuned_conversion
from spiking.parallel.trial_journal import open_trials
from spiking.tuning.recorded_search import recorded_search

TASK = tasks.GoNoGo(duration=100.0, stimulus_onset=25.0, stimulus_duration=25.0, score_delay=25.0)


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(Path(__file__).with_name("files_of_0_1_0"), tmp_path / "files"))


@pytest.fixture
def expected(folder):
    with np.load(folder / "expected.npz") as file:
        return {**file, **json.loads((folder / "expected.json").read_text(encoding="utf-8"))}


def test_a_run(folder, expected):
    run = Simulation.load(folder / "run.h5")
    for name in ("rates", "output", "filtered_rates", "voltage", "currents"):
        np.testing.assert_allclose(getattr(run, name), expected[name], rtol=1e-12, err_msg=name)
    for name in ("trial", "neuron", "step"):
        np.testing.assert_array_equal(getattr(run.spikes, name), expected[name])
    assert len(run.spikes) == 362
    np.testing.assert_allclose(run.network.weights, expected["weights"], rtol=1e-12)
    assert (run.seed, run.trials.tolist(), run.n_steps, run.task) == (7, [4, 9, 2], 2000, "go-nogo")
    assert run.conditions == tuple(TASK.trials(1, seed=7, first=k).conditions[0] for k in (4, 9, 2))
    record = Record(spikes=range(8), filtered_rates=[1, 4], voltage=[0], currents=[2], interval=5.0)
    for name in ("spikes", "filtered_rates", "voltage", "currents"):
        own, numbers = (one.neurons(name, run.network.populations) for one in (run.record, record))
        np.testing.assert_array_equal(own, numbers)
    assert not run.unfinished
    own = Conversion.from_json(expected["conversion"])  # it was in the file, and was not read
    assert list(differences(run.network.conversion, own, "conversion")) == []


def test_arrays_of_a_run(folder, expected):
    with np.load(folder / "run.npz") as file:
        np.testing.assert_allclose(file["output"], expected["output"], rtol=1e-12)
        np.testing.assert_array_equal(file["spike_neuron"], expected["neuron"])
        np.testing.assert_allclose(file["spike_time"], (expected["step"] + 1) * 0.05, rtol=1e-12)
    with pytest.raises(ArgumentError, match=r"holds no network, as version 0\.1\.0 wrote such files"):
        Simulation.load(folder / "run.npz")


def test_an_unfinished_run(folder, expected):
    run = Simulation.load(folder / "half.h5")
    assert run.unfinished
    assert run.trials.tolist() == expected["half"]["trials"] == [0, 1, 2, 3]
    np.testing.assert_allclose(run.rates, expected["half"]["rates"], rtol=1e-12)
    assert run.network.conversion.kind == "one_offset"


@pytest.mark.parametrize("name", ["tuned_5.mat", "tuned_73.mat"])
def test_a_tuned_model(folder, expected, name):
    model, own = RateModel.load(folder / name), Conversion.from_json(expected["conversion"])
    assert list(differences(tuned_conversion(model), own, "conversion")) == []
    network = SpikingNetwork.from_rate(folder / name)
    np.testing.assert_allclose(network.weights, expected["weights"], rtol=1e-12)
    np.testing.assert_allclose(network.offset, expected["offset"], rtol=1e-12)
    found = recorded_search(model)
    assert (found.scaling_factor, found.details["seed"], found.fresh.trials) == (own.factor, 3, 4)
    assert "one_offset" in str(model_info(model))


def test_the_journal_of_a_sweep(folder, expected):
    path = folder / "sweep.journal"
    before = path.read_bytes()
    with open_trials(path, json.loads(before.splitlines()[0]), doing="reading") as journal:
        known = journal.known
    rows = expected["sweep"]
    assert len(known) == len(rows) == 2
    for row, values in zip(rows, known.values(), strict=True):
        assert sorted(values) == [0, 1, 2, 3]
        means = np.mean(list(values.values()), axis=0)
        names = ("accuracy", "rate", "rate_exc", "rate_inh")
        np.testing.assert_allclose(means[:4], [row[name] for name in names], rtol=1e-12)
    network, grid = SpikingNetwork.from_rate(folder / "tuned_5.mat"), {"refractory": [2.0, 10.0]}
    found = sweep(network, TASK, grid=grid, trials=4, seed=1, threads=1, journal=path)
    assert [row["correct"] for row in found.rows] == [row["correct"] for row in rows]
    np.testing.assert_allclose(
        [row["rate_hz"] for row in found.rows], [row["rate"] for row in rows], atol=5.0, rtol=0
    )
    assert path.read_bytes().startswith(before)  # nothing that it held is lost


def test_the_journal_of_a_search(folder):
    path = folder / "tuning.mat.tuning"
    header, *lines = path.read_bytes().splitlines()
    with open_trials(path, json.loads(header), doing="reading") as journal:
        known = journal.known
    assert len(known) == len(lines) == 12
    first = known["one_offset, gain 8, factor x 0.65"]
    np.testing.assert_allclose(first[2**20], [0.0, 0.2738756952675838], rtol=1e-12)
    assert RateModel.load(folder / "tuning.mat").n_units == 8

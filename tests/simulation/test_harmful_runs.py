"""Run files that are damaged or made to do harm: a sound simulation or an error of ours, and nothing else."""

from __future__ import annotations

import time

import harmful_runs
import numpy as np
import pytest
from fuzz_files import MAX_BYTES, MAX_SECONDS, fuzz
from networks import pulse_input, random_network

from spiking import ArgumentError, Record, Simulation, simulate, tasks
from spiking.simulation.storage import npz

TASK = tasks.GoNoGo(duration=50.0, stimulus_onset=10.0, stimulus_duration=10.0, score_delay=10.0)
EVERYTHING = Record(spikes=True, filtered_rates=[5, 2], voltage=[0], currents=True, interval={"output": 1.0})


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    run = simulate(random_network(30, strength=3.0, bias=-39.0), TASK, trials=4, seed=1, record=EVERYTHING)
    path = tmp_path_factory.mktemp("run") / "good.h5"
    run.save(path)
    return path


def test_the_good_file_is_sound(good):
    run = Simulation.load(good)
    assert len(run.spikes) > 100
    harmful_runs.use(run)


def outcome(path):
    start = time.perf_counter()
    try:
        harmful_runs.use(Simulation.load(path))
        said = "sound"
    except ArgumentError as error:
        said = str(error)
        assert str(path) in said
        assert "\n" not in said
    assert time.perf_counter() - start < 20
    return said


SOME = [*[*harmful_runs.ALTERED][::9], "external link to a pipe", "virtual dataset", "external storage"]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in SOME else pytest.mark.slow) for name in harmful_runs.ALTERED],
)
def test_altered_files(good, tmp_path, name):
    path = harmful_runs.altered(good, tmp_path / "run.h5", harmful_runs.ALTERED[name])
    assert outcome(path) != "sound"


def test_a_user_block(good, tmp_path):
    path = tmp_path / "run.h5"
    path.write_bytes(good.read_bytes())
    harmful_runs.user_block(path)
    assert "it begins with a user block" in outcome(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda steps: steps[:-1], "trial_steps has shape"),
        (lambda steps: -steps, "trial_steps has numbers that are not from 1"),
        (
            lambda steps: steps - (steps < steps.max()),
            "trial_steps has numbers that are not multiples of 100",
        ),
        (lambda steps: steps + 0.5, "trial_steps has shape .* and type float64"),
        (lambda steps: np.full_like(steps, 100), "after the end of their trial"),
    ],
)
@pytest.mark.parametrize("ending", ["h5", "npz"])
def test_damaged_lengths_of_trials(tmp_path, change, words, ending):
    inputs = [pulse_input()[:, :columns] for columns in (5, 11, 7)]
    network = random_network(30, strength=3.0, bias=-39.0)
    run = simulate(network, inputs, seed=1, record=Record(spikes=True, output=True))
    path = tmp_path / f"run.{ending}"
    if ending == "h5":
        run.save(path)
        harmful_runs.altered(path, tmp_path / "altered.h5", harmful_runs.data("trials/steps", change))
    else:
        npz.save(run, path, model="m.mat")
        arrays = dict(np.load(path))
        np.savez(tmp_path / "altered.npz", **arrays | {"trial_steps": change(arrays["trial_steps"])})
    with pytest.raises(ArgumentError, match=words):
        Simulation.load(tmp_path / f"altered.{ending}").spike_matrix(0)


@pytest.mark.parametrize("n_files", [6, pytest.param(150, marks=pytest.mark.slow)])
def test_files_with_random_damage(n_files):
    counts, longest, largest, _ = fuzz(n_files, 1, ["run", "run in .npz", "network"])
    assert {said for _, said in counts} <= {"sound", "SpikingError"}
    assert sum(counts.values()) == n_files
    assert longest < MAX_SECONDS
    assert largest < MAX_BYTES

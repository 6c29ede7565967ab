"""What `to_mat` writes, read by GNU Octave, which stands in for MATLAB: `make witnesses`."""

import subprocess

import numpy as np
import pytest
from pages import blocks

from spiking import Record, SpikingNetwork, datasets, export, simulate

N_TRIALS = 6


@pytest.fixture(scope="module")
def run():
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 35)
    record = Record(spikes=True, interval={"output": 1.0})
    return simulate(network, "go-nogo", seed=1, trials=N_TRIALS, record=record)


def octave(code, folder):
    done = subprocess.run(
        ["octave-cli", "--no-gui", "--quiet", "--eval", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_values_and_classes(run, tmp_path):
    neuron = int(np.argmax(run.rates.mean(axis=0)))
    export.to_mat(run, tmp_path / "run.mat")
    code = f"""
        load run.mat; s = simulation;
        assert(isstruct(s)); assert(iscell(s.spike_times)); assert(islogical(s.correct));
        assert(size(s.output), [{N_TRIALS} 1 1000]); assert(size(s.spike_times), [{N_TRIALS} 200]);
        assert(s.conditions{{1}}, '{run.conditions[0]}'); assert(s.scaling_factor, 35);
        x = s.spikes.time(s.spikes.trial == 3 & s.spikes.neuron == {neuron + 1});
        assert(x(:), s.spike_times{{3, {neuron + 1}}}(:));
        printf('%.17g ', x); printf('\\n%d %d', sum(s.network.populations.exc), s.parameters.refractory);
    """
    times, facts = octave(code, tmp_path).splitlines()
    neurons, expected = run.spikes.of_trial(2)
    assert [float(value) for value in times.split()] == expected[neurons == neuron].tolist()
    assert facts.split() == [str(run.network.populations["exc"].sum()), "2"]


def test_the_page_about_exports(run, tmp_path):
    (block,) = blocks("docs/export.md", "matlab")
    export.to_mat(run, tmp_path / "run.mat")
    assert "times =" in octave(block.code, tmp_path)

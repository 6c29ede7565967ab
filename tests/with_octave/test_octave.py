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
    lesioned = simulate(run.network.lesion([3]), "go-nogo", seed=1, trials=1, record=run.record)  # one trial
    export.to_mat(lesioned, tmp_path / "run.mat", force=True)
    shown = octave(block.code + "printf('\\n%d %.9f %d', best, average, numel(output));", tmp_path)
    best, average, samples = map(float, shown.splitlines()[-1].split())
    assert (best, samples) == (np.nanargmax(lesioned.rates[0]) + 1, 1000)
    assert average == pytest.approx(np.nanmean(lesioned.rates))


@pytest.mark.parametrize("trials", [1, 3])
def test_the_dimensions_of_hdf5_are_reversed(run, tmp_path, trials):
    part = simulate(run.network, "go-nogo", seed=1, trials=trials, record=run.record)
    part.save(tmp_path / "run.h5")
    code = (
        "h = load('run.h5'); x = permute(h.output, 3:-1:1); "
        "printf('%d %d %.17g', size(h.rates), x(end, 1, 7));"
    )
    n_neurons, n_trials, sample = map(float, octave(code, tmp_path).split())
    assert (n_neurons, n_trials) == (200, trials)
    assert sample == part.output[-1, 0, 6]


def test_octave_reads_the_whole_hdf5_file(run, tmp_path):
    run.save(tmp_path / "run.h5")
    code = """
        lastwarn(''); h = load('-hdf5', 'run.h5'); assert(lastwarn(), '');
        printf('%d ', h.trials.correct, h.trials.number, sum(h.network.populations.exc), h.spikes.first(end));
        printf('\\n%s', h.trials.condition.');
    """
    numbers, conditions = octave(code, tmp_path).split("\n")
    exc = int(run.network.populations["exc"].sum())
    expected = [*run.correct.astype(int), *run.trials, exc, len(run.spikes)]
    assert [int(number) for number in numbers.split()] == [int(number) for number in expected]
    width = max(map(len, run.conditions))
    assert conditions == "".join(name.ljust(width) for name in run.conditions)

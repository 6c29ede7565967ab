"""What the figures show: every spike in its population's row and colour, means, windows."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from spiking import ArgumentError, RateModel, Record, SpikingNetwork, plotting, simulate, tasks
from spiking.plotting.style import POPULATION_COLOURS

GO_NOGO = Path(__file__).parent / "golden" / "sst.mat"
TASK = tasks.GoNoGo()


@pytest.fixture(scope="module")
def model():
    return RateModel.load(GO_NOGO)


@pytest.fixture(scope="module")
def trials():
    return TASK.trials(8, seed=1)


@pytest.fixture(scope="module")
def run(model, trials):
    network = SpikingNetwork.from_rate(model, 50)
    return simulate(network, trials.spiking_inputs, seed=1, record=Record(spikes=True))


@pytest.fixture
def ax():
    return Figure().subplots()


def test_raster_shows_every_spike_by_population(run, ax):
    assert plotting.raster(run, 2, ax) is ax
    matrix = run.spike_matrix(2)
    lines = {to_hex(line.get_color()): line for line in ax.lines if line.get_marker() == "|"}
    top = 0
    for name in ("exc", "pv", "som"):
        mask = run.network.populations[name]
        line = lines[POPULATION_COLOURS[name].lower()]
        neuron, step = np.nonzero(matrix[mask])
        expected = sorted(zip((step + 1) * run.time_step, neuron + top + 0.5, strict=True))
        assert np.allclose(sorted(zip(*line.get_data(), strict=True)), expected)
        top += mask.sum()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["exc.\n(45)", "PV\n(9)", "SST\n(6)"]
    assert ax.get_ylim() == (60, 0)
    assert ax.get_xlim() == (0, 1000)


def test_output_shows_means_trials_and_windows(model, run, trials, ax):
    rate = model.run(trials.inputs, seed=1)
    assert plotting.output(run, ax, trials=trials, task=TASK, rate=rate) is ax
    thin = run.time.size // 1000
    for condition in ("go", "nogo"):
        members = [k for k, name in enumerate(trials.conditions) if name == condition]
        assert len(members) > 1
        (mean,) = (line for line in ax.lines if line.get_label() == condition)
        assert np.allclose(mean.get_ydata(), run.output[members, 0].mean(axis=0)[::thin])
        (dashed,) = (line for line in ax.lines if line.get_label() == f"{condition}, rate model")
        assert np.allclose(dashed.get_ydata(), rate.output[members, 0].mean(axis=0))
    assert sum(line.get_linewidth() == 0.3 for line in ax.lines) == len(trials)
    levels = [float(line.get_ydata()[0]) for line in ax.lines if line.get_linestyle() == ":"]
    assert sorted(levels) == [0.3, 0.7]
    assert [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches] == [(250, 375)]


def test_stimulus_is_what_is_on_for_a_while_only(ax):
    trials = tasks.ContextIntegration().trials(3, seed=0)
    plotting.shade_stimulus(ax, trials)
    assert [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches] == [(250, 1250)]


def test_overview_has_a_column_for_each_condition(run, trials):
    before = dict(mpl.rcParams)
    given = Figure()
    assert plotting.overview(run, trials=trials, task=TASK, figure=given) is given
    assert [ax.get_title() for ax in given.axes[:2]] == ["go", "nogo"]
    assert len(given.axes) == 6
    given.canvas.draw()
    assert dict(mpl.rcParams) == before


def test_overview_without_a_task(run):
    figure = plotting.overview(run, figure=Figure())
    assert len(figure.axes) == 2


def test_inputs_of_several_channels_are_stacked(ax):
    plotting.inputs(tasks.XOR().trials(1, seed=0), 0, ax)
    assert ax.get_yticks().tolist() == [0, 1]


def test_mistakes(run, trials, ax):
    bare = simulate(run.network, np.zeros((1, 3)), seed=0, record=Record(output=False))
    for call, words in (
        (lambda: plotting.raster(bare, ax=ax), "spikes were not recorded"),
        (lambda: plotting.raster(run, 8, ax), "trial is 8; expected 0 to 7"),
        (lambda: plotting.output(bare, ax), "output was not recorded"),
        (lambda: plotting.output(run, ax, channel=1), "channel is 1"),
        (lambda: plotting.output(run, ax, trials=TASK.trials(3, seed=0)), "trials has 3 trials"),
        (lambda: plotting.output(run, ax, trials=trials, conditions=["stop"]), "these trials have"),
    ):
        with pytest.raises(ArgumentError, match=words):
            call()

"""Trials of unequal length: each has the spikes, samples and rates that it has alone."""

import numpy as np
import pytest
from networks import pulse_input, random_network

from spiking import (
    ArgumentError,
    RandomDraws,
    RateModel,
    Record,
    Simulation,
    Smoothing,
    Stimulation,
    analysis,
    export,
    plotting,
    simulate,
    smoothed_rates,
    tasks,
)
from spiking.simulation import SharedNoise
from spiking.simulation.storage import npz

NETWORK = random_network(30, strength=2.0, readout_bias=0.5)
COLUMNS = (21, 6, 13, 6)
INPUTS = [pulse_input(columns) * (1 + k) for k, columns in enumerate(COLUMNS)]
NUMBERS = [3, 0, 7, 9]
EVERYTHING = Record(spikes=True, voltage=[1, 2], currents=[3], filtered_rates=True, interval={"voltage": 0.5})


def together(**options):
    return simulate(NETWORK, INPUTS, **{"trials": NUMBERS, "seed": 5, "record": EVERYTHING, **options})


@pytest.fixture(scope="module")
def run():
    return together()


@pytest.mark.filterwarnings("ignore:window is 5 to 40 ms; the trial ends")  # of the short ones, alone
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"threads": 1},
        {"downsample": 2},
        {"input_noise": 0.5},
        {"input_interval": 1.0},
        {"stimulation": Stimulation("exc", (5, 40), amplitude=2.0)},
        {"stimulation": Stimulation("all", (5, 40), coin="unit")},
        {"shared_noise": True},
    ],
    ids=str,
)
def test_each_trial_is_the_one_that_it_is_alone(options):
    options = {k: SharedNoise(5) if k == "shared_noise" else v for k, v in options.items()}
    run = together(**options)
    assert len(run.spikes) > 20
    for k, (number, u) in enumerate(zip(NUMBERS, INPUTS, strict=True)):
        alone = simulate(NETWORK, u, trials=[number], seed=5, record=EVERYTHING, **options)
        steps = alone.n_steps
        assert run.trial_steps[k] == steps
        assert run.durations[k] == alone.duration
        for found, expected in zip(run.spikes.of_trial(k), alone.spikes.of_trial(0), strict=True):
            assert np.array_equal(found, expected)
        assert np.array_equal(run.spike_matrix(k), alone.spike_matrix())
        assert np.array_equal(run.rates[k], alone.rates[0])
        for name in ("output", "voltage", "currents", "filtered_rates", "inputs"):
            found, expected = getattr(run, name)[k], getattr(alone, name)
            expected = expected[0] if expected.ndim == 3 else expected
            own = expected.shape[-1]
            assert np.array_equal(found[:, :own], expected), name
            assert np.isnan(found[:, own:]).all(), name
    longest = np.argmax(COLUMNS)
    assert run.n_steps == run.trial_steps[longest]
    assert not np.isnan(run.output[longest]).any()


def test_windows_are_questioned_by_the_longest_trial():
    together(stimulation=Stimulation("exc", (5, 40), amplitude=2.0))  # beyond some trials, not all
    end = 5 * (max(COLUMNS) - 1)
    with pytest.warns(UserWarning, match=f"the trial ends at {end} ms, so it has no effect"):
        together(stimulation=Stimulation("exc", (end + 5, end + 40), amplitude=2.0))


def test_replayed_numbers_are_those_of_each_trial():
    draws = [
        RandomDraws.from_seed(1, k, n_neurons=30, n_steps=100 * (columns - 1))
        for k, columns in enumerate(COLUMNS)
    ]
    run = together(trials=None, seed=None, draws=draws)
    for k, (draw, u) in enumerate(zip(draws, INPUTS, strict=True)):
        alone = simulate(NETWORK, u, draws=draw)
        assert np.array_equal(run.output[k, :, : alone.n_steps], alone.output[0])
    with pytest.raises(ArgumentError, match=r"draws.noise has shape \(500, 30\); expected \(2000, 30\)"):
        together(trials=None, seed=None, draws=draws[1:] + draws[:1])


def test_arrays_of_one_length_in_a_list_are_as_before():
    inputs = [pulse_input(6), pulse_input(6)]
    run, other = simulate(NETWORK, inputs), simulate(NETWORK, np.array(inputs))
    assert run.trial_steps is None
    assert run.duration == 25.0
    assert np.array_equal(run.durations, [25.0, 25.0])
    assert np.array_equal(run.output, other.output)


def test_what_it_says(run):
    text = str(run)
    assert text.startswith("4 trials of 25 to 100 ms, 30 neurons")
    assert "nan" not in text
    last = np.mean([run.output[k, 0, steps - 1] for k, steps in enumerate(run.trial_steps)])
    assert f"at the end {last:.3f} on average" in text


def test_files_keep_the_lengths(run, tmp_path):
    run.save(tmp_path / "run.h5")
    npz.save(run, tmp_path / "run.npz", model="m.mat")
    for name in ("run.h5", "run.npz"):
        loaded = Simulation.load(tmp_path / name)
        assert np.array_equal(loaded.trial_steps, run.trial_steps)
        assert loaded.n_steps == run.n_steps
        assert np.array_equal(np.asarray(loaded.output), run.output, equal_nan=True)
        assert np.array_equal(loaded.spike_matrix(1), run.spike_matrix(1))
        assert str(loaded) == str(run)


def test_what_is_of_a_trial_or_of_rates_takes_them(run):
    assert plotting.raster(run, 1).get_xlim()[1] == 25.0
    plotting.firing_rates(run)
    assert len(export.to_pandas(run, "spikes")) == len(run.spikes)
    assert len(export.to_pandas(run, "rates")) == run.rates.size


@pytest.mark.parametrize(
    "call",
    [
        lambda run, folder: run.duration,
        lambda run, folder: plotting.output(run),
        lambda run, folder: plotting.overview(run),
        lambda run, folder: smoothed_rates(run, Smoothing("gaussian", 5.0)),
        lambda run, folder: analysis.spike_counts(run),
        lambda run, folder: analysis.population_rates(run),
        lambda run, folder: analysis.interval_cv2(run),
        lambda run, folder: export.to_xarray(run),
        lambda run, folder: export.to_neo(run),
        lambda run, folder: export.to_pynapple(run),
        lambda run, folder: export.to_mat(run, folder / "run.mat"),
        lambda run, folder: export.to_nwb(run, folder / "run.nwb"),
    ],
)
def test_what_needs_one_length_says_so_in_one_line(call, run, tmp_path):
    with pytest.raises(
        ArgumentError, match="the trials last 25 to 100 ms; expected trials of one length"
    ) as e:
        call(run, tmp_path)
    assert "\n" not in str(e.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([np.ones((1, 5)), np.ones((2, 9))], r"inputs\[1\] has 2 rows"),
        ([np.ones((1, 5)), np.ones((1, 1))], r"inputs\[1\] has 1 columns"),
        ([np.ones((1, 5)), np.full((1, 9), np.nan)], r"inputs\[1\]\[0, 0\] is nan"),
        ([np.ones(5), np.ones(9)], r"inputs\[0\] has shape \(5,\); expected \(1, columns\)"),
        ([np.ones((1, 5)), np.ones((2, 1, 9))], r"inputs\[1\] has shape \(2, 1, 9\)"),
        ([[[1, 2]], [[1, 2, 3]]], "parts of unequal length"),
        ([np.ones((1, 5)), "pulse"], "inputs is not"),
    ],
)
def test_what_are_no_trials_is_named(inputs, message):
    with pytest.raises(ArgumentError, match=message):
        simulate(NETWORK, inputs)


def test_where_trials_have_one_length(tmp_path):
    with pytest.raises(ArgumentError, match=r"unequal length; expected one length with output_file; .*save"):
        together(output_file=tmp_path / "run.h5")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ArgumentError, match="inputs is for 4 trials; expected 3"):
        together(trials=3)
    with pytest.raises(ArgumentError, match="parts of unequal length"):
        tasks.from_inputs(INPUTS)
    with pytest.raises(ArgumentError, match="parts of unequal length"):
        RateModel.load("go-nogo").run(INPUTS)


def test_freezing_weighs_trials_by_their_duration():
    frozen = NETWORK.freeze(INPUTS, seed=5)
    rates = simulate(NETWORK, INPUTS, seed=5)
    mean = rates.durations @ rates.rates / rates.durations.sum()
    assert np.allclose(frozen.offset - NETWORK.offset, NETWORK.dense_weights @ mean)

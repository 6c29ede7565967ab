"""Faithfulness of a conversion, against closed forms."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from models import model_mapping

from spiking import ArgumentError, RateModel, SpikingNetwork, analysis, datasets, evaluate, tasks
from spiking.analysis.faithfulness import faithfulness_of
from spiking.analysis.faithfulness.intervals import condition_averages, single_trials
from spiking.evaluation import run_both
from spiking.simulation.result import Spikes

LATE = slice(9, None)  # samples from 50 ms on: they are every 5 ms, from 5 ms on
STEPS = 100  # of a sample


@pytest.fixture(scope="module")
def model():
    return datasets.load("go-nogo-sigmoid")


@pytest.fixture(scope="module")
def both(model):
    return run_both(model, trials=8, seed=3)


@pytest.fixture(scope="module")
def quiet(model, both):
    """Output and activity of the rate network without noise, every 5 ms."""
    run = model.run(both.trials.inputs, noise=0.0)
    return run.output[:, :, 1:], run.rates[:, :, 1:]


def replaced(both, output, activity, **changes):
    """Trials with this output and activity of the spiking network, every 5 ms, in place of its own."""
    run = both.spiking
    held = np.repeat(output, STEPS, axis=-1)
    missing = run.output.shape[-1] - held.shape[-1]
    held = np.concatenate([held, np.repeat(held[:, :, -1:], missing, axis=-1)], axis=-1)
    filtered = run.filtered_rates.copy()
    filtered[:, :, : activity.shape[-1]] = run.network.scaling_factor * activity
    spiking = dataclasses.replace(run, output=held, filtered_rates=filtered, **changes)
    return dataclasses.replace(both, spiking=spiking)


def test_equal_networks_are_perfect(both, quiet):
    result = faithfulness_of(replaced(both, *quiet))
    assert (result.output_r2, result.mean_output_r2, result.population_r2, result.unit_r2) == pytest.approx(
        (1, 1, 1, 1)
    )
    assert (result.output_nrmse, result.mean_output_nrmse) == pytest.approx((0, 0), abs=1e-6)
    assert (result.slope, result.peak_ratio) == pytest.approx((1, 1))
    assert (result.unit_correlation, result.selectivity_correlation) == pytest.approx((1, 1))


def test_a_stronger_output_and_activity(both, quiet):
    output, activity = quiet
    result = faithfulness_of(replaced(both, 1.5 * output, 1.5 * activity))
    assert (result.slope, result.peak_ratio) == pytest.approx((1.5, 1.5))
    late = output[:, :, LATE]
    expected = 0.5 * np.sqrt(np.mean(late**2)) / late.std()
    assert result.output_nrmse == pytest.approx(expected)
    assert result.output_r2 == pytest.approx(1 - expected**2)
    means = np.array([*analysis.condition_means(activity[:, :, LATE], both.trials.conditions).values()])
    assert result.population_r2 == pytest.approx(1 - 0.25 * np.mean(means**2) / means.var())
    within = np.mean(means.var(axis=(0, 2)))
    assert result.unit_r2 == pytest.approx(1 - 0.25 * np.mean(means**2) / within)
    assert (result.unit_correlation, result.selectivity_correlation) == pytest.approx((1, 1))


def test_the_constant_mean_has_an_r2_of_0(both, quiet):
    output, activity = quiet
    constant = np.full_like(output, output[:, :, LATE].mean())
    result = faithfulness_of(replaced(both, constant, activity))
    assert (result.output_r2, result.output_nrmse) == pytest.approx((0, 1))


def test_only_times_from_50_ms_on_count(both, quiet):
    output, activity = (values.copy() for values in quiet)
    output[:, :, : LATE.start] += 7
    activity[:, :, : LATE.start] += 7
    result = faithfulness_of(replaced(both, output, activity))
    assert (result.output_r2, result.population_r2) == pytest.approx((1, 1))


def test_conditions_that_are_exchanged_reverse_the_selectivity(both, quiet):
    assert both.trials.conditions == ("go", "nogo") * 4
    output, activity = quiet
    exchanged = np.arange(8).reshape(4, 2)[:, ::-1].ravel()
    result = faithfulness_of(replaced(both, output[exchanged], activity[exchanged]))
    assert result.selectivity_correlation == pytest.approx(-1)
    assert result.mean_output_r2 < 0


def test_noise_of_single_trials_leaves_the_means(both, quiet):
    output, activity = quiet
    sign = np.repeat([1.0, -1.0], 2)[np.arange(8) % 4][:, np.newaxis, np.newaxis]  # cancels in each condition
    result = faithfulness_of(replaced(both, output + 0.1 * sign, activity + 0.1 * sign))
    assert result.output_nrmse == pytest.approx(0.1 / output[:, :, LATE].std())
    assert (result.mean_output_r2, result.population_r2) == pytest.approx((1, 1))


def test_intervals_are_those_of_the_trials(both, quiet):
    """A bootstrap written out, with the same resampled trials; equal networks have an interval of 1."""
    perfect = faithfulness_of(replaced(both, *quiet))
    assert perfect.output_r2_interval == pytest.approx((1, 1))
    assert perfect.mean_output_r2_interval == pytest.approx((1, 1))
    result = faithfulness_of(both)
    expected = quiet[0][:, :, LATE]
    sampled = np.searchsorted(both.spiking.time, both.activity_time - 1e-6)
    observed = both.spiking.output[:, :, sampled][:, :, LATE]

    def r2(expected, observed):
        return 1 - np.sum((observed - expected) ** 2) / np.sum((expected - expected.mean()) ** 2)

    rng = np.random.default_rng(5)
    single = [r2(expected[k], observed[k]) for k in rng.integers(8, size=(4000, 8))]
    pairs = 2 * rng.integers(4, size=(4000, 2, 4)) + np.array([0, 1])[:, np.newaxis]  # go, nogo, go, ...
    means = [r2(expected[k].mean(axis=1), observed[k].mean(axis=1)) for k in pairs]
    for found, value, values in (
        (result.output_r2_interval, result.output_r2, single),
        (result.mean_output_r2_interval, result.mean_output_r2, means),
    ):
        low, high = value + np.quantile(values, (0.025, 0.975)) - np.median(values)
        wide = high - low
        assert wide > 0.001
        assert found == pytest.approx((low, min(high, 1)), abs=0.15 * wide)
        assert found[0] < value < found[1] <= 1


def test_intervals_of_a_bad_conversion_in_few_trials_stay_below_1():
    rng = np.random.default_rng(1)
    expected = rng.standard_normal((10, 1, 50))
    observed = expected + rng.lognormal(0.5, 1.0, (10, 1, 1)) * rng.standard_normal((10, 1, 50))
    unexplained = np.sum((observed - expected) ** 2, axis=(1, 2)) / np.sum(expected**2, axis=(1, 2))
    low, high = single_trials(expected, observed, seed=1)
    assert low < 1 - unexplained.mean() < high < 1


def test_an_interval_contains_its_estimate_and_holds_other_trials():
    """Means of few noisy trials, in which R2 of resampled trials is lower than R2 of the trials."""
    rng, expected = np.random.default_rng(1), np.repeat([[[1.0] * 20], [[-1.0] * 20]], 10, axis=0)
    conditions = ["go"] * 10 + ["nogo"] * 10

    def observed():
        return expected + 0.5 + rng.normal(0, 1.5, (20, 1, 1)) + rng.normal(0, 0.5, (20, 1, 20))

    def r2(output):
        means = [output[:10].mean(axis=0) - 1, output[10:].mean(axis=0) + 1]
        return 1 - np.mean(np.square(means))

    typical, held = np.median([r2(observed()) for _ in range(2000)]), []
    for seed in range(100):
        output = observed()
        low, high = condition_averages(expected, output, conditions, seed)
        assert low < r2(output) < high <= 1
        held.append(low < typical < high)
    assert np.mean(held) > 0.9


def test_one_trial_has_no_interval(model):
    result = analysis.faithfulness(model, trials=1)
    assert np.isnan([*result.output_r2_interval, *result.mean_output_r2_interval]).all()
    assert result.as_json()["output_r2_interval"] == [None, None]
    assert "interval" not in str(result)


def test_clocks_and_silence(both, quiet):
    n, step = both.model.n_units, both.spiking.time_step
    trial, neuron, time = (
        grid.ravel()
        for grid in np.meshgrid(np.arange(8), np.arange(n), np.arange(10, 1000, 20), indexing="ij")
    )
    order = np.lexsort((neuron, time, trial))
    parts = trial, neuron, np.round(time / step)
    clock = Spikes(*(part[order].astype(np.int32) for part in parts), step)
    rates = np.full_like(both.spiking.rates, 50.0)
    result = faithfulness_of(replaced(both, *quiet, spikes=clock, rates=rates))
    assert (result.cv2, result.fano) == pytest.approx((0, 0), abs=1e-9)
    assert (result.mean_rate, result.high_rate) == (50, 50)
    none = Spikes(*(np.zeros(0, np.int32),) * 3, step)
    result = faithfulness_of(replaced(both, *quiet, spikes=none, rates=0 * rates))
    assert np.isnan([result.cv2, result.fano, result.unit_correlation]).all()
    assert result.as_json()["cv2"] is None
    assert "CV2 -" in str(result)


def test_the_fano_factor_is_within_conditions(both, quiet):
    """Go trials have 1 or 3 spikes, NoGo trials 10: variance 4/3 over a mean of 2, and 0."""
    step, trial, time = both.spiking.time_step, [], []
    for k, count in enumerate([1, 10, 3, 10, 1, 10, 3, 10]):
        trial += [k] * count
        time += [round((100 + 10 * j) / step) for j in range(count)]
    parts = trial, [0] * len(trial), time
    spikes = Spikes(*(np.array(part, np.int32) for part in parts), step)
    result = faithfulness_of(replaced(both, *quiet, spikes=spikes))
    assert result.fano == pytest.approx((4 / 3 / 2 + 0) / 2)


def test_trials_are_those_of_evaluate(model):
    network = SpikingNetwork.from_rate(model, scaling_factor=40)
    result = analysis.faithfulness(model, network, trials=12, seed=4)
    assert result.spiking == evaluate(network, "go-nogo", 12, seed=4).score
    assert result.rate == evaluate(model, trials=12, seed=4).score
    assert (result.scaling_factor, result.conversion, result.seed) == (40, "published", 4)
    assert json.loads(json.dumps(result.as_json(), allow_nan=False))["spiking"]["trials"] == 12
    assert str(result).count("\n") == 0
    assert analysis.faithfulness(model, network, tasks.GoNoGo(), trials=12, seed=4, threads=1) == result
    assert result != analysis.faithfulness(model, trials=12, seed=4)


def test_the_published_conversion_overshoots(model):
    """Of the shipped Go-NoGo model: every trial is correct, and the output is twice too large."""
    result = analysis.faithfulness(model, trials=24)
    assert result.spiking.accuracy > 0.9
    assert result.output_r2 < 0
    assert result.peak_ratio > 2


def test_what_cannot_be_compared(model):
    other = SpikingNetwork.from_rate(RateModel.load(model_mapping(60)), scaling_factor=30)
    with pytest.raises(ArgumentError, match=r"network has \(units, inputs, outputs\) \(60, "):
        analysis.faithfulness(model, other, trials=2)
    with pytest.raises(ArgumentError, match="activity=True"):
        faithfulness_of(run_both(model, trials=1, activity=False))


def test_trials_shorter_than_50_ms_are_compared_at_all_times(both, quiet):
    early = dataclasses.replace(both.rate, output=both.rate.output[:, :, :8], rates=both.rate.rates[:, :, :8])
    short = dataclasses.replace(both.trials, inputs=both.trials.inputs[:, :, :8])
    result = faithfulness_of(dataclasses.replace(replaced(both, *quiet), rate=early, trials=short))
    assert (result.output_r2, result.population_r2) == pytest.approx((1, 1))


def test_a_network_of_lesioned_units_fires_at_0_hz(model):
    network = SpikingNetwork.from_rate(model).lesion("all")
    result = analysis.faithfulness(model, network, trials=4)
    assert (result.mean_rate, result.high_rate) == (0.0, 0.0)
    assert "; 0.0 Hz, medians of the neurons from 50 ms on: CV2 -, Fano factor" in str(result)
    assert "nan" not in str(result)
    assert result.as_json()["rate_hz"] == 0.0


def test_digits_of_a_hopeless_network_are_left_out(both):
    result = dataclasses.replace(
        faithfulness_of(both), output_r2=-4e8, output_r2_interval=(-9e8, -3e8), peak_ratio=12229.5
    )
    assert str(result).startswith(
        "output over 100 times the rate network's at its peak, R2 below -10, of the"
    )

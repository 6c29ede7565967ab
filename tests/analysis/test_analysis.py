"""Measures against closed forms, and against the libraries of the field."""

from __future__ import annotations

import dataclasses

import elephant.conversion
import elephant.spike_train_correlation
import elephant.statistics
import neo
import numpy as np
import pytest
import quantities as pq
from models import model_mapping
from networks import pulse_input, random_network
from scipy.stats import beta, norm

from spiking import (
    ArgumentError,
    Conversion,
    RateModel,
    Record,
    analysis,
    datasets,
    fit_conversion,
    simulate,
    tasks,
)
from spiking.evaluation.both_networks import run_both
from spiking.evaluation.recurrent_drive import drive_slope
from spiking.simulation.result import Spikes

RNG = np.random.default_rng(20190924)


def made_of(intervals, trials, n_neurons, columns=401):
    """A simulation whose spikes are those of a renewal process; `intervals(n)` draws n intervals in ms."""
    run = simulate(
        random_network(n_neurons), pulse_input(columns), trials=trials, seed=0, record=Record(spikes=True)
    )
    trial, neuron, step = [], [], []
    for k in range(trials):
        for i in range(n_neurons):
            # From long before the trial on: the process is in equilibrium, so rates are constant.
            times = np.cumsum(intervals(int(run.duration / 5))) - 1000
            own = np.floor(times[(times >= 0) & (times < run.duration)] / run.time_step).astype(np.int32)
            step.append(own)
            trial.append(np.full(own.size, k, np.int32))
            neuron.append(np.full(own.size, i, np.int32))
    parts = [np.concatenate(part) for part in (trial, neuron, step)]
    order = np.lexsort((parts[1], parts[2], parts[0]))
    spikes = Spikes(*(part[order] for part in parts), run.time_step)
    return dataclasses.replace(run, spikes=spikes)


@pytest.fixture(scope="module")
def poisson():
    return made_of(lambda n: RNG.exponential(25, n), trials=100, n_neurons=20)


@pytest.fixture(scope="module")
def run():
    return simulate(random_network(), pulse_input(201), trials=6, seed=1, record=Record(spikes=True))


def test_poisson_process(poisson):
    fano = analysis.fano_factor(poisson, window=(500, 1500))
    # Its standard error over 20 neurons is sqrt(2 / 99 / 20) = 0.032; expected is 1 - 1/100.
    assert fano.mean() == pytest.approx(0.99, abs=0.1)
    assert analysis.interval_cv(poisson).mean() == pytest.approx(1, abs=0.03)
    assert analysis.interval_cv2(poisson).mean() == pytest.approx(1, abs=0.02)
    correlations = analysis.count_correlations(analysis.spike_counts(poisson, 50))
    assert np.abs(correlations - np.eye(20)).max() < 0.1
    rates = analysis.population_rates(poisson, 100)
    assert rates["exc"].shape == (100, 20)
    assert rates["exc"].mean() == pytest.approx(40, rel=0.02)


def test_gamma_process():
    regular = made_of(lambda n: RNG.gamma(4, 25 / 4, n), trials=50, n_neurons=10)
    # Intervals within a window of 2 s miss the longest ones, so that the CV is slightly below 1/sqrt(4).
    assert analysis.interval_cv(regular).mean() == pytest.approx(0.5, abs=0.02)
    assert analysis.fano_factor(regular).mean() == pytest.approx(0.25, abs=0.06)  # its limit is CV^2
    # I1 / (I1 + I2) has a beta distribution.
    assert analysis.interval_cv2(regular).mean() == pytest.approx(
        beta(4, 4).expect(lambda x: 2 * abs(2 * x - 1)), abs=0.02
    )


def test_cv2_is_that_of_elephant(run):
    own = analysis.interval_cv2(run, members=[2], least=2)
    matrix = run.spike_matrix(2)
    matrix[:, :9] = 0  # from initial voltages
    for neuron in np.flatnonzero(matrix.sum(axis=1) > 3):
        expected = elephant.statistics.cv2(np.diff(np.flatnonzero(matrix[neuron])))
        assert own[neuron] == pytest.approx(expected)
    assert np.isnan(own[matrix.sum(axis=1) < 4]).all()
    assert (own[matrix.sum(axis=1) > 3] > 0).any()


def test_counts_are_those_of_the_spike_matrix(run):
    counts = analysis.spike_counts(run, 10, window=(100, 305))
    steps = round(10 / run.time_step)
    for k in range(len(run.trials)):
        matrix = run.spike_matrix(k)[:, round(100 / run.time_step) :]
        expected = matrix[:, : 20 * steps].reshape(len(matrix), 20, steps).sum(axis=2)
        assert np.array_equal(counts[k], expected)
    assert analysis.spike_counts(run).sum() == (run.spikes.step >= 9).sum() < len(run.spikes)
    # whole trials have the counts of the published rates
    np.testing.assert_allclose(analysis.spike_counts(run)[:, :, 0], run.rates * run.duration / 1000)
    silent = dataclasses.replace(run, spikes=Spikes(*(np.empty(0, np.int32),) * 3, run.time_step))
    assert np.isnan(analysis.fano_factor(silent)).all()
    assert np.isnan(analysis.interval_cv(silent)).all()
    assert np.isnan(analysis.interval_cv2(silent)).all()
    assert analysis.spike_counts(silent, 10).sum() == 0


def test_no_measure_counts_the_spikes_of_initial_voltages(run):
    initial = run.spikes.initial
    assert run.spikes.n_initial == initial.sum() > 20
    assert run.spikes.time[initial].max() <= 0.45 + 1e-9  # ms
    parts = (getattr(run.spikes, name)[~initial] for name in ("trial", "neuron", "step"))
    without = dataclasses.replace(run, spikes=Spikes(*parts, run.time_step))
    for measure in (
        *(analysis.spike_counts, analysis.fano_factor, analysis.interval_cv, analysis.interval_cv2),
        lambda one: analysis.population_rates(one)["exc"],
    ):
        np.testing.assert_array_equal(measure(run), measure(without))
    assert f"spikes recorded, {initial.sum()} of them in the first 9 steps" in str(run)
    assert str(without).splitlines()[2] == f"{len(without.spikes)} spikes recorded"


@pytest.mark.filterwarnings("ignore:The 'copy' argument in Quantity")  # Elephant's own use of it
def test_correlations_are_those_of_elephant(run):
    matrix = run.spike_matrix(2)
    matrix[:, :9] = 0  # from initial voltages
    active = matrix.any(axis=1)
    trains = [
        neo.SpikeTrain(np.flatnonzero(row) * run.time_step, t_stop=run.duration, units="ms")
        for row in matrix[active]
    ]
    binned = elephant.conversion.BinnedSpikeTrain(trains, bin_size=20 * pq.ms)
    expected = elephant.spike_train_correlation.correlation_coefficient(binned)
    found = analysis.count_correlations(analysis.spike_counts(run, 20)[2:3])
    assert 5 < active.sum() < active.size
    assert np.allclose(found[np.ix_(active, active)], expected)
    assert np.isnan(found[~active]).all()


def test_noise_correlations_leave_the_stimulus_out():
    conditions = ["a", "b"] * 200
    shared = RNG.standard_normal((400, 1, 5))
    counts = shared + RNG.standard_normal((400, 3, 5)) + 10 * (np.array(conditions) == "a")[:, None, None]
    assert analysis.count_correlations(counts)[0, 1] > 0.95
    assert analysis.count_correlations(counts, conditions)[0, 1] == pytest.approx(0.5, abs=0.06)


def test_time_scale_of_an_autoregressive_process():
    bin_width, true = 10.0, np.array([20.0, 50.0, 100.0])
    phi = np.exp(-bin_width / true)[:, np.newaxis]
    x = np.empty((2000, 3, 60))
    x[:, :, :1] = RNG.standard_normal((2000, 3, 1))
    for t in range(1, 60):
        x[:, :, t : t + 1] = phi * x[:, :, t - 1 : t] + np.sqrt(1 - phi**2) * RNG.standard_normal(
            (2000, 3, 1)
        )
    x += 100 * np.sin(np.arange(60))  # the same in all trials: it is no memory
    correlation = analysis.autocorrelation(x)
    assert np.allclose(correlation, phi ** np.arange(31), atol=0.03)
    assert analysis.time_scale(correlation, bin_width) == pytest.approx(true, rel=0.12)
    with_noise = x + RNG.standard_normal(x.shape)  # white: it lowers the curve from lag 1 on, not tau
    found = analysis.time_scale(analysis.autocorrelation(with_noise), bin_width)
    assert found == pytest.approx(true, rel=0.2)
    assert np.isnan(analysis.time_scale(np.full(8, np.nan), 10.0))
    assert np.isnan(analysis.time_scale(np.ones(8), 10.0))
    for tau, known in ((5.0, False), (15.0, True), (60.0, True), (80.0, False), (400.0, False)):
        curve = 0.8 * np.exp(-10.0 * np.arange(8) / tau)  # lags to 70 ms, bins of 10 ms
        found = analysis.time_scale(curve, 10.0)
        assert found == pytest.approx(tau, rel=1e-3) if known else np.isnan(found)


def test_principal_components_of_a_known_plane():
    axes = np.linalg.qr(RNG.standard_normal((10, 2)))[0]
    time = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    activity = axes @ np.array([3 * np.cos(time), np.sin(time)]) + 5
    found = analysis.principal_components(activity, 2)
    assert np.allclose(np.abs(found.components @ axes), np.eye(2), atol=1e-9)
    assert np.allclose(found.explained, [0.9, 0.1])
    mirrored = dataclasses.replace(found, components=-found.components)
    assert np.allclose(mirrored.signed_like(found).components, found.components)


def test_targeted_axes_find_planted_ones():
    names, samples, trials = ("choice", "motion", "color", "context"), 30, 240
    planted = np.linalg.qr(RNG.standard_normal((40, 4)))[0].T
    variables = {name: RNG.choice([-1.0, 1.0], trials) for name in names}
    course = np.array([np.exp(-((np.arange(samples) - peak) ** 2) / 30) for peak in (25, 8, 12, 18)])
    activity = np.einsum("vk,vi,vt->kit", np.array(list(variables.values())), planted, course)
    activity = 3 + activity + 0.1 * RNG.standard_normal(activity.shape)
    conditions = ["".join("+" if v[k] > 0 else "-" for v in variables.values()) for k in range(trials)]
    found = analysis.targeted_axes(activity, variables, conditions)
    assert found.names == names
    assert np.allclose(found.axes @ found.axes.T, np.eye(4), atol=1e-12)
    assert np.abs(found.peak - [25, 8, 12, 18]).max() <= 1
    planted_scaled = planted / found.scale
    planted_scaled /= np.linalg.norm(planted_scaled, axis=1, keepdims=True)
    assert (np.sum(found.axes * planted_scaled, axis=1) > 0.9).all()
    along = found.project(activity)
    up = variables["choice"] > 0
    difference = along[up].mean(axis=0) - along[~up].mean(axis=0)
    assert difference[0, 25] > 5 * np.abs(difference[1:, 25]).max()
    with pytest.raises(ArgumentError, match="linearly independent ones"):
        analysis.targeted_axes(activity, {"a": variables["choice"], "b": -variables["choice"]}, conditions)


def test_selectivity_of_normal_activity():
    first = np.arange(4000) < 2000
    distance = np.array([0.0, 0.5, 2.0, -1.0])
    activity = RNG.standard_normal((4000, 4)) + first[:, np.newaxis] * distance
    found = analysis.selectivity(activity, first)
    assert found.auc == pytest.approx(norm.cdf(distance / np.sqrt(2)), abs=0.02)
    assert (found.p_value[1:] < 1e-10).all()
    assert found.p_value[0] > 0.001
    constant = analysis.selectivity(np.ones((4000, 1)), first)
    assert (constant.auc, constant.p_value) == (0.5, 1.0)


def test_stable_and_dynamic_codes():
    conditions = ["a", "b"] * 20
    sign = np.where(np.array(conditions) == "a", 1.0, -1.0)[:, np.newaxis, np.newaxis]
    fixed, moving = RNG.standard_normal((50, 1)), RNG.standard_normal((50, 8))
    noise = 0.3 * RNG.standard_normal((40, 50, 8))
    stable = analysis.cross_temporal_discriminability(sign * fixed + noise, conditions, seed=1)
    dynamic = analysis.cross_temporal_discriminability(sign * moving + noise, conditions, seed=1)
    away = ~np.eye(8, dtype=bool)
    assert stable[away].mean() == pytest.approx(np.diag(stable).mean(), rel=0.05)
    assert np.diag(dynamic).mean() > 2
    assert np.abs(dynamic[away]).mean() < 0.2
    # Differences of means of 10 trials: signal 2 fixed, noise 0.3 sqrt(2/10); correlation from both.
    spread = 4 * fixed.var()
    expected = np.arctanh(spread / (spread + 0.09 * 2 / 10))
    assert np.diag(stable).mean() == pytest.approx(expected, rel=0.1)
    again = analysis.cross_temporal_discriminability(sign * fixed + noise, conditions, seed=1)
    np.testing.assert_allclose(again, stable)
    nothing = analysis.cross_temporal_discriminability(noise, conditions, seed=1)
    assert np.abs(nothing).mean() < 0.25


def test_agreement():
    x = RNG.standard_normal((4, 100))
    same = analysis.agreement(x, x)
    assert (same.slope, same.error, same.correlation) == pytest.approx((1, 0, 1))
    half = analysis.agreement(x, 0.5 * x)
    assert (half.slope, half.error, half.correlation) == pytest.approx((0.5, 0.5, 1))
    assert np.isnan(analysis.agreement(np.zeros(3), np.ones(3)).slope)


def test_conversion_quality_is_that_of_the_search():
    model, task = datasets.load("go-nogo-sigmoid"), tasks.GoNoGo()
    both = run_both(model, task, 4, seed=5, balanced=False)
    quality = analysis.conversion_quality(both)
    slope, error = drive_slope(model, task, quality.scaling_factor, seed=5, numbers=range(4))
    assert (quality.matching_factor, quality.drive.error) == pytest.approx((slope, error))
    assert quality.mean_output.correlation > 0.9
    assert 0.5 < quality.rates.correlation <= 1
    rate, spiking = (
        np.array([*analysis.condition_means(activity, both.trials.conditions).values()])
        for activity in (both.rate_activity, both.spiking_activity / quality.scaling_factor)
    )
    leading = analysis.principal_components(rate)
    expected = analysis.agreement(leading.project(rate), leading.project(spiking))
    assert dataclasses.astuple(quality.trajectories) == pytest.approx(dataclasses.astuple(expected))
    assert f"scaling factor {quality.scaling_factor:g}; drives match at" in str(quality)
    with pytest.raises(ArgumentError, match="activity=True"):
        analysis.conversion_quality(run_both(model, task, 1, activity=False))


def test_unconnected_matched_units_respond_as_rate_units_do():
    model = RateModel.load(model_mapping(60, w=np.zeros((60, 60))))
    options = {"seed": 3, "trials": 10, "n_patterns": 2}
    matched = fit_conversion(model, "go-nogo", gain=8.0)  # regular enough for 10 trials
    response = analysis.perturbation_response(model, "go-nogo", conversion=matched, **options)
    assert response.units.correlation > 0.98
    assert response.units.slope == pytest.approx(1, abs=0.1)
    assert response.output.correlation > 0.8
    published = Conversion(kind="published", factor=1000.0)  # activity that is too small by far
    response = analysis.perturbation_response(model, "go-nogo", conversion=published, **options)
    assert abs(response.units.slope) < 0.3


def test_mistakes_of_perturbations():
    model = datasets.load("go-nogo-sigmoid")
    for words, changed in (
        ("window", {"window": (500.0, 100.0)}),
        ("fraction", {"fraction": 0.0}),
        ("amplitude", {"amplitude": -1.0}),
        ("n_patterns", {"n_patterns": 0}),
        ("tuned scaling factor", {}),
    ):
        own = dataclasses.replace(model, extras={"task": model.extras["task"]}) if not changed else model
        with pytest.raises(ArgumentError, match=words):
            analysis.perturbation_response(own, "go-nogo", **changed)


def test_mistakes(run):
    for call, words in (
        (lambda: analysis.spike_counts(run, 0), "bin_width"),
        (lambda: analysis.spike_counts(run, 5000), "at most the window"),
        (lambda: analysis.spike_counts(run, window=(10, 5)), "within 0 to 1000 ms"),
        (lambda: analysis.fano_factor(run, members=[9]), "indices of trials from 0 to 5"),
        (lambda: analysis.count_correlations(np.ones((2, 3))), "expected \\(trials, N, bins\\)"),
        (lambda: analysis.autocorrelation(np.ones((1, 3, 9))), "at least 2 trials"),
        (lambda: analysis.time_scale(np.ones(3), 5), "4 lags"),
        (lambda: analysis.principal_components(np.ones((3, 5))), "activity is constant"),
        (lambda: analysis.selectivity(np.ones((4, 2)), np.ones(4, bool)), "both kinds"),
        (lambda: analysis.condition_means(np.ones((3, 2)), ["a"]), "expected 3"),
        (
            lambda: analysis.cross_temporal_discriminability(
                np.ones((4, 5, 2)), ["a", "a", "b", "b"], seed=0
            ),
            "two conditions with four trials",
        ),
        (lambda: analysis.agreement([1], [1, 2]), "the shape of"),
    ):
        with pytest.raises(ArgumentError, match=words):
            call()


@pytest.mark.parametrize(
    "measure",
    [
        lambda values: analysis.principal_components(values, 1),
        lambda values: analysis.condition_means(values, ["go", "nogo"]),
        lambda values: analysis.cross_temporal_discriminability(values, ["go", "nogo"]),
        lambda values: analysis.agreement(values, values),
        lambda values: analysis.selectivity(values[:, :, 0], [True, False]),
        lambda values: analysis.targeted_axes(values, {"choice": [1, -1]}, ["go", "nogo"]),
        lambda values: analysis.autocorrelation(values),
        lambda values: analysis.time_scale(values[0], bin_width=20.0),
        lambda values: analysis.count_correlations(values),
    ],
)
def test_masked_entries_are_refused(measure):
    values = np.ma.masked_greater(np.arange(30.0).reshape(2, 3, 5), 20.0)
    values[0, 0, 0] = np.ma.masked
    with pytest.raises(ArgumentError, match="has masked entries"):
        measure(values)

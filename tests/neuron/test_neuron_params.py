"""Constants of neurons and synapses against closed forms, and how they are varied."""

import numpy as np
import pytest
from models import model_mapping
from networks import pulse_input, random_network
from scipy import stats

from spiking import ArgumentError, LIFParams, RateModel, Record, SpikingNetwork, simulate

SPIKES = Record(spikes=True, output=False)


def intervals(**params):
    """Mean interspike interval (ms) of unconnected, noise-free neurons with currents above threshold."""
    drives = np.array([1.0, 5.0, 20.0, 60.0, 200.0])
    network = random_network(5, density=0.0, noise=0.0, offset=drives, **params)
    run = simulate(network, np.zeros((1, 401)), seed=0, record=SPIKES)
    spikes = run.spikes
    return drives, np.array([np.diff(spikes.time[spikes.neuron == j][1:]).mean() for j in range(5)])


@pytest.mark.parametrize("refractory", [0.0, 2.0, 10.0])
@pytest.mark.parametrize(("tau", "reset", "threshold"), [(10.0, -65.0, -40.0), (25.0, -55.0, -45.0)])
def test_f_i_curve_of_the_leaky_neuron(refractory, tau, reset, threshold):
    """Period = refractory + tau ln((I - reset)/(I - threshold)).

    Euler's steps reach the threshold after a whole number n of them, the first with
    (1 - dt/tau)^n <= (I - threshold)/(I - reset); the step of release may come one late.
    """
    constants = {"tau_membrane": tau, "reset": reset, "threshold": threshold, "bias": threshold}
    drives, measured = intervals(refractory=refractory, **constants)
    remaining = drives / (drives + threshold - reset)
    period = refractory - tau * np.log(remaining)
    np.testing.assert_allclose(measured, period, rtol=0.005, atol=0.1)
    steps = np.ceil(np.log(remaining) / np.log(1 - 0.05 / tau))
    late = measured / 0.05 - steps - refractory / 0.05
    assert (late > -1.01).all()
    assert (late < 1.01).all()


def test_f_i_curve_of_the_quadratic_neuron():
    """Period = refractory + tau/sqrt(I) (arctan(threshold/sqrt(I)) - arctan(reset/sqrt(I)))."""
    drives, measured = intervals(neuron="quadratic", threshold=30.0, bias=0.0)
    root = np.sqrt(drives)
    period = 2.0 + 10.0 / root * (np.arctan(30.0 / root) - np.arctan(-65.0 / root))
    np.testing.assert_allclose(measured, period, rtol=0.02, atol=0.15)


@pytest.mark.parametrize("downsample", [1, 2, 4])
@pytest.mark.parametrize("noise_scaling", ["fixed", "sqrt_dt"])
def test_variance_of_the_free_membrane(noise_scaling, downsample):
    """v' = (1 - a) v + s z has the variance s^2/(1 - (1 - a)^2), a = dt/tau: fixed noise thins out."""
    network = random_network(
        200,
        density=0.0,
        bias=-60.0,
        threshold=1000.0,
        noise=0.5,
        initial_voltage="resting",
        noise_scaling=noise_scaling,
    )
    u = np.zeros((1, 401))
    record = Record(voltage=True, output=False, interval=40.0)  # four time constants: e^-4 correlated
    run = simulate(network, u, seed=1, trials=2, downsample=downsample, record=record)
    v = run.voltage[..., 4:] + 60.0
    a = 0.05 * downsample / 10.0
    step = 0.25 * (downsample if noise_scaling == "sqrt_dt" else 1)
    expected = step / (1 - (1 - a) ** 2)
    assert v.mean() == pytest.approx(0, abs=4 * np.sqrt(expected * 1.05 / v.size))
    assert v.var() == pytest.approx(expected, rel=4 * np.sqrt(2.05 / v.size))
    if noise_scaling == "sqrt_dt":
        assert v.var() == pytest.approx(0.25 * 10.0 / (2 * 0.05), rel=0.1)


def test_the_two_noise_rules_are_one_at_the_reference_step():
    network = random_network(30, strength=2.0)
    runs = [
        simulate(network.with_params(noise_scaling=rule), pulse_input(), seed=1).output
        for rule in ("fixed", "sqrt_dt")
    ]
    np.testing.assert_array_equal(runs[0], runs[1])


def first_voltages(network):
    """Voltages after the first step, without noise: as at the start, where below threshold."""
    return simulate(network, pulse_input(3), seed=1, trials=20, record=Record(voltage=True)).voltage[..., 0]


def test_initial_voltages():
    network = random_network(50, density=0.0, noise=0.0, bias=-50.0, threshold=40.0, offset=np.arange(50.0))
    drawn = first_voltages(network)
    assert stats.kstest(drawn.ravel(), stats.uniform(-65, 95).cdf).pvalue > 1e-4
    resting = first_voltages(network.with_params(initial_voltage="resting"))
    np.testing.assert_allclose(resting, np.broadcast_to(np.arange(-50.0, 0.0), (20, 50)))
    np.testing.assert_allclose(first_voltages(network.with_params(initial_voltage=-55)), -55)
    given = np.linspace(-60, 20, 50)
    np.testing.assert_allclose(first_voltages(network.with_params(initial_voltage=given))[3], given)
    quadratic = network.with_params(initial_voltage="resting", neuron="quadratic")
    expected = -np.sqrt(np.maximum(50.0 - np.arange(50.0), 0.0))
    np.testing.assert_allclose(first_voltages(quadratic)[0], expected)


def test_a_resting_quadratic_neuron_stays_there():
    network = random_network(
        3, density=0.0, noise=0.0, neuron="quadratic", bias=-16.0, threshold=30.0, initial_voltage="resting"
    )
    run = simulate(network, np.zeros((1, 41)), seed=1, record=Record(voltage=True))
    np.testing.assert_allclose(run.voltage, -4.0)


def test_with_params_changes_what_it_says_and_nothing_else():
    network = random_network(10)
    other = network.with_params(refractory=5, noise=0.0)
    assert (other.params.refractory, other.params.noise, other.params.bias) == (5, 0.0, -40.0)
    assert other.weights is network.weights
    assert network.params == LIFParams()
    assert hash(LIFParams(initial_voltage=[1.0, 2.0])) == hash(LIFParams(initial_voltage=(1, 2)))


def test_readout_bias_is_the_models_and_off_by_default():
    model = RateModel.load(model_mapping(30, n_outputs=2, b_out=0.25))
    plain, biased = (SpikingNetwork.from_rate(model, 20, readout_bias=on) for on in (False, True))
    outputs = [simulate(network, pulse_input(), seed=1).output for network in (plain, biased)]
    np.testing.assert_allclose(outputs[0][0, :, 0], 0.0, rtol=0, atol=1e-12)
    np.testing.assert_allclose(outputs[1] - outputs[0], 0.25, rtol=0, atol=1e-12)


def test_a_refitted_readout_is_fitted_beside_the_bias():
    model = RateModel.load(model_mapping(30, b_out=100.0))
    network = SpikingNetwork.from_rate(model, 20, readout_bias=True)
    refitted = network.refit_readout("go-nogo", 2, seed=1).readout_refit
    assert refitted.error_before == pytest.approx(100, rel=0.02)
    assert refitted.error_after < 100


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LIFParams(noise_scaling="dt"), "noise_scaling is 'dt'; expected one of fixed, sqrt_dt"),
        (lambda: LIFParams(initial_voltage="random"), "initial_voltage is 'random'; expected 'uniform'"),
        (lambda: LIFParams(initial_voltage=np.nan), "initial_voltage is nan"),
        (lambda: LIFParams(initial_voltage=[[1.0]]), "one number, or one for each neuron"),
        (lambda: LIFParams(initial_voltage=True), "initial_voltage is True"),
        (lambda: random_network(5, initial_voltage=[1.0, 2.0]), "has 2 voltages; expected one for each of 5"),
        (lambda: random_network(5, offset=[1.0, 2.0]), r"offset has shape \(2,\); expected 5 finite"),
        (lambda: random_network(5, offset=np.inf), "offset is inf; expected finite"),
        (lambda: random_network(5, offset="much"), "offset is "),
        (lambda: random_network(5, n_outputs=3, readout_bias=[1, 2]), "expected 3 finite numbers"),
        (lambda: random_network(5).with_params(tau=5), "no constant 'tau'; expected one of tau_membrane"),
        (lambda: random_network(5).with_params(refractory=-5), "refractory is -5"),
    ],
)  # fmt: skip
def test_mistakes_are_named(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "refractory",
            0.002,
            "refractory is 0.002 ms, less than a time step of 0.05 ms; if this is in seconds",
        ),
        ("tau_membrane", 0.01, "expected 10$"),
        ("refractory", 2000.0, "refractory is 2000 ms, as long as a trial"),
    ],
)
def test_times_that_no_neuron_has_are_questioned(name, value, words):
    with pytest.warns(UserWarning, match=words):
        LIFParams(**{name: value})

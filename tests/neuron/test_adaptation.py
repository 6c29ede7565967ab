"""Adaptation and the exponential neuron, against closed forms; the kernel is held to the step elsewhere."""

import json
import pickle

import numpy as np
import pytest
from networks import pulse_input, random_network
from scipy.integrate import quad
from scipy.optimize import brentq

from spiking import ArgumentError, LIFParams, Record, SpikingNetwork, datasets, fine_tune, simulate, sweep
from spiking.analysis.mean_field import mean_field
from spiking.neuron import Adaptation, Distribution, fi_curve

TAU, REFRACTORY, RESET, THRESHOLD = 10.0, 2.0, -65.0, -40.0


def last_period(currents, duration=3000.0, **params):
    """The interval between the last two spikes of unconnected neurons without noise, in ms; inf if silent."""
    network = random_network(len(currents), density=0.0, noise=0.0, offset=currents, **params)
    inputs = np.zeros((1, 2))
    run = simulate(network, inputs, seed=0, input_interval=duration, record=Record(spikes=True, output=False))
    times = [run.spikes.time[run.spikes.neuron == j] for j in range(len(currents))]
    return np.array([np.diff(each)[-1] if len(each) > 2 else np.inf for each in times])


def adapting_period(current, jump, tau, acts_on):
    """The period at which the voltage of the leaky neuron reaches the threshold again, w having settled."""

    def above(period):
        w = jump / (1 - np.exp(-period / tau))  # after a spike
        since = period - REFRACTORY
        v = current + (RESET - current) * np.exp(-since / TAU)
        if acts_on == "threshold":
            return v - (THRESHOLD + w * np.exp(-period / tau))
        left = np.exp(-period / tau) - np.exp(-REFRACTORY / tau - since / TAU)
        return v - w * left / (1 - TAU / tau) - THRESHOLD

    return brentq(above, REFRACTORY + 1e-6, 2000.0)


@pytest.mark.parametrize("acts_on", ["current", "threshold"])
def test_the_period_with_adaptation_is_that_of_the_closed_form(acts_on):
    currents = np.array([5.0, 20.0, 60.0])  # above the bias, which is the threshold
    found = last_period(currents, adaptation=Adaptation(2.0, 150.0, acts_on))
    expected = [adapting_period(each - 40.0, 2.0, 150.0, acts_on) for each in currents]
    np.testing.assert_allclose(found, expected, rtol=0.01, atol=0.1)
    assert (found > 1.2 * last_period(currents)).all()


def test_the_period_of_the_exponential_neuron_is_an_integral():
    currents, sharpness, soft = np.array([2.0, 10.0, 40.0]), 2.0, -38.0
    found = last_period(currents, neuron="exponential", threshold=0.0)

    def period(current):
        def slowness(v):
            return TAU / (current - v + sharpness * np.exp((v - soft) / sharpness))

        return REFRACTORY + quad(slowness, RESET, 0.0, points=[soft], limit=200)[0]

    np.testing.assert_allclose(found, [period(each - 40.0) for each in currents], rtol=0.01, atol=0.1)


def test_the_exponential_neuron_rests_below_its_rheobase():
    """By default the rheobase is that of the leaky neuron: soft_threshold - sharpness."""
    found = last_period(np.array([-0.1, 0.1]), neuron="exponential", threshold=0.0, initial_voltage=-65.0)
    assert np.isinf(found[0])
    assert np.isfinite(found[1])
    network = random_network(
        3, density=0.0, noise=0.0, offset=-5.0, neuron="exponential", threshold=0.0, initial_voltage="resting"
    )
    voltage = simulate(network, np.zeros((1, 21)), seed=0, record=Record(voltage=True)).voltage[0]
    np.testing.assert_allclose(voltage, np.repeat(voltage[:, :1], voltage.shape[1], axis=1), atol=1e-9)
    v = voltage[0, 0]
    assert -45.0 - v + 2.0 * np.exp((v + 38.0) / 2.0) == pytest.approx(0.0, abs=1e-9)


def test_the_f_i_curve_of_the_exponential_neuron_is_simulated():
    curve = fi_curve(LIFParams(neuron="exponential", threshold=30.0))
    assert curve.method == "simulation"
    assert 0 < curve([0.0])[0] < curve([30.0])[0] < 500


def test_narrower_names_and_distributions():
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 35.0)
    exc = network.populations["exc"]
    changed = network.with_params(adaptation=Adaptation({"pyr": 1.0}, Distribution(100, 10, "lognormal")))
    jump, tau = changed.adaptation
    assert ({*jump[exc]}, {*jump[~exc]}) == ({1.0}, {0.0})  # not named: no adaptation
    assert tau.shape == (200,)
    assert tau.std() == pytest.approx(10, rel=0.2)
    assert network.adaptation is None


@pytest.mark.parametrize(
    "adaptation",
    [Adaptation(1.0), Adaptation({"exc": Distribution(1.0, 0.2)}, 80.0, "threshold"), None],
)
def test_files_keep_it(adaptation, tmp_path):
    network = random_network(20).with_params(adaptation=adaptation, neuron="exponential", threshold=30.0)
    network.save(tmp_path / "network.npz")
    for again in (SpikingNetwork.load(tmp_path / "network.npz"), pickle.loads(pickle.dumps(network))):
        assert again.params == network.params
    assert LIFParams.from_json(json.loads(json.dumps(network.params.as_json()))) == network.params
    inputs = pulse_input(21)
    simulate(network, inputs, seed=1, trials=2, output_file=tmp_path / "run.h5")
    assert SpikingNetwork.load(tmp_path / "network.npz").params.adaptation == adaptation


def test_a_sweep_varies_it():
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 35.0)
    grid = {"adaptation.jump": [0.0, 2.0], "adaptation.tau": [50.0, 200.0]}
    rows = sweep(network, "go-nogo", grid=grid, trials=4, seed=1).rows
    rates = [row["rate_hz"] for row in rows]
    assert rates[0] == rates[1] > rates[2] > rates[3]
    with pytest.raises(ArgumentError, match=r"does not adapt; expected adaptation\.jump"):
        sweep(network, "go-nogo", grid={"adaptation.tau": [50.0]}, trials=4, seed=1)


def test_what_cannot_take_it_says_so():
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 35.0)
    adapting = network.with_params(adaptation=Adaptation(1.0))
    with pytest.raises(ArgumentError, match="adaptation is of the current by 1 mV a spike"):
        fi_curve(adapting.params)
    with pytest.raises(ArgumentError, match="adaptation is of the current"):
        SpikingNetwork.from_rate(
            datasets.load("go-nogo-sigmoid"), conversion="matched", params=adapting.params
        )
    with pytest.raises(ArgumentError, match="the network has adaptation; expected none"):
        mean_field(adapting)
    with pytest.raises(ArgumentError, match="the network has adaptation, which fine-tuning"):
        fine_tune(adapting, "go-nogo", seed=1)
    with pytest.raises(ArgumentError, match="exponential neurons, which fine-tuning"):
        fine_tune(network.with_params(neuron="exponential", threshold=30.0), "go-nogo", seed=1)
    for wrong, message in (
        ({"jump": 1.0, "tau": 0.0}, "tau is 0"),
        ({"jump": np.nan}, "jump is nan"),
        ({"jump": 1.0, "acts_on": "voltage"}, "acts_on is 'voltage'"),
    ):
        with pytest.raises(ArgumentError, match=message):
            Adaptation(**wrong)
    with pytest.raises(ArgumentError, match=r"adaptation is 3.*expected an Adaptation"):
        network.with_params(adaptation=3)
    with pytest.raises(ArgumentError, match="basket"):
        network.with_params(adaptation=Adaptation({"basket": 1.0}))

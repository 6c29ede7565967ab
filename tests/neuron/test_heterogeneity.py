"""Constants that differ between neurons: what `LIFParams` takes, and what the neurons of a network have."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from networks import pulse_input, random_network
from scipy import stats

from spiking import ArgumentError, LIFParams, Record, SpikingNetwork, datasets, simulate, sweep
from spiking.analysis.mean_field import mean_field
from spiking.neuron import Distribution, fi_curve

LOGNORMAL = Distribution(10.0, 3.0, "lognormal", seed=4)


@pytest.fixture(scope="module")
def network():
    return SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 35.0)


def test_narrower_names_given_later_win(network):
    inh = np.flatnonzero(network.populations["inh"])
    split = {"som": np.isin(np.arange(200), inh[:10]), "pv": np.isin(np.arange(200), inh[10:])}
    network = replace(network, populations={**network.populations, **split})
    changed = network.with_params(threshold={"inh": -41.0, "PV": -42.0}, refractory={"pyr": 3.0, "SST": 1.0})
    exc, som, pv = (network.populations[name] for name in ("exc", "som", "pv"))
    threshold, refractory = changed.constants.threshold, changed.constants.refractory
    assert {*threshold[exc]} == {-40.0}  # not named: the default
    assert ({*threshold[som]}, {*threshold[pv]}) == ({-41.0}, {-42.0})
    assert ({*refractory[exc]}, {*refractory[som]}, {*refractory[pv]}) == ({3.0}, {1.0}, {2.0})
    earlier = network.with_params(threshold={"PV": -42.0, "inh": -41.0})
    assert {*earlier.constants.threshold[pv]} == {-41.0}
    assert earlier.params != changed.params
    assert changed.constants.bias == -40.0  # a number where all neurons have the same


@pytest.mark.parametrize("shape", ["normal", "lognormal", "uniform"])
def test_drawn_values_have_the_mean_and_the_standard_deviation(shape):
    values = Distribution(10.0, 2.0, shape).values("threshold", 20_000)
    assert values.mean() == pytest.approx(10.0, abs=5 * 2.0 / np.sqrt(20_000))
    assert values.std() == pytest.approx(2.0, rel=0.05)
    scaled = (values - 10.0) / 2.0
    if shape == "normal":
        assert stats.kstest(scaled, "norm").pvalue > 1e-4
    elif shape == "uniform":
        assert stats.kstest(scaled, stats.uniform(-np.sqrt(3), 2 * np.sqrt(3)).cdf).pvalue > 1e-4
    else:
        assert stats.shapiro(np.log(values[:4000])).pvalue > 1e-4


def test_the_value_of_a_neuron_depends_on_seed_constant_and_number_only():
    values = Distribution(-40.0, 2.0).values("threshold", 50)
    np.testing.assert_array_equal(values[:20], Distribution(-40.0, 2.0).values("threshold", 20))
    np.testing.assert_allclose(Distribution(-40.0, 4.0).values("threshold", 50) + 40, 2 * (values + 40))
    for other in (
        Distribution(-40.0, 2.0, seed=2).values("threshold", 2000),
        Distribution(-40.0, 2.0).values("bias", 2000),
    ):
        together = np.corrcoef(other, Distribution(-40.0, 2.0).values("threshold", 2000))[0, 1]
        assert abs(together) < 5 / np.sqrt(2000)


def test_a_population_keeps_its_values_beside_other_populations(network):
    exc = network.populations["exc"]
    drawn = Distribution(-40.0, 1.0)
    alone, both = (
        network.with_params(threshold=values).constants.threshold
        for values in ({"exc": drawn}, {"exc": drawn, "inh": Distribution(-45.0, 1.0)})
    )
    np.testing.assert_array_equal(alone[exc], both[exc])
    np.testing.assert_array_equal(alone[exc], network.with_params(threshold=drawn).constants.threshold[exc])


def test_the_period_of_each_neuron_is_its_own():
    """Without noise and connections: refractory + tau ln((I - reset)/(I - threshold))."""
    tau, refractory = np.array([5.0, 10.0, 20.0]), np.array([1.0, 2.0, 4.0])
    threshold, reset = np.array([-45.0, -40.0, -38.0]), np.array([-60.0, -65.0, -70.0])
    network = random_network(
        3,
        density=0.0,
        noise=0.0,
        offset=20.0,
        tau_membrane=tau,
        refractory=refractory,
        threshold=threshold,
        reset=reset,
    )
    spikes = simulate(network, np.zeros((1, 401)), seed=0, record=Record(spikes=True, output=False)).spikes
    measured = [np.diff(spikes.time[spikes.neuron == j][1:]).mean() for j in range(3)]
    period = refractory + tau * np.log((-20.0 - reset) / (-20.0 - threshold))
    np.testing.assert_allclose(measured, period, rtol=0.005, atol=0.1)


@pytest.mark.parametrize(
    "constants",
    [
        {"threshold": Distribution(-40.0, 1.5, seed=3)},
        {"tau_membrane": LOGNORMAL, "noise": {"exc": 0.2, "inh": Distribution(0.1, 0.02, "uniform")}},
        {"bias": tuple(np.linspace(-41, -39, 200))},
    ],
)
def test_files_and_pickles_keep_them(network, constants, tmp_path):
    changed = network.with_params(**constants)
    changed.save(tmp_path / "network.npz")
    for again in (SpikingNetwork.load(tmp_path / "network.npz"), pickle.loads(pickle.dumps(changed))):
        assert again.params == changed.params
        assert hash(again.params) == hash(changed.params)
        for ours, theirs in zip(again.constants, changed.constants, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert LIFParams.from_json(json.loads(json.dumps(changed.params.as_json()))) == changed.params


def test_one_number_for_each_is_one_number_for_all():
    """The kernel for neurons that differ gives the spikes of the one for neurons that do not."""
    network = random_network(40, strength=2.0)
    each = network.with_params(threshold=np.full(40, -40.0), tau_membrane=np.full(40, 10.0))
    record = Record(spikes=True)
    runs = [simulate(net, pulse_input(21), seed=1, trials=3, record=record) for net in (network, each)]
    assert len(runs[0].spikes) > 100
    np.testing.assert_array_equal(runs[0].spikes.step, runs[1].spikes.step)
    np.testing.assert_array_equal(runs[0].spikes.neuron, runs[1].spikes.neuron)
    np.testing.assert_allclose(runs[0].output, runs[1].output, rtol=0, atol=1e-12)


def test_a_sweep_varies_the_spread(network):
    grid = {"threshold.sd": [0.0, 3.0], "tau_membrane.sd": [2.0]}
    rows = sweep(network, "go-nogo", grid=grid, trials=4, seed=1).rows
    assert [row["threshold.sd"] for row in rows] == [0.0, 3.0]
    rates = [row["rate_hz"] for row in rows]
    assert rates[0] != rates[1]
    by_hand = network.with_params(
        threshold=Distribution(-40.0, 3.0), tau_membrane=Distribution(10.0, 2.0, "lognormal")
    )
    row = sweep(by_hand, "go-nogo", grid={"refractory": [2.0]}, trials=4, seed=1).rows[0]
    assert row["rate_hz"] == rates[1]


def test_the_mean_field_has_an_f_i_curve_for_each_kind_of_neuron(network):
    changed = network.with_params(refractory={"exc": 4.0, "inh": 1.0})
    current = np.full(network.n_neurons, 20.0)
    rates = mean_field(changed).phi(current) * network.scaling_factor
    for name, refractory in (("exc", 4.0), ("inh", 1.0)):
        expected = fi_curve(LIFParams(refractory=refractory))([20.0])[0]
        np.testing.assert_allclose(rates[network.populations[name]], expected, rtol=0.01)


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"threshold": {"basket": -40}}, "basket.*expected one of all, exc"),
        ({"threshold": {}}, "threshold is empty"),
        ({"threshold": {3: -40}}, "has the key 3"),
        ({"threshold": {"exc": "high"}}, r"threshold\['exc'\] is 'high'"),
        ({"threshold": [-40.0, -41.0]}, "threshold has 2 values; expected one for each of 200"),
        ({"threshold": [[-40.0]]}, "one for each neuron"),
        ({"threshold": {"exc": -70.0}}, "threshold of .* neurons, such as .*, is -70 mV"),
        ({"threshold": Distribution(-40.0, 20.0)}, "expected a voltage above the reset"),
        ({"tau_membrane": Distribution(10.0, 20.0)}, "tau_membrane of .* of 200 neurons.*lognormal"),
        ({"tau_membrane": Distribution(-1.0, 1.0)}, "the mean of tau_membrane is -1"),
        ({"refractory": {"exc": -1}}, r"refractory\['exc'\] is -1"),
        ({"noise": [np.nan] * 200}, r"noise\[0\] is nan"),
    ],
)
def test_mistakes_are_named(network, constants, message):
    with pytest.raises(ArgumentError, match=message):
        network.with_params(**constants)


def test_what_needs_one_neuron_says_so(network):
    different = LIFParams(threshold=Distribution(-40.0, 1.0))
    with pytest.raises(ArgumentError, match=r"threshold is -40 \+- 1 .*network.with_params\(threshold"):
        fi_curve(different)
    with pytest.raises(ArgumentError, match="f-I curve"):
        SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), conversion="matched", params=different)
    with pytest.raises(ArgumentError, match="200 different neurons"):
        mean_field(network.with_params(threshold=Distribution(-40.0, 1.0)))
    with pytest.raises(ArgumentError, match="sd is -1"):
        Distribution(0.0, -1.0)
    with pytest.raises(ArgumentError, match="lognormal"):
        Distribution(0.0, 1.0, "lognormal")

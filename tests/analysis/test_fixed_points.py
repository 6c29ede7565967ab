"""Fixed points against closed forms, and against long runs of the noise-free networks."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure
from models import model_mapping
from networks import random_network

from spiking import ArgumentError, LIFParams, RateModel, SpikingNetwork, analysis, datasets, plotting, tasks
from spiking.analysis.mean_field import mean_field
from spiking.evaluation import run_both
from spiking.rate_model.transfer import ACTIVATIONS, complete, slope, transfer

TAU = 0.02  # s


def two_units(w, *, activation="relu", parameters=None, bias=(0.0, 0.0), form="current"):
    """Two units without Dale's law, all with decays of 20 ms; the outputs are their rates."""
    mapping = model_mapping(2, dale=False, activation=np.array([activation]), taus=np.array([[4.0]]))
    mapping |= {"w": np.array(w, float), "som_m": np.ones((2, 2)), "w_in": np.eye(2), "w_out": np.eye(2)}
    mapping |= {"b_out": np.zeros((2, 1))}
    model = RateModel.load(mapping)
    return dataclasses.replace(
        model,
        activation_parameters=parameters or complete(activation, {}),
        bias=np.array(bias),
        form=form,
    )


@pytest.mark.parametrize("form", ["current", "rate"])
def test_the_point_of_two_linear_threshold_units_is_that_of_the_linear_equation(form):
    w, inputs = np.array([[0.5, -1.0], [1.0, -0.5]]), np.array([1.0, 0.2])
    points = analysis.fixed_points(two_units(w, bias=(0.1, 0.3), form=form), inputs, starts=20)
    (point,) = points
    expected = np.linalg.solve(np.eye(2) - w, inputs + np.array([0.1, 0.3]))
    assert (expected > 0).all()
    np.testing.assert_allclose(point.currents, expected, atol=1e-8)
    np.testing.assert_allclose(point.rates, expected, atol=1e-8)
    np.testing.assert_allclose(point.output, expected, atol=1e-8)
    # The eigenvalues of w are +-i sqrt(3)/2.
    np.testing.assert_allclose(point.eigenvalues, np.array([-1 + 0.75**0.5 * 1j, -1 - 0.75**0.5 * 1j]) / TAU)
    assert point.stable
    assert point.n_unstable == 0
    assert point.n_starts == points.n_starts == 20
    assert point.speed < 1e-12


def test_a_silent_linear_threshold_unit_does_not_contribute():
    (point,) = analysis.fixed_points(two_units([[0.5, -1.0], [1.0, -0.5]]), [1.0, -4.0], starts=20)
    np.testing.assert_allclose(point.currents, [2.0, -2.0], atol=1e-8)
    np.testing.assert_allclose(point.rates, [2.0, 0.0], atol=1e-8)
    np.testing.assert_allclose(point.eigenvalues, [-0.5 / TAU, -1 / TAU])


def test_the_points_of_a_bistable_pair_are_symmetric():
    """Mutual inhibition of strength w: x1 = w - w sigmoid(x2) and the same with 1 and 2 exchanged."""
    w = 8.0
    model = two_units([[0.0, -w], [-w, 0.0]], activation="sigmoid", bias=(w / 2, w / 2))
    points = analysis.fixed_points(model, starts=60)
    first, second, saddle = points
    assert (first.stable, second.stable, saddle.stable) == (True, True, False)
    # x = (a, -a) with a = w (1/2 - sigmoid(-a)); x = 0 is the saddle, with eigenvalues -1 +- w/4.
    a = 3.0
    for _ in range(100):
        a = w * (0.5 - 1 / (1 + np.exp(a)))
    np.testing.assert_allclose(first.currents, [-a, a], atol=1e-7)
    np.testing.assert_allclose(second.currents, [a, -a], atol=1e-7)
    np.testing.assert_allclose(saddle.currents, [0, 0], atol=1e-7)
    np.testing.assert_allclose(saddle.eigenvalues, [(w / 4 - 1) / TAU, (-w / 4 - 1) / TAU])
    product = 1 / (1 + np.exp(-a)) / (1 + np.exp(a))
    np.testing.assert_allclose(first.eigenvalues, [(w * product - 1) / TAU, (-w * product - 1) / TAU])
    assert saddle.n_unstable == 1
    assert points.stable == (first, second)
    assert str(points).startswith("3 fixed points, 2 stable (from 60 starting states)")
    assert len(str(points).splitlines()) == 5


def test_distances_are_those_of_nearest_points_of_the_same_stability():
    w = 8.0
    model = two_units([[0.0, -w], [-w, 0.0]], activation="sigmoid", bias=(w / 2, w / 2))
    other = dataclasses.replace(model, b_out=np.array([3.0, 4.0]))
    first, second = (analysis.fixed_points(net, starts=60) for net in (model, other))
    pairs = first.distances(second)
    assert [(pair.first, pair.second, pair.mutual) for pair in pairs] == [(i, i, True) for i in range(3)]
    np.testing.assert_allclose([pair.output for pair in pairs], 5.0)
    np.testing.assert_allclose([[pair.currents, pair.rates] for pair in pairs], 0, atol=1e-7)
    # With weak inhibition only the symmetric point is left, and it is stable.
    weak = two_units([[0.0, -2.0], [-2.0, 0.0]], activation="sigmoid", bias=(1.0, 1.0))
    (only,) = middle = analysis.fixed_points(weak, starts=10)
    assert only.stable
    pairs = first.distances(middle)
    assert [pair.second for pair in pairs] == [0, 0]  # the saddle has no counterpart
    np.testing.assert_allclose(
        [pair.currents for pair in pairs], [np.sqrt(np.mean(first[i].currents ** 2)) for i in range(2)]
    )
    assert sum(pair.mutual for pair in pairs) == 1


def test_slow_points_are_found_where_they_are_asked_for():
    """Beyond the fold of x = w sigmoid(x) + b, where a point has just vanished, x is slow."""
    w = np.diag([8.0, 0.0])
    fold = -np.log((8 + np.sqrt(32)) / (8 - np.sqrt(32)))  # where 8 sigmoid' = 1, lower branch
    rest = fold - 8 / (1 + np.exp(-fold))
    model = two_units(w, activation="sigmoid", bias=(rest + 0.01, 0.0))
    starts = [[fold, 0.0], [6.0, 0.0]]
    fixed = analysis.fixed_points(model, starts=starts)
    assert len(fixed) == 1
    slow = analysis.fixed_points(model, starts=starts, tolerance=1.0)
    assert len(slow) == 2
    assert slow[0].speed == pytest.approx((0.01 / TAU) ** 2 / 2, rel=0.05)
    assert slow[0].currents[0] == pytest.approx(fold, abs=0.05)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_the_derivatives(name):
    special = {
        "table": {"x_values": [-1.0, 0.5, 2.0], "y_values": [0.0, 1.0, 1.5]},
        "callable": {"function": lambda x: np.tanh(x) ** 3},
        "softplus": {"maximum": 2.0},
        "relu": {"maximum": 2.0},
    }
    parameters = complete(name, special.get(name, {}))
    phi = transfer(name, parameters)
    width, tolerance = (0.2, 0.02) if name == "lif" else (1e-6, 1e-6)  # the curve is interpolated linearly
    x = np.linspace(-3, 3, 40)  # no kink is on this grid
    numerical = (phi(x + width) - phi(x - width)) / (2 * width)
    np.testing.assert_allclose(slope(name, parameters)(x), numerical, atol=tolerance)


@pytest.mark.parametrize("form", ["current", "rate"])
@pytest.mark.parametrize("activation", ["sigmoid", "lif"])
def test_the_jacobian_is_the_derivative_of_the_velocity(form, activation):
    model = RateModel.load(model_mapping(activation=np.array([activation])))
    equation = mean_field(dataclasses.replace(model, form=form))
    state, drive = np.random.default_rng(1).standard_normal((2, model.n_units))
    width = 1e-6 if activation == "sigmoid" else 0.1
    numerical = np.transpose(
        [
            (equation.velocity(state + width * e, drive) - equation.velocity(state - width * e, drive))
            / (2 * width)
            for e in np.eye(model.n_units)
        ]
    )
    scale = np.abs(numerical).max()
    np.testing.assert_allclose(
        equation.jacobian(state, drive), numerical, atol=scale * (1e-6 if activation == "sigmoid" else 1e-2)
    )


@pytest.fixture(scope="module")
def go_nogo():
    model = datasets.load("go-nogo-sigmoid")
    networks = (model, SpikingNetwork.from_rate(model), SpikingNetwork.from_rate(model, conversion="matched"))
    return networks, [analysis.fixed_points(net, task="go-nogo", starts=24) for net in networks]


def test_a_long_run_of_a_trained_network_without_noise_ends_at_its_stable_points(go_nogo):
    (model, *_), (points, *_) = go_nogo
    trials = tasks.get("go-nogo").trials(2, seed=1, balanced=True)
    inputs = np.concatenate([trials.inputs, np.zeros((2, 1, 1800))], axis=2)
    ends = model.run(inputs, noise=0.0, keep_currents=True)
    outputs = dict(zip(trials.conditions, ends.output[:, 0, -1], strict=True))
    assert len(points.stable) == 2
    np.testing.assert_allclose(points.outputs[:2, 0], [outputs["nogo"], outputs["go"]], atol=1e-6)
    for condition, point in zip(("nogo", "go"), points, strict=False):
        k = trials.conditions.index(condition)
        np.testing.assert_allclose(point.currents, ends.currents[k, :, -1], atol=1e-5)
        np.testing.assert_allclose(point.rates, ends.rates[k, :, -1], atol=1e-5)


def test_the_mean_field_of_a_spiking_network_relaxes_to_its_stable_points(go_nogo):
    """A run in mV and Hz, with the f-I curve and none of the units of the rate network."""
    from spiking.neuron import fi_curve

    for net, points in zip(go_nogo[0][1:], go_nogo[1][1:], strict=True):
        curve, how = fi_curve(net.params), net.conversion
        gain, offset = (1.0, 0.0) if how is None else (how.gain, how.offset)
        assert len(points.stable) == 2
        for point in points.stable:
            current = gain * point.currents + offset + 0.1
            for _ in range(4000):
                rates = curve(current)
                current += 2 / net.tau_decay * (net.dense_weights @ rates + net.offset - current)
            output = net.readout @ curve(current) + net.readout_bias
            np.testing.assert_allclose(output, point.output, atol=0.02)
            np.testing.assert_allclose(curve(current) / net.scaling_factor, point.rates, atol=0.02)


def test_the_spiking_network_overshoots_where_its_mean_field_says_so(go_nogo):
    (model, *_), (rate, spiking, matched) = go_nogo
    both = run_both(model, trials=8, seed=1)
    go = np.array(both.trials.conditions) == "go"
    reached = both.spiking.output[go, 0, -1000:].mean()
    assert reached == pytest.approx(spiking.stable[-1].output[0], rel=0.1)
    (_, published), (_, other) = rate.distances(spiking)[:2], rate.distances(matched)[:2]
    assert published.output > 1
    assert other.output < 0.2
    assert other.rates < published.rates / 2
    figure = plotting.fixed_points(both, rate, spiking, Figure())
    left, right = figure.axes
    diamonds = [[line for line in ax.lines if line.get_marker() == "D"] for ax in (left, right)]
    assert len(diamonds[0]) == len(rate) + 3  # and those of the legend
    assert len(diamonds[1]) == len(rate) + len(spiking)
    with pytest.raises(ArgumentError, match=r"start is 1000000\.0; expected less than"):
        plotting.fixed_points(both, rate, spiking, Figure(), start=1e6)
    small = analysis.fixed_points(two_units([[0.0, 0.0], [0.0, 0.0]]), starts=2)
    with pytest.raises(ArgumentError, match="spiking has points of 2 units; expected 200"):
        plotting.fixed_points(both, rate, small, Figure())


def test_a_network_trained_with_its_own_curve_has_the_same_points_when_it_spikes():
    model = RateModel.load(model_mapping(activation=np.array(["lif"])))
    model = dataclasses.replace(model, bias=np.linspace(-2, 2, model.n_units))
    network = SpikingNetwork.from_rate(model)
    rate, spiking = (analysis.fixed_points(net, [1.0], starts=20) for net in (model, network))
    assert len(rate) == len(spiking) > 0
    for pair in rate.distances(spiking):
        assert pair.mutual
        assert pair.currents < 1e-6
    for point, other in zip(rate, spiking, strict=True):
        np.testing.assert_allclose(point.eigenvalues, other.eigenvalues, atol=1e-4)
        np.testing.assert_allclose(point.output, other.output, atol=1e-6)


def test_lesioned_units_send_nothing():
    network = random_network(10, strength=0.1).lesion([0, 3])
    points = analysis.fixed_points(network, [0.5], starts=10)
    assert len(points) > 0
    assert (points.rates[:, [0, 3]] == 0).all()
    assert (points.rates[:, [1, 2]] > 0).all()


def test_the_curve_is_that_of_the_network():
    slow, fast = (random_network(10, strength=0.1, refractory=r) for r in (50.0, 2.0))
    first, second = (analysis.fixed_points(net, [0.5], starts=5)[0].rates for net in (slow, fast))
    assert first.max() < 20 < second.max()
    assert slow.params == LIFParams(refractory=50.0)


def test_the_same_seed_gives_the_same_points():
    model = two_units([[0.0, -8.0], [-8.0, 0.0]], activation="sigmoid", bias=(4.0, 4.0))
    runs = [analysis.fixed_points(model, starts=12, seed=3) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].currents, runs[1].currents)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": [1.0]}, r"inputs has shape \(1,\); expected finite numbers, shape \(2,\)"),
        ({"starts": 0}, "starts is 0"),
        ({"starts": [[1.0]]}, r"starts has shape \(1, 1\); expected finite numbers, shape \(1, 2\)"),
        ({"tolerance": 0}, "tolerance is 0"),
        ({"merge_distance": -1}, "merge_distance is -1"),
        ({"perturbation": -1}, "perturbation is -1"),
        ({"task": 3}, "task is 3; expected a Task"),
        ({"task": "go-nogo"}, "the network has inputs: 2, outputs: 2; expected inputs: 1"),
    ],
)
def test_arguments_that_cannot_be_used(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        analysis.fixed_points(two_units(np.zeros((2, 2))), **arguments)


def test_neither_a_model_nor_a_network():
    with pytest.raises(ArgumentError, match="network is 3; expected a RateModel"):
        analysis.fixed_points(3)


def test_distances_need_points_of_corresponding_units():
    two = analysis.fixed_points(two_units(np.zeros((2, 2))), starts=2)
    ten = analysis.fixed_points(random_network(10, strength=0.1), starts=2)
    with pytest.raises(ArgumentError, match="other has 10 rates; expected 2"):
        two.distances(ten)
    none = dataclasses.replace(two, points=())
    with pytest.raises(ArgumentError, match="there are 1 and 0 points"):
        two.distances(none)

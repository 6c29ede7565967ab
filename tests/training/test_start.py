"""Training that goes on from a model, masks of connections, optimisers, and untrained networks."""

import dataclasses

import numpy as np
import optax
import pytest
from every_field import rate_model
from in_process import run
from models import model_mapping

from spiking import ArgumentError, RateModel, SpikingNetwork, tasks, train
from spiking.connectivity import area_mask
from spiking.training.train import train_steps

SHORT = tasks.GoNoGo(duration=250.0, stimulus_onset=25.0, stimulus_duration=50.0, score_delay=25.0)
QUICK = {"max_updates": 3}
STILL = {"max_updates": 1, "learning_rate": 1e-12, "final_learning_rate": 1e-12}
N = 20


@pytest.fixture(scope="module")
def first():
    return train(SHORT, N, seed=1, n_som=2, p_inh=0.4, **QUICK)


def test_training_goes_on(first):
    longer = dataclasses.replace(SHORT, score_delay=50.0)
    second = train(longer, start=first.with_populations(area=range(5)), seed=2, **QUICK)
    np.testing.assert_array_equal(second.w0, first.w)
    assert np.abs(second.w - first.w).max() > 1e-3
    for name in ("sign", "som_mask", "w_in", "inhibitory"):
        np.testing.assert_array_equal(getattr(second, name), getattr(first, name))
    assert (second.som_n, second.tau_range, second.noise) == (2, first.tau_range, 0.1)
    assert second.units("area").tolist() == list(range(5))
    assert second.extras["started_from"] == "the mapping"
    assert train(SHORT, start=first, seed=2, noise=0.2, **QUICK).noise == pytest.approx(0.2)


def imported(activation, parameters=None, **changes):
    """As from another framework: biases, a state to begin with, several outputs with their own biases."""
    rng = np.random.default_rng(1)
    values = {
        "w": rng.standard_normal((N, N)) / np.sqrt(N),
        "w_in": rng.standard_normal((N, 1)),
        "w_out": rng.standard_normal((2, N)) / 10,
        "bias": rng.standard_normal(N) / 5,
        "b_out": [0.3, -0.2],
        "tau": 50.0,
        "step": 5.0,
        "form": "current",
        "initial": rng.standard_normal(N) / 5,
        "noise": 0.0,
    }
    return RateModel.from_arrays(
        activation=activation, activation_parameters=parameters, **{**values, **changes}
    )


MODEL = RateModel.load(model_mapping(N))
ONE_OUTPUT = {"b_out": 0.3, "w_out": np.linspace(-0.5, 0.4, N)}


@pytest.mark.parametrize(
    ("activation", "parameters"),
    [
        ("relu", {}),
        pytest.param("relu", {"maximum": 0.4}, marks=pytest.mark.slow),
        ("tanh", {}),
        pytest.param("retanh", {}, marks=pytest.mark.slow),
        pytest.param("softplus", {}, marks=pytest.mark.slow),
        pytest.param("elu", {"alpha": 0.5}, marks=pytest.mark.slow),
        pytest.param("gelu", {}, marks=pytest.mark.slow),
        pytest.param("sigmoid", {}, marks=pytest.mark.slow),
        ("lif", {"k": 30.0}),
    ],
)
def test_imported_networks_are_trained_as_they_run(activation, parameters):
    start = imported(
        activation, parameters, b_out=0.3, w_out=np.random.default_rng(2).standard_normal((1, N))
    )
    (state,) = train_steps(SHORT, start=start, hardening=0, stop_loss=1e-9, **STILL)
    trained = state.model
    assert trained.activation == activation
    assert dict(trained.activation_parameters) == dict(start.activation_parameters)
    u = np.random.default_rng(3).standard_normal((4, 1, 30))
    before, after = (model.run(u, noise=0.0).output for model in (start, trained))
    np.testing.assert_allclose(after, before, atol=2e-5)
    for name in ("bias", "initial", "b_out"):
        np.testing.assert_allclose(getattr(trained, name), getattr(start, name), rtol=1e-6)
    # The loss is that of the model's own outputs, in the trials of the test: the same network was trained.
    trials = SHORT.trials(100, seed=state_test_seed(), first=1)
    error = trials.targets.reshape(100, 1, -1) - start.run(trials.inputs, noise=0.0).output
    assert state.loss == pytest.approx(np.sqrt((error**2).sum(axis=(1, 2))).mean(), rel=1e-4)


def state_test_seed():
    """The seed of the test trials of a training with seed 1, as `training_steps` draws it."""
    from spiking.random_streams import TRAINING_STREAM

    return int(np.random.SeedSequence(1, spawn_key=(TRAINING_STREAM,)).generate_state(4)[2])


def test_connections_that_a_mask_excludes_stay_absent(first):
    mask = np.random.default_rng(0).random((N, N)) < 0.4
    for model in (
        train(SHORT, N, seed=1, connectivity=mask, p_rec=1.0, **QUICK),
        train(SHORT, start=first, connectivity=mask.astype(int), **QUICK),
    ):
        effective = model.effective_weights()
        assert not effective[~mask].any()
        assert effective[mask].any()
        assert not model.w0[~mask].any()
        assert not model.som_mask[~mask].any()
        assert model.extras["connectivity_share"] == pytest.approx(mask.mean())
    whole = train(SHORT, N, seed=1, connectivity=np.ones((N, N)), **QUICK)
    np.testing.assert_array_equal(whole.w, train(SHORT, N, seed=1, **QUICK).w)


@pytest.mark.parametrize("optimizer", ["adamw", optax.sgd(0.05)], ids=["name", "transformation"])
def test_optimisers(optimizer, tmp_path):
    adam, other = (train(SHORT, N, seed=1, optimizer=one, **QUICK) for one in ("adam", optimizer))
    np.testing.assert_array_equal(adam.w0, other.w0)
    assert not np.array_equal(adam.w, other.w)
    other.save(tmp_path / "model.mat")  # the options can be recorded


@pytest.mark.slow
def test_one_step_of_gradient_descent_as_optax_takes_it():
    by_name = train(
        SHORT, N, seed=1, optimizer="sgd", learning_rate=0.05, final_learning_rate=0.05, max_updates=1
    )
    by_object = train(SHORT, N, seed=1, optimizer=optax.sgd(0.05), max_updates=1)
    np.testing.assert_allclose(by_name.w, by_object.w, atol=1e-7)
    assert np.abs(by_name.w - by_name.w0).max() > 1e-5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": 3}, "start is 3; expected a RateModel"),
        (
            {"start": imported("relu", form="rate", **ONE_OUTPUT)},
            r"start has the form rate; expected current.*replace\(start, form='current', step=5.0\) goes on",
        ),
        (
            {"start": imported("relu", step=10.0, **ONE_OUTPUT)},
            "start has a step of 10.0; expected 5",
        ),
        ({"start": imported("relu")}, "output"),
        ({"start": rate_model()}, "input"),
        (
            {"start": imported(np.tanh, **ONE_OUTPUT)},
            "start has the activation callable; expected",
        ),
        (
            {"start": MODEL.lesion([1])},
            r"start has lesioned units \[1\]; expected none",
        ),
        (
            {"start": MODEL, "n_units": 30},
            "n_units is 30; expected 20, as start has",
        ),
        ({"start": MODEL, "tau": 20, "gain": 1}, "tau, gain given with start"),
        ({"n_units": N, "connectivity": np.ones((3, 3))}, r"connectivity has shape \(3, 3\); expected zeros"),
        ({"n_units": N, "connectivity": np.full((N, N), 0.5)}, "expected zeros and ones"),
        ({"n_units": N, "optimizer": "chain"}, "optimizer is 'chain'; expected one of Optax that needs only"),
        ({"n_units": N, "optimizer": 3}, "optimizer is 3; expected a name"),
        ({"n_units": N, "activation": "tanh", "spike_noise": 5}, "expected 0 with the activation tanh"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        train(SHORT, **arguments, **QUICK)


def test_untrained_networks():
    areas = {"PFC": range(150), "MD": range(150, 200)}
    mask = area_mask(200, areas, {("PFC", "PFC"): 1.0, ("PFC", "MD"): 0.5, ("MD", "PFC"): 0.5}, seed=2)
    assert mask[:150, :150].all()
    assert not mask[150:, 150:].any()
    for block in (mask[150:, :150], mask[:150, 150:]):
        assert np.mean(block) == pytest.approx(0.5, abs=0.05)
    settings = {"n_inputs": 2, "n_outputs": 3, "connectivity": mask, "populations": areas, "n_som": 5}
    model = RateModel.untrained(200, seed=3, p_rec=0.5, **settings)
    assert (model.w_in.shape, model.w_out.shape, model.som_n) == ((200, 2), (3, 200), 5)
    weights = model.effective_weights()
    assert not weights[~mask].any()
    assert not weights[np.ix_(model.units("som"), model.units("inh"))].any()
    assert np.mean(weights[mask] != 0) == pytest.approx(0.5, abs=0.03)
    strength = np.sqrt(np.mean(model.w[model.w != 0] ** 2))
    assert strength == pytest.approx(1.5 / np.sqrt(200 * 0.5 * mask.mean()), rel=0.03)
    assert model.inhibitory.mean() == pytest.approx(0.2, abs=0.1)
    assert model.units("PFC&exc").size + model.units("PFC&inh").size == 150
    again, other = (RateModel.untrained(200, seed=seed, p_rec=0.5, **settings) for seed in (3, 4))
    np.testing.assert_array_equal(again.w, model.w)
    assert not np.array_equal(other.w, model.w)
    free = RateModel.untrained(50, n_inputs=1, dale=False, w_dist="gamma", tau=30.0)
    assert not free.dale
    assert (free.tau_decay() == 30).all()
    assert SpikingNetwork.from_rate(free, 30).n_neurons == 50


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"p_inh": 2}, "p_inh is 2; expected a number from 0 to 1"),
        ({"tau": (50, 20)}, "tau is .*; expected ms, at least 5, smaller limit first"),
        ({"w_dist": "uniform"}, "w_dist is 'uniform'"),
        ({"connectivity": np.ones(3)}, "connectivity has shape"),
        ({"activation": "none"}, "activation is 'none'"),
        ({"n_inputs": 0}, "n_inputs is 0"),
    ],
)
def test_untrained_networks_that_are_refused(changes, message):
    with pytest.raises(ArgumentError, match=message):
        RateModel.untrained(**{"n_units": 20, "n_inputs": 1, **changes})


@pytest.mark.parametrize(
    ("areas", "connections", "message"),
    [
        ({"A": [0]}, {("A", "B"): 1.0}, "connections is 'B'; expected one of"),
        ({"A": [0]}, {"A": 1.0}, "the key of connections is 'A'; expected a sequence of 2"),
        ({"A": [0]}, {("A", "A"): 2.0}, "expected a number from 0 to 1"),
        ({"A": [9]}, {}, "A has 9; expected numbers from 0 to 4"),
    ],
)
def test_masks_that_are_refused(areas, connections, message):
    with pytest.raises(ArgumentError, match=message):
        area_mask(5, areas, connections)


def test_the_command(tmp_path):
    words = ("--max-updates", "2", "--seed", "1")
    done = run(
        "train", "go-nogo", "--n-units", "20", *words, "--optimizer", "adamw", "-o", "a.mat", cwd=tmp_path
    )
    assert done.returncode == 1, done.stderr  # not converged
    done = run("train", "go-nogo", "--start", "a.mat", *words, "-o", "b.mat", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    first, second = (RateModel.load(tmp_path / name) for name in ("a.mat", "b.mat"))
    np.testing.assert_array_equal(first.w, second.w0)
    done = run("train", "go-nogo", "--start", "a.mat", *words, "-o", "a.mat", "--force", cwd=tmp_path)
    assert (done.returncode, "the same file as the input" in done.stderr) == (2, True)


def test_an_output_of_exactly_zero_has_a_gradient():
    """Without noise, NoGo trials of an imported network may have no error at all."""
    model = imported("tanh", bias=None, initial=None, **(ONE_OUTPUT | {"b_out": 0.0}))
    trained = train(
        tasks.GoNoGo(duration=250.0, stimulus_onset=25.0, stimulus_duration=50.0, score_delay=25.0),
        start=model,
        max_updates=2,
    )
    assert np.isfinite(trained.w).all()


def test_weights_of_the_rate_form_go_on_as_the_message_says():
    given = imported("relu", form="rate", step=10.0, **ONE_OUTPUT)
    trained = train(SHORT, start=dataclasses.replace(given, form="current", step=5.0), seed=1, **QUICK)
    np.testing.assert_allclose(np.abs(trained.w0), np.abs(given.w), rtol=1e-6)
    assert np.abs(trained.w - trained.w0).max() > 1e-4
    assert trained.form == "current"

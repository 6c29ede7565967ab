"""Training: gradients, what is trained and what is not, options, seeds, stopping."""

import dataclasses

import jax
import numpy as np
import pytest

from spiking import datasets, tasks
from spiking.errors import ArgumentError
from spiking.rate_model import recorded_settings
from spiking.rate_model.model import RateModel
from spiking.training.backpropagation import FrozenWeights, TrainedWeights, run
from spiking.training.conversion_test import converts
from spiking.training.initial_weights import draw_weights
from spiking.training.options import TrainingOptions, options_for
from spiking.training.train import train, train_steps
from spiking.training.updates import objective, split

SHORT = tasks.GoNoGo(duration=250.0, stimulus_onset=25.0, stimulus_duration=50.0, score_delay=25.0)
SIGMOID = {"activation": "sigmoid"}
QUICK = {"max_updates": 3} | SIGMOID


def small_network(n_units, n_outputs, seed):
    rng = np.random.default_rng(seed)
    signs = np.where(np.arange(n_units) < n_units - 3, 1.0, -1.0)
    som_m = np.ones((n_units, n_units))
    som_m[-3, -3:] = 0
    weights = TrainedWeights(
        w=rng.standard_normal((n_units, n_units)),  # both signs: rectification is part of the gradient
        w_out=rng.standard_normal((n_outputs, n_units)),
        b_out=rng.standard_normal(()),
        taus_gaus=rng.standard_normal(n_units),
    )
    fixed = FrozenWeights(rng.standard_normal((n_units, 2)), signs, som_m)
    return (*jax.tree.map(jax.numpy.asarray, (weights, fixed)), rng)


@pytest.mark.parametrize(
    ("activation", "dale", "loss", "tau"),
    [
        ("sigmoid", True, "l2", (20.0, 60.0)),
        pytest.param("softplus", False, "l1", (30.0, 90.0), marks=pytest.mark.slow),
        pytest.param("clipped_relu", True, "l2", (20.0, 60.0), marks=pytest.mark.slow),
    ],
)
def test_gradients_agree_with_finite_differences(activation, dale, loss, tau):
    options = TrainingOptions(
        activation=activation, dale=dale, loss=loss, tau=tau, noise=0.1, rate_penalty=0.3, spike_noise=0.0
    )
    with jax.enable_x64(True):
        weights, fixed, rng = small_network(9, 2, 1)
        inputs, targets = rng.standard_normal((3, 2, 15)), rng.standard_normal((3, 2, 15))
        key = jax.random.key(3)
        function = jax.jit(lambda weights: objective(weights, fixed, inputs, targets, key, *split(options)))
        gradient = jax.grad(function)(weights)
        for name in weights._fields:
            value, slope = getattr(weights, name), np.asarray(getattr(gradient, name))
            assert np.any(slope != 0), name
            for _ in range(4):
                direction = rng.standard_normal(value.shape)
                ends = [
                    float(function(weights._replace(**{name: value + h * direction}))) for h in (-1e-6, 1e-6)
                ]
                assert np.sum(slope * direction) == pytest.approx(
                    (ends[1] - ends[0]) / 2e-6, rel=2e-5, abs=1e-7
                )


@pytest.mark.parametrize(
    "options",
    [
        {},
        pytest.param({"activation": "softplus", "n_som": 2}, marks=pytest.mark.slow),
        pytest.param({"activation": "clipped_relu", "dale": False, "tau": 40.0}, marks=pytest.mark.slow),
    ],
)
def test_the_numpy_and_the_jax_forward_pass_agree(options):
    model = train(SHORT, 20, seed=3, p_rec=0.5, **(QUICK | options))
    chosen = options_for("default", **(SIGMOID | options))
    inputs = SHORT.trials(4, seed=0, condition="go").inputs
    xi = np.array(
        [  # what RateModel.run draws for seed 5
            np.random.default_rng(np.random.SeedSequence(5, spawn_key=(k,))).standard_normal((50, 20))
            for k in range(4)
        ]
    )
    with jax.enable_x64(True):
        outputs, rates = run(
            TrainedWeights(*map(jax.numpy.asarray, (model.w, model.w_out, model.b_out[0], model.taus_gaus))),
            FrozenWeights(*map(jax.numpy.asarray, (model.w_in, model.sign, model.som_mask))),
            inputs,
            xi[:, 0] / 100,
            0.2 * xi[:, 1:].swapaxes(0, 1),
            activation=chosen.activation,
            dale=chosen.dale,
            limits=chosen.tau_steps,
        )
    if options.get("tau") == 40.0:
        assert np.all(model.tau_decay() == 40)
        assert np.array_equal(model.taus_gaus, model.taus_gaus0)
    result = model.run(inputs, seed=5, noise=0.2)
    assert np.allclose(outputs, result.output, rtol=0, atol=1e-10)
    assert np.allclose(np.transpose(rates, (1, 2, 0)), result.rates, rtol=0, atol=1e-10)


@pytest.mark.slow
def test_what_is_trained_and_what_is_not():
    options = {"p_inh": 0.3, "n_som": 3, "max_updates": 300, "stop_loss": 1e-9} | SIGMOID
    states = list(train_steps(SHORT, 40, seed=2, **options))
    assert [state.updates for state in states] == [100, 200, 300]
    models = [state.model for state in states]
    first, last = models[0], models[-1]
    assert np.array_equal(first.w_in, last.w_in)
    assert np.array_equal(first.w0, last.w0)
    for model in models:
        assert 3 < np.count_nonzero(model.inhibitory) < 40
        assert np.array_equal(model.sign, np.where(model.inhibitory, -1, 1))
        assert np.all(model.w >= 0)
        effective = model.effective_weights()
        assert np.all(effective[:, ~model.inhibitory] >= 0)
        assert np.all(effective[:, model.inhibitory] <= 0)
        assert not effective[np.ix_(model.populations["som"], model.inhibitory)].any()
        assert model.populations["som"].sum() == 3
        assert np.all((model.tau_decay() > 20) & (model.tau_decay() < 100))
    for name in ("w", "w_out", "b_out", "taus_gaus"):
        assert np.max(np.abs(getattr(last, name) - getattr(first, name))) > 1e-3, name
    assert np.max(np.abs(last.tau_decay() - last.tau_decay(initial=True))) > 1  # ms
    assert states[-1].loss < states[0].loss


def test_the_same_seed_gives_the_same_bits():
    one, two, other = (train(SHORT, 20, seed=seed, **QUICK) for seed in (4, 4, 5))
    for name in ("w", "w0", "w_in", "w_out", "b_out", "taus_gaus"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
        assert not np.array_equal(getattr(one, name), getattr(other, name)), name


def test_initial_weights_as_specified():
    def draw(**options):
        weights, fixed = draw_weights(SHORT, 300, TrainingOptions(**options), np.random.default_rng(0))
        return np.asarray(weights.w), fixed

    w, fixed = draw(gain=2.0, p_rec=0.1, p_inh=0.3)
    assert np.all(w >= 0)
    assert np.mean(w > 0) == pytest.approx(0.1, abs=0.005)
    assert np.sqrt(np.mean(w[w > 0] ** 2)) == pytest.approx(2 / np.sqrt(300 * 0.1), rel=0.03)
    assert np.mean(fixed.signs < 0) == pytest.approx(0.3, abs=0.08)
    assert np.std(fixed.w_in) == pytest.approx(1, abs=0.15)
    w, fixed = draw(dale=False, p_rec=0.1)
    assert np.all(fixed.signs > 0)
    assert np.mean(w[w != 0] < 0) == pytest.approx(0.5, abs=0.02)
    w, _ = draw(w_dist="gamma", p_rec=0.4)
    assert np.mean(w > 0) == pytest.approx(0.4, abs=0.01)
    assert np.mean(w[w > 0]) == pytest.approx(2 * 0.003, rel=0.02)  # mean of a gamma: shape times scale


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"loss": "l1"},
        {"learning_rate": 0.001, "final_learning_rate": 0.0001},
        {"final_learning_rate": 0.0001},
        {"batch_size": 4},
        {"clip_norm": 0.0},
        {"noise": 0.4},
        {"rate_penalty": 5.0},
        {"averaging": 0.9},
        {"published_quirks": True},
        {"tau": (20.0, 50.0)},
    ],
)
def test_every_option_changes_the_result(options):
    plain = train(SHORT, 20, seed=1, **QUICK)
    changed = train(SHORT, 20, seed=1, **(QUICK | options))
    assert not np.array_equal(plain.w, changed.w)
    assert np.array_equal(plain.w0, changed.w0)


@pytest.mark.slow
def test_hardening_starts_at_convergence_and_adds_spike_noise():
    easy = {"stop_loss": 1e6, "stop_accuracy": 0.0, "max_updates": 1000}
    runs = {
        noise: list(train_steps(SHORT, 40, seed=3, spike_noise=noise, hardening=150, **SIGMOID, **easy))
        for noise in (20.0, 50.0)
    }
    assert [state.updates for state in runs[20.0]] == [100, 200, 300]
    assert runs[20.0][-1].stopped == "converged"
    assert np.array_equal(runs[20.0][0].model.w, runs[50.0][0].model.w)
    assert not np.array_equal(runs[20.0][-1].model.w, runs[50.0][-1].model.w)


@pytest.mark.slow
@pytest.mark.parametrize(("hardening", "stops_at", "converts"), [(2000, 600, True), (400, 500, False)])
def test_hardening_ends_when_the_spiking_network_does_the_task(monkeypatch, hardening, stops_at, converts):
    asked = []

    def third_time(model, task, *, seed, accuracy):
        asked.append(seed)
        return len(asked) == 3

    monkeypatch.setattr("spiking.training.loop.converts", third_time)
    easy = {"stop_loss": 1e6, "stop_accuracy": 0.0, "max_updates": 1000}
    *_, state = train_steps(SHORT, 20, seed=3, hardening=hardening, **SIGMOID, **easy)
    assert (state.updates, state.stopped, state.model.extras["converts"]) == (stops_at, "converged", converts)
    assert len(asked) == len(set(asked)) == (stops_at - 300) // 100  # first at 400, each time other trials


@pytest.mark.slow
@pytest.mark.parametrize(("options", "told"), [({}, False), ({"hardening": 0}, None)])
def test_a_model_that_was_never_hardened_says_that_it_does_not_convert(options, told):
    *_, state = train_steps(SHORT, 20, seed=3, max_updates=100, **SIGMOID, **options)
    assert state.converts is None  # nobody asked
    assert state.model.extras.get("converts") is told


def test_a_model_converts_when_its_spiking_network_does_the_task():
    model, task = datasets.load("go-nogo-sigmoid"), tasks.GoNoGo()
    assert converts(model, task, seed=1, accuracy=0.975)
    untrained = dataclasses.replace(model, w=model.w0)
    assert not converts(untrained, task, seed=1, accuracy=0.975)


@pytest.mark.slow
def test_several_outputs_train():
    class TwoOutputs(tasks.GoNoGo):
        n_outputs = 2

        def trial(self, condition, rng):
            inputs, target = super().trial(condition, rng)
            return inputs, np.array([target, -target])

        def score(self, output, time, trials, *, strict=False):
            return (np.abs(self.window(output, time, trials)).max(axis=(1, 2)) > 0.5) == (trials.labels > 0)

    task = TwoOutputs(duration=250.0, stimulus_onset=25.0, stimulus_duration=50.0, score_delay=25.0)
    assert train(task, 20, seed=1, **QUICK).w_out.shape == (2, 20)


def test_training_stops_when_it_has_converged():
    states = list(train_steps(SHORT, 40, seed=1, hardening=0, stop_loss=2.0, max_updates=2000, **SIGMOID))
    assert states[-1].stopped == "converged"
    assert all(state.stopped == "" for state in states[:-1])
    assert states[-1].loss < 2
    assert states[-1].accuracy >= 0.95
    model = states[-1].model
    assert model.extras["converged"]
    extras = model.extras  # the last test under the original's names, as scalars; all tests under our own
    assert np.shape(extras["eval_loss_mean"]) == np.shape(extras["eval_perf_mean"]) == ()
    assert (extras["eval_loss_mean"], extras["eval_perf_mean"]) == (states[-1].loss, states[-1].accuracy)
    assert 0.5 < extras["eval_sustained"] <= extras["eval_perf_mean"]
    losses, accuracies = recorded_settings.tests_of_training(model)
    assert losses.tolist() == [state.loss for state in states]
    assert accuracies.tolist() == [state.accuracy for state in states]
    trials = SHORT.trials(200, seed=77)
    run = model.run(trials.inputs, seed=1)
    assert SHORT.score(run.output[:, 0], run.time, trials).mean() > 0.9


@pytest.mark.slow
def test_training_stops_at_the_limit_and_says_so():
    states = list(train_steps(SHORT, 40, seed=1, max_updates=200, stop_loss=1e-9))
    assert [(state.updates, state.stopped) for state in states] == [(100, ""), (200, "limit")]
    assert not states[-1].model.extras["converged"]


@pytest.mark.slow
def test_a_diverging_training_stops():
    options = {"learning_rate": 1e9, "dale": False, "activation": "softplus", "loss": "l1"}
    *_, last = train_steps(SHORT, 20, seed=1, max_updates=300, **options)
    assert last.stopped in ("diverged", "limit")
    assert not last.accuracy > 0.95


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"activation": "cosine"}, "activation is 'cosine'; expected one of sigmoid, softplus, clipped_relu"),
        ({"p_inh": 1.5}, "p_inh is 1.5; expected a number from 0 to 1"),
        ({"batch_size": 0}, "batch_size is 0; expected a whole number"),
        ({"batch_size": 1.5}, "batch_size is 1.5; expected a whole number"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"noise": "much"}, "noise is 'much'"),
        ({"tau": (50.0, 20.0)}, "smaller limit first"),
        ({"tau": 1.0}, "at least 5"),
        ({"tau": (1.0, 2.0, 3.0)}, "a finite number or two finite numbers"),
        ({"recipe": "secret"}, "expected one of default, published"),
        ({"speed": 1}, "options are speed; expected some of gain, "),
        ({"seed": -1}, "seed is -1"),
        ({"n_units": 0}, "n_units is 0"),
    ],
)
def test_options_that_are_refused(wrong, message):
    with pytest.raises(ArgumentError, match=message):
        train(SHORT, **({"seed": 0} | wrong))


@pytest.mark.slow
def test_the_published_recipe_has_its_quirks():
    quirks = options_for("published")
    assert (quirks.batch_size, quirks.noise, quirks.learning_rate, quirks.max_updates) == (1, 0.1, 0.01, 6000)
    *_, last = train_steps(SHORT, 20, seed=1, recipe="published", max_updates=1600)
    assert last.updates >= 1500  # Go-NoGo is trained for at least so many
    assert options_for("published", noise=0.3).noise == 0.3


def test_the_model_carries_its_origin():
    model = train(SHORT, 20, seed=9, **QUICK)
    extras = model.extras
    assert extras["task"] == "go-nogo"
    assert extras["seed"] == 9
    assert not extras["converged"]
    assert extras["updates"] == 3
    assert model.som_n == 0
    assert isinstance(model, RateModel)


def test_the_model_keeps_the_noise_that_it_was_trained_with(tmp_path):
    model = train(SHORT, 20, seed=9, noise=0.3, **QUICK)
    model.save(tmp_path / "m.mat")
    assert model.noise == RateModel.load(tmp_path / "m.mat").noise == 0.3
    assert train(SHORT, 20, seed=9, **QUICK).noise == 0.1

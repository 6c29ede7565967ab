"""Training on the spiking unit's own f-I curve: what is trained is what the spiking network computes."""

import dataclasses

import numpy as np
import pytest

from spiking import (
    ArgumentError,
    LIF_network_fnc,
    LIFParams,
    RandomDraws,
    RateModel,
    Record,
    SpikingNetwork,
    evaluate,
    find_scaling_factor,
    find_scaling_factors,
    simulate,
    tasks,
    train,
)
from spiking.conversion import model_info
from spiking.training.conversion_test import spiking_outcome
from spiking.training.options import options_for
from spiking.training.stopping import is_faithful, unmet

pytest.importorskip("jax")
TASK = tasks.get("go-nogo")
SHORT = {"seed": 3, "max_updates": 100, "activation": "lif"}


@pytest.fixture(scope="module")
def plain():
    return train(TASK, 30, **SHORT)


@pytest.fixture(scope="module")
def noisy():
    return train(TASK, 30, neuron="noisy", **SHORT)


def test_the_file_has_all_that_the_conversion_needs(plain, tmp_path):
    assert plain.activation_parameters == {"k": 20.0, "params": LIFParams()}
    assert plain.extras["opt_scaling_factor"] == 20.0
    assert plain.bias is None
    assert not plain.output_bias.any()  # the spiking network has none
    plain.save(tmp_path / "m.mat")
    network = SpikingNetwork.from_rate(tmp_path / "m.mat")
    assert (network.conversion.kind, network.scaling_factor, network.params) == ("trained", 20.0, LIFParams())
    assert "f-I curve of the published neuron, k 20 Hz" in str(model_info(plain))


def test_gain_and_offset_are_folded_into_the_model(noisy):
    assert noisy.activation_parameters == {"k": 20.0, "params": LIFParams(noise=0.5)}
    assert set(noisy.bias) == set(noisy.initial) == {-6.0}
    assert noisy.noise == pytest.approx(0.4)
    assert "opt_scaling_factor" not in noisy.extras  # the published function cannot use it
    network = SpikingNetwork.from_rate(noisy)
    assert set(network.offset) == {-6.0}
    assert network.params == LIFParams(noise=0.5)
    with pytest.raises(ArgumentError, match="has a bias and an initial state and a neuron with noise"):
        LIF_network_fnc(noisy, 20, np.zeros((1, 5)), {"mode": "none"}, 1, False)


@pytest.mark.parametrize("neuron", ["published", "noisy"])
def test_training_and_rate_model_are_the_same_network(neuron):
    """The forward pass of the training, in units before gain and offset are folded in."""
    import jax.numpy as jnp

    from spiking.training.backpropagation import FrozenWeights, TrainedWeights, run
    from spiking.training.model_file import variables

    options = options_for("default", activation="lif", neuron=neuron, tau=(20.0, 50.0))
    rng = np.random.default_rng(0)
    n = 12
    weights = TrainedWeights(
        w=jnp.asarray(np.abs(rng.standard_normal((n, n))), jnp.float32),
        w_out=jnp.asarray(rng.standard_normal((1, n)), jnp.float32),
        b_out=jnp.zeros(()),
        taus_gaus=jnp.asarray(rng.standard_normal(n), jnp.float32),
    )
    signs = np.where(np.arange(n) < 3, -1.0, 1.0)
    fixed = FrozenWeights(
        jnp.asarray(rng.standard_normal((n, 1)), jnp.float32),
        jnp.asarray(signs, jnp.float32),
        jnp.ones((n, n)),
    )
    model = RateModel.load(variables(weights, weights, fixed, options, {}, {}))
    u = rng.standard_normal((2, 1, 40))
    arguments = (jnp.asarray(u, jnp.float32), jnp.zeros((2, n)), jnp.zeros((39, 2, n)))
    output, rates = run(
        weights, fixed, *arguments, activation=options.lif, dale=True, limits=options.tau_steps
    )
    ours = dataclasses.replace(model, initial=np.full(n, options.lif.offset)).run(u, noise=0.0)
    np.testing.assert_allclose(np.moveaxis(np.asarray(rates), 0, -1), ours.rates, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(np.asarray(output), ours.output, rtol=1e-3, atol=1e-3)


def test_the_published_function_has_the_same_spikes(plain):
    u = TASK.trials(1, seed=1).spiking_inputs[0]
    draws = RandomDraws.from_seed(5, 0, n_neurons=plain.n_units, n_steps=100 * (u.shape[1] - 1))
    _, _, spikes, rates, _, out, _ = LIF_network_fnc(plain, 20, u, {"mode": "none"}, 1, False, draws=draws)
    run = simulate(
        SpikingNetwork.from_rate(plain), u, draws=draws, record=Record(spikes=True, filtered_rates=True)
    )
    assert np.array_equal(run.spike_matrix(), spikes)
    np.testing.assert_allclose(run.output[0, 0], out, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(run.filtered_rates[0], rates, rtol=1e-12, atol=1e-12)


def test_there_is_nothing_to_tune_and_it_is_tested(plain, noisy, tmp_path):
    found = find_scaling_factor(noisy, trials=10)
    assert (found.scaling_factor, found.method) == (20.0, "trained")
    assert "nothing to tune" in str(found)
    expected = evaluate(SpikingNetwork.from_rate(noisy), TASK, 10)
    assert np.array_equal(found.fresh.correct, expected.correct)
    plain.save(tmp_path / "m.mat")
    before = (tmp_path / "m.mat").read_bytes()
    (tuned,) = find_scaling_factors([tmp_path / "m.mat"], trials=10, write=True)
    assert tuned.search is not None
    assert tuned.search.method == "trained"
    assert (tmp_path / "m.mat").read_bytes() == before
    assert sorted(
        find_scaling_factor(plain, candidates=[15, 25], method="grid", trials=4, extend=False).curve
    ) == [
        15.0,
        25.0,
    ]


@pytest.mark.parametrize(
    ("accuracy", "r2", "neuron", "ends"),
    [
        (39 / 40, 0.95, "published", True),
        (38 / 40, 0.99, "published", False),
        (1.0, 0.93, "published", False),
        (1.0, 0.91, "noisy", True),
        (1.0, 0.89, "noisy", False),
    ],
)
def test_training_ends_on_what_is_right_and_faithful(accuracy, r2, neuron, ends):
    options = options_for("default", activation="lif", neuron=neuron)
    assert is_faithful(accuracy, r2, options) == ends


def test_each_criterion_can_be_given_and_the_one_that_fails_is_named():
    given = options_for("default", stop_accuracy=0.9, stop_r2=0.6)
    assert not is_faithful(0.925, 0.729, given)
    assert unmet(5.0, 0.99, (0.925, 0.729), given) == (
        "spiking accuracy is 0.925, expected at least 0.95 (stop_spiking_accuracy)"
    )
    enough = options_for("default", stop_accuracy=0.9, stop_r2=0.6, stop_spiking_accuracy=0.9)
    assert is_faithful(0.925, 0.729, enough)
    assert unmet(8.0, 0.5, None, enough).startswith(
        "loss is 8, expected below 7 (stop_loss); accuracy is 0.5"
    )


def test_defaults_depend_on_the_activation():
    assert options_for("default", activation="sigmoid").resolved("spike_noise") == 50.0
    assert options_for("default", activation="sigmoid").resolved("rate_penalty") == 0.0
    own = options_for("default", activation="lif", scaling_factor=30.0)
    assert (own.resolved("spike_noise"), own.resolved("rate_penalty")) == (30.0, 0.1)
    quadratic = LIFParams(refractory=5.0)
    assert options_for("default", activation="lif", neuron=quadratic, input_gain=2.0).lif == (
        *(quadratic, 20.0, 2.0, 0.0),
    )
    with pytest.raises(ArgumentError, match="neuron is 'loud'; expected published, noisy"):
        options_for("default", activation="lif", neuron="loud")


@pytest.mark.slow
@pytest.mark.parametrize("neuron", ["published", "noisy"])
def test_a_trained_network_is_right_and_faithful_at_plausible_rates(neuron):
    model = train(TASK, seed=11, activation="lif", neuron=neuron)
    assert model.extras["converged"]
    result = evaluate(SpikingNetwork.from_rate(model), TASK, 100, seed=2)
    assert result.interval[1] > 0.95
    assert spiking_outcome(model, TASK, seed=3).r2 > 0.85
    run = simulate(SpikingNetwork.from_rate(model), TASK, trials=20, seed=2)
    assert run.rates.mean() < 12


@pytest.mark.parametrize(
    "options",
    [{"dale": False}, {"n_som": 2}, {"tau": 35.0}, {"averaging": 0.9, "loss": "l1"}, {"hardening": 0}],
    ids=str,
)
def test_other_options_of_training_work_with_it(options):
    model = train("xor", 20, neuron="noisy", **{**SHORT, **options})
    assert model.dale == options.get("dale", True)
    assert model.som_n == options.get("n_som", 0)
    network = SpikingNetwork.from_rate(model)
    assert network.conversion.kind == "trained"
    np.testing.assert_allclose(network.dense_weights, model.effective_weights() / 20)
    assert np.isfinite(simulate(network, "xor", trials=1).output).all()


def test_the_network_that_is_kept_is_the_best_of_the_stage(monkeypatch):
    """The last one has come apart: it is neither right nor faithful."""
    from spiking.training import loop
    from spiking.training.conversion_test import Outcome

    seen = []

    def tested(model, task, *, seed):
        seen.append(model)
        return Outcome(0.5 + 0.1 * (len(seen) == 2), 0.5)

    monkeypatch.setattr(loop, "spiking_outcome", tested)
    easy = {"stop_loss": 1e6, "stop_accuracy": 0.0, "hardening": 500, "stop_r2": 0.9}
    model = train(TASK, 20, **{**SHORT, "max_updates": 2000}, **easy)
    assert len(seen) == 3  # after 300, 400 and 500 updates with spike noise
    assert np.array_equal(model.w, seen[1].w)
    assert (model.extras["spiking_accuracy"], model.extras["spiking_r2"]) == (0.6, 0.5)
    assert (str(np.asarray(model.extras["stopped"]).item()), bool(model.extras["converged"])) == (
        "limit",
        False,
    )
    assert "spiking R2 is 0.5, expected at least 0.9 (stop_r2)" in str(model.extras["unmet"])

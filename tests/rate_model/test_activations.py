"""What a rate model can say: activations, bias, step, form, first state; in memory and in its file."""

import dataclasses

import numpy as np
import pytest
from models import model_mapping
from scipy.io import loadmat, savemat

from spiking import (
    ArgumentError,
    LIF_network_fnc,
    LIFParams,
    ModelFileError,
    RateModel,
    SpikingNetwork,
    tasks,
)
from spiking.neuron import fi_curve
from spiking.neuron.f_i_table import fi_table
from spiking.rate_model.run import run_columns
from spiking.rate_model.transfer import as_json, complete, transfer

MODEL = RateModel.load(model_mapping())
X = np.array([-30.0, -2.0, -0.5, 0.0, 0.5, 2.0, 30.0])
NORMAL_AT_HALF = 0.6914624612740131  # its cumulative distribution at 0.5

VALUES = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "relu": lambda x: np.where(x > 0, x, 0),
    "clipped_relu": lambda x: np.where(x > 20, 20, np.where(x > 0, x, 0)),
    "tanh": np.tanh,
    "retanh": lambda x: np.where(x > 0, np.tanh(x), 0),
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "power_law": lambda x: np.where(x > 0, x, 0) ** 2,
}


def with_activation(name, **parameters):
    return dataclasses.replace(MODEL, activation=name, activation_parameters=parameters)


@pytest.mark.parametrize("name", VALUES)
def test_functions_by_name(name):
    np.testing.assert_allclose(with_activation(name).transfer(X), VALUES[name](X), rtol=1e-12, atol=1e-12)


def test_gelu_power_law_and_maximum():
    assert with_activation("gelu").transfer(np.array([0.5])) == pytest.approx(0.5 * NORMAL_AT_HALF)
    assert with_activation("power_law", scale=3.0, exponent=1.5).transfer(np.array([4.0])) == pytest.approx(
        24
    )
    assert with_activation("relu", maximum=5.0).transfer(X).max() == 5.0
    assert with_activation("relu").transfer(X).max() == 30.0  # nothing is clipped without being asked


def test_a_table_goes_on_in_a_straight_line():
    phi = with_activation("table", x_values=[-1, 0, 2], y_values=[0, 1, 2]).transfer
    np.testing.assert_allclose(phi(np.array([-3.0, -0.5, 1.0, 6.0])), [-2.0, 0.5, 1.5, 4.0])


def test_lif_is_the_f_i_curve():
    currents = np.linspace(-5.0, 200.0, 1001)
    for params, k in ((LIFParams(), 20.0), (LIFParams(noise=0.5), 40.0)):
        phi, curve = with_activation("lif", k=k, params=params).transfer, fi_curve(params)
        error = np.abs(phi(currents) - curve(currents) / k)
        assert error.max() < 0.3 / k  # Hz: the curve is linear between its points, the table smooth
        assert np.abs(phi(curve.current) - curve.rate / k).max() < 0.02 / k


def test_lif_is_the_same_in_jax_and_its_gradient_that_of_differences():
    jax = pytest.importorskip("jax")
    from spiking.training.backpropagation import lif
    from spiking.training.options import Lif

    for params, gain, offset in ((LIFParams(), 1.0, 0.0), (LIFParams(noise=0.5), 4.0, -6.0)):
        phi, x = lif(Lif(params, 20.0, gain, offset)), np.linspace(-10.0, 30.0, 4001)
        ours = transfer("lif", complete("lif", {"params": params}))
        np.testing.assert_allclose(phi(x.astype(np.float32)), ours(gain * x + offset), rtol=1e-5, atol=1e-6)
        slope = np.asarray(jax.vmap(jax.grad(phi))(x.astype(np.float32)))
        h = 2 * fi_table(params).spacing / gain  # a table has kinks at its points
        difference = (ours(gain * (x + h) + offset) - ours(gain * (x - h) + offset)) / (2 * h)
        np.testing.assert_allclose(slope, difference, rtol=0.02, atol=0.002)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        *((name, {}) for name in (*VALUES, "gelu", "lif")),
        ("softplus", {"maximum": 20.0}),
        ("relu", {"maximum": 3.0}),
        ("elu", {"alpha": 0.3}),
        ("power_law", {"scale": 0.1, "exponent": 3.0}),
        ("lif", {"k": 40.0, "params": LIFParams(noise=0.5, refractory=5.0)}),
        ("table", {"x_values": np.array([-1.0, 0.0, 3.0]), "y_values": np.array([0.0, 0.1, 7.0])}),
    ],
)
def test_all_of_it_comes_back_from_the_file(tmp_path, name, parameters):
    more = {"bias": np.arange(20.0), "step": 2.0, "form": "rate", "initial": np.ones(20), "noise": 0.25}
    model = dataclasses.replace(MODEL, activation=name, activation_parameters=parameters, **more)
    model.save(tmp_path / "m.mat")
    read = RateModel.load(tmp_path / "m.mat")
    assert (read.activation, read.step, read.form, read.noise) == (name, 2.0, "rate", 0.25)
    assert read.activation_parameters.keys() == model.activation_parameters.keys()
    for key, value in model.activation_parameters.items():
        assert np.array_equal(read.activation_parameters[key], value)
    assert np.array_equal(read.bias, model.bias)
    assert np.array_equal(read.initial, model.initial)
    assert not read.extras


def test_a_function_is_kept_as_a_table(tmp_path):
    model = with_activation("callable", function=lambda x: np.log1p(np.exp(np.minimum(x, 50))))
    model.save(tmp_path / "m.mat")
    read = RateModel.load(tmp_path / "m.mat")
    assert read.activation == "table"
    np.testing.assert_allclose(read.transfer(X), model.transfer(X), atol=1e-4)
    with pytest.raises(ArgumentError, match="cannot stand for; expected a smooth one"):
        with_activation("callable", function=lambda x: np.sin(1e6 * x)).save(tmp_path / "n.mat")
    assert not (tmp_path / "n.mat").exists()


def test_files_without_these_keys_mean_what_they_meant(tmp_path):
    model = RateModel.load(model_mapping(activation="softplus"))
    assert model.transfer(np.array([50.0])) == 20.0
    assert (model.bias, model.step, model.form, model.initial, model.noise) == (
        None,
        5.0,
        "current",
        None,
        0.1,
    )
    model.save(tmp_path / "m.mat")
    assert {key for key in loadmat(tmp_path / "m.mat") if not key.startswith("__")} == set(model_mapping())


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"activation": "swish"}, "`activation` is 'swish'; expected one of sigmoid, softplus"),
        (
            {"activation": "lif", "activation_parameters": '{"k": -1}'},
            "`activation_parameters` cannot be used",
        ),
        (
            {"activation": "lif", "activation_parameters": "[" * 10**5},
            "`activation_parameters` cannot be used",
        ),
        ({"activation": "relu", "activation_parameters": '{"alpha": 1}'}, "has no parameter 'alpha'"),
        ({"activation": "table", "activation_x": [0.0, 1.0]}, "`activation_x` cannot be used"),
        ({"activation": "table", "activation_x": [1.0, 0], "activation_y": [0.0, 1]}, "x ascending"),
        ({"form": "spikes"}, "`form` is 'spikes'; expected current or rate"),
        ({"step_ms": 0.0}, "`step_ms` is 0; expected one number above 0"),
        ({"noise_sd": -1.0}, "`noise_sd` is -1"),
        ({"b_rec": np.ones(3)}, "`b_rec` has shape"),
        ({"initial_state": np.full(20, np.nan)}, "`initial_state` has 20 entries that are NaN"),
    ],
)
def test_what_a_file_cannot_say(variables, words):
    with pytest.raises(ModelFileError, match=words):
        RateModel.load(model_mapping(**variables))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"activation": "swish"}, "activation is 'swish'"),
        ({"activation": "callable"}, "a function, or a table"),
        ({"activation": "table"}, "a function, or a table"),
        ({"activation": ["relu"]}, "a function, or a table"),
        ({"activation_parameters": {"maximum": 2.0}}, "sigmoid has no parameter 'maximum'"),
        ({"form": "spikes"}, "form is 'spikes'"),
        ({"step": 0.0}, "step is 0.0"),
        ({"noise": -1.0}, "noise is -1.0"),
        ({"bias": np.ones(3)}, "bias has shape"),
        ({"initial": np.full(20, np.inf)}, r"initial\[0\] is inf; expected finite"),
    ],
)
def test_what_a_model_cannot_be(changes, words):
    with pytest.raises(ArgumentError, match=words):
        dataclasses.replace(MODEL, **changes)


@pytest.mark.parametrize("form", ["current", "rate"])
def test_the_equations(form):
    bias, initial = np.linspace(-1, 1, 20), np.linspace(0, 1, 20)
    model = dataclasses.replace(MODEL, bias=bias, form=form, initial=initial, step=2.0)
    u = np.random.default_rng(0).standard_normal((1, 30))
    run = model.run(u, noise=0.0, keep_currents=True)
    a, w, state = 2.0 / model.tau_decay(), model.effective_weights(), initial
    for t in range(30):
        rate = model.transfer(state) if form == "current" else state
        np.testing.assert_allclose(run.rates[0, :, t], rate, rtol=1e-12)
        np.testing.assert_allclose(run.output[0, :, t], model.w_out @ rate + model.b_out, rtol=1e-12)
        x = w @ rate + model.w_in @ u[:, t] + bias
        state = (1 - a) * state + a * (x if form == "current" else model.transfer(x))
    assert run.time[1] == 2.0


def test_both_forms_are_one_network_where_all_units_have_one_decay():
    fixed = RateModel.load(model_mapping(taus=np.array([[4.0]]), taus_gaus=None, taus_gaus0=None))
    h0, u = np.linspace(-1, 1, 20), np.zeros((1, 50))
    by_current = dataclasses.replace(fixed, initial=fixed.effective_weights() @ h0, form="current")
    by_rate = dataclasses.replace(fixed, initial=h0, form="rate")
    x = by_current.run(u, noise=0.0, keep_currents=True).currents[0]
    h = by_rate.run(u, noise=0.0).rates[0]
    np.testing.assert_allclose(x, fixed.effective_weights() @ h, rtol=1e-9, atol=1e-12)


def test_tasks_are_run_at_any_step():
    u = np.repeat(np.random.default_rng(1).standard_normal((1, 1, 20)), 4, axis=2)
    models = [dataclasses.replace(MODEL, step=step, initial=np.zeros(20)) for step in (5.0, 2.5, 0.1, 0.05)]
    outputs = [run_columns(model, u, noise=0.0).output for model in models]
    assert all(output.shape == (1, 1, 80) for output in outputs)
    error = [np.abs(output - outputs[-1]).max() for output in outputs[:-1]]
    assert error[2] < 0.1 * error[0]
    assert error[1] < 0.7 * error[0]
    assert run_columns(dataclasses.replace(MODEL, step=10.0), u, noise=0.0).output.shape == (1, 1, 80)


@pytest.mark.parametrize("step", [10.0, 12.5, 2.0])
def test_moments_of_a_task_have_to_fit_the_step(step):
    model = dataclasses.replace(MODEL, step=step)
    fits = tasks.get("go-nogo", stimulus_onset=250, stimulus_duration=150)
    run_columns(model, fits.trials(4, seed=1, condition="go").inputs)
    for settings, wrong in (({"stimulus_onset": 255}, 255), ({"stimulus_duration": 105}, 355)):
        u = tasks.get("go-nogo", **settings).trials(4, seed=1, condition="go").inputs
        run_columns(dataclasses.replace(MODEL, step=5 / 3), u)
        with pytest.raises(ArgumentError, match=f"inputs change at {wrong} ms, between two steps"):
            run_columns(model, u)


def test_noise_is_sampled_at_the_step():
    task = tasks.get("mante")
    model = RateModel.load(model_mapping(n_inputs=4, step_ms=np.array([[10.0]])))
    trials = task.trials(3, seed=1)
    run = run_columns(model, trials.inputs, noise=0.0)
    by_hand = model.run(trials.inputs[:, :, ::2], noise=0.0)
    assert np.array_equal(run.output[:, :, ::2], by_hand.output)
    assert by_hand.time[-1] == 2490.0


def test_a_bias_is_a_constant_current_of_the_spiking_unit():
    bias = np.linspace(-3, 3, 20)
    model = dataclasses.replace(MODEL, bias=bias)
    assert np.array_equal(SpikingNetwork.from_rate(model, 30).offset, bias)
    plain = SpikingNetwork.from_rate(MODEL, conversion="one_offset", task="go-nogo", gain=4.0)
    shifted = SpikingNetwork.from_rate(model, conversion=plain.conversion)
    np.testing.assert_allclose(shifted.offset - plain.offset, 4 * bias)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bias": np.ones(20)}, "has a bias, which the published function does not know"),
        ({"initial": np.ones(20)}, "has an initial state"),
        (
            {"activation": "lif", "activation_parameters": {"params": LIFParams(noise=0.5)}},
            "has a neuron with noise 0.5",
        ),
    ],
)
def test_the_published_function_names_what_it_does_not_know(changes, words):
    model = dataclasses.replace(MODEL, **changes)
    with pytest.raises(ArgumentError, match=words):
        LIF_network_fnc(model, 30, np.zeros((1, 5)), {"mode": "none"}, 1, False)


def test_a_model_that_was_trained_on_the_f_i_curve_needs_no_factor(tmp_path):
    plain = model_mapping(activation="lif")
    savemat(tmp_path / "m.mat", plain)
    network = SpikingNetwork.from_rate(tmp_path / "m.mat")
    assert (network.scaling_factor, network.conversion.kind) == (20.0, "trained")
    assert SpikingNetwork.from_rate(RateModel.load(plain), 20).conversion.kind == "trained"
    assert SpikingNetwork.from_rate(RateModel.load(plain), 30).conversion is None
    noisy = LIFParams(noise=0.5)
    text = as_json({"k": 35.0, "params": noisy})
    network = SpikingNetwork.from_rate(RateModel.load({**plain, "activation_parameters": text}))
    assert (network.scaling_factor, network.params) == (35.0, noisy)
    assert "nothing fitted" in str(network.conversion)


ARRAYS = {"w": np.eye(2), "w_in": [1, 0], "w_out": [1, 0], "tau": 10, "step": 5, "form": "rate"}
MAKERS = [
    lambda activation: RateModel.from_arrays(**ARRAYS, activation=activation),
    lambda activation: RateModel.untrained(2, n_inputs=1, activation=activation),
]


@pytest.mark.parametrize("make", MAKERS)
def test_the_names_that_a_message_offers_can_be_used(make):
    for wrong in ("table", "callable", "swish", None, 5, ["relu"]):
        with pytest.raises(ArgumentError, match=r"activation is .*; expected one of") as caught:
            make(wrong)
        names, _, rest = str(caught.value).partition("expected one of ")[2].partition(", a function")
        assert rest == ", or a table: a pair of arrays (x, phi(x))"
        for name in names.split(", "):
            assert make(name).activation == name
    for given in (np.tanh, ([-1.0, 0.0, 1.0], [0.0, 0.5, 2.0])):
        assert make(given).transfer(np.array([0.5]))[0] > 0

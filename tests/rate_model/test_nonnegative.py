"""The same network with rates that are not negative, or with the signs of its rates split."""

import numpy as np
import pytest

from spiking import RateModel, SpikingNetwork, simulate
from spiking.errors import ArgumentError


def network(activation, form, signs=None, seed=0, n=12):
    rng = np.random.default_rng(seed)
    w = rng.standard_normal((n, n)) / np.sqrt(n)
    return RateModel.from_arrays(
        w=w if signs is None else np.abs(w),
        w_in=rng.standard_normal((n, 2)),
        w_out=rng.standard_normal((3, n)),
        bias=rng.standard_normal(n),
        b_out=rng.standard_normal(3),
        activation=activation,
        tau=40.0,
        step=5.0,
        form=form,
        signs=signs,
        initial=rng.uniform(0, 0.3, n),
    )


def valley(x):
    return -np.exp(-(x**2) / 4)


INPUTS = np.random.default_rng(1).standard_normal((4, 2, 60))


@pytest.mark.parametrize("form", ["current", "rate"])
@pytest.mark.parametrize(
    ("activation", "tolerance"), [("tanh", 1e-10), ("elu", 1e-3), ("gelu", 1e-3), (valley, 1e-3)]
)
def test_the_output_is_the_same_with_and_without_noise(activation, tolerance, form):
    model = network(activation, form)
    changed = model.nonnegative()
    assert changed.run(INPUTS).rates.min() > -1e-6 > model.run(INPUTS).rates.min()
    for noise in (0.0, 0.2):
        scale = changed.noise if noise == 0 else {"tanh": 2 if form == "current" else 0.5}.get(activation, 1)
        ours = changed.run(INPUTS, seed=3, noise=noise * scale).output
        assert np.abs(ours - model.run(INPUTS, seed=3, noise=noise).output).max() < tolerance
    assert changed.nonnegative() is changed


def test_what_is_not_negative_stays_the_same_object():
    for activation in ("sigmoid", "relu", "softplus", "retanh", "power_law"):
        model = network(activation, "rate")
        assert model.nonnegative() is model


def test_dales_law_survives():
    signs = np.where(np.arange(12) < 9, 1, -1)
    changed = network("tanh", "current", signs).nonnegative()
    assert changed.dale
    assert np.array_equal(changed.sign, signs)
    assert np.all(changed.effective_weights()[:, 9:] <= 0)


@pytest.mark.parametrize("form", ["current", "rate"])
def test_split_signs_give_the_same_output(form):
    model = network("tanh", form)
    split = model.split_signs()
    assert (split.n_units, split.activation) == (24, "retanh")
    assert split.run(INPUTS, noise=0).rates.min() >= 0
    difference = split.run(INPUTS, noise=0).output - model.run(INPUTS, noise=0).output
    assert np.abs(difference).max() < 1e-10
    linear = network((np.array([-1.0, 1.0]), np.array([-1.0, 1.0])), form)
    difference = linear.split_signs().run(INPUTS, noise=0).output - linear.run(INPUTS, noise=0).output
    assert np.abs(difference).max() < 1e-6 * np.abs(linear.run(INPUTS, noise=0).output).max()


def test_what_cannot_be_rewritten_says_what_to_do():
    linear = network((np.array([-1.0, 1.0]), np.array([-1.0, 1.0])), "rate")
    with pytest.raises(ArgumentError, match=r"no minimum; expected one with a minimum.*split_signs"):
        linear.nonnegative()
    with pytest.raises(ArgumentError, match=r"no minimum"):
        SpikingNetwork.from_rate(linear, 50)
    with pytest.raises(ArgumentError, match="expected an odd function, such as tanh"):
        network("elu", "rate").split_signs()


def test_a_published_conversion_of_tanh_is_that_of_the_sigmoid():
    model = network("tanh", "rate")
    ours, sigmoid = (SpikingNetwork.from_rate(each, 30) for each in (model, model.nonnegative()))
    assert np.array_equal(ours.dense_weights, sigmoid.dense_weights)
    assert np.allclose(ours.readout_bias, -model.w_out.sum(axis=1))  # b_out itself is left out, as published
    both = [simulate(each, INPUTS[0], trials=1, seed=1).rates for each in (ours, sigmoid)]
    assert np.array_equal(*both)


def test_steps_that_diverge_are_refused():
    arrays = {"w": [[0.5]], "w_in": [1.0], "w_out": [1.0], "activation": "relu", "form": "rate"}
    with pytest.raises(ArgumentError, match="step is 100 ms and the shortest tau 1 ms; expected a step"):
        RateModel.from_arrays(**arrays, tau=1, step=100)

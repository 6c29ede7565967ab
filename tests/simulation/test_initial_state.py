"""Networks that start from the state of a rate model: the same in all ways to run a trial."""

import dataclasses

import numpy as np
import pytest
from networks import pulse_input, random_network

from spiking import ArgumentError, RandomDraws, RateModel, Record, SpikingNetwork, simulate
from spiking.simulation import step_by_step

N = 40


def started(*, currents=False, **changes):
    rng = np.random.default_rng(4)
    network = random_network(N, seed=3, strength=3.0, n_inputs=2, n_outputs=2, offset=12.0, **changes)
    state = {"initial_rates": rng.uniform(0, 60, N)}
    if currents:
        state["initial_currents"] = rng.normal(0, 10, N)
    return dataclasses.replace(network, **state)


@pytest.mark.parametrize("currents", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("synapse", ["double_exponential", "single_exponential"])
def test_the_kernel_has_the_spikes_of_the_numpy_step(currents, sparse, synapse):
    network = started(currents=currents, sparse=sparse, synapse=synapse).lesion([5])
    inputs = pulse_input(11, 2) + 1.0
    draws = RandomDraws.from_seed(1, 0, n_neurons=N, n_steps=1000)
    record = Record(spikes=True, currents=True, filtered_rates=True)
    slow, fast = step_by_step(network, inputs, draws), simulate(network, inputs, draws=draws, record=record)
    assert len(fast.spikes) > 20
    assert np.array_equal(np.argwhere(slow.spikes), np.stack([fast.spikes.step, fast.spikes.neuron], axis=1))
    np.testing.assert_allclose(fast.currents[0].T, slow.currents, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(fast.filtered_rates[0].T, slow.rates, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(fast.output[0].T, slow.output, rtol=1e-9, atol=1e-9)
    rates = network.initial_rates * (np.arange(N) != 5)
    wanted = network.weights @ rates
    if currents:
        wanted = network.initial_currents - network.w_in @ inputs[:, 0]
    np.testing.assert_allclose(slow.currents[0], wanted, rtol=1e-9, atol=1e-9)


def test_it_decays_as_the_equations_say():
    """Without spikes, rates and currents fall with the decay and the rise constant of the synapse."""
    network = dataclasses.replace(started(initial_voltage=-60.0), offset=np.full(N, -200.0))
    run = simulate(network, np.zeros((2, 11)), seed=1, record=Record(spikes=True, filtered_rates=True))
    assert len(run.spikes) == 0
    t, td, tr = 0.05 * np.arange(1, 1001), network.tau_decay[:, np.newaxis], 2.0
    r0 = network.initial_rates[:, np.newaxis]
    # r' = -r/td + h, h' = -h/tr, h(0) = r(0)/td
    h0 = r0 / td
    exact = (r0 - h0 / (1 / td - 1 / tr)) * np.exp(-t / td) + h0 / (1 / td - 1 / tr) * np.exp(-t / tr)
    np.testing.assert_allclose(run.filtered_rates[0], exact, rtol=0.003)  # steps of 0.05 ms


@pytest.mark.parametrize("currents", [False, True])
def test_a_stepper_starts_as_simulate(currents):
    network = started(currents=currents)
    u = np.random.default_rng(5).normal(size=(2, 4))
    held = np.concatenate([u[:, :1] + 7.0, np.repeat(u, 100, axis=1)], axis=1)  # the first acts at no step
    run = simulate(network, held, seed=3, trials=[0], input_interval=0.05, record=Record(spikes=True))
    stepper = network.stepper(seed=3)
    parts = [stepper.advance(column, 5.0) for column in u.T]
    assert len(run.spikes) > 5
    assert np.array_equal(np.concatenate([part.spikes.step for part in parts]), run.spikes.step)
    output = np.concatenate([part.output for part in parts], axis=1)
    np.testing.assert_allclose(output, run.output[0], rtol=1e-9, atol=1e-9)


def model(form, activation, **changes):
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(3, N, N)) / np.sqrt(N)
    return RateModel.from_arrays(
        w=weights[0],
        w_in=weights[1, :, :2],
        w_out=weights[2, :2],
        bias=rng.normal(0, 0.3, N),
        activation=activation,
        tau=50.0,
        step=5.0,
        form=form,
        initial=rng.uniform(0.0, 0.5, N),
        **changes,
    )


@pytest.mark.parametrize("activation", ["tanh", "relu", "softplus"])
@pytest.mark.parametrize("form", ["current", "rate"])
def test_the_output_starts_where_the_rate_networks_does(form, activation):
    rate = model(form, activation)
    network = SpikingNetwork.from_rate(rate, 20.0, readout_bias=True)
    inputs = np.random.default_rng(1).normal(size=(2, 11))
    run = simulate(network, inputs, seed=1, record=Record(currents=True))
    wanted = rate.run(inputs[np.newaxis], noise=0).output[0, :, 0]
    np.testing.assert_allclose(run.output[0, :, 0], wanted, rtol=1e-4, atol=1e-4)
    silent = dataclasses.replace(network, initial_rates=None, initial_currents=None)
    assert np.abs(simulate(silent, inputs, seed=1).output[0, :, 0] - wanted).max() > 0.05
    if form == "current" and activation != "tanh":  # tanh is written as a sigmoid first
        total = run.currents[0, :, 0] + network.offset + network.w_in @ inputs[:, 0]
        np.testing.assert_allclose(total, rate.initial, rtol=1e-9, atol=1e-9)
    elif activation != "tanh":
        np.testing.assert_allclose(run.currents[0, :, 0], rate.w @ rate.initial, rtol=1e-9, atol=1e-9)


BIAS = np.linspace(-0.5, 0.5, N)


@pytest.mark.parametrize(
    ("form", "initial", "silent"),
    [
        ("current", None, True),
        ("current", BIAS, True),
        ("current", np.zeros(N), False),
        ("rate", None, True),
        ("rate", np.zeros(N), True),
        ("rate", np.ones(N), False),
    ],
)
def test_a_model_that_starts_without_synaptic_currents_starts_as_published(form, initial, silent):
    rate = dataclasses.replace(model(form, "relu"), bias=BIAS, initial=initial)
    network = SpikingNetwork.from_rate(rate, 20.0)
    run = simulate(network, np.ones((2, 3)), seed=1, record=Record(currents=True))
    assert (not run.currents[0, :, 0].any()) == silent


@pytest.mark.parametrize("name", ["initial_rates", "initial_currents"])
def test_one_number_for_each_neuron(name):
    with pytest.raises(ArgumentError, match=f"{name} .*expected"):
        dataclasses.replace(started(), **{name: np.zeros(3)})

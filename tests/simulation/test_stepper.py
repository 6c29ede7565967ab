"""A stepper has the spikes of `simulate`, however the time is divided."""

import dataclasses

import numpy as np
import pytest
from networks import random_network

from spiking import (
    ArgumentError,
    Conversion,
    Oscillation,
    Record,
    Stimulation,
    UnitFraction,
    simulate,
)
from spiking.simulation.kernel.trial import run_trial

DURATIONS = (5.0, 0.05, 0.65, 12.3, 5.0, 0.8, 26.2)  # ms; 50 ms in all


def network(**changes):
    return random_network(
        50, seed=2, strength=3.0, n_inputs=2, n_outputs=2, readout_bias=(0.5, -1.0), **changes
    )


def held(inputs, durations, time_step=0.05):
    """Return the inputs of `simulate`, a column for each time step: column k acts at step k from 1."""
    lengths = [round(duration / time_step) for duration in durations]
    columns = np.repeat(inputs, lengths, axis=1)
    return np.concatenate([columns[:, :1] + 7.0, columns], axis=1)  # the first acts at no step


def assert_same(net, *, durations=DURATIONS, trial=0, downsample=1, stimulation=None):
    u = np.random.default_rng(5).standard_normal((2, len(durations)))
    time_step = 0.05 * downsample
    run = simulate(
        net,
        held(u, durations, time_step),
        seed=3,
        trials=[trial],
        input_interval=time_step,
        record=Record(spikes=True, filtered_rates=True),
        downsample=downsample,
        stimulation=stimulation,
    )
    stepper = net.stepper(seed=3, trial=trial, downsample=downsample, stimulation=stimulation)
    parts = [stepper.advance(column, length) for column, length in zip(u.T, durations, strict=True)]
    assert len(run.spikes) > 50
    for name in ("neuron", "step", "time"):
        own = np.concatenate([getattr(part.spikes, name) for part in parts])
        np.testing.assert_array_equal(own, getattr(run.spikes, name))
    output = np.concatenate([part.output for part in parts], axis=1)
    np.testing.assert_allclose(output, run.output[0], rtol=1e-9, atol=1e-12)
    ends = [round(part.stop / time_step) - 1 for part in parts]
    filtered = np.array([part.filtered_rates for part in parts]).T
    np.testing.assert_allclose(filtered, run.filtered_rates[0][:, ends], rtol=1e-9, atol=1e-12)
    lengths = np.array([part.stop - part.start for part in parts])
    rates = np.sum([part.rates * length for part, length in zip(parts, lengths, strict=True)], axis=0)
    np.testing.assert_allclose(rates / lengths.sum(), run.rates[0], rtol=1e-9)
    assert stepper.time == pytest.approx(sum(durations))
    assert parts[0].start == 0
    return run


@pytest.mark.parametrize("neuron", ["leaky", "quadratic"])
@pytest.mark.parametrize("synapse", ["double_exponential", "single_exponential"])
def test_it_has_the_spikes_of_simulate(neuron, synapse):
    made = {"threshold": 0.0, "reset": -60.0} if neuron == "quadratic" else {}
    net = network(offset=12.0, neuron=neuron, synapse=synapse, **made)
    assert_same(net, trial=4)


@pytest.mark.parametrize("sparse", [False, True])
def test_lesions_sparse_weights_and_longer_steps(sparse):
    net = network(offset=12.0, sparse=sparse).lesion([3, 17])
    assert np.isnan(assert_same(net).rates[0, [3, 17]]).all()
    assert_same(net, durations=(5.0, 0.1, 30.0, 14.9), downsample=2)


def test_stimulation():
    acting = [
        Stimulation("exc", (3, 20), 0.4, coin="unit", probability=0.5),
        Stimulation(UnitFraction(0.5, "inh"), (0.5, 60), 0.5),
        Oscillation("all", 40, 3.0, window=(10, 45)),
    ]
    with pytest.warns(UserWarning, match="window is 0.5 to 60 ms; the trial ends at 50 ms, before"):
        run = assert_same(network(offset=8.0), stimulation=acting)
    assert len(run.spikes) != len(assert_same(network(offset=8.0)).spikes)


def test_columns_share_the_interval():
    u = np.random.default_rng(1).standard_normal((2, 4))
    one, other = (network(offset=12.0).stepper(seed=1) for _ in range(2))
    whole = one.advance(u, 20.0)
    parts = [other.advance(column, 5.0) for column in u.T]
    np.testing.assert_array_equal(whole.spikes.step, np.concatenate([part.spikes.step for part in parts]))
    assert len(whole.spikes) > 0
    assert (whole.start, whole.stop, whole.output.shape) == (0.0, 20.0, (2, 400))


def test_the_input_changes_what_comes_after_it_only():
    one, other = (network(offset=12.0).stepper(seed=1) for _ in range(2))
    assert np.array_equal(one.advance([0, 0]).output, other.advance([0, 0]).output)
    assert not np.array_equal(one.advance([50, 50]).spikes.step, other.advance([0, 0]).spikes.step)


def test_the_kernel_is_not_compiled_again():
    net = network(offset=12.0)
    simulate(net, np.zeros((2, 3)), seed=1)
    compiled = len(run_trial.signatures)
    net.stepper(seed=1).advance([0.0, 1.0])
    assert len(run_trial.signatures) == compiled


def test_one_number_for_one_input():
    stepper = random_network(10).stepper(seed=1)
    assert stepper.advance(1.0).output.shape == (1, 100)
    assert "time=5 ms" in repr(stepper)


@pytest.mark.parametrize(
    ("inputs", "duration", "message"),
    [
        ([1.0], 5.0, r"inputs has shape \(1,\); expected finite numbers of shape \(2,\)"),
        (np.ones((3, 2)), 5.0, r"inputs has shape \(3, 2\)"),
        ([1.0, np.nan], 5.0, "expected finite numbers"),
        ([1.0, 1.0], 0.07, "duration is 0.07 ms; expected a multiple of 0.05 ms"),
        ([1.0, 1.0], 0.0, "duration is 0.0; expected a finite number above 0"),
        (np.ones((2, 3)), 5.0, "expected a multiple of 0.15 ms"),
        ([1e308, 1e308], 5.0, "become NaN or infinite"),
    ],
)
def test_wrong_inputs(inputs, duration, message):
    with pytest.raises(ArgumentError, match=message):
        network().stepper(seed=1).advance(inputs, duration)


def test_wrong_arguments():
    with pytest.raises(ArgumentError, match="window of Oscillation is None; expected"):
        network().stepper(seed=1, stimulation=Oscillation("all", 10, 1.0))
    with pytest.raises(ArgumentError, match="trial is -1"):
        network().stepper(seed=1, trial=-1)
    fitted = dataclasses.replace(network(), conversion=Conversion(kind="published", factor=1, downsample=2))
    with pytest.raises(ArgumentError, match="was fitted for 2"):
        fitted.stepper(seed=1)
    assert fitted.stepper(seed=1, downsample=2).time_step == pytest.approx(0.1)

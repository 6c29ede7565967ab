"""Noise on inputs, and inputs with a sampling interval of their own."""

import numpy as np
import pytest
from networks import pulse_input, random_network

from spiking import ArgumentError, Record, simulate


def test_an_interval_of_5_ms_is_the_published_one():
    network = random_network(30, strength=2.0)
    plain, named = (
        simulate(network, pulse_input(), seed=1, **options) for options in ({}, {"input_interval": 5.0})
    )
    np.testing.assert_array_equal(plain.output, named.output)


@pytest.mark.parametrize(("interval", "repeats"), [(1.0, 5), (0.2, 25)])
def test_finer_columns_with_the_same_values_are_the_same_input(interval, repeats):
    """Column k of C acts from 5 k - 2.5 to 5 k + 2.5 ms: so do its repeats, each centred on its own time."""
    network, u = random_network(30, strength=2.0), np.random.default_rng(0).standard_normal((1, 9))
    nearest = np.floor(np.arange(8 * repeats + 1) / repeats + 0.5).astype(int)
    coarse = simulate(network, u, seed=1)
    fine = simulate(network, u[:, nearest], seed=1, input_interval=interval)
    np.testing.assert_allclose(coarse.output, fine.output)


def test_longer_steps_keep_all_columns_that_have_an_interval():
    """A membrane follows an input at 40 Hz alike with steps of 0.05 and 0.25 ms."""
    network = random_network(
        20, density=0.0, bias=-60.0, threshold=1000.0, noise=0.0, initial_voltage="resting"
    )
    u = np.sin(2 * np.pi * 40 * np.arange(0, 0.2, 0.0005))[np.newaxis]
    traces = [
        simulate(
            network,
            u,
            seed=1,
            downsample=downsample,
            input_interval=0.5,
            record=Record(voltage=True, interval=1.0),
        ).voltage[0]
        for downsample in (1, 5)
    ]
    assert traces[0].shape == traces[1].shape == (20, 199)
    amplitude = np.abs(traces[0] + 60).max()
    assert amplitude > 0.3
    np.testing.assert_allclose(traces[0], traces[1], atol=0.08 * amplitude)


def test_input_noise_reaches_the_membrane_as_its_weights_and_time_constant_say():
    """Noise held for T: v at the ends of columns has variance (w s)^2 (1 - q)/(1 + q), q = (1 - a)^(T/dt)."""
    network = random_network(
        100, density=0.0, bias=-60.0, threshold=1000.0, noise=0.0, n_inputs=2, initial_voltage="resting"
    )
    sigma = np.array([2.0, 0.5])
    run = simulate(
        network,
        np.zeros((2, 4001)),
        seed=1,
        input_noise=sigma,
        input_interval=2.0,
        record=Record(voltage=True, output=False, interval=1.0),
    )
    at_ends = run.voltage[0][:, 100::2] + 60.0  # a column ends half an interval after its time: at odd ms
    kept = (1 - 0.05 / 10) ** 40
    expected = (network.w_in**2 @ sigma**2) * (1 - kept) / (1 + kept)
    independent = at_ends.shape[1] * (1 - kept**2) / (1 + kept**2)
    np.testing.assert_allclose(at_ends.var(axis=1), expected, rtol=5 * np.sqrt(2 / independent))
    weights = network.w_in[:, 0] * sigma[0] + 1j * network.w_in[:, 1] * sigma[1]
    alike = np.real(weights[:, np.newaxis] * weights.conj()) / np.abs(np.outer(weights, weights))
    np.testing.assert_allclose(np.corrcoef(at_ends), alike, atol=5 / np.sqrt(independent))


def test_input_noise_has_its_own_numbers_in_each_trial():
    network = random_network(30, density=0.0, noise=0.0, bias=-60.0, initial_voltage="resting")
    record = Record(voltage=[0], output=False)
    run = simulate(network, np.zeros((1, 21)), seed=1, trials=3, input_noise=1.0, record=record)
    assert len({trial.tobytes() for trial in run.voltage}) == 3
    alone = simulate(network, np.zeros((1, 41)), seed=1, trials=[2], input_noise=1.0, record=record)
    np.testing.assert_array_equal(alone.voltage[0, :, :1950], run.voltage[2, :, :1950])
    noisy = random_network(30, strength=2.0)
    threads = [
        simulate(noisy, pulse_input(), seed=1, trials=8, input_noise=1.0, threads=k).output for k in (1, 2)
    ]
    np.testing.assert_array_equal(*threads)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_interval": 0}, "input_interval is 0"),
        (
            {"input_interval": 0.07},
            "input_interval is 0.07 ms; expected a multiple of the time step",
        ),
        ({"input_interval": 0.05, "downsample": 2}, "multiple of the time step, 0.1 ms"),
        ({"input_interval": "fast"}, "input_interval is 'fast'"),
        ({"input_noise": -1}, "input_noise is -1"),
        ({"input_noise": [1, 2]}, r"input_noise is \(1.0, 2.0\); expected .* or one for each of 1 inputs"),
        ({"input_noise": "loud"}, "input_noise is 'loud'"),
    ],
)
def test_mistakes_are_named(options, message):
    with pytest.raises(ArgumentError, match=message):
        simulate(random_network(5), pulse_input(), seed=1, **options)

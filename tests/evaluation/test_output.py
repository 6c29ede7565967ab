"""Smoothing, the strict rule on smoothed outputs, and readouts that are fitted anew."""

import dataclasses

import numpy as np
import pytest
from cue import Cue, cue_model
from networks import pulse_input, random_network

from spiking import ArgumentError, Record, Smoothing, SpikingNetwork, evaluate, simulate, smoothed_rates

BOTH = [Smoothing("gaussian", 3.0), Smoothing("exponential", 3.0)]


@pytest.mark.parametrize("smoothing", BOTH, ids=lambda one: one.kind)
def test_gain_at_dc_is_one_and_rough_becomes_smooth(smoothing):
    assert np.allclose(smoothing.apply(np.full((2, 500), 3.7), 0.5), 3.7, rtol=1e-12)
    impulse = np.zeros(1001)
    impulse[300] = 1
    assert smoothing.apply(impulse, 0.5).sum() == pytest.approx(1, rel=1e-9)
    noise = np.random.default_rng(1).standard_normal((3, 4, 5000))
    smooth = smoothing.apply(noise, 0.5)
    assert smooth.shape == noise.shape
    assert smooth.std() < 0.4


def test_widths_are_in_ms():
    impulse, interval = np.zeros(4001), 0.05
    impulse[2000] = 1
    time = interval * (np.arange(4001) - 2000)
    gaussian = Smoothing("gaussian", 12.0).apply(impulse, interval)
    assert np.sqrt(np.sum(gaussian * time**2)) == pytest.approx(12, rel=0.01)  # cut off at 4 widths
    exponential = Smoothing("exponential", 12.0).apply(impulse, interval)
    assert not exponential[:2000].any()
    assert exponential[2000 + 240] / exponential[2000] == pytest.approx(np.exp(-1), rel=1e-3)


def test_rates_over_time_average_to_the_rates():
    network = random_network(30, offset=20.0).lesion([4])
    run = simulate(network, pulse_input(41), seed=1, trials=3, record=Record(spikes=True))
    rates = smoothed_rates(run, Smoothing("exponential", 1e-6), interval=0.5)
    assert rates.shape == (3, 30, 400)
    assert np.isnan(rates[:, 4]).all()
    others = np.arange(30) != 4
    assert np.allclose(rates.mean(axis=2)[:, others], run.rates[:, others])
    smooth = smoothed_rates(run, Smoothing("gaussian", 20.0))
    assert smooth.shape == (3, 30, 200)
    assert smooth[:, others].mean() == pytest.approx(rates[:, others].mean(), rel=0.1)
    inh = simulate(network, pulse_input(41), seed=1, trials=3, record=Record(spikes="inh"))
    np.testing.assert_allclose(
        smoothed_rates(inh, Smoothing("gaussian", 20.0)), smooth[:, network.populations["inh"]], atol=1e-9
    )


def test_evaluation_smooths_before_it_scores():
    network = SpikingNetwork.from_rate(cue_model(), 1.0)
    plain = evaluate(network, Cue(), 6, seed=1, keep_outputs=True)
    smooth = evaluate(network, Cue(), 6, seed=1, keep_outputs=True, smoothing=BOTH[1])
    np.testing.assert_allclose(smooth.output, BOTH[1].apply(plain.output, 0.05), atol=1e-12)


@pytest.mark.parametrize("ridge", [0.0, 0.01, 1.0])
def test_a_refit_is_never_worse_on_its_own_trials(ridge):
    network = random_network(40, offset=8.0)
    refitted = network.refit_readout(Cue(), 10, seed=3, ridge=ridge)
    label = refitted.readout_refit
    assert label.error_after < label.error_before
    trials = Cue().trials(10, seed=3, first=2**22)
    for net, expected in ((network, label.error_before), (refitted, label.error_after)):
        run = simulate(
            net, trials.spiking_inputs, seed=3, trials=range(2**22, 2**22 + 10), record=Record(interval=5.0)
        )
        error = trials.targets[:, 1:] - run.output[:, 0, :-1]
        assert np.sqrt(np.mean(error**2)) == pytest.approx(expected, rel=1e-6)


def test_more_ridge_stays_closer_to_the_trained_readout():
    network = random_network(40, offset=8.0)
    fits = [network.refit_readout(Cue(), 10, seed=3, ridge=ridge) for ridge in (0.0, 0.01, 1.0, 1e6)]
    moved = [np.linalg.norm(fit.readout - network.readout) for fit in fits]
    assert moved == sorted(moved, reverse=True)
    assert moved[-1] < 1e-4 * moved[0]
    left = [fit.readout_refit.error_after for fit in fits]
    assert left == sorted(left)
    assert fits[0].weights is network.weights


def test_a_refit_rescues_a_scaled_readout_and_always_says_so():
    network = SpikingNetwork.from_rate(cue_model(), 30.0)
    spoilt = dataclasses.replace(network, readout=network.readout / 10)
    assert evaluate(spoilt, Cue(), 20, seed=1).accuracy < 0.8
    refitted = spoilt.refit_readout(Cue(), 20, seed=1)
    result = evaluate(refitted, Cue(), 20, seed=1)
    assert result.accuracy > 0.9
    assert "readout refitted: ridge 0.01, 20 trials of cue, seed 1" in str(result)
    for changed in (refitted, refitted.cut(pre="exc"), refitted.lesion([1])):
        assert "readout refitted" in repr(changed)
    assert result.readout_refit == refitted.readout_refit
    assert evaluate(spoilt, Cue(), 2, seed=1).readout_refit is None


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda net: Smoothing("box", 3.0), "kind is 'box'; expected one of gaussian, exponential"),
        (lambda net: Smoothing("gaussian", 0), "width is 0; expected a finite number above 0"),
        (
            lambda net: smoothed_rates(simulate(net, pulse_input(), seed=1), BOTH[0]),
            "spikes were not recorded",
        ),
        (
            lambda net: smoothed_rates(
                simulate(net, pulse_input(), seed=1, record=Record(spikes=True)), BOTH[0], interval=0.07
            ),
            "interval is 0.07 ms; expected a multiple of 0.05 ms",
        ),
        (lambda net: net.refit_readout(Cue(), 0, seed=1), "trials is 0"),
        (lambda net: net.refit_readout(Cue(), 1, seed=1, ridge=-1), "ridge is -1"),
        (lambda net: net.refit_readout("mante", 1, seed=1), "expected inputs: 4"),
    ],
)
def test_mistakes_are_named(mistake, message):
    with pytest.raises(ArgumentError, match=message):
        mistake(random_network(10))

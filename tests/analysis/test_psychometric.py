"""Psychometric curves: known curves are recovered, intervals cover, and other data give a reason."""

import re

import numpy as np
import pytest

from spiking import ArgumentError
from spiking.analysis import Estimate, PsychometricFit, psychometric

LEVELS = np.linspace(-1.0, 1.0, 11)
TRUE = {"threshold": 0.1, "slope": 6.0, "guess": 0.05, "lapse": 0.08}


def probability(x, threshold, slope, guess, lapse):
    return guess + (1 - guess - lapse) / (1 + np.exp(-slope * (x - threshold)))


def drawn(rng, n, **changes):
    x = np.repeat(LEVELS, n)
    return x, rng.random(x.size) < probability(x, **{**TRUE, **changes})


def estimates(curve):
    return {name: getattr(curve.fit, name) for name in TRUE}


@pytest.mark.parametrize("slope", [6.0, -6.0])
def test_a_known_curve_is_recovered_within_its_intervals(slope):
    x, response = drawn(np.random.default_rng(4), 400, slope=slope)
    curve = psychometric(x, response, seed=1, resamples=200)
    for name, estimate in estimates(curve).items():
        true = slope if name == "slope" else TRUE[name]
        assert estimate.low <= true <= estimate.high, name
        assert estimate.low <= estimate.value <= estimate.high
    assert curve.fit.threshold.high - curve.fit.threshold.low < 0.1
    assert curve.fit.lapse.high - curve.fit.lapse.low < 0.15
    np.testing.assert_allclose(curve.fit.predict(LEVELS), curve.fraction, atol=0.08)
    assert curve.trials.tolist() == [400] * 11
    assert curve.fraction[0] == response[:400].mean()
    assert np.all((curve.low < curve.fraction) & (curve.fraction < curve.high))


def test_the_fit_has_the_maximum_likelihood():
    rng = np.random.default_rng(5)
    x, response = drawn(rng, 60)
    curve = psychometric(x, response, resamples=100)
    best = np.array([estimate.value for estimate in estimates(curve).values()])

    def likelihood(parameters):
        p = np.clip(probability(x, *parameters), 1e-9, 1 - 1e-9)
        return np.where(response, np.log(p), np.log(1 - p)).sum()

    others = best * (1 + 0.05 * rng.standard_normal((3000, 4))) + 0.02 * rng.standard_normal((3000, 4))
    others[:, 2:] = np.clip(others[:, 2:], 0, 0.5)
    assert max(map(likelihood, others)) <= likelihood(best) + 1e-3


def test_the_seed_determines_the_intervals_and_the_scale_of_the_stimulus_only_scales():
    x, response = drawn(np.random.default_rng(6), 50)
    first, again, other = (psychometric(x, response, seed=seed, resamples=100) for seed in (1, 1, 2))
    assert first.fit == again.fit != other.fit
    scaled = psychometric(1000 * x + 5, response, seed=1, resamples=100)
    assert scaled.fit.threshold.value == pytest.approx(1000 * first.fit.threshold.value + 5, abs=0.5)
    assert scaled.fit.slope.value == pytest.approx(first.fit.slope.value / 1000, rel=0.01)


def test_trials_that_share_random_numbers_are_resampled_together():
    """The same noise at all values: one draw of few trials shifts the whole curve."""
    rng = np.random.default_rng(7)
    n = 60
    bias = 0.4 * rng.standard_normal(n)  # of each trial, at all values
    x, trial = np.repeat(LEVELS, n), np.tile(np.arange(n), LEVELS.size)
    response = x + bias[trial] > 0
    together = psychometric(x, response, trial=trial, resamples=200).fit.threshold
    alone = psychometric(x, response, resamples=200).fit.threshold
    assert together.high - together.low > 1.25 * (alone.high - alone.low)


def test_response_times():
    rng = np.random.default_rng(8)
    x, response = drawn(rng, 200)
    time = 500 + 100 * (1 - np.abs(x)) + 20 * rng.standard_normal(x.size)
    time[(x == LEVELS[3]) & (rng.random(x.size) < 0.5)] = np.nan
    time[x == LEVELS[7]] = np.nan
    curve = psychometric(x, response, time, resamples=200)
    known = np.arange(11) != 7
    expected = 500 + 100 * (1 - np.abs(LEVELS))
    inside = (curve.response_time_low < expected) & (expected < curve.response_time_high)
    assert inside[known].sum() >= 8
    assert np.isnan([curve.response_time[7], curve.response_time_low[7], curve.response_time_high[7]]).all()
    assert curve.timed[7] == 0
    assert 60 < curve.timed[3] < 140
    width = (curve.response_time_high - curve.response_time_low)[known]
    assert np.all((width > 3) & (width < 15))  # 4 standard errors of 20 ms in 200 trials: 5.7 ms


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (lambda x: x > -9, "all 550 trials have the response; add values"),
        (lambda x: x > 9, "no trial has the response; add values"),
        (lambda x: x > 0.1, "from one value to the next, near 0 to 0.2, and do not determine the slope"),
        (lambda x: np.arange(x.size) % 2 == 0, r"do not depend on the stimulus \(likelihood-ratio test"),
        (
            lambda x: np.arange(x.size) % 50 < 5 + 20 * np.exp(2 * (x - 1)),
            "threshold is not among the values",
        ),
    ],
)
def test_data_that_determine_no_curve_give_a_reason(response, reason):
    x = np.repeat(LEVELS, 50)
    curve = psychometric(x, response(x), resamples=100)
    assert curve.fit is None
    assert curve.as_json()["fit"] is None
    assert re.search(reason, str(curve))
    assert "\n" not in str(curve)
    few = psychometric(np.repeat([-1.0, 0.0, 1.0], 20), np.arange(60) > 25, resamples=100)
    assert few.problem == "x has 3 different values; expected at least 4"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [1.0, np.nan]}, r"x\[1\] is nan"),
        ({"x": []}, r"x has shape \(0,\)"),
        ({"response": [True]}, r"response has shape \(1,\); expected \(2,\), as x"),
        ({"response_time": [1.0]}, "response_time has shape"),
        ({"trial": [[1.0]]}, "trial has shape"),
        ({"resamples": 10}, "resamples is 10; expected a whole number, 100 or more"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        psychometric(**{"x": [0.0, 1.0], "response": [True, False], **arguments})


@pytest.mark.slow
@pytest.mark.parametrize("shared", [False, True])
def test_intervals_cover_the_true_values(shared):
    """Of 95 % intervals in 120 experiments about 114 cover; fewer than 103 have a probability below 1e-5."""
    rng = np.random.default_rng(21)
    covered = dict.fromkeys(("threshold", "slope"), 0)
    for _ in range(120):
        x = np.repeat(LEVELS, 100)
        trial = np.tile(np.arange(100), LEVELS.size) if shared else np.arange(x.size)
        uniform = rng.random(trial.max() + 1)[trial]  # the logistic noise of each trial
        response = uniform < probability(x, 0.1, 6.0, 0.0, 0.0)
        fit = psychometric(x, response, trial=trial, resamples=200).fit
        for name in covered:
            estimate = getattr(fit, name)
            covered[name] += estimate.low <= TRUE[name] <= estimate.high
    assert all(count >= 103 for count in covered.values()), covered


def test_a_slope_without_a_lower_bound_says_so():
    others = {name: Estimate(0.1, 0.0, 0.2) for name in ("threshold", "guess", "lapse")}
    texts = [
        str(PsychometricFit(slope=Estimate(*slope), resamples=100, **others))
        for slope in ((36, 0, 45), (-36, -45, 0), (36, 30, 45))
    ]
    assert "slope 36 (at most 45; these trials do not set the other bound)" in texts[0]
    assert "slope -36 (at least -45; these trials do not set the other bound)" in texts[1]
    assert "slope 36 (30 to 45)" in texts[2]

"""The search for the scaling factor: what it finds, on which trials, and what it reports."""

import json
import pickle

import numpy as np
import pytest
from cue import Cue, cue_model

from spiking import (
    ArgumentError,
    RateModel,
    SpikingNetwork,
    evaluate,
    find_scaling_factor,
    find_scaling_factors,
    simulate,
)
from spiking.evaluation.recurrent_drive import drive_slope
from spiking.evaluation.result import Score
from spiking.random_streams import SEARCH_FIRST
from spiking.tuning.plateau import best, is_worse, middle, plateau
from spiking.tuning.published import _better
from spiking.tuning.racing import around, outwards_then_between, race
from spiking.tuning.trial_setup import TrialSetup, other_scores

MODEL = RateModel.load(cue_model())


def bits(*counts, n=100):
    """Make nested answers: a candidate with more correct trials gets all those of one with fewer."""
    return {10.0 * (k + 1): np.arange(n) < count for k, count in enumerate(counts)}


def test_plateau_is_the_neighbours_tied_with_the_best():
    curve = bits(60, 96, 98, 99, 100, 97, 80)
    assert best(curve) == 50
    assert plateau(curve) == (20, 30, 40, 50, 60)
    assert middle(plateau(curve), curve) == 40
    assert plateau(curve, dropped={40.0}) == (50, 60)


def test_a_tied_candidate_beyond_a_worse_one_is_no_part_of_the_plateau():
    assert plateau(bits(100, 80, 100)) in ((10.0,), (30.0,))


def test_equally_best_candidates_give_the_one_in_the_middle():
    assert best(bits(100, 100, 100, 100, 100)) == 30
    assert middle((20.0, 30.0), bits(0, 97, 98)) == 30


def test_worse_means_significantly_on_the_common_trials():
    assert is_worse(np.zeros(5, bool), np.ones(5, bool))
    assert not is_worse(np.zeros(4, bool), np.ones(4, bool))
    assert not is_worse(np.arange(100) < 4, np.arange(4) < 4)


def smooth_curve(peak, width, n=100, seed=0):
    """A model whose accuracy falls off around `peak`; every trial has its own threshold."""
    thresholds = np.random.default_rng(seed).random(n)
    return lambda wanted: {
        f: thresholds[:k] < np.exp(-(((f - peak) / width) ** 2)) for f, k in wanted.items()
    }


@pytest.mark.parametrize(
    ("peak", "width"), [(27.0, 10.0), (47.0, 25.0), (60.0, 40.0), (12.0, 8.0), (100.0, 30.0)]
)
def test_race_finds_the_peak_wherever_it_starts(peak, width):
    for start in (30.0, 48.0, 70.0):
        ended = race(
            smooth_curve(peak, width),
            around(start, 5.0, 0.0, 150.0),
            outwards_then_between(5.0, 0.0, 150.0),
            trials=100,
            budget=400,
            margin=0.05,
        )
        chosen = middle(plateau(ended.bits, ended.dropped), ended.bits)
        assert np.exp(-(((chosen - peak) / width) ** 2)) > 0.9, (start, chosen)
        assert sum(len(own) for own in ended.bits.values()) <= 400


def test_race_stays_within_budget_and_range():
    asked = []

    def run(wanted):
        asked.append(wanted)
        return smooth_curve(50.0, 100.0)(wanted)

    ended = race(run, {20.0, 30.0, 40.0}, lambda *_: set(), trials=100, budget=75, margin=0.001)
    assert sum(len(own) for own in ended.bits.values()) == 60
    assert ended.stopped == "the trial budget was used up"
    assert {factor for wanted in asked for factor in wanted} == {20.0, 30.0, 40.0}
    assert around(48.0, 5.0, 40.0, 60.0) == {40.0, 50.0, 60.0}


@pytest.fixture(scope="module")
def grid():
    return find_scaling_factor(MODEL, Cue(), seed=3, method="grid", trials=40)


def test_grid_runs_the_published_candidates_on_common_trials(grid):
    assert set(grid.curve) >= {float(factor) for factor in range(20, 80, 5)}
    assert {score.trials for score in grid.curve.values()} == {40}
    trials = Cue().trials(40, seed=3, first=SEARCH_FIRST)
    numbers = range(SEARCH_FIRST, SEARCH_FIRST + 40)
    for factor in (25.0, 55.0):
        network = SpikingNetwork.from_rate(MODEL, factor)
        run = simulate(network, trials.spiking_inputs, seed=3, trials=numbers)
        assert grid.curve[factor].correct == Cue().score(run.output[:, 0], run.time, trials).sum()
        assert grid.rates[factor] == pytest.approx(run.rates.mean())
    assert 25 <= grid.scaling_factor <= 50
    assert grid.scaling_factor == middle(grid.plateau, {f: np.ones(1, bool) for f in grid.curve})
    assert "it is the middle of the plateau" in grid.reason
    assert set(grid.nrmse) == set(grid.rates) == set(grid.curve)
    assert grid.accuracy > 0.9


def test_the_reported_score_is_that_of_fresh_trials(grid):
    again = evaluate(grid.network, Cue(), 40, seed=3)
    np.testing.assert_array_equal(grid.fresh.correct, again.correct)
    assert grid.fresh.conditions == again.conditions
    assert grid.network.scaling_factor == grid.scaling_factor
    assert grid.interval == again.interval
    assert grid.fresh.scores == again.scores
    assert list(again.scores) == ["task", "strict", "sustained"]
    written = grid.as_json()
    for name, score in again.scores.items():
        assert written["by_rule"][name].items() >= score.as_json().items()
    text = str(grid)
    for name in ("task", "sustained"):
        score = again.scores[name]
        cell = f"{score.accuracy:.3f} ({score.interval[0]:.3f} to {score.interval[1]:.3f}) of {score.trials}"
        assert f"{'correct' if name == 'task' else name:20}{cell}\n" in text
        assert f"{'correct' if name == 'task' else name}: {written['by_rule'][name]['rule']}\n" in text
    assert "fresh trials, seed 3" in text
    assert "the search, by the rule `correct`" in text


def test_the_figure_of_a_search_says_the_rules_and_the_fresh_scores(grid):
    from spiking.plotting import caption_of

    caption = caption_of(grid.plot().figure)
    assert f"Accuracy: {Cue().rule()}." in caption
    sustained = grid.fresh.sustained_score
    assert (
        f"by the sustained rule ({Cue().sustained_rule()}): {sustained.accuracy:.0%} (95 % Wilson" in caption
    )


def test_auto_agrees_with_far_fewer_trials(grid):
    auto = find_scaling_factor(MODEL, Cue(), seed=3)
    assert grid.plateau[0] - 5 <= auto.scaling_factor <= grid.plateau[-1] + 5
    assert auto.search_trials + auto.fresh.score.trials + auto.drive_trials <= 0.4 * 13 * 100
    assert auto.accuracy > 0.9


def test_auto_takes_the_factor_of_the_plateau_that_is_closest_to_the_rate_network():
    auto = find_scaling_factor(MODEL, Cue(), seed=3)
    assert set(auto.nrmse) == set(auto.curve)
    assert auto.nrmse[auto.scaling_factor] == min(auto.nrmse[factor] for factor in auto.plateau)
    text = str(auto).splitlines()
    assert text[0].split()[-3:] == ["NRMSE", "rate", "(Hz)"]
    row = next(line.split() for line in text if "chosen" in line)
    assert row[-1] == "chosen"
    chosen = auto.scaling_factor
    assert [f"{auto.nrmse[chosen]:.2f}", f"{auto.rates[chosen]:.1f}"] == row[8:10]
    assert float(row[7]) == pytest.approx(auto.by_rule["sustained"][chosen].accuracy, abs=5e-4)
    assert "trials  sustained  NRMSE" in text[0]
    assert text.count(auto.reason) == 1
    assert auto.reason.startswith(f"factor {chosen:g} was chosen: ")
    written = auto.as_json()
    assert written["curve"][0]["by_rule"]["sustained"]["trials"] == next(iter(auto.curve.values())).trials
    assert [(row["nrmse"], row["rate_hz"]) for row in written["curve"]] == [
        (auto.nrmse[factor], auto.rates[factor]) for factor in auto.curve
    ]
    assert (written["nrmse"], written["rate_hz"]) == (auto.fresh_nrmse, auto.fresh_rate)
    run = simulate(auto.network, Cue().trials(100, seed=3).spiking_inputs, seed=3)
    assert auto.fresh_rate == pytest.approx(run.rates.mean())
    first = find_scaling_factor(MODEL, Cue(), seed=3, choice="first")
    assert first.curve == auto.curve
    assert first.scaling_factor <= auto.plateau[-1]


def test_a_candidate_that_is_better_by_a_harder_rule_is_named():
    outputs = {number: np.array([[0.0, 1.0]]) for number in range(20)}
    setup = TrialSetup(RateModel.load(cue_model()), Cue(), 1, 1, None, rate_outputs=outputs)

    def candidate(correct, sustained, trials=20):
        shares = [np.arange(trials) < share for share in (correct, correct, sustained)]
        return np.column_stack([shares[0], np.ones(trials), np.ones(trials), *shares[1:]]).astype(float)

    candidates = {30.0: candidate(20, 18), 40.0: candidate(20, 19), 50.0: candidate(20, 9)}
    assert other_scores(setup, candidates)["sustained"][50.0] == Score(9, 20)
    assert _better(setup, candidates, 50.0) == (
        "factor 40 is not significantly less accurate, and better by another rule in the same 20 trials "
        "(sustained 0.950 against 0.450; NRMSE 2.00 against 2.00); `spiking tune --candidates 40 --force` "
        "takes it"
    )
    assert _better(setup, candidates, 30.0) is None
    del candidates[40.0], candidates[30.0]
    assert _better(setup, candidates | {60.0: candidate(20, 13)}, 50.0) is None  # not significantly


@pytest.mark.parametrize(("units", "fires"), [([0, 1, 2], True), ("all", False)])
def test_rates_leave_out_lesioned_units(units, fires):
    model = RateModel.load(cue_model()).lesion(units)
    options = {"method": "grid", "candidates": [25.0], "trials": 2, "extend": False}
    search = find_scaling_factor(model, Cue(), seed=1, threads=1, **options)
    assert (search.fresh_rate > 0) == fires
    assert np.isfinite([search.fresh_rate, *search.rates.values()]).all()
    assert "nan Hz" not in str(search)


@pytest.mark.parametrize("method", ["grid", "auto"])
def test_range_is_extended_at_both_edges_and_says_so(method):
    n = 30 if method == "grid" else 100
    weak, strong = (
        find_scaling_factor(RateModel.load(cue_model(readout=r)), Cue(), seed=1, method=method, trials=n)
        for r in (0.4, 2.6)
    )
    assert weak.plateau[0] < 20
    assert strong.plateau[-1] > 75
    for found in (weak, strong):
        assert found.scaling_factor in (found.extended if method == "grid" else found.plateau)
        assert found.accuracy > 0.85
        added = ", ".join(f"{factor:g}" for factor in found.extended)
        assert f"edge of the range, so these were added: {added}\n" in str(found)
        assert set(found.extended) <= set(found.curve)
    kept = find_scaling_factor(
        RateModel.load(cue_model(readout=0.4)), Cue(), seed=1, method=method, trials=30, extend=False
    )
    assert min(kept.curve) == 20
    assert kept.extended == ()


def test_activations_have_their_published_candidates():
    model = RateModel.load(cue_model(activation=np.array(["softplus"]), readout=0.3))
    found = find_scaling_factor(model, Cue(), seed=1, method="grid", trials=10, extend=False)
    assert list(found.curve) == [float(factor) for factor in range(4, 28, 2)]


@pytest.mark.parametrize("method", ["grid", "auto"])
def test_candidates_of_ones_own(method):
    found = find_scaling_factor(
        MODEL, Cue(), seed=1, method=method, candidates=[60, 30, 35.5], trials=20, extend=False
    )
    assert list(found.curve) == [30, 35.5, 60]
    assert found.scaling_factor in (30, 35.5)


def test_first_is_the_published_first_maximum(grid):
    first = find_scaling_factor(MODEL, Cue(), seed=3, method="grid", trials=40, choice="first")
    top = max(score.accuracy for score in first.curve.values())
    assert first.scaling_factor == min(f for f, score in first.curve.items() if score.accuracy == top)
    assert first.curve == grid.curve


def test_same_seed_same_search_with_any_threads():
    runs = [find_scaling_factor(MODEL, Cue(), seed=5, trials=20, threads=threads) for threads in (1, 3)]
    assert runs[0].as_json() == runs[1].as_json()
    other = find_scaling_factor(MODEL, Cue(), seed=6, trials=20)
    assert other.as_json() != runs[0].as_json()


def test_many_models_are_searched_like_one():
    models = [RateModel.load(cue_model(readout=readout)) for readout in (0.7, 1.0, 1.4)]
    seen = []
    together = find_scaling_factors(
        models, Cue(), seed=2, trials=20, threads=2, progress=lambda *counts: seen.append(counts)
    )
    for model, tuned in zip(models, together, strict=True):
        alone = find_scaling_factor(model, Cue(), seed=2, trials=20)
        assert tuned.search.as_json() == alone.as_json()
    assert len({str(tuned.search.curve) for tuned in together}) > 1
    assert seen[-1][0] == 3


def test_one_bad_model_does_not_stop_the_others():
    tuned = find_scaling_factors([{"w": 1}, MODEL, "nowhere.mat"], Cue(), seed=2, trials=10)
    assert [one.error is None for one in tuned] == [False, True, False]
    assert "nowhere.mat" in str(tuned[2].error)


def test_a_broken_scorer_stops_everything():
    class Broken(Cue):
        def score(self, output, time, trials, *, strict=False):
            if np.array_equal(output, trials.targets):  # when the task is checked
                return np.ones(len(trials), bool)
            raise ZeroDivisionError("broken scorer")

    for search in (find_scaling_factor, lambda model, *a, **k: find_scaling_factors([model] * 3, *a, **k)):
        with pytest.raises(ZeroDivisionError, match="broken scorer"):
            search(MODEL, Broken(), seed=1)


def test_table_and_figure(grid):
    text = str(grid)
    assert f"scaling factor {grid.scaling_factor:g} for cue" in text
    assert text.count("plateau") >= len(grid.plateau)
    json.dumps(grid.as_json(), allow_nan=False)
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    assert grid.plot(ax) is ax
    assert [float(x) for x in ax.containers[0].lines[0].get_xdata()] == list(grid.curve)
    assert ax.get_xlabel() == "Scaling factor"


def test_drive_error_and_slope():
    """Of a network whose filtered rates are known: constant input, so both drives settle."""
    rng = np.random.default_rng(0)
    n = 30
    w = np.abs(rng.standard_normal((n, n))) / 100
    model = RateModel.load(cue_model(n, w=w, w_in=np.full((n, 1), 2.0)))
    slope, error = drive_slope(model, Cue(duration=600.0), 40.0, seed=0, numbers=range(4))
    matched = drive_slope(model, Cue(duration=600.0), slope, seed=0, numbers=range(4))
    assert slope > 0
    assert matched[1] < error or abs(slope - 40) < 1
    assert np.isnan(drive_slope(MODEL, Cue(), 40.0, seed=0, numbers=range(2))).all()
    found = find_scaling_factor(model, Cue(), seed=0, trials=10)
    assert found.drive_error > 0
    assert found.start > 0


def test_the_setup_can_travel():
    import dataclasses

    from spiking.parallel.blocks import run_block

    small = dataclasses.replace(MODEL, extras={}, forms={})
    setup = TrialSetup(small, Cue(), 1, 1, None)
    again = pickle.loads(pickle.dumps(setup))
    factors = (30.0, 45.0)
    for here, there in ((setup, again), (again, again)):
        together = run_block([here, here], factors, 0, 5)
        alone = [run_block([there], [factor], 0, 5)[0] for factor in factors]
        np.testing.assert_array_equal(together, alone)


def test_blocks_hold_every_missing_trial_once():
    from spiking.parallel.blocks import _blocks

    rng = np.random.default_rng(0)
    for most in (1, 3, 9, 40):
        missing = {
            int(trial): [p for p in range(12) if rng.random() < 0.9]
            for trial in (*range(5), 7, *range(9, 30))
        }
        missing = {trial: points for trial, points in missing.items() if points}
        missing |= {trial: list(range(12)) for trial in range(40, 60)}
        seen = []
        for points, first, n in _blocks(missing, most):
            assert len(points) * n <= most
            seen += [(trial, point) for trial in range(first, first + n) for point in points]
        assert sorted(seen) == sorted((trial, point) for trial in missing for point in missing[trial])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"method": "fast"}, "expected one of auto, grid"),
        ({"choice": "best"}, "expected one of plateau, first"),
        ({"trials": 0}, "trials is 0"),
        ({"candidates": []}, "candidates is"),
        ({"candidates": [20, -3]}, "candidates is -3"),
        ({"candidates": "many"}, "candidates is 'many'"),
        ({"seed": -1}, "seed is -1"),
        ({"threads": 0}, "threads is 0"),
        ({"margin": 0}, "margin is 0"),
        ({"write": True}, "expected the path of a file with write"),
        ({"downsample": 0}, "downsample is 0"),
    ],
)
def test_mistakes(wrong, words):
    with pytest.raises(ArgumentError, match=words):
        find_scaling_factor(MODEL, Cue(), **({"seed": 1} | wrong))


def test_unknown_options_of_many():
    with pytest.raises(ArgumentError, match="expected some of method"):
        find_scaling_factors([MODEL], Cue(), seed=1, number=5)


def test_candidates_that_look_like_lambda_warn_once():
    with pytest.warns(UserWarning, match="candidates is 0.025; .* lambda, give 1/lambda, here 40") as caught:
        find_scaling_factor(MODEL, Cue(), candidates=[0.025, 0.05], method="grid", trials=2, extend=False)
    assert len(caught) == 1

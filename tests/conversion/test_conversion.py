"""Matched conversions: the algebra, what never changes, the fit, the search, and what files keep."""

import dataclasses
import json
from functools import partial

import numpy as np
import pytest
from cue import Cue, cue_model
from hypothesis import given, settings
from hypothesis import strategies as st
from in_process import run
from models import model_mapping
from scipy.io import loadmat, savemat
from tuning_processes import TASK

from spiking import (
    ArgumentError,
    LIFParams,
    RateModel,
    SpikingNetwork,
    evaluate,
    find_scaling_factor,
    plotting,
    simulate,
)
from spiking.conversion.conversion import VARIANTS, Conversion
from spiking.conversion.fit import GAINS, fit_conversion
from spiking.conversion.model_info import model_info
from spiking.conversion.recorded_conversion import recorded_conversion
from spiking.conversion.visited_currents import visited_currents
from spiking.experiments import sweep
from spiking.neuron.f_i import fi_curve
from spiking.random_streams import SEARCH_FIRST
from spiking.tuning.matched import choose_candidate, choose_finalist

NAMES = ["clipped_relu", "lif", "retanh", "sigmoid", "softplus"]


def rate_model(activation="sigmoid", **changes):
    return RateModel.load(model_mapping(activation=np.array([activation]), **changes))


@settings(max_examples=12, deadline=None)
@given(
    activation=st.sampled_from(NAMES),
    kind=st.sampled_from(["matched", *VARIANTS]),
    gain=st.floats(0.5, 30.0),
    factor=st.none() | st.floats(0.5, 200.0),
    dale=st.booleans(),
    seed=st.integers(0, 50),
)
def test_signs_topology_and_size_never_change(activation, kind, gain, factor, dale, seed):
    model = rate_model(activation, dale=dale, seed=seed)
    network = SpikingNetwork.from_rate(model, factor, conversion=kind, task="go-nogo", gain=gain)
    found, trained = network.conversion, model.effective_weights()
    assert network.n_neurons == model.n_units
    np.testing.assert_array_equal(np.sign(network.dense_weights), np.sign(trained))
    np.testing.assert_allclose(network.dense_weights, trained * gain / found.factor, rtol=1e-12)
    np.testing.assert_allclose(network.w_in, model.w_in * gain, rtol=1e-12)
    np.testing.assert_allclose(network.readout, model.w_out / found.factor, rtol=1e-12)
    np.testing.assert_array_equal(network.tau_decay, model.tau_decay())
    for name, mask in model.populations.items():
        np.testing.assert_array_equal(network.populations[name], mask)
    assert found.gain == gain
    assert factor is None or found.factor == network.scaling_factor == factor
    assert found.kind in (VARIANTS if kind == "matched" else (kind,))
    assert len(found.unit_offsets) == (0 if found.kind == "one_offset" else model.n_units)
    assert len(set(network.offset)) > 1 or found.kind == "one_offset"
    assert Conversion.from_json(json.loads(json.dumps(found.as_json(), allow_nan=False))) == found


def test_published_is_as_it_was_and_the_default():
    model = rate_model()
    network = SpikingNetwork.from_rate(model, 50)
    np.testing.assert_array_equal(network.dense_weights, model.effective_weights() / 50)
    np.testing.assert_array_equal(network.w_in, model.w_in)
    assert not network.offset.any()
    assert not network.readout_bias.any()
    assert network.conversion is None


@pytest.mark.parametrize("activation", NAMES)
def test_the_fit_is_the_best_there_is(activation):
    model = rate_model(activation)
    seen = visited_currents(model, "go-nogo", trials=5)
    found = fit_conversion(model, kind="one_offset", gain=4.0, visited=seen)
    x, curve = seen.currents, fi_curve()

    def error(offset, factor):
        return np.sqrt(np.mean((seen.rates - curve(4 * x + offset) / factor) ** 2) / np.mean(seen.rates**2))

    assert error(found.offset, found.factor) == pytest.approx(found.fit_error, abs=0.01)
    for offset, factor in ((1, 1), (-1, 1), (0, 1.1), (0, 0.9), (3, 1.2), (-3, 0.8)):
        assert error(found.offset + offset, found.factor * factor) > found.fit_error - 0.003
    np.testing.assert_allclose(model.transfer(x), seen.rates)


def test_mean_drive_gives_back_what_the_fit_misses():
    model = rate_model("softplus")
    seen = visited_currents(model, "go-nogo", trials=5)
    found = fit_conversion(model, kind="mean_drive", gain=4.0, visited=seen)
    network = SpikingNetwork.from_rate(model, conversion=found)
    spiking = fi_curve()(4.0 * seen.currents + found.offset).mean(axis=(0, 2))  # if each x were as visited
    rate = seen.rates.mean(axis=(0, 2))
    drive = network.dense_weights @ spiking + network.offset
    np.testing.assert_allclose(drive, 4.0 * (model.effective_weights() @ rate) + found.offset, rtol=1e-9)
    output = network.readout @ spiking + network.readout_bias
    np.testing.assert_allclose(output, model.w_out @ rate + model.b_out, rtol=1e-9)


def test_mistakes():
    model = rate_model()
    good = fit_conversion(model, "go-nogo", kind="mean_drive")
    for match, arguments in (
        ("has no tuned scaling factor; give one", {}),
        ("scaling_factor is missing", {"conversion": "published"}),
        ("conversion is 'best'", {"conversion": "best"}),
        ("the task it was trained for", {"conversion": "matched"}),
        ("expected only one of them", {"conversion": good, "scaling_factor": 1.0}),
        ("initial weights", {"conversion": good, "initial_weights": True}),
    ):
        with pytest.raises(ArgumentError, match=match):
            SpikingNetwork.from_rate(model, **arguments)
    with pytest.raises(ArgumentError, match="20 units; expected 10"):
        SpikingNetwork.from_rate(rate_model(n=10), conversion=good)
    two_outputs = dataclasses.replace(good, output_offsets=(1.0, 2.0))
    with pytest.raises(ArgumentError, match="2 outputs; expected 1"):
        SpikingNetwork.from_rate(model, conversion=two_outputs)
    with pytest.raises(ArgumentError, match="silent"):
        fit_conversion(
            rate_model("clipped_relu", w_in=np.zeros((20, 1)), w=-np.eye(20), dale=False),
            "go-nogo",
            params=LIFParams(noise=0.0),
            visited=_silent(rate_model("clipped_relu")),
        )
    for options in ({"method": "grid"}, {"candidates": [20]}, {"choice": "first"}, {"extend": False}):
        with pytest.raises(ArgumentError, match="conversion is 'matched'; expected 'published' with"):
            find_scaling_factor(model, "go-nogo", seed=1, conversion="matched", **options)


@pytest.mark.parametrize(
    ("match", "own"),
    [
        ("kind is 'best'", {"kind": "best"}),
        ("gain is nan", {"gain": float("nan")}),
        ("offset is 'a'", {"offset": "a"}),
        ("unit_offsets is 1.0", {"unit_offsets": 1.0}),
        (r"unit_offsets\[0\] is nan", {"unit_offsets": (float("nan"),)}),
        ("output_offsets is 'a'", {"output_offsets": "a"}),
        ("has 0 numbers; expected one for each unit for mean_drive", {"unit_offsets": ()}),
        ("has 1 numbers; expected none for one_offset", {"kind": "one_offset"}),
        (
            "gain is 2 .*expected 1 and 0 for published",
            {"kind": "published", "unit_offsets": (), "gain": 2.0},
        ),
        ("expected 1 and 0 for published", {"kind": "published", "unit_offsets": (), "offset": 2.0}),
    ],
)
def test_a_conversion_says_what_is_wrong_with_it(match, own):
    good = {"kind": "mean_drive", "factor": 30.0, "unit_offsets": np.array([1.5])}
    assert Conversion(**good).unit_offsets == (1.5,)
    with pytest.raises(ArgumentError, match=match):
        Conversion(**good | own)


def test_what_is_no_model_task_or_params():
    model = rate_model()
    seen = visited_currents(model, "go-nogo", trials=1)
    for match, function, arguments in (
        ("model is 3", fit_conversion, (3,)),
        ("task is 3", fit_conversion, (model, 3)),
        ("params is 'slow'", partial(fit_conversion, params="slow", visited=seen), (model,)),
        ("visited has 20 units; expected 10", partial(fit_conversion, visited=seen), (rate_model(n=10),)),
        ("params is 'slow'", partial(SpikingNetwork.from_rate, params="slow"), (model, 30)),
        ("how is 'matched'", plotting.conversion, (model, "matched")),
    ):
        with pytest.raises(ArgumentError, match=match):
            function(*arguments)


@pytest.mark.parametrize("kind", VARIANTS)
def test_a_network_without_recurrent_weights_is_fitted_too(kind):
    model = rate_model(w=np.zeros((20, 20)))
    found = fit_conversion(model, "go-nogo", kind=kind)
    network = SpikingNetwork.from_rate(model, conversion=found)
    np.testing.assert_allclose(network.offset, found.offset)
    assert not network.dense_weights.any()


def _silent(model):
    seen = visited_currents(model, "go-nogo", trials=1)
    return dataclasses.replace(seen, x=-1 - np.abs(seen.x))


def test_it_keeps_the_constants_it_was_fitted_for():
    model, slow = rate_model(), LIFParams(refractory=5.0, synapse="single_exponential")
    found = fit_conversion(model, "go-nogo", kind="one_offset", params=slow, downsample=2)
    assert (found.params, found.downsample) == (slow, 2)
    assert "for refractory 5, synapse single_exponential, for downsample 2)" in str(found)
    kept = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert Conversion.from_json(kept) == found
    assert SpikingNetwork.from_rate(model, conversion=found).params == slow
    # Synapses and initial voltages are not part of the fit, the neuron is.
    given = LIFParams(refractory=5.0, initial_voltage="resting")
    assert SpikingNetwork.from_rate(model, conversion=found, params=given).params == given
    with pytest.raises(
        ArgumentError, match=r"refractory 2; expected the constants for which the conversion was fitted"
    ):
        SpikingNetwork.from_rate(model, conversion=found, params=LIFParams())
    changed = SpikingNetwork.from_rate(model, conversion=found).with_params(refractory=1.0)
    assert changed.params.refractory == 1.0

    older = {key: value for key, value in kept.items() if key not in ("params", "downsample")}
    unknown = Conversion.from_json(older)
    assert (unknown.params, unknown.downsample) == (None, 1)
    assert SpikingNetwork.from_rate(model, conversion=unknown).params == LIFParams()
    assert SpikingNetwork.from_rate(model, conversion=unknown, params=slow).params == slow


def values(correct, error, rate, n=100):
    """Return the values of a candidate: its wrong trials are spread, errors and rates are constant."""
    wrong = np.random.default_rng(0).permutation(n)[: n - correct]
    return np.column_stack([~np.isin(np.arange(n), wrong), np.full(n, error**2), np.full(n, rate)])


def nrmse(own):
    return float(np.sqrt(own[:, 1].mean()))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"fast": (100, 0.2, 90), "slow": (100, 0.29, 9), "far": (100, 0.41, 2)}, "slow"),
        ({"fast": (100, 0.2, 90), "slow": (96, 0.2, 9)}, "slow"),  # four of a hundred: not significant
        ({"fast": (100, 0.2, 90), "slow": (95, 0.2, 9)}, "fast"),
        ({"fast": (60, 0.2, 90), "slow": (60, 0.2, 9), "slower": (62, 0.35, 1)}, "slow"),
    ],
)
def test_the_lowest_rate_of_those_that_are_accurate_and_close(table, expected):
    table = {name: values(*own) for name, own in table.items()}
    ran = dict.fromkeys(table, 0)

    def ask(names, n):
        ran.update({name: max(ran[name], n) for name in names})
        return {name: table[name][:n] for name in names}

    assert choose_candidate(ask, list(table), nrmse, 100) == expected
    assert choose_finalist(table, nrmse) == expected
    assert ran.get("far", 4) == 4


def test_accuracy_comes_before_the_difference():
    close_but_wrong = {"close": values(70, 0.2, 9), "right": values(100, 0.9, 20)}
    assert choose_finalist(close_but_wrong, nrmse) == "right"


@pytest.mark.parametrize("asked", ["matched", *VARIANTS])
def test_the_search_finds_one_and_keeps_to_its_trials(asked):
    model = RateModel.load(cue_model(readout=1.0))
    found = find_scaling_factor(model, Cue(), seed=1, conversion=asked, threads=1)
    best = found.conversion
    variants = VARIANTS if asked == "matched" else (asked,)
    assert best.kind in variants
    assert found.accuracy > 0.9
    assert {c.kind for c in best.candidates} >= set(variants)
    assert {c.gain for c in best.candidates} == set(GAINS)
    assert found.search_trials == sum(c.trials for c in best.candidates)
    ran = [c for c in best.candidates if c.trials == 100]
    chosen = next(c for c in ran if (c.kind, c.gain, c.factor) == (best.kind, best.gain, best.factor))
    assert chosen.nrmse <= min(c.nrmse for c in ran) + 0.1
    assert chosen.nrmse == found.nrmse[best.factor]
    assert str(best) in str(found)
    assert found.stopped.startswith(f"{len(best.candidates)} candidates were compared")
    assert f"of the {20 * len(variants)} candidates, it has the lowest mean rate" in found.reason
    assert found.rates[best.factor] == chosen.rate


def test_what_is_compared_is_measured_in_the_trials_of_the_search():
    model = RateModel.load(cue_model(readout=1.0))
    found = find_scaling_factor(model, Cue(), seed=1, trials=12, conversion="mean_drive", threads=1)
    best, numbers = found.conversion, range(SEARCH_FIRST, SEARCH_FIRST + 12)
    candidate = next(c for c in best.candidates if (c.gain, c.factor) == (best.gain, best.factor))
    trials = Cue().trials(12, seed=1, first=SEARCH_FIRST)
    run = simulate(found.network, trials.spiking_inputs, seed=1, trials=numbers)
    assert candidate.trials == 12
    assert candidate.rate == pytest.approx(run.rates.mean())
    wanted = model.run(trials.inputs, seed=1, trials=numbers, noise=0.0).output
    both = [wanted, model.run(Cue().trials(12, seed=1).inputs, seed=1, noise=0.0).output]
    steps = np.minimum(np.rint(run.time / 5).astype(int), wanted.shape[-1] - 1)
    error = np.sqrt(np.mean((run.output - wanted[:, :, steps]) ** 2)) / np.std(both)
    assert candidate.nrmse == pytest.approx(error)


def test_more_candidates_and_the_published_grid_are_tried_where_no_usual_one_suffices():
    model = RateModel.load(cue_model(readout=0.05))  # never reaches the threshold
    found = find_scaling_factor(model, Cue(), seed=1, trials=40, conversion="matched", threads=1)
    tried = found.conversion.candidates
    assert found.accuracy < 0.9
    assert f"finalists of {len(tried)} candidates, it has the lowest mean rate" in found.reason
    assert [c.kind for c in tried].count("published") == 12
    assert len(tried) == 12 + 2 * 5 * 6
    assert max(c.correct / c.trials for c in tried if c.trials == 40) < 0.95
    assert "no candidate as close reached 95% at 30 Hz or less" in found.stopped


def test_the_noise_of_the_membrane_is_one_more_dimension_of_the_candidates(tmp_path):
    path = tmp_path / "cue.mat"
    savemat(path, cue_model(readout=1.0))
    options = {"seed": 1, "trials": 10, "conversion": "one_offset", "threads": 1}
    found = find_scaling_factor(path, Cue(), noises=[0.5, 0.2], write=True, **options)
    tried = found.conversion.candidates
    assert [sum(c.noise == noise for c in tried) for noise in (0.2, 0.5)] == [20, 20]
    assert found.params == found.conversion.params == found.network.params
    noise = found.params.noise
    assert f"one_offset, gain {found.conversion.gain:g}, noise {noise:g} mV, factor x " in found.reason
    # Each candidate is fitted to the curve with its noise, and simulated with it.
    model = RateModel.load(path)
    for noise in (0.2, 0.5):
        params = LIFParams(noise=noise)
        fitted = fit_conversion(model, Cue(), kind="one_offset", gain=4, seed=1, params=params)
        offsets = [c.offset for c in tried if c.noise == noise and c.gain == 4]
        assert offsets == pytest.approx([fitted.offset] * 4)
    network = SpikingNetwork.from_rate(path)  # as the file records
    assert network.params == found.params
    again = evaluate(network, Cue(), 10, seed=1)
    np.testing.assert_array_equal(again.correct, found.fresh.correct)
    # With the noise of the neuron alone, nothing changes but the names.
    usual = find_scaling_factor(path, Cue(), **options)
    alone = find_scaling_factor(path, Cue(), noises=[0.1], **options)
    assert usual.curve == alone.curve
    assert usual.conversion.candidates == alone.conversion.candidates
    assert {c.noise for c in usual.conversion.candidates} == {0.1}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"noises": []}, "noises is \\[\\]; expected numbers from 0"),
        ({"noises": [-0.1]}, "noises is -0.1; expected 0 or more"),
        ({"noises": "many"}, "noises is 'many'; expected numbers from 0"),
        ({"conversion": "published"}, "conversion is 'published'; expected 'matched'"),
        ({"conversion": "calibrated"}, "conversion is 'calibrated'; expected 'matched'"),
    ],
)
def test_noises_that_are_refused(wrong, message):
    with pytest.raises(ArgumentError, match=message):
        find_scaling_factor(cue_model(), Cue(), **({"conversion": "matched", "noises": [0.5]} | wrong))


def test_a_calibrated_conversion_is_only_tested():
    model = RateModel.load(cue_model(readout=1.0))
    found = find_scaling_factor(model, Cue(), seed=1, trials=20, conversion="calibrated", threads=1)
    assert (found.conversion.kind, found.conversion.candidates) == ("calibrated", ())
    assert (found.search_trials, list(found.curve)) == (0, [found.scaling_factor])
    assert found.curve[found.scaling_factor] == found.fresh.score
    assert "nothing to compare" in found.stopped


def test_candidates_of_version_0_1_0():
    fitted = fit_conversion(rate_model(), "go-nogo", kind="one_offset", gain=8)
    old = {"kind": "one_offset", "gain": 8.0, "offset": 1.0, "factor": 30.0, "correct": 9, "trials": 10}
    kept = {**fitted.as_json(), "candidates": [{**old, "output_error": 0.3}]}
    conversion = Conversion.from_json(kept)
    assert np.isnan(conversion.candidates[0].nrmse)
    assert json.loads(json.dumps(conversion.as_json(), allow_nan=False))["candidates"][0]["rate"] is None


@pytest.mark.slow
def test_from_the_command_line_into_the_file_and_back(tmp_path):
    path = tmp_path / "model.mat"
    savemat(path, cue_model(readout=1.0))
    task = ["--task", f"{TASK}:Cue"]
    done = run("tune", path, *task, "--conversion", "mean_drive", "--trials", 30)
    assert done.returncode == 0, done.stderr
    assert "mean_drive: gain" in done.stdout
    kept = loadmat(path)
    model = RateModel.load(path)
    conversion = recorded_conversion(model)
    assert conversion.kind == "mean_drive"
    assert conversion.factor == kept["opt_scaling_factor"].item()
    assert kept["all_perfs"].shape[0] == kept["scaling_factors"].shape[1] >= 4
    assert json.loads(kept["tuning"].item())["conversion"] == conversion.as_json()
    assert SpikingNetwork.from_rate(model).conversion == conversion
    assert SpikingNetwork.from_rate(model, 30).conversion is None
    assert "mean_drive: gain" in model_info(model).conversion

    [scored] = json.loads(run("evaluate", path, *task, "--trials", 30, "--seed", 1, "--json").stdout)
    assert scored["conversion"] == "mean_drive"
    tuned = json.loads(kept["tuning"].item())
    assert scored["spiking_network"]["correct"] == tuned["correct"]
    assert "mean_drive: gain" in run("evaluate", path, *task, "--trials", 5).stdout
    assert "mean_drive: gain" in run("info", path).stdout
    refused = run("simulate", path, *task, "--initial-weights")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    wrong = run("tune", path, *task, "--conversion", "best", "--force")
    assert (wrong.returncode, "published, matched, one_offset, mean_drive, calibrated" in wrong.stderr) == (
        2,
        True,
    )

    page = run("report", path, *task, "--trials", 5, "-o", "page.html", cwd=tmp_path)
    assert page.returncode == 0, page.stderr
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "mean_drive: gain" in text
    assert "--conversion mean_drive" in text
    assert "Transfer function of the rate units" in text

    # Another program that tunes the file later writes the published variables only.
    kept["opt_scaling_factor"] = np.array([[33.0]])
    savemat(path, {key: value for key, value in kept.items() if not key.startswith("__")})
    assert recorded_conversion(RateModel.load(path)) == Conversion(kind="published", factor=33.0)
    kept["tuning"] = np.array(['{"conversion": {"kind": "matched"}}'])
    savemat(path, {key: value for key, value in kept.items() if not key.startswith("__")})
    with pytest.raises(ArgumentError, match="tune the model again"):
        recorded_conversion(RateModel.load(path))
    assert any("cannot be read" in note for note in model_info(RateModel.load(path)).suspicious)


def test_a_sweep_of_the_factor_keeps_gain_and_offset():
    model = RateModel.load(cue_model(readout=1.0))
    network = SpikingNetwork.from_rate(model, conversion=fit_conversion(model, Cue(), gain=4.0))
    fitted = network.scaling_factor
    found = sweep(network, Cue(), grid={"scaling_factor": [fitted, 20 * fitted]}, trials=10, seed=1)
    assert found.rows[0]["accuracy"] > found.rows[1]["accuracy"]


def test_the_figure_draws_both_curves_where_the_model_goes():
    model = RateModel.load(cue_model(readout=1.0))
    conversion = fit_conversion(model, Cue(), kind="one_offset", gain=4.0)
    ax = plotting.conversion(model, conversion, Cue())
    spiking, rate = ax.get_lines()
    x = spiking.get_xdata()
    np.testing.assert_allclose(spiking.get_ydata(), fi_curve()(4 * x + conversion.offset) / conversion.factor)
    np.testing.assert_allclose(rate.get_ydata(), 1 / (1 + np.exp(-x)))
    assert [text.get_text() for text in ax.get_legend().get_texts()][1:] == [
        "rate units: sigmoid",
        "currents that occur",
    ]
    published = plotting.conversion(model, SpikingNetwork.from_rate(model, 30), Cue())
    np.testing.assert_allclose(published.get_lines()[0].get_ydata(), fi_curve()(x) / 30, atol=1e-9)

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

from spiking import ArgumentError, LIFParams, RateModel, SpikingNetwork, find_scaling_factor, plotting
from spiking.conversion.conversion import VARIANTS, Conversion
from spiking.conversion.fit import fit_conversion
from spiking.conversion.model_info import model_info
from spiking.conversion.recorded_conversion import recorded_conversion
from spiking.conversion.visited import visited_currents
from spiking.experiments import sweep
from spiking.neuron.f_i import fi_curve
from spiking.tuning.matched import best_candidates, choose_candidate

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
        ("unit_offsets is .*nan", {"unit_offsets": (float("nan"),)}),
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
        ("model is 'go-nogo.mat'", fit_conversion, ("go-nogo.mat",)),
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
    assert "for refractory 5.0, synapse 'single_exponential', for downsample 2)" in str(found)
    kept = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert Conversion.from_json(kept) == found
    assert SpikingNetwork.from_rate(model, conversion=found).params == slow
    # Synapses and initial voltages are not part of the fit, the neuron is.
    given = LIFParams(refractory=5.0, initial_voltage="resting")
    assert SpikingNetwork.from_rate(model, conversion=found, params=given).params == given
    with pytest.raises(
        ArgumentError, match=r"refractory 2.0; expected the constants for which the conversion was fitted"
    ):
        SpikingNetwork.from_rate(model, conversion=found, params=LIFParams())
    changed = SpikingNetwork.from_rate(model, conversion=found).with_params(refractory=1.0)
    assert changed.params.refractory == 1.0

    older = {key: value for key, value in kept.items() if key not in ("params", "downsample")}
    unknown = Conversion.from_json(older)
    assert (unknown.params, unknown.downsample) == (None, 1)
    assert SpikingNetwork.from_rate(model, conversion=unknown).params == LIFParams()
    assert SpikingNetwork.from_rate(model, conversion=unknown, params=slow).params == slow


@settings(max_examples=200, deadline=None)
@given(
    candidates=st.integers(1, 12),
    keep=st.integers(1, 6),
    n=st.integers(1, 12),
    first=st.integers(1, 6),
    step=st.integers(1, 5),
    hard=st.sampled_from([0.0, 0.1, 0.6]),
    seed=st.integers(0, 10_000),
)
def test_leaving_candidates_early_changes_no_choice(candidates, keep, n, first, step, hard, seed):
    rng = np.random.default_rng(seed)
    names, keep = [f"c{k}" for k in range(candidates)], min(keep, candidates)
    correct = rng.random((candidates, n)) > hard * rng.integers(0, 2, (candidates, 1))
    error = rng.integers(0, 4, (candidates, 1)) * rng.integers(1, 3, (candidates, n)) / 4  # ties, zeros
    table = {name: np.column_stack([correct[k], error[k]]) for k, name in enumerate(names)}
    ran = dict.fromkeys(names, 0)

    def ask(asked, trials):
        ran.update({name: max(ran[name], trials) for name in asked})
        return {name: table[name][:trials] for name in asked}

    def ranked(some, trials):
        return sorted(some, key=lambda name: (-table[name][:trials, 0].sum(), table[name][:trials, 1].sum()))

    found = best_candidates(ask, names, keep, n, first=first, step=step)
    assert found == ranked(names, n)[:keep]
    assert all(ran[name] == n for name in found)
    few = ranked(names, min(first, n))[:4]
    right = table[few[0]][:, 0].all()
    assert choose_candidate(ask, names, min(first, n), n) == (few[0] if right else ranked(few, n)[0])


@pytest.mark.parametrize("asked", ["matched", *VARIANTS])
def test_the_search_finds_one_and_keeps_to_its_trials(asked):
    model = RateModel.load(cue_model(readout=1.0))
    found = find_scaling_factor(model, Cue(), seed=1, conversion=asked, threads=1)
    best = found.conversion
    variants = VARIANTS if asked == "matched" else (asked,)
    assert best.kind in variants
    assert {c.kind for c in best.candidates} == set(variants)
    assert found.accuracy > 0.9
    assert len(best.candidates) == 10 * len(variants)
    assert found.search_trials == sum(c.trials for c in best.candidates) < 100 * len(variants) + 4 * 30
    assert min(c.trials for c in best.candidates) >= 3
    finalists = [c for c in best.candidates if c.trials == 40]
    chosen = next(c for c in finalists if (c.kind, c.gain, c.factor) == (best.kind, best.gain, best.factor))
    assert (chosen.correct, -chosen.output_error) == max((c.correct, -c.output_error) for c in finalists)
    assert str(best) in str(found)


def test_a_lower_gain_and_the_published_grid_are_tried_where_no_usual_one_suffices():
    model = RateModel.load(cue_model(readout=0.05))  # never reaches the threshold
    found = find_scaling_factor(model, Cue(), seed=1, conversion="matched", threads=1)
    tried = found.conversion.candidates
    assert found.accuracy < 0.9
    assert [c.gain for c in tried].count(2.0) == 8
    assert [c.kind for c in tried].count("published") == 12
    assert len(tried) == 40
    assert max(c.correct / c.trials for c in tried if c.trials == 40) < 0.95
    assert found.search_trials == sum(c.trials for c in tried) <= 640


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
    assert kept["all_perfs"].shape[0] == kept["scaling_factors"].shape[1] == 5
    assert json.loads(kept["tuning"].item())["conversion"] == conversion.as_json()
    assert SpikingNetwork.from_rate(model).conversion == conversion
    assert SpikingNetwork.from_rate(model, 30).conversion is None
    assert "mean_drive: gain" in model_info(model).conversion

    scored = json.loads(run("evaluate", path, *task, "--trials", 30, "--seed", 1, "--json").stdout)
    assert scored["conversion"] == "mean_drive"
    tuned = json.loads(kept["tuning"].item())
    assert scored["spiking"]["correct"] == tuned["correct"]
    assert "mean_drive: gain" in run("evaluate", path, *task, "--trials", 5).stdout
    assert "mean_drive: gain" in run("info", path).stdout
    refused = run("simulate", path, *task, "--initial-weights")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    wrong = run("tune", path, *task, "--conversion", "best", "--force")
    assert (wrong.returncode, "published, matched, one_offset, mean_drive" in wrong.stderr) == (2, True)

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
    with pytest.raises(ArgumentError, match="tune it again"):
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
    assert [text.get_text() for text in ax.get_legend().get_texts()][1:] == ["sigmoid", "visited"]
    published = plotting.conversion(model, SpikingNetwork.from_rate(model, 30), Cue())
    np.testing.assert_allclose(published.get_lines()[0].get_ydata(), fi_curve()(x) / 30, atol=1e-9)

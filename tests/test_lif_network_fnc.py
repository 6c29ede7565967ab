"""`LIF_network_fnc`: the published call, its results and its errors."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest
from models import model_mapping
from scipy.io import savemat

from spiking import ArgumentError, LIF_network_fnc, ModelFileError, RandomDraws, RateModel
from spiking.conversion import Conversion

GOLDEN = Path(__file__).parent / "golden"
NONE = {"mode": "none"}


def call(model=None, **changes):
    arguments = {
        "scaling_factor": 50.0,
        "u": np.zeros((1, 6)),
        "stims": NONE,
        "downsample": 1,
        "use_initial_weights": False,
        "seed": 1,
        **changes,
    }
    return LIF_network_fnc(model_mapping() if model is None else model, **arguments)


def test_the_signature_is_the_published_one():
    parameters = inspect.signature(LIF_network_fnc).parameters.values()
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == [
        "model_path",
        "scaling_factor",
        "u",
        "stims",
        "downsample",
        "use_initial_weights",
    ]


def test_golden_case_with_stimulation_in_its_published_form():
    case = next(case for case in json.loads((GOLDEN / "cases.json").read_text()) if case["name"] == "exc")
    seeds, golden = case["random_state_seeds"], np.load(GOLDEN / "exc.npz")
    draws = RandomDraws(
        v0=np.random.RandomState(seeds["v0"]).rand(40),
        noise=np.random.RandomState(seeds["noise"]).randn(3000, 40),
        coin=np.random.RandomState(seeds["coin"]).rand(3000),
    )
    W, REC, spk, rs, all_fr, out, params = LIF_network_fnc(
        GOLDEN / case["model"], case["scaling_factor"], golden["u"], case["stims"], 1, False, draws=draws
    )
    stride = golden["stride"]
    spikes = np.zeros((3000, 40))
    spikes[golden["spike_steps"], golden["spike_neurons"]] = 1
    np.testing.assert_array_equal(spk, spikes.T)
    np.testing.assert_allclose(W, golden["W"], atol=1e-12)
    np.testing.assert_allclose(REC[::stride].T, golden["REC"], atol=1e-8)
    np.testing.assert_allclose(rs[:, ::stride], golden["rs"], atol=1e-8)
    np.testing.assert_allclose(params["IPSCs"][:, ::stride], golden["IPSCs"], atol=1e-8)
    np.testing.assert_allclose(all_fr[:, 0], golden["all_fr"], atol=1e-8)
    np.testing.assert_allclose(out, golden["out"], atol=1e-8)
    for name in ("td", "dt", "T", "nt"):
        np.testing.assert_allclose(params[name], golden[name], atol=1e-12)


def test_shapes_classes_and_constants():
    W, REC, spk, rs, all_fr, out, params = call(u=np.zeros((1, 21)), downsample=2)
    assert [x.shape for x in (W, REC, spk, rs, all_fr, out)] == [
        (20, 20),
        (1000, 20),
        (20, 1000),
        (20, 1000),
        (20, 1),
        (1000,),
    ]
    assert spk.dtype == np.float64  # int8 would overflow in products, without a word
    counts = np.diag(spk @ spk.T)
    np.testing.assert_array_equal(counts, [np.count_nonzero(row) for row in spk])
    assert set(np.unique(spk)) <= {0, 1}
    assert params["dt"] == 0.0001
    assert params["nt"] == 1000
    assert params["T"] == pytest.approx(0.1)
    assert params["w_out"].shape == (1, 20)
    np.testing.assert_array_equal(params["w_out"], RateModel.load(model_mapping()).w_out)
    assert params["td"].shape == params["td0"].shape == (20,)
    assert params["IPSCs"].shape == (20, 1000)
    constants = {
        "tref": 0.002,
        "tm": 0.01,
        "tr": 0.002,
        "vreset": -65,
        "vpeak": -40,
        "vspike": 30,
        "bias": -40,
    }
    assert {name: params[name] for name in constants} == constants
    assert sorted(params) == sorted([*constants, "dt", "T", "nt", "w_out", "td", "td0", "IPSCs"])
    assert (REC[spk.T == 1] == params["vspike"]).all()
    assert (REC[spk.T == 0] < params["vpeak"]).all()
    np.testing.assert_allclose(out, ((params["w_out"] / 50) @ rs)[0], atol=1e-12)


def test_several_outputs_and_missing_initial_decays():
    *_, out, params = call(model_mapping(n_outputs=3, taus_gaus0=None))
    assert out.shape == (3, 500)
    assert params["td0"] is None


def test_a_fixed_decay_has_an_initial_one_too():
    *_, params = call(model_mapping(taus=[7.0]))
    np.testing.assert_array_equal(params["td0"], np.full(20, 0.035))


def test_initial_weights_replace_w_and_nothing_else():
    trained, initial = call(), call(use_initial_weights=True)
    np.testing.assert_allclose(initial[0], trained[0] / 2, rtol=1e-6)
    np.testing.assert_array_equal(initial[-1]["td"], trained[-1]["td"])


def test_paths_mappings_and_models_are_the_same(tmp_path):
    path = tmp_path / "model.mat"
    savemat(path, model_mapping())
    outs = [call(model)[5] for model in (path, str(path), model_mapping(), RateModel.load(path))]
    for out in outs[1:]:
        np.testing.assert_array_equal(out, outs[0])


def test_a_seed_repeats_and_no_seed_does_not():
    np.testing.assert_array_equal(call(seed=4)[1], call(seed=4)[1])
    assert (call(seed=None)[1] != call(seed=None)[1]).any()


def test_one_dimensional_input_for_one_channel():
    u = np.random.default_rng(0).standard_normal(9)
    np.testing.assert_array_equal(call(u=u)[5], call(u=u[np.newaxis])[5])


@pytest.mark.parametrize(("mode", "sign"), [("exc", 1), ("inh", -1), ("EXC", 1), ("Inh", -1)])
def test_stimulation_counts_steps_and_units_from_zero(mode, sign):
    stims = {"mode": mode, "dur": [200, 400], "units": [3, 7]}
    before = json.dumps(stims)
    quiet, moved = call(u=np.zeros((1, 11)))[1], call(u=np.zeros((1, 11)), stims=stims)[1]
    assert json.dumps(stims) == before
    np.testing.assert_array_equal(moved[:200], quiet[:200])
    first = np.flatnonzero((moved != quiet).any(axis=1))[0]
    assert 200 <= first < 215
    changed = np.flatnonzero(moved[first] != quiet[first])
    assert set(changed) == {3, 7}
    for unit in changed:
        if 30 not in (moved[first, unit], quiet[first, unit]):
            assert moved[first, unit] - quiet[first, unit] == pytest.approx(sign * 0.5)


def test_stimulation_beyond_the_end_warns():
    quiet = call()
    for dur, words in (([600, 700], "no effect on any step"), ([100, 700], "no effect on steps after 499")):
        with pytest.warns(UserWarning, match=words) as caught:
            run = call(stims={"mode": "exc", "dur": dur, "units": [1]})
        assert caught[0].filename == __file__
        if dur[0] == 600:
            np.testing.assert_array_equal(run[1], quiet[1])


@pytest.mark.parametrize(("columns", "downsample", "T"), [(201, 1, 1.0), (201, 4, 1.0), (201, 3, 0.99)])
def test_a_trial_ends_at_the_last_used_column(columns, downsample, T):
    assert call(u=np.zeros((1, columns)), downsample=downsample)[-1]["T"] == pytest.approx(T)


def test_inputs_in_steps_warn():
    task = {"task": np.array(["go-nogo"])}
    with pytest.warns(
        UserWarning, match="20001 columns of 5 ms, a trial of 100 s; trials of the task go-nogo la"
    ):
        call(model_mapping(2, **task), u=np.zeros((1, 20001)), downsample=100)
    with pytest.warns(UserWarning, match="a trial of 100 s; if a column is a simulation step"):
        call(model_mapping(2), u=np.zeros((1, 20001)), downsample=100)
    call(model_mapping(2, **task), u=np.zeros((1, 1001)), downsample=100)  # 5 s of a task of 1 s are usual


def test_a_factor_that_means_something_else_warns():
    fitted = Conversion(kind="one_offset", factor=96.3712, gain=8.0, offset=-2.0).as_json()
    matched = {"opt_scaling_factor": 96.3712, "tuning": json.dumps({"conversion": fitted})}
    for factor in (96, 96.37, 96.3712, np.float32(96.3712)):
        with pytest.warns(
            UserWarning, match="belongs to the one_offset conversion that the mapping records"
        ) as caught:
            call(model_mapping(**matched), scaling_factor=factor)
        assert caught[0].filename == __file__
        assert len(caught) == 1
    call(model_mapping(**matched), scaling_factor=95)  # another factor is a choice
    call(model_mapping(opt_scaling_factor=96.3712), scaling_factor=96.3712)  # of a published search
    with pytest.warns(UserWarning, match="the paper's lambda, give 1/lambda, here 30"):
        call(scaling_factor=1 / 30)


def test_arguments_stay_as_they_are():
    u, model = np.ones((1, 6)), model_mapping()
    copy = {key: np.array(value) for key, value in model.items()}
    W, *_, params = call(model, u=u)
    assert (u == 1).all()
    for key, value in model.items():
        np.testing.assert_array_equal(value, copy[key])
    loaded = RateModel.load(model)
    W, *_, params = call(loaded)
    W[:] = params["w_out"][:] = 0  # the caller's own
    assert loaded.w_out.any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scaling_factor": 0}, "scaling_factor is 0"),
        ({"scaling_factor": -5}, "scaling_factor is -5"),
        ({"scaling_factor": np.nan}, "scaling_factor is nan"),
        ({"scaling_factor": "big"}, "scaling_factor is 'big'"),
        ({"scaling_factor": None}, "scaling_factor is None"),
        ({"scaling_factor": [1, 2]}, "scaling_factor is"),
        ({"scaling_factor": np.array([[25.0]])}, r"above 0, not an array: give its entry \[0, 0\]"),
        ({"u": np.zeros((2, 6))}, "u has 2 rows"),
        ({"u": np.zeros((1, 1))}, "at least two"),
        ({"u": np.zeros((1, 3)), "downsample": 3}, "at least two"),
        ({"u": [[np.nan, 0]]}, "NaN"),
        ({"u": "pulse"}, "u is 'pulse'"),
        ({"u": np.zeros((4, 1, 6))}, "expected one trial"),
        ({"downsample": 0}, "downsample is 0"),
        ({"downsample": 1.5}, "downsample is 1.5"),
        ({"downsample": "2"}, "downsample is '2'"),
        ({"stims": None}, "stims is None"),
        ({"stims": "none"}, "stims is 'none'; expected a mapping"),
        ({"stims": {}}, "stims has no 'mode'"),
        ({"stims": {"mode": "both"}}, "'both'; expected none, exc or inh"),
        ({"stims": {"mode": "exc", "units": [1]}}, "no 'dur'"),
        ({"stims": {"mode": "exc", "dur": [1, 2]}}, "no 'units'"),
        ({"stims": {"mode": "exc", "dur": [1], "units": [1]}}, r"stims\['dur'\] is \[1\]"),
        ({"stims": {"mode": "exc", "dur": [9, 2], "units": [1]}}, "0 <= start <= stop"),
        ({"stims": {"mode": "exc", "dur": ["a", 2], "units": [1]}}, r"stims\['dur'\]"),
        ({"stims": {"mode": "exc", "dur": [0.5, 2], "units": [1]}}, "whole"),
        ({"stims": {"mode": "exc", "dur": [1, 2], "units": [20]}}, "20; expected numbers from 0 to 19"),
        ({"stims": {"mode": "exc", "dur": [1, 2], "units": [1, 1]}}, "more than once"),
        (
            {"stims": {"mode": "exc", "dur": [1, 2], "units": np.eye(1, 20, dtype=np.uint8)}},
            r"has 0 more than once; .*; if it is a mask, it must be bool: \.astype\(bool\)",
        ),
        ({"stims": {"mode": "exc", "dur": [1, 2], "units": [1.5]}}, "has 1.5"),
        ({"stims": np.zeros((1, 1), [("mode", object)])}, "simplify_cells=True"),
        ({"stims": {"mode": "exc", "dur": [1, 2], "units": 3}}, r"stims\['units'\] is 3"),
        ({"use_initial_weights": 1}, "use_initial_weights is 1; expected True or False"),
        ({"use_initial_weights": "no"}, "use_initial_weights is 'no'"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_unusable_arguments_are_named(changes, message):
    with pytest.raises(ArgumentError, match=message):
        call(**changes)


def test_initial_weights_that_are_missing():
    with pytest.raises(ModelFileError, match="w0"):
        call(model_mapping(w0=None), use_initial_weights=True)
    with pytest.raises(ModelFileError, match=r"nowhere\.mat"):
        call("nowhere.mat")


@pytest.mark.parametrize("form", [lambda m: m, lambda m: m[:, None], lambda m: m[None], lambda m: m.tolist()])
def test_a_mask_names_units(form):
    mask = np.zeros(20, bool)
    mask[[3, 7]] = True
    model, options = model_mapping(20), {"downsample": 1, "use_initial_weights": False, "seed": 1}
    spikes = [
        LIF_network_fnc(
            model, 50, np.ones((1, 5)), {"mode": "exc", "dur": [0, 300], "units": units}, **options
        )[2]
        for units in (form(mask), [3, 7])
    ]
    np.testing.assert_array_equal(*spikes)


def test_a_mask_is_for_all_units():
    stims = {"mode": "exc", "dur": [0, 300], "units": np.ones(5, bool)}
    with pytest.raises(ArgumentError, match=r"stims\['units'\] is a mask of shape \(5,\); .* of 20 units"):
        LIF_network_fnc(model_mapping(20), 50, np.ones((1, 5)), stims, 1, False, seed=1)

"""Rate models: what is read, what is refused, and how they run."""

import re
import warnings
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from models import model_mapping
from scipy.io import savemat

from spiking import ArgumentError, ModelFileError, RateModel
from spiking.matfile.read import read_variables
from spiking.matfile.values import MatlabOnly

N = 20


def test_a_path_a_string_and_a_mapping_give_the_same_model(tmp_path):
    mapping = model_mapping()
    path = tmp_path / "a model é.mat"
    savemat(path, mapping)
    models = [RateModel.load(model) for model in (path, str(path), mapping)]
    for model in models[1:]:
        np.testing.assert_array_equal(model.effective_weights(), models[0].effective_weights())
        np.testing.assert_array_equal(model.tau_decay(), models[0].tau_decay())
        np.testing.assert_array_equal(model.w_out, models[0].w_out)
    assert models[0].source.endswith("a model é.mat")


def test_matlab_73_files(tmp_path):
    mapping, path = model_mapping(n_inputs=3), tmp_path / "model.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        for key, value in mapping.items():
            if key == "activation":
                data = np.array([[ord(letter)] for letter in "sigmoid"], np.uint16)
                matlab_class = "char"
            else:
                data, matlab_class = (
                    np.asarray(value).T,
                    {"float32": "single"}.get(str(value.dtype), "double"),
                )
            file.create_dataset(key, data=data).attrs["MATLAB_class"] = np.bytes_(matlab_class)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    model, expected = RateModel.load(path), RateModel.load(mapping)
    np.testing.assert_array_equal(model.effective_weights(), expected.effective_weights())
    np.testing.assert_array_equal(model.w_in, expected.w_in)
    assert model.activation == "sigmoid"


def test_everything_becomes_float64_before_arithmetic():
    model = RateModel.load(model_mapping())
    expected = model_mapping()["w"].astype(np.float64) @ model_mapping()["m"].astype(np.float64)
    assert model.effective_weights().dtype == np.float64
    np.testing.assert_array_equal(model.effective_weights(), expected)


def test_dale_rectifies_negative_weights_and_counts_them():
    mapping = model_mapping()
    mapping["w"] = mapping["w"].copy()
    mapping["w"][0, :5] = -0.3
    model = RateModel.load(mapping)
    assert model.rectified == 5
    assert (model.effective_weights()[0, :5] == 0).all()
    w = model.effective_weights()
    assert (w[:, ~model.inhibitory] >= 0).all()
    assert (w[:, model.inhibitory] <= 0).all()


def test_without_dale_weights_keep_their_signs():
    model = RateModel.load(model_mapping(dale=False))
    assert not model.dale
    assert model.rectified == 0
    np.testing.assert_array_equal(model.effective_weights(), model_mapping(dale=False)["w"].astype(float))


@pytest.mark.parametrize(
    "changes",
    [
        {"w_in": np.ones(N), "w_out": np.ones(N)},
        {"w_in": np.ones((1, N))},
        {"N": N},
        {"N": np.float32(N), "som_N": 0},
        {"m": np.where(np.arange(N) >= 16, -1.0, 1.0)},
        {"m": np.where(np.arange(N) >= 16, -1, 1)[:, None]},
        {"exc": list(range(16)), "inh": [16, 17, 18, 19]},
        {"exc": np.arange(N) < 16, "inh": np.arange(N) >= 16},
        {"som_m": None, "som_N": None},
        {"anything": "else", "losses": np.array([np.nan])},
        {"activation": "sigmoid"},
        {"w": model_mapping()["w"].tolist()},
        {"w": model_mapping()["w"].astype(complex), "N": np.array([[N + 0j]])},
    ],
)
def test_accepted_forms(changes):
    model, plain = RateModel.load(model_mapping(**changes)), RateModel.load(model_mapping())
    np.testing.assert_array_equal(model.effective_weights(), plain.effective_weights())
    np.testing.assert_array_equal(model.inhibitory, plain.inhibitory)
    assert model.w_in.shape == (N, 1)
    assert model.w_out.shape == (1, N)


def cell(value):
    array = np.empty((1, 1), object)
    array[0, 0] = value
    return array


@pytest.mark.parametrize(
    "activation",
    [
        *("Softplus", np.array(["SOFTPLUS"]), np.array(["softplus   "]), np.array("softplus\0")),
        *(b"softplus", np.array([b"softplus"]), cell(np.array(["softplus"])), cell("softplus")),
        *(
            cell(cell(np.array(["Softplus "]))),
            np.array(list("softplus")),
            np.array(list("softplus"))[:, None],
        ),
    ],
    ids=repr,
)
def test_one_text_in_any_form_names_the_activation(activation, tmp_path):
    model = RateModel.load(model_mapping(activation=activation))
    assert model.activation == "softplus"
    model.save(tmp_path / "m.mat")
    assert RateModel.load(tmp_path / "m.mat").activation == "softplus"


@pytest.mark.parametrize(
    ("activation", "words"),
    [
        (np.array(["relu", "tanh"]), "`activation` is 2 texts; expected one text"),
        (np.array([["r"], ["x"]]), "`activation` is 'rx'; expected one of sigmoid"),
        (np.array([[115, 105]], np.uint8), "`activation` is .*; expected one text"),
        (np.empty((0, 0)), "`activation` is .*; expected one text"),
        (
            MatlabOnly("string"),
            r"only MATLAB can read; expected characters .* = char\(activation\)",
        ),
    ],
)
def test_what_names_no_activation_is_said(activation, words):
    with pytest.raises(ModelFileError, match=words):
        RateModel.load(model_mapping(activation=activation))


def test_a_decay_that_is_given_twice_is_a_fixed_one(tmp_path):
    model = RateModel.load(model_mapping(taus=np.array([[10.0, 10.0]]), taus_gaus=None, taus_gaus0=None))
    fixed = RateModel.load(model_mapping(taus=np.array([[10.0]]), taus_gaus=None, taus_gaus0=None))
    np.testing.assert_array_equal(model.tau_decay(), fixed.tau_decay())
    np.testing.assert_array_equal(model.tau_decay(), 50.0)
    model.save(tmp_path / "m.mat")
    assert RateModel.load(tmp_path / "m.mat").tau_range == (50.0, 50.0)
    with pytest.raises(ModelFileError, match="`taus_gaus`"):
        RateModel.load(model_mapping(taus=np.array([[10.0, 11.0]]), taus_gaus=None))


def test_missing_initial_values():
    model = RateModel.load(model_mapping(w0=None, taus_gaus0=None))
    assert model.tau_decay(initial=True) is None
    with pytest.raises(ModelFileError, match="no `w0`"):
        model.effective_weights(initial=True)


def test_decays_lie_in_their_range_and_a_fixed_one_is_fixed():
    model = RateModel.load(model_mapping())
    raw = model_mapping()["taus_gaus"].ravel().astype(float)
    np.testing.assert_allclose(model.tau_decay(), 5 * (16 / (1 + np.exp(-raw)) + 4))
    fixed = RateModel.load(model_mapping(taus=np.array([[7.0]]), taus_gaus=None))
    np.testing.assert_array_equal(fixed.tau_decay(), np.full(N, 35.0))


def test_extreme_decay_parameters_give_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = RateModel.load(model_mapping(taus_gaus=np.where(np.arange(N) % 2, -1e4, 1e4)))
        assert set(model.tau_decay()) == {20.0, 100.0}


def test_a_nan_that_is_no_usual_one_is_named_without_a_warning(tmp_path):
    variables = model_mapping()
    w = np.array(variables["w"], np.float32)
    w.view(np.uint32)[0, 0] = 0x7FA00000  # a signalling NaN, as damaged bytes make it
    with pytest.raises(ModelFileError, match="`w` has 1 entry that is NaN"):
        RateModel.load({**variables, "w": w})


def test_sst_units_are_the_first_inhibitory_ones():
    model = RateModel.load(model_mapping(som_N=2))
    assert np.flatnonzero(model.populations["som"]).tolist() == [16, 17]
    assert np.flatnonzero(model.populations["pv"]).tolist() == [18, 19]


def test_the_model_and_the_mapping_stay_as_they_are():
    mapping = model_mapping()
    before = {key: np.array(value) for key, value in mapping.items()}
    model = RateModel.load(mapping)
    with pytest.raises(ValueError, match="read-only"):
        model.w[0, 0] = 1
    for key, value in mapping.items():
        np.testing.assert_array_equal(value, before[key])
        assert np.asarray(value).flags.writeable


nan = np.full((N, N), np.nan)
SIGNED = model_mapping()["w"] @ model_mapping()["m"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        *[
            ({key: None}, [f"`{key}` (", "is missing (variables found: "])
            for key in ("w", "m", "w_in", "w_out", "N", "exc", "inh", "taus", "taus_gaus")
        ],
        (dict.fromkeys(("w", "exc", "taus")), ["`w` (", "`exc` (", "`taus` (", "are missing"]),
        ({"w": np.ones((3, 4))}, ["`w` has shape (3, 4)", "expected shape (20, 20)", "`N` is 20"]),
        ({"N": 21}, ["`w` has shape (20, 20)", "(21, 21)"]),
        ({"N": 0}, ["`N` is 0"]),
        ({"N": [1, 2]}, ["`N` has shape (2,)"]),
        ({"w": nan}, ["`w` has 400 entries that are NaN or infinite"]),
        ({"w_in": np.full((N, 1), np.inf)}, ["`w_in` has 20 entries"]),
        ({"w": np.ones((2, N, N))}, ["`w` has shape (2, 20, 20)", "expected shape (20, 20)"]),
        ({"w": np.full((N, N), "a")}, ["`w` is not numeric"]),
        ({"w": np.full((N, N), 1j)}, ["`w` is not numeric"]),
        ({"w": [[1, 2], [3]]}, ["`w` is not an array of numbers"]),
        ({"w_in": np.ones((3, 2))}, ["`w_in` has shape (3, 2)", "(20, n_inputs)"]),
        ({"w_out": np.ones((N, 2))}, ["`w_out` has shape (20, 2)"]),
        ({"b_out": [1, 2, 3]}, ["`b_out` has shape (3,)"]),
        ({"exc": np.ones(N)}, ["`exc` and `inh` overlap (unit 16"]),
        ({"exc": [0, 1]}, ["do not cover all units (unit 2"]),
        ({"exc": [0.5]}, ["`exc` has shape (1,)"]),
        ({"exc": [99]}, ["from 99 to 99"]),
        ({"exc": [3, 3]}, ["lists unit 3 twice"]),
        ({"m": np.ones((N, N))}, ["entries off its diagonal"]),
        ({"m": np.eye(N)}, ["`m` is 1 for unit 16, which is inhibitory"]),
        ({"m": -np.eye(N)}, ["`m` is -1 for unit 0, which is excitatory"]),
        (
            {"exc": np.ones(N), "inh": np.zeros(N)},
            ["`m` has 4 entries of -1, but `inh` has no inhibitory unit"],
        ),
        ({"m": 2 * np.eye(N), "exc": np.ones(N), "inh": np.zeros(N)}, ["`m` is 2 for unit 0"]),
        ({"w": SIGNED}, ["`w` seems to include the signs of `m`", "replace it by abs(w)"]),
        ({"w0": SIGNED}, ["`w0` seems to include the signs of `m`", "replace it by abs(w0)"]),
        ({"w": np.ones((3, N, N))}, ["`w` has shape (3, 20, 20)", "expected shape (20, 20)"]),
        ({"w": np.ma.masked_less(model_mapping()["w"], 0.1)}, ["`w` has masked entries"]),
        ({"taus": np.ma.array([4.0, 20.0], mask=[False, True])}, ["`taus` has masked entries"]),
        ({"m": np.zeros((2, 2))}, ["`m` has shape (2, 2)"]),
        ({"som_m": np.full((N, N), 0.5)}, ["other than 0 and 1"]),
        ({"som_N": 5}, ["`som_N` is 5", "0 to 4"]),
        ({"taus": [20, 4]}, ["`taus` is [20.0, 4.0]"]),
        ({"taus": [0, 4]}, ["`taus` is [0.0, 4.0]"]),
        ({"taus": [1, 2, 3]}, ["`taus` has shape (3,)"]),
        ({"taus_gaus": np.ones(3)}, ["`taus_gaus` has shape (3,)"]),
        ({"activation": "swish"}, ["`activation` is 'swish'", "sigmoid, softplus, relu, clipped_relu"]),
    ],
)
def test_unusable_models_are_explained(changes, words):
    with pytest.raises(ModelFileError) as caught:
        RateModel.load(model_mapping(**changes))
    for word in ["the mapping", *words]:
        assert word in str(caught.value)


def test_the_message_names_the_file(tmp_path):
    path = tmp_path / "half a model.mat"
    savemat(path, model_mapping(w_in=None))
    with pytest.raises(
        ModelFileError, match=r"half a model.mat: `w_in` \(input weights, \(N, n_inputs\)\) is missing"
    ):
        RateModel.load(path)


def test_files_that_are_no_models(tmp_path):
    good = tmp_path / "good.mat"
    savemat(good, model_mapping())
    files = {
        "text.mat": b"not a MATLAB file at all, just text" * 9,
        "empty.mat": b"",
        "cut.mat": good.read_bytes()[:2000],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    for name in (*files, "missing.mat", "."):
        with pytest.raises(ModelFileError, match=r"\w") as caught:
            RateModel.load(tmp_path / name)
        assert str(Path(tmp_path / name)) in str(caught.value)
    with pytest.raises(ArgumentError, match="model is 3; expected a path"):
        RateModel.load(3)


def test_run_follows_the_equation():
    model = RateModel.load(model_mapping(n_inputs=2, n_outputs=2))
    u = np.random.default_rng(3).standard_normal((2, 30))
    run = model.run(u, seed=1, noise=0.0)
    assert run.output.shape == (1, 2, 30)
    np.testing.assert_array_equal(run.time, 5.0 * np.arange(30))
    r = run.rates[0]
    x = np.log(r / (1 - r))  # the inverse of the sigmoid
    tau = model.tau_decay()[:, None] / 5
    drive = model.effective_weights() @ r[:, :-1] + model.w_in @ u[:, :-1]
    np.testing.assert_allclose(x[:, 1:], (1 - 1 / tau) * x[:, :-1] + drive / tau, atol=1e-9)
    np.testing.assert_allclose(run.output[0], model.w_out @ r + model.b_out[:, None])
    assert np.abs(x[:, 0]).max() < 0.06  # N(0, 1)/100


def test_run_has_its_noise_and_its_seeds():
    model = RateModel.load(model_mapping(w=np.zeros((N, N)), taus=[1.0], taus_gaus=None))
    run = model.run(np.zeros((40, 1, 200)), seed=2)
    x = np.log(run.rates / (1 - run.rates))[:, :, 1:]
    assert np.std(x) == pytest.approx(0.1, rel=0.02)
    np.testing.assert_allclose(run.output[:3], model.run(np.zeros((3, 1, 200)), seed=2).output)
    assert (run.output[0] != model.run(np.zeros((1, 200)), seed=3).output[0]).any()


@pytest.mark.parametrize("activation", ["softplus", "clipped_relu"])
def test_other_activations_are_clipped(activation):
    model = RateModel.load(model_mapping(activation=activation, w_in=np.full((N, 1), 1.0)))
    rates = model.run(np.full((1, 100), 1e4), seed=0).rates
    assert rates.min() >= 0
    assert rates.max() == 20


@pytest.mark.parametrize("inputs", [np.zeros((2, 5)), np.zeros(5), np.zeros((1, 0))])
def test_run_refuses_wrong_inputs(inputs):
    with pytest.raises(ArgumentError, match="inputs has shape"):
        RateModel.load(model_mapping()).run(inputs)


def assert_same_variables(read, expected):
    assert list(read) == list(expected)
    for key, value in expected.items():
        assert read[key].dtype == value.dtype, key
        assert read[key].shape == value.shape, key
        np.testing.assert_array_equal(read[key], value)


@pytest.mark.parametrize("dale", [True, False])
@pytest.mark.parametrize("changes", [{}, {"taus": np.array([[7.0]])}, {"som_m": None, "taus_gaus0": None}])
def test_a_saved_model_has_the_variables_of_the_one_that_was_read(tmp_path, dale, changes):
    mapping = model_mapping(dale=dale, losses=np.arange(5.0)[None], note=np.array(["kept"]), **changes)
    if not dale:
        mapping["b_out"] = mapping["b_out"].astype(np.float64) / 3
    first, second = tmp_path / "first.mat", tmp_path / "second.mat"
    savemat(first, mapping)
    model = RateModel.load(first)
    model.save(second)
    before, after = read_variables(first), read_variables(second)
    if "som_m" in changes:
        assert after.pop("som_m").all()  # what is used is written
    assert_same_variables(after, before)
    again = RateModel.load(second)
    np.testing.assert_array_equal(again.effective_weights(), model.effective_weights())
    np.testing.assert_array_equal(again.tau_decay(), model.tau_decay())


def test_a_73_file_stays_one_when_a_model_is_saved_over_it(tmp_path):
    path = tmp_path / "model.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("old", data=[[1.0]]).attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    RateModel.load(model_mapping()).save(path, force=True)
    assert h5py.is_hdf5(path)
    np.testing.assert_array_equal(RateModel.load(path).w, RateModel.load(model_mapping()).w)


def test_a_model_from_a_mapping_is_saved_as_trainers_save_it(tmp_path):
    mapping = model_mapping(exc=list(range(16)), inh=[16, 17, 18, 19], w_in=np.ones(N), activation="sigmoid")
    mapping["w"] = mapping["w"] - 0.01  # negative entries, as one trainer writes them
    RateModel.load(mapping).save(tmp_path / "model.mat")
    variables = read_variables(tmp_path / "model.mat")
    assert variables["exc"].shape == variables["inh"].shape == (N, 1)
    assert variables["exc"].dtype == np.uint8
    assert variables["w"].min() == 0
    assert variables["N"].shape == variables["som_N"].shape == (1, 1)
    assert variables["activation"].tolist() == ["sigmoid"]


def test_a_changed_model_is_saved_as_it_is(tmp_path):
    model = RateModel.load(model_mapping())
    third = replace(model, w=model.w / 3)
    third.save(tmp_path / "third.mat")
    np.testing.assert_array_equal(RateModel.load(tmp_path / "third.mat").w, model.w / 3)


def test_large_variables_that_are_not_the_models_are_left_in_the_file(tmp_path, monkeypatch):
    path, copy = tmp_path / "model.mat", tmp_path / "copy.mat"
    monkeypatch.setitem(read_variables.__kwdefaults__, "max_bytes", 100_000)
    savemat(path, model_mapping(x=np.zeros((200, 300))))
    model = RateModel.load(path)
    assert model.unread
    assert "x" not in model.extras
    replace(model, w_out=model.w_out * 2).save(path, force=True)
    model.save(copy)
    np.testing.assert_array_equal(RateModel.load(path).w_out, 2 * model.w_out)
    assert read_variables(path, ["x"], max_bytes=2**30)["x"].shape == (200, 300)
    assert "x" not in read_variables(copy)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "gonogo",
            "no such file or folder, and no model of the package with this name (did you mean go-nogo?)",
        ),
        ("zzz", "this name; expected the path of a model file (.mat), or one of dms, dms-sigmoid, go-nogo,"),
        ("modle.mat", "there is no such file (did you mean model.mat?); expected the path"),
        ("nowhere/deep/model.mat", "there is no such file, and no folder nowhere; expected the path"),
    ],
)
def test_what_does_not_exist_is_said_with_what_was_looked_for(name, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.mat").touch()
    with pytest.raises(ModelFileError, match=re.escape(words)):
        RateModel.load(name)

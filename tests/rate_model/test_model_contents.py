"""What a file holds of a model, in which form, and what nobody guesses: signs, structs, missing, unused."""

import numpy as np
import pytest
from in_process import run
from models import model_mapping
from scipy.io import loadmat, savemat
from scipy.sparse import csc_matrix

from spiking import (
    LIF_network_fnc,
    ModelFileError,
    RateModel,
    SpikingNetwork,
    evaluate,
    find_scaling_factor,
)
from spiking.conversion.model_info import model_info
from spiking.evaluation.both_networks import run_both
from spiking.matfile.read import read_variables
from spiking.rate_model.recorded_settings import recorded_scaling_factor

N = 20
SIGNED = model_mapping()["w"] @ model_mapping()["m"]


def test_weights_that_were_never_rectified_do_not_hold_signs():
    mapping = model_mapping()
    everywhere = np.where(np.random.default_rng(0).random((N, N)) < 0.1, -0.3, mapping["w"])
    assert RateModel.load({**mapping, "w": everywhere}).rectified == np.count_nonzero(everywhere < 0)
    one_positive = SIGNED.copy()
    one_positive[3, 18] = 0.1  # in an inhibitory column
    assert RateModel.load({**mapping, "w": one_positive}).rectified > 0
    elsewhere = SIGNED.copy()
    elsewhere[3, 2] = -0.1
    assert RateModel.load({**mapping, "w": elsewhere}).rectified > 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"taus": {"a": 1.0}}, "`taus`"),
        ({"taus": np.array([[{}]], dtype=object)}, "`taus`"),
        ({"exc": np.full((20, 1), 1e300)}, "`exc` has shape"),
    ],
)
def test_structs_and_huge_numbers_are_refused(changes, words):
    with pytest.raises(ModelFileError, match=words):
        RateModel.load({**model_mapping(), **changes})


@pytest.mark.parametrize("key", ["w0", "taus_gaus0"])
def test_initial_values_that_are_not_finite_are_refused_only_where_they_are_asked_for(key):
    mapping = model_mapping()
    mapping[key] = np.where(np.arange(mapping[key].size).reshape(mapping[key].shape) < 3, np.nan, 1.0)
    model = RateModel.load(mapping)
    np.testing.assert_array_equal(model.w, RateModel.load(model_mapping()).w)
    if key == "w0":
        with pytest.raises(ModelFileError, match="`w0` has 3 entries that are NaN or infinite"):
            model.effective_weights(initial=True)
    else:
        assert model.tau_decay(initial=True) is None
    (note,) = [note for note in model_info(model).suspicious if f"`{key}`" in note]
    assert "NaN" in note


NEEDS_ALL = {
    "run": lambda model: model.run(np.zeros((1, 5))),
    "bias": lambda model: SpikingNetwork.from_rate(model, 50, readout_bias=True),
    "matched": lambda model: SpikingNetwork.from_rate(model, conversion="matched", task="go-nogo"),
    "evaluate": lambda model: evaluate(model, "go-nogo", 1, seed=1),
    "tune": lambda model: find_scaling_factor(model, "go-nogo", seed=1, trials=1),
    "both": lambda model: run_both(model, "go-nogo", 1, scaling_factor=50),
}


@pytest.mark.parametrize("need", NEEDS_ALL)
def test_what_a_quickstart_leaves_out_is_named_at_once_where_it_is_needed(need):
    model = RateModel.load(model_mapping(b_out=None, activation=None))
    with pytest.raises(ModelFileError, match="no `b_out` and no `activation`") as caught:
        NEEDS_ALL[need](model)
    assert "b_out = 0; activation = 'sigmoid'; save(file, 'b_out', 'activation', '-append')" in str(
        caught.value
    )
    assert "RateModel.load({**scipy.io.loadmat(file), 'b_out': 0, 'activation': 'sigmoid'})" in str(
        caught.value
    )


def test_what_needs_neither_takes_a_quickstarts_model(tmp_path):
    path = tmp_path / "quickstart.mat"
    savemat(path, model_mapping(b_out=None, activation=None))
    out = LIF_network_fnc(path, 50, np.zeros((1, 3)), {"mode": "none"}, 1, False, seed=1)[5]
    whole = LIF_network_fnc(model_mapping(), 50, np.zeros((1, 3)), {"mode": "none"}, 1, False, seed=1)[5]
    np.testing.assert_array_equal(out, whole)
    assert "activation unknown" in str(model_info(RateModel.load(path)))
    assert RateModel.load({**loadmat(path), "b_out": 0, "activation": "sigmoid"}).run(np.zeros((1, 5)))
    RateModel.load(path).save(tmp_path / "again.mat")
    assert not {"b_out", "activation"} & set(read_variables(tmp_path / "again.mat"))


def test_only_what_is_missing_is_named():
    model = RateModel.load(model_mapping(activation=None))
    assert SpikingNetwork.from_rate(model, 50, readout_bias=True).readout_bias == pytest.approx(0.1)
    with pytest.raises(ModelFileError, match="has no `activation`, which"):
        model.run(np.zeros((1, 5)))


def structs(tmp_path, **variables):
    path = tmp_path / "structs.mat"
    savemat(path, variables)
    return path


def test_a_model_in_a_struct_is_found_in_a_file_and_as_scipy_reads_it(tmp_path):
    mapping = model_mapping(n_inputs=2)
    path = structs(tmp_path, settings={"lr": 0.01}, net=mapping, opt_scaling_factor=40.0)
    expected = RateModel.load(mapping)
    forms = [loadmat(path, **how)["net"] for how in ({}, {"squeeze_me": True}, {"simplify_cells": True})]
    forms += [loadmat(path, struct_as_record=False, squeeze_me=squeeze)["net"] for squeeze in (False, True)]
    for given in (path, loadmat(path), *forms):
        model = RateModel.load(given)
        np.testing.assert_array_equal(model.effective_weights(), expected.effective_weights())
        np.testing.assert_array_equal(model.tau_decay(), expected.tau_decay())
    model = RateModel.load(path)
    assert recorded_scaling_factor(model) == 40  # beside the struct, where tuning writes it
    assert "net" not in model.extras
    model.save(path, force=True)
    np.testing.assert_array_equal(RateModel.load(path).w, expected.w)


def test_a_struct_lacks_nothing_that_is_beside_it_but_has_its_own_first(tmp_path):
    path = structs(tmp_path, net=model_mapping(b_out=None), b_out=0.5, N=3.0)
    assert RateModel.load(path).b_out == 0.5
    assert RateModel.load(path).n_units == N


def test_of_several_models_in_structs_none_is_guessed(tmp_path):
    path = structs(tmp_path, before=model_mapping(), after=model_mapping(seed=1))
    with pytest.raises(
        ModelFileError, match=r"several structs that hold a model: before, after; .*\['before'\]"
    ):
        RateModel.load(path)


# What trainers, tuners and users keep in files, and what no network here has.
HARMLESS = {
    **{key: np.ones((N, 1)) for key in ("w_in0", "x0", "r0", "inh_som", "inh_pv", "u")},
    **{"x": np.ones((N, N)), "r": np.ones((N, N)), "target": np.ones((1, N)), "o": np.ones((1, N))},
    **{"losses": np.ones((1, 50)), "eval_os": np.ones((100, 199)), "eval_labels": np.ones((1, 100))},
    **{"eval_perf_mean": np.ones((1, 1)), "eval_loss_mean": np.ones((1, N)), "tr": 1500},
    **{
        "opt_scaling_factor": np.uint8(50),
        "all_perfs": np.ones((12, 1)),
        "scaling_factors": np.ones((1, 12)),
    },
    **{"task": "go-nogo", "seed": 1, "converged": True, "training_options": "{}"},
    **{"spikes": np.ones((N, 300)), "order": np.arange(N)[:, None]},
}
UNUSED = {
    **{
        "w_noise": np.ones((N, N)),
        "b_noise": np.ones((N, 1)),
        "W_inter": np.ones((2, 3)),
        "h0": np.ones((N, 1)),
    },
    **{"inter": np.ones((2, N, N)), "w_context": csc_matrix(np.eye(N)), "gates": np.ones((N, N))},
}


def test_variables_that_are_not_weights_are_kept_without_a_word():
    model = RateModel.load({**model_mapping(), **HARMLESS})  # pytest makes an error of a warning
    assert model.extras.keys() == HARMLESS.keys()


@pytest.mark.parametrize("key", UNUSED)
def test_weights_that_nothing_uses_are_named_on_loading_and_by_info(key):
    mapping = {**model_mapping(), **HARMLESS, key: UNUSED[key]}
    with pytest.warns(UserWarning, match=f"the mapping: `{key}` looks like trained weights") as caught:
        model = RateModel.load(mapping)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert any(f"`{key}` looks like trained weights" in note for note in model_info(model).suspicious)


def test_a_trained_and_tuned_model_of_this_package_has_no_unused_weights(tmp_path):
    from spiking import train

    path = tmp_path / "model.mat"
    train("go-nogo", 20, seed=1, max_updates=100).save(path)
    find_scaling_factor(path, seed=1, method="grid", candidates=[40], trials=1, extend=False, write=True)
    assert RateModel.load(path).extras["opt_scaling_factor"] == 40


def test_the_command_line_tells_of_unused_weights_in_one_line(tmp_path):
    path = tmp_path / "fork.mat"
    savemat(path, model_mapping(w_noise=np.ones((N, N))))
    for arguments, told in (
        (["simulate", "--seed", "1", "--task", "go-nogo", "--scaling-factor", "50"], 1),
        (["info"], 0),
    ):
        done = run(arguments[0], path, *arguments[1:])
        assert done.returncode == 0
        assert done.stderr.count(f"spiking: note: {path}: `w_noise` looks like trained weights") == told
        assert "UserWarning" not in done.stderr
        assert ("`w_noise` looks like" in done.stdout) == (arguments == ["info"])

"""The files and calls of the PyTorch port's tutorial: save, load, convert, simulate, evaluate."""

import zipfile

import numpy as np
import pytest
from models import model_mapping
from scipy.io import loadmat, savemat

from spiking import (
    ArgumentError,
    LIF_network_fnc,
    ModelFileError,
    RateModel,
    SpikingNetwork,
    evaluate,
    find_scaling_factor,
    simulate,
    tasks,
)
from spiking.conversion import model_info

N = 20
STEPS = 200  # its T: one column less than a trial of the published function
FACTORS = list(np.arange(15, 76, 20))
NONE = {"mode": "none"}


def stimulus(kind):
    """Its Go-NoGo stimulus: a pulse of 25 steps of 5 ms from step 50 on."""
    u = np.zeros((1, STEPS))
    if kind == "go":
        u[0, 50:75] = 1
    return u


@pytest.fixture
def path(tmp_path):
    """The file of part 2: no `b_out`, `activation`, `som_N`; one fixed decay beside `taus_gaus`."""
    trained = model_mapping(N, seed=3)
    inhibitory = trained["inh"].astype(bool)
    variables = {
        **{key: trained[key] for key in ("w", "w_in", "w_out", "w0")},
        "N": np.array(N),
        "m": trained["m"],
        "som_m": trained["som_m"],
        "inh": inhibitory,
        "exc": ~inhibitory,
        "taus": np.array([10]),
        "taus_gaus": trained["taus_gaus"],
        "taus_gaus0": trained["taus_gaus0"],
    }
    folder = tmp_path / "models" / "go-nogo"
    folder.mkdir(parents=True)
    savemat(folder / "rate_model_go_nogo.mat", variables)
    return folder / "rate_model_go_nogo.mat"


def test_load_and_save(path):
    model, mapping = RateModel.load(path), RateModel.load(loadmat(path))
    for loaded in (model, mapping):
        assert (loaded.n_units, loaded.n_inputs, loaded.n_outputs) == (N, 1, 1)
        np.testing.assert_array_equal(loaded.tau_decay(), 50.0)
    assert "activation unknown" in str(model_info(path))
    model.save(path.with_name("again.mat"))
    before, after = loadmat(path), loadmat(path.with_name("again.mat"))
    for key in (key for key in before if not key.startswith("__")):
        np.testing.assert_array_equal(before[key], after[key])


def test_convert_by_the_published_function_and_count_from_its_arrays(path):
    """Parts 3 and 4: positional arguments, and the constants and shapes that its figures use."""
    by_kind = {
        kind: LIF_network_fnc(str(path), 50.0, stimulus(kind), NONE, 1, False, seed=1)
        for kind in ("go", "nogo")
    }
    for W, REC, spk, rs, all_fr, out, params in by_kind.values():
        assert W.shape == (N, N)
        steps = params["nt"]
        assert steps == round(params["T"] / params["dt"]) == 100 * (STEPS - 1)
        assert REC.shape == (steps, N)  # (N, nt) there
        assert spk.shape == rs.shape == (N, steps)
        assert out.flatten().shape == (steps,)
        times = np.arange(params["dt"], params["dt"] * (steps + 1), params["dt"])[:steps]
        rates = np.array([times[spk[unit, :] > 0].size for unit in range(N)]) / params["T"]
        np.testing.assert_allclose(rates, np.ravel(all_fr), atol=9 / params["T"])  # 9 steps do not count
        assert rates.max() > 0
    assert not np.array_equal(by_kind["go"][5], by_kind["nogo"][5])


def test_simulate_the_converted_network(path):
    network = SpikingNetwork.from_rate(path, 50.0)
    for inputs in (stimulus("go"), "go-nogo", "go_nogo"):
        run = simulate(network, inputs, seed=1)
        assert np.isfinite(run.output).all()
    with pytest.raises(ArgumentError, match="scaling_factor"):  # as long as no search has written one
        simulate(path, stimulus("go"))


def test_evaluate_with_the_timing_of_its_tasks(path):
    task = tasks.get("go_nogo", stimulus_onset=250, stimulus_duration=125)
    result = evaluate(SpikingNetwork.from_rate(path, 50.0), task, 10, seed=1)
    assert result.correct.shape == (10,)
    assert set(result.conditions) == {"go", "nogo"}


def test_the_search_asks_for_what_the_file_lacks_and_then_writes_the_factor(path):
    search = {"method": "grid", "candidates": FACTORS, "trials": 4, "extend": False}
    with pytest.raises(ModelFileError, match="no `b_out` and no `activation`"):
        find_scaling_factor(path, "go-nogo", seed=1, write=True, **search)
    whole = {key: value for key, value in loadmat(path).items() if not key.startswith("__")}
    savemat(path, {**whole, "b_out": 0.0, "activation": "sigmoid"})
    found = find_scaling_factor(path, "go-nogo", seed=1, write=True, **search)
    assert found.scaling_factor in FACTORS
    assert loadmat(path)["opt_scaling_factor"].item() == found.scaling_factor  # as the tutorial reads it
    assert simulate(path, "go_nogo", seed=1).network.scaling_factor == found.scaling_factor


def test_a_search_of_the_port_that_was_stopped_leaves_no_factor(path):
    """It writes NaN first, and the factor, the accuracies and the factors that it compared at the end."""
    variables = {key: value for key, value in loadmat(path).items() if not key.startswith("__")}
    savemat(path, {**variables, "opt_scaling_factor": np.nan})
    with pytest.raises(ArgumentError, match="scaling_factor"):
        SpikingNetwork.from_rate(path)
    savemat(
        path,
        {
            **variables,
            "opt_scaling_factor": 35,
            "all_perfs": np.array([0.5, 1.0, 0.5, 0.5]),
            "scaling_factors": np.array(FACTORS),
        },
    )
    assert simulate(path, "go_nogo", seed=1).network.scaling_factor == 35


@pytest.mark.parametrize("call", [RateModel.load, SpikingNetwork.from_rate, lambda p: simulate(p, "go-nogo")])
def test_its_pth_file_is_named_as_what_it_is(path, call):
    checkpoint = path.with_suffix(".pth")
    with zipfile.ZipFile(checkpoint, "w") as archive:  # as torch.save writes it
        archive.writestr("rate_model_go_nogo/data.pkl", b"\x80\x02}q\x00.")
        archive.writestr("rate_model_go_nogo/version", b"3\n")
    with pytest.raises(ModelFileError, match=r"PyTorch"):
        call(checkpoint)

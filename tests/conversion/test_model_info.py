"""Facts about a model and what is suspicious in it, from models made wrong on purpose."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from spiking import ArgumentError, RateModel, SpikingNetwork
from spiking.command_line.output import table_csv
from spiking.conversion import Conversion
from spiking.conversion.model_info import model_info
from spiking.conversion.model_info_text import as_row, as_table
from spiking.conversion.recorded_accuracy import network_digest
from spiking.rate_model.recorded_settings import recorded_scaling_factor, recorded_task
from spiking.tasks import GoNoGo

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def variables():
    return {k: v for k, v in scipy.io.loadmat(GOLDEN / "sst.mat").items() if not k.startswith("__")}


def info(variables):
    return model_info(RateModel.load(variables))


def only(variables):
    """The suspicions about a model that is in order but for one thing."""
    return info({"task": "go-nogo", **variables}).suspicious


def test_a_model_in_order_is_not_suspicious(variables):
    assert only(variables) == ()


def test_a_trained_model_says_its_version_and_how_training_ended(variables):
    assert info(variables).spiking_version is None
    trained = {"task": "go-nogo", "training_options": "{}", "spiking_version": "0.1.0", "converged": 0}
    facts = info({**variables, **trained, "converts": 0})
    assert (facts.spiking_version, facts.converged, facts.converts) == ("0.1.0", False, False)
    assert "spiking 0.1.0; training again with other versions may give another network" in str(facts)
    assert "not converged, does not convert" in str(facts)
    libraries = "Python 3.13.1, NumPy 2.2.0, JAX 0.5.0, Optax 0.2.4"
    assert f"spiking 0.1.0, {libraries}; training" in str(
        info({**variables, **trained, "library_versions": libraries})
    )
    header, cells = table_csv([as_row(facts)]).splitlines()
    assert ";" not in dict(zip(header.split(","), cells.split(","), strict=False))["tau_decay_ms_median"]


def test_facts_are_those_of_the_arrays(variables):
    facts = info(variables)
    w = np.maximum(variables["w"].astype(float), 0) @ variables["m"] * variables["som_m"]
    assert facts.connections == np.count_nonzero(w)
    assert facts.density == np.count_nonzero(w) / 3600
    assert facts.spectral_radius == pytest.approx(np.abs(np.linalg.eigvals(w)).max(), rel=1e-12)
    assert facts.tau_range == (20, 100)
    assert 20 < facts.tau_decay[0] < facts.tau_decay[1] < facts.tau_decay[2] < 100
    assert (facts.trained, facts.updates, facts.converged) == (True, None, None)
    assert sum(facts.populations[name] for name in ("exc", "som", "pv")) == 60


def test_spectral_radius_of_a_large_network(monkeypatch):
    module = sys.modules[model_info.__module__]  # its package gives the function under the name of the module
    monkeypatch.setattr(module, "_DENSE_EIGENVALUES", 100)
    n = 400
    rng = np.random.default_rng(0)
    w = rng.standard_normal((n, n)) * (rng.random((n, n)) < 0.05)
    variables = {
        **{"N": n, "w": w, "m": np.ones(n), "exc": np.ones(n), "inh": np.zeros(n), "taus": 4.0},
        **{"w_in": np.ones(n), "w_out": np.ones(n), "b_out": 0.0, "activation": "sigmoid"},
    }
    assert info(variables).spectral_radius == pytest.approx(np.abs(np.linalg.eigvals(w)).max(), rel=1e-4)


def test_negative_weights_under_dales_law(variables):
    variables["w"] = variables["w"].copy()
    variables["w"][variables["w"] == 0] = -0.1
    (note,) = only(variables)
    assert "of 3,600 entries of `w` are negative under Dale's law" in note


def test_units_without_input_and_without_effect(variables):
    variables["w"], variables["w_in"], variables["w_out"] = (
        variables[k].copy() for k in ("w", "w_in", "w_out")
    )
    variables["w"][3], variables["w_in"][3] = 0, 0
    variables["w"][:, [4, 5]], variables["w_out"][:, [4, 5]] = 0, 0
    assert only(variables) == (
        "unit 3 without any input, recurrent or external",
        "2 units (4, 5) without any effect on other units or on the output",
    )


def test_dead_channels_and_no_connections(variables):
    for key in ("w", "w_in", "w_out"):
        variables[key] = np.zeros_like(variables[key])
    notes = only(variables)
    assert "no recurrent connections: W is zero" in notes
    assert "input 0 reaches no unit" in notes
    assert "output 0 reads no unit" in notes


def test_inhibited_sst_units(variables):
    variables["som_m"] = np.ones_like(variables["som_m"])
    (note,) = only(variables)
    assert "from inhibitory units onto SST units" in note


def test_untrained_and_unconverged(variables):
    variables["w"], variables["taus_gaus"] = variables["w0"], variables["taus_gaus0"]
    assert only(variables) == ("not trained: weights and time constants are the initial ones",)
    assert info(variables).trained is False
    variables.pop("w0")
    assert info(variables).trained is None
    assert info({**variables, "tr": 300}).trained is True
    assert info({**variables, "tr": 1501}).updates == 1502  # the index of the last one, from 0
    assert info({**variables, "updates": 1600}).updates == 1600
    assert only({**variables, "converged": False}) == ("training ended without reaching its criteria",)
    assert only({**variables, "eval_perf_mean": [0.5, 0.9]}) == (
        "the rate model was 90% correct at the end of its training",
    )
    assert only({**variables, "eval_loss_mean": np.nan}) == ("the loss at the end of training is not finite",)


@pytest.mark.parametrize("left_by_a_killed_search", [np.nan, 0, np.array([[np.nan]]), np.empty((0, 0))])
def test_tuning_left_by_an_interrupted_search(variables, left_by_a_killed_search):
    variables["opt_scaling_factor"] = left_by_a_killed_search
    (note,) = only(variables)
    assert "a search was interrupted" in note
    assert recorded_scaling_factor(RateModel.load(variables)) is None


def test_tuned(variables):
    variables |= {"opt_scaling_factor": np.uint8(50), "scaling_factors": np.arange(20, 80, 5)}
    variables["all_perfs"] = np.linspace(0.5, 1.0, 12)
    facts = info(variables)
    assert (facts.scaling_factor, facts.search_accuracy) == (50, pytest.approx(0.5 + 6 / 22))
    assert facts.spiking is None
    assert "77% correct in the trials that chose it, not in fresh trials; `spiking evaluate -" in str(facts)
    assert only(variables) == ()
    (note,) = only({**variables, "opt_scaling_factor": 75})
    assert "edge" in note


def test_recorded_task(variables):
    settings = json.dumps({"stimulus_onset": 100.0})
    model = RateModel.load({**variables, "task": "go-nogo", "task_settings": settings})
    assert recorded_task(model) == GoNoGo(stimulus_onset=100)
    assert info(variables).suspicious == ()
    assert "not recorded; name it with --task" in str(info(variables))
    assert "its task xor has (2, 1)" in only({**variables, "task": "xor"})[0]
    for settings in ("{", "3", '{"onset": 1}', '{"stimulus_onset": "soon"}'):
        assert len(only({**variables, "task_settings": settings})) == 1


def test_words_and_json_for_every_golden_model():
    for path in GOLDEN.glob("*.mat"):
        facts = model_info(RateModel.load(path))
        assert str(facts).startswith(str(path))
        read = json.loads(json.dumps(as_row(facts), allow_nan=False))
        assert read["usable"]
        assert read["populations"]["inh"] == facts.populations["inh"]
        assert (read["populations"]["pv"] is None) == (facts.populations["som"] == 0)
        assert read["tau_decay_ms"]["median"] == facts.tau_decay[1]
        assert read["step_ms"] == facts.step
    assert "35 ms for every unit" in str(model_info(RateModel.load(GOLDEN / "fixedtau.mat")))
    assert "without Dale's law" in str(model_info(RateModel.load(GOLDEN / "nodale.mat")))


def test_a_history_that_ends_in_zeros_ended_before_them(variables):
    padded = {"eval_loss_mean": [5.0, 3.0, 0.0, 0.0], "eval_perf_mean": [0.5, 0.98, 0.0, 0.0]}
    facts = info({**variables, "task": "go-nogo", **padded})
    assert (facts.training_loss, facts.training_accuracy, facts.suspicious) == (3.0, 0.98, ())
    history = {"eval_losses": [5.0, 3.0], "eval_accuracies": [0.5, 0.98]}
    facts = info({**variables, "task": "go-nogo", "eval_loss_mean": 3.0, "eval_perf_mean": 0.98, **history})
    assert (facts.training_loss, facts.training_accuracy, facts.suspicious) == (3.0, 0.98, ())


def test_of_several_scaling_factors_none_is_guessed(variables):
    variables["opt_scaling_factor"] = np.array([[30.0, 50.0]])
    (note,) = only(variables)
    assert "`opt_scaling_factor` has 2 numbers" in note
    model = RateModel.load(variables)
    assert recorded_scaling_factor(model) is None
    with pytest.raises(ArgumentError, match="has several numbers as its tuned scaling factor; give one"):
        SpikingNetwork.from_rate(model)


@pytest.mark.parametrize("name", ["tuning", "task_settings"])
def test_records_that_are_nested_too_deep_are_noted(variables, name):
    (words,) = only(
        {"task": "go-nogo", "opt_scaling_factor": 30.0, **variables, name: "[" * 100_000 + "]" * 100_000}
    )
    assert f"has a `{name}` that cannot" in words or f"has `{name}`" in words
    assert "nested too deep" in words


NETWORK = {"opt_scaling_factor": 50.0, "task": "go-nogo", "scaling_factors": [[50.0, 45.0, 55.0]]}


def recorded(variables, correct, rate, **changes):
    """Return the variables with an evaluation of their network."""
    model = RateModel.load(variables)
    values = {"correct": correct, "trials": 200, "seed": 1, "fresh": True, "downsample": 1, "task": "go-nogo"}
    values |= {"rule": "above", "rate_correct": rate}
    values["network"] = network_digest(model, Conversion(kind="published", factor=50.0), None)
    return {**variables, "evaluation": json.dumps(values | changes)}


def test_accuracy_in_fresh_trials_and_not_that_of_the_search(variables):
    variables |= {**NETWORK, "all_perfs": [[1.0, 0.9, 0.9]]}
    facts = info(recorded(variables, 190, None))
    assert (facts.spiking.accuracy, facts.search_accuracy) == (0.95, 1.0)
    assert facts.spiking.interval == pytest.approx((0.9104, 0.9726), abs=1e-4)
    said = "  spiking network 190 of 200 correct (0.91 to 0.97) in fresh trials of go-nogo, seed 1"
    assert said in str(facts)
    assert "  correct         above" in str(facts)
    assert "in trials of go-nogo, seed 1 (not known to be fresh: the network may have been chosen" in str(
        info(recorded(variables, 190, None, fresh=None))
    )
    row = as_row(facts)
    assert (row["spiking_network"]["correct"], row["spiking_network"]["trials"]) == (190, 200)
    assert "spiking_network_low" in table_csv([row]).splitlines()[0]
    assert "190/200 (0.91 to 0.97)" in [*as_table([facts]).columns[-2].cells]


def test_an_accuracy_of_another_network_is_not_shown(variables):
    variables |= {**NETWORK, "all_perfs": [[1.0, 0.9, 0.9]]}
    known = recorded(variables, 190, None)
    assert info(known).spiking.correct == 190
    for changes in (
        {"opt_scaling_factor": 45.0},
        {"w": 1.01 * variables["w"]},
        {"taus_gaus": variables["taus_gaus"] + 0.1},
        {"taus": [[4.0, 21.0]]},
        {"w_out": -variables["w_out"]},
        {"b_rec": np.full((60, 1), 0.1)},
        {"evaluation": "[]"},
        {"evaluation": known["evaluation"].replace('"seed"', '"sed"')},
    ):
        assert info({**known, **changes}).spiking is None, changes
    assert info({**known, "opt_scaling_factor": 45.0}).search_accuracy == 0.9


@pytest.mark.parametrize(
    ("correct", "rate", "search", "training", "suspicious"),
    [
        (104, 196, 1.0, 1.0, True),
        (190, 196, 1.0, 1.0, False),
        (104, 100, 1.0, 1.0, False),  # neither does the rate network
        (150, None, 1.0, 0.97, True),
        (None, None, 0.6, 0.97, True),
        (None, None, 0.93, 0.97, False),
        (None, None, 0.6, None, False),  # nothing to compare with
    ],
)
def test_a_network_that_does_not_convert(variables, correct, rate, search, training, suspicious):
    variables |= {**NETWORK, "scaling_factors": [[45.0, 50.0, 55.0]], "all_perfs": [[0.3, search, 0.3]]}
    if training is not None:
        variables["eval_perf_mean"] = [0.5, training]
    if correct is not None:
        variables = recorded(variables, correct, rate)
    notes = [note for note in only(variables) if "does not convert" in note]
    assert bool(notes) == suspicious
    if suspicious:
        assert "spiking tune --conversion matched" in notes[0]


def test_decays_and_factors_that_seem_to_have_another_unit(variables):
    (long,) = only({**variables, "taus": [[4.0, 100.0]]})
    assert "synaptic decays up to " in long
    assert "are they in ms?" in long
    fixed = {key: value for key, value in variables.items() if not key.startswith("taus")}
    assert only({**fixed, "taus": 40.0}) == ()  # 200 ms
    assert "decays up to 500 ms" in only({**fixed, "taus": 100.0})[0]
    assert "from 2.5 ms, shorter than the rate network's step of 5 ms" in only({**fixed, "taus": 0.5})[0]
    (note,) = only({**variables, "opt_scaling_factor": 0.02})
    assert "the scaling factor is 0.02; expected above 1" in note
    assert "the inverse of 50?" in note


def test_times_of_a_task_that_seem_not_to_be_ms(variables):
    settings = {"duration": 40.0, "stimulus_onset": 10.0, "stimulus_duration": 5.0, "score_delay": 5.0}
    (note,) = only({**variables, "task": "go-nogo", "task_settings": json.dumps(settings)})
    assert "trials of the task go-nogo last 40 ms and are scored from 20 ms on" in note


def test_an_original_file_suggests_its_task(variables, tmp_path):
    path = tmp_path / "Task_go-nogo_N_60_Taus_4.0_20.0_Act_sigmoid.mat"
    RateModel.load(variables).save(path)
    assert "go-nogo, from the file's name; not recorded" in str(model_info(path))

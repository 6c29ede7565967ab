"""What an object was comes back, field by field, after it was copied, pickled, or saved and loaded."""

import copy
import dataclasses
import json
import pickle

import cloudpickle
import numpy as np
import pytest
from every_field import (
    EXAMPLES,
    TASK,
    conversion,
    differences,
    rate_model,
    record,
    scaling_factor_search,
    simulation,
    spiking_network,
    values_left_at_their_defaults,
)
from matlab_files import KINDS, save
from models import model_mapping
from networks import pulse_input, random_network
from scipy.io import savemat

import spiking
from spiking import (
    ArgumentError,
    Conversion,
    LIFParams,
    RandomDraws,
    RateModel,
    Record,
    Simulation,
    SpikingNetwork,
    Stimulation,
    simulate,
)
from spiking.conversion.recorded_conversion import tuned_conversion
from spiking.matfile.write import update_variables
from spiking.simulation.kernel.trial import run_trial
from spiking.simulation.random_numbers import SharedNoise
from spiking.simulation.storage import npz as simulation_file
from spiking.simulation.storage import stream as simulation_stream

COPIES = {
    **{
        f"pickle {k}": lambda one, k=k: pickle.loads(pickle.dumps(one, protocol=k))
        for k in range(pickle.HIGHEST_PROTOCOL + 1)
    },
    "cloudpickle": lambda one: pickle.loads(cloudpickle.dumps(one)),
    "copy": copy.copy,
    "deep copy": copy.deepcopy,
}


def test_every_public_dataclass_has_an_example():
    public = {getattr(spiking, name) for name in spiking.__all__}
    assert {one for one in public if dataclasses.is_dataclass(one)} == set(EXAMPLES)


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_every_field_of_an_example_has_a_value_of_its_own(kind):
    assert values_left_at_their_defaults(EXAMPLES[kind]()) == []


@pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_a_copy_has_every_field(kind, make_copy):
    one = EXAMPLES[kind]()
    assert list(differences(make_copy(one), one, kind.__name__)) == []


@pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)
def test_copies_of_other_networks_and_of_runs_on_disk(make_copy, tmp_path):
    sparse, run = spiking_network(sparse=True), simulation()
    assert list(differences(make_copy(sparse), sparse, "network")) == []
    run.save(tmp_path / "run.h5")
    stored = Simulation.load(tmp_path / "run.h5")
    again = make_copy(stored)
    assert list(differences(again, stored, "run")) == []
    assert type(again.output) is type(stored.output)  # still on disk


def test_a_copy_leaves_out_what_can_be_computed_again():
    network = spiking_network(sparse=True)
    assert network.dense_weights.shape == (20, 20)
    assert len(pickle.dumps(network)) == len(pickle.dumps(spiking_network(sparse=True)))


def test_mappings_of_a_model_do_not_change():
    model = rate_model()
    for one in (model, copy.deepcopy(model), dataclasses.replace(model, extras={"task": np.array(["xor"])})):
        with pytest.raises(TypeError, match="does not support item assignment"):
            one.extras["task"] = np.array(["mante"])
    given = {"a": 1}
    kept = dataclasses.replace(model, extras=given).extras
    given["a"] = 2
    assert kept["a"] == 1
    assert repr(copy.copy(kept)) == "{'a': 1}"


def test_the_kernel_is_compiled_once_whatever_is_simulated():
    """Once for noise of its own and once for replayed numbers, which have 64 bits."""
    network, u = random_network(20, strength=2.0), pulse_input()
    simulate(network, u, seed=1)
    own = len(run_trial.signatures)
    read_only = u.copy()
    read_only.setflags(write=False)
    draws = RandomDraws.from_seed(1, 0, n_neurons=20, n_steps=1000)
    for one in (
        pickle.loads(pickle.dumps(network)),
        copy.deepcopy(network),
        SpikingNetwork.from_rate(model_mapping(20), 30),
        random_network(20, sparse=True),
        random_network(20, n_outputs=2),
        dataclasses.replace(
            network, weights=network.weights.astype(np.float32), tau_decay=np.float32([20] * 20)
        ),
        dataclasses.replace(network, readout=network.readout.astype(">f8"), w_in=np.float32(network.w_in)),
        network.with_params(refractory=np.float32(2), tau_membrane=np.float32(10), tau_rise=np.float32(2)),
        network.with_params(noise=np.float32(0.1), reset=-65, threshold=np.int64(-40), peak=np.int8(30)),
    ):
        simulate(one, u, seed=1)
    for inputs in (read_only, u[::-1, ::-1], np.float32(u), np.asfortranarray([u, u])):
        simulate(network, inputs, seed=1, stimulation=Stimulation("exc", (1, 9), coin="unit"))
    simulate(random_network(20, n_inputs=2), pulse_input(n_inputs=2), seed=1, input_noise=0.1)
    simulate(network, u, seed=1, shared_noise=SharedNoise(1))
    assert len(run_trial.signatures) == own
    simulate(network, u, draws=draws)
    replayed = len(run_trial.signatures)
    for noise in (np.asfortranarray(draws.noise), np.float32(draws.noise), np.broadcast_to(0.5, (1000, 20))):
        simulate(network, u, draws=dataclasses.replace(draws, noise=noise))
    assert len(run_trial.signatures) == replayed


def test_a_model_and_its_copy_run_alike():
    model = RateModel.load(model_mapping(20))
    u = pulse_input(20)
    assert np.array_equal(
        pickle.loads(pickle.dumps(model)).run(u, seed=1).output, model.run(u, seed=1).output
    )


def expected_of_run_files(run):
    """Units that were drawn at random come back by number: NumPy does not promise to draw them again."""
    drawn = run.record.neurons("currents", run.network.populations)
    return dataclasses.replace(run, record=dataclasses.replace(run.record, currents=tuple(drawn.tolist())))


def saved_as_hdf5(run, folder):
    run.save(folder / "run.h5")
    return Simulation.load(folder / "run.h5")


def saved_as_hdf5_twice(run, folder):
    saved_as_hdf5(run, folder).save(folder / "again.h5")
    return Simulation.load(folder / "again.h5")


def saved_as_npz(run, folder):
    simulation_file.save(run, folder / "run.npz", model="model.mat")
    return Simulation.load(folder / "run.npz")


RUN_FILES = (saved_as_hdf5, saved_as_hdf5_twice, saved_as_npz)


def without_bounds(spikes):
    """Where a trial's spikes begin is kept for spikes on disk only."""
    assert spikes.bounds is None or np.array_equal(spikes.bounds, spikes.first_of_trials(0))
    return dataclasses.replace(spikes, bounds=None)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("saved", RUN_FILES)
def test_a_saved_run_has_every_field(saved, sparse, tmp_path):
    run = simulation(sparse=sparse)
    found = saved(run, tmp_path)
    if found.spikes.bounds is not None:
        assert np.array_equal(found.spikes.bounds, run.spikes.first_of_trials(3))
    found = dataclasses.replace(found, spikes=without_bounds(found.spikes))
    assert list(differences(found, expected_of_run_files(run), "run")) == []
    assert "mean_drive: gain 32" in str(found.network.conversion)


@pytest.mark.parametrize("saved", RUN_FILES)
@pytest.mark.parametrize("seed", [None, 0, 2**64 - 1, 2**64])
def test_a_saved_run_with_nothing_of_its_own(saved, seed, tmp_path):
    run = dataclasses.replace(
        simulate(random_network(5), pulse_input(), seed=1, record=Record(spikes=True)), seed=seed
    )
    found = saved(run, tmp_path)
    found = dataclasses.replace(found, spikes=without_bounds(found.spikes))
    assert list(differences(found, run, "run")) == []


@pytest.mark.parametrize("unfinished", [False, True])
def test_a_run_written_while_it_runs_has_every_field(unfinished, tmp_path, monkeypatch):
    monkeypatch.setattr(simulation_stream, "_BLOCK_TRIALS", 2)
    network, path = spiking_network(), tmp_path / "run.h5"
    settings = {"seed": 2**100, "trials": 5, "threads": 1, "downsample": 2}
    settings["record"] = dataclasses.replace(record(), output=True, spikes=True)
    if unfinished:
        settings["trials"] = 2

        def stop(done):
            if done == 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            simulate(network, TASK, **{**settings, "trials": 5}, output_file=path, progress=stop)
        found = Simulation.load(path)
    else:
        found = simulate(network, TASK, **settings, output_file=path)
    run = dataclasses.replace(simulate(network, TASK, **settings), unfinished=unfinished)
    found = dataclasses.replace(found, spikes=without_bounds(found.spikes))
    assert list(differences(found, expected_of_run_files(run), "run")) == []
    assert found.unfinished == unfinished


def test_the_record_of_a_run_without_output(tmp_path):
    run = dataclasses.replace(simulation(), record=record(), output=None, correct=None)
    found = saved_as_hdf5(run, tmp_path)
    assert list(differences(found.record, expected_of_run_files(run).record, "record")) == []


def test_npz_files_that_are_no_runs(tmp_path):
    path = tmp_path / "run.npz"
    for content, words in (
        ({"x": np.arange(3)}, "not a readable simulation .*run.npz wrote"),
        ({"spike_trial": np.arange(3)}, "holds no network"),
        ({"x": np.array([{}], object)}, "not a readable simulation"),
    ):
        np.savez(path, **content)
        with pytest.raises(ArgumentError, match=words):
            Simulation.load(path)
    simulation_file.save(simulation(), path, model="model.mat", force=True)
    whole = path.read_bytes()
    for damaged in (whole[:-300], whole[:100], b"PK", whole[:5000] + b"x" * 50 + whole[5050:]):
        path.write_bytes(damaged)
        with pytest.raises(ArgumentError, match="not a readable simulation"):
            Simulation.load(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_has_every_field(kind, tmp_path):
    """But for `source`, the new file, and `unread`: everything that this object has is in that file.

    `rectified` is of the file that was read, and what is saved is rectified: so it is 0 after that. Files of
    version 7.3 list their variables by the alphabet.
    """
    path = tmp_path / "model.mat"
    save(path, {"x": np.eye(2)}, kind)  # decides the version
    model = rate_model()
    assert model.rectified > 0
    model.save(path, force=True)
    found = RateModel.load(path)
    expected = dataclasses.replace(model, source=str(path), unread=False, rectified=0)
    if kind == "7.3":
        in_order = {name: dict(sorted(getattr(model, name).items())) for name in ("extras", "forms")}
        expected = dataclasses.replace(expected, **in_order)
    assert list(differences(found, expected, "model")) == []
    found.save(path, force=True)
    assert list(differences(RateModel.load(path), expected, "model")) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_conversion_in_a_model_file_has_every_field(kind, tmp_path):
    path, own = tmp_path / "model.mat", conversion()
    save(path, model_mapping(20), kind)
    found = dataclasses.replace(scaling_factor_search(), scaling_factor=own.factor, conversion=own)
    update_variables(path, found.as_variables())
    assert list(differences(tuned_conversion(RateModel.load(path)), own, "conversion")) == []
    network = SpikingNetwork.from_rate(path)
    assert list(differences(network.conversion, own, "conversion")) == []
    assert list(differences(network.params, own.params, "params")) == []


def test_numbers_of_numpy_can_be_kept_everywhere(tmp_path):
    """As constants and factors they used to end a search, when its result was written."""
    params = LIFParams(noise=np.float32(0.25), refractory=np.int64(1), initial_voltage=np.float32(-50))
    own = Conversion(kind="published", factor=np.float32(30), params=params)
    assert Conversion.from_json(json.loads(json.dumps(own.as_json()))) == own
    run = simulate(dataclasses.replace(random_network(5), params=params), pulse_input(), seed=1)
    assert saved_as_hdf5(run, tmp_path).network.params == params


def test_a_model_whose_file_is_gone_can_be_saved_over_another(tmp_path):
    path = tmp_path / "model.mat"
    savemat(path, {"x": 1.0})
    model = dataclasses.replace(rate_model(), source=str(tmp_path / "gone.mat"), unread=True)
    model.save(path, force=True)
    assert RateModel.load(path).n_units == model.n_units


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_lacks_what_it_lacked(kind, tmp_path):
    missing = dict.fromkeys(("b_out", "activation", "w0", "som_m", "som_N", "taus_gaus0"))
    model, path = RateModel.load(model_mapping(20, dale=False, **missing)), tmp_path / "model.mat"
    save(path, {"x": np.eye(2)}, kind)
    model.save(path, force=True)
    found = RateModel.load(path)
    forms = {**model.forms, "som_m": (np.dtype(np.float32), (20, 20)), "som_N": (np.dtype(np.int64), (1, 1))}
    assert set(found.forms) == set(forms)  # masks and counts that follow are written
    expected = dataclasses.replace(model, source=str(path), forms={key: forms[key] for key in found.forms})
    assert list(differences(found, expected, "model")) == []
    again = copy.deepcopy(found)
    assert list(differences(again, found, "model")) == []


def test_a_run_on_disk_is_read_from_another_folder_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = simulate(random_network(5), pulse_input(), seed=1)
    run.save("run.h5")
    stored = Simulation.load("run.h5")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert np.array_equal(pickle.loads(pickle.dumps(stored)).output, run.output)

"""What an object was comes back, field by field, after it was copied, pickled, or saved and loaded."""

import copy
import dataclasses
import pickle

import cloudpickle
import numpy as np
import pytest
from every_field import (
    EXAMPLES,
    differences,
    rate_model,
    simulation,
    spiking_network,
    values_left_at_their_defaults,
)
from models import model_mapping
from networks import pulse_input, random_network

import spiking
from spiking import RandomDraws, RateModel, Simulation, SpikingNetwork, Stimulation, kernel, simulate
from spiking.draws import SharedNoise

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
    own = len(kernel.run_trial.signatures)
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
    simulate(network, u, seed=1, noise=SharedNoise(1))
    assert len(kernel.run_trial.signatures) == own
    simulate(network, u, draws=draws)
    replayed = len(kernel.run_trial.signatures)
    for noise in (np.asfortranarray(draws.noise), np.float32(draws.noise), np.broadcast_to(0.5, (1000, 20))):
        simulate(network, u, draws=dataclasses.replace(draws, noise=noise))
    assert len(kernel.run_trial.signatures) == replayed


def test_a_model_and_its_copy_run_alike():
    model = RateModel.load(model_mapping(20))
    u = pulse_input(20)
    assert np.array_equal(
        pickle.loads(pickle.dumps(model)).run(u, seed=1).output, model.run(u, seed=1).output
    )

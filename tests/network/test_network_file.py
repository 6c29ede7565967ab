"""Files of spiking networks: everything comes back, damage is found, nothing is overwritten unasked."""

import io
import zipfile

import numpy as np
import pytest
from every_field import differences, rate_model, simulation, spiking_network
from networks import pulse_input, random_network

from spiking import ArgumentError, ModelFileError, RateModel, SpikingNetwork, simulate, sweep
from spiking.network import open_network
from spiking.simulation.storage import npz


@pytest.mark.parametrize("sparse", [False, True])
def test_every_field_comes_back(sparse, tmp_path):
    network = spiking_network(sparse=sparse)
    network.save(tmp_path / "network.npz")
    assert list(differences(SpikingNetwork.load(tmp_path / "network.npz"), network, "network")) == []


def test_a_network_with_nothing_of_its_own_runs_alike(tmp_path):
    network = random_network(30, strength=2.0)
    network.save(tmp_path / "network.npz")
    found = SpikingNetwork.load(tmp_path / "network.npz")
    assert list(differences(found, network, "network")) == []
    runs = [simulate(net, pulse_input(), seed=1, trials=3) for net in (network, found)]
    np.testing.assert_array_equal(runs[0].rates, runs[1].rates)
    assert runs[0].rates.max() > 0


def test_numpy_reads_it_too(tmp_path):
    network = random_network(10)
    network.save(tmp_path / "network.npz")
    with np.load(tmp_path / "network.npz") as file:
        np.testing.assert_array_equal(file["weights"], network.weights)
        np.testing.assert_array_equal(file["populations/exc"], network.populations["exc"])


def test_nothing_is_overwritten_unasked(tmp_path):
    first, second, path = random_network(5, seed=1), random_network(5, seed=2), tmp_path / "network.npz"
    first.save(path)
    before = path.read_bytes()
    with pytest.raises(ArgumentError, match=r"which exists already; .* force=True"):
        second.save(path)
    assert path.read_bytes() == before
    second.save(path, force=True)
    assert list(differences(SpikingNetwork.load(path), second, "network")) == []
    for wrong in (tmp_path / "network.mat", tmp_path / "missing" / "network.npz", tmp_path):
        with pytest.raises(ArgumentError, match="output is"):
            first.save(wrong)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["network.npz"]


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "network.npz"
    spiking_network(sparse=True).save(path)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    damaged = [whole[:size] for size in rng.integers(2, len(whole), 40)]
    for place in rng.integers(2, len(whole), 150):
        changed = bytearray(whole)
        changed[place] ^= int(rng.integers(1, 256))
        damaged.append(bytes(changed))
    refused = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            found = SpikingNetwork.load(path)
        except ModelFileError:
            refused += 1
            continue
        assert list(differences(found, spiking_network(sparse=True), "network")) == []  # a date, say
    assert refused > 150


def rewritten(path, **changes):
    """Replace arrays of a file; None removes one. The checksums fit."""
    with zipfile.ZipFile(path) as archive:
        arrays = {name: np.load(io.BytesIO(archive.read(name))) for name in archive.namelist()}
    arrays |= {f"{name}.npy": value for name, value in changes.items()}
    np.savez(path, **{name[:-4]: value for name, value in arrays.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"w_in": np.zeros((4, 1))}, r"w_in has shape \(4, 1\)"),
        ({"readout": np.full((1, 20), np.nan)}, "`readout` has shape"),
        ({"tau_decay": np.zeros(20)}, "`tau_decay` has entries that are not above 0"),
        ({"tau_decay": None}, "tau_decay"),
        ({"params": np.array("{}}")}, "damaged"),
        ({"lesioned": np.array([2**31 - 1], np.uint32).view("<U1")}, "that are not characters"),
        ({"weights/indices": np.full(3, 10**6, np.int32)}, "damaged"),
        ({"populations/exc": np.ones(7, bool)}, r"populations\['exc'\]"),
        ({"format": np.array("spiking network 7")}, "has format 'spiking network 7'; expected a file that"),
        ({"format": None}, "has the arrays weights/data, .*; expected a file that SpikingNetwork.save wrote"),
    ],
)
def test_files_that_hold_something_else(changes, words, tmp_path):
    path = tmp_path / "network.npz"
    spiking_network(sparse=True).save(path)
    rewritten(path, **changes)
    with pytest.raises(ModelFileError, match=words):
        SpikingNetwork.load(path)


@pytest.mark.parametrize("kind", ["<U0", "|V0"])
def test_endless_arrays_of_nothing_are_refused(kind, tmp_path):
    path = tmp_path / "network.npz"
    spiking_network().save(path)
    content = io.BytesIO()
    header = {"descr": kind, "fortran_order": False, "shape": (10**15,)}
    np.lib.format.write_array_header_1_0(content, header)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (members | {"readout_bias.npy": content.getvalue()}).items():
            archive.writestr(name, data)
    with pytest.raises(ModelFileError, match=r"readout_bias.npy has the type"):
        SpikingNetwork.load(path)


def test_files_of_other_kinds(tmp_path):
    npz.save(simulation(), tmp_path / "run.npz", model="model.mat")
    with pytest.raises(ModelFileError, match=r"is a simulation; its network is Simulation.load\(path\)"):
        SpikingNetwork.load(tmp_path / "run.npz")
    rate_model().save(tmp_path / "model.mat")
    with pytest.raises(ModelFileError, match=r"is no network file; .*SpikingNetwork.from_rate converts"):
        SpikingNetwork.load(tmp_path / "model.mat")
    np.savez(tmp_path / "objects.npz", format=np.array([{}], object))
    with pytest.raises(ModelFileError, match="damaged"):
        SpikingNetwork.load(tmp_path / "objects.npz")
    with pytest.raises(ModelFileError, match="could not be read: No such file"):
        SpikingNetwork.load(tmp_path / "missing.npz")
    with pytest.raises(ModelFileError, match="is a folder"):
        SpikingNetwork.load(tmp_path)
    random_network(5).save(tmp_path / "network.npz")
    with pytest.raises(ModelFileError, match=r"SpikingNetwork\.load reads networks"):
        RateModel.load(tmp_path / "network.npz")


def test_files_are_opened_by_their_content(tmp_path):
    rate_model().save(tmp_path / "model.mat")
    random_network(5).save(tmp_path / "network.npz")
    (tmp_path / "network.npz").rename(tmp_path / "network.mat")
    assert isinstance(open_network(tmp_path / "model.mat"), RateModel)
    assert isinstance(open_network(str(tmp_path / "network.mat")), SpikingNetwork)
    with pytest.raises(ModelFileError):
        open_network(tmp_path / "missing.mat")


def test_a_sweep_takes_a_network_file(tmp_path):
    from every_field import TASK

    network = random_network(20, strength=2.0)
    network.save(tmp_path / "network.npz")
    rows = [
        sweep(given, TASK, grid={"noise": [0.1, 0.5]}, trials=2, seed=1).rows
        for given in (network, tmp_path / "network.npz")
    ]
    assert [row["model"] for row in rows[1]] == 2 * ["network.npz"]
    assert [dict(row, model="network.npz") for row in rows[0]] == [*rows[1]]

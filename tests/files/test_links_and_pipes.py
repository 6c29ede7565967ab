"""Links, pipes and foreign files in the place of what this package reads, keeps or writes."""

import os
import shutil

import numpy as np
import pytest
from networks import pulse_input, random_network

from spiking import ArgumentError, RateModel, Simulation, SpikingError, SpikingNetwork, simulate
from spiking.files.journal import open_journal
from spiking.files.lock import locked
from spiking.files.output import write_whole
from spiking.simulation.storage import stream
from spiking.simulation.storage.inputs import read_inputs

HEADER = {"format": "spiking test 1"}


@pytest.mark.parametrize("name", ["a.journal", "a.journal.lock"])
def test_a_journal_or_lock_that_is_a_link_leaves_its_target(tmp_path, name):
    (tmp_path / "precious").write_text("")
    (tmp_path / name).symlink_to(tmp_path / "precious")
    with (
        pytest.raises(ArgumentError, match=f"{name} is a link"),
        open_journal(tmp_path / "a.journal", HEADER, int, doing="testing"),
    ):
        pass
    assert (tmp_path / "precious").read_text() == ""
    assert (tmp_path / name).is_symlink()


def test_a_lock_that_is_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "a.lock")
    with pytest.raises(ArgumentError, match="is a device or pipe"), locked(tmp_path / "a", "in use"):
        pass


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (read_inputs, "u.npy"),
        (read_inputs, "u.mat"),
        (Simulation.load, "run.h5"),
        (Simulation.load, "run.npz"),
        (RateModel.load, "m.mat"),
        (SpikingNetwork.load, "net.npz"),
    ],
)
def test_pipes_are_no_inputs(tmp_path, read, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(SpikingError, match=r"a device or (a )?pipe"):
        read(tmp_path / name)


def test_inputs_may_be_links(tmp_path):
    np.save(tmp_path / "u.npy", pulse_input())
    (tmp_path / "link.npy").symlink_to(tmp_path / "u.npy")
    assert np.array_equal(read_inputs(tmp_path / "link.npy"), pulse_input())


def test_a_pipe_is_no_output(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(ArgumentError, match="a device or a pipe"):
        write_whole(tmp_path / "a.csv", lambda file: file.write(b"x"))


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """Leave an unfinished run of which the first 2 of 4 trials are there, and return how to continue it."""
    monkeypatch.setattr(stream, "_BLOCK_TRIALS", 2)

    def run(name, seed=1, stop=99):
        def progress(done):
            if done >= stop:
                raise KeyboardInterrupt

        network = random_network(10, strength=3.0)
        path = tmp_path / name
        return simulate(network, pulse_input(), seed=seed, trials=4, output_file=path, progress=progress)

    with pytest.raises(KeyboardInterrupt):
        run("run.h5", stop=3)
    assert [item.name for item in (tmp_path / "run.h5.parts").glob("*.h5")] == ["000000000.h5"]
    return run


@pytest.mark.parametrize("case", ["another seed", "another place", "no run", "link"])
def test_foreign_blocks_are_not_taken(tmp_path, interrupted, case):
    parts = tmp_path / "run.h5.parts"
    with pytest.raises(KeyboardInterrupt):
        interrupted("other.h5", seed=2, stop=3)
    foreign = tmp_path / "other.h5.parts" / "000000000.h5"
    place = parts / "000000002.h5"
    if case == "another seed":
        place = parts / "000000000.h5"
        shutil.copy(foreign, place)
    elif case == "another place":
        shutil.copy(parts / "000000000.h5", place)
    elif case == "no run":
        place.write_bytes(b"no run")
    else:
        place.symlink_to(foreign)
    before = place.read_bytes()
    with pytest.raises(ArgumentError, match=r"not a (block of|readable|file that a run)"):
        interrupted("run.h5")
    assert place.read_bytes() == before
    assert not (tmp_path / "run.h5").exists()
    place.unlink()
    assert interrupted("run.h5").trials.tolist() == [0, 1, 2, 3]


def test_the_folder_of_an_unfinished_run_is_no_link(tmp_path, interrupted):
    (tmp_path / "run.h5.parts").rename(tmp_path / "elsewhere")
    (tmp_path / "run.h5.parts").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArgumentError, match="is a link"):
        interrupted("run.h5")


def test_a_file_with_the_name_of_a_lock_is_kept(tmp_path):
    (tmp_path / "m.mat.tuning.lock").write_text("notes")
    with (
        pytest.raises(ArgumentError, match=r"tuning\.lock exists and is not a lock of spiking"),
        locked(tmp_path / "m.mat.tuning", "in use"),
    ):
        pass
    assert (tmp_path / "m.mat.tuning.lock").read_text() == "notes"


def test_a_link_that_leads_to_itself_is_no_output(tmp_path):
    for name, other in (("a.h5", "b.h5"), ("b.h5", "a.h5")):
        (tmp_path / name).symlink_to(tmp_path / other)
    with pytest.raises(ArgumentError, match=r"output is .*a\.h5, a link that leads back to itself"):
        simulate(random_network(3), pulse_input(), seed=1, output_file=tmp_path / "a.h5")
    assert (tmp_path / "a.h5").is_symlink()

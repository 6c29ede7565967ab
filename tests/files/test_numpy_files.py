"""Archives of arrays that would fill the memory when unpacked are refused before they are."""

import io
import time
import zipfile

import numpy as np
import pytest

from spiking import Simulation, SpikingError, SpikingNetwork
from spiking.files import numpy_files
from spiking.importing import from_psychrnn


@pytest.mark.parametrize(
    "read", [SpikingNetwork.load, Simulation.load, lambda path: from_psychrnn(path, tau=50, step=5)]
)
def test_archives_have_a_limit(read, tmp_path, monkeypatch):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, weights=np.zeros(2**20))
    monkeypatch.setattr(numpy_files, "MAX_BYTES", 2**22)
    with pytest.raises(SpikingError, match="its arrays together take more than 4 MiB") as refused:
        read(path)
    assert str(path) in str(refused.value)


def test_zeros_without_end_are_not_unpacked(tmp_path):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, weights=np.zeros(2**26))
    start = time.process_time()
    with pytest.raises(SpikingError, match="its arrays together take more than 256 MiB"):
        Simulation.load(path)
    assert time.process_time() - start < 1


def test_large_arrays_that_were_stored_as_they_are_can_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr(numpy_files, "MAX_BYTES", 2**10)
    values = np.random.default_rng(1).random(2**12)
    np.savez(tmp_path / "a.npz", values=values)
    np.testing.assert_array_equal(numpy_files.read_archive(tmp_path / "a.npz")["values"], values)


def test_bytes_behind_an_array_and_wrong_checksums(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, values=np.arange(100.0))
    good = path.read_bytes()
    place = good.index(np.arange(100.0).tobytes())
    path.write_bytes(good[:place] + b"\1" + good[place + 1 :])
    with pytest.raises(numpy_files.DAMAGE, match="CRC"):
        numpy_files.read_archive(path)
    with zipfile.ZipFile(path, "w") as archive:
        content = io.BytesIO()
        np.save(content, np.arange(100.0))
        archive.writestr("values.npy", content.getvalue() + b"\0")
    with pytest.raises(numpy_files.DamagedError, match=r"values\.npy has bytes after its array"):
        numpy_files.read_archive(path)

"""Archives of arrays that would fill the memory when unpacked are refused before they are."""

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

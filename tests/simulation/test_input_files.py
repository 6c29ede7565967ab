"""Inputs are read from the formats of the field."""

import numpy as np
import pytest
import scipy.io

from spiking import ArgumentError
from spiking.simulation.storage.inputs import read_inputs


def test_inputs(tmp_path):
    u = np.arange(6.0).reshape(2, 3)
    np.save(tmp_path / "a.npy", u)
    scipy.io.savemat(tmp_path / "named.mat", {"u": u, "other": 1})
    scipy.io.savemat(tmp_path / "single.mat", {"stimulus": u})
    for name in ("a.npy", "named.mat", "single.mat"):
        assert np.array_equal(read_inputs(tmp_path / name), u)


def test_inputs_that_cannot_be_read(tmp_path):
    scipy.io.savemat(tmp_path / "two.mat", {"a": 1, "b": 2})
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    np.savez(tmp_path / "archive.npz", a=1)
    (tmp_path / "archive.npz").rename(tmp_path / "archive.npy")
    (tmp_path / "empty.npy").write_bytes(b"")
    for name in ("two.mat", "objects.npy", "archive.npy", "empty.npy", "missing.npy", "a.txt"):
        with pytest.raises(ArgumentError, match=name):
            read_inputs(tmp_path / name)

"""What is said of a cluster when work begins, with a client that answers as a real one does."""

import platform
from types import SimpleNamespace

import numpy as np
import pytest

import spiking
from spiking import ClusterError
from spiking.parallel.cluster import cluster_words


def client(run):
    workers = {f"tcp://10.0.0.{k}:1": {"nthreads": 4} for k in range(3)}
    return SimpleNamespace(
        scheduler=SimpleNamespace(address="tcp://10.0.0.9:8786"),
        scheduler_info=lambda n_workers: {"workers": workers},
        run=run,
    )


def test_address_workers_and_threads():
    words = cluster_words(client(lambda function: {"one": function()}))
    assert words == "cluster tcp://10.0.0.9:8786: workers 3, threads 12"


def test_versions_that_differ():
    here = {"spiking": spiking.__version__, "Python": platform.python_version(), "NumPy": np.__version__}
    there = {
        "one": here,
        "two": here | {"NumPy": "1.0"},
        "three": here | {"NumPy": "1.1", "spiking": "0.0.9"},
    }
    words = cluster_words(client(lambda function: there))
    assert f"; spiking 0.0.9 there, {spiking.__version__} here; NumPy 1.0, 1.1 there" in words
    assert "Python" not in words


def test_workers_without_this_package():
    def run(function):
        raise ModuleNotFoundError("No module named 'spiking'", name="spiking")

    with pytest.raises(ClusterError, match=r"the workers of .* have no module spiking; install spiking"):
        cluster_words(client(run))

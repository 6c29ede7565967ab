"""Every public class, found by inspection, goes to other processes and back; networks run there."""

import concurrent.futures
import contextlib
import copy
import multiprocessing
import pickle
import threading

import cloudpickle
import numpy as np
import pytest
from every_field import EXAMPLES, differences
from models import model_mapping
from public_classes import example_of, public_classes, returned, simulated

from spiking import RateModel, SpikingNetwork, simulate
from spiking.reproduce import PANELS
from spiking.tasks import Task

METHODS = multiprocessing.get_all_start_methods()
SECONDS = 120  # until a process counts as blocked
CLASSES = public_classes()

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning", "ignore:.*fork:RuntimeWarning")


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """An instance of every public class that has instances."""
    with contextlib.chdir(tmp_path_factory.mktemp("examples")):
        found = {
            name: EXAMPLES[kind]() if kind in EXAMPLES else example_of(kind)
            for name, kind in CLASSES.items()
            if kind is not Task  # the base of tasks
        }
    found["spiking.reproduce.Paper"] = PANELS["fig7c"].conditions[0].paper["success"]
    return found


def wrong(found, expected):
    """Return in words how objects that came back differ from those that were sent."""
    return [
        words
        for (name, one), other in zip(expected.items(), found, strict=True)
        for words in differences(other, one, name)
    ]


@pytest.mark.slow
def test_every_public_class_has_an_example(examples):
    assert [name for name, one in examples.items() if type(one) is not CLASSES[name]] == []
    assert len(examples) >= 60


COPIES = {
    "pickle": lambda one: pickle.loads(pickle.dumps(one)),
    "cloudpickle": lambda one: pickle.loads(cloudpickle.dumps(one)),  # as joblib and dask do
    "copy": copy.copy,
    "deep copy": copy.deepcopy,
}


@pytest.mark.slow
@pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)
def test_copies(examples, make_copy):
    assert wrong([make_copy(one) for one in examples.values()], examples) == []


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_pools_of_multiprocessing(examples, method):
    with multiprocessing.get_context(method).Pool(1) as pool:
        back = pool.map_async(returned, examples.values()).get(SECONDS)
    assert wrong(back, examples) == []


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_executors_of_concurrent_futures(examples, method):
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        back = list(pool.map(returned, examples.values(), timeout=SECONDS))
    assert wrong(back, examples) == []


@pytest.fixture(scope="module")
def network():
    return SpikingNetwork.from_rate(RateModel.load(model_mapping(20)), scaling_factor=30)


@pytest.mark.parametrize("method", METHODS)
def test_networks_run_in_processes_and_compile_nothing(network, method):
    """The parent's threads have run by then, as `fork` copies them."""
    expected = simulated(network)
    with multiprocessing.get_context(method).Pool(1) as pool:
        runs = pool.map_async(simulated, [network] * 2).get(SECONDS)
    for step, neuron, output, compiled in runs:
        assert np.array_equal(step, expected[0])
        assert np.array_equal(neuron, expected[1])
        assert np.array_equal(output, expected[2])
        assert compiled == (expected[3] if method == "fork" else 0)


@pytest.mark.skipif("fork" not in METHODS, reason="this system has no fork")
def test_fork_while_the_kernel_runs(network):
    """Processes that are forked while other threads simulate are not blocked."""
    expected, stop = simulated(network), threading.Event()

    def simulate_on():
        while not stop.is_set():
            simulate(network, "go-nogo", trials=20, seed=2, threads=2)

    thread = threading.Thread(target=simulate_on)
    thread.start()
    try:
        for _ in range(5):
            with multiprocessing.get_context("fork").Pool(1) as pool:
                run = pool.apply_async(simulated, [network]).get(SECONDS)
            assert np.array_equal(run[2], expected[2])
    finally:
        stop.set()
        thread.join()

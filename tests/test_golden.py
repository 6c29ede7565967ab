"""The NumPy step and the fast kernel against traces of the original MATLAB function."""

import json
from pathlib import Path

import numpy as np
import pytest

from spiking import LIFParams, RandomDraws, Record, SpikingNetwork, Stimulation, simulate
from spiking.simulation.reference import step_by_step
from spiking.timing import TIME_STEP_S

GOLDEN = Path(__file__).parent / "golden"
CASES = {case["name"]: case for case in json.loads((GOLDEN / "cases.json").read_text())}
FIELDS = {
    "synapse": "synapse",
    "refractory_ms": "refractory",
    "neuron": "neuron",
    "threshold_mv": "threshold",
    "bias": "bias",
}


def problem(case):
    """Network, draws and stimulation of a case."""
    params = LIFParams(**{FIELDS[key]: value for key, value in case["variant"].items()})
    network = SpikingNetwork.from_rate(
        GOLDEN / case["model"],
        case["scaling_factor"],
        params=params,
        initial_weights=case["use_initial_weights"],
    )
    seeds, n, steps = case["random_state_seeds"], case["n_neurons"], case["n_steps"]
    draws = RandomDraws(
        v0=np.random.RandomState(seeds["v0"]).rand(n),
        noise=np.random.RandomState(seeds["noise"]).randn(steps, n),
        coin=np.random.RandomState(seeds["coin"]).rand(steps),
    )
    stimulation, stims = None, case["stims"]
    if stims["mode"] != "none":
        time_step = 1000 * TIME_STEP_S * case["downsample"]
        stimulation = Stimulation(
            units=stims["units"],
            window=(stims["dur"][0] * time_step, stims["dur"][1] * time_step),
            amplitude={"exc": 0.5, "inh": -0.5}[stims["mode"]],
        )
    return network, draws, stimulation


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


@pytest.fixture
def golden(case):
    with np.load(GOLDEN / f"{case['name']}.npz") as file:
        return dict(file)


def test_all_thirteen_cases_are_there():
    assert len(CASES) == 13


def test_numpy_step_matches_the_original(case, golden):
    network, draws, stimulation = problem(case)
    traces = step_by_step(network, golden["u"], draws, downsample=case["downsample"], stimulation=stimulation)
    steps, neurons = np.nonzero(traces.spikes)
    np.testing.assert_array_equal(steps, golden["spike_steps"])
    np.testing.assert_array_equal(neurons, golden["spike_neurons"])
    stride = int(golden["stride"])
    for ours, theirs in (("voltage", "REC"), ("rates", "rs"), ("currents", "IPSCs")):
        np.testing.assert_allclose(getattr(traces, ours)[::stride].T, golden[theirs], rtol=0, atol=1e-8)
    np.testing.assert_allclose(traces.output[:, 0], golden["out"], rtol=0, atol=1e-8)
    np.testing.assert_allclose(network.dense_weights, golden["W"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(network.tau_decay / 1000, golden["td"], rtol=0, atol=1e-12)


def test_kernel_matches_the_original(case, golden):
    network, draws, stimulation = problem(case)
    everything = Record(spikes=True, filtered_rates=True, voltage=True, currents=True)
    run = simulate(
        network,
        golden["u"],
        draws=draws,
        downsample=case["downsample"],
        stimulation=stimulation,
        record=everything,
    )
    assert run.n_steps == golden["nt"]
    np.testing.assert_array_equal(run.spikes.step, golden["spike_steps"])
    np.testing.assert_array_equal(run.spikes.neuron, golden["spike_neurons"])
    stride = int(golden["stride"])
    for ours, theirs in (("voltage", "REC"), ("filtered_rates", "rs"), ("currents", "IPSCs")):
        np.testing.assert_allclose(getattr(run, ours)[0, :, ::stride], golden[theirs], rtol=0, atol=1e-8)
    np.testing.assert_allclose(run.output[0, 0], golden["out"], rtol=0, atol=1e-8)
    np.testing.assert_allclose(run.rates[0], golden["all_fr"], rtol=0, atol=1e-8)

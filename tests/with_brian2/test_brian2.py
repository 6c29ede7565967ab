"""Brian2 is the independent witness of the simulation. It has an environment of its own: `make witnesses`."""

import dataclasses
import doctest
import warnings

import numpy as np
import pytest
from pages import blocks
from scipy.sparse import block_diag, csc_array

import spiking
from spiking import ArgumentError, LIFParams, RandomDraws, Record, SpikingNetwork
from spiking.export import to_brian2
from spiking.network import Plastic, ShortTermPlasticity
from spiking.neuron import Adaptation, Distribution
from spiking.tasks.scoring import wilson_interval

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import brian2

pytestmark = pytest.mark.filterwarnings("ignore")
STEP = 0.00005
TASK = spiking.tasks.get("go-nogo")
MODEL = spiking.datasets.load("go-nogo-sigmoid")
DIFFERENT = LIFParams(
    tau_membrane=Distribution(10.0, 3.0, "lognormal"),
    threshold={"exc": Distribution(-40.0, 1.0), "PV": -41.0},
    reset=Distribution(-65.0, 2.0),
    refractory={"exc": 3.0, "inh": 1.0},
    tau_rise=Distribution(2.0, 0.5, "lognormal"),
    noise={"inh": 0.2},
)
ADAPTING = LIFParams(
    neuron="exponential",
    threshold=30.0,
    sharpness={"exc": 1.5},
    adaptation=Adaptation({"exc": 0.5, "inh": 0.2}, 80.0),
)
RISING_THRESHOLD = LIFParams(adaptation=Adaptation(1.0, Distribution(100.0, 20.0, "lognormal"), "threshold"))
QUADRATIC = LIFParams(neuron="quadratic", threshold=30.0, bias=0.0)


@pytest.fixture(autouse=True)
def exact_arithmetic():
    brian2.prefs.codegen.target = "numpy"
    brian2.start_scope()


STATE = {"initial_rates": np.linspace(0.0, 60.0, 200), "initial_currents": np.linspace(-9.0, 9.0, 200)}


@pytest.mark.parametrize("state", [{}, STATE], ids=["silent", "initial state"])
@pytest.mark.parametrize(
    ("params", "factor", "downsample"),
    [
        (LIFParams(), 35, 1),
        (LIFParams(synapse="single_exponential"), 35, 1),
        (LIFParams(refractory=5.0), 20, 2),
        (QUADRATIC, 35, 1),
        (DIFFERENT, 35, 1),
        (ADAPTING, 20, 1),
        (RISING_THRESHOLD, 35, 2),
    ],
    ids=[
        *("published", "single_exponential", "downsample", "quadratic", "different neurons"),
        *("exponential, adapting current", "adapting threshold"),
    ],
)
def test_the_same_noise_gives_the_same_spikes(params, factor, downsample, state):
    assert_same_spikes(
        dataclasses.replace(SpikingNetwork.from_rate(MODEL, factor, params=params), **state), downsample
    )


def with_synapses(network):
    """The network with plasticity of three kinds and delays, some of them none."""
    return (
        network.with_plasticity(ShortTermPlasticity(0.4, 120.0), pre="exc")
        .with_plasticity(ShortTermPlasticity(0.1, 50.0, 300.0), pre="inh")
        .with_plasticity(ShortTermPlasticity(0.3, 0.0, 100.0), pre="exc", post="exc")
        .with_plasticity(None, pre=range(20))
        .with_delays(Distribution(2.0, 1.0, "lognormal"), pre="exc")
        .with_delays(0.7, pre="inh", post="exc")
    )


@pytest.mark.parametrize(
    ("params", "downsample"),
    [(LIFParams(), 1), (LIFParams(synapse="single_exponential"), 2), (ADAPTING, 1)],
    ids=["published", "single_exponential", "adapting"],
)
def test_delays_and_plasticity_give_the_same_spikes(params, downsample):
    assert_same_spikes(with_synapses(SpikingNetwork.from_rate(MODEL, 25, params=params)), downsample)


def assert_same_spikes(network, downsample):
    params = network.params
    u = TASK.trials(1, seed=1, condition="go").spiking_inputs[0]
    n_steps = 20_000 // downsample
    draws = RandomDraws.from_seed(3, 0, n_neurons=200, n_steps=n_steps)
    record = Record(spikes=True, voltage=True, currents=True)
    run = spiking.simulate(network, u, draws=draws, downsample=downsample, record=record)
    brian = to_brian2(network, u, draws=draws, downsample=downsample)
    one_step = STEP * downsample * brian2.second
    neurons = brian["neurons"]
    voltage = brian2.StateMonitor(neurons, "v", record=True, when="before_resets", dt=one_step)
    current = brian2.StateMonitor(neurons, "ipsc", record=True, when="before_groups", dt=one_step)
    output = brian2.StateMonitor(brian["readout"], "out", record=True, when="end", dt=one_step)
    spikes = brian2.SpikeMonitor(neurons)
    brian.add(voltage, current, output, spikes)
    brian.run(1 * brian2.second)
    steps = np.rint(spikes.t / one_step).astype(int)
    order = np.lexsort((spikes.i, steps))
    assert len(run.spikes) > 1000
    assert np.array_equal(steps[order], run.spikes.step)
    assert np.array_equal(np.asarray(spikes.i)[order], run.spikes.neuron)
    found = np.asarray(voltage.v / brian2.mV)
    found[run.spikes.neuron, run.spikes.step] = params.peak
    differences = (
        np.abs(found - run.voltage[0]).max(),
        np.abs(np.asarray(current.ipsc / brian2.mV) - run.currents[0]).max(),
        np.abs(np.asarray(output.out) - run.output[0]).max(),
    )
    print(len(run.spikes), "spikes; largest differences of voltage, current, output:", differences)
    assert max(differences) < 1e-6


def test_constants_and_lesions():
    network = SpikingNetwork.from_rate(
        MODEL, 35, params=LIFParams(initial_voltage="resting"), readout_bias=True
    )
    network = dataclasses.replace(network, offset=np.linspace(0, 2, 200), lesioned=(3, 150))
    u = TASK.trials(1, seed=1, condition="go").spiking_inputs[0][:, :31]
    draws = RandomDraws.from_seed(3, 0, n_neurons=200, n_steps=3000)
    run = spiking.simulate(network, u, draws=draws, record=Record(spikes=True))
    brian = to_brian2(network, u, draws=draws)
    one_step = STEP * brian2.second
    output = brian2.StateMonitor(brian["readout"], "out", record=True, when="end", dt=one_step)
    spikes = brian2.SpikeMonitor(brian["neurons"])
    brian.add(output, spikes)
    brian.run(150 * brian2.ms)
    assert len(run.spikes) > 500
    assert np.array_equal(spikes.count, np.bincount(run.spikes.neuron, minlength=200))
    np.testing.assert_allclose(np.asarray(output.out), run.output[0], atol=1e-9)


def tiled(units, n_neurons, copies):
    return tuple(unit + copy * n_neurons for copy in range(copies) for unit in units)


def in_one_network(network, trials):
    """The network once for each trial, without connections between them, each with its own input."""
    n = len(trials)
    return dataclasses.replace(
        network,
        weights=csc_array(block_diag([network.weights] * n)),
        w_in=block_diag([network.w_in] * n).toarray(),
        readout=block_diag([network.readout] * n).toarray(),
        tau_decay=np.tile(network.tau_decay, n),
        offset=np.tile(network.offset, n),
        readout_bias=np.tile(network.readout_bias, n),
        populations={name: np.tile(mask, n) for name, mask in network.populations.items()},
        plasticity=tuple(
            Plastic(each.plasticity, *(tiled(units, network.n_neurons, n) for units in (each.pre, each.post)))
            for each in network.plasticity
        ),
    )


@pytest.mark.parametrize("changed", [False, True], ids=["published", "adaptation, plasticity, delays"])
def test_its_own_noise_gives_the_same_statistics(changed):
    network = SpikingNetwork.from_rate(MODEL, 45)  # where not every trial is answered correctly
    if changed:
        plastic = ShortTermPlasticity(0.2, 50.0, 50.0)
        network = SpikingNetwork.from_rate(MODEL, 35, params=LIFParams(adaptation=Adaptation(0.1, 100.0)))
        network = network.with_plasticity(plastic, pre="exc", post="exc").with_delays(1.5)
    n_trials = 200
    ours = spiking.simulate(network, TASK, seed=1, trials=n_trials, record=Record(interval=1.0))
    trials = TASK.trials(n_trials, seed=1)
    brian2.seed(2)
    brian = to_brian2(in_one_network(network, trials), trials.spiking_inputs[:, 0])
    count = brian2.SpikeMonitor(brian["neurons"], record=False)
    early = brian2.SpikeMonitor(brian["neurons"], record=False)
    output = brian2.StateMonitor(brian["readout"], "out", record=True, when="end", dt=1 * brian2.ms)
    brian.add(count, early, output)
    brian.run(9 * STEP * brian2.second)  # not counted, as published
    early.active = False
    brian.run((1 - 9 * STEP) * brian2.second)
    theirs = (np.asarray(count.count) - np.asarray(early.count)).reshape(n_trials, -1)
    time = np.asarray(output.t / brian2.ms) + 0.05
    out = np.asarray(output.out)
    for name in ("exc", "inh"):
        mask = network.populations[name]
        assert_same_mean(f"rate of {name}", theirs[:, mask].mean(axis=1), ours.rates[:, mask].mean(axis=1))
    late_ours, late_theirs = ours.time >= TASK.score_from, time >= TASK.score_from
    for condition in TASK.conditions:
        own = np.array(trials.conditions) == condition
        a = out[own][:, late_theirs].mean(axis=1)
        b = ours.output[own, 0][:, late_ours].mean(axis=1)
        assert_same_mean(f"output of {condition}", a, b)
    correct = [int(TASK.score(out, time, trials).sum()), int(ours.correct.sum())]
    print("correct of 200: Brian2", correct[0], "spiking", correct[1])
    intervals = [wilson_interval(value, n_trials) for value in correct]
    assert max(low for low, _ in intervals) <= min(high for _, high in intervals)


def assert_same_mean(what, a, b):
    """Within 99.9 % of the difference of two means."""
    error = np.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size)
    print(f"{what}: Brian2 {a.mean():.4f}, spiking {b.mean():.4f}, standard error {error:.4f}")
    assert abs(a.mean() - b.mean()) < 3.3 * error


def test_it_can_be_extended():
    network = SpikingNetwork.from_rate(MODEL, 35)
    brian = to_brian2(network, np.zeros((1, 11)))
    brian["neurons"].current = 20 * brian2.mV
    spikes = brian2.SpikeMonitor(brian["neurons"])
    brian.add(spikes)
    brian.run(50 * brian2.ms)
    driven = spikes.num_spikes
    brian2.start_scope()
    brian = to_brian2(network, np.zeros((1, 11)))
    spikes = brian2.SpikeMonitor(brian["neurons"])
    brian.add(spikes)
    brian.run(50 * brian2.ms)
    assert driven > 2 * spikes.num_spikes


def test_the_page_about_it():
    (code,) = (block.code for block in blocks("docs/export.md", "python") if "to_brian2" in block.code)
    names = {
        "network": SpikingNetwork.from_rate(MODEL, 35),
        "task": TASK,
        "export": spiking.export,
    }
    exec(compile(code.replace("1 * brian2.second", "50 * brian2.ms"), "docs/export.md", "exec"), names)
    assert names["monitor"].num_spikes > 0


def test_the_example_in_its_docstring():
    (found,) = doctest.DocTestFinder(recurse=False).find(to_brian2)
    assert doctest.DocTestRunner().run(found) == doctest.TestResults(0, len(found.examples))


def test_what_does_not_fit():
    network = SpikingNetwork.from_rate(MODEL, 35)
    with pytest.raises(ArgumentError, match="expected one trial"):
        to_brian2(network, np.zeros((2, 1, 11)))
    draws = RandomDraws.from_seed(0, 0, n_neurons=200, n_steps=7)
    with pytest.raises(ArgumentError, match=r"noise of shape \(7, 200\)"):
        to_brian2(network, np.zeros((1, 11)), draws=draws)

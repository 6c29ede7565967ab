"""The fast kernel gives the spikes of the NumPy step, whatever the network."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import pulse_input, random_network

from spiking import Oscillation, RandomDraws, Record, Stimulation, Waveform, simulate
from spiking.network import ShortTermPlasticity
from spiking.neuron import Adaptation
from spiking.neuron.equations import NEURONS
from spiking.simulation.reference import step_by_step

EVERYTHING = Record(spikes=True, filtered_rates=True, voltage=True, currents=True)


def normal_draws(seed, n, n_steps, stimulation=(), columns=None):
    """Seeded normals, never shrunk: without noise a resting neuron sits at the threshold to 1e-12 mV."""
    rng = np.random.default_rng(seed)
    v0, noise, coin = rng.random(n), rng.standard_normal((n_steps, n)), rng.random(n_steps)
    if not stimulation:
        return RandomDraws(v0=v0, noise=noise, coin=coin)
    per_unit = [len(one.units) if getattr(one, "coin", "") == "unit" else 1 for one in stimulation]
    coins = tuple(rng.random((n_steps, count) if count > 1 else n_steps) for count in per_unit)
    return RandomDraws(v0=v0, noise=noise, coin=coins, input_noise=rng.standard_normal((columns, 1)))


def assert_same(network, inputs, draws, **options):
    """Same spikes, and traces equal to rounding; returns the number of spikes."""
    slow = step_by_step(network, inputs, draws, **options)
    fast = simulate(network, inputs, draws=draws, record=EVERYTHING, **options)
    steps, neurons = np.nonzero(slow.spikes)
    np.testing.assert_array_equal(fast.spikes.step, steps)
    np.testing.assert_array_equal(fast.spikes.neuron, neurons)
    for theirs, ours in (
        (slow.voltage, fast.voltage),
        (slow.currents, fast.currents),
        (slow.rates, fast.filtered_rates),
        (slow.output, fast.output),
    ):
        scale = max(1.0, np.abs(theirs).max())
        np.testing.assert_allclose(ours[0].T, theirs, rtol=0, atol=1e-10 * scale)
    return len(steps)


# The neuron, what adapts, and whether connections may have delays and plasticity: the kernel is compiled for
# each of them, which takes seconds, so that not all combinations are drawn.
VARIANTS = [
    ("leaky", None, False),
    ("quadratic", None, False),
    ("exponential", "current", True),
    ("leaky", "threshold", True),
]
assert {neuron for neuron, *_ in VARIANTS} == {*NEURONS}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 24),
    density=st.sampled_from([0.0, 0.2, 1.0]),
    strength=st.sampled_from([0.1, 1.0, 10.0]),
    sparse=st.booleans(),
    n_outputs=st.integers(1, 3),
    close=st.sampled_from([None, 0.0, 1e-9, -1e-9, 1e-6, -1e-4, 1e-2]),
    refractory=st.sampled_from([0.0, 0.5, 2.0, 3.3, 5.0]),
    synapse=st.sampled_from(["double_exponential", "single_exponential"]),
    variant=st.sampled_from(VARIANTS),
    downsample=st.integers(1, 4),
    stimulated=st.booleans(),
    offset=st.booleans(),
    noise_scaling=st.sampled_from(["fixed", "sqrt_dt"]),
    initial_voltage=st.sampled_from(["uniform", "resting", -50.0, "given"]),
    readout_bias=st.booleans(),
    differ=st.booleans(),
    delayed=st.sampled_from(["no", "all", "each"]),
    plastic=st.booleans(),
)
def test_random_networks(
    seed,
    n,
    density,
    strength,
    sparse,
    n_outputs,
    close,
    refractory,
    synapse,
    variant,
    downsample,
    stimulated,
    offset,
    noise_scaling,
    initial_voltage,
    readout_bias,
    differ,
    delayed,
    plastic,
):
    neuron, adaptation, pathways = variant
    rng = np.random.default_rng(seed)
    tau_rise = rng.uniform(1, 4)
    constants = {"bias": rng.uniform(-42, -20)}
    if neuron == "quadratic":
        constants = {"threshold": 30.0, "bias": 0.0}
        # Euler's step of v^2 is unstable below -tm/dt mV: there any rounding error grows, in either code
        strength, downsample = min(strength, 1.0), 1
    elif neuron == "exponential":
        constants |= {
            "threshold": 30.0,
            "sharpness": rng.uniform(0.5, 4),
            "soft_threshold": rng.uniform(-42, -35),
        }
    if adaptation:
        constants["adaptation"] = Adaptation(rng.uniform(-1, 3), rng.uniform(5, 200), adaptation)
    if differ:  # the voltages and times of the neurons
        constants |= {
            "tau_membrane": rng.uniform(5, 20, n),
            "threshold": constants.get("threshold", -40.0) + rng.normal(0, 2, n),
            "bias": constants["bias"] + rng.normal(0, 1, n),
            "reset": rng.uniform(-70, -60, n),
            "peak": rng.uniform(20, 40, n),
            "noise": rng.uniform(0, 0.3, n),
        }
        if adaptation:
            constants["adaptation"] = Adaptation(rng.uniform(-1, 3, n), rng.uniform(5, 200, n), adaptation)
        refractory, tau_rise = refractory + rng.uniform(0, 2, n), rng.uniform(1, 4, n)
    network = random_network(
        n,
        seed=seed,
        density=density,
        strength=strength,
        sparse=sparse,
        n_outputs=n_outputs,
        tau_decay=rng.uniform(2, 100, n) if close is None else tau_rise * (1 + close),
        refractory=refractory,
        tau_rise=tau_rise,
        synapse=synapse,
        neuron=neuron,
        offset=rng.uniform(-10, 10, n) if offset else 0.0,
        readout_bias=rng.uniform(-1, 1, n_outputs) if readout_bias else 0.0,
        noise_scaling=noise_scaling,
        initial_voltage=rng.uniform(-60, 20, n) if initial_voltage == "given" else initial_voltage,
        **constants,
    )
    if pathways and delayed != "no":
        network = network.with_delays(rng.uniform(0, 5) if delayed == "all" else rng.uniform(0, 5, (n, n)))
    if pathways and plastic:
        network = with_random_plasticity(network, rng)
    inputs = pulse_input(8 * downsample + 1)
    stimulation = None
    if stimulated:
        stimulation = Stimulation(
            units=tuple(range(0, n, 2)), window=(5.0, 25.0), amplitude=rng.choice([-0.5, 0.5, 3.0])
        )
    assert_same(network, inputs, normal_draws(seed, n, 800), downsample=downsample, stimulation=stimulation)


def with_random_plasticity(network, rng):
    """The network with two kinds of plasticity, between random units that may be the same."""
    for recovery, facilitation in (
        (rng.uniform(5, 800), 0.0),
        (rng.choice([0.0, 100.0]), rng.uniform(5, 500)),
    ):
        pre, post = (
            rng.permutation(network.n_neurons)[: rng.integers(1, network.n_neurons + 1)] for _ in range(2)
        )
        plasticity = ShortTermPlasticity(rng.uniform(0.05, 1), recovery, facilitation)
        network = network.with_plasticity(plasticity, pre=pre, post=post)
    return network


KINDS = ("stimulation", "coins", "oscillation", "waveform")


def stimulations(rng, n, kinds, length):
    """Random ones of these kinds, in a trial of `length` ms."""
    made = []
    for kind in kinds:
        start = rng.uniform(0, 1.2 * length)
        window = (start, start + rng.uniform(1, length))
        units = tuple(sorted(rng.permutation(n)[: rng.integers(1, n + 1)].tolist()))
        if kind == "oscillation":
            made.append(Oscillation(units, rng.uniform(1, 2000), 20.0, 1.0, window, range(len(units))))
        elif kind == "waveform":
            samples, interval = rng.uniform(-30, 30, 9), rng.uniform(0.5, 9)
            made.append(Waveform(units, samples, interval, start, range(len(units))))
        else:
            amplitude = tuple(rng.uniform(-30, 30, 2)) if rng.random() < 0.5 else rng.uniform(-30, 30)
            pulses = {"frequency": 1000 / rng.uniform(2, 9), "pulse_width": 1.1} if rng.random() < 0.5 else {}
            coin = "unit" if kind == "coins" else "shared"
            probability, acts_on = rng.choice([0.0, 0.5, 1.0]), rng.choice(["voltage", "current"])
            made.append(Stimulation(units, window, amplitude, probability, acts_on, coin, **pulses))
    return made


@pytest.mark.filterwarnings("ignore:.*, (so it has no effect|before the window does):UserWarning")
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 24),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4),
    neuron=st.sampled_from(sorted(NEURONS)),
    steps_per_column=st.sampled_from([None, 1, 2, 7, 20]),
    input_noise=st.sampled_from([0.0, 5.0]),
    downsample=st.integers(1, 3),
)
def test_random_experiments(seed, n, kinds, neuron, steps_per_column, input_noise, downsample):
    rng = np.random.default_rng(seed)
    constants = {"bias": rng.uniform(-42, -30)}
    if neuron == "quadratic":
        constants, downsample = {"threshold": 30.0, "bias": 0.0, "initial_voltage": -20.0}, 1
    network = random_network(n, seed=seed, neuron=neuron, **constants)
    columns = 7 if steps_per_column is None else 600 // steps_per_column
    n_steps = (steps_per_column or 100) * (columns - 1)
    inputs = pulse_input(columns if steps_per_column else downsample * (columns - 1) + 1)
    stimulation = stimulations(rng, n, kinds, 0.05 * downsample * n_steps)
    assert_same(
        network,
        inputs,
        normal_draws(seed, n, n_steps, stimulation, columns),
        downsample=downsample,
        stimulation=stimulation,
        input_noise=input_noise,
        input_interval=steps_per_column and 0.05 * downsample * steps_per_column,
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_long_trials_keep_every_release_step(seed):
    """A release rule that is only nearly the published one moves about one spike in 2,500."""
    network = random_network(100, seed=seed, bias=-25.0)
    assert assert_same(network, pulse_input(201), normal_draws(seed, 100, 20_000)) > 5000


@pytest.mark.filterwarnings("ignore:refractory is", "ignore:tau_rise is", "ignore:tau_membrane is")
@pytest.mark.parametrize(
    ("what", "settings"),
    [
        ("fires at 500 Hz", {"bias": 5000.0}),
        ("fires at every step", {"bias": 50_000.0, "refractory": 0.0, "tau_membrane": 1.0}),
        ("is never released", {"refractory": 1000.0}),
        ("is one neuron", {"n": 1, "bias": -20.0}),
        ("has no connections", {"density": 0.0, "bias": -30.0}),
        ("has one chunk and a neuron", {"n": 257, "bias": -39.0, "strength": 3.0}),
        ("has equal decay and rise", {"tau_decay": 2.0, "bias": -30.0}),
        ("decays within a step", {"tau_decay": 0.01, "tau_rise": 0.02, "bias": -30.0}),
        ("rises within a step", {"tau_rise": 0.005, "bias": -30.0}),
    ],
)
def test_extreme_networks(what, settings):
    network = random_network(**{"n": 30, "seed": 5, **settings})
    n = network.n_neurons
    spikes = assert_same(network, pulse_input(13), normal_draws(7, n, 1200))
    if what == "fires at 500 Hz":
        assert spikes / n / 0.06 == pytest.approx(480, abs=30)
    if what == "fires at every step":
        assert spikes > 0.98 * n * 1200


@pytest.mark.filterwarnings("ignore:refractory is")
def test_neurons_that_are_refractory_for_ever_fire_once():
    network = random_network(12, strength=3.0, bias=-39.0)
    often = simulate(network, pulse_input(), seed=1, record=Record(spikes=True))
    once = simulate(network.with_params(refractory=1e300), pulse_input(), seed=1, record=Record(spikes=True))
    assert np.bincount(often.spikes.neuron).max() > 1
    assert np.bincount(once.spikes.neuron).max() == 1


def test_weights_of_extended_precision():
    network = random_network(12, strength=3.0)
    longer = replace(network, weights=network.weights.astype(np.longdouble))
    rates = [simulate(either, pulse_input(), seed=1).rates for either in (network, longer)]
    assert np.allclose(*rates)


def test_all_neurons_fire_at_once():
    network = random_network(40, strength=5.0)
    draws = normal_draws(3, 40, 1000)
    together = RandomDraws(v0=np.full(40, 0.9), noise=draws.noise)
    slow = step_by_step(network, pulse_input(), together)
    assert slow.spikes[0].all()
    assert_same(network, pulse_input(), together)


def test_dense_and_sparse_weights_give_the_same_bits():
    runs = [
        simulate(random_network(50, strength=3.0, sparse=sparse), pulse_input(21), seed=4, record=EVERYTHING)
        for sparse in (False, True)
    ]
    np.testing.assert_array_equal(runs[0].spikes.step, runs[1].spikes.step)
    np.testing.assert_array_equal(runs[0].output, runs[1].output)


def test_relabelling_neurons_relabels_their_spikes():
    network, order = (
        random_network(30, strength=2.0, offset=np.linspace(-5, 5, 30)),
        np.random.default_rng(1).permutation(30),
    )
    shuffled = type(network)(
        weights=network.weights[np.ix_(order, order)],
        w_in=network.w_in[order],
        readout=network.readout[:, order],
        tau_decay=network.tau_decay[order],
        populations={name: mask[order] for name, mask in network.populations.items()},
        params=network.params,
        scaling_factor=1.0,
        offset=network.offset[order],
    )
    draws = normal_draws(9, 30, 2000)
    moved = RandomDraws(v0=draws.v0[order], noise=draws.noise[:, order])
    record = Record(spikes=True)
    a = simulate(network, pulse_input(21), draws=draws, record=record).spike_matrix()
    b = simulate(shuffled, pulse_input(21), draws=moved, record=record).spike_matrix()
    assert a.sum() > 20
    np.testing.assert_array_equal(a[order], b)


def test_the_firing_rate_of_a_driven_neuron_follows_the_closed_form():
    """Noise-free LIF: rate = 1/(refractory + tau ln((I - reset)/(I - threshold))), I the steady drive."""
    for drive in (-35.0, -20.0, 0.0, 40.0):
        network = random_network(1, density=0.0, bias=drive, noise=0.0)
        run = simulate(network, np.zeros((1, 401)), seed=0, record=Record(spikes=True))
        period = 2.0 + 10.0 * np.log((drive + 65.0) / (drive + 40.0))
        measured = np.diff(run.spikes.time[1:]).mean()
        assert measured == pytest.approx(period, abs=0.1)  # a step of Euler and of the release


def test_area_of_a_postsynaptic_current():
    """The filtered trace of a spike has area 1, to first order in dt, with either synapse."""
    for synapse in ("double_exponential", "single_exponential"):
        network = random_network(1, density=0.0, bias=-60.0, synapse=synapse, tau_decay=10.0)
        draws = RandomDraws(v0=np.array([0.99]), noise=np.zeros((4000, 1)))
        run = simulate(
            network, np.zeros((1, 41)), draws=draws, record=Record(spikes=True, filtered_rates=True)
        )
        area = run.filtered_rates[0, 0].sum() * 0.05e-3
        assert area == pytest.approx(len(run.spikes), rel=0.05)
        assert len(run.spikes) >= 1

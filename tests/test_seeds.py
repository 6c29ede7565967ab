"""A run is a function of its seed, and the noise is what it says."""

import subprocess
import sys

import numpy as np
import pytest
from networks import pulse_input, random_network
from scipy import stats

from spiking import ArgumentError, RandomDraws, Record, Stimulation, simulate
from spiking.simulation.random_numbers import SharedNoise
from spiking.simulation.reference import step_by_step

RECORD = Record(spikes=True, filtered_rates=[0, 3], voltage=[1])
STIMULATION = Stimulation(units=(0, 1, 2), window=(10.0, 40.0))


def bits(run, position):
    """Everything of one trial as bytes."""
    chosen = run.spikes.trial == position
    parts = [run.output, run.filtered_rates, run.voltage, run.rates]
    return b"".join(
        [x[position].tobytes() for x in parts]
        + [run.spikes.step[chosen].tobytes(), run.spikes.neuron[chosen].tobytes()]
    )


@pytest.fixture(scope="module")
def network():
    return random_network(37, strength=3.0, bias=-39.0)


def test_threads_do_not_matter(network):
    runs = [
        simulate(
            network,
            pulse_input(),
            seed=5,
            trials=20,
            threads=threads,
            record=RECORD,
            stimulation=STIMULATION,
        )
        for threads in (1, 2, 8)
    ]
    for position in range(20):
        assert len({bits(run, position) for run in runs}) == 1


@pytest.mark.filterwarnings("ignore:window is 10 to 40 ms")
def test_a_trial_is_the_same_alone_and_among_a_thousand(network):
    many = simulate(network, pulse_input(5), seed=5, trials=1000, record=RECORD, stimulation=STIMULATION)
    for number in (0, 17, 999):
        alone = simulate(
            network, pulse_input(5), seed=5, trials=[number], record=RECORD, stimulation=STIMULATION
        )
        assert bits(alone, 0) == bits(many, number)
    chunk = simulate(
        network, pulse_input(5), seed=5, trials=range(500, 510), record=RECORD, stimulation=STIMULATION
    )
    assert bits(chunk, 3) == bits(many, 503)


def test_one_input_a_trial_is_the_same_as_each_alone(network):
    inputs = np.random.default_rng(0).standard_normal((4, 1, 9))
    together = simulate(network, inputs, seed=2, record=RECORD)
    for k in range(4):
        alone = simulate(network, inputs[k], seed=2, trials=[k], record=RECORD)
        assert bits(alone, 0) == bits(together, k)


def test_another_process_gives_the_same_bits(network):
    code = (
        "from networks import *; from spiking import *; import hashlib;"
        "run = simulate(random_network(37, strength=3.0, bias=-39.0), pulse_input(), seed=5, trials=3);"
        "print(hashlib.sha256(run.output.tobytes()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], cwd="tests/helpers", capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(digests) == 1


def test_seeds_and_trials_differ_and_a_drawn_seed_can_be_used_again(network):
    runs = [simulate(network, pulse_input(), seed=seed, trials=2) for seed in (1, 2)]
    outputs = [run.output[k].tobytes() for run in runs for k in range(2)]
    assert len(set(outputs)) == 4
    drawn = simulate(network, pulse_input(), seed=None)
    again = simulate(network, pulse_input(), seed=drawn.seed)
    np.testing.assert_array_equal(drawn.output, again.output)
    assert simulate(network, pulse_input(), seed=None).seed != drawn.seed


def test_numpy_step_replays_a_seeded_run(network):
    """The kernel's own noise, handed to the specification, gives the kernel's spikes."""
    run = simulate(network, pulse_input(41), seed=11, trials=[3], record=RECORD, stimulation=STIMULATION)
    draws = RandomDraws.from_seed(11, 3, n_neurons=37, n_steps=run.n_steps)
    slow = step_by_step(network, pulse_input(41), draws, stimulation=STIMULATION)
    steps, neurons = np.nonzero(slow.spikes)
    assert len(steps) > 50
    np.testing.assert_array_equal(run.spikes.step, steps)
    np.testing.assert_array_equal(run.spikes.neuron, neurons)
    replayed = simulate(network, pulse_input(41), draws=draws, record=RECORD, stimulation=STIMULATION)
    np.testing.assert_allclose(replayed.output[0], run.output[0], atol=1e-12)
    assert replayed.seed is None


@pytest.mark.filterwarnings("ignore:window is 500")
def test_stimulation_changes_no_other_random_number(network):
    plain = simulate(network, pulse_input(), seed=8, record=RECORD)
    far = simulate(
        network,
        pulse_input(),
        seed=8,
        record=RECORD,
        stimulation=Stimulation(units=(0,), window=(500.0, 600.0)),
    )
    assert bits(plain, 0) == bits(far, 0)


def noise(seed, trial, n_neurons=20, n_steps=50_000):
    return RandomDraws.from_seed(seed, trial, n_neurons=n_neurons, n_steps=n_steps).noise


def test_noise_has_the_moments_and_tails_of_a_normal():
    z = np.concatenate([noise(1, trial).ravel() for trial in range(4)])  # four million
    n = z.size
    for power, expected, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(np.mean(z**power) - expected) < 4.5 * np.sqrt(variance / n)
    for sigma in (1, 2, 3, 4, 4.5):
        p = stats.norm.sf(sigma)
        for count in (np.sum(z > sigma), np.sum(z < -sigma)):
            assert abs(count - n * p) < 4.5 * np.sqrt(n * p)
    assert stats.kstest(z, "norm").pvalue > 1e-4
    assert 4.9 < np.abs(z).max() < 6.7


def test_noise_is_independent_between_neurons_steps_trials_and_seeds():
    z = noise(1, 0)
    bound = 4.5 / np.sqrt(len(z))
    across = np.corrcoef(z.T)[np.triu_indices(20, 1)]
    assert np.abs(across).max() < bound
    for lag in (1, 2, 13, 25, 26, 64, 256, 512):  # in numbers of the stream: rows, lanes and their neighbours
        flat = z.ravel()
        assert abs(np.mean(flat[lag:] * flat[:-lag])) < 4.5 / np.sqrt(flat.size)
        assert abs(np.mean(flat[lag:] ** 2 * flat[:-lag] ** 2) - 1) < 5 * np.sqrt(8 / flat.size)
    for other in (noise(1, 1), noise(2, 0), noise(2**40 + 1, 0)):
        assert abs(np.mean(z * other)) < 4.5 / np.sqrt(z.size)
        assert not np.isin(z[:1000].ravel(), other.ravel()).mean() > 0.2


def test_every_uniform_of_the_noise_gives_a_finite_normal():
    """The extremes of the 31 bits behind the radius: no logarithm of zero, no root of a negative number."""
    from numba import njit

    from spiking.simulation.kernel.standard_normals import _two_normals

    @njit
    def extremes(words, angles):
        worst, finite = 0.0, True
        for a in words:
            for b in angles:
                x, y = _two_normals(a, b)
                finite = finite and np.isfinite(x) and np.isfinite(y)
                worst = max(worst, abs(x), abs(y))
        return worst, finite

    edge = np.arange(5000, dtype=np.uint32)
    words = np.concatenate([edge, edge + np.uint32(2**31 - 2500), np.uint32(2**32 - 1) - edge])
    worst, finite = extremes(words, words[::50])
    assert finite
    assert 6.5 < worst < 6.7


@pytest.mark.parametrize("seed", [-1, 1.5, "one", True])
def test_a_seed_is_a_whole_number(network, seed):
    with pytest.raises(ArgumentError, match="seed is"):
        simulate(network, pulse_input(), seed=seed)


def test_shared_noise_changes_nothing(network):
    noise = SharedNoise(5)
    for each in (network, network.scale_weights(factor=0.5)):
        alone, shared = (
            simulate(each, pulse_input(), seed=5, trials=[2, 9], record=RECORD, shared_noise=own)
            for own in (None, noise)
        )
        for position in range(2):
            assert bits(alone, position) == bits(shared, position)
    with pytest.raises(ArgumentError, match="shared_noise has the seed 5; expected 4"):
        simulate(network, pulse_input(), seed=4, shared_noise=noise)

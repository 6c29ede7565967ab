"""Stimulation and currents do what electrodes, light and algebra say; and their seeds."""

import numpy as np
import pytest
from models import model_mapping
from networks import pulse_input, random_network

from spiking import (
    LIF_network_fnc,
    Oscillation,
    RandomDraws,
    Record,
    SpikingNetwork,
    Stimulation,
    UnitFraction,
    Waveform,
    evaluate,
    simulate,
)
from spiking.simulation.reference import step_by_step

QUIET = {"density": 0.0, "initial_voltage": "resting"}  # unconnected neurons that start at rest
SPIKES = Record(spikes=True, output=False)
WHOLE = (0.0, 1e6)


def silence(duration):
    """Input of 0 for a trial of so many ms."""
    return np.zeros((1, round(duration / 5) + 1))


def free_membrane(stimulation, *, n=50, duration=2000.0, seed=1, **options):
    """Voltages (N, samples at every ms from 100 ms on) of neurons that never fire, without noise."""
    network = random_network(n, bias=-60.0, threshold=1000.0, noise=0.0, **QUIET)
    record = Record(voltage=True, output=False, interval=1.0)
    run = simulate(network, silence(duration), seed=seed, stimulation=stimulation, record=record, **options)
    return run.voltage[0][:, 100:]


def test_the_published_dictionary_is_one_case():
    model = model_mapping(60)
    u = pulse_input(41)
    stims = {"mode": "inh", "dur": [500, 3000], "units": list(range(48, 60))}
    *_, rates, _, _ = LIF_network_fnc(model, 20, u, stims, 1, False, seed=3)
    network = SpikingNetwork.from_rate(model, 20)
    same = Stimulation("inh", (25.0, 150.0), amplitude=-0.5)
    np.testing.assert_array_equal(simulate(network, u, seed=3, stimulation=same).rates, rates.T)


def test_pulses_lock_spikes_to_them():
    """Light pulses of 5 ms at 20 Hz: one volley a pulse, no spikes between, as in any opsin experiment."""
    network = random_network(100, bias=-45.0, **QUIET)
    half = UnitFraction(0.5, "exc", seed=2)
    pulses = Stimulation(half, (100.0, 1100.0), 30.0, acts_on="current", frequency=20.0, pulse_width=5.0)
    run = simulate(network, silence(1200), seed=1, stimulation=pulses, record=SPIKES)
    unstimulated = simulate(network, silence(1200), seed=1, record=SPIKES)
    assert len(unstimulated.spikes) == 0
    assert np.unique(run.spikes.neuron).size == round(0.5 * network.populations["exc"].sum())
    since = (run.spikes.time - 100.0) % 50.0
    assert since.max() < 5.0 + 1e-9
    strength = abs(np.mean(np.exp(2j * np.pi * since / 50.0)))
    assert strength > 0.98
    per_pulse = np.bincount(((run.spikes.time - 100.0) // 50.0).astype(int), minlength=20)
    np.testing.assert_array_equal(per_pulse, np.unique(run.spikes.neuron).size)


def test_pulses_lock_a_recurrent_network_beyond_chance():
    network = random_network(200, strength=0.1, bias=-40.5)
    pulses = Stimulation("exc", (0.0, 1000.0), 20.0, acts_on="current", frequency=40.0, pulse_width=5.0)
    strengths = []
    for stimulation in (pulses, None):
        run = simulate(network, silence(1000), seed=4, stimulation=stimulation, record=Record(spikes="exc"))
        time = run.spikes.time[run.spikes.time > 50]
        assert time.size > 100
        strengths.append((abs(np.mean(np.exp(2j * np.pi * time / 25.0))), np.sqrt(-np.log(1e-4) / time.size)))
    (locked, chance), (free, _) = strengths
    assert locked > 0.4 > 5 * chance  # chance: Rayleigh's test at p = 1e-4
    assert locked > 4 * free


@pytest.mark.parametrize(("acts_on", "amplitude"), [("current", 10.0), ("voltage", 0.1)])
def test_inhibiting_and_exciting_move_rates_as_their_signs_say(acts_on, amplitude):
    """Hyperpolarised inhibitory neurons fire less and free the excitatory ones, and the reverse.

    The weights are weak: in strongly coupled networks that inhibition stabilises, inhibitory rates do the
    opposite.
    """
    network = random_network(200, strength=0.05, bias=-38.0)
    exc, inh = network.populations["exc"], network.populations["inh"]
    quiet = simulate(network, silence(500), seed=1, trials=20).rates
    for sign in (-1, 1):
        push = Stimulation("inh", WHOLE, sign * amplitude, acts_on=acts_on)
        pushed = simulate(network, silence(500), seed=1, trials=20, stimulation=push).rates
        for population, expected in ((inh, sign), (exc, -sign)):
            change = (pushed - quiet)[:, population].mean(axis=1)
            assert expected * change.mean() > 4 * change.std(ddof=1) / np.sqrt(20)


def test_a_current_is_a_bias_whatever_the_time_step():
    same_current = Stimulation("all", WHOLE, 12.0, acts_on="current")
    for downsample in (1, 3):
        pushed, biased = (
            simulate(
                random_network(40, strength=2.0, bias=-45.0, offset=offset),
                pulse_input(61),
                seed=1,
                downsample=downsample,
                stimulation=stimulation,
                record=SPIKES,
            )
            for offset, stimulation in (
                (0.0, same_current),
                (12.0, None),
            )
        )
        assert len(biased.spikes) > 100
        np.testing.assert_array_equal(pushed.spikes.step, biased.spikes.step)
    for same in (Waveform("all", [12.0] * 60, 5.0), Oscillation("all", 1e-9, 12.0, phase=np.pi / 2)):
        again = simulate(
            random_network(40, strength=2.0, bias=-45.0),
            pulse_input(61),
            seed=1,
            stimulation=same,
            record=SPIKES,
            downsample=3,
        )
        np.testing.assert_array_equal(again.spikes.step, biased.spikes.step)


@pytest.mark.parametrize("coin", ["shared", "unit"])
@pytest.mark.parametrize("probability", [0.5, 0.1])
def test_coins_give_the_mean_and_variance_of_a_leaky_sum(coin, probability):
    """v' = (1 - a) v + A coin: mean A p/a, variance A^2 p (1 - p)/(1 - (1 - a)^2), a = dt/tau."""
    amplitude, a = 0.2, 0.05 / 10
    kicks = Stimulation("all", WHOLE, amplitude, probability, coin=coin)
    v = free_membrane(kicks, n=100, duration=5000.0) + 60.0
    variance = amplitude**2 * probability * (1 - probability) / (1 - (1 - a) ** 2)
    independent = (1 if coin == "shared" else 100) * v.shape[1] / 20  # samples, apart by 2 time constants
    assert v.mean() == pytest.approx(
        amplitude * probability / a, abs=4 * np.sqrt(variance * 1.3 / independent)
    )
    assert v.var() == pytest.approx(variance, rel=4 * np.sqrt(2 * 1.3 / independent))
    if coin == "shared":
        np.testing.assert_array_equal(v, np.broadcast_to(v[0], v.shape))
    else:
        across = np.corrcoef(v[:, ::20])[np.triu_indices(100, 1)]
        assert np.abs(across.mean()) < 4 / np.sqrt(across.size * v[:, ::20].shape[1])


@pytest.mark.parametrize("units", ["all", [4, 2, 0, 3, 1], [3, 0, 4]])
def test_seeded_coins_of_units_are_the_uniform_numbers_that_are_replayed(units):
    network = random_network(5, density=0.0, bias=-41.0)
    kicks = Stimulation(units, (3.0, 60.0), 0.3, 0.3, coin="unit")
    run = simulate(network, silence(100), seed=9, trials=[4], stimulation=kicks, record=SPIKES)
    coins = (5 if units == "all" else len(units),)
    draws = RandomDraws.from_seed(9, 4, n_neurons=5, n_steps=run.n_steps, coins=coins)
    slow = step_by_step(network, silence(100), draws, stimulation=kicks)
    assert np.mean(draws.coin < 0.3) == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / draws.coin.size))
    steps, neurons = np.nonzero(slow.spikes)
    assert len(steps) > 15
    np.testing.assert_array_equal(run.spikes.step, steps)
    np.testing.assert_array_equal(run.spikes.neuron, neurons)


@pytest.mark.parametrize("frequency", [5.0, 40.0])
def test_the_membrane_filters_an_oscillation(frequency):
    """Amplitude A/sqrt(1 + (2 pi f tau)^2), lag arctan(2 pi f tau), times each neuron's weight."""
    weights = np.linspace(-1, 2, 50)
    v = free_membrane(Oscillation("all", frequency, 8.0, phase=0.7, weights=weights)) + 60.0
    time = np.arange(101.0, 2001.0) / 1000
    turn = 2 * np.pi * frequency
    response = 2 * np.mean(v * np.exp(-1j * (turn * time + 0.7 - np.pi / 2)), axis=1)
    expected = 8.0 * weights / (1 + 1j * turn * 0.010)
    np.testing.assert_allclose(response, expected, atol=0.1)


def test_waveforms_act_from_their_start_for_their_interval():
    steps = Waveform([0], [4.0, -4.0], interval=20.0, start=10.0)
    np.testing.assert_array_equal(
        steps.amounts(200, 1000, 0.05), np.repeat([4.0, -4.0], 400)
    )  # from 10 to 50 ms
    network = random_network(1, bias=-60.0, threshold=1000.0, noise=0.0, **QUIET)
    v = simulate(network, silence(60), seed=0, stimulation=steps, record=Record(voltage=True)).voltage[0, 0]
    assert (v[:200] == -60).all()
    assert v[599] + 60 == pytest.approx(4 * (1 - np.exp(-2)), rel=0.01)
    assert v[999] + 60 == pytest.approx((v[599] + 60) * np.exp(-2) - 4 * (1 - np.exp(-2)), rel=0.01)


def test_ramps_and_pulses_have_the_charge_they_should():
    ramp = Stimulation([0], (10.0, 30.0), amplitude=(2.0, 6.0))
    amounts = ramp.amounts(200, 600, 0.05)
    assert amounts.mean() == pytest.approx(4.0)
    assert (np.diff(amounts) > 0).all()
    assert amounts[0] == pytest.approx(2.0, abs=0.01)
    for frequency, width, count in ((20.0, 5.0, 10), (30.0, 7.0, 15), (200.0, 5.0, 100)):
        train = Stimulation([0], (10.0, 510.0), 3.0, frequency=frequency, pulse_width=width)
        on = train.amounts(200, 10_200, 0.05) == 3.0
        assert on.sum() == count * round(width / 0.05)
        assert on[0]
    train = Stimulation([0], (0.0, 100.0), (0.0, 10.0), frequency=20.0, pulse_width=5.0)
    rising = train.amounts(0, 2000, 0.05)
    np.testing.assert_array_equal(np.flatnonzero(rising), [*range(100), *range(1000, 1100)])


def test_several_overlapping_stimulations_add():
    pair = [Stimulation([0], WHOLE, 3.0, acts_on="current"), Stimulation([0], WHOLE, 2.0, acts_on="current")]
    one = Stimulation([0], WHOLE, 5.0, acts_on="current")
    np.testing.assert_allclose(free_membrane(pair, n=1), free_membrane(one, n=1), rtol=1e-12)


def test_a_stimulation_does_not_change_the_coins_of_another():
    network = random_network(30, density=0.0, noise=0.0, bias=-50.0)
    record = Record(voltage=True, output=False)
    kicks = [Stimulation([0, 1], WHOLE), Stimulation([2, 3], WHOLE, coin="unit"), Stimulation([4], WHOLE)]
    together = simulate(network, silence(50), seed=1, stimulation=kicks, record=record).voltage[0]
    alone = simulate(network, silence(50), seed=1, stimulation=kicks[0], record=record).voltage[0]
    np.testing.assert_array_equal(together[:2], alone[:2])
    moved = np.diff(together[:, :40] > -np.inf, axis=1)
    assert not moved.any()
    jumps = [np.diff(together[j, 45:900]) > 0.2 for j in range(5)]
    assert np.array_equal(jumps[0], jumps[1])
    for j, k in ((0, 2), (2, 3), (0, 4), (2, 4)):
        agreement = np.mean(jumps[j] == jumps[k])
        assert agreement == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(jumps[0].size))


def test_a_seeded_experiment_is_the_numpy_step_with_the_same_numbers():
    network = random_network(30, strength=3.0, bias=-39.0)
    stimulation = [
        Stimulation("exc", (5.0, 20.0), 0.4, coin="unit"),
        Oscillation("inh", 30.0, 5.0),
        Stimulation([0, 1], (10.0, 40.0), -0.4),
    ]
    options = {"stimulation": stimulation, "input_noise": 2.0, "input_interval": 1.0}
    run = simulate(network, np.ones((1, 51)), seed=7, trials=[2, 5], record=SPIKES, **options)
    exc = int(network.populations["exc"].sum())
    draws = RandomDraws.from_seed(
        7, 5, n_neurons=30, n_steps=run.n_steps, coins=(exc, 0, 1), input_shape=(51, 1)
    )
    slow = step_by_step(network, np.ones((1, 51)), draws, **options)
    second = run.spikes.trial == 1
    steps, neurons = np.nonzero(slow.spikes)
    assert len(steps) > 50
    np.testing.assert_array_equal(run.spikes.step[second], steps)
    np.testing.assert_array_equal(run.spikes.neuron[second], neurons)
    later = simulate(network, np.ones((1, 81)), seed=7, trials=[5], record=SPIKES, **options)
    first = later.spikes.step < run.n_steps - 10  # the last column of the shorter trial lasts half as long
    np.testing.assert_array_equal(later.spikes.step[first], steps[steps < run.n_steps - 10])


def test_nothing_is_stimulated_by_an_empty_fraction_or_a_window_after_the_end():
    network = random_network(30, strength=2.0)
    plain = simulate(network, pulse_input(), seed=1).output
    for idle in (Stimulation(UnitFraction(0.0, "exc"), WHOLE), []):
        np.testing.assert_array_equal(
            simulate(network, pulse_input(), seed=1, stimulation=idle).output, plain
        )
    with pytest.warns(UserWarning, match="so it has no effect"):
        late = simulate(network, pulse_input(), seed=1, stimulation=Stimulation("all", (1e5, 2e5)))
    np.testing.assert_array_equal(late.output, plain)


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ((250.0, 500.0), ""),
        (WHOLE, ""),
        ((0.0, 1000.0), ""),
        ((900.0, 1100.0), "window is 900 to 1100 ms; the trial ends at 1000 ms, before the window does$"),
        ((1000.0, 1100.0), "the trial ends at 1000 ms, so it has no effect"),
        ((5000.0, 1e4), "no effect; if these are steps of 0.05 ms, expected 250 to 500 ms"),
        ((0.25, 0.5), "the trial ends at 1000 ms: if these are seconds, expected 250 to 500 ms"),
    ],
)
def test_a_window_that_is_not_in_the_trial_or_not_in_ms_is_questioned(window, message):
    network, light = random_network(20), Stimulation("all", window, amplitude=1.0, acts_on="current")
    for run in (
        lambda: simulate(network, silence(1000), seed=1, stimulation=light),
        lambda: simulate(network, "go-nogo", seed=1, stimulation=[light, light]),
        lambda: evaluate(network, "go-nogo", 1, stimulation=light),
    ):
        if not message:
            run()  # pytest makes errors of warnings
            continue
        with pytest.warns(UserWarning, match=message) as warned:
            run()
        assert len(warned) == 1
        assert warned[0].filename == __file__

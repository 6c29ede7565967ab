"""Delays and short-term plasticity, against closed forms; the kernel is held to the step elsewhere."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from networks import pulse_input, random_network

from spiking import ArgumentError, Record, SpikingNetwork, datasets, fine_tune, simulate, sweep
from spiking.analysis.mean_field import mean_field
from spiking.network import Plastic, ShortTermPlasticity
from spiking.network.describe import changes_words
from spiking.network.synapses.words import synapse_words
from spiking.neuron import Distribution


def pair(offset=20.0, tau_decay=20.0, synapse="single_exponential"):
    """Neuron 0 fires regularly and sends to neuron 1, which is silent."""
    network = random_network(
        2,
        density=0.0,
        noise=0.0,
        offset=np.array([offset, -20.0]),
        tau_decay=tau_decay,
        synapse=synapse,
        initial_voltage=-65.0,
    )
    return network.with_weights([[0.0, 0.0], [1.0, 0.0]])


def sent(network, duration=3000.0):
    """Steps of the spikes of neuron 0, and currents of neuron 1 at each step."""
    run = simulate(
        network,
        np.zeros((1, 2)),
        seed=0,
        input_interval=duration,
        record=Record(spikes=True, currents=[1], interval=0.05),
    )
    return run.spikes.step[run.spikes.neuron == 0], run.currents[0, 0]


@pytest.mark.parametrize(
    "plasticity",
    [
        ShortTermPlasticity(0.5, 100.0, 0.0),
        ShortTermPlasticity(0.1, 0.0, 200.0),
        ShortTermPlasticity(0.2, 80.0, 120.0),
    ],
    ids=["depression", "facilitation", "both"],
)
def test_regular_spikes_settle_at_the_closed_form(plasticity):
    steps, current = sent(pair().with_plasticity(plasticity))
    jumps = current[steps + 1] - current[steps] * np.exp(-0.05 / 20.0)  # a current is read before its step
    jumps *= 0.02  # weights have unit area: a jump is weight / tau_decay
    assert jumps[0] == pytest.approx(1.0)  # the first spike has the weight itself
    period = 0.05 * (steps[-1] - steps[-2])
    e = np.exp(-period / plasticity.recovery) if plasticity.recovery else 0.0
    fades = np.exp(-period / plasticity.facilitation) if plasticity.facilitation else 0.0
    u = plasticity.utilisation / (1 - (1 - plasticity.utilisation) * fades)
    expected = u * (1 - e) / (1 - (1 - u) * e) / plasticity.utilisation
    assert jumps[-2] == pytest.approx(expected, rel=1e-3)
    assert abs(expected - 1) > 0.1


@pytest.mark.parametrize(("ms", "steps_later"), [(0.0, 0), (0.05, 1), (1.5, 30), (1.52, 30), (12.34, 247)])
def test_a_postsynaptic_current_begins_after_the_delay(ms, steps_later):
    first, current = sent(pair().with_delays(ms, pre=[0], post=[1]), duration=100.0)
    assert np.flatnonzero(current)[0] == first[0] + 1 + steps_later


def test_the_delayed_current_is_the_same_current():
    plain, delayed = (sent(pair(synapse="double_exponential").with_delays(ms))[1] for ms in (0.0, 2.0))
    np.testing.assert_allclose(delayed[40:], plain[:-40], rtol=0, atol=1e-12)


def test_each_connection_has_its_own():
    network = random_network(30)
    exc = network.populations["exc"]
    changed = network.with_delays(2.0).with_delays(
        np.full((exc.sum(), exc.sum()), 0.5), pre="exc", post="exc"
    )
    assert {*changed.delays[np.ix_(exc, exc)].flat} == {0.5}
    assert {*changed.delays[np.ix_(~exc, exc)].flat} == {2.0}
    drawn = network.with_delays(Distribution(1.5, 0.5, "lognormal"))
    np.testing.assert_array_equal(
        drawn.delays[:, exc],
        network.with_delays(Distribution(1.5, 0.5, "lognormal"), pre="exc").delays[:, exc],
    )
    assert drawn.delays.mean() == pytest.approx(1.5, rel=0.05)
    order = np.arange(30)[::-1]
    matrix = np.random.default_rng(0).random((30, 30))
    np.testing.assert_array_equal(network.with_delays(matrix, pre=order, post=order).delays, matrix)


def test_the_later_plasticity_of_a_connection_counts():
    network, inputs = random_network(30, strength=3.0), pulse_input(41)
    strong, weak = ShortTermPlasticity(0.8, 300.0), ShortTermPlasticity(0.2, 50.0)

    def spikes(changed):
        run = simulate(changed, inputs, seed=1, record=Record(spikes=True))
        return run.spikes.step.tolist(), run.spikes.neuron.tolist()

    twice = network.with_plasticity(strong).with_plasticity(weak)
    assert spikes(twice) == spikes(network.with_plasticity(weak)) != spikes(network.with_plasticity(strong))
    assert spikes(network.with_plasticity(strong).with_plasticity(None)) == spikes(network)


def test_sparse_weights_give_the_same_spikes():
    dense, sparse = (random_network(40, strength=3.0, sparse=sparse) for sparse in (False, True))
    runs = [
        simulate(
            each.with_delays(Distribution(1.0, 0.5, "lognormal")).with_plasticity(ShortTermPlasticity()),
            pulse_input(41),
            seed=1,
            trials=3,
            record=Record(spikes=True),
        )
        for each in (dense, sparse)
    ]
    assert len(runs[0].spikes) > 100
    np.testing.assert_array_equal(runs[0].spikes.step, runs[1].spikes.step)


def test_a_stepper_has_the_spikes_of_a_trial():
    network = random_network(20, strength=3.0).with_delays(3.0).with_plasticity(ShortTermPlasticity())
    stepper, steps = network.stepper(seed=3), []
    for _ in range(40):
        steps += (stepper.advance([1.0], duration=2.5).spikes.step).tolist()
    inputs = np.ones((1, 2001))
    run = simulate(network, inputs, seed=3, trials=1, input_interval=0.05, record=Record(spikes=True))
    assert steps == run.spikes.step.tolist()
    assert len(steps) > 50


def test_files_and_pickles_keep_them(tmp_path):
    network = random_network(20).with_delays(Distribution(1.5, 0.5, "lognormal"), pre="exc")
    network = network.with_plasticity(ShortTermPlasticity(0.3), pre="exc").with_plasticity(None, post=[1, 2])
    network.save(tmp_path / "network.npz")
    simulate(network, pulse_input(11), seed=1, trials=2, output_file=tmp_path / "run.h5")
    again = SpikingNetwork.load(tmp_path / "network.npz")
    for other in (again, pickle.loads(pickle.dumps(network))):
        np.testing.assert_array_equal(other.delays, network.delays)
        assert other.plasticity == network.plasticity
    plain = random_network(20)
    plain.save(tmp_path / "plain.npz")
    with np.load(tmp_path / "plain.npz") as arrays:
        assert not {"delays", "plasticity"} & set(arrays)  # files of other networks stay as they are


def test_a_sweep_varies_them():
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 35.0)
    grid = {"delays.exc": [0.0, 20.0], "plasticity.recovery.exc.exc": [0.0, 500.0]}
    rows = sweep(network, "go-nogo", grid=grid, trials=4, seed=1).rows
    rates = [row["rate_hz"] for row in rows]
    assert len({*rates}) == 4
    plain = sweep(network, "go-nogo", grid={"refractory": [2.0]}, trials=4, seed=1).rows[0]
    assert plain["rate_hz"] == rates[0]
    with pytest.raises(ArgumentError, match=r"plasticity\.FIELD\.PRE\.POST"):
        sweep(network, "go-nogo", grid={"plasticity.speed": [1.0]}, trials=4, seed=1)


def test_what_cannot_take_them_says_so():
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 35.0)
    plastic, delayed = network.with_plasticity(ShortTermPlasticity()), network.with_delays(1.0)
    for changed, words in ((plastic, "short-term plasticity"), (delayed, "delays")):
        with pytest.raises(ArgumentError, match=f"the network has {words}; expected none"):
            mean_field(changed)
        with pytest.raises(ArgumentError, match=f"the network has {words}, which fine-tuning"):
            fine_tune(changed, "go-nogo", seed=1)
    with pytest.raises(ArgumentError, match=r"short-term plasticity.*freeze it first"):
        plastic.freeze(np.zeros((1, 11)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda net: net.with_delays(-1.0), "ms has -1; expected delays from 0 to 1000 ms"),
        (lambda net: net.with_delays(np.nan), "ms is nan"),
        (lambda net: net.with_delays(2000.0), "ms has 2000;"),
        (lambda net: net.with_delays(np.ones((3, 3))), r"shape \(3, 3\).*\(20, 20\)"),
        (lambda net: net.with_delays(Distribution(1.0, 2.0)), "ms, as drawn, has -.*lognormal"),
        (lambda net: net.with_delays(1.0, pre="basket"), "basket"),
        (lambda net: replace(net, delays=np.ones(20)), r"delays has shape \(20,\)"),
        (lambda net: net.with_plasticity(0.5), "plasticity is 0.5"),
        (lambda net: net.with_plasticity(ShortTermPlasticity(), post=[99]), "post has 99"),
        (lambda net: replace(net, plasticity=(Plastic(None, (99,), (0,)),)), "not among 20"),
        (lambda net: ShortTermPlasticity(0.0), "utilisation is 0"),
        (lambda net: ShortTermPlasticity(recovery=-1.0), "recovery is -1"),
    ],
)
def test_mistakes_are_named(change, message):
    with pytest.raises(ArgumentError, match=message):
        change(random_network(20))


def test_what_was_changed_is_said_with_its_connections():
    network = random_network(30, density=0.5)
    assert synapse_words(network) == []
    changed = (
        network.with_delays(2.0, pre="exc")
        .with_plasticity(ShortTermPlasticity(recovery=100.0))
        .with_plasticity(ShortTermPlasticity(recovery=50.0), pre="exc", post="inh")
        .with_plasticity(ShortTermPlasticity(recovery=20.0), pre="exc", post="inh")
    )
    assert synapse_words(changed) == [
        "delays of 2 ms of the connections exc -> all",
        "short-term plasticity (U 0.5, recovery 100 ms, facilitation 0 ms) and short-term plasticity (U 0.5, "
        "recovery 20 ms, facilitation 0 ms) of the connections exc -> inh",
    ]
    assert changes_words(changed) == synapse_words(changed)
    assert "delays of 2 ms" in repr(network.with_delays(2.0))
    assert "refractory 5" in repr(network.with_params(refractory=5.0))


def test_names_of_a_sweep_do_not_undo_each_other():
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 35.0)

    def rates(grid):
        rows = sweep(network, "go-nogo", grid=grid, trials=4, seed=1).rows
        return {tuple(row[name] for name in sorted(grid)): row["rate_hz"] for row in rows}

    for first, second in (
        ({"threshold.sd": [0.0, 2.0]}, {"threshold": [-40.0, -41.0]}),
        ({"delays.exc": [0.0, 50.0]}, {"delays": [0.0, 20.0]}),
    ):
        found = rates({**first, **second})
        assert found == rates({**second, **first})
        assert len({*found.values()}) == 4
    with pytest.raises(ArgumentError, match="expected the same connections"):
        rates({"plasticity.recovery.exc": [50.0], "plasticity.utilisation": [0.1]})
    with pytest.raises(ArgumentError, match=r"did you mean threshold\.sd"):
        rates({"threshhold.sd": [1.0]})
    both = rates({"plasticity.recovery.exc": [100.0], "plasticity.utilisation.exc": [0.1, 0.9]})
    assert len({*both.values()}) == 2

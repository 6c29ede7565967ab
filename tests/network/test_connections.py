"""Experiments on connections and units: what changes, what stays, and what the network then does."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import pulse_input, random_network
from scipy.sparse import csc_array

from spiking import (
    ArgumentError,
    RandomDraws,
    Record,
    SpikingNetwork,
    UnitFraction,
    datasets,
    simulate,
    tasks,
)
from spiking.simulation.reference import step_by_step

N = 60


def network(sparse=False, seed=0):
    """With SST units, which no inhibitory unit reaches, and with autapses."""
    made = random_network(N, seed=seed, density=0.4, sparse=False)
    inh = made.populations["inh"]
    som = inh & (np.cumsum(inh) <= inh.sum() // 2)
    weights = made.weights.copy()
    weights[np.ix_(som, inh)] = 0
    return dataclasses.replace(
        made,
        weights=csc_array(weights) if sparse else weights,
        populations={**made.populations, "som": som, "pv": inh & ~som},
    )


@pytest.fixture(scope="module")
def intact():
    return network()


def block(network, pre, post):
    populations = network.populations
    return network.dense_weights[np.ix_(populations[post], populations[pre])]


def test_scaling_acts_where_it_says(intact):
    scaled = intact.scale_weights(pre="inh", post="exc", factor=0.7)
    assert np.array_equal(block(scaled, "inh", "exc"), 0.7 * block(intact, "inh", "exc"))
    for pre, post in (("exc", "exc"), ("exc", "inh"), ("inh", "inh")):
        assert np.array_equal(block(scaled, pre, post), block(intact, pre, post))
    assert not np.array_equal(scaled.weights, intact.weights)  # nothing is edited in place
    by_list = intact.scale_weights(pre=np.flatnonzero(intact.populations["inh"]), post="exc", factor=0.7)
    assert np.array_equal(by_list.weights, scaled.weights)


EXPERIMENTS = {
    "scale": lambda net: net.scale_weights(pre="inh", post=UnitFraction(0.5, "exc", seed=2), factor=1.5),
    "cut": lambda net: net.cut(pre="exc", fraction=0.3, seed=7),
    "elsewhere": lambda net: net.cut(pre="inh", post="exc", seed=7, control="elsewhere"),
    "strength": lambda net: net.cut(pre="inh", post="exc", fraction=0.5, seed=7, control="strength"),
    "anywhere": lambda net: net.cut(pre="inh", seed=7, control="anywhere"),
    "shuffle": lambda net: net.shuffle_weights(pre="exc", post="inh", fraction=0.8, seed=3),
    "autapses": lambda net: net.remove_autapses(),
    "lesion": lambda net: net.lesion("som"),
    "freeze": lambda net: net.freeze(pulse_input(), pre="inh", seed=1),
    "replace": lambda net: net.with_weights(2 * net.weights),
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_dense_and_sparse_weights_give_the_same(name):
    dense, sparse = EXPERIMENTS[name](network()), EXPERIMENTS[name](network(sparse=True))
    assert isinstance(dense.weights, np.ndarray)
    assert isinstance(sparse.weights, csc_array)
    assert np.array_equal(sparse.dense_weights, dense.weights)
    np.testing.assert_allclose(sparse.offset, dense.offset, atol=1e-12)
    assert not np.array_equal(dense.weights, network().weights)
    assert not dense.weights.flags.writeable


def test_scaling_by_0_cuts_and_by_1_does_nothing(intact):
    chosen = {"pre": "exc", "post": "inh", "fraction": 0.4, "seed": 5}
    cut = intact.cut(**chosen)
    assert np.array_equal(cut.weights, intact.scale_weights(factor=0, **chosen).weights)
    assert np.array_equal(intact.scale_weights(factor=1, **chosen).weights, intact.weights)
    there = np.count_nonzero(block(intact, "exc", "inh"))
    assert np.count_nonzero(block(cut, "exc", "inh")) == there - round(0.4 * there)
    assert not np.signbit(cut.weights[cut.weights == 0]).any()


def test_a_larger_fraction_contains_the_smaller(intact):
    gone = [intact.cut(fraction=fraction, seed=1).weights != intact.weights for fraction in (0.2, 0.5, 1.0)]
    assert [mask.sum() for mask in gone] == [
        round(fraction * np.count_nonzero(intact.weights)) for fraction in (0.2, 0.5, 1.0)
    ]
    assert not (gone[0] & ~gone[1]).any()
    other = intact.cut(fraction=0.2, seed=2).weights != intact.weights
    assert not np.array_equal(gone[0], other)


def test_controls_match_number_or_strength_elsewhere(intact):
    chosen = {"pre": "inh", "post": "exc", "fraction": 0.5, "seed": 1}
    treated = intact.cut(**chosen).weights != intact.weights
    between = np.outer(intact.populations["exc"], intact.populations["inh"])
    number, strength, anywhere = (
        intact.cut(control=control, **chosen).weights != intact.weights
        for control in ("elsewhere", "strength", "anywhere")
    )
    size = np.abs(intact.weights)
    assert treated[between].sum() == treated.sum() == number.sum() == anywhere.sum()
    assert not number[between].any()
    assert not strength[between].any()
    assert anywhere[between].any()
    assert anywhere[~between].any()
    assert abs(size[strength].sum() - size[treated].sum()) <= size[~between].max()


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**31), fraction=st.floats(0, 1))
def test_shuffling_keeps_signs_out_degrees_and_populations(seed, fraction):
    before = network()
    after = before.shuffle_weights(seed=seed, fraction=fraction)
    for j in range(N):  # the very weights of each sender, in each population of receivers
        for name in ("exc", "som", "pv"):
            own = before.populations[name]
            assert np.array_equal(np.sort(after.weights[own, j]), np.sort(before.weights[own, j]))
    stayed = np.count_nonzero((after.weights == before.weights) & (before.weights != 0))
    assert stayed >= np.count_nonzero(before.weights) - round(fraction * np.count_nonzero(before.weights))
    assert not block(after, "inh", "som").any()


def test_a_shuffle_moves_connections_and_only_between_the_chosen(intact):
    shuffled = intact.shuffle_weights(pre="exc", post="exc", seed=1)
    assert np.mean((shuffled.weights != 0) != (intact.weights != 0)) > 0.2
    exc = intact.populations["exc"]
    assert np.array_equal(shuffled.weights[~np.outer(exc, exc)], intact.weights[~np.outer(exc, exc)])
    assert np.array_equal(intact.shuffle_weights(pre="exc", post="exc", seed=1).weights, shuffled.weights)


def test_autapses_and_replaced_weights(intact):
    without = intact.remove_autapses()
    assert np.diag(intact.weights).any()
    assert not np.diag(without.weights).any()
    off = ~np.eye(N, dtype=bool)
    assert np.array_equal(without.weights[off], intact.weights[off])
    assert np.array_equal(intact.with_weights(without.weights).weights, without.weights)
    assert np.array_equal(intact.with_weights(csc_array(without.weights)).weights, without.weights)
    w_in = np.ones((N, 1))
    assert np.array_equal(intact.with_input_weights(w_in).w_in, w_in)
    shuffled = intact.shuffle_input_weights(seed=1, post="inh").w_in
    inh = intact.populations["inh"]
    assert np.array_equal(shuffled[~inh], intact.w_in[~inh])
    assert np.array_equal(np.sort(shuffled[inh], axis=0), np.sort(intact.w_in[inh], axis=0))
    assert not np.array_equal(shuffled, intact.w_in)


def test_cutting_all_inhibition_raises_rates():
    model, task = datasets.load("go-nogo-sigmoid"), tasks.GoNoGo()
    intact = SpikingNetwork.from_rate(model, 30)
    u = task.trials(4, seed=1).spiking_inputs
    rates = [simulate(net, u, seed=1).rates.mean() for net in (intact, intact.cut(pre="inh"))]
    assert rates[1] > 1.5 * rates[0]


def test_frozen_input_is_the_mean_of_what_it_replaces(intact):
    """Of a driven network; the recorded current excludes the first 9 steps' volley only after it decayed."""
    u = np.ones((1, 401))
    driven = dataclasses.replace(intact, offset=5.0)
    run = simulate(driven, u, seed=2, record=Record(output=False, currents=True, interval=1.0))
    frozen = driven.freeze(u, seed=2)
    late = run.currents[0][:, 500:].mean(axis=1)
    added = frozen.offset - driven.offset
    assert not frozen.weights.any()
    assert np.corrcoef(added, late)[0, 1] > 0.99
    assert np.abs(added - late).max() < 0.1 * np.abs(late).max()
    after = simulate(frozen, u, seed=2, record=Record(output=False, currents=True)).currents
    assert not after.any()
    some = driven.freeze(u, seed=2, pre="inh", post="exc")
    assert np.array_equal(some.weights, driven.cut(pre="inh", post="exc").weights)
    assert not (some.offset - driven.offset)[driven.populations["inh"]].any()


def test_a_lesioned_unit_is_silent_and_the_others_see_only_its_outputs_cut(intact):
    lesioned = intact.lesion("inh")
    gone = intact.populations["inh"]
    everything = Record(spikes=True, voltage=True, filtered_rates=True)
    u = 3 * pulse_input(21)
    run = simulate(lesioned, u, seed=1, record=everything)
    other = simulate(intact.cut(pre="inh"), u, seed=1, record=everything)
    assert np.array_equal(run.spike_matrix()[~gone], other.spike_matrix()[~gone])
    assert other.spike_matrix()[gone].any()
    assert not run.spike_matrix()[gone].any()
    assert np.isnan(run.rates[:, gone]).all()
    assert np.array_equal(run.rates[:, ~gone], other.rates[:, ~gone])
    assert np.isnan(run.voltage[0, gone]).all()
    assert not run.filtered_rates[0, gone].any()
    assert f"{gone.sum()} neurons lesioned, inh" in str(run)
    assert "nan" not in str(run)
    assert f"{gone.sum()} lesioned" in repr(lesioned)
    readout = np.where(gone, 0, intact.readout)
    assert np.allclose(run.output[0], readout @ run.filtered_rates[0])
    assert "nan" not in str(simulate(intact.lesion("all"), u, seed=1))


def test_lesions_add_up_and_match_the_step_by_step_network(intact):
    lesioned = intact.lesion([3]).lesion(UnitFraction(0.2, "exc", seed=1))
    assert 3 in lesioned.lesioned
    assert len(lesioned.lesioned) in (round(0.2 * intact.populations["exc"].sum()) + k for k in (0, 1))
    u = 3 * pulse_input()
    draws = RandomDraws.from_seed(4, 0, n_neurons=N, n_steps=1000)
    slow = step_by_step(lesioned, u, draws)
    fast = simulate(lesioned, u, draws=draws, record=Record(spikes=True))
    assert np.array_equal(slow.spikes.T, fast.spike_matrix())


def test_populations_can_be_recorded(intact):
    u = pulse_input()
    inh = np.flatnonzero(intact.populations["inh"])
    by_name = simulate(intact, u, seed=1, record=Record(voltage="inh", spikes="inh"))
    by_number = simulate(intact, u, seed=1, record=Record(voltage=inh, spikes=inh))
    assert np.array_equal(by_name.voltage, by_number.voltage)
    assert np.array_equal(by_name.spikes.step, by_number.spikes.step)
    assert set(by_name.spikes.neuron) <= set(inh)
    few = simulate(intact, u, seed=1, record=Record(voltage=UnitFraction(0.5, "pv", seed=1)))
    assert few.voltage.shape[1] == round(0.5 * intact.populations["pv"].sum())


@pytest.mark.parametrize(
    ("experiment", "message"),
    [
        (lambda net: net.cut(pre="ie"), "pre is 'ie'; expected one of all, exc, inh, som, pv"),
        (lambda net: net.cut(post=[60]), "post has 60; expected numbers from 0 to 59"),
        (lambda net: net.cut(fraction=1.2), "fraction is 1.2; expected a number from 0 to 1"),
        (lambda net: net.cut(seed=-1), "seed is -1"),
        (lambda net: net.scale_weights(factor=np.nan), "factor is nan; expected a finite number"),
        (lambda net: net.scale_weights(factor="0.5"), "factor is '0.5'"),
        (lambda net: net.scale_weights(factor=-0.5, pre="inh"), "factor is -0.5, .* against Dale's law; exp"),
        (lambda net: net.cut(control="other"), "control is 'other'; expected one of elsewhere"),
        (lambda net: net.cut(control="elsewhere"), "only 0 lie elsewhere"),
        (lambda net: net.cut(control="strength"), "all others only 0"),
        (lambda net: net.with_weights(np.ones((3, 3))), r"weights has shape \(3, 3\)"),
        (lambda net: net.with_weights(np.full((N, N), np.nan)), "expected finite numbers"),
        (lambda net: net.with_input_weights("many"), "w_in is "),
        (lambda net: net.shuffle_weights(seed=-2), "seed is -2"),
        (lambda net: net.lesion([-1]), "units has -1"),
    ],
)
def test_mistakes_are_named(intact, experiment, message):
    with pytest.raises(ArgumentError, match=message):
        experiment(intact)


def test_lesioned_units_are_left_out_of_figures(intact):
    from matplotlib.figure import Figure

    from spiking import plotting

    u = 3 * pulse_input(21)
    whole = simulate(intact, u, seed=1, record=Record(spikes=True))
    lesioned = intact.lesion("som").lesion(UnitFraction(0.5, "exc", seed=1))
    run = simulate(lesioned, u, seed=1, record=Record(spikes=True))
    (ax,) = plotting.firing_rates(run, Figure()).axes
    assert f"of {N - len(lesioned.lesioned)} neurons below 0.5 Hz" in ax.texts[0].get_text()
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    exc = intact.populations["exc"]
    assert any(f"mean {np.nanmean(run.rates[0, exc]):.1f} Hz" in label for label in labels)
    assert not any("nan" in label for label in labels)
    plotting.raster(run, 0, Figure().subplots(), rates=True)
    plotting.rates_against(whole, run, Figure().subplots())

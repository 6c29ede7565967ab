"""Choosing units."""

import dataclasses

import numpy as np
import pytest
from networks import pulse_input, random_network

from spiking import ArgumentError, Oscillation, Record, Stimulation, plotting, simulate, sweep, tasks
from spiking.connectivity.units import UnitFraction, checked_units, unit_numbers
from spiking.plotting.style import by_population

POPULATIONS = random_network(50).populations


def numbers(units):
    return unit_numbers("units", units, POPULATIONS)


def test_populations_lists_and_masks():
    assert np.array_equal(numbers("inh"), np.flatnonzero(POPULATIONS["inh"]))
    assert np.array_equal(numbers("all"), np.arange(50))
    assert numbers([7, 3]).tolist() == [7, 3]
    assert np.array_equal(numbers(POPULATIONS["exc"]), numbers("exc"))
    assert checked_units("units", iter([1, 2])) == (1, 2)


def test_fractions_are_seeded_nested_and_within_their_population():
    few, many = numbers(UnitFraction(0.2, "exc", seed=4)), numbers(UnitFraction(0.6, "exc", seed=4))
    n = numbers("exc").size
    assert (few.size, many.size) == (round(0.2 * n), round(0.6 * n))
    assert set(few) < set(many) < set(numbers("exc"))
    assert np.array_equal(few, numbers(UnitFraction(0.2, "exc", seed=4)))
    assert not np.array_equal(few, numbers(UnitFraction(0.2, "exc", seed=5)))
    assert numbers(UnitFraction(1.0, "exc")).tolist() == numbers("exc").tolist()


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ("exc&area", "units is 'exc&area', in which 'area' is unknown; expected one of all, exc"),
        ("exc&", "units is 'exc&', in which '' is unknown"),
        ("exc&inh", "expected another population: this network has no exc&inh units"),
        ("~all", "no ~all units"),
        ("", "units is ''; expected one of all"),
        ("ie", "units is 'ie'; expected one of all, exc, inh, som, pv"),
        ("som", r"no SST units \(som_N is 0\); it has exc "),
        ([50], "units has 50; expected numbers from 0 to 49"),
        ([1, 1], "more than once"),
        ([-1], "units has -1"),
        (np.ones(3, bool), "mask of shape"),
        (5, r"units is 5; expected a list of (unit numbers|numbers from 0 to 49), such as \[5\]"),
    ],
)
def test_mistakes(units, message):
    with pytest.raises(ArgumentError, match=message):
        numbers(units)


@pytest.mark.parametrize("fraction", [-0.1, 1.1, np.nan, "half", True])
def test_fractions_outside_0_to_1(fraction):
    with pytest.raises(ArgumentError, match="expected a number from 0 to 1"):
        UnitFraction(fraction)


def test_populations_are_combined():
    populations = {**POPULATIONS, "PFC": np.arange(50) < 20, "MD": np.arange(50) >= 45}
    exc, pfc, md = (populations[name] for name in ("exc", "PFC", "MD"))
    for combined, mask in {
        "PFC&exc": pfc & exc,
        " PFC & exc ": pfc & exc,
        "~PFC": ~pfc,
        "PFC&~exc": pfc & ~exc,
        "MD|PFC&exc": md | (pfc & exc),  # & binds more closely
        "PFC&exc|MD": md | (pfc & exc),
        "all&~MD|MD": np.ones(50, bool),
    }.items():
        numbers = unit_numbers("units", combined, populations)
        assert np.array_equal(numbers, np.flatnonzero(mask)), combined
    half = unit_numbers("units", UnitFraction(0.5, "PFC&exc", seed=1), populations)
    assert set(half) < set(np.flatnonzero(pfc & exc))
    assert half.size == round(0.5 * (pfc & exc).sum())


def test_pv_without_sst_units_is_said_to_be_all_inhibitory_ones():
    untyped = {**POPULATIONS, "som": np.zeros(50, bool), "pv": POPULATIONS["inh"]}
    size = int(untyped["inh"].sum())
    for named in ("pv", "PV", UnitFraction(0.5, "pv"), "exc|pv"):
        with pytest.warns(UserWarning, match=f"no SST units .*, so that pv means all {size} inhibitory ones"):
            unit_numbers("units", named, untyped)
    with pytest.raises(
        ArgumentError, match=rf"no SST units \(som_N is 0\); it has exc {50 - size}, inh {size}$"
    ):
        unit_numbers("units", "sst", untyped)
    with pytest.warns(UserWarning, match="pv means all"):
        assert [name for name, _ in by_population(untyped, ["pv", "exc"])] == ["inh", "exc"]
    for named in ("inh", "exc"):
        unit_numbers("units", named, untyped)
    typed = {**untyped, "som": untyped["inh"] & (np.arange(50) > 45)}
    unit_numbers("units", "pv", {**typed, "pv": typed["inh"] & ~typed["som"]})


def test_a_single_number_is_no_list():
    network = NETWORK
    with pytest.raises(ArgumentError, match=r"units is 5; expected a list of .*, such as \[5\]"):
        network.lesion(5)
    with pytest.raises(
        ArgumentError, match=r"units is 200; expected a list of numbers from 0 to 19, such as \[0\]"
    ):
        network.lesion(200)


AREA = np.arange(20) < 7
NETWORK = random_network(20, seed=1, offset=5.0)
WITH_AREA = NETWORK.with_populations(areaA=AREA)


def test_a_population_of_the_users_own_can_be_named_wherever_one_can():
    network = WITH_AREA
    assert network.units("areaA").tolist() == list(range(7))
    assert network.lesion("areaA").lesioned == tuple(range(7))
    assert network.lesion(UnitFraction(1.0, "areaA")).lesioned == tuple(range(7))
    cut = network.cut(pre="areaA", post="exc").dense_weights
    assert not cut[np.ix_(network.populations["exc"], AREA)].any()
    assert network.shuffle_input_weights(seed=1, post="areaA").w_in.shape == network.w_in.shape
    acting = [Stimulation("areaA", (0, 10), 5.0), Oscillation("areaA", 10, 1.0)]
    run = simulate(network, pulse_input(), seed=1, record=Record(voltage="areaA"), stimulation=acting)
    same = [Stimulation(list(range(7)), (0, 10), 5.0), Oscillation(list(range(7)), 10, 1.0)]
    other = simulate(NETWORK, pulse_input(), seed=1, record=Record(voltage=list(range(7))), stimulation=same)
    np.testing.assert_array_equal(run.voltage, other.voltage)
    assert "areaA" in str(run)
    assert network.lesion("areaA&exc").lesioned == tuple(np.flatnonzero(AREA & NETWORK.populations["exc"]))
    plotting.raster(simulate(network, pulse_input(), seed=1, record=Record(spikes=True)))


def test_a_sweep_takes_it_and_tells_its_rate():
    found = sweep(WITH_AREA, tasks.GoNoGo(), grid={"lesion.areaA": [0.0, 0.5]}, trials=1, seed=1)
    assert [row["lesion.areaA"] for row in found.rows] == [0.0, 0.5]
    assert all("rate_hz_areaA" in row for row in found.rows)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"areaA": np.arange(7)}, "populations.'areaA'. is .*; expected a mask, an array of 20 bools"),
        ({"areaA": np.ones(3, bool)}, "expected a mask, an array of 20 bools"),
        ({"areaA": [True] * 20}, "expected a mask, an array of 20 bools"),
        ({"all": np.ones(20, bool)}, "and any others but 'all'"),
        ({"PFC&inh": AREA}, "population is named 'PFC&inh'; expected letters, digits and underscores"),
        ({"2nd": AREA}, "population is named '2nd'"),
        ({"": AREA}, "population is named ''"),
    ],
)
def test_populations_that_are_none_are_refused(changes, message):
    with pytest.raises(ArgumentError, match=message):
        dataclasses.replace(NETWORK, populations={**NETWORK.populations, **changes})
    with pytest.raises(ArgumentError, match="expected exc, inh, som and pv"):
        dataclasses.replace(NETWORK, populations={"exc": AREA})


def test_populations_are_named_by_masks_numbers_or_other_populations():
    network = NETWORK.with_populations(A=AREA, B=[4, 3], C=iter([19])).with_populations(D="A&~B", A="B")
    populations = network.populations
    assert list(populations)[-4:] == ["A", "B", "C", "D"]
    assert populations["B"].tolist() == np.isin(np.arange(20), (3, 4)).tolist()
    assert np.array_equal(populations["A"], populations["B"])  # the new one
    assert network.units("D").tolist() == [0, 1, 2, 5, 6]
    assert list(NETWORK.populations) == ["exc", "inh", "som", "pv"]
    for wrong, message in (
        ({"exc": AREA}, "population is named 'exc'"),
        ({"A": [20]}, "A has 20; expected numbers from 0 to 19"),
        ({"A": np.ones(3, bool)}, "A is a mask of shape"),
        ({"A": "none"}, "A is 'none'; expected one of all, exc"),
        ({"SST-2": AREA}, "population is named 'SST-2'"),
        ({"a" * 64: AREA}, "at most 63"),
    ):
        with pytest.raises(ArgumentError, match=message):
            NETWORK.with_populations(**wrong)


def labels_of(axis):
    return [label.get_text().partition("\n")[0] for label in axis.get_ticklabels()]


def test_figures_by_chosen_populations():
    network = NETWORK.with_populations(A=AREA, B="~A&exc")
    run = simulate(network, pulse_input(), seed=1, record=Record(spikes=True))
    chosen = ["A&exc", "B", "inh"]
    ax = plotting.raster(run, rates=True, populations=chosen)
    assert labels_of(ax.yaxis) == ["A&exc", "B", "inh."]
    drawn = [int(np.unique(line.get_ydata()).size) for line in ax.lines if line.get_marker() == "|"]
    fired = {
        name: np.unique(run.spikes.neuron[np.isin(run.spikes.neuron, network.units(name))]) for name in chosen
    }
    assert drawn == [fired[name].size for name in chosen]
    assert ax.get_ylim()[0] == sum(network.units(name).size for name in chosen)
    ax = plotting.weights(network, populations=["A", "B"])
    assert labels_of(ax.xaxis) == ["A", "B"]
    a, b = network.units("A"), network.units("B")
    order = np.concatenate([a, b])
    np.testing.assert_array_equal(ax.images[0].get_array(), network.dense_weights[np.ix_(order, order)])
    (ax,) = plotting.firing_rates(run, populations=["A", "B"]).axes
    assert [text.get_text().split(",")[0] for text in ax.get_legend().get_texts()] == ["A", "B"]
    for wrong, message in (
        (["C"], "populations is 'C'; expected one of"),
        ("A", "expected a sequence of texts"),
    ):
        with pytest.raises(ArgumentError, match=message):
            plotting.raster(run, populations=wrong)


def test_a_list_of_bools_is_a_mask():
    network = random_network(200)
    mask = [number in (1, 3) for number in range(network.n_neurons)]
    assert network.lesion(mask).lesioned == (1, 3)
    assert np.flatnonzero(network.with_populations(P=mask).populations["P"]).tolist() == [1, 3]
    with pytest.raises(ArgumentError, match=r"is a mask of shape \(2,\); expected \(200,\)"):
        network.lesion([True, False])

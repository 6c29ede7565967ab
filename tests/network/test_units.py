"""Choosing units."""

import dataclasses

import numpy as np
import pytest
from networks import pulse_input, random_network

from spiking import ArgumentError, Oscillation, Record, Stimulation, plotting, simulate, sweep, tasks
from spiking.network.units import UnitFraction, checked_units, unit_numbers

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
        ("ie", "units is 'ie'; expected one of all, exc, inh, som, pv"),
        ("som", "no som units"),
        ([50], "units has 50; expected numbers from 0 to 49"),
        ([1, 1], "more than once"),
        ([-1], "units has -1"),
        (np.ones(3, bool), "mask of shape"),
        (5, "units is 5"),
    ],
)
def test_mistakes(units, message):
    with pytest.raises(ArgumentError, match=message):
        numbers(units)


@pytest.mark.parametrize("fraction", [-0.1, 1.1, np.nan, "half", True])
def test_fractions_outside_0_to_1(fraction):
    with pytest.raises(ArgumentError, match="expected a number from 0 to 1"):
        UnitFraction(fraction)


AREA = np.arange(20) < 7
NETWORK = random_network(20, seed=1, offset=5.0)
WITH_AREA = dataclasses.replace(NETWORK, populations={**NETWORK.populations, "areaA": AREA})


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
    plotting.raster(simulate(network, pulse_input(), seed=1, record=Record(spikes=True)))


def test_a_sweep_takes_it_and_tells_its_rate():
    found = sweep(WITH_AREA, tasks.GoNoGo(), grid={"lesion.areaA": [0.0, 0.5]}, trials=1, seed=1)
    assert [row["lesion.areaA"] for row in found.rows] == [0.0, 0.5]
    assert all("rate_areaA" in row for row in found.rows)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"areaA": np.arange(7)}, "populations.'areaA'. is .*; expected a mask, an array of 20 bools"),
        ({"areaA": np.ones(3, bool)}, "expected a mask, an array of 20 bools"),
        ({"areaA": [True] * 20}, "expected a mask, an array of 20 bools"),
        ({"all": np.ones(20, bool)}, "and any others but 'all'"),
    ],
)
def test_populations_that_are_none_are_refused(changes, message):
    with pytest.raises(ArgumentError, match=message):
        dataclasses.replace(NETWORK, populations={**NETWORK.populations, **changes})
    with pytest.raises(ArgumentError, match="expected exc, inh, som and pv"):
        dataclasses.replace(NETWORK, populations={"exc": AREA})

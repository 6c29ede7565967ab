"""Choosing units."""

import numpy as np
import pytest
from networks import random_network

from spiking import ArgumentError
from spiking.unit_choice import UnitFraction, checked_units, unit_numbers

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

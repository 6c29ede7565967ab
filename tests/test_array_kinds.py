"""Arrays of other libraries are taken wherever an array is expected, or refused in one line."""

import numpy as np
import pytest
from array_kinds import KINDS, MASKS, MATRICES, OF_MATRICES, OF_VECTORS, UNITS, VECTORS, problems

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")


@pytest.mark.parametrize("place", MATRICES)
def test_matrices(place, tmp_path):
    assert list(problems({place: MATRICES[place]}, KINDS | OF_MATRICES, tmp_path)) == []


@pytest.mark.parametrize("place", VECTORS)
def test_vectors(place, tmp_path):
    assert list(problems({place: VECTORS[place]}, KINDS | OF_VECTORS, tmp_path)) == []


ANY_ITERABLE = {"generator", "set"}


@pytest.mark.parametrize("place", UNITS)
def test_numbers_of_units(place, tmp_path):
    kinds = {name: kind for name, kind in KINDS.items() if name not in ANY_ITERABLE}
    if place == "simulate.trials":  # each is a whole number of Python or NumPy
        kinds |= {name: (kinds[name][0], None) for name in ("list of JAX", "longdouble")}
    assert list(problems({place: (UNITS[place], np.array([3, 1, 2]))}, kinds, tmp_path)) == []


@pytest.mark.parametrize("place", MASKS)
def test_masks(place, tmp_path):
    mask = np.arange(12) < 5
    kinds = {
        name: kind
        for name, kind in KINDS.items()
        if name not in (*ANY_ITERABLE, "fractions", "longdouble", "dates", "JAX bfloat16")
    }
    assert list(problems({place: (MASKS[place], mask)}, kinds, tmp_path)) == []

"""Tensors, also those that require gradients, are taken wherever arrays are: `make witnesses`."""

import numpy as np
import pytest
import torch
from array_kinds import MASKS, MATRICES, UNITS, VECTORS, problems

from spiking.checks import finite_numbers

KINDS = {
    "tensor": (lambda x, _: torch.tensor(x), True),
    "tensor that requires gradients": (lambda x, _: floating(x).requires_grad_(), True),
    "result of a computation": (lambda x, _: floating(x).requires_grad_() * 1, True),
    "parameter": (lambda x, _: torch.nn.Parameter(floating(x)), True),
    "list of tensors": (lambda x, _: list(torch.tensor(x)), True),
    "list of tensors that require gradients": (lambda x, _: list(floating(x).requires_grad_()), True),
    "transposed twice": (lambda x, _: torch.tensor(x).T.contiguous().T, True),
    "sparse": (lambda x, _: torch.tensor(x).to_sparse(), True),
    "single precision": (lambda x, _: floating(x).float(), True),
    "complex": (lambda x, _: torch.tensor(x) + 1j, False),
    "without numbers": (lambda x, _: torch.tensor(x, device="meta"), False),
    "module": (lambda x, _: torch.nn.Linear(2, 2), False),
}
PLACES = {
    **MATRICES,
    **{f"{name}, vector": place for name, place in VECTORS.items()},
    **{f"{name}, units": (call, np.array([3, 1, 2])) for name, call in UNITS.items()},
    **{f"{name}, mask": (call, np.arange(12) < 5) for name, call in MASKS.items()},
}


def floating(values):
    return torch.tensor(values).double()


@pytest.mark.filterwarnings("ignore:The use of `x.T` on tensors of dimension other than 2")
@pytest.mark.parametrize("place", PLACES)
def test_tensors(place, tmp_path):
    kinds = dict(KINDS)
    if place.endswith(", mask"):  # numbers are no mask
        kinds = {
            name: kinds[name] for name in ("tensor", "list of tensors", "sparse", "without numbers", "module")
        }
    if place == "simulate.trials, units":  # each is a whole number of Python or NumPy
        kinds = {name: kind for name, kind in kinds.items() if not name.startswith("list")}
    assert list(problems({place: PLACES[place]}, kinds, tmp_path)) == []


def test_half_precision():
    """NumPy has no bfloat16, of which torch has every number as a double."""
    values = torch.tensor([0.1, 2.5]).bfloat16()
    assert finite_numbers("values", values.requires_grad_(), "numbers").tolist() == values.tolist()

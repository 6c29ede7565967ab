"""Names of populations as people write them."""

import numpy as np
import pytest

from spiking import SpikingNetwork, UnitFraction, datasets, plotting
from spiking.connectivity.units import standard_population, unit_numbers


@pytest.fixture(scope="module")
def network():
    return SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 50).with_populations(PFC=range(20))


@pytest.mark.parametrize("name", ["inh", "INH", "Inh", "~exc", "~EXC", "Inh&ALL"])
def test_capitals_do_not_matter(network, name):
    assert (unit_numbers("units", name, network.populations) == network.units("inh")).all()
    assert network.lesion(name).lesioned == network.lesion("inh").lesioned
    assert (
        network.lesion(UnitFraction(0.5, name)).lesioned == network.lesion(UnitFraction(0.5, "inh")).lesioned
    )


def test_sst_is_som():
    masks = {name: [name == "som"] * 2 for name in ("exc", "inh", "som", "pv")}
    masks = {name: np.array(mask) for name, mask in masks.items()}
    for name in ("som", "SOM", "sst", "SST", "Sst", "SST|PV"):
        assert unit_numbers("units", name, masks).tolist() == [0, 1]


def test_a_population_of_the_users_own_comes_first(network):
    assert standard_population("SST", {"SST": 1}) == "SST"
    assert standard_population("PV") == "pv"
    assert standard_population("pfc", network.populations) == "pfc"


def test_plots_name_populations_in_one_way(network):
    ax = plotting.weights(network, populations=["EXC", "Inh"])
    assert "exc" in "".join(text.get_text() for text in ax.get_xticklabels())

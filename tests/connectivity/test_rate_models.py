"""Rate models are changed as spiking networks are: the same units, the same connections, for one seed."""

import dataclasses

import numpy as np
import pytest
from every_field import differences
from hypothesis import given, settings
from hypothesis import strategies as st
from matlab_files import KINDS, save
from models import model_mapping

from spiking import ArgumentError, ModelFileError, RateModel, SpikingNetwork, UnitFraction
from spiking.rate_model.to_file import to_variables

N = 40
AREA = np.arange(N) % 3 == 0


def model(dale=True, **changes):
    """With SST units, which no inhibitory unit reaches."""
    inh, som = np.arange(N) >= 0.8 * N, 3 if dale else 0
    mask = np.ones((N, N), np.float32)
    mask[np.ix_(np.flatnonzero(inh)[:som], inh)] = 0
    mapping = model_mapping(N, dale=dale, som_N=np.array([[som]]), som_m=mask, **changes)
    return RateModel.load(mapping).with_populations(area=AREA)


CHANGES = {
    "lesion": lambda net: net.lesion("area&exc"),
    "lesion a fraction": lambda net: net.lesion(UnitFraction(0.3, "area", seed=2)).lesion([1]),
    "cut": lambda net: net.cut(pre="exc", post="area", fraction=0.5, seed=3),
    "cut elsewhere": lambda net: net.cut(pre="exc", post="area", fraction=0.2, seed=3, control="elsewhere"),
    "cut as strong": lambda net: net.cut(pre="exc", post="area", fraction=0.2, seed=3, control="strength"),
    "scale": lambda net: net.scale_weights(factor=0.7, pre="area", post="exc"),
    "shuffle": lambda net: net.shuffle_weights(seed=4),
    "shuffle some": lambda net: net.shuffle_weights(seed=4, pre="area", fraction=0.5),
    "autapses": lambda net: net.remove_autapses(),
    "inputs": lambda net: net.shuffle_input_weights(seed=5, post="area"),
    "names": lambda net: net.with_populations(other="area&~inh"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("dale", [True, False])
def test_a_changed_model_is_converted_to_the_changed_network(change, dale):
    intact = model(dale)
    changed, expected = (
        SpikingNetwork.from_rate(change(intact), 30),
        change(SpikingNetwork.from_rate(intact, 30)),
    )
    np.testing.assert_allclose(changed.weights, expected.weights, rtol=1e-12)
    np.testing.assert_allclose(changed.readout, expected.readout, rtol=1e-12)
    same = {name: getattr(expected, name) for name in ("weights", "readout")}
    assert list(differences(dataclasses.replace(changed, **same), expected, "network")) == []
    assert any(differences(change(intact), intact, "model"))  # something did change


@pytest.mark.parametrize("kind", KINDS)
def test_changes_and_names_are_saved(kind, tmp_path):
    changed = model().shuffle_weights(seed=1).lesion("area&inh").with_populations(MD=[3, 39])
    path = tmp_path / "model.mat"
    save(path, {"x": np.eye(2)}, kind)  # decides the version
    changed.save(path, force=True)
    found = RateModel.load(path)
    np.testing.assert_allclose(found.effective_weights(), changed.effective_weights(), rtol=1e-6)
    assert found.lesioned == changed.lesioned == tuple(changed.units("area&inh"))
    assert sorted(found.populations) == sorted(changed.populations)
    for name, mask in changed.populations.items():
        assert np.array_equal(found.populations[name], mask), name
    again = RateModel.load(to_variables(found))
    assert list(differences(again.own_populations, found.own_populations, "populations")) == []


def test_a_lesioned_unit_is_silent_in_the_rate_network():
    intact, u = model(), np.random.default_rng(0).standard_normal((3, 1, 50))
    lesioned = intact.lesion([2, 5])
    run = lesioned.run(u, seed=1)
    assert not run.rates[:, [2, 5]].any()
    cut = dataclasses.replace(
        intact.cut(pre=[2, 5]), w_out=np.where(np.isin(np.arange(N), (2, 5)), 0, intact.w_out)
    ).run(u, seed=1)
    others = np.setdiff1d(np.arange(N), (2, 5))
    np.testing.assert_allclose(run.rates[:, others], cut.rates[:, others], rtol=1e-12)
    np.testing.assert_allclose(run.output, cut.output, rtol=1e-12)
    assert np.abs(run.output - intact.run(u, seed=1).output).max() > 1e-3


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from(["exc", "inh", "area", "area&inh|som"]))
def test_shuffles_keep_weights_signs_and_counts(seed, pre):
    intact = model()
    shuffled = intact.shuffle_weights(seed=seed, pre=pre)
    before, after = intact.effective_weights(), shuffled.effective_weights()
    np.testing.assert_allclose(np.sort(before, axis=0), np.sort(after, axis=0), rtol=1e-12)
    assert not after[np.ix_(intact.populations["som"], intact.inhibitory)].any()
    assert (shuffled.w >= 0).all()


def test_signs_cannot_be_reversed_under_dales_law():
    for network in (model(), SpikingNetwork.from_rate(model(), 50.0)):
        with pytest.raises(ArgumentError, match=r"factor is -1, .* against Dale's law; expected 0 or more"):
            network.scale_weights(factor=-1.0, pre="inh")
    free = model(dale=False)
    np.testing.assert_array_equal(
        free.scale_weights(factor=-1.0).effective_weights(), -free.effective_weights()
    )
    converted = SpikingNetwork.from_rate(free, 50.0)
    np.testing.assert_array_equal(
        converted.scale_weights(factor=-1.0).dense_weights, -converted.dense_weights
    )


def test_masked_entries_of_w_are_kept():
    intact = model()
    assert (intact.w[intact.som_mask == 0] > 0).any()
    scaled = intact.scale_weights(factor=2.0)
    np.testing.assert_array_equal(scaled.w[intact.som_mask == 0], intact.w[intact.som_mask == 0])
    np.testing.assert_array_equal(scaled.som_mask, intact.som_mask)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unit_populations": np.eye(2)}, "`unit_populations` is ndarray; expected a struct with a mask"),
        ({"unit_populations": {"PFC": np.ones(3)}}, r"`unit_populations.PFC` has shape \(3,\)"),
        ({"unit_populations": {"PFC": np.full(N, 2)}}, "expected a mask of 40 zeros and ones"),
        ({"unit_populations": {"exc": np.ones(N)}}, "has the field 'exc'; expected letters, digits"),
        ({"lesioned_units": np.array([3, 7])}, r"`lesioned_units` has shape \(2,\)"),
    ],
)
def test_files_with_other_things_under_these_names(changes, message):
    with pytest.raises(ModelFileError, match=message):
        RateModel.load(model_mapping(N, **changes))


def test_names_and_lesions_stay_where_a_network_is_written_with_other_rates():
    arrays = {"w": np.eye(N), "w_in": np.ones(N), "w_out": np.ones(N), "tau": 50, "step": 5, "form": "rate"}
    tanh = RateModel.from_arrays(**arrays, activation="tanh").with_populations(area=AREA).lesion([1])
    shifted, split = tanh.nonnegative(), tanh.split_signs()
    assert (shifted.lesioned, split.lesioned) == ((1,), (1, 1 + N))
    assert np.array_equal(shifted.own_populations["area"], AREA)
    assert np.array_equal(split.own_populations["area"], np.tile(AREA, 2))
    assert SpikingNetwork.from_rate(tanh, 30).lesioned == (1,)

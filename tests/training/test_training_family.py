"""Families of models: the same as one by one, in order, stopped when asked."""

import numpy as np
import pytest

import spiking
from spiking.errors import ArgumentError

SHORT = spiking.tasks.GoNoGo(duration=250.0, stimulus_onset=25.0, stimulus_duration=50.0, score_delay=25.0)


def test_a_family_is_the_same_as_its_members_trained_alone():
    told = []
    models = spiking.train_many(
        SHORT, 20, seeds=[5, 3], threads=2, max_updates=3, finished=lambda seed, state: told.append(seed)
    )
    assert sorted(told) == [3, 5]
    for seed, model in zip([5, 3], models, strict=True):
        alone = spiking.train(SHORT, 20, seed=seed, max_updates=3)
        assert model.extras["seed"] == seed
        assert np.array_equal(model.w, alone.w)
        assert np.array_equal(model.taus_gaus, alone.taus_gaus)


@pytest.mark.slow
def test_an_interruption_stops_all_of_them():
    def interrupt(seed, state):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):  # the second would otherwise go on for 10^9 updates
        spiking.train_many(
            SHORT,
            20,
            seeds=[1, 2],
            threads=2,
            max_updates=10**9,
            stop_loss=1e6,
            stop_accuracy=0.0,
            hardening=0,
            finished=interrupt,
        )


@pytest.mark.parametrize("wrong", [{"seeds": []}, {"seeds": [1, 1]}, {"seeds": [1], "threads": 0}])
def test_families_that_are_refused(wrong):
    with pytest.raises(
        ArgumentError, match=r"expected at least one seed|threads is 0; expected a whole number, 1 or more"
    ):
        spiking.train_many(SHORT, 20, **wrong)

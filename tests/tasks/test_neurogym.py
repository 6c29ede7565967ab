"""The NeuroGym adapter, on an object with the interface of NeuroGym's trials; `neurogym/` tests real ones."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from spiking.errors import ArgumentError
from spiking.tasks.neurogym import NeuroGymTask


class Choice:
    """Fixation, stimulus on one of `n` channels, delay of random length, response."""

    def __init__(self, n=2, dt=20):
        self.dt, self.n = dt, n
        self.rng = np.random.RandomState()

    def seed(self, seed):
        self.rng = np.random.RandomState(seed)

    def new_trial(self):
        choice, delay = self.rng.randint(self.n), self.rng.randint(1, 4)
        self.ob = np.zeros((10 + delay, 1 + self.n), dtype=np.float32)
        self.ob[:, 0] = 1
        self.ob[2:6, 1 + choice] = 1 + 0.1 * self.rng.randn(4)
        self.gt = np.zeros(10 + delay, dtype=int)
        self.gt[6 + delay :] = choice + 1


def test_two_choices_become_one_output():
    task = NeuroGymTask(Choice())
    assert (task.name, task.n_inputs, task.n_outputs) == ("Choice", 3, 1)
    assert task.conditions == {"action 1": 1, "action 2": -1}
    assert (task.duration, task.score_from) == (13 * 20, 7 * 20)
    trials = task.trials(30, seed=3)
    assert trials.inputs.shape == (30, 3, 13 * 4)
    assert set(np.unique(trials.targets)) == {-1, 0, 1}
    assert np.array_equal(trials.targets[:, -1], trials.labels)
    chosen = np.argmax(trials.inputs[:, 1:, 8:24].mean(axis=2), axis=1)
    assert np.array_equal(np.where(chosen == 0, 1, -1), trials.labels)
    assert np.all(trials.inputs[:, :, 8] == trials.inputs[:, :, 11])  # held for dt
    assert task.score(trials.targets, trials.time, trials).all()
    assert not task.score(-trials.targets, trials.time, trials).any()
    alone = task.trials(1, seed=3, first=17)
    assert np.array_equal(alone.inputs[0], trials.inputs[17])


def test_more_choices_become_an_output_each():
    task = NeuroGymTask(Choice(n=4), name="four")
    assert (task.name, task.n_outputs, len(task.conditions)) == ("four", 4, 4)
    trials = task.trials(20, seed=0, condition="action 3")
    assert trials.targets.shape == (20, 4, 13 * 4)
    assert np.all(trials.targets[:, 2, -1] == 1)
    assert task.score(trials.targets, trials.time, trials).all()
    assert not task.score(trials.targets[:, ::-1], trials.time, trials).any()


class Slow(Choice):
    """Lets other threads in between the parts of a trial."""

    def new_trial(self):
        self.gt = None
        time.sleep(0.0005)
        super().new_trial()


def test_threads_draw_the_same_trials():
    task = NeuroGymTask(Slow())
    expected = task.trials(40, seed=1).inputs
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda k: task.trials(10, seed=1, first=10 * k).inputs, range(4)))
    assert np.array_equal(np.concatenate(parts), expected)


def test_environments_that_cannot_be_used():
    with pytest.raises(ArgumentError, match="dt is 7 ms; expected"):
        NeuroGymTask(Choice(dt=7))

    class Continuous(Choice):
        def new_trial(self):
            super().new_trial()
            self.gt = self.gt + 0.5

    with pytest.raises(ArgumentError, match="one action per step, a whole number"):
        NeuroGymTask(Continuous())

"""What panels of single networks measure of activity and draw, on shipped models: nothing is trained."""

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure

from spiking import datasets
from spiking.analysis import principal_components
from spiking.neuron.params import LIFParams
from spiking.reproduce import PANELS, Reproduction
from spiking.reproduce.measures import Entry
from spiking.reproduce.paper.activity import (
    BIN,
    choice_axes,
    components_from_onset,
    selectivity,
    stimulus_samples,
    task_variables,
)
from spiking.reproduce.paper.pictures import answered
from spiking.reproduce.train_and_convert import TEST_SEED, both_networks, conversion_of

pytestmark = pytest.mark.slow

SEED = 7
CONVERTED = {"scaling_factor": 50.0, "correct": 97, "best_of_grid": 98, "curve": [], "version": "0"}


def reproduced(name, factor=50.0):
    """Return a panel as if a shipped model had been its first network."""
    panel = PANELS[name]
    model = datasets.load(f"{panel.conditions[0].network.task.name}-sigmoid")
    trained = {"converged": True, "updates": 100, "decay": 30.0, "decay_sd": 9.0, "rate_correct": 99}
    entries = tuple(
        Entry(one, SEED, trained | {"version": "0"}, CONVERTED | {"scaling_factor": one.tuned or factor})
        for one in panel.conditions
    )
    return Reproduction(panel, 1, 1, entries, (SEED, model))


def ran(name, factor=50.0):
    """Return the trials that are drawn."""
    found = reproduced(name, factor)
    task = found.panel.conditions[0].network.task
    how = conversion_of(found.drawn[1], task, SEED, 50.0, {"scaling_factor": factor})
    return both_networks(found.drawn[1], task, SEED + TEST_SEED, how, LIFParams())


@pytest.fixture(scope="module")
def go():
    return ran("figs2", 25.0)


@pytest.fixture(scope="module")
def context():
    return ran("figs5")


def changed(both, samples, values):
    """Return trials whose spiking activity is different in some samples."""
    activity = both.spiking.filtered_rates.copy()
    activity[:, :, samples] = values
    return dataclasses.replace(both, spiking=dataclasses.replace(both.spiking, filtered_rates=activity))


def test_the_burst_that_random_voltages_begin_with_is_not_a_component(go):
    on, off = stimulus_samples(go)
    assert (on, off) == (50, 75)  # 250 to 375 ms
    neurons, times = go.spiking.spikes.of_trial(0)
    assert len(neurons[times < 1.0]) > 0.6 * 200 > len(neurons[(times > 200) & (times < 210)])
    found = components_from_onset(go)
    assert found == pytest.approx(components_from_onset(changed(go, slice(0, on), 1e3)))
    assert found != pytest.approx(components_from_onset(changed(go, slice(on, on + 1), 1e3)))
    own = np.array(go.trials.conditions)
    means = np.stack([go.spiking_activity[own == name].mean(axis=0)[:, on:] for name in ("go", "nogo")])
    assert found["spiking_explained"] == pytest.approx(principal_components(means, 3).explained.sum())
    assert components_from_onset(changed(go, slice(None), 0.0)) == {}  # a silent network has none


def test_components_are_drawn_from_the_onset_of_the_stimulus(go):
    for ax in reproduced("figs2").draw(Figure()).axes:
        paths = [line for line in ax.lines if not line.get_label().startswith("_")]
        assert [path.get_label() for path in paths] == ["go", "nogo"]
        assert {len(path.get_xdata()) for path in paths} == {len(go.activity_time) - 50}


def test_the_trial_drawn_is_one_that_both_networks_answer(go):
    go_trials = [k for k, name in enumerate(go.trials.conditions) if name == "go"]
    right = np.ones(len(go.trials), bool)
    right[go_trials[:2]] = False
    wrong = dataclasses.replace(go.rate_score, correct=right)
    every = dataclasses.replace(go.rate_score, correct=np.ones(len(go.trials), bool))
    some = dataclasses.replace(go, rate_score=every, spiking_score=wrong)
    assert answered(some) == go_trials[2]
    never = dataclasses.replace(go.rate_score, correct=np.zeros(len(go.trials), bool))
    assert answered(dataclasses.replace(go, spiking_score=never)) == go_trials[0]


def test_choices_and_contexts_of_the_variables(context):
    found = task_variables(context)
    attended = np.where(found["context"] > 0, found["motion"], found["color"])
    assert np.array_equal(attended, found["choice"])
    assert np.array_equal(found["choice"], context.trials.targets[:, -1])
    assert stimulus_samples(context) == (50, 250)


def test_units_of_mixed_selectivity(context):
    assert 0.2 < selectivity(context)["mixed"] < 1.0
    assert selectivity(changed(context, slice(None), 0.0))["mixed"] == 0.0


def test_trajectories_of_choices_begin_with_the_stimulus_and_stay_apart(context):
    figure = reproduced("figs5").draw(Figure())
    choice, motion, color, axes = *list(task_variables(context).values())[:3], choice_axes(context)
    attend_to_motion = np.array([name.startswith("motion") for name in context.trials.conditions])
    paths = [line for line in figure.axes[2].lines if len(line.get_xdata()) > 2]
    assert len(paths) == 4
    chosen = attend_to_motion & (choice < 0) & (color > 0)
    mean = context.spiking_activity[chosen].mean(axis=0)
    first, last = (mean[:, at : at + BIN].mean(axis=1, keepdims=True) for at in (250 // 5, 490))
    drawn = paths[2].get_xydata()
    assert np.allclose(drawn[0], axes.project(first)[:2, 0])
    assert np.allclose(drawn[-1], axes.project(last)[:2, 0])
    ends = [path.get_xdata()[-1] for path in paths]
    assert max(ends[2:]) < 0 < min(ends[:2])
    x, y = figure.axes[1].lines[-1].get_data()
    np.testing.assert_allclose(y, axes.coefficients[2, :, 250 // BIN - 1], atol=1e-9)
    np.testing.assert_allclose(x, axes.coefficients[0, :, 250 // BIN - 1], atol=1e-9)
    assert set(motion) == set(color)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()][:2] == ["choice +1", "choice -1"]


def test_a_journal_of_several_versions_is_told():
    found = reproduced("figs5")
    (entry,) = found.entries
    other = dataclasses.replace(entry, converted=entry.converted | {"version": "1.0"})
    assert "several versions" not in str(found)
    assert "are of several versions: 0, 1.0." in str(dataclasses.replace(found, entries=(other,)))
    assert "; 1 network a condition, seed 1" in " ".join(str(found).split())


@pytest.mark.parametrize("name", ["fig1b", "fig2b", "figs1", "figs3"])
def test_legends_name_the_target(name):
    figure = reproduced(name).draw(Figure())
    legends = [*figure.legends, *(legend for ax in figure.axes if (legend := ax.get_legend()))]
    assert "target" in {text.get_text() for legend in legends for text in legend.get_texts()}


def test_lines_of_names_stand_beside_each_other():
    top, bottom = reproduced("stopping").draw(Figure()).axes
    names = ["sigmoid", "softplus", "clipped_relu", "sigmoid, to\n100 ms"]
    assert [label.get_text() for label in bottom.get_xticklabels()] == names
    squares = {"SI's rule": [], "1500 updates": []}
    for line in top.lines:
        if line.get_marker() == "s":
            squares[line.get_label()].append(line.get_xdata()[0])
    pairs = enumerate(zip(*squares.values(), strict=True))
    assert all(k - 0.5 < before < k < after < k + 0.5 for k, (before, after) in pairs)

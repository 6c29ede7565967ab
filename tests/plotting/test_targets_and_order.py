"""Targets are told apart by condition, legends name every mark, captions say how conditions were chosen."""

import dataclasses

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from spiking import datasets, plotting, tasks
from spiking.evaluation import run_both
from spiking.plotting.captions import order_words


@pytest.fixture(scope="module")
def both():
    return run_both(datasets.load("dms"), trials=8, seed=1)


def targets(ax):
    return [line for line in ax.lines if line.get_linewidth() == 1.8]


def test_a_target_has_the_colours_of_its_conditions_and_ends_with_the_response(both):
    ax = plotting.output(both.spiking, Figure().subplots(), trials=both.trials, task=both.task)
    assert len(targets(ax)) == 4  # two targets, in pieces of two colours each
    ends = {}
    for line in targets(ax):
        values = line.get_ydata()
        assert np.isnan(values[-1])  # the drop 5 ms before the end of the trial
        assert not np.isnan(values[:-1]).any()
        ends.setdefault(values[-2], []).append(to_rgb(line.get_color()))
    assert sorted(ends) == [-1.0, 1.0]
    assert len({colour for own in ends.values() for colour in own}) == 4


def test_the_legend_of_a_new_figure_names_every_mark(both):
    shared = {"trials": both.trials, "task": both.task}
    for figure in (
        plotting.output(both.spiking, rate=both.rate, **shared).figure,
        plotting.outputs(both.spiking, rate=both.rate, **shared),
    ):
        (legend,) = figure.legends
        names = [text.get_text() for text in legend.get_texts()]
        assert names == ["++", "+-", "-+", "--", "rate network", "target", "criterion", "scored"]
        figure.canvas.draw()
        box, (low, high) = legend.get_window_extent(), (figure.bbox.x0, figure.bbox.x1)
        assert low <= box.x0 < box.x1 <= high
        (ax,) = figure.axes
        assert ax.get_window_extent().width > 0.7 * (high - low)  # the legend does not press it together
    plain = plotting.output(both.spiking, trials=both.trials, target=False).figure.legends[0]
    assert [text.get_text() for text in plain.get_texts()] == ["++", "+-", "-+", "--"]
    ax = plotting.outputs_of_both(both)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["spiking", "rate", "target", "criterion", "scored"]


def test_captions_say_how_conditions_were_chosen(both):
    drawn = run_both(datasets.load("dms"), trials=8, seed=1, balanced=False)
    for run, words in ((both, "balanced: conditions in turn."), (drawn, "conditions drawn at random.")):
        for figure in (
            plotting.psth(run.spiking, trials=run.trials),
            plotting.firing_rates(run.spiking, trials=run.trials),
            plotting.faithfulness(run),
            plotting.comparison(run, dataclasses.replace(run)),
            plotting.trial(run),
            plotting.state_space(run),
            plotting.raster(dataclasses.replace(run.spiking, conditions=run.trials.conditions)).figure,
        ):
            assert f", seed 1, {words}" in plotting.caption_of(figure)


@pytest.mark.parametrize(
    ("conditions", "numbers", "task", "words"),
    [
        (None, range(3), None, ""),
        (("go", "go"), range(2), tasks.get("go-nogo"), ""),
        (("go", "nogo", "go"), range(3), tasks.get("go-nogo"), ", balanced: conditions in turn"),
        (("nogo", "go", "nogo"), range(3), tasks.get("go-nogo"), ", conditions drawn at random"),
        (("nogo", "go"), [5, 8], tasks.get("go-nogo"), ", balanced: conditions in turn"),
        (("a", "b", "a"), range(3), None, ", balanced: conditions in turn"),
        (("a", "b", "b"), range(3), None, ", conditions drawn at random"),
        (("a", "b", "c", "b"), range(4), None, ", conditions drawn at random"),
    ],
)
def test_the_order_of_conditions(conditions, numbers, task, words):
    assert order_words(conditions, numbers, task) == words

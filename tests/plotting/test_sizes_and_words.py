"""Figures have the chosen sizes, say what is in them, and draw what does not change once."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

from spiking import ArgumentError, Smoothing, analysis, datasets, plotting, smoothed_rates, sweep
from spiking.evaluation import Score
from spiking.evaluation.both_networks import run_both
from spiking.tuning.recorded_search import RecordedSearch


@pytest.fixture(scope="module")
def both():
    return run_both(datasets.load("go-nogo"), trials=4, seed=1)


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def sizes(figure):
    return {text.get_fontsize() for text in figure.findobj(Text) if text.get_text()}


def test_font_size_and_width_are_chosen_for_all_figures(both):
    with plotting.publication(font_size=9, width=120):
        one = plotting.raster(both.spiking).figure
        with plotting.publication():  # as inside of the functions
            several = plotting.overview(both.spiking, trials=both.trials, task=both.task)
    for figure in (one, several):
        assert figure.get_size_inches()[0] == pytest.approx(120 / 25.4)
        assert sizes(figure) <= {8, 9, 10}
        assert 9 in sizes(figure)
    assert plotting.raster(both.spiking).figure.get_size_inches()[0] == pytest.approx(85 / 25.4)
    for wrong in ({"font_size": 2}, {"width": 1e4}):
        with (
            pytest.raises(ArgumentError, match=r"expected \d+ to \d+ (points|mm)"),
            plotting.publication(**wrong),
        ):
            pass


def test_conditions_stand_in_rows_in_a_narrow_figure():
    four = run_both(datasets.load("dms"), trials=4, seed=1)
    with plotting.publication(width=85):
        figure = plotting.overview(four.spiking, trials=four.trials, task=four.task)
    assert figure.get_size_inches()[0] == pytest.approx(85 / 25.4)
    titles = {ax.get_title(): ax.get_position() for ax in figure.axes if ax.get_title()}
    assert list(titles) == ["++", "+-", "-+", "--"]
    figure.canvas.draw()
    boxes = {ax.get_title(): ax.get_position() for ax in figure.axes if ax.get_title()}
    assert boxes["-+"].y1 < boxes["++"].y0
    assert boxes["++"].width > 0.2


def test_several_inputs_are_channels_with_a_scale(both):
    four = run_both(datasets.load("dms"), trials=4, seed=1)
    ax = plotting.inputs(four.trials)
    assert ax.get_ylabel() == "Input\nchannel"
    assert [text.get_text() for text in ax.texts] == ["1"]
    assert "channels" in plotting.caption_of(ax.figure)
    (bar,) = (line for line in ax.lines if line.get_linewidth() == 1.2)
    height = abs(np.diff(bar.get_ydata()))[0]  # of an input of 1, as the pulses have
    assert np.abs(ax.patches[0].get_data().values).max() == pytest.approx(height)
    assert plotting.inputs(both.trials).get_ylabel() == "Input"


def test_a_psth_has_the_mean_rate_of_each_population_and_condition(both):
    figure = plotting.psth(both.spiking, trials=both.trials, smoothing=Smoothing("gaussian", 10.0))
    rates = smoothed_rates(both.spiking, Smoothing("gaussian", 10.0), interval=5.0)
    for ax, name in zip(figure.axes, ("exc", "inh"), strict=True):
        members = both.spiking.network.populations[name]
        for line in ax.lines:
            chosen = np.array(both.trials.conditions) == line.get_label()
            assert np.allclose(line.get_ydata(), rates[chosen][:, members].mean(axis=(0, 1)))
        assert {line.get_label() for line in ax.lines} == {"go", "nogo"}
    caption = plotting.caption_of(figure)
    assert "bins of 5 ms, smoothed with a Gaussian with a standard deviation of 10 ms" in caption
    assert "Task go-nogo: 4 trials (2 go, 2 nogo), seed 1, balanced: conditions in turn." in caption


def test_captions_say_task_condition_window_and_what_stands_upon_what(both):
    ax = plotting.raster(both.spiking, 0)
    plotting.shade_stimulus(ax, both.trials, [0])
    caption = plotting.caption_of(ax.figure)
    assert all(words in caption for words in ("trial 0 (go)", "Task go-nogo.", "Grey areas: stimuli."))
    caption = plotting.caption_of(plotting.firing_rates(both.spiking))
    assert "Task go-nogo" in caption
    assert "without its first 9 steps of 0.05 ms" in caption
    assert "upon each other" in caption
    four = run_both(datasets.load("dms"), trials=4, seed=1)
    caption = plotting.caption_of(plotting.outputs(four.spiking, trials=four.trials, task=four.task))
    assert "Conditions: signs of the first and of the second stimulus." in caption
    lesioned = run_both(four.model, four.task, 4, seed=1, network=four.spiking.network.lesion([1, 2]))
    assert "2 neurons lesioned" in plotting.caption_of(
        plotting.overview(lesioned.spiking, trials=four.trials)
    )


def test_fixed_points_say_their_inputs_and_show_the_ends(both):
    points = [analysis.fixed_points(net, starts=10) for net in (both.model, both.spiking.network)]
    figure = plotting.fixed_points(both, *points)
    assert "without inputs:" in plotting.caption_of(figure)
    assert "in the rate network, and" in plotting.caption_of(figure)
    for ax in figure.axes:
        assert ax.get_xlabel().startswith("PC 1 of the rate network")
        ends = [line for line in ax.lines if line.get_marker() == "s"]
        points = [line for line in ax.lines if line.get_marker() == "D"]
        assert min(end.get_markersize() for end in ends) > max(point.get_markersize() for point in points)


def test_the_training_curve_says_when_noise_began_to_grow():
    ax = plotting.training_curve(datasets.load("go-nogo"))
    (line,) = (line for line in ax.lines if line.get_label() == "noise grows")
    assert list(line.get_xdata()) == [100, 100]
    assert "Dotted: update 100" in plotting.caption_of(ax.figure)


def test_what_does_not_change_the_rate_network_is_drawn_once():
    model = datasets.load("go-nogo")
    one = sweep(model, grid={"refractory": [1.0, 2.0, 4.0]}, trials=4, seed=1, rate_network=True)
    ax = one.plot()
    assert [line.get_marker() for line in ax.lines] == ["o", "None"]
    assert "drawn once, as refractory period (ms) is no constant of it" in plotting.caption_of(ax.figure)
    grid = {"scale_weights.inh": [0.7, 1.0], "refractory": [1.0, 2.0, 4.0]}
    two = sweep(model, grid=grid, trials=4, seed=1, rate_network=True)
    ax = two.plot()
    assert ax.get_xlim()[0] < 0.7
    assert ax.get_xlim()[1] > 1.0
    assert [line.get_label() for line in ax.lines] == [
        "1, spiking",
        "rate network",
        "2, spiking",
        "4, spiking",
    ]
    assert ax.get_xlabel() == "Weights of inhibitory neurons (factor)"
    assert not [
        band for band in ax.collections if band.get_alpha() == 0.2
    ]  # four bands would be one brown area
    assert "rate network" not in plotting.caption_of(two.plot("rate_hz").figure)


def test_candidates_of_fewer_trials_are_open_and_the_choice_hides_none(monkeypatch):
    scores = {20.0: Score(3, 10), 30.0: Score(38, 40), 40.0: Score(39, 40), 50.0: Score(12, 20)}
    recorded = RecordedSearch(
        scaling_factor=30.0,
        accuracy={factor: score.accuracy for factor, score in scores.items()},
        scores=scores,
        plateau=(30.0, 40.0),
        fresh=Score(190, 200),
        details={},
    )
    monkeypatch.setattr("spiking.plotting.curves.recorded_search", lambda model: recorded)
    ax = plotting.scaling_factor(datasets.load("go-nogo-sigmoid"))
    (open_markers,) = (line for line in ax.lines if line.get_markerfacecolor() == "white")
    assert list(open_markers.get_xdata()) == [20.0, 50.0]
    caption = plotting.caption_of(ax.figure)
    assert "Accuracy of the spiking network in 40 trials" in caption
    assert "Open: 10 to 39 trials" in caption
    assert "Grey bar: plateau" in caption
    figure = ax.figure
    figure.canvas.draw()
    (choice,) = (line for line in ax.lines if line.get_marker() == "D")
    shift = (
        choice.get_transform().transform(choice.get_xydata())[0]
        - ax.transData.transform(choice.get_xydata())[0]
    )
    assert shift[0] > 0.03 * figure.dpi


def test_conditions_have_the_order_of_the_task_in_figures_and_tables():
    both = run_both(datasets.load("mante"), trials=8, seed=1)  # whose order is not alphabetical
    order = list(both.task.conditions)
    assert list(both.trials.names) == order == list(both.spiking_score.by_condition)
    ax = plotting.output(both.spiking, trials=both.trials, task=both.task)
    assert list(dict.fromkeys(name for name in ax.get_legend_handles_labels()[1] if name in order)) == order
    for figure in (plotting.state_space(both), plotting.faithfulness(both)):
        labels = [text.get_text() for drawn in figure.legends for text in drawn.get_texts()]
        for ax in figure.axes:
            labels += ax.get_legend_handles_labels()[1]
        places = [labels.index(name) for name in order]
        assert places == sorted(places)
    means = analysis.condition_means(both.spiking_activity, both.trials.conditions, both.trials.names)
    assert list(means) == order

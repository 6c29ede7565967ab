"""What the figures show: every spike in its population's row and colour, means, windows."""

from __future__ import annotations

import itertools
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from models import model_mapping

from spiking import (
    ArgumentError,
    RateModel,
    Record,
    SpikingNetwork,
    Stimulation,
    datasets,
    plotting,
    simulate,
    sweep,
    tasks,
)
from spiking.analysis import condition_means, principal_components
from spiking.analysis.faithfulness import faithfulness_of
from spiking.evaluation import Score
from spiking.evaluation.both_networks import run_both
from spiking.plotting.style import POPULATION_COLOURS, STIMULATION_COLOUR

GO_NOGO = Path(__file__).parents[1] / "golden" / "sst.mat"
TASK = tasks.GoNoGo()


@pytest.fixture(scope="module")
def model():
    return RateModel.load(GO_NOGO)


@pytest.fixture(scope="module")
def trials():
    return TASK.trials(8, seed=1)


@pytest.fixture(scope="module")
def run(model, trials):
    network = SpikingNetwork.from_rate(model, 50)
    return simulate(network, trials.spiking_inputs, seed=1, record=Record(spikes=True))


@pytest.fixture
def ax():
    return Figure().subplots()


def test_raster_shows_every_spike_by_population(run, ax):
    assert plotting.raster(run, 2, ax) is ax
    matrix = run.spike_matrix(2)
    lines = {to_hex(line.get_color()): line for line in ax.lines if line.get_marker() == "|"}
    top = 0
    for name in ("exc", "pv", "som"):
        mask = run.network.populations[name]
        line = lines[POPULATION_COLOURS[name].lower()]
        neuron, step = np.nonzero(matrix[mask])
        expected = sorted(zip((step + 1) * run.time_step, neuron + top + 0.5, strict=True))
        assert np.allclose(sorted(zip(*line.get_data(), strict=True)), expected)
        top += mask.sum()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["exc.\n(45)", "PV\n(9)", "SST\n(6)"]
    assert ax.get_ylim() == (60, 0)
    assert ax.get_xlim() == (0, 1000)


def test_output_shows_means_trials_and_windows(model, run, trials, ax):
    rate = model.run(trials.inputs, seed=1)
    assert plotting.output(run, ax, trials=trials, task=TASK, rate=rate) is ax
    thin = run.time.size // 1000
    for condition in ("go", "nogo"):
        members = [k for k, name in enumerate(trials.conditions) if name == condition]
        assert len(members) > 1
        (mean,) = (line for line in ax.lines if line.get_label() == condition)
        assert np.allclose(mean.get_ydata(), run.output[members, 0].mean(axis=0)[::thin])
        expected = rate.output[members, 0].mean(axis=0)
        dashed = [
            line.get_ydata()
            for line in ax.lines
            if line.get_linewidth() == 0.8 and line.get_linestyle() == "--"
        ]
        assert any(y.shape == expected.shape and np.allclose(y, expected) for y in dashed)
    assert sum(line.get_linewidth() == 0.3 for line in ax.lines) == 2 * 3
    targets = [line.get_ydata() for line in ax.lines if line.get_linewidth() == 1.8]
    assert {target.max() for target in targets} == {0, 1}
    go = np.flatnonzero(np.array(trials.conditions) == "go")
    mean, spread = run.output[go, 0, ::thin].mean(axis=0), run.output[go, 0, ::thin].std(axis=0)
    top, bottom = (edge(ax.collections[0].get_paths()[0].vertices[:, 1]) for edge in (np.max, np.min))
    assert np.allclose([top, bottom], [(mean + spread).max(), (mean - spread).min()])
    levels = [float(line.get_ydata()[0]) for line in ax.lines if line.get_linestyle() == ":"]
    assert sorted(levels) == [0.3, 0.7]
    assert [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches] == [(250, 375)]


def test_stimulus_is_what_is_on_for_a_while_only(ax):
    trials = tasks.ContextIntegration().trials(3, seed=0)
    plotting.shade_stimulus(ax, trials)
    assert [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches] == [(250, 1250)]


def test_overview_has_a_column_for_each_condition(run, trials):
    before = dict(mpl.rcParams)
    given = Figure()
    assert plotting.overview(run, trials=trials, task=TASK, figure=given) is given
    assert [ax.get_title() for ax in given.axes[:2]] == ["go", "nogo"]
    assert len(given.axes) == 6
    given.canvas.draw()
    assert dict(mpl.rcParams) == before


def test_overview_without_a_task(run):
    figure = plotting.overview(run, figure=Figure())
    assert len(figure.axes) == 2


def test_rates_beside_the_raster(run, ax):
    plotting.raster(run, 2, ax, rates=True)
    (beside,) = ax.child_axes
    drawn = np.concatenate([patch.get_data().values for patch in beside.patches])
    groups = [run.network.populations[name] for name in ("exc", "pv", "som")]
    assert np.array_equal(drawn, np.concatenate([run.rates[2][mask] for mask in groups]))
    means = [line.get_xdata()[0] for line in beside.lines if line.get_linewidth() == 0.8]
    assert np.allclose(means, [run.rates[2][mask].mean() for mask in groups])


def stacked(ax):
    """Return the topmost of stacked histograms, which is their sum."""
    return [patch for patch in ax.patches if hasattr(patch, "get_data")][-1].get_data()


def test_histograms_count_every_unit_once(model, run, ax):
    plotting.time_constants(model, ax)
    assert np.array_equal(stacked(ax).values, np.histogram(model.tau_decay(), stacked(ax).edges)[0])
    names = [text.get_text().split(",")[0] for text in ax.get_legend().get_texts()]
    assert names == ["exc.", "PV", "SST"]


def test_rates_are_drawn_by_condition_and_silent_is_a_rate(run, trials):
    figure = plotting.firing_rates(run, Figure(), trials=trials)
    assert [panel.get_title(loc="left") for panel in figure.axes] == ["go", "nogo"]
    for panel in figure.axes:
        members = np.array(trials.conditions) == panel.get_title(loc="left")
        rates = run.rates[members].mean(axis=0)
        assert np.array_equal(stacked(panel).values, np.histogram(rates, stacked(panel).edges)[0])
        silent = int(np.sum(rates < 0.5))
        assert panel.texts[0].get_text().startswith(f"{silent} of 60 neurons below 0.5 Hz, mean over")
    with pytest.raises(ArgumentError, match="trials has 3 trials; expected 8, as simulated"):
        plotting.firing_rates(run, trials=TASK.trials(3, seed=1))


def test_weights_by_population(model, run, ax):
    order = np.concatenate([np.flatnonzero(model.populations[name]) for name in ("exc", "pv", "som")])
    for drawn, expected in ((model, model.effective_weights()), (run.network, run.network.dense_weights)):
        ax.clear()
        plotting.weights(drawn, ax)
        assert np.array_equal(ax.images[0].get_array(), expected[np.ix_(order, order)])
        low, high = ax.images[0].get_clim()
        assert low == -high
        red, blue = ax.images[0].cmap(1.0)[0], ax.images[0].cmap(0.0)[0]
        assert red > blue


def test_units_without_types_are_not_called_excitatory(ax):
    network = SpikingNetwork.from_rate(RateModel.load(model_mapping(20, dale=False)), 20)
    plotting.weights(network, ax)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["all"]


@pytest.fixture(scope="module")
def both(model):
    return run_both(model, TASK, 4, seed=3, scaling_factor=50)


def test_a_trial_of_both_networks(both):
    figure = plotting.trial(both, 1, Figure())
    top, middle, bottom = figure.axes[:3]
    lines = {line.get_label(): line for line in top.lines}
    assert np.array_equal(lines["spiking"].get_ydata(), both.spiking.output[1, 0])
    assert np.array_equal(lines["rate"].get_ydata(), both.rate.output[1, 0])
    (target,) = (line for line in top.lines if line.get_linewidth() == 1.8)
    assert np.array_equal(target.get_ydata(), both.trials.targets[1])
    rate, spiking = (ax.images[0].get_array() for ax in (middle, bottom))
    assert (np.diff(rate.argmax(axis=1)) >= 0).all()
    order = [int(np.flatnonzero((both.rate_activity[1] == row).all(axis=1))[0]) for row in rate]
    assert np.array_equal(spiking, both.spiking_activity[1][order])


def test_state_space_of_both_networks(both):
    figure = plotting.state_space(both, Figure())
    late = both.activity_time > 50
    for ax, values in zip(figure.axes, (both.rate_activity, both.spiking_activity / 50), strict=True):
        means = condition_means(values[..., late], both.trials.conditions)
        components = principal_components(np.stack(list(means.values())), 2)
        for name, mean in means.items():
            (path,) = (line for line in ax.lines if line.get_label() == name)
            assert np.allclose(np.abs(path.get_xydata().T), np.abs(components.project(mean)))


def test_comparison_of_two_experiments(both, model):
    other = run_both(model, TASK, 4, seed=3, scaling_factor=80)
    figure = plotting.comparison(both, other, labels=("50", "80"), figure=Figure())
    assert [ax.get_title() for ax in figure.axes[:2]] == ["50", "80"]
    rows = [label.get_text() for label in figure.axes[2].get_yticklabels()]
    parts = ("all (n = 4)", "go (n = 2)", "nogo (n = 2)")
    assert rows == [f"{factor}, {part}" for factor in (50, 80) for part in parts]
    points = np.concatenate([line.get_xydata() for line in figure.axes[3].lines if line.get_marker() == "o"])
    means = [
        np.concatenate([*condition_means(each.spiking.rates[:, :, None], each.trials.conditions).values()])
        for each in (both, other)
    ]
    drawn = sorted(zip(means[0].ravel(), means[1].ravel(), strict=True))
    assert np.allclose(sorted(map(tuple, points)), drawn)
    smaller = run_both(RateModel.load(model_mapping(20)), TASK, 4, seed=3, scaling_factor=50)
    assert len(plotting.comparison(both, smaller, figure=Figure()).axes) == 4
    with pytest.raises(ArgumentError, match="second is on the task"):
        plotting.comparison(both, run_both(model, tasks.GoNoGo(duration=900), 2, scaling_factor=50))
    with pytest.raises(ArgumentError, match="second has 20 neurons; expected 60"):
        plotting.rates_against(both.spiking, smaller.spiking, Figure().subplots())


def test_figures_of_their_own_are_a_column_wide_and_leave_settings_alone(model, run, both):
    plt.switch_backend("agg")
    before = dict(mpl.rcParams)
    for draw in (
        lambda: plotting.raster(run),
        lambda: plotting.output(run),
        lambda: plotting.time_constants(model),
        lambda: plotting.weights(model),
        lambda: plotting.outputs_of_both(both),
        lambda: plotting.trajectories(condition_means(both.rate_activity, both.trials.conditions)),
        lambda: plotting.accuracies(both.rate_score.by_condition),
        lambda: plotting.inputs(both.trials),
    ):
        figure = draw().figure
        assert figure.get_size_inches()[0] == pytest.approx(85 / 25.4)
        figure.canvas.draw()
        sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
        assert min(sizes) >= 6
        plt.close(figure)
    assert dict(mpl.rcParams) == before


def test_inputs_of_several_channels_are_stacked(ax):
    plotting.inputs(tasks.XOR().trials(1, seed=0), 0, ax)
    assert ax.get_yticks().tolist() == [0, 1]


def test_mistakes(run, trials, ax):
    bare = simulate(run.network, np.zeros((1, 3)), seed=0, record=Record(output=False))
    for call, words in (
        (lambda: plotting.raster(bare, ax=ax), "spikes were not recorded"),
        (lambda: plotting.raster(run, 8, ax), "trial is 8; expected 0 to 7"),
        (lambda: plotting.output(bare, ax), "output was not recorded"),
        (lambda: plotting.output(run, ax, channel=1), "channel is 1"),
        (lambda: plotting.output(run, ax, trials=TASK.trials(3, seed=0)), "trials has 3 trials"),
        (lambda: plotting.output(run, ax, trials=trials, conditions=["stop"]), "expected some of"),
    ):
        with pytest.raises(ArgumentError, match=words):
            call()


def test_the_settings_for_print_end_with_their_context_and_a_notebook_stays_interactive():
    matplotlib = pytest.importorskip("matplotlib")
    before = dict(matplotlib.rcParams)
    with plotting.publication():
        assert matplotlib.rcParams["font.size"] == 7
        matplotlib.interactive(True)  # as the first figure of a notebook does
    assert matplotlib.is_interactive()
    matplotlib.interactive(False)
    assert dict(matplotlib.rcParams) == before


class OwnScore(tasks.GoNoGo):
    """Says itself what is right."""

    def score(self, output, time, trials, *, strict=False):
        return super().score(output, time, trials)


def dotted(axes):
    return [line for line in axes.lines if line.get_linestyle() == ":"]


def test_no_criterion_is_drawn_for_a_task_that_scores_itself(run, trials, ax):
    assert dotted(plotting.output(run, ax, trials=trials, task=TASK))
    assert not dotted(plotting.output(run, Figure().subplots(), trials=trials, task=OwnScore()))
    for task, there in ((TASK, True), (OwnScore(), False)):
        figure = plotting.overview(run, trials=trials, task=task)
        words = [text.get_text() for text in figure.legends[0].get_texts()]
        assert ("criterion" in words) == there
        assert "scored" in words


class TwoOutputs(OwnScore):
    n_outputs = 2

    def trial(self, condition, rng):
        inputs, target = super().trial(condition, rng)
        return inputs, np.array([target, -target])

    def score(self, output, time, trials, *, strict=False):
        return np.ones(len(trials), bool)


def test_every_output_is_drawn_and_named():
    model, task = RateModel.load(model_mapping(n_outputs=2)), TwoOutputs()
    both = run_both(model, task, 2, seed=1, scaling_factor=50)
    figure = plotting.overview(both.spiking, trials=both.trials, task=task, rate=both.rate)
    names = [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel().startswith("Output")]
    assert names == ["Output 0", "Output 1"]
    first, second = (ax for ax in figure.axes if ax.get_ylabel().startswith("Output"))
    means = [[line.get_ydata() for line in ax.lines if line.get_linewidth() == 1.2] for ax in (first, second)]
    assert not np.array_equal(*(np.array(own) for own in means))
    assert [bool(ax.get_xlabel()) for ax in (first, second)] == [False, True]
    said = str(both.spiking)
    for k, values in enumerate(both.spiking.output.swapaxes(0, 1)):
        assert f"output {k} from {values.min():.3f} to {values.max():.3f}" in said
    assert "at the end outputs 0, 1 " in said
    figure = plotting.trial(both)
    assert [ax.get_ylabel() for ax in figure.axes[:2]] == ["Output 0", "Output 1"]
    assert plotting.output(both.spiking, Figure().subplots(), channel=1).get_ylabel() == "Output 1"
    drawn = (plotting.overview(both.spiking, trials=both.trials, task=task), plotting.trial(both))
    for figure in drawn:
        panels = [ax for ax in figure.axes if ax.get_ylabel() in ("Output 0", "Output 1")]
        assert len(panels) == 2
        assert panels[0].get_ylim() == panels[1].get_ylim()  # an output that is hardly active looks like that
        assert "an input that changes is not zero" in plotting.caption_of(figure)
    figure = plotting.outputs(both.spiking, trials=both.trials, task=task)
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert [ax.get_ylabel() for ax in figure.axes] == ["Output 0", "Output 1"]
    assert not any(map(dotted, figure.axes))
    assert "solid: output 0, dashed: output 1." in plotting.caption_of(plotting.faithfulness(both))
    figure = plotting.comparison(both, both)
    assert [ax.get_ylabel() for ax in figure.axes[:4]] == ["Output 0", "", "Output 1", ""]
    with pytest.raises(ArgumentError, match="channel is 2; expected 0 to 1"):
        plotting.outputs_of_both(both, channel=2)


def curves(ax):
    (other,) = (one for one in ax.figure.axes if one is not ax)
    lines = {line.get_label(): line for line in (*ax.lines, *other.lines)}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(lines)
    return lines


def test_the_training_of_the_original_trainer_ends_where_it_ended():
    losses = np.zeros((1, 6000))
    losses[0, :1501] = np.linspace(30, 5, 1501)
    model = RateModel.load(
        model_mapping(losses=losses, eval_loss_mean=np.array([[5.0]]), eval_perf_mean=np.array([[0.97]]))
    )
    lines = curves(plotting.training_curve(model))
    np.testing.assert_array_equal(lines["loss, updates"].get_ydata(), losses[0, :1501])
    for name, value in (("loss, 100 fresh trials", 5.0), ("accuracy", 97.0)):
        assert (lines[name].get_xdata().tolist(), lines[name].get_ydata().tolist()) == ([1501], [value])
        assert lines[name].get_marker() == "o"


def test_the_training_of_this_package_has_a_test_every_100_updates():
    model = RateModel.load(
        model_mapping(losses=np.ones(250), eval_loss_mean=[3.0, 2.0, 1.0], eval_perf_mean=[0.5, 0.6, 0.7])
    )
    assert curves(plotting.training_curve(model))["accuracy"].get_xdata().tolist() == [100, 200, 250]
    history = {"eval_losses": [3.0, 2.0, 1.0], "eval_accuracies": [0.5, 0.6, 0.7]}  # since 0.1.0
    today = RateModel.load(
        model_mapping(losses=np.ones(250), eval_loss_mean=1.0, eval_perf_mean=0.7, **history)
    )
    for drawn in (model, today):
        lines = curves(plotting.training_curve(drawn))
        assert lines["accuracy"].get_ydata().tolist() == pytest.approx([50, 60, 70])
        assert lines["accuracy"].get_xdata().tolist() == [100, 200, 250]
    wrong = RateModel.load(
        model_mapping(losses=np.ones(250), eval_loss_mean=[3.0, 2.0], eval_perf_mean=[1.0])
    )
    with pytest.raises(ArgumentError, match="has 250 losses, and 2 losses and 1 accuracies of tests"):
        plotting.training_curve(wrong)


def test_axes_in_polar_coordinates_are_refused():
    polar = plt.figure().add_subplot(projection="polar")
    with pytest.raises(ArgumentError, match="ax is polar axes; expected rectilinear ones"):
        plotting.accuracies({"go": Score(3, 4)}, polar)


def texts(figure):
    """Return all texts that a figure shows, with the tick labels of the axes' limits and between them."""
    figure.canvas.draw()
    for ax in figure.findobj(Axes):
        yield from (*ax.texts, ax.title, ax.xaxis.label, ax.yaxis.label)
        yield from ax.get_legend().get_texts() if ax.get_legend() else ()
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if low - 1e-9 <= tick.get_loc() <= high + 1e-9]
            yield from (label for tick in ticks for label in (tick.label1, tick.label2))
    yield from figure.texts
    yield from (text for legend in figure.legends for text in legend.get_texts())


def assert_texts_are_apart(figure, points=1.0):
    """Fail if two texts of a figure are closer than this, or one is cut off."""
    shown = [text for text in texts(figure) if text.get_visible() and text.get_text()]
    boxes = [text.get_window_extent().padded(points / 2 * figure.dpi / 72) for text in shown]
    for (a, first), (b, second) in itertools.combinations(zip(shown, boxes, strict=True), 2):
        assert not first.overlaps(second), (a.get_text(), b.get_text())
    for text, box in zip(shown, boxes, strict=True):
        margin = figure.dpi / 72
        assert -margin < box.x0 < box.x1 < figure.bbox.width + margin, text.get_text()


@pytest.mark.parametrize("name", ["go-nogo", "mante", "xor"])
def test_no_texts_touch_in_a_column_of_print(name):
    both = run_both(datasets.load(name), trials=4, seed=1)
    for figure in (
        plotting.overview(both.spiking, trials=both.trials, task=both.task, rate=both.rate),
        plotting.outputs(both.spiking, trials=both.trials, task=both.task),
        plotting.trial(both),
        plotting.comparison(both, both),
        plotting.state_space(both),
        plotting.raster(both.spiking, rates=True).figure,
        plotting.firing_rates(both.spiking, trials=both.trials),
        plotting.faithfulness(both),
        plotting.overview(both.spiking, trials=both.trials, task=both.task, caption=True),
        plotting.time_constants(both.model).figure,
        plotting.training_curve(both.model).figure,
    ):
        assert_texts_are_apart(figure)
        plt.close(figure)


def words(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def test_figures_say_which_trial_and_what_the_band_is(run, trials, both):
    overview = words(plotting.overview(run, trials=trials, task=TASK))
    go = [k for k, name in enumerate(trials.conditions) if name == "go"]
    assert f"trial {go[0]}" in overview
    assert f"mean ± SD, {len(go)} trials" in overview
    assert "mean ± SD, 8 trials" in words(plotting.output(run).figure)
    assert "trial 3" in words(plotting.raster(run, 3).figure)
    assert f"Trial 1, {both.trials.conditions[1]}" in words(plotting.trial(both, 1))


def test_the_window_of_a_stimulation_is_shaded(run, trials):
    lights = [Stimulation("inh", (600, 800)), Stimulation("exc", (100, 150))]
    figure = plotting.overview(run, trials=trials, task=TASK, stimulation=lights)
    for ax in figure.axes[2:]:  # below the inputs
        shaded = [
            patch for patch in ax.patches if to_hex(patch.get_facecolor()).upper() == STIMULATION_COLOUR
        ]
        assert [(patch.get_x(), patch.get_width()) for patch in shaded] == [(600, 200), (100, 50)]
    assert "stimulation" in words(figure)
    assert "stimulation" not in words(plotting.overview(run, trials=trials, task=TASK))


def test_inputs_without_targets_and_score_have_neither_in_the_figure(model):
    both = run_both(model, np.ones((2, 1, 100)), 4, seed=1, scaling_factor=50)
    figure = plotting.overview(both.spiking, trials=both.trials, task=both.task)
    assert not {"target", "scored", "criterion"} & set(words(figure))


def test_the_training_curve_ends_at_the_last_update():
    model = datasets.load("go-nogo")
    assert plotting.training_curve(model).get_xlim() == (0, np.size(model.extras["losses"]))


def test_captions_say_the_order_of_rows_and_how_many_trials_were_correct(both):
    order = "Each row is a neuron; from the top: exc., PV, SST, within each population by ascending number."
    assert order in plotting.caption_of(plotting.raster(both.spiking).figure)
    conditions, correct = np.array(both.trials.conditions), both.spiking_score.correct
    counts = ", ".join(
        f"{correct[conditions == name].sum()} of {(conditions == name).sum()} {name}"
        for name in sorted(set(conditions))
    )
    for draw in (plotting.outputs, plotting.overview):
        caption = plotting.caption_of(draw(both.spiking, trials=both.trials, task=both.task))
        assert f"The bands are of all trials, of which {counts} were correct." in caption
    assert order in caption


def test_captions_say_whether_conditions_are_in_turn(both):
    for draw in (plotting.overview, plotting.outputs):
        caption = plotting.caption_of(draw(both.spiking, trials=both.trials, task=both.task))
        assert "4 trials (2 go, 2 nogo), seed 3, balanced: conditions in turn." in caption
    network = both.spiking.network
    run = simulate(network, TASK, trials=8, seed=1, record=Record(spikes=True))
    drawn = TASK.trials(8, seed=1)
    assert "seed 1, conditions drawn at random." in plotting.caption_of(
        plotting.overview(run, trials=drawn, task=TASK)
    )
    one = simulate(network, TASK, trials=3, seed=1, condition="go", record=Record(spikes=True))
    drawn = TASK.trials(3, seed=1, condition="go")
    assert "3 trials (3 go), seed 1." in plotting.caption_of(plotting.overview(one, trials=drawn, task=TASK))


def test_a_figure_says_its_caption(both):
    figure = plotting.faithfulness(both, Figure(), caption=True)
    caption = plotting.caption_of(figure)
    assert "4 trials (2 go, 2 nogo), seed 3, balanced: conditions in turn." in caption
    measures = faithfulness_of(both)
    assert f"slope {measures.slope:.2f}" in caption
    assert caption in words(figure)  # written under it
    assert caption not in words(plotting.faithfulness(both, Figure()))
    panels = Figure().subplots(1, 2)
    plotting.weights(both.model, panels[0])
    plotting.raster(both.spiking, 1, panels[1])
    text = plotting.caption_of(panels[0].figure)
    assert text.startswith("(a) Recurrent weights W of 60 units")
    assert "(b) Spikes of a spiking network" in text
    assert not plotting.caption_of(Figure())


def test_figures_of_sweeps_say_their_captions():
    grid = {"task.offset": [0.0, 0.2], "noise": [0.1, 0.2]}
    with pytest.warns(UserWarning, match=r"varied as task\.noise"):
        result = sweep(datasets.load("mante"), grid=grid, trials=4, seed=1, strict=True)
    caption = plotting.caption_of(result.plot().figure)
    assert caption.startswith(
        "Accuracy of a spiking network (mante.mat; scaling factor 20; trained with the f-I curve of the "
        "spiking neurons) against offset and noise (mV). Task mante: 4 trials"
    )
    assert f"Correct: {result.task.rule(strict=True)}." in caption
    assert "Correct" not in plotting.caption_of(result.plot("rate_hz").figure)
    figure = result.psychometric(resamples=100).plot()
    assert "4 trials at each value of task.offset, seed 1 (by sign: " in plotting.caption_of(figure)
    assert len({bars.lines[0].get_color() for bars in figure.axes[0].containers}) == 2  # one for each noise

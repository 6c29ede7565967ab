"""The report: what the page says, and that a browser shows all of it."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from browser import PROGRAM, browser

from spiking import (
    ArgumentError,
    RateModel,
    SpikingNetwork,
    UnitFraction,
    analysis,
    datasets,
    evaluate,
    tasks,
)
from spiking.analysis import conversion_quality
from spiking.analysis.faithfulness import faithfulness_of
from spiking.command_line import main
from spiking.conversion.model_info import model_info
from spiking.evaluation.both_networks import run_both
from spiking.network.describe import network_facts
from spiking.rate_model.recorded_settings import recorded_scaling_factor
from spiking.rate_model.to_file import to_variables
from spiking.report import report
from spiking.report import text as words
from spiking.report.commands import page_commands, recorded_commands
from spiking.report.methods import methods
from spiking.report.trial_data import trial_data
from spiking.training.model_file import origin
from spiking.tuning import find_scaling_factor

NAME = "<b>go</b> & \"nogo\" </script><script>document.title='broken'</script>.mat"


@pytest.fixture(scope="module")
def model():
    return datasets.load("go-nogo-sigmoid")


@pytest.fixture(scope="module")
def page(model):
    return report(model, trials=20, seed=3, name=NAME)


@pytest.fixture(scope="module")
def both(model):
    return run_both(model, None, 20, seed=3)


class _Text(HTMLParser):
    """The text of a page, and what it would load."""

    def __init__(self, page):
        super().__init__()
        self.text, self.sources, self._hidden = "", [], False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self._hidden = tag in ("script", "style")
        self.sources += [value for name, value in attributes if name in ("src", "href")]

    def handle_endtag(self, tag):
        self._hidden = False

    def handle_data(self, data):
        self.text += "" if self._hidden else data


def test_accuracies_are_those_of_evaluate(model, page):
    text = _Text(page).text
    network = run_both(model, None, 1, activity=False).spiking.network
    for own in (model, network):
        found = evaluate(own, "go-nogo", 20, seed=3)
        low, high = found.interval
        assert f"{found.score.correct} of 20: {found.accuracy:.3f} ({low:.3f} to {high:.3f})" in text
        for score in found.by_condition.values():
            assert f"{score.correct} of {score.trials}: {score.accuracy:.3f}" in text


def test_trials_are_right_or_wrong_as_evaluate_says(model):
    both = run_both(model, None, 20, seed=3, balanced=False, scaling_factor=55)
    for own, found in ((model, both.rate_score), (both.spiking.network, both.spiking_score)):
        assert np.array_equal(found.correct, evaluate(own, "go-nogo", 20, seed=3).correct)
    assert 0 < both.spiking_score.accuracy < 1


def test_the_page_holds_everything_and_names_are_only_text(page):
    found = _Text(page)
    assert found.sources
    assert all(source.startswith("data:") for source in found.sources)
    assert "http" not in re.sub(r"http-equiv", "", re.sub(r'"data:[^"]*"', "", page)).replace(
        "http://www.w3.org/2000/svg", ""
    )
    assert NAME in found.text
    assert "other conditions" in found.text  # the thin, pale lines
    assert page.count("<script") == 2
    assert len(page.encode()) < 5e6


@pytest.mark.slow
def test_the_same_seed_makes_the_same_page(model, page):
    assert report(model, trials=20, seed=3, name=NAME, threads=1) == page
    assert report(model, trials=20, seed=4, name=NAME) != page


def test_drawn_trials_are_the_simulated_ones(both):
    data = trial_data(both)
    assert [one["name"] for one in data["conditions"]] == ["go", "nogo"]
    populations = [np.flatnonzero(both.model.populations[name]) for name in ("exc", "inh")]
    assert data["neurons"] == np.concatenate(populations).tolist()
    for one in data["conditions"]:
        members = [k for k, name in enumerate(both.trials.conditions) if name == one["name"]]
        for k, trial in zip(members[:3], one["trials"], strict=True):
            neuron, step = np.nonzero(both.spiking.spike_matrix(k))
            drawn = sorted(zip([data["neurons"][row] for row in trial["rows"]], trial["steps"], strict=True))
            assert drawn == sorted(zip(neuron.tolist(), step.tolist(), strict=True))
            at = np.searchsorted(both.spiking.time, np.array(data["sampleTimes"]) - 1e-6)
            assert np.allclose(trial["output"], both.spiking.output[k, 0, at], atol=6e-4)
            assert trial["correct"] == both.spiking_score.correct[k]


@pytest.mark.slow
def test_very_many_spikes_are_thinned(both, monkeypatch):
    monkeypatch.setattr("spiking.report.trial_data._SPIKES", 1000)
    data = trial_data(both)
    spikes = [len(trial["steps"]) for one in data["conditions"] for trial in one["trials"]]
    assert len(spikes) == 2
    assert 0 < sum(spikes) < 1500
    assert sum(one["size"] for one in data["populations"]) == len(data["neurons"]) < 100
    assert {one["name"] for one in data["populations"]} == {"exc.", "inh."}
    said = _Text(report(both.model, trials=1)).text
    assert f"only {len(data['neurons'])} of the 200 neurons are shown" in said


def told(model, factor=None, trials=60):
    """All warnings about a model, without drawing a page."""
    both = run_both(model, None, 4, scaling_factor=factor)
    scores = (evaluate(own, both.task, trials, seed=1) for own in (model, both.spiking.network))
    measured = conversion_quality(both), faithfulness_of(both)
    return "\n".join(words.warnings(model_info(model), both, *scores, *measured))


@pytest.mark.slow
def test_warnings_in_words(model, tmp_path):
    extras = {name: value for name, value in model.extras.items() if name in ("task", "task_settings")}
    variables = {name: value for name, value in to_variables(model).items() if name not in model.extras}
    untuned = RateModel.load({**variables, **extras})
    with pytest.raises(ArgumentError, match="no tuned scaling factor"):
        report(untuned)
    assert "records no search" in words.tuning(run_both(untuned, None, 1, scaling_factor=75))
    found = told(untuned, 75, 20)
    assert "not tuned: the scaling factor 75 was given" in found
    assert "only 20 trials" in found
    assert "spiking network does not reach the rate network" in found
    assert told(model).startswith("The output of the spiking network is far from that of the rate network (")
    assert told(datasets.load("go-nogo")) == ""
    tuned = recorded_scaling_factor(model)
    expected = f"The scaling factor {tuned + 1:g} was given; the file records {tuned:g} as the tuned one."
    assert expected in told(model, tuned + 1)
    untrained = RateModel.load({**to_variables(model), "w": model.w0, "taus_gaus": model.taus_gaus0})
    found = told(untrained)
    assert "The file: not trained" in found
    assert "The rate network itself answers only" in found


def test_a_distant_output_is_questioned(model):
    found = told(model, 2 * recorded_scaling_factor(model), 4)
    assert "The output of the spiking network is far from that of the rate network" in found


def test_the_accuracy_is_told_by_every_rule(model):
    both = [evaluate(network, trials=4, seed=1) for network in (model, SpikingNetwork.from_rate(model))]
    said = words.accuracy(*both, fresh=True)
    task = both[0].task
    assert f"Correct: {task.rule()}. By the sustained rule ({task.sustained_rule()}), the rate " in said
    assert said.endswith("95 % Wilson intervals; fresh trials, seed 1.")


def test_a_network_without_recurrence(model):
    bare = RateModel.load({**to_variables(model), "w": 0 * model.w})
    text = _Text(report(bare, trials=20)).text
    assert "no recurrent connections: W is zero" in text
    assert "There is no recurrent drive to compare" in text
    assert "nan" not in text.lower()


def test_a_network_of_lesioned_units(model):
    page = report(model, network=SpikingNetwork.from_rate(model).lesion("all"), trials=4)
    text = _Text(page).text
    assert "All neurons of the spiking network are lesioned." in text
    assert "their correlation is undefined" in text
    assert not re.search(r"\bnan\b", text)


def test_a_search_is_told_with_its_interval(model, tmp_path):
    path = tmp_path / "tuned.mat"
    model.save(path)
    found = find_scaling_factor(
        path, "go-nogo", seed=2, candidates=[25, 35], trials=10, extend=False, write=True
    )
    both = run_both(RateModel.load(path), None, 2)
    said = words.tuning(both)
    assert f"The scaling factor {found.scaling_factor:g} was chosen among 2 candidates from 25 to 35" in said
    assert f"Factor {found.scaling_factor:g} was chosen: " in said
    assert f"On fresh trials, the accuracy was {words.percent(found.fresh.score)}." in said
    assert "spiking tune tuned.mat --seed 2 --trials 10" in recorded_commands(both, "tuned.mat", None)
    broken = {**to_variables(RateModel.load(path)), "tuning": np.array(['{"curve": 3}'])}
    assert "`tuning` that cannot be read" in words.tuning(run_both(RateModel.load(broken), None, 1))


def test_the_command_that_tuned_a_file_without_a_task_names_the_task(model, tmp_path):
    """The file as it came has no task: the search recorded the one that was given."""
    path = tmp_path / "own.mat"
    mapping = to_variables(model)
    for name in ("task", "task_settings", "task_identity", "training_options"):
        mapping.pop(name, None)
    RateModel.load(mapping).save(path)
    task = tasks.GoNoGo(duration=900)
    find_scaling_factor(path, task, candidates=[25, 35], trials=10, extend=False, write=True)
    both = run_both(RateModel.load(path), None, 2)
    (tune,) = recorded_commands(both, "own.mat", None)
    assert tune == "spiking tune own.mat --task go-nogo --setting duration=900 --trials 10"
    assert "was trained on the task" not in methods(both.model, both.spiking.network, {}, None)


def test_the_page_compares_the_networks_in_the_trials_of_evaluate(model):
    page = report(model, trials=12, seed=2)
    close = analysis.faithfulness(model, trials=12, seed=2)
    text = _Text(page).text
    assert f"Against the rate network without noise, in these 12 trials: {close}. " in text
    assert "The conditions take turns in these trials, so that they are others than" in text
    assert "below 0.5 Hz on average over all 20 trials" in text
    assert '"number":1,' in page  # trials count from 0, as in the figures
    low, high = close.output_r2_interval
    assert f"of the output was {close.output_r2:.2f} [{low:.2f}, {high:.2f}] in single trials" in text


def trained_as(model, task, name="a.mat", **options):
    """The commands of the same model, had it been trained so."""
    extras = {name: np.array([value]) for name, value in origin(task, **options).items()}
    both = run_both(RateModel.load({**to_variables(model), **extras}), None, 2, seed=3)
    assert both.task == task
    return [*recorded_commands(both, name, None), *page_commands(both, name, None, 100)]


def test_commands_make_the_model_and_the_page_again(model):
    assert trained_as(model, tasks.GoNoGo(), "my model.mat", seed=1) == [
        "spiking train go-nogo --n-units 200 --seed 1 --output 'my model.mat'",
        "spiking evaluate 'my model.mat' --trials 100 --seed 3",
        "spiking report 'my model.mat' --trials 100 --seed 3",
    ]
    options = {"tau": (20, 50), "dale": False, "noise": 0.2}
    assert trained_as(model, tasks.GoNoGo(duration=900), seed=7, recipe="published", **options)[0] == (
        "spiking train go-nogo --n-units 200 --seed 7 --recipe published --setting duration=900 --no-dale "
        "--tau 20-50 --noise 0.2 --output a.mat"
    )
    other = run_both(model, "go-nogo", 2, seed=1, scaling_factor=50)
    assert page_commands(other, "a.mat", "go-nogo", 10)[0] == (
        "spiking evaluate a.mat --task go-nogo --scaling-factor 50 --trials 10 --seed 1"
    )
    options = json.loads(str(model.extras["training_options"].item()))
    text = np.array([json.dumps({**options, "magic": 3})])
    strange = RateModel.load({**to_variables(model), "training_options": text})
    assert "magic=3" in recorded_commands(run_both(strange, None, 1), "a.mat", None)[0].partition("#")[2]


def test_the_page_of_a_network_that_was_given_never_shows_that_of_the_model(tmp_path):
    path = tmp_path / "lesioned.npz"
    network = SpikingNetwork.from_rate("go-nogo").lesion(UnitFraction(0.2, "inh", seed=1))
    network.save(path)
    page = report("go-nogo", trials=6, network=path, seed=2)
    text = _Text(page).text
    network_part = page[page.index('<section id="network">') :]
    _, spiking, rate = network_part.split("<h3>")
    facts = network_facts(network)
    assert facts["connections"] in spiking
    assert facts["lesioned"] in spiking
    assert facts["connections"].startswith("3,582")
    assert "3,895" not in spiking
    assert rate.startswith("The rate network that it is compared with, go-nogo.mat</h3>")
    assert "3,895" in rate
    assert "200 of 200" not in text
    assert "fresh trials of go-nogo" not in text
    commands = re.findall("<pre>(.*?)</pre>", network_part, re.DOTALL)
    assert commands[0].startswith("spiking train go-nogo")
    assert commands[0].endswith("--output go-nogo.mat")
    assert "They do not make the spiking network of this page" in text
    options = "--rate-model go-nogo --trials 6 --seed 2"
    assert commands[1] == f"spiking evaluate {path} {options}\nspiking report {path} {options}"
    assert len(re.findall("<pre>", report("go-nogo", trials=6, network=network, seed=2))) == 1  # has no file


def test_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def spiking(*words):
        monkeypatch.setattr(sys, "argv", ["spiking", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    status, told, complaint = spiking("report", "xor", "--trials", "4", "--seed", "2")
    assert (status, complaint) == (0, "")
    assert re.fullmatch(r"wrote report.html \(\d\.\d MB\)\n", told)
    assert "<title>xor</title>" in (tmp_path / "report.html").read_text(encoding="utf-8")
    for mistake, expected in (
        (["xor", "-o", "report.pdf"], "expected a name that ends in .html"),
        (["xor", "-o", "no/report.html"], "does not exist"),
        (["xor", "--task", "mante"], "expected inputs: 4"),
        (["nothing.mat"], "nothing.mat"),
    ):
        status, told, complaint = spiking("report", *mistake)
        assert (status, told, complaint.count("\n")) == (2, "", 1)
        assert expected in complaint
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium here: the page was opened in no browser")
def test_in_a_browser(page, both, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    ready = "document.documentElement.dataset.ready === 'yes'"
    with browser(tmp_path / "profile") as window:
        window.open(path)
        window.wait_for(ready)
        assert window.run("document.title") == NAME
        assert window.run("document.querySelectorAll('img').length") == 7
        window.wait_for("[...document.images].every((i) => i.complete && i.naturalWidth > 100)")
        spikes = "document.querySelectorAll('#raster .spikes')"
        drawn = f"[...{spikes}].reduce((n, e) => n + (e.getAttribute('d').match(/M/g) || []).length, 0)"
        go, nogo = (both.trials.conditions.index(name) for name in ("go", "nogo"))
        assert window.run(drawn) == both.spiking.spike_matrix(go).sum()

        curves = "document.getElementById('single').innerHTML"
        before = window.run(curves)
        assert window.run("document.getElementById('trial-name').textContent").startswith(
            f"go, trial {go} (1 of 3 shown)"
        )
        window.click(*window.centre("document.querySelectorAll('#conditions button')[1]"))
        name = window.run("document.getElementById('trial-name').textContent")
        assert name.startswith(f"nogo, trial {nogo} (1 of 3 shown): spiking network ")
        assert window.run(drawn) == both.spiking.spike_matrix(nogo).sum()
        assert window.run(curves) != before
        pressed = "[...document.querySelectorAll('#conditions button')].map((b) => b.ariaPressed)"
        assert window.run(pressed) == ["false", "true"]

        window.click(*window.centre("document.getElementById('next')"))
        assert "(2 of 3 shown)" in window.run("document.getElementById('trial-name').textContent")
        window.click(*window.centre("document.getElementById('previous')"))

        # A spike in the middle of the trial: what is said about it is what was simulated.
        data = trial_data(both)
        trial = data["conditions"][1]["trials"][0]
        matrix = both.spiking.spike_matrix(nogo)
        window.centre("document.getElementById('raster')")
        spot = window.run(
            "(() => { const svg = document.querySelector('#raster svg'), box = svg.getBoundingClientRect();"
            "const d = document.querySelectorAll('#raster .spikes')[1].getAttribute('d');"
            "const [x, y, h] = d.match(/[\\d.]+/g).slice(-3).map(Number);"
            "const scale = box.width / svg.viewBox.baseVal.width;"
            "return [box.x + x * scale, box.y + (y + h / 2) * scale]; })()"
        )
        window.point(*spot)
        said = window.run("document.getElementById('readout').textContent")
        neuron, time, rate = re.search(r"Neuron (\d+) \(inh.\) at ([\d.]+) ms; ([\d.]+) Hz", said).groups()
        assert matrix[int(neuron), round(float(time) / 0.05) - 1] == 1
        assert float(rate) == pytest.approx(matrix[int(neuron)].sum() / 1.0, abs=0.06)
        assert trial["counts"][data["neurons"].index(int(neuron))] == matrix[int(neuron)].sum()

        places = (
            "[...document.querySelectorAll('main > .part')].map((e) => { const b = e.getBoundingClientRect();"
        )
        places += " return [b.left, b.top, b.right]; })"
        for width, columns in ((1000, 1), (1600, 2), (2560, 3)):  # a wide screen is filled
            window.open(path, width, 1200)
            window.wait_for(ready)
            parts = window.run(places)
            assert len({left for left, _, _ in parts}) == columns
            assert max(right for _, _, right in parts) - min(left for left, _, _ in parts) > 0.8 * width
            assert window.run("document.documentElement.scrollWidth") <= width
            assert (parts[0][1] == parts[2][1]) == (columns > 1)  # the last part begins at the top

        window.open(path, 390, 844, phone=True)
        window.wait_for(ready)
        assert window.run("document.documentElement.scrollWidth") <= 390
        assert window.run("document.querySelector('#raster svg').getBoundingClientRect().width") > 300
        assert window.complaints == []
        assert all(url.startswith(("file:", "data:")) for url in window.requests)

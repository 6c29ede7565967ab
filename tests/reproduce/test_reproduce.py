"""Panels reproduced: interrupted or not, the same table; and what the table says."""

import csv
import dataclasses
import json
import math
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import in_process
import numpy as np
import pytest
import reproduction
import scipy.stats
from pages import blocks, words

from spiking import RateModel, datasets, evaluate, find_scaling_factor, simulate, train
from spiking.command_line.commands.reproduce import reproduce
from spiking.errors import ArgumentError
from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.plotting import caption_of
from spiking.reproduce import PANELS, Paper, panel
from spiking.reproduce.estimate import minutes
from spiking.reproduce.measures import Entry
from spiking.reproduce.missing_work import conversion_key, steps
from spiking.reproduce.paper.spec import Matched
from spiking.reproduce.paper.spec import Tested as ToTest
from spiking.reproduce.result import Reproduction
from spiking.reproduce.statistics import agrees, difference, interval, paired_difference
from spiking.reproduce.train_and_convert import TRIALS, conversion_of, convert_network
from spiking.tasks import GoNoGo
from spiking.tuning.trial_setup import TrialSetup

PROGRAM = Path(reproduction.__file__)
TABLES = ("small.txt", "small.csv", "small.networks.csv", "small.png")
MATCHED_TABLES = tuple(name.replace("small", "small.matched") for name in TABLES)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    found = reproduction.run(folder, 3, threads=1)
    found.save(folder)
    return folder, found


@pytest.fixture(scope="module")
def matched(whole, tmp_path_factory):
    folder = tmp_path_factory.mktemp("matched") / "both"
    shutil.copytree(whole[0], folder)
    found = reproduction.run(folder, 3, threads=1, conversion="matched")
    found.save(folder)
    return folder, found


def killed_after(folder, steps, conversion="published", by=signal.SIGKILL):
    """Reproduce as a process until so many steps are done; stop it, or let it end if there are none."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(folder), "3", conversion], stdout=subprocess.PIPE, text=True
    )
    told = []
    for line in process.stdout:
        told.append(int(line.split()[0]))
        if steps and told[-1] >= steps:
            process.send_signal(by)
            break
    process.stdout.close()
    assert process.wait(timeout=60) == (-by if steps else 0)
    return told


@pytest.mark.slow
def test_a_killed_reproduction_goes_on_to_the_same_table(whole, tmp_path):
    folder = tmp_path / "killed"
    journal = folder / "journal.jsonl"
    first = killed_after(folder, 1, by=signal.SIGINT)
    assert first[0] == 0
    for line in journal.read_text().splitlines():
        json.loads(line)  # Ctrl-C cuts no line short
    killed_after(folder, 3)
    assert 1 + 2 <= len(journal.read_text().splitlines()) < 1 + 3 * 4  # it was not done
    with journal.open("ab") as file:
        file.write(b'{"of": {"network": {"task": "go')  # cut short, as a kill may leave it
    for model in (folder / "networks").iterdir():
        model.unlink()  # may be deleted: trained again
    last = killed_after(folder, None)
    assert last[1] >= 3  # nothing of the journal is done again
    assert last[-1] == 3 * 4  # of each: two trainings, one tuning for both tests, one that is not needed
    for name in TABLES:
        assert (folder / name).read_bytes() == (whole[0] / name).read_bytes(), name
    lines = journal.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 1 + 3 * 4
    before = journal.read_bytes()
    reproduction.run(folder, 2)  # fewer are there already
    assert journal.read_bytes() == before


@pytest.mark.slow
def test_rows_are_what_the_functions_give(whole):
    folder, found = whole
    with (folder / "small.networks.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["seed"] for row in rows] == 3 * ["300000", "300001", "300002"]
    condition = reproduction.SMALL.conditions[0]
    network, seed = condition.network, 300001
    model = train(network.task, network.n_units, seed=seed, **network.training())
    curve = {}
    for k, factor in enumerate(range(20, 80, 5)):  # each candidate has its own trials, as published
        numbers = range(2**20 + 100 * k, 2**20 + 100 * (k + 1))
        trials = network.task.trials(100, seed=seed + 10**9, first=numbers[0])
        spiking = SpikingNetwork.from_rate(model, factor)
        ran = simulate(spiking, trials.spiking_inputs, seed=seed + 10**9, trials=numbers)
        curve[factor] = network.task.score(ran.output[:, 0], ran.time, trials)
    row = rows[1]
    best = max(correct.sum() for correct in curve.values())
    chosen = next(factor for factor, correct in curve.items() if correct.sum() == best)  # the first
    for candidate in row["curve"].split():
        factor, correct, asked = map(int, re.split("[:/]", candidate))
        assert correct == curve[factor][:asked].sum()
        assert asked == 100 or correct + 100 - asked <= best  # left because it could not win
    assert f"{chosen}:{best}/100" in row["curve"].split()
    assert int(row["best_of_grid"]) == best
    assert float(row["scaling_factor"]) == chosen
    fresh = evaluate(SpikingNetwork.from_rate(model, chosen), network.task, TRIALS, seed=seed + 10**9)
    assert int(row["correct"]) == fresh.score.correct
    kept = [RateModel.load(path) for path in (folder / "networks").glob("*seed_300001.mat")]
    assert [np.array_equal(one.effective_weights(), model.effective_weights()) for one in kept] == [True]
    slow = SpikingNetwork.from_rate(model, chosen, params=LIFParams(refractory=5.0))
    again = evaluate(slow, network.task, TRIALS, seed=seed + 10**9)
    assert int(rows[4]["correct"]) == again.score.correct
    assert rows[7]["converged"] == "False"
    assert rows[7]["correct"] == ""
    table = {(line.condition, line.measure): line for line in found.table}
    assert table["untrained", "trained"].value == 0
    assert table["untrained", "spiking"].networks == 0
    mean = np.mean([int(row["correct"]) for row in rows[:3]]) / 100
    assert table["2 ms", "spiking"].value == pytest.approx(mean, rel=1e-12)
    assert "95 % interval" in str(found)


@pytest.mark.slow
def test_a_matched_run_takes_the_networks_that_are_there(whole, matched):
    folder, found = matched
    before, after = ((one / "journal.jsonl").read_bytes() for one in (whole[0], folder))
    assert after.startswith(before)
    added = [json.loads(line) for line in after.removeprefix(before).splitlines()]
    assert len(added) == 3 * 2  # conversions alone: of each trained network one, tested twice
    assert {line["of"]["conversion"] for line in added} == {"matched"}
    for name in TABLES:
        assert (folder / name).read_bytes() == (whole[0] / name).read_bytes(), name
    again = reproduction.run(folder, 3)  # as published: nothing is missing, nothing has changed
    assert str(again) == str(whole[1])
    assert (folder / "journal.jsonl").read_bytes() == after
    assert "best_of_grid" not in {line.measure for line in found.table}
    title, text = str(found).replace("\n  ", " ", 1).split("\n", 1)
    assert title.startswith(
        "small.matched: two conversions of one network, and a network that is not trained;"
    )
    assert "; matched conversion; 3 networks a condition" in title
    assert "The paper's values are of the published conversion." in text


@pytest.mark.slow
def test_matched_rows_are_what_the_functions_give(matched):
    folder, found = matched
    with (folder / "small.matched.networks.csv").open() as file:
        rows = list(csv.DictReader(file))
    seed, condition = 300001, found.panel.conditions[0]
    task = condition.network.task
    (path,) = (folder / "networks").glob("*seed_300001.mat")
    model = RateModel.load(path)
    search = find_scaling_factor(model, task, seed=seed + 10**9, conversion="matched", trials=TRIALS)
    how = search.conversion
    assert (rows[1]["kind"], float(rows[1]["gain"])) == (how.kind, how.gain)
    assert float(rows[1]["scaling_factor"]) == how.factor
    fitted = rows[1]["fitted_factor"]  # none where the published grid was better
    assert float(fitted) == how.fitted_factor if fitted else how.kind == "published"
    assert int(rows[1]["search_trials"]) == search.search_trials
    assert rows[1]["best_of_grid"] == ""
    assert int(rows[1]["correct"]) == search.fresh.score.correct
    entry = found.entries[1]
    fitted = conversion_of(model, task, seed, entry.condition.tuning, entry.converted)
    assert fitted == dataclasses.replace(how, candidates=(), params=None)  # as pictures take it


def test_a_trained_network_is_tested_on_trials_that_its_search_does_not_see(monkeypatch):
    model, seed = datasets.load("go-nogo-sigmoid"), 7
    task = GoNoGo(duration=400.0, stimulus_onset=50.0, stimulus_duration=125.0, score_delay=75.0)
    seen, run = [], TrialSetup.run

    def told(setup, point, first, n, noise=None):
        seen.extend((point, setup.seed, trial) for trial in range(first, first + n))
        return run(setup, point, first, n, noise)

    monkeypatch.setattr(TrialSetup, "run", told)
    tuned, slow = Matched(LIFParams()), LIFParams(refractory=20.0)
    tests = [ToTest(LIFParams()), ToTest(slow)]
    rows = convert_network(model, task, seed, tuned, tests, None)
    for row, params in zip(rows, (LIFParams(), slow), strict=True):
        how = conversion_of(model, task, seed, tuned, row)
        network = SpikingNetwork.from_rate(model, conversion=how, params=params)
        assert row["correct"] == evaluate(network, task, TRIALS, seed=seed + 10**9).score.correct
    assert rows[0]["correct"] > rows[1]["correct"]
    fresh = [one for one in seen if one[2] < TRIALS]
    assert len(fresh) == len(set(fresh)) == TRIALS
    assert len({point for point, _, _ in fresh}) == 1  # the chosen one
    assert len(seen) - len(fresh) == rows[0]["search_trials"]
    assert {own for _, own, _ in seen} == {seed + 10**9}


def test_tuning_asks_every_ten_trials_whether_to_stop(monkeypatch):
    ran, asked = [], []

    def correct_trials(network, task, seed, numbers):
        ran.extend(numbers)
        return np.ones(len(numbers), bool)

    def check():
        asked.append(len(ran))
        if len(asked) == 4:
            raise InterruptedError

    monkeypatch.setattr("spiking.reproduce.train_and_convert.correct_trials", correct_trials)
    with pytest.raises(InterruptedError):
        convert_network(
            datasets.load("go-nogo-sigmoid"), GoNoGo(), 7, LIFParams(), [ToTest(LIFParams())], check
        )
    assert asked == [0, 10, 20, 30]


@pytest.mark.slow
def test_both_conversions_of_the_same_networks(matched):
    folder, found = matched
    correct = {}
    for name in ("small.networks.csv", "small.matched.networks.csv"):
        with (folder / name).open() as file:
            correct[name] = [int(row["correct"]) / 100 for row in list(csv.DictReader(file))[:3]]
    published, own = correct.values()
    pair = found.beside_published[0]
    assert (pair.published.networks, pair.converted.networks) == (3, 3)
    assert pair.published.value == pytest.approx(np.mean(published))
    assert pair.converted.value == pytest.approx(np.mean(own))
    assert (pair.test, pair.p) == paired_difference(published, own, share=False)
    assert [one.converted.condition for one in found.beside_published] == ["2 ms", "2 ms", "5 ms", "5 ms"]
    text = str(found)
    assert "The same networks by the published conversion, on the same fresh trials:" in text
    assert re.search(r"^  2 ms, published +[\d.]+ \+- [\d.]+ \(3\)  [^()]+$", text, re.M)
    assert re.search(rf"^  2 ms, matched +[\d.]+ \+- [\d.]+ \(3\)  .* {pair.p:.2g}$", text, re.M)
    assert "p, spiking networks of 95 % or more: McNemar's exact test, paired by network" in text
    assert found.panel.conversion == "matched"
    assert "The same networks" not in str(reproduction.run(folder, 3))


@pytest.mark.slow
def test_without_the_published_conversion_nothing_is_set_beside(matched, tmp_path):
    shutil.copytree(matched[0] / "networks", tmp_path / "networks")
    journal = (matched[0] / "journal.jsonl").read_text().splitlines(keepends=True)
    kept = [line for line in journal if '"tuned": ' not in line or '"conversion": ' in line]
    (tmp_path / "journal.jsonl").write_text("".join(kept))
    found = reproduction.run(tmp_path, 3, conversion="matched")
    assert (tmp_path / "journal.jsonl").read_text() == "".join(kept)
    assert found.csv() == matched[1].csv()
    assert found.beside_published == ()
    assert str(matched[1]).startswith(str(found))


@pytest.mark.slow
def test_a_killed_matched_run_goes_on_to_the_same_table(whole, matched, tmp_path):
    folder = tmp_path / "killed"
    shutil.copytree(whole[0], folder)
    first = killed_after(folder, 10, "matched")
    assert first[1] == 3 * 3  # of each: two trainings, one conversion that is not needed
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b'{"of": {"network": {"task": "go')
    last = killed_after(folder, None, "matched")
    assert last[1] >= 10  # nothing of the journal is done again
    assert last[-1] == 3 * 4
    for name in (*TABLES, *MATCHED_TABLES):
        assert (folder / name).read_bytes() == (matched[0] / name).read_bytes(), name


def test_only_what_is_tuned_can_be_matched(tmp_path):
    matched = PANELS["fig7c"].converted_by("matched")
    assert [one.value for one in matched.conditions] == ["sigmoid", "softplus", "clipped_relu"]
    assert PANELS["fig7c"].converted_by("published") is PANELS["fig7c"]
    some = PANELS["fig2b"].converted_by("matched")
    assert [one.value for one in some.conditions] == ["own factor"]
    assert some.note.endswith("Left out, as nothing is tuned: factor 1, factor 10, factor 25.")
    assert steps(some, [1])[0].network.key() == steps(PANELS["fig2b"], [1])[0].network.key()
    slow = PANELS["fig6a"].converted_by("matched").conditions[-1]
    assert slow.tuning == Matched(slow.tested.params)
    for name in ("figs1", "fig1c"):
        with pytest.raises(ArgumentError, match=f"{name}: conversion is .*nothing is tuned in this panel"):
            panel(name, networks=1, seed=1, folder=tmp_path, conversion="matched")
    with pytest.raises(ArgumentError, match="conversion is 'fitted'; expected one of published, matched"):
        panel("fig7c", networks=1, seed=1, folder=tmp_path, conversion="fitted")
    assert list(tmp_path.iterdir()) == []


def test_published_conversions_keep_their_place_in_journals():
    condition, params = PANELS["fig7c"].conditions[0], LIFParams(refractory=5.0)
    known = {"network": condition.network.key(), "seed": 7, "tested": {}}
    for tuned, how in (
        (LIFParams(), {"tuned": {}}),
        (params, {"tuned": {"refractory": 5.0}}),
        (30.0, {"tuned": 30.0}),
        (Matched(params), {"tuned": {"refractory": 5.0}, "conversion": "matched", "search": 2}),
    ):
        assert conversion_key(condition.network, 7, tuned, condition.tested) == known | how


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of Dask and Tornado, when connections end
def test_a_cluster_gives_the_same_table(matched, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.Client(processes=False, n_workers=1, dashboard_address=None) as client:
        for conversion in ("published", "matched"):
            found = reproduction.run(tmp_path, 1, client=client, conversion=conversion)
            expected = reproduction.run(matched[0], 1, conversion=conversion)
            assert found.networks_csv() == expected.networks_csv()
    assert str(found) == str(expected)


@pytest.mark.slow
def test_a_network_at_a_given_factor_is_measured_and_drawn(whole, tmp_path):
    before = (whole[0] / "journal.jsonl").read_bytes()
    found = reproduction.run(whole[0], 3, reproduction.SINGLE)
    added = (whole[0] / "journal.jsonl").read_bytes().removeprefix(before)
    assert len(added.splitlines()) == 3  # neither trained nor tuned again
    seed, model = found.drawn
    does = {
        own: sum(e.converted["correct"] >= 95 for e in found.entries if e.seed == own)
        for own in (300000, 300001, 300002)
    }
    assert seed == max(does, key=does.__getitem__)  # of equals the first
    (row,) = [entry.converted for entry in found.entries if (entry.seed, entry.condition.tuned) == (seed, 30)]
    network = SpikingNetwork.from_rate(model, 30.0)
    task = found.panel.conditions[0].network.task
    assert row["correct"] == evaluate(network, task, TRIALS, seed=seed + 10**9).score.correct
    assert row["best_of_grid"] is None
    trials = task.trials(48, seed=seed + 10**9, balanced=True)
    go = np.array(trials.conditions) == "go"
    rates = simulate(network, trials.spiking_inputs, seed=seed + 10**9).rates[go][:, model.populations["exc"]]
    assert row["exc_go"] == pytest.approx(rates.mean())
    assert f"Drawn is the first network that does the task in the most conditions, of seed {seed}." in str(
        found
    )
    own, given = found.values(found.panel.conditions[1], "spiking"), [e.converted for e in found.entries[:3]]
    assert found.tests[1][1:] == paired_difference([one["correct"] / 100 for one in given], own, share=False)
    again = reproduction.run(whole[0], 3, reproduction.SINGLE)
    assert str(again) == str(found)
    for path in found.save(tmp_path):
        assert path.stat().st_size > 0
    figure = found.draw()
    assert "48 other trials" in caption_of(figure)
    figure.canvas.draw()
    for ax in figure.axes:  # the remark on the lines is below the title, not across it
        assert ax.texts[-1].get_window_extent().y1 <= ax.title.get_window_extent().y0
    titles = [ax.get_title() for ax in figure.axes]
    assert titles[0] == f"factor 30: {row['correct']} of 100"


@pytest.mark.slow
def test_a_matched_network_is_drawn(matched):
    found = reproduction.run(matched[0], 3, reproduction.SINGLE, conversion="matched")
    row = found.entries[0].converted
    assert row == matched[1].entries[0].converted  # that of the other panel
    figure = found.draw()
    expected = f"own factor, {row['scaling_factor']:.4g}: {row['correct']} of 100"
    assert [ax.get_title() for ax in figure.axes] == [expected]
    assert figure.get_suptitle() == "matched conversion"
    assert matched[1].plot().get_legend().get_title().get_text() == "ours: matched conversion"


def test_differences_between_conditions():
    low, high = [0.1, 0.2, 0.3, 0.4, 0.5], [0.6, 0.7, 0.8, 0.9, 1.0]
    assert difference([low, high], share=False) == ("Wilcoxon rank-sum test", pytest.approx(2 / 252))
    name, p = difference([low, high, [0.7, 0.8], [1.0]], share=False)  # one network says nothing
    assert name == "Kruskal-Wallis test of 3 conditions"
    assert p == pytest.approx(scipy.stats.kruskal(low, high, [0.7, 0.8]).pvalue)
    assert difference([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], share=True) == (
        "Fisher's exact test",
        pytest.approx(0.1),
    )
    assert difference([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]], share=False)[1] == 1.0
    assert difference([low], share=False) is None


def test_differences_of_the_same_networks():
    share = paired_difference([1.0] * 6 + [0.0], [0.0] * 5 + [1.0, 1.0], share=True)
    assert share == ("McNemar's exact test, paired by network", pytest.approx(2 * 7 / 2**6))  # 5 of 6
    assert paired_difference([1.0, 0.0], [1.0, 0.0], share=True)[1] == 1.0
    name, p = paired_difference([0.1, 0.2, 0.3], [0.2, 0.4, 0.6], share=False)
    assert (name, p) == ("Wilcoxon signed-rank test, paired by network", pytest.approx(2 / 2**3))


def test_another_file_is_not_taken_for_a_journal(tmp_path):
    (tmp_path / "journal.jsonl").write_text("mine\n")
    with pytest.raises(ArgumentError, match="is not a journal"):
        reproduction.run(tmp_path, 1)
    assert (tmp_path / "journal.jsonl").read_text() == "mine\n"
    with pytest.raises(ArgumentError, match="panel is 'fig9'; expected one of fig7c"):
        panel("fig9", networks=1, seed=1, folder=tmp_path)


@pytest.mark.parametrize("name", TABLES)
def test_what_cannot_be_written_is_told_before_the_work_begins(tmp_path, name):
    (tmp_path / name).write_bytes(b"MATLAB 5.0 MAT-file")
    with pytest.raises(ArgumentError, match=f"{name}, which exists and is not a"):
        reproduction.run(tmp_path, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["networks", name])
    assert (tmp_path / name).read_bytes() == b"MATLAB 5.0 MAT-file"


def test_tables_of_all_panels_are_checked_before_the_first(tmp_path):
    last = list(PANELS)[-1]
    (tmp_path / f"{last}.csv").mkdir()
    with pytest.raises(ArgumentError, match=f"{last}.csv, a folder"):
        reproduce("all", networks=1, output=tmp_path)
    assert not (tmp_path / "journal.jsonl").exists()
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(ArgumentError, match=r"journal.jsonl, a folder"):
        reproduce("fig7c", networks=1, output=tmp_path)


@pytest.mark.slow
def test_a_damaged_journal_is_neither_used_nor_cut(whole, tmp_path):
    journal = tmp_path / "journal.jsonl"
    lines = (whole[0] / "journal.jsonl").read_bytes().splitlines(keepends=True)
    damaged = b"".join([*lines[:3], lines[3][:40] + b"\n", *lines[4:]])
    journal.write_bytes(damaged)
    with pytest.raises(ArgumentError, match=r"journal\.jsonl: line 4 is damaged, but more lines follow"):
        reproduction.run(tmp_path, 3)
    assert journal.read_bytes() == damaged
    journal.write_bytes(b"".join(lines).replace(b"\n", b"\r\n"))  # as some tools hand it on
    assert str(reproduction.run(tmp_path, 3)) == str(whole[1])


@pytest.mark.slow
def test_fewer_values_of_an_axis(whole):
    found = reproduction.run(whole[0], 3, values=["5 ms"])
    assert [line.condition for line in found.table] == 9 * ["5 ms"]  # 7 measures, 2 by the sustained rule
    assert str(found).endswith("\nOnly 5 ms of 2 ms, 5 ms, untrained.")
    fewer = PANELS["fig2c"].only([400, 10, 50.0])
    assert [condition.value for condition in fewer.conditions] == [10, 50, 400]
    assert fewer.note.startswith("Only 10, 50, 400 of 10, 50, 100, 150, 200, 250, 300, 350, 400. The paper")
    assert len(PANELS["fig6a"].only([0.5, "2", 2.0]).conditions) == 3  # the first line has 0.5, both have 2
    assert PANELS["fig7c"].only(["softplus", "sigmoid", "clipped_relu"]) is PANELS["fig7c"]
    with pytest.raises(ArgumentError, match="values is empty"):
        PANELS["fig2c"].only([])
    with pytest.raises(ArgumentError, match=r"values is .10.; expected a sequence"):
        PANELS["fig2c"].only("10")


@pytest.mark.parametrize(
    ("values", "share", "paper", "expected"),
    [
        ([1.0] * 9 + [0.0], True, Paper(0.94, networks=100), True),
        ([1.0] * 2 + [0.0] * 8, True, Paper(0.94, networks=100), False),
        ([1.0, 1.0, 0.0, 0.0], True, Paper(0.9), True),  # 15 to 85 %, widened by nothing
        ([0.9, 0.92, 0.94], False, Paper(0.98, 0.05, 100), False),
        ([0.9, 0.99, 0.94], False, Paper(0.95, 0.05, 100), True),
        ([0.90, 0.91, 0.92], False, Paper(0.95), False),
        ([0.90, 0.91, 0.92], False, Paper(0.95, reading=0.02), True),
        ([0.9], False, Paper(0.9), None),
        ([1.0, 2.0, 3.0], False, Paper(6.9, networks=1), True),  # 2 +- 4.303 sqrt(4/3)
        ([1.0, 2.0, 3.0], False, Paper(7.0, networks=1), False),
    ],
)
def test_whatagrees(values, share, paper, expected):
    if paper == Paper(0.9) and share:
        assert interval(values, share)[1] == pytest.approx(0.85, abs=0.01)
        expected = False
    assert agrees(values, share, paper) is expected


def test_intervals():
    low, high = interval([1.0, 2.0, 3.0], share=False)
    assert (low + high) / 2 == pytest.approx(2)
    assert high - low == pytest.approx(2 * 4.302653 / math.sqrt(3), rel=1e-6)  # Student's, 2 degrees
    assert interval([1.0] * 100, share=True) == (pytest.approx(0.963, abs=5e-4), 1.0)
    assert all(math.isnan(limit) for limit in interval([0.5], share=False))


def test_panels_of_the_paper_are_as_described():
    assert [condition.value for condition in PANELS["fig7c"].conditions] == [
        *("sigmoid", "softplus", "clipped_relu")
    ]
    for one in PANELS.values():
        assert set(one.measures) >= {name for condition in one.conditions for name in condition.paper}
        assert len({(c.line, c.value) for c in one.conditions}) == len(one.conditions)
        for step in steps(one, [1]):
            assert step.network.training()["min_updates"] in (0, 1500)
    once = {c.value for c in PANELS["fig6a"].conditions if c.tuning == LIFParams()}
    assert len(once) == 20
    (step,) = steps(PANELS["fig6a"], [1])  # one network, tuned at five values
    assert len(step.conversions) == 5
    assert steps(PANELS["fig6b"], [1])[0].network.key() == step.network.key()  # trained once for both


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "PANEL is missing"),
        (("fig9",), "panel is 'fig9'; expected one of"),
        (("fig7c",), "-o FOLDER is missing"),
        (("fig7c", "-o", "mine", "--networks", "0"), "--networks"),
        (("fig2c", "--values", "10,30"), "fig2c: value is '30'; expected some of 10, 50, 100"),
        (("all", "--values", "10"), "PANEL is all; expected one panel"),
        (
            ("figs1", "--conversion", "matched", "-o", "mine"),
            "figs1: conversion is 'matched'",
        ),
        (("fig7c", "--conversion", "mached", "-o", "mine"), "conversion is 'mached'; expected one of"),
        (("fig7c", "-o", "there.txt"), "could not be created"),
    ],
)
def test_mistakes_are_one_line_and_exit_with_2(arguments, words, tmp_path):
    (tmp_path / "there.txt").write_text("")
    done = in_process.run("reproduce", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_what_panels_share_is_estimated_once():
    one, both = PANELS["fig1b"], [PANELS["figs1"], PANELS["fig1b"], PANELS["figs2"]]
    alone = minutes([one], 20, 0.01)
    assert alone == pytest.approx(10 * minutes([one], 2, 0.01))
    assert minutes(both, 20, 0.01) == pytest.approx(minutes([PANELS["figs1"]], 20, 0.01))
    tuned = minutes([PANELS["fig7c"]], 20, 0.01)
    again = minutes([PANELS["fig7c"], PANELS["fig5"]], 20, 0.01)
    assert again == pytest.approx(tuned * 4 / 3)  # the tuned decay is there already


def test_the_list_of_one_panel_and_of_fewer_values(monkeypatch, capsys):
    monkeypatch.setattr("spiking.reproduce.estimate.trial_seconds", lambda: 0.01)
    reproduce("fig2c", networks=20, values="10,400", conversion="matched", list_panels=True)
    head, (name, long, *_) = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert (head[0], name) == ("panel", "fig2c.matched")
    assert int(long) == round(minutes([PANELS["fig2c"].only([10, 400]).converted_by("matched")], 20, 0.01))


@pytest.mark.parametrize("conversion", ["published", "matched"])
@pytest.mark.parametrize("name", PANELS)
def test_tables_fit_a_terminal_of_100_columns(name, conversion):
    own = PANELS[name]
    if conversion == "matched" and not own.tunes:
        return
    own = own.converted_by(conversion)
    trained = {"converged": True, "updates": 1000, "decay": 100.0, "decay_sd": 10.0, "rate_correct": 100}
    other = trained | {"updates": 4000, "decay": 200.0, "rate_correct": 80}
    row = {"correct": 100, "best_of_grid": 100, "version": "0.1.0"}
    entries = [
        Entry(condition, seed, row | one, None if condition.params is None else row, row)
        for condition in own.conditions
        for seed, one in enumerate(50 * [trained] + 50 * [other])
    ]
    result = Reproduction(own, 100, 1, tuple(entries))
    assert not any(line.measure.endswith(("strict", "sustained")) for line in result.table)  # of old journals
    new = {"strict": 99, "sustained": 90, "rate_strict": 98, "rate_sustained": 91}
    entries = [
        dataclasses.replace(one, trained=one.trained | new, converted=one.converted and one.converted | new)
        for one in entries
    ]
    lines = [*str(result).splitlines(), *str(Reproduction(own, 100, 1, tuple(entries))).splitlines()]
    assert len(lines) > 4
    assert [line for line in lines if len(line) > 99] == []


def test_every_rule_has_its_lines_and_is_said_in_words():
    own = PANELS["fig4d"]  # of context integration, which has every rule
    trained = {"converged": True, "updates": 9, "rate_correct": 100, "rate_strict": 97, "rate_sustained": 83}
    row = {"correct": 96, "strict": 92, "sustained": 80, "best_of_grid": 99, "version": "0.1.0", "curve": []}
    trained |= dict.fromkeys(("loss", "accuracy", "decay", "decay_sd"), 1.0) | {"version": "0.1.0"}
    converted = row | {"scaling_factor": 30}
    entries = [Entry(condition, 1, trained, converted) for condition in own.conditions]
    result = Reproduction(own, 1, 1, tuple(entries))
    values = {line.measure: line.value for line in result.table}
    assert (values["rate"], values["rate_strict"], values["rate_sustained"]) == (1.0, 0.97, 0.83)
    assert (values["spiking"], values["spiking_strict"], values["spiking_sustained"]) == (0.96, 0.92, 0.8)
    task = own.conditions[0].network.task
    words = " ".join(str(result).split())
    assert f"correct: {task.rule()}" in words
    for kind in ("rate", "spiking"):  # two accuracies never share a heading
        assert str(result).count(f"\naccuracy of the {kind} networks by the sustained rule (%)\n") == 1
    assert f"sustained: {task.sustained_rule()}" in words
    assert f"sustained: {task.sustained_rule()}" in caption_of(result.draw())
    first = next(csv.DictReader(result.networks_csv().splitlines()))
    assert (first["rate_strict"], first["sustained"]) == ("97", "80")


def test_the_list_tells_every_panel():
    done = in_process.run("reproduce", "--list", "--networks", 5)
    told = [line.split()[0] for line in done.stdout.splitlines()]
    assert told == ["panel", *PANELS, "all"]


@pytest.mark.slow
def test_the_python_of_the_page_runs(tmp_path, monkeypatch):
    (block,) = blocks("docs/reproduction.md", "python")
    assert '"fig7c", networks=10' in block.code
    monkeypatch.chdir(tmp_path)
    code = block.code.replace('"fig7c", networks=10', "SMALL, networks=2")  # the page's takes hours
    space = {"SMALL": reproduction.SMALL}
    exec(code, space)
    assert space["found"].networks == 2


@pytest.mark.slow
def test_the_commands_of_the_page_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks("docs/reproduction.md", "sh") for line in block.code.splitlines()]
    assert len(lines) > 5
    named = [name for name in PANELS if any(f" {name} " in line for line in lines)]  # and those are all
    small = {name: reproduction.small(PANELS[name]) for name in named}
    for module in ("spiking.reproduce", "spiking.reproduce.paper.panels"):
        monkeypatch.setattr(sys.modules[module], "PANELS", small)
    for line in lines:
        done = in_process.run(*words(re.sub(r"--networks \d+", "--networks 1", line)))
        assert done.returncode == 0, done.stderr
    assert {"fig7c.txt", "fig7c.matched.txt"} < {path.name for path in (tmp_path / "reproduced").iterdir()}

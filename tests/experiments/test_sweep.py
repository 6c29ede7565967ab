"""Sweeps: what is run at each point, resumption after real kills, errors, and the command line."""

import csv
import dataclasses
import json
import re
import signal
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from cue import Cue, cue_model
from in_process import run
from networks import random_network
from scipy.io import savemat
from tuning_processes import TASK, start

from spiking import (
    ArgumentError,
    LIFParams,
    RateModel,
    Smoothing,
    SpikingNetwork,
    Stimulation,
    UnitFraction,
    datasets,
    evaluate,
    plotting,
    simulate,
    sweep,
    tasks,
)
from spiking.experiments import Sweep
from spiking.experiments.lesioned_units import by_effect
from spiking.plotting import caption_of
from spiking.tasks.scoring import wilson_interval

MODEL = RateModel.load(cue_model())
NETWORK = SpikingNetwork.from_rate(MODEL, 30)
RECURRENT = random_network(30, seed=3, offset=10.0)


def column(found, name):
    return [row[name] for row in found.rows]


def test_each_point_is_what_evaluate_and_simulate_give():
    arguments = {"grid": {"refractory": [0.0, 2.0], "noise": [0, 0.3]}, "trials": 12, "seed": 4}
    found = sweep(NETWORK, Cue(), **arguments)
    assert [(row["refractory"], row["noise"]) for row in found.rows] == [
        (0.0, 0),
        (0.0, 0.3),
        (2.0, 0),
        (2.0, 0.3),
    ]
    for row in found.rows:
        params = LIFParams(refractory=row["refractory"], noise=row["noise"])
        network = SpikingNetwork.from_rate(MODEL, 30, params=params)
        alone = evaluate(network, Cue(), 12, seed=4)
        assert (row["correct"], row["trials"]) == (alone.score.correct, 12)
        assert (row["accuracy"], row["low"], row["high"]) == (alone.accuracy, *alone.interval)
        assert {name: row[f"accuracy_{name}"] for name in Cue().conditions} == {
            name: score.accuracy for name, score in alone.by_condition.items()
        }
        rates = simulate(network, Cue().trials(12, seed=4).spiking_inputs, seed=4).rates
        assert row["rate_hz"] == pytest.approx(rates.mean(), rel=1e-12)
    assert found.by_trial[0]["condition"].tolist() == list(Cue().trials(12, seed=4).conditions)
    assert "accuracy_nogo" in str(found)
    assert sweep(NETWORK, Cue(), threads=3, **arguments).rows == found.rows
    (one,) = sweep(NETWORK, Cue(), grid={"refractory": [2.0]}, trials=1, seed=4).rows
    assert [np.isnan(one["accuracy_go"]), np.isnan(one["accuracy_nogo"])].count(True) == 1


@pytest.mark.parametrize(
    ("name", "value", "experiment"),
    [
        ("scale_weights.inh.exc", 0.5, lambda net: net.scale_weights(pre="inh", post="exc", factor=0.5)),
        ("scale_weights", 0, lambda net: net.cut()),
        ("cut.exc", 0.4, lambda net: net.cut(pre="exc", fraction=0.4, seed=2)),
        ("shuffle_weights.exc.inh", 1, lambda net: net.shuffle_weights(pre="exc", post="inh", seed=2)),
        ("lesion.inh", 0.5, lambda net: net.lesion(UnitFraction(0.5, "inh", seed=2))),
        ("neuron", "leaky", lambda net: net),
        ("threshold", -45, lambda net: dataclasses.replace(net, params=LIFParams(threshold=-45.0))),
        ("mine", lambda net: net.remove_autapses(), lambda net: net.remove_autapses()),
    ],
)
def test_names_do_what_the_methods_do(name, value, experiment):
    values = {"mine": value} if callable(value) else [value]
    (row,) = sweep(RECURRENT, Cue(), grid={name: values}, trials=3, seed=2).rows
    rates = simulate(experiment(RECURRENT), Cue().trials(3, seed=2).spiking_inputs, seed=2).rates
    assert row["rate_hz"] == pytest.approx(np.nanmean(rates), rel=1e-12)
    exc = RECURRENT.populations["exc"]
    assert row["rate_hz_exc"] == pytest.approx(np.nanmean(rates[:, exc]), rel=1e-12)
    assert row[name] == ("mine" if callable(value) else value)


def test_functions_stimulation_scaling_factor_and_downsample():
    def without_inhibition(network):
        return network.cut(pre="inh")

    def intact(network):
        return network

    found = sweep(RECURRENT, Cue(), grid={"what": [intact, without_inhibition]}, trials=4, seed=1)
    assert column(found, "what") == ["intact", "without_inhibition"]
    assert found.rows[1]["rate_hz"] > found.rows[0]["rate_hz"]  # the independent expectation
    stimulated = sweep(
        NETWORK,
        Cue(),
        grid={"stimulation.amplitude": [-2.0, 0.0, 2.0]},
        stimulation=Stimulation(units=range(20), window=(0, 150)),
        trials=4,
        seed=1,
    )
    assert np.all(np.diff(column(stimulated, "rate_hz")) > 0)
    by_model = sweep(MODEL, Cue(), grid={"refractory": [3.0], "scaling_factor": [20, 40]}, trials=8, seed=1)
    by_network = sweep(NETWORK, Cue(), grid={"scaling_factor": [20, 40]}, trials=8, seed=1)
    params = LIFParams(refractory=3.0)
    for row, factor in zip(by_model.rows, (20, 40), strict=True):
        alone = evaluate(SpikingNetwork.from_rate(MODEL, factor, params=params), Cue(), 8, seed=1)
        assert row["correct"] == alone.score.correct
    alone = evaluate(SpikingNetwork.from_rate(MODEL, 40), Cue(), 8, seed=1)
    assert by_network.rows[1]["correct"] == alone.score.correct
    coarse = sweep(NETWORK, Cue(), grid={"downsample": [1, 2]}, trials=4, seed=1)
    alone = evaluate(NETWORK, Cue(), 4, seed=1, downsample=2)
    assert coarse.rows[1]["correct"] == alone.score.correct
    assert column(coarse, "rate_hz")[0] != column(coarse, "rate_hz")[1]


def test_random_numbers_are_common_unless_told_otherwise():
    grid = {"which": {"a": lambda net: net, "b": lambda net: net}}
    common = sweep(NETWORK, Cue(), grid=grid, trials=10, seed=1)
    assert common.rows[0]["rate_hz"] == common.rows[1]["rate_hz"]
    own = sweep(NETWORK, Cue(), grid=grid, trials=10, seed=1, common_random_numbers=False)
    assert own.rows[0]["rate_hz"] == common.rows[0]["rate_hz"] != own.rows[1]["rate_hz"]
    both = simulate(
        NETWORK, Cue().trials(10, seed=1, first=10).spiking_inputs, seed=1, trials=range(10, 20)
    ).rates
    assert own.rows[1]["rate_hz"] == pytest.approx(both.mean(), rel=1e-12)


def test_strict_smoothing_and_refits_are_passed_on_and_named():
    smoothing = Smoothing("exponential", 30.0)
    found = sweep(NETWORK, Cue(), grid={"noise": [0.1]}, trials=10, seed=1, smoothing=smoothing, strict=True)
    alone = evaluate(NETWORK, Cue(), 10, seed=1, smoothing=smoothing, strict=True)
    assert found.rows[0]["correct"] == alone.score.correct
    readouts = {
        "trained": lambda net: net,
        "refitted": lambda net: net.refit_readout(Cue(), 10, seed=1),
    }
    found = sweep(NETWORK, Cue(), grid={"readout weights": readouts}, trials=2, seed=1)
    assert column(found, "readout")[0] == "trained"
    assert "readout refitted: ridge 0.01" in column(found, "readout")[1]
    assert "readout refitted" in str(found)


def test_values_are_called_by_the_number_that_was_meant():
    found = sweep(NETWORK, Cue(), grid={"noise": np.arange(0.1, 0.35, 0.1)}, trials=1, seed=1)
    assert column(found, "noise") == [0.1, 0.2, 0.3]  # the last value is 0.30000000000000004
    rows = list(csv.DictReader(found.csv().splitlines()))
    assert [row["noise"] for row in rows] == ["0.1", "0.2", "0.3"]
    assert {"nan", "None"}.isdisjoint(cell for row in rows for cell in row.values())


def test_the_table_is_tidy_and_plots_in_one_line():
    pd = pytest.importorskip("pandas")
    from matplotlib.figure import Figure

    found = sweep(NETWORK, Cue(), grid={"refractory": [0, 2], "noise": [0.1, 0.5]}, trials=3, seed=1)
    assert isinstance(found.table, pd.DataFrame)
    assert len(found.table) == 4
    assert found.table["accuracy"].tolist() == column(found, "accuracy")
    assert found.table.pivot(index="refractory", columns="noise", values="rate_hz").shape == (2, 2)
    rows = list(csv.DictReader(found.csv().splitlines()))
    assert [float(row["rate_hz"]) for row in rows] == column(found, "rate_hz")
    assert {(row["rule"], row["seed"]) for row in rows} == {(found.task.rule(), str(found.seed))}
    assert str(found).splitlines()[-1].startswith(f"correct: {found.task.rule()}; 95 % Wilson")
    ax = found.plot("rate_hz", Figure().subplots())
    assert [line.get_label() for line in ax.lines] == ["0.1", "0.5"]
    assert np.array_equal(
        ax.lines[0].get_ydata(), [row["rate_hz"] for row in found.rows if row["noise"] == 0.1]
    )
    assert ax.get_xlabel() == "Refractory period (ms)"
    grid = {"what": {"a": lambda net: net, "b": lambda net: net.cut()}}
    named = sweep(NETWORK, Cue(), grid=grid, trials=2, seed=1)
    ax = named.plot(ax=Figure().subplots())
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"]
    with pytest.raises(ArgumentError, match="y is 'speed'; expected one of trials"):
        named.plot("speed")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"grid": {}}, "expected {name: values}"),
        ({"grid": {"refractory": []}}, "refractory is empty; expected at least one value"),
        ({"grid": {"refractory": 3}}, "refractory is 3; expected a list of values"),
        ({"grid": {"refractory": [1, 1.0]}}, "has 1 more than once|has 1.0 more than once"),
        (
            {"grid": {"refractry": [1]}},
            r"name is 'refractry' \(did you mean refractory\?\); expected one of tau_membrane",
        ),
        ({"grid": {"refractory": [1, -1]}}, "at refractory=-1: refractory is -1; expected 0 or more"),
        ({"grid": {"cut.ie": [1]}}, "at cut.ie=1: pre is 'ie'"),
        ({"grid": {"cut": [1.5]}}, "at cut=1.5: fraction is 1.5; expected a number from 0 to 1"),
        ({"grid": {"what": [lambda net: net]}}, "a function without a name"),
        ({"grid": {"what": {"x": lambda net: 3}}}, "the function of what returned 3"),
        ({"grid": {"stimulation.amplitude": [1]}}, "stimulation is None; expected one stimulation"),
        ({"trials": 0}, "trials is 0"),
        ({"task": "mante"}, "expected inputs: 4"),
    ],
)
def test_mistakes_are_named_before_anything_runs(arguments, message):
    arguments = {"task": Cue(), "grid": {"noise": [0.1]}, "trials": 2, "seed": 1, **arguments}
    with pytest.raises(ArgumentError, match=message):
        sweep(NETWORK, arguments.pop("task"), **arguments)


def test_a_journal_serves_more_points_and_more_trials_and_nothing_else(tmp_path):
    journal, two, three = tmp_path / "sweep.journal", {"refractory": [0, 2]}, {"refractory": [0, 1, 2]}

    def run_trials(network=NETWORK, task=None, **changes):
        done = [0]
        arguments = {"grid": two, "trials": 5, "seed": 1, "journal": journal, **changes}
        return sweep(network, task or Cue(), progress=done.append, **arguments), done[-1]

    first, done = run_trials()
    assert done == 10
    more, done = run_trials(grid=three, trials=8)
    assert done == 3 + 8 + 3
    assert more.rows == sweep(NETWORK, Cue(), grid=three, trials=8, seed=1).rows
    again, done = run_trials()
    assert (again.rows, done) == (first.rows, 0)
    for changes in (
        *({"seed": 2}, {"strict": True}, {"smoothing": Smoothing("gaussian", 5)}, {"downsample": 2}),
        *({"network": dataclasses.replace(NETWORK, offset=0.5)}, {"task": Cue(score_from=90.0)}),
        {"stimulation": Stimulation(units=(1,), window=(0, 10))},
    ):
        assert run_trials(**changes)[1] == 10
    precious = tmp_path / "model.mat"
    precious.write_bytes(b"precious")
    with pytest.raises(ArgumentError, match="is not a journal"):
        sweep(NETWORK, Cue(), grid={"refractory": [0]}, trials=5, seed=1, journal=precious)
    assert precious.read_bytes() == b"precious"


SWEEP = ["sweep", "model.mat", "--task", f"{TASK}:Cue", "--seed", "3", "--trials", "120", "--threads", "1"]
SWEEP += ["--scaling-factor", "30", "--vary", "refractory=0:4:0.5", "--vary", "noise=0.1,0.4"]


@pytest.fixture
def folder(tmp_path):
    savemat(tmp_path / "model.mat", cue_model())
    return tmp_path


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed(folder, monkeypatch):
    monkeypatch.chdir(folder)
    whole = run(*SWEEP, "-o", "whole.csv")
    assert whole.returncode == 0, whole.stderr
    journal = folder / "table.csv.sweep"
    for blocks in (1, 5, 9):
        process = start(*SWEEP, "-o", "table.csv")
        deadline = time.monotonic() + 60
        while not (journal.exists() and journal.read_bytes().count(b"\n") > blocks):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.002)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert not (folder / "table.csv").exists()
    lines = journal.read_bytes().split(b"\n")[1:-1]
    known = sum(len(json.loads(line)[2]) for line in lines)
    assert 0 < known < 18 * 120
    with journal.open("ab") as file:
        file.write(lines[-1][:-7])  # a line that a kill cut short
    done = run(*SWEEP, "-o", "table.csv")
    assert done.returncode == 0, done.stderr
    assert (folder / "table.csv").read_bytes() == (folder / "whole.csv").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["model.mat", "table.csv", "whole.csv"]
    assert len((folder / "table.csv").read_text().splitlines()) == 1 + 18


def test_command_line(folder, monkeypatch):
    monkeypatch.chdir(folder)
    done = run(*SWEEP[:-2], "-o", "table.csv", "--plot", "sweep.png", "--trials", 4)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].split()[:4] == ["refractory", "network", "trials", "correct"]
    assert (folder / "sweep.png").read_bytes()[:4] == b"\x89PNG"
    rows = list(csv.DictReader((folder / "table.csv").read_text().splitlines()))
    assert [row["refractory"] for row in rows] == [
        "0.0",
        "0.5",
        "1.0",
        "1.5",
        "2.0",
        "2.5",
        "3.0",
        "3.5",
        "4.0",
    ]
    found = sweep(NETWORK, Cue(), grid={"refractory": [0.0, 2.0]}, trials=4, seed=3)
    assert [float(rows[k]["rate_hz"]) for k in (0, 4)] == column(found, "rate_hz")
    before = (folder / "table.csv").read_bytes()
    other = [*SWEEP[:8], "--scaling-factor", 30, "--vary", "noise=0", "--trials", 2, "-o", "table.csv"]
    done = run(*other)  # the table of another sweep is not replaced
    assert (done.returncode, (folder / "table.csv").read_bytes()) == (2, before)
    assert done.stderr.endswith(
        "output is table.csv, which exists already; choose another name, or replace it with --force\n"
    )
    assert run(*other, "--force").returncode == 0
    assert len((folder / "table.csv").read_text().splitlines()) == 2


def test_a_lesion_of_all_units_says_so(folder, monkeypatch):
    monkeypatch.chdir(folder)
    words = [*SWEEP[:6], "--trials", 2, "--scaling-factor", 30]
    assert "at lesion=1 all units are lesioned" in run(*words, "--vary", "lesion=0,1").stderr
    assert "all units" not in run(*words, "--vary", "lesion=0,0.5").stderr


def test_stimulation_on_the_command_line(folder, monkeypatch):
    monkeypatch.chdir(folder)
    options = ["--stimulate", "exc", "--units", "exc", "--window", 0, 150, "--trials", 4]
    done = run(
        *SWEEP[:8], "--scaling-factor", 30, *options, "--vary", "stimulation.amplitude=-1,2", "-o", "a.csv"
    )
    assert done.returncode == 0, done.stderr
    rates = [float(row["rate_hz"]) for row in csv.DictReader((folder / "a.csv").read_text().splitlines())]
    pushed = Stimulation(units="exc", window=(0, 150))
    found = sweep(
        NETWORK, Cue(), grid={"stimulation.amplitude": [-1, 2]}, stimulation=pushed, trials=4, seed=3
    )
    assert rates == column(found, "rate_hz")
    assert rates[0] < rates[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vary", "refractory"], "--vary is refractory; expected NAME=VALUES, such as refractory=0:5:0.5"),
        (["--vary", "refractory=0:5:x"], "expected START:STOP or START:STOP:STEP"),
        (["--vary", "refractory=5:0:1"], "--vary refractory is '5:0:1'; expected START:STOP"),
        (["--vary", "refractory=0:1:1e-9"], "values; expected at most 10000"),
        (["--vary", "refractory=a"], "at refractory=a: refractory is 'a'; expected a finite number"),
        (["--vary", "noise=0", "--vary", "noise=1"], "--vary has noise twice"),
        (["--vary", "nose=0"], "name is 'nose' (did you mean noise?); expected one of"),
        (["--vary", "scaling_factor=20", "--scaling-factor", "3"], "given and varied"),
        (["--vary", "noise=0", "-o", "nowhere/table.csv"], "the folder nowhere does not exist"),
        (["--vary", "noise=0", "--plot", "sweep.doc"], "output is sweep.doc; expected a name that ends in"),
        (
            ["--vary", "noise=0", "--plot", "a.png", "--y", "rate_hz_sst"],
            "--y is 'rate_hz_sst'; expected one of accuracy, strict, sustained, positive, response_time_ms, "
            "rate_hz, accuracy_go, accuracy_nogo, rate_hz_exc\n",
        ),
        (
            ["--vary", "noise=0", "--plot", "a.png", "--y", "accuracy_pull"],
            "--y is 'accuracy_pull'; expected one of",
        ),
        (
            ["--vary", "noise=0", "--plot", "a.png", "--y", "speed"],
            "--y is 'speed'; expected one of",
        ),
        (
            ["--vary", "neuron=lif,leaky", "--curve", "correct"],
            "--vary neuron has values that are not numbers",
        ),
        (["--vary", "noise=0"], "has no tuned scaling factor"),
    ],
)
def test_mistakes_on_the_command_line(folder, monkeypatch, arguments, message):
    monkeypatch.chdir(folder)
    if "--scaling-factor" not in arguments and "tuned" not in message:
        arguments = [*arguments, "--scaling-factor", "30"]
    done = run("sweep", "model.mat", "--task", f"{TASK}:Cue", "--trials", 2, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_trials_of_another_sweep_that_was_stopped_are_not_deleted(folder, monkeypatch):
    from spiking.command_line.app import app

    monkeypatch.chdir(folder)
    journal = folder / "table.csv.sweep"
    sweep(NETWORK, Cue(), grid={"refractory": [1]}, trials=3, seed=1, journal=journal)
    short = ["sweep", "model.mat", f"--task={TASK}:Cue", "--trials=2", "--scaling-factor=30"]
    app([*short, "--vary=noise=0.1", "-o", "table.csv"], standalone_mode=False)
    again = sweep(NETWORK, Cue(), grid={"refractory": [1]}, trials=3, seed=1, journal=journal)
    assert again.unused == 2
    journal.unlink()
    app([*short, "--vary=noise=0.1", "-o", "table.csv", "--force"], standalone_mode=False)
    assert not journal.exists()


def test_the_rate_network_runs_with_the_same_changes():
    model, task = datasets.load("go-nogo"), tasks.GoNoGo()
    grid = {
        "lesion.inh": [0.0, 0.5],
        "noise": [0.1, 0.2],
        "cut": {"no": lambda net: net, "yes": lambda net: net.cut(pre="exc", fraction=0.7, seed=2)},
    }
    found = sweep(model, task, grid=grid, trials=6, seed=1, rate_network=True)
    plain = sweep(model, task, grid=grid, trials=6, seed=1)
    spiking_rows = [row for row in found.rows if row["network"] == "spiking"]
    assert spiking_rows == list(plain.rows)
    rate_rows = [row for row in found.rows if row["network"] == "rate"]
    for row, other in zip(rate_rows, spiking_rows, strict=True):
        assert [row[name] for name in grid] == [other[name] for name in grid]
        changed = model.lesion(UnitFraction(row["lesion.inh"], "inh", seed=1))
        if row["cut"] == "yes":
            changed = changed.cut(pre="exc", fraction=0.7, seed=2)
        expected = evaluate(changed, task, 6, seed=1)
        assert (row["accuracy"], row["low"], row["high"]) == (expected.accuracy, *expected.interval)
        assert np.isnan(row["rate_hz"])
    assert len({row["accuracy"] for row in rate_rows}) > 1
    network = SpikingNetwork.from_rate(model)
    fitting = {"constants": {"other": lambda net: net.with_params(noise=0.2)}}
    for given, words, message in (
        (network, {"grid": {"noise": [0.1]}}, "with a spiking network alone"),
        (
            model,
            {"grid": {"noise": [0.1]}, "common_random_numbers": False},
            "with common_random_numbers=False",
        ),
        (model, {"grid": fitting}, "needs what a RateModel has not"),
    ):
        with pytest.raises(ArgumentError, match=message):
            sweep(given, task, trials=1, seed=1, rate_network=True, **words)
    with pytest.raises(ArgumentError, match="expected rate_network=True"):
        sweep(model, task, trials=1, grid={"noise": [0.1]}, rate_network=model)
    with pytest.raises(ArgumentError, match="those of the rate model"):
        sweep(network, task, trials=1, grid={"noise": [0.1]}, rate_network=datasets.load("xor"))


@dataclasses.dataclass(frozen=True)
class Levels(Cue):
    """A cue whose level is a setting, and whose trial must be longer than its cue."""

    level: float = 2.0
    cue: float = 100.0

    def __post_init__(self):
        if self.cue >= self.duration:
            raise ArgumentError(f"cue is {self.cue:g} ms; expected less than the duration, {self.duration:g}")

    def trial(self, condition, rng):
        inputs, target = super().trial(condition, rng)
        inputs[:] = self.level if condition == "go" else -self.level
        inputs[:, round(self.cue / 5) :] = 0.0
        return inputs, target


def test_settings_of_the_task_are_varied_with_and_without_others(tmp_path):
    grid = {"task.duration": [150.0, 200.0], "noise": [0.1, 0.3], "task.cue": {"short": 120, "long": 140.0}}
    arguments = {"grid": grid, "trials": 5, "seed": 3}
    result = sweep(NETWORK, Levels(), **arguments, journal=tmp_path / "sweep.journal")
    assert len(result.rows) == 8
    for row in result.rows:
        task = Levels(duration=row["task.duration"], cue={"short": 120.0, "long": 140.0}[row["task.cue"]])
        alone = evaluate(NETWORK.with_params(noise=row["noise"]), task, 5, seed=3)
        assert row["correct"] == alone.score.correct
        rates = simulate(
            NETWORK.with_params(noise=row["noise"]), task.trials(5, seed=3).spiking_inputs, seed=3
        ).rates
        assert row["rate_hz"] == pytest.approx(rates.mean(), rel=1e-12)
    assert len({row["rate_hz"] for row in result.rows}) == 8
    done = [0]  # the journal has all trials, also for fewer points and one more
    grid = {"task.cue": [120, 130.0], "task.duration": [200], "noise": [0.3]}
    arguments["grid"] = grid
    again = sweep(NETWORK, Levels(), **arguments, journal=tmp_path / "sweep.journal", progress=done.append)
    assert done[-1] == 5
    assert again.rows[0]["rate_hz"] == result.rows[6]["rate_hz"]


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (
            {"task.dely": [100]},
            "at task.dely=100: cue: unknown setting dely; expected one of duration, score_from, level, cue",
        ),
        (
            {"task.duration": [200.0, 120.0], "task.cue": [110.0, 130.0]},
            "at task.duration=120.0, task.cue=130.0: cue is 130 ms; expected less than the duration",
        ),
        (
            {"task.duration": [202.0]},
            "at task.duration=202.0: .*duration is 202.0 ms; expected a multiple of 5",
        ),
        ({"task.level": ["high"]}, "at task.level=high: cue: level is 'high'; expected a number"),
    ],
)
def test_invalid_settings_are_named_with_their_point_before_anything_runs(grid, message):
    def refused(done):
        raise AssertionError("a trial was run")

    with pytest.raises(ArgumentError, match=message):
        sweep(NETWORK, Levels(), grid=grid, trials=2, seed=1, progress=refused)


def test_both_networks_with_settings_of_the_task_and_single_trials(tmp_path):
    model = datasets.load("mante")
    network = SpikingNetwork.from_rate(model)
    arguments = {"task": "mante", "trials": 6, "seed": 2, "journal": tmp_path / "sweep.journal"}
    arguments["grid"] = {"task.offset": [0.1, 0.5], "task.stimulus_duration": [500]}
    result = sweep(network, rate_network=model, **arguments)
    assert [row["network"] for row in result.rows] == ["spiking", "rate"] * 2
    for row, trials in zip(result.rows, result.by_trial, strict=True):
        task = tasks.get("mante", offset=row["task.offset"], stimulus_duration=500.0)
        alone = evaluate(model if row["network"] == "rate" else network, task, 6, seed=2)
        assert trials["trial"].tolist() == [0, 1, 2, 3, 4, 5]
        assert trials["label"].tolist() == [task.conditions[name] for name in alone.conditions]
        assert trials["correct"].tolist() == alone.correct.tolist()
        assert trials["predicted"].tolist() == alone.predicted.tolist()
        np.testing.assert_array_equal(trials["response_time_ms"], alone.response_time)
        assert row["positive"] == np.mean(alone.predicted == 1)
        assert row["response_time_ms"] == pytest.approx(np.nanmean(alone.response_time), nan_ok=True)
    done = []
    again = sweep(network, rate_network=model, **arguments, progress=done.append)
    assert done == []
    assert again.csv() == result.csv()


def made_sweep(fraction, *, scored=True):
    """Return a sweep as if trials had been run: `fraction` of responses +1 by signed value and network."""
    rng = np.random.default_rng(3)
    rows, by_trial = [], []
    task = tasks.get("mante") if scored else tasks.from_inputs(np.zeros((4, 500)))
    for value in (0.0, 0.1, 0.2, 0.4, 0.8):
        for network in ("spiking", "rate"):
            expected = np.where(rng.random(300) < 0.5, 1, -1)
            up = rng.random(300) < fraction(expected * value, network)
            predicted = np.where(up, 1, -1)
            time = 1300.0 + 100 * (0.8 - value) + 10 * rng.standard_normal(300)
            rows.append({"task.offset": value, "network": network, "trials": 300})
            by_trial.append(
                {
                    "trial": np.arange(300),
                    "label": expected,
                    "correct": predicted == expected,
                    "predicted": predicted.astype(float),
                    "response_time_ms": time,
                }
            )
    return Sweep(
        names=("task.offset",),
        task=task,
        n_trials=300,
        seed=3,
        strict=False,
        rows=tuple(rows),
        by_trial=tuple(by_trial),
    )


def test_psychometric_curves_of_both_networks(tmp_path):
    bias = {"spiking": 0.1, "rate": -0.1}
    result = made_sweep(lambda x, network: 1 / (1 + np.exp(-8 * (x - bias[network]))))
    curves = result.psychometric(resamples=100)
    assert list(curves.curves) == ["spiking", "rate"]
    for network, curve in curves.curves.items():
        assert curve.x.tolist() == [-0.8, -0.4, -0.2, -0.1, 0.0, 0.1, 0.2, 0.4, 0.8]
        assert curve.trials.sum() == 1500
        assert curve.trials[4] == 300
        assert curve.fit.threshold.value == pytest.approx(bias[network], abs=0.06)
        assert curve.fit.threshold.low < curve.fit.threshold.value < curve.fit.threshold.high
        assert curve.fit.slope.value == pytest.approx(8, abs=3)
        assert curve.response_time[[0, -1]] == pytest.approx(1300, abs=5)
    correct = result.psychometric(signed=False, resamples=100).curves["rate"]
    assert correct.x.tolist() == [0.0, 0.1, 0.2, 0.4, 0.8]
    assert correct.responses.tolist() == [int(t["correct"].sum()) for t in result.by_trial[1::2]]
    rows = list(csv.DictReader(curves.csv().splitlines()))
    assert [row["curve"] for row in rows] == ["spiking"] * 9 + ["rate"] * 9
    assert json.loads(json.dumps(curves.as_json()))["curves"]["rate"]["fit"]["slope"]["value"] > 5
    figure = curves.plot()
    left, right = figure.axes
    legend = figure.legends[0].get_lines()
    assert [line.get_linestyle() for line in legend] == ["-", "--"]
    assert left.get_xlabel() == "Offset \u00d7 expected response"
    foot = " ".join(figure.get_supxlabel().split())
    for words in (
        "300 trials at each value of task.offset, seed 3",
        "output above 0.7 (",
        "rate: threshold",
    ):
        assert words in foot
    figure.savefig(tmp_path / "curves.png")
    right_means = [line.get_ydata() for line in right.lines if len(line.get_ydata()) == 9]
    assert any(np.array_equal(line, curves.curves["rate"].response_time) for line in right_means)


@dataclass(frozen=True)
class Reach(Cue):
    """Two sides and trials that must not be answered; a setting has the name of a constant of neurons."""

    noise: float = 0.0

    name: ClassVar[str] = "reach"
    conditions: ClassVar[dict[str, int]] = {"left": -1, "right": 1, "catch": 0}

    def trial(self, condition, rng):
        inputs, target = np.zeros((1, self.n_steps)), np.zeros(self.n_steps)
        target[:] = self.conditions[condition]
        return inputs + self.noise * rng.standard_normal(inputs.shape), target


def reached(task, labels, *, answer):
    """Return a sweep with these labels at each value; `answer` gives responses from signed values."""
    by_trial = [
        {
            "trial": np.arange(labels.size),
            "label": labels,
            "correct": answer(value * labels) == labels,
            "predicted": answer(value * labels).astype(float),
            "response_time_ms": np.where(answer(value * labels) == 0, np.nan, 400.0),
        }
        for value in (0.0, 0.2, 0.5, 0.8)
    ]
    rows = [{"task.level": value, "network": "spiking"} for value in (0.0, 0.2, 0.5, 0.8)]
    return Sweep(
        names=("task.level",),
        task=task,
        n_trials=labels.size,
        seed=1,
        strict=False,
        rows=tuple(rows),
        by_trial=tuple(by_trial),
    )


def test_trials_without_an_expected_response_are_left_out_of_signed_curves():
    labels = np.array([-1] * 35 + [0] * 32 + [1] * 23)
    result = reached(Reach(), labels, answer=lambda x: np.where(np.abs(x) > 0.3, np.sign(x), 0).astype(int))
    curves = result.psychometric(resamples=100)
    curve = curves.curves["spiking"]
    assert curve.x.tolist() == [-0.8, -0.5, -0.2, 0.0, 0.2, 0.5, 0.8]
    assert curve.trials.tolist() == [35, 35, 35, 58, 23, 23, 23]  # 58: of both sides
    assert curve.responses.tolist() == [0, 0, 0, 0, 0, 23, 23]
    assert curve.unanswered.tolist() == [0, 0, 35, 58, 23, 0, 0]
    assert curves.left_out == curves.as_json()["left_out"] == 4 * 32
    assert "128 trials in which no response is expected" in str(curves)
    assert "232 trials at 7 values, 116 without a response" in str(curves)
    assert "unanswered" in curves.csv().splitlines()[0]
    figure = curves.plot()
    foot = " ".join(figure.get_supxlabel().split())
    assert "128 trials in which no response is expected" in foot
    assert "trials without a response, from left to right: 0, 0, 35, 58, 23, 0, 0" in foot
    assert "Trials without a response count as not +1" in plotting.caption_of(figure)
    correct = result.psychometric(signed=False, resamples=100)
    assert "without a response" not in f"{correct} {correct.plot().get_supxlabel()}"
    assert (correct.left_out, correct.curves["spiking"].trials.tolist()) == (0, [90] * 4)


def test_signed_curves_need_the_labels_of_two_sides():
    labels = np.array([0] * 15 + [1] * 3)
    result = reached(Cue(), labels, answer=lambda x: (x > 0.1).astype(int))
    with pytest.raises(
        ArgumentError, match=r"expected responses of the task cue are 0, 1; expected \+1 and -1"
    ):
        result.psychometric(resamples=100)
    assert result.psychometric(signed=False, resamples=100).curves["spiking"].trials.tolist() == [18] * 4


def test_a_name_of_a_constant_and_of_a_setting_is_said_to_be_the_constant():
    message = (
        "noise is the constant of the neurons, which is varied; the task reach has a setting noise, which"
    )
    with pytest.warns(UserWarning, match=message):
        both = sweep(NETWORK, Reach(), grid={"noise": [0.0, 0.2]}, trials=2, seed=1)
    assert "task.noise" not in both.rows[0]
    sweep(NETWORK, Reach(), grid={"task.noise": [0.0, 0.2]}, trials=2, seed=1)  # no warning


def test_curves_of_perfect_networks_give_a_reason_and_are_drawn(tmp_path):
    curves = made_sweep(lambda x, network: x >= 0).psychometric(resamples=100)
    assert curves.curves["spiking"].fit is None
    assert "do not determine the slope" in str(curves)
    figure = curves.plot()
    assert "no fit: responses change" in " ".join(figure.get_supxlabel().split())
    figure.savefig(tmp_path / "curves.png")
    always = made_sweep(lambda x, network: x > -9).psychometric(resamples=100)
    assert "all 1500 trials have the response" in str(always)


def test_curves_need_numbers_and_responses():
    result = sweep(NETWORK, Cue(), grid={"which": {"a": lambda net: net}}, trials=2, seed=1)
    with pytest.raises(ArgumentError, match="which has the value 'a'; expected numbers"):
        result.psychometric()
    with pytest.raises(ArgumentError, match="x is 'noise'; expected one of which"):
        result.psychometric("noise")
    unscored = made_sweep(lambda x, network: x > 0, scored=False)
    with pytest.raises(ArgumentError, match="has no score"):
        unscored.psychometric(signed=False)


def test_curves_on_the_command_line(folder, monkeypatch):
    monkeypatch.chdir(folder)
    levels = [*SWEEP[:8], "--scaling-factor", 30, "--trials", 6, "--vary", "task.score_from=20:120:20"]
    done = run(*levels, "--curve", "correct", "--rate-network", "--plot", "curves.png")
    assert done.returncode == 0, done.stderr
    assert "correct against task.score_from; 95 % intervals" in done.stdout
    assert done.stdout.count("36 trials at 6 values") == 2
    assert (folder / "curves.png").read_bytes()[:4] == b"\x89PNG"
    done = run(*levels, "--curve", "both")
    assert done.returncode == 2
    assert "--curve is 'both'; expected one of signed, correct" in done.stderr


def test_rates_of_sst_and_pv_units_are_columns_and_can_be_drawn():
    mapping = cue_model()
    mapping["exc"][12:], mapping["inh"][12:], mapping["som_N"] = 0, 1, np.array([[3]])
    mapping["m"] = np.diag([1.0] * 12 + [-1.0] * 8).astype(np.float32)
    mapping["som_m"] = np.ones((20, 20), np.float32)
    mapping["som_m"][12:15, -8:] = 0
    network = SpikingNetwork.from_rate(RateModel.load(mapping), 30)
    result = sweep(network, Cue(), grid={"noise": [0.1, 0.2]}, trials=2, seed=1)
    assert {"rate_hz_exc", "rate_hz_inh", "rate_hz_pv", "rate_hz_sst"} <= result.rows[0].keys()
    run = simulate(network, Cue().trials(2, seed=1).spiking_inputs, seed=1)
    assert result.rows[0]["rate_hz_sst"] == pytest.approx(run.rates[:, network.populations["som"]].mean())
    for y in ("rate_hz_sst", "rate_hz_SST", "rate_hz_som"):
        ax = result.plot(y)
        assert ax.get_ylabel() == "Rate of SST neurons (Hz)"
        assert ax.lines[0].get_ydata()[0] == result.rows[0]["rate_hz_sst"]


def test_the_accuracy_of_a_condition_is_drawn_with_its_interval(folder, monkeypatch):
    result = sweep(NETWORK, Cue(), grid={"noise": [0.1, 5]}, trials=20, seed=1)
    name = next(iter(Cue.conditions))
    ax = result.plot(f"accuracy_{name}".upper())
    assert ax.get_ylabel() == f"Accuracy in {name} trials"
    assert ax.get_ylim() == (0, 1.02)
    alone = evaluate(NETWORK.with_params(noise=5), Cue(), 20, seed=1).by_condition[name]
    assert ax.lines[0].get_ydata()[1] == alone.accuracy
    band = ax.collections[0].get_paths()[0].vertices
    assert {*alone.interval} <= {*band[:, 1]}
    monkeypatch.chdir(folder)
    done = run(
        *SWEEP[:8],
        "--scaling-factor",
        30,
        "--vary",
        "noise=0.1",
        "--y",
        f"accuracy_{name}",
        "--plot",
        "a.png",
    )
    assert done.returncode == 0, done.stderr


def test_each_unit_of_a_population_can_be_lesioned():
    found = sweep(RECURRENT, Cue(), grid={"lesion_unit": ["none", "inh", 3]}, trials=3, seed=1)
    inhibitory = np.flatnonzero(RECURRENT.populations["inh"]).tolist()
    assert column(found, "lesion_unit") == ["none", *inhibitory, *({3} - {*inhibitory})]
    assert column(found, "population")[:2] == ["", "inh"]
    for row in found.rows[:3]:
        network = RECURRENT if row["lesion_unit"] == "none" else RECURRENT.lesion([row["lesion_unit"]])
        run = simulate(network, Cue().trials(3, seed=1).spiking_inputs, seed=1)
        assert row["rate_hz"] == pytest.approx(np.nanmean(run.rates))
    with pytest.raises(ArgumentError, match="lesion_unit is 'pyramidal'; expected one of all, exc"):
        sweep(RECURRENT, Cue(), grid={"lesion_unit": ["pyramidal"]}, trials=1)
    with pytest.raises(ArgumentError, match="at lesion_unit=99: units has 99; expected numbers from 0 to 29"):
        sweep(RECURRENT, Cue(), grid={"lesion_unit": [99]}, trials=1)


def test_the_units_that_matter_most_come_first():
    rows = [
        {"lesion_unit": unit, "y": y}
        for unit, y in zip(["none", *range(5)], [1, 1, 0.5, 1.2, np.nan, 1], strict=True)
    ]
    shown, others = by_effect(rows, "y", 4)
    assert [row["lesion_unit"] for row in shown] == [3, 1, 2]  # no response, then by distance
    assert [row["lesion_unit"] for row in others] == [0, 4]
    assert [row["lesion_unit"] for row in by_effect(rows, "y", 1)[0]] == [3]
    assert [row["lesion_unit"] for row in by_effect(rows, "y", 5)[0]] == [3, 1, 2, 0, 4]  # all fit
    tied = [
        {"lesion_unit": unit, "y": y}
        for unit, y in zip(["none", 0, 1, 2, 3], [1, 0.5, 0.8, 0.8, 0.8], strict=True)
    ]
    assert [[row["lesion_unit"] for row in by_effect(tied, "y", n)[0]] for n in (3, 4)] == [[0], [0, 1, 2, 3]]
    assert [row["lesion_unit"] for row in by_effect([*rows[1:4], rows[5]], "y", 1)[0]] == [1]  # against 1


def test_lesioned_units_on_the_command_line_and_in_the_figure(folder, monkeypatch):
    monkeypatch.chdir(folder)
    words = [
        *SWEEP[:6],
        "--scaling-factor",
        30,
        "--trials",
        4,
        "--vary",
        "lesion_unit=none,all",
        "--y",
        "rate_hz",
    ]
    done = run(*words, "-o", "units.csv", "--plot", "units.png", "--caption")
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"^\d+ of 20 units \(numbered from 0\), those whose lesion changes rate_hz most", done.stdout, re.M
    )
    table = list(csv.DictReader((folder / "units.csv").read_text().splitlines()))
    assert [row["lesion_unit"] for row in table] == ["none", *map(str, range(20))]
    assert (
        "Rate (Hz) of the spiking network (model.mat; scaling factor 30) with one unit lesioned, those units "
        "(numbered from 0) first" in done.stdout
    )
    few = run(*SWEEP[:6], "--scaling-factor", 30, "--trials", 4, "--vary", "lesion_unit=none,3,7").stdout
    assert {line.split()[0] for line in few.splitlines()[1:4]} == {"none", "3", "7"}
    assert "-o writes the table of all" not in few
    found = sweep(NETWORK, Cue(), grid={"lesion_unit": ["none", "all"]}, trials=4, seed=1)
    ax = found.plot("rate_hz")
    shown, _ = by_effect(found.rows, "rate_hz", 20)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [str(row["lesion_unit"]) for row in shown]
    heights = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert heights == [row["rate_hz"] for row in shown]


def test_what_was_stimulated_is_in_table_caption_and_axis(folder, monkeypatch):
    monkeypatch.chdir(folder)
    pushed = Stimulation(units="exc", window=(50, 100), amplitude=3.0, acts_on="current")
    options = {"grid": {"stimulation.amplitude": [0.0, 10.0]}, "trials": 4, "seed": 1}
    found = sweep(NETWORK, Cue(), stimulation=pushed, **options)
    n = int(NETWORK.populations["exc"].sum())
    words = [f"exc ({n} neurons), a current of {mV} mV, from 50 to 100 ms" for mV in ("+0", "+10")]
    assert column(found, "stimulation") == words
    ax = found.plot()
    assert ax.get_xlabel() == "Stimulating current (mV)"
    for told in (str(found), caption_of(ax.figure)):
        assert f"Stimulation: at the first point {words[0]}; at the last {words[1]}." in told
    stepped = sweep(NETWORK, Cue(), stimulation=Stimulation("exc", (50, 100)), **options)
    assert stepped.plot().get_xlabel() == "Voltage added at each step (mV)"
    assert "mV at each step" in stepped.rows[1]["stimulation"]
    words = ["--stimulate", "exc", "--units", "exc", "--window", 50, 100, "--current", 20, "--trials", 2]
    done = run(*SWEEP[:6], "--scaling-factor", 30, *words, "--vary", "stimulation.amplitude=0,10")
    assert "has currents in mV, instead of --current 20" in done.stderr


def test_a_row_says_which_network_and_how_many_trials_of_each_condition(tmp_path):
    RECURRENT.save(tmp_path / "cue.npz")
    found = sweep(tmp_path / "cue.npz", Cue(), grid={"lesion.inh": [0.0, 0.5]}, trials=9, seed=1)
    for row, trials in zip(found.rows, found.by_trial, strict=True):
        assert (row["model"], row["scaling_factor"]) == ("cue.npz", RECURRENT.scaling_factor)
        for name in Cue().conditions:
            own = trials["correct"][trials["condition"] == name]
            assert row[f"trials_{name}"] == own.size
            low, high = wilson_interval(int(own.sum()), own.size)
            assert (row[f"accuracy_{name}_low"], row[f"accuracy_{name}_high"]) == (low, high)
            assert f"({low:.2f} to {high:.2f}) of {own.size}" in str(found)
    assert "50 % of inh (seed 1)" in found.rows[1]["changes"]
    one_choice = "one choice was drawn at random (seed 1); intervals are over trials"
    assert one_choice in str(found)
    assert one_choice in caption_of(found.plot().figure)
    assert one_choice not in str(sweep(RECURRENT, Cue(), grid={"refractory": [2.0]}, trials=2))


def test_windows_of_stimulation_are_questioned_once_as_by_simulate():
    pushed = Stimulation(units="exc", window=(100, 900))
    with pytest.warns(UserWarning, match="window") as told:
        sweep(NETWORK, Cue(), grid={"stimulation.amplitude": [1, 2]}, stimulation=pushed, trials=4, seed=1)
    assert [str(one.message) for one in told] == [
        f"window is 100 to 900 ms; the trial ends at {Cue().duration:g} ms, before the window does"
    ]


def test_every_rule_has_a_column_as_in_an_evaluation():
    network = SpikingNetwork.from_rate(RateModel.load(cue_model()), 30)
    result = sweep(
        network, Cue(), grid={"scaling_factor": [30, 60]}, trials=12, seed=2, rate_network=cue_model()
    )
    for row, trials in zip(result.rows, result.by_trial, strict=True):
        source = network if row["network"] == "spiking" else RateModel.load(cue_model())
        if row["scaling_factor"] != 30:
            continue
        scores = evaluate(source, Cue(), 12, seed=2).scores
        for name in ("strict", "sustained"):
            assert row[name] == scores[name].accuracy == trials[name].mean()
            assert (row[f"{name}_low"], row[f"{name}_high"]) == scores[name].interval
        assert row["sustained_rule"] == Cue().sustained_rule()
    text = str(result)
    assert f"\nsustained: {Cue().sustained_rule()}" in text
    assert "sustained_low" not in text
    start = f"the output is scored from {Cue().score_from:g} ms"
    assert (start in text) == any(row["response_time_ms"] > 0 for row in result.rows)
    ax = result.plot("sustained")
    assert ax.get_ylabel() == "Accuracy by the sustained rule"
    assert f"Correct: {Cue().sustained_rule()}." in caption_of(ax.figure)


def test_mean_response_times_have_intervals_and_say_of_which_trials():
    labels = np.array([-1] * 20 + [1] * 20)
    result = reached(Reach(), labels, answer=lambda x: np.where(np.abs(x) > 0.3, np.sign(x), 0).astype(int))
    spread = np.linspace(300, 500, 40)
    for row, trials in zip(result.rows, result.by_trial, strict=True):
        trials["response_time_ms"] = np.where(trials["predicted"] == 0, np.nan, spread)
        row["response_time_ms"] = 400.0 if row["task.level"] > 0.3 else np.nan
        row |= {"scaling_factor": 30.0, "conversion": "published", "stimulation": "none"}
    ax = result.plot("response_time_ms")
    said = caption_of(ax.figure)
    assert "Means over the trials with a response, right or wrong (0 to 40 of 40 at a point)" in said
    assert "vertical lines: 95 % bootstrap intervals" in said
    *_, last = ax.collections[0].get_segments()
    sem = spread.std() / np.sqrt(40)
    np.testing.assert_allclose(last[:, 1], [400 - 1.96 * sem, 400 + 1.96 * sem], atol=4)
    assert ax.get_ylim()[0] > 0

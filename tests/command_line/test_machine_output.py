"""`--json` and `--csv`: what they print and write, the same in all commands."""

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
from in_process import run

from spiking.command_line.output import json_text, table_csv


def test_json_has_no_nan_and_no_types_of_numpy():
    value = {"a": math.nan, "b": (np.float64(0.5), -math.inf), 3: np.array([1, 2]), "p": Path("m.mat")}
    assert json.loads(json_text(value)) == {"a": None, "b": [0.5, None], "3": [1, 2], "p": "m.mat"}


def test_a_table_has_a_column_for_each_number():
    rows = [
        {"file": "a", "rate": {"correct": 3, "interval": [0.1, 0.9], "by": {"go": math.inf}}},
        {"file": "b", "rate": {"correct": None, "interval": None}, "names": ["x", "y"]},
    ]
    a, b = csv.DictReader(io.StringIO(table_csv(rows)))
    assert a == {
        **{"file": "a", "rate_correct": "3", "rate_low": "0.1", "rate_high": "0.9"},
        **{"rate_by_go": "", "names": ""},
    }
    assert (b["rate_low"], b["rate_high"], b["names"]) == ("", "", "x; y")


def test_an_accuracy_says_its_rule_interval_and_trials():
    done = run("evaluate", "go-nogo", "--trials", 6, "--json")
    (network,) = json.loads(done.stdout)
    for name in ("rate_network", "spiking_network"):
        score = network[name]
        assert score["rule"].startswith("output above 0.7 at any time")
        assert (score["trials"], score["seed"], score["fresh"]) == (6, 1, True)
        assert score["interval"][0] < score["accuracy"] <= score["interval"][1]
        assert set(score["by_rule"]) == {"published", "strict", "sustained"}
        assert "mean output" in score["by_rule"]["sustained"]["rule"]
    given = run("evaluate", "go-nogo-sigmoid", "--trials", 6, "--scaling-factor", 31, "--strict", "--json")
    (network,) = json.loads(given.stdout)
    assert network["spiking_network"]["fresh"] is None  # it may have been chosen on any trials
    assert network["spiking_network"]["correct"] == network["spiking_network"]["by_rule"]["strict"]["correct"]

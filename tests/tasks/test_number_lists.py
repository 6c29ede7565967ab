"""Lists of numbers as text: ranges wherever numbers are listed on the command line."""

from dataclasses import dataclass

import pytest
from cue import Cue
from in_process import run

from spiking.command_line.commands.sweep import _grid
from spiking.command_line.commands.train import _seeds
from spiking.errors import ArgumentError
from spiking.tasks.number_lists import listed_numbers, listed_values
from spiking.tasks.parse_settings import make


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("20:75:5", list(range(20, 80, 5))),
        ("20:74:5", list(range(20, 75, 5))),
        ("0:3", [0, 1, 2, 3]),
        ("7", [7]),
        (" 1 , 2.5 ", [1, 2.5]),
        ("0,10:12, 20", [0, 10, 11, 12, 20]),
        ("0:0.5:0.1", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        ("-1:1:0.5", [-1.0, -0.5, 0.0, 0.5, 1.0]),
        ("5:5:1", [5]),
        ("1e-13:3e-13:1e-13", [1e-13, 2e-13, 3e-13]),
    ],
)
def test_numbers_and_ranges_that_include_their_end(text, values):
    found = listed_numbers("--candidates", text)
    assert found == values  # also the floats: those that one would write
    assert list(map(type, found)) == list(map(type, values))


@pytest.mark.parametrize(
    "text",
    [
        "5:1",
        "1:10:0",
        "1:10:-1",
        "::",
        ":",
        "1:",
        ":5",
        "1:2:3:4",
        "1:2:10",
        "a:b",
        "1:inf",
        "nan:3",
        "1:x:1",
    ],
)
def test_a_bad_range_is_one_line_that_shows_a_good_one(text):
    with pytest.raises(
        ArgumentError, match=r"--candidates is .*; expected START:STOP or START:STOP:STEP"
    ) as e:
        listed_numbers("--candidates", text)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("text", ["1:1e9", "0:1:1e-9", "0:1e308:1", "0:9999,0:1"])
def test_too_many_values_are_refused_before_they_are_made(text):
    with pytest.raises(ArgumentError, match="values; expected at most 10000"):
        listed_numbers("--candidates", text)


@pytest.mark.parametrize("text", ["", "1,,2", "1,", "a", "1,nan", "inf", "1" * 5000 + ":2", "20 25"])
def test_what_is_no_list_of_numbers_is_refused(text):
    with pytest.raises(ArgumentError, match="--candidates is "):
        listed_numbers("--candidates", text)


def test_values_may_be_texts_where_an_axis_has_them():
    assert listed_values("--values", "all, 10:12") == ["all", 10, 11, 12]


def test_every_option_that_lists_numbers_takes_ranges(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert _grid(["refractory=0:2", "noise=0.1"]) == {"refractory": [0, 1, 2], "noise": [0.1]}
    assert _seeds("1:3,8") == _seeds("1-3, 8") == [1, 2, 3, 8]
    with pytest.raises(ArgumentError, match=r"--seeds is 1\.5; expected a whole number"):
        _seeds("1.5")
    of_units = "--stimulate exc --units 5:1 --window 0 5"
    for command in (
        "tune go-nogo --candidates 5:1",
        "tune go-nogo --noises 5:1",
        "train go-nogo -o folder --seeds 5:1",
        "sweep go-nogo --vary noise=5:1",
        f"simulate go-nogo {of_units}",
        f"sweep go-nogo --vary noise=1 {of_units}",
        "reproduce fig7c --values 5:1 -o folder",
    ):
        done = run(*command.split())
        assert done.returncode == 2, done
        assert "is '5:1'; expected START:STOP" in done.stderr
        assert done.stderr.count("\n") == 1


@dataclass(frozen=True)
class Levels(Cue):
    levels: tuple[float, ...] = (1.0,)
    names: tuple[str, ...] = ()


def test_settings_of_tasks_that_list_numbers_take_ranges():
    task = make(Levels, {"levels": "0:1:0.5,3", "names": "1:2,b"})
    assert task.levels == (0.0, 0.5, 1.0, 3.0)
    assert task.names == ("1:2", "b")  # a text may be anything
    with pytest.raises(ArgumentError, match="levels is '5:1'; expected"):
        make(Levels, {"levels": "5:1"})

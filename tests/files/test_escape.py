"""Texts that come from files and names are escaped where they are shown."""

import csv

import numpy as np
import pytest
from matlab_files import model_variables
from rich.console import Console

from spiking import RateModel, plotting
from spiking.conversion.model_info import model_info
from spiking.conversion.model_info_text import as_table
from spiking.evaluation.result import Score
from spiking.files.escape import cell, csv_text, printable

HOSTILE = "x\x1b]0;pwn\x07\x1b[31m[/nope]<script>$\\frac{$\n=1+1\u202e"


def test_control_characters_become_escapes():
    assert printable(HOSTILE) == r"x\x1b]0;pwn\x07\x1b[31m[/nope]<script>$\frac{$\n=1+1\u202e"
    assert printable("a\nb\udcff é ü 漢", lines=True) == "a\nb\\udcff é ü 漢"


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@sum(A1)", "\tx", "\rx"])
def test_texts_that_spreadsheets_would_compute_are_texts(text):
    assert cell(text) == f"'{text}"
    (row,) = csv.reader([csv_text([text], []).rstrip("\n")], strict=True) if "\r" not in text else [["'\rx"]]
    assert row == [f"'{text}"]


@pytest.mark.parametrize("value", ["-0.5", "+1e-3", "-inf", -0.5, 3, None, "", "a=b", "m.mat"])
def test_numbers_and_other_texts_stay(value):
    assert cell(value) == value or cell(value) is value


def test_what_a_file_records_is_escaped_in_descriptions_and_tables(tmp_path):
    model = RateModel.load({**model_variables(6), "task": np.array([HOSTILE])})
    described = str(model_info(model))
    assert printable(described, lines=True) == described
    assert printable(HOSTILE) in described
    console = Console(width=400)
    with console.capture() as capture:
        console.print(as_table([model_info(model)]))
    assert "[/nope]" in capture.get()
    assert "\x1b" not in capture.get()


def test_figures_draw_names_as_they_are(tmp_path):
    ax = plotting.accuracies({HOSTILE: Score(correct=3, trials=4), "a$b$c": Score(correct=1, trials=4)})
    ax.figure.savefig(tmp_path / "a.png")  # an open formula would be an error
    assert [label.get_text() for label in ax.get_yticklabels()][1] == r"a\$b\$c"

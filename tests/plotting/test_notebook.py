"""What notebooks show for models, networks, simulations and evaluations, also in a browser."""

import base64
import dataclasses
import io
import re
import sys

import numpy as np
import pytest
from browser import PROGRAM, browser
from PIL import Image

from spiking import Record, SpikingNetwork, datasets, evaluate, simulate, tasks

SCRIPT = "<script>alert('&')</script>"


@pytest.fixture(scope="module")
def model():
    return datasets.load("go-nogo")


@pytest.fixture(scope="module")
def network(model):
    return SpikingNetwork.from_rate(model)


@pytest.fixture(scope="module")
def run(network):
    return simulate(network, tasks.get("go-nogo"), trials=3, seed=1, record=Record(spikes=True, output=True))


@pytest.fixture(scope="module")
def evaluation(model):
    return evaluate(model, trials=20, seed=1)


def picture_of(page):
    (picture,) = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB"), int)


def text_of(page):
    (text,) = re.findall(r"<pre[^>]*>(.*)</pre>", page, re.DOTALL)
    return text


@pytest.mark.parametrize("name", ["model", "network", "run", "evaluation"])
def test_small_pages_with_a_picture(name, request):
    page = request.getfixturevalue(name)._repr_html_()
    assert len(page) < 100_000
    picture = picture_of(page)
    assert (picture < 100).any()
    assert (picture == 255).mean() > 0.2
    colours = (picture.max(axis=2) - picture.min(axis=2) > 80).mean()  # of populations
    assert (colours > 0.005) == (name != "evaluation")


def test_what_they_say(model, network, run, evaluation):
    assert text_of(model._repr_html_()).startswith("RateModel(N=200, n_inputs=1, n_outputs=1, activation=")
    assert "Recurrent weights, before scaling, and synaptic decay time constants" in model._repr_html_()
    assert "Recurrent weights, divided by the scaling factor" in network._repr_html_()
    page = run._repr_html_()
    assert text_of(page).splitlines()[0].startswith("3 trials of 1000 ms, 200 neurons, scaling factor")
    correct = "correct" if run.correct[0] else "not correct"
    assert f"Trial 0 ({run.conditions[0]}, {correct}), the first of 3: output and spikes." in page
    text = text_of(evaluation._repr_html_())
    low, high = evaluation.interval
    assert f"{evaluation.score.correct} of 20 correct, {evaluation.accuracy:.3f}" in text
    assert f"({low:.3f} to {high:.3f})" in text
    assert "correct: output above 0.7" in text
    assert {line.split(":")[0].strip() for line in text.splitlines()} >= {"rate network", "go", "nogo"}
    assert "95 % Wilson intervals" in evaluation._repr_html_()


def test_texts_are_escaped(model, run):
    for instance in (
        dataclasses.replace(model, source=SCRIPT),
        dataclasses.replace(run, conditions=(SCRIPT,) * 3),
    ):
        page = instance._repr_html_()
        assert "<script>" not in page
        assert "&lt;script&gt;alert(" in page


def test_only_what_was_recorded_is_drawn(network):
    bare = simulate(network, np.zeros((1, 21)), seed=1, record=Record(output=False))
    assert "<img" not in bare._repr_html_()
    assert text_of(bare._repr_html_()).startswith("1 trial of 100 ms")
    spikes = simulate(network, np.zeros((1, 21)), seed=1, record=Record(output=False, spikes=True))
    assert "Trial 0, the first of 1: spikes." in spikes._repr_html_()
    unequal = simulate(network, [np.zeros((1, 21)), np.zeros((1, 41))], seed=1)
    assert "Trial 0, the first of 2: output." in unequal._repr_html_()


def test_without_matplotlib_only_the_text(model, evaluation, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for instance in (model, evaluation):
        page = instance._repr_html_()
        assert "<img" not in page
        assert text_of(page)


@pytest.mark.slow
@pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium here: no notebook was looked at")
def test_a_real_notebook_in_a_browser(tmp_path):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    cells = (
        "from spiking import Record, SpikingNetwork, datasets, evaluate, simulate, tasks",
        "model = datasets.load('go-nogo'); model",
        "network = SpikingNetwork.from_rate(model); network",
        "simulate(network, tasks.get('go-nogo'), trials=3, seed=1, record=Record(spikes=True))",
        "evaluate(model, trials=20, seed=1)",
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [cell.outputs for cell in notebook.cells[1:]]
    assert [len(outputs) for outputs in shown] == [1, 1, 1, 1]  # the figure is not shown twice
    pages = [outputs[0].data["text/html"] for outputs in shown]
    path = tmp_path / "notebook.html"
    path.write_text(f'<meta charset="utf-8">{"<hr>".join(pages)}', encoding="utf-8")
    with browser(tmp_path / "profile") as window:
        window.open(path, width=900)
        window.wait_for("[...document.images].every((i) => i.complete && i.naturalWidth > 400)")
        assert window.run("document.images.length") == 4
        boxes = window.run(
            "[...document.images].map((i) => { const b = i.getBoundingClientRect();"
            " return [b.x, b.y, b.width, b.height].map(Math.round); })"
        )
        window.screenshot(tmp_path / "notebook.png")
        assert window.complaints == []
    screen = np.asarray(Image.open(tmp_path / "notebook.png").convert("RGB"), int)
    for x, y, width, height in boxes:
        assert width > 200
        assert height > 80
        drawn = screen[y : y + height, x : x + width]
        assert (drawn.sum(axis=2) < 300).mean() > 0.002, "no lines or text can be seen"

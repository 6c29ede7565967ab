"""Every block of Python or of commands in the README and the documentation runs, page by page.

The blocks of a page run in order, in one namespace and one folder. Comments in a page except blocks: see
`helpers/pages.py`.
"""

import dataclasses
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from in_process import run
from pages import ROOT, blocks, words

from spiking import RateModel
from spiking.command_line.app import app
from spiking.conversion.recorded_conversion import recorded_conversion

DOCS = ROOT / "docs"
NOTEBOOK = "{code-cell} ipython3"
PYTHON, COMMANDS = ("python", NOTEBOOK), ("sh", "bash")
PAGES = [
    page
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))
    if "_build" not in path.parts
    for page in [str(path.relative_to(ROOT))]
    if any(not block.note.startswith("not run: ") for block in blocks(page, *PYTHON, *COMMANDS))
]
FAST = (
    "docs/importing.md",
    "docs/conversion.md",
    "docs/explanation/from-matlab.md",
    "docs/explanation/from-pytorch.md",
)
SHORTER = {  # what is added to commands, so that they have less to do
    "train": "--n-units 10 --max-updates 100 --stop-loss 1e6 --stop-accuracy 0 --hardening 0"
    " --min-updates 0 --force",
    "tune": "--trials 10 --force",
    "evaluate": "--trials 5",
    "sweep": "--trials 5",
    "export": "--force",
}


@pytest.fixture
def folder(page, tmp_path, monkeypatch):
    """Go to a folder with models and weights, or one with a notebook's own, and link what pages use."""
    for name in ("tests", "benchmarks", "docs/reproduction"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(ROOT / name)
    folder = tmp_path / "docs" / "page"
    (folder / "models").mkdir(parents=True)
    (folder / "images").mkdir()
    if not blocks(page, NOTEBOOK):
        for name in ("model.mat", "trained_model.mat", "models/model.mat"):
            shutil.copy(ROOT / "src" / "spiking" / "data" / "go-nogo-sigmoid.mat", folder / name)
        weights = {"W_rec": np.eye(10) / 2, "W_in": np.ones((10, 1)), "W_out": np.ones((1, 10))}
        np.savez(folder / "weights.npz", **weights)
    else:
        for path in (ROOT / page).parent.glob("*.npz"):
            shutil.copy(path, folder)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(ROOT / "tests"))
    return folder


def run_python(block, page, names):
    from matplotlib import pyplot

    with pyplot.rc_context():
        exec(compile("\n" * block.line + block.code, page, "exec"), names)
        for number in pyplot.get_fignums():
            pyplot.figure(number).canvas.draw()
        pyplot.close("all")  # as a notebook does after each cell


def run_commands(block):
    for line in block.code.splitlines():
        command = words(line)
        done = run(*command, *SHORTER.get(command[0], "").split())
        assert done.returncode == 0, (line, done.stderr)
        yield done.stdout


@pytest.mark.parametrize(
    "page", [page if page in FAST else pytest.param(page, marks=pytest.mark.slow) for page in PAGES]
)
def test_page(page, folder, capsys, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    names, printed = {}, ""
    for block in blocks(page, *PYTHON, *COMMANDS, "toml"):
        what, _, detail = block.note.partition(": ")
        assert what in ("", "not run", "file", "shorter")
        if what == "not run":
            continue
        if what == "shorter":
            block = dataclasses.replace(block, code=block.code.replace(*detail.split(" -> ")))
        if what == "file":
            with (folder / detail).open("a", encoding="utf-8") as file:
                file.write(block.code)
        if block.language == "toml":
            continue
        if block.language in COMMANDS:
            printed += "".join(run_commands(block))
            continue
        run_python(block, page, names)
        shown = capsys.readouterr()
        assert not shown.err
        printed += shown.out
    drawn = {f"images/{path.name}" for path in (folder / "images").iterdir()}
    assert drawn <= set(re.findall(r"\]\((images/.*?)\)", (ROOT / page).read_text(encoding="utf-8")))
    assert all((DOCS / image).exists() and (folder / image).stat().st_size > 5000 for image in drawn)
    CHECKS.get(page, lambda *_: None)(names, printed, folder)


def test_every_image_is_drawn_by_a_page_or_a_benchmark():
    code = "".join(block.code for page in PAGES for block in blocks(page, *PYTHON))
    code += "".join(path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks").glob("*.py"))
    commands = "".join(block.code for page in PAGES for block in blocks(page, "sh"))
    names = [path.name for path in (DOCS / "images").iterdir()]
    assert [name for name in names if f"images/{name}" not in code and f"--plot {name}" not in commands] == []


def readme(names, printed, folder):
    assert re.search(r"^Generated \d+ spikes$", printed, flags=re.MULTILINE)
    assert re.search(r"^Network output: -?\d+\.\d{4}$", printed, flags=re.MULTILINE)
    made = {path.name for path in folder.iterdir()}
    assert made >= {
        "trials.pdf",
        "my_model.mat",
        "imported.mat",
        "out.png",
        "run.nwb",
        "table.csv",
        "report.html",
        "demo.png",
    }


def conversion(names, printed, folder):
    assert "mean_drive: gain 1" in printed
    assert recorded_conversion(RateModel.load("model.mat")) is not None  # more than a factor


def experiments(names, printed, folder):
    assert "readout refitted: ridge 0.01, 40 trials of go-nogo" in printed
    assert names["results"]["readout refitted"].accuracy > names["results"]["as trained"].accuracy
    assert len(names["table"]) == 10


def evidence(names, printed, folder):
    assert len(re.findall(r"yes   yes", printed)) == 13
    assert "NO" not in printed
    assert len(re.findall(r"^fig\w+ +\d+ of +\d+ values of the paper agree$", printed, re.MULTILINE)) > 5
    assert "the same at the same steps: True" in printed
    rows = re.findall(r"^ +(-?\d+) +([\d.]+) +([\d.]+) +([\d.]+)$", printed, flags=re.MULTILINE)
    assert len(rows) == 5
    for _, theory, simulated, error in rows:
        assert abs(float(theory) - float(simulated)) < 4 * float(error) + 0.002 * float(theory)


def exports(names, printed, folder):
    assert "StoredArray('filtered_rates', shape=(60, 200, 1000)" in printed
    made = {path.name for path in folder.iterdir()}
    assert made >= {"run.h5", "run.nwb", "run.mat", "run.csv", "network.nir", "published.nir"}


def figures(names, printed, folder):
    assert (folder / "report.html").stat().st_size < 5e6


def from_pytorch(names, printed, folder):
    assert "167 excitatory" in printed


def training(names, printed, folder):
    assert len(list((folder / "family").glob("*.mat"))) == 2
    assert run("train", "mytask.py", "--seed", 1, "--n-units", 50, "-o", "own.mat").returncode == 0
    done = run("evaluate", "own.mat", "--task=mytask.py", "--scaling-factor", 30, "--trials", 50, "--json")
    (found,) = json.loads(done.stdout)
    assert min(found["rate_network"]["accuracy"], found["spiking_network"]["accuracy"]) >= 0.95


def own_tasks(names, printed, folder):
    assert re.findall(r"^(True|False) (True|False)$", printed, re.MULTILINE) == [("True", "True")] * 3
    assert names["two_sides"].accuracy >= 0.9
    times = names["timed"].response_time
    assert 250 < np.nanmedian(times) < 450
    assert np.mean(names["timed"].predicted == np.where(names["timed"].labels == 1, 1, -1)) > 0.8
    assert names["average"].accuracy >= 0.9
    assert names["r2"] > 0.9
    cued, correct = names["cued"], names["streaks"].correct
    assert 0.2 < cued.mean() < 0.5
    assert min(correct[cued].mean(), correct[~cued].mean()) >= 0.9


def train_and_convert(names, printed, folder):
    assert RateModel.load("model.mat").extras["opt_scaling_factor"] > 0
    assert (folder / "weaker.mat").exists()


def laptop_to_cluster(names, printed, folder):
    assert printed.count("same table") == 3
    assert "table: False" not in printed


CHECKS = {
    "README.md": readme,
    "docs/conversion.md": conversion,
    "docs/experiments.md": experiments,
    "docs/explanation/evidence.md": evidence,
    "docs/explanation/from-pytorch.md": from_pytorch,
    "docs/export.md": exports,
    "docs/figures.md": figures,
    "docs/own-tasks.md": own_tasks,
    "docs/training.md": training,
    "docs/tutorials/laptop-to-cluster.md": laptop_to_cluster,
    "docs/tutorials/train-and-convert.md": train_and_convert,
}


def test_the_readme_is_short_and_shows_every_command():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
    shown = {
        words[1] for block in blocks("README.md", "sh") for words in map(str.split, block.code.splitlines())
    }
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert shown >= commands - {"reproduce"}


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_the_scripts_that_texts_name_exist():
    texts = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "src").rglob("*.py")]
    named = {
        (path.name, script)
        for path in texts
        for script in re.findall(r"\b(?:benchmarks|tools)/\w+\.py", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert [found for found in sorted(named) if not (ROOT / found[1]).exists()] == []


def test_the_make_targets_of_the_readme_exist():
    (block,) = (block for block in blocks("README.md", "sh") if block.note)
    for line in block.code.splitlines():
        done = subprocess.run(
            [*line.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert "pytest" in done.stdout or "spiking demo" in done.stdout

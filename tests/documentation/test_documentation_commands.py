"""Commands of the pages that take long run with less to do; and every block is run somewhere."""

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
import reproduction

from spiking import RateModel, reproduce
from spiking.command_line.app import main
from spiking.conversion.recorded import recorded_conversion
from spiking.reproduce import PANELS
from spiking.reproduce.paper import panels

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GO_NOGO = ROOT / "src" / "spiking" / "data" / "go-nogo.mat"
QUICK = {
    "train": "--n-units 10 --max-updates 100 --stop-loss 1e6 --stop-accuracy 0 --hardening 0",
    "tune": "--trials 10 --force",
    "evaluate": "--trials 5",
    "sweep": "--trials 5",
}

RUN_BY = {
    ("README.md", "python"): "test_readme",
    ("README.md", "sh"): "test_readme",
    ("analysis.md", "python"): "test_gallery",
    ("conversion.md", "python"): "test_conversion_page",
    ("conversion.md", "sh"): "test_documentation_commands",
    ("experiments.md", "python"): "test_experiments_page",
    ("experiments.md", "sh"): "test_experiments_page",
    ("experiments-stimulation.md", "python"): "test_documentation_experiments",
    ("experiments-stimulation.md", "sh"): "test_documentation_experiments",
    ("explanation/equations.md", "{code-cell} ipython3"): "test_explanation",
    ("explanation/evidence.md", "{code-cell} ipython3"): "test_explanation",
    ("explanation/from-matlab.md", "python"): "test_explanation",
    ("explanation/from-pytorch.md", "python"): "test_explanation",
    ("explanation/from-pytorch.md", "sh"): "test_documentation_commands",
    ("export.md", "matlab"): "with_octave/test_octave",
    ("export.md", "py"): "with_brian2/test_brian2",
    ("export.md", "python"): "test_documentation_export",
    ("export.md", "sh"): "test_documentation_export",
    ("figures.md", "python"): "test_gallery",
    ("figures.md", "sh"): "test_gallery",
    ("reproduction.md", "python"): "test_reproduce",
    ("reproduction.md", "sh"): "test_documentation_commands",
    ("training.md", "python"): "test_documentation",
    ("training.md", "sh"): "test_documentation_commands",
    ("tuning.md", "bash"): "test_documentation_commands",
    ("tuning.md", "python"): "test_documentation_commands",
    ("tuning.md", "sh"): "test_documentation_commands",
    **{
        (f"tutorials/{page}.md", "{code-cell} ipython3"): "test_tutorials"
        for page in (
            *("convert-your-model", "laptop-to-cluster", "optogenetics-and-lesion", "pynapple-and-nwb"),
            "train-and-convert",
        )
    },
    ("tutorials/convert-your-model.md", "sh"): "test_tutorials",
    ("tutorials/index.md", "sh"): "test_documentation_commands",
    ("tutorials/laptop-to-cluster.md", "bash"): "test_documentation_commands",
    ("tutorials/laptop-to-cluster.md", "python"): "test_documentation_commands",
    ("tutorials/laptop-to-cluster.md", "text"): "test_documentation_commands",
    ("tutorials/pynapple-and-nwb.md", "sh"): "test_tutorials",
    ("tutorials/train-and-convert.md", "text"): "test_documentation_commands",
}
NOT_RUN = {
    ("index.md", "text"): "pip needs a network, and minutes; test_readme runs `spiking demo`",
    ("maintainers/benchmarks.md", "text"): "asv measures commits, each in an environment of its own: minutes",
}


def blocks(page, language):
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{re.escape(language)}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def spiking(line):
    """Run a command of a page, with less to do."""
    program, *words = shlex.split(line, comments=True)
    assert program == "spiking", line
    words = [
        own for word in words for own in (sorted(map(str, Path().glob(word))) if "*" in word else [word])
    ]
    argv = [program, *words, *QUICK.get(words[0], "").split()]
    with mock.patch.object(sys, "argv", argv), pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code, line


def test_every_block_is_run_or_has_a_reason_not_to_be():
    found = set()
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")):
        if "_build" in path.parts:
            continue
        page = str(path.relative_to(DOCS if DOCS in path.parents else ROOT))
        fences = re.findall(r"^ *(```+|:::+)(.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert len(fences) % 2 == 0, page
        for (_, language), (_, end) in zip(fences[::2], fences[1::2], strict=True):
            assert end == "", page
            if not language.startswith("{") or "code-cell" in language:
                found.add((page, language))
    assert found == set(RUN_BY) | set(NOT_RUN)
    for (page, language), test in RUN_BY.items():
        text = next((ROOT / "tests").glob(f"**/{test}.py")).read_text(encoding="utf-8")
        assert re.search(rf"\b{Path(page).stem}\b", text), (page, test)
        assert language.split()[-1] in text, (page, language, test)


def test_short_commands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copy(GO_NOGO, tmp_path / "model.mat")
    (line,) = "".join(blocks("explanation/from-pytorch.md", "sh")).splitlines()
    spiking(line)
    assert "167 excitatory" in capsys.readouterr().out
    (line,) = "".join(blocks("tutorials/index.md", "sh")).splitlines()
    program, page, notebook = shlex.split(line)
    converter = Path(sys.executable).parent / program
    if converter.exists():
        subprocess.run([converter, ROOT / page, notebook], check=True)
        cells = json.loads((tmp_path / notebook).read_text(encoding="utf-8"))["cells"]
        assert "code" in {cell["cell_type"] for cell in cells}


def test_training(tmp_path, monkeypatch):
    pytest.importorskip("optax")
    monkeypatch.chdir(tmp_path)
    for line in "".join(blocks("training.md", "sh")).splitlines():
        spiking(line.replace("--seeds 1-20", "--seeds 1-2"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dms.mat", "family", "loss.png", "model.mat"]
    assert len(list((tmp_path / "family").glob("*.mat"))) == 2


def test_a_task_from_a_file(tmp_path, monkeypatch):
    pytest.importorskip("optax")
    monkeypatch.chdir(tmp_path)
    page = "tutorials/train-and-convert.md"
    cells = blocks(page, "{code-cell} ipython3")
    (tmp_path / "discrimination.py").write_text(cells[0] + cells[1], encoding="utf-8")
    assert "class Discrimination" in cells[0] + cells[1]
    for line in "".join(blocks(page, "text")).splitlines():
        spiking(line)
    assert RateModel.load("model.mat").extras["opt_scaling_factor"] > 0
    assert (tmp_path / "weaker.mat").exists()


def test_tuning_and_conversion(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    for place in (".", "models"):
        shutil.copy(GO_NOGO, tmp_path / place / "model.mat")
    for block in blocks("tuning.md", "sh")[:2]:
        for line in block.splitlines():
            spiking(line)
    names = {}
    (code,) = blocks("tuning.md", "python")
    exec(code.replace("seed=1", "seed=1, trials=10").replace("200, seed=2", "5, seed=2"), names)
    names["found"].plot().figure.clear()
    shutil.copy(GO_NOGO, tmp_path / "model.mat")
    for line in "".join(blocks("conversion.md", "sh")).splitlines():
        spiking(line)
    assert recorded_conversion(RateModel.load("model.mat")) is not None  # more than a factor
    assert (tmp_path / "table.csv").exists()


def test_reproduction(tmp_path, monkeypatch):
    pytest.importorskip("optax")
    monkeypatch.chdir(tmp_path)
    lines = "".join(blocks("reproduction.md", "sh")).splitlines()
    assert len(lines) > 5
    named = [name for name in PANELS if any(f" {name} " in line for line in lines)]  # and those are all
    small = {name: reproduction.small(PANELS[name]) for name in named}
    for module in (reproduce, panels):
        monkeypatch.setattr(module, "PANELS", small)
    for line in lines:
        spiking(re.sub(r"--networks \d+", "--networks 1", line))
    assert {"fig7c.txt", "fig7c.matched.txt"} < {path.name for path in (tmp_path / "reproduced").iterdir()}


@pytest.fixture
def slurm(tmp_path):
    """Make what batch scripts find on a cluster, with a `srun` that starts its tasks on this machine."""
    programs = tmp_path / "home" / "venv" / "bin"
    programs.mkdir(parents=True)
    python = shlex.quote(sys.executable)
    for name, line in {
        "python": f'exec {python} "$@"',
        "spiking": f'exec {python} -m spiking "$@"',
        "dask": f'[ "$1" = scheduler ] && set -- "$@" --host 127.0.0.1 --port 0; exec {python} -m dask "$@"',
        "srun": 'n=${1#--ntasks=}; shift; for k in $(seq "$n"); do "$@" & done; wait',
        "activate": f"export PATH={programs}:$PATH",
    }.items():
        (programs / name).write_text(f"#!/bin/bash\n{line}\n")
        (programs / name).chmod(0o755)
    folder = tmp_path / "folder"
    (folder / "models").mkdir(parents=True)
    for name in ("trained_model.mat", "models/one.mat"):
        shutil.copy(GO_NOGO, folder / name)
    return folder


def run_batch(script, folder, then=lambda: None):
    """Run a batch script as SLURM does: what it leaves running ends with it."""
    script = script.replace("=32", "=2").replace("(32)", "(2)")
    script = re.sub(r" NUMBA_CACHE_DIR=\S+", "", script)  # has been compiled here
    environment = {**os.environ, "HOME": str(folder.parent / "home"), "PYTHONPATH": os.pathsep.join(sys.path)}
    log = folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            ["bash", "-e", "-c", script],
            cwd=folder,
            env={**environment, "SLURM_JOB_ID": "1", "TMPDIR": str(folder.parent)},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        assert process.wait(timeout=600) == 0, log.read_text()
        then()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.skipif(os.name == "nt", reason="batch scripts are for a shell")
def test_experiment_on_a_cluster(slurm):
    pytest.importorskip("distributed")
    pytest.importorskip("pandas")
    page = "tutorials/laptop-to-cluster.md"
    (code,), (script,) = blocks(page, "python"), blocks(page, "bash")
    code = code.replace("(32)", "(2)").replace("trials=1000", "trials=4")
    (slurm / "experiment.py").write_text(code, encoding="utf-8")
    run_batch(script, slurm)
    assert len((slurm / "table.csv").read_text().splitlines()) == 1 + 10


@pytest.mark.skipif(os.name == "nt", reason="batch scripts are for a shell")
def test_commands_on_a_cluster(slurm, monkeypatch):
    pytest.importorskip("distributed")
    (script,) = blocks("tuning.md", "bash")
    lines = script.splitlines()
    assert lines[-1].startswith("spiking tune ")
    lines[-1] += " --trials 4 --candidates 30,40 --force"
    others = "".join([*blocks("tuning.md", "sh")[2:], *blocks("tutorials/laptop-to-cluster.md", "text")])
    monkeypatch.chdir(slurm)

    def with_the_scheduler():
        (told,) = slurm.glob("scheduler-1.json")
        address = json.loads(told.read_text())["address"]
        for line in others.splitlines():
            assert "--scheduler tcp://node1:8786" in line
            (slurm / "table.csv").unlink(missing_ok=True)
            spiking(line.replace("tcp://node1:8786", address))
            assert (slurm / "table.csv").exists() or "tune" in line

    run_batch("\n".join(lines), slurm, with_the_scheduler)

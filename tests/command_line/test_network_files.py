"""Commands take the file of a spiking network where they take that of a model."""

import json
import re

import pytest
from in_process import run

from spiking import SpikingNetwork, datasets, evaluate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 30)
    network.with_populations(PFC=range(50)).lesion([10, 15, 20, 150]).save(folder / "lesioned.npz")
    return folder


def printed(*words, cwd):
    done = run(*words, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_evaluate(folder):
    words = ("evaluate", "lesioned.npz", "--task", "go-nogo", "--trials", "12")
    (alone,) = json.loads(printed(*words, "--json", cwd=folder))
    expected = evaluate(SpikingNetwork.load(folder / "lesioned.npz"), "go-nogo", 12, seed=1)
    assert alone["spiking_network"]["correct"] == expected.correct.sum()
    assert "rate_network" not in alone
    assert "faithfulness" not in alone
    assert "rate network" not in printed(*words, cwd=folder)
    (both,) = json.loads(printed(*words, "--rate-model", "go-nogo", "--json", cwd=folder))
    assert both["spiking_network"] == alone["spiking_network"]
    assert both["rate_network"]["accuracy"] > 0.9
    assert both["faithfulness"]["trials"] == 12


def test_simulate(folder):
    out = printed("simulate", "lesioned.npz", "--task", "go-nogo", "--trials", "2", cwd=folder)
    lesioned = len(SpikingNetwork.load(folder / "lesioned.npz").lesioned)
    assert f"changes of the network: {lesioned} neurons lesioned, numbers 10, " in out


def test_sweep(folder):
    words = ("--vary", "refractory=2,4", "--task", "go-nogo", "--trials", "2", "-o", "table.csv")
    assert "refractory" in printed("sweep", "lesioned.npz", *words, cwd=folder)


def test_info(folder):
    out = printed("info", "lesioned.npz", cwd=folder)
    assert "lesioned.npz (spiking network)" in out
    assert "published, scaling factor 30" in out
    listed = json.loads(printed("info", "lesioned.npz", "xor", "--json", cwd=folder))
    assert [item["usable"] for item in listed] == [True, True]
    (folder / "broken.npz").write_bytes((folder / "lesioned.npz").read_bytes()[:500])
    done = run("info", "--check", "lesioned.npz", "broken.npz", cwd=folder)
    assert done.returncode == 1
    assert done.stdout == "usable    lesioned.npz\nunusable  broken.npz\n"
    assert "is damaged or incomplete" in done.stderr


@pytest.mark.parametrize("kind", ["weights", "firing-rates", "output", "overview", "raster"])
def test_plot(folder, kind):
    words = [] if kind == "weights" else ["--task", "go-nogo", "--trials", "2"]
    assert printed("plot", kind, "lesioned.npz", *words, cwd=folder) == f"drew {kind}.pdf\n"


def test_populations_of_the_file(folder):
    words = ("lesioned.npz", "--populations", "PFC&exc, PFC&inh")
    assert printed("plot", "weights", *words, cwd=folder) == "drew weights.pdf\n"
    done = run("plot", "output", *words, "--task", "go-nogo", cwd=folder)
    assert "expected one of firing-rates, psth, raster, weights with --populations" in done.stderr
    stimulated = ("--stimulate", "exc", "--units", "PFC&~exc", "--window", "100", "200", "--trials", "1")
    assert "PFC" in printed("simulate", "lesioned.npz", "--task", "go-nogo", *stimulated, cwd=folder)
    table = printed(
        *("sweep", "lesioned.npz", "--task", "go-nogo", "--trials", "1", "--vary", "lesion.PFC&exc=0,1"),
        cwd=folder,
    )
    assert "rate_hz_PFC" in table


@pytest.mark.parametrize("kind", ["trial", "components"])
def test_plot_beside_the_rate_model(folder, kind):
    words = ("lesioned.npz", "--trials", "4")
    done = run("plot", kind, *words, "--task", "go-nogo", cwd=folder)
    assert (done.returncode, "expected --rate-model with its rate model" in done.stderr) == (2, True)
    out = printed("plot", kind, *words, "--rate-model", "go-nogo", cwd=folder)
    assert out == f"drew {kind}.pdf\n"


def test_plot_against_the_intact_network(folder):
    words = ("lesioned.npz", "--rate-model", "go-nogo", "--against", "go-nogo", "--trials", "4")
    assert printed("plot", "comparison", *words, cwd=folder) == "drew comparison.pdf\n"


def test_report(folder):
    out = printed("report", "lesioned.npz", "--rate-model", "go-nogo", "--trials", "4", cwd=folder)
    assert out.startswith("wrote report.html")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "that was given with the scaling factor 30" in page
    assert not re.search(r"\bnan\b", page.partition("<script")[0])  # rates of lesioned units are


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("evaluate", "lesioned.npz", "--task", "xor"), "inputs: 2"),
        (("simulate", "lesioned.npz", "--scaling-factor", "20"), "which is converted already"),
        (("simulate", "lesioned.npz", "--task", "mante"), "input"),
        (("evaluate", "go-nogo", "--rate-model", "go-nogo"), "go-nogo is a rate model"),
        (("report", "lesioned.npz"), "expected --rate-model with its rate model"),
        (("plot", "training", "lesioned.npz"), "which needs a model file"),
        (("tune", "lesioned.npz", "--task", "go-nogo"), "SpikingNetwork.load reads networks"),
        (("demo", "lesioned.npz"), "a spiking network; expected a file of a rate model"),
    ],
)
def test_mistakes_are_one_line(folder, words, said):
    done = run(*words, cwd=folder)
    assert done.returncode != 0
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1

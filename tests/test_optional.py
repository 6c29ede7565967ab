"""Without its extras the package says what to install, and before it works."""

import sys

import pytest

import spiking
from spiking import ArgumentError, Record, analysis, datasets, plotting, simulate, sweep
from spiking.optional import library
from spiking.report import report

MODEL = datasets.load("go-nogo-sigmoid")
NETWORK = spiking.SpikingNetwork.from_rate(MODEL)
ENTRY_POINTS = {
    "train": (lambda: spiking.train("go-nogo", 20, seed=1), ("jax", "optax")),
    "train_many": (lambda: spiking.train_many("go-nogo", 20, seeds=[1]), ("jax", "optax")),
    "fine_tune": (lambda: spiking.fine_tune(NETWORK, "go-nogo"), ("jax", "optax")),
    "weights": (lambda: plotting.weights(MODEL), ("matplotlib",)),
    "time_constants": (lambda: plotting.time_constants(MODEL), ("matplotlib",)),
    "report": (lambda: report(MODEL), ("matplotlib",)),
}


def without(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize(
    ("name", "missing"), [(name, missing) for name, (_, all_) in ENTRY_POINTS.items() for missing in all_]
)
def test_the_extra_is_named(name, missing, monkeypatch):
    without(monkeypatch, missing)
    extra = {"matplotlib": "figures"}.get(missing, "train")
    with pytest.raises(
        ArgumentError,
        match=rf"^{missing} is not installed; expected for .*: pip install 'spikernn\[{extra}\]'$",
    ):
        ENTRY_POINTS[name][0]()


def test_measures_tables_and_figures_of_results(monkeypatch, tmp_path):
    network = spiking.SpikingNetwork.from_rate(MODEL, 30)
    run = simulate(network, "go-nogo", trials=2, seed=1, record=Record(spikes=True))
    found = sweep(network, "go-nogo", grid={"noise": [0.1]}, trials=2, seed=1)
    for name in ("elephant.statistics", "pandas", "matplotlib"):
        without(monkeypatch, name)
    with pytest.raises(ArgumentError, match=r"spikernn\[analysis\]"):
        analysis.interval_cv(run)
    with pytest.raises(ArgumentError, match=r"spikernn\[sweep\]"):
        found.table  # noqa: B018  # asking for it is what fails
    for draw in (found.plot, lambda: plotting.overview(run)):
        with pytest.raises(ArgumentError, match=r"spikernn\[figures\]"):
            draw()


def test_a_library_that_is_there_but_broken_is_not_said_to_be_missing(monkeypatch, tmp_path):
    (tmp_path / "halved.py").write_text("import its_other_half\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="its_other_half"):
        library("halved", "figures", "a figure")

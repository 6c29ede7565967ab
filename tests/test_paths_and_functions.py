"""Every public argument that is a path or a function is checked, before any work begins."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest
from models import model_mapping
from networks import pulse_input

import spiking
from spiking import (
    ArgumentError,
    LIF_network_fnc,
    ModelFileError,
    RateModel,
    Record,
    Simulation,
    SpikingError,
    SpikingNetwork,
    evaluate,
    export,
    find_scaling_factor,
    find_scaling_factors,
    fine_tune,
    simulate,
    sweep,
    tasks,
    train,
    train_many,
)
from spiking.analysis import faithfulness
from spiking.evaluation import run_both
from spiking.importing import from_keras, from_named_arrays, from_psychrnn, from_torch, from_trainrnnbrain
from spiking.network import open_network, record_task
from spiking.report import report
from spiking.reproduce import PANELS, Reproduction, panel

MODEL = RateModel.load(model_mapping(task="go-nogo"))
NETWORK = SpikingNetwork.from_rate(MODEL, 50)
RUN = simulate(NETWORK, pulse_input(), seed=1, record=Record(spikes=True))
RESULT = Reproduction(next(iter(PANELS.values())), 0, 1, (), None)
NAMED = {"step": 5, "form": "rate", "activation": "relu"}

PATHS = {
    "LIF_network_fnc.model_path": lambda v: LIF_network_fnc(v, 50, np.zeros((1, 3)), {}, 1, False),
    "RateModel.load.model": RateModel.load,
    "RateModel.save.path": MODEL.save,
    "Simulation.load.path": Simulation.load,
    "Simulation.save.path": RUN.save,
    "SpikingNetwork.from_rate.model": SpikingNetwork.from_rate,
    "SpikingNetwork.load.path": SpikingNetwork.load,
    "SpikingNetwork.save.path": NETWORK.save,
    "find_scaling_factor.model": find_scaling_factor,
    "simulate.output_file": lambda v: simulate(NETWORK, pulse_input(), output_file=v),
    "sweep.network": lambda v: sweep(v, grid={"refractory": [2.0]}),
    "sweep.journal": lambda v: sweep(NETWORK, "go-nogo", grid={"refractory": [2.0]}, trials=1, journal=v),
    "to_csv.path": lambda v: export.to_csv(RUN, v),
    "to_mat.path": lambda v: export.to_mat(RUN, v),
    "to_nwb.path": lambda v: export.to_nwb(RUN, v),
    "from_named_arrays.source": lambda v: from_named_arrays(v, {}, **NAMED),
    "from_psychrnn.source": lambda v: from_psychrnn(v, tau=100, step=10),
    "from_trainrnnbrain.source": from_trainrnnbrain,
    "open_network.path": open_network,
    "record_task.path": lambda v: record_task(v, "go-nogo"),
    "Reproduction.save.folder": RESULT.save,
    "panel.folder": lambda v: panel("fig2e", networks=1, folder=v),
    # without an annotation that says so
    "from_torch.source": lambda v: from_torch(v, tau=100, activation="relu"),
    "from_keras.source": lambda v: from_keras(v, tau=100),
    "report.task_file": lambda v: report(MODEL, task_file=v),
}
OPTIONAL = ("simulate.output_file", "sweep.journal", "report.task_file")
FUNCTIONS = {
    "evaluate.progress": lambda v: evaluate(NETWORK, "go-nogo", 1, progress=v),
    "find_scaling_factor.progress": lambda v: find_scaling_factor(MODEL, progress=v),
    "find_scaling_factors.progress": lambda v: find_scaling_factors([MODEL], progress=v),
    "fine_tune.progress": lambda v: fine_tune(NETWORK, "go-nogo", progress=v),
    "simulate.progress": lambda v: simulate(NETWORK, pulse_input(), progress=v),
    "sweep.progress": lambda v: sweep(NETWORK, "go-nogo", grid={"refractory": [2.0]}, progress=v),
    "train.progress": lambda v: train("go-nogo", 5, progress=v),
    "train_many.progress": lambda v: train_many("go-nogo", 5, seeds=[1], progress=v),
    "train_many.finished": lambda v: train_many("go-nogo", 5, seeds=[1], finished=v),
    "faithfulness.progress": lambda v: faithfulness(MODEL, NETWORK, progress=v),
    "run_both.progress": lambda v: run_both(MODEL, scaling_factor=50, progress=v),
    "report.progress": lambda v: report(MODEL, progress=v),
    "panel.progress": lambda v: panel("fig2e", networks=1, folder="never-made", progress=v),
    "from_inputs.score": lambda v: tasks.from_inputs(np.ones((1, 9)), score=v),
}


def annotated(word):
    """Return the names of all arguments of public functions and methods that are of such a type."""
    found = set()
    modules = [importlib.import_module(f"spiking.{m.name}") for m in pkgutil.iter_modules(spiking.__path__)]
    for module in [spiking, *(module for module in modules if module.__name__ != "spiking.__main__")]:
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            members = (
                {f"{name}.{key}": value for key, value in vars(thing).items() if key[0] != "_"}
                if (inspect.isclass(thing))
                else {name: thing}
            )
            for where, member in members.items():
                function = getattr(member, "__func__", member)
                if inspect.isfunction(function):
                    for key, parameter in inspect.signature(function).parameters.items():
                        if re.search(word, str(parameter.annotation)):
                            found.add(f"{where}.{key}")
    return found


def test_all_such_arguments_are_tested_here():
    assert annotated("PathLike") <= set(PATHS)
    assert annotated("Callable|ScoreFunction") == set(FUNCTIONS)


@pytest.mark.parametrize("value", [5, None, "", "a\0b.mat", b"a.mat", ["a.mat"]], ids=repr)
@pytest.mark.parametrize("name", PATHS)
def test_a_path_is_a_path(name, value, tmp_path, monkeypatch):
    if value is None and name in OPTIONAL:
        return
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ArgumentError, ModelFileError), match=r" is .*; expected ") as caught:
        PATHS[name](value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_a_function(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError, match=rf"{name.rpartition('.')[2]} is 3; expected a function"):
        FUNCTIONS[name](3)
    assert not list(tmp_path.iterdir())


def test_names_are_texts():
    with pytest.raises(ArgumentError, match=r"(the key of source is|source has the key) 0; expected"):
        from_torch({0: np.eye(3)}, tau=100, activation="relu")
    with pytest.raises(ArgumentError, match=r"(the key of source is|source has the key) 0; expected"):
        from_named_arrays({0: np.eye(3)}, {"w": "w"}, **NAMED)
    with pytest.raises(ArgumentError, match=r"task is 5; expected one of go-nogo"):
        tasks.get(5)
    with pytest.raises(ArgumentError, match=r"model has the key 5; expected names of variables"):
        RateModel.load({**model_mapping(), 5: 3})


def test_a_folder_that_takes_no_files(tmp_path):
    folder = Path("/proc")
    if not (folder / "self").is_dir():
        pytest.skip("this system has no /proc, where no file can be made")
    for write in (
        lambda: MODEL.save(folder / "x.mat"),
        lambda: NETWORK.save(folder / "x.npz"),
        lambda: RUN.save(folder / "x.h5"),
        lambda: simulate(NETWORK, pulse_input(), output_file=folder / "x.h5"),
        lambda: sweep(NETWORK, "go-nogo", grid={"refractory": [2.0]}, trials=1, journal=folder / "x.jsonl"),
    ):
        with pytest.raises(SpikingError, match=r"could not be written: the folder /proc takes no files"):
            write()
    with pytest.raises(ArgumentError, match="/proc/new could not be created: no folder can be created there"):
        panel("fig2e", networks=1, folder=folder / "new")

"""Wherever a model or a network is expected, its path, a shipped name and a mapping do as well."""

import importlib
import inspect
import pkgutil
import re

import numpy as np
import pytest
from models import model_mapping

import spiking
from spiking import (
    ArgumentError,
    LIF_network_fnc,
    ModelFileError,
    RateModel,
    SpikingNetwork,
    analysis,
    conversion,
    datasets,
    evaluate,
    export,
    find_scaling_factor,
    find_scaling_factors,
    fine_tune,
    fit_conversion,
    network,
    plotting,
    rate_model,
    simulate,
    simulation,
    sweep,
    train,
    training,
)
from spiking.evaluation import run_both
from spiking.report import report

U = np.ones((1, 5))
QUICK = {"max_updates": 0, "seed": 1}


def refusal(function, *arguments, **options):
    with pytest.raises(ArgumentError, match="n_units is 3; expected 200, as start has") as error:
        function(*arguments, **options)
    return str(error.value)


# The functions that take a model or a network, and a quick call of each.
CALLS = {
    "LIF_network_fnc": lambda m: LIF_network_fnc(m, 20, U, {"mode": "none"}, 1, False, seed=1)[5],
    "RateModel.load": lambda m: RateModel.load(m).w,
    "SpikingNetwork.from_rate": lambda m: SpikingNetwork.from_rate(m).weights,
    "evaluate": lambda m: evaluate(m, "go-nogo", 2).correct,
    "find_scaling_factor": lambda m: (
        find_scaling_factor(m, method="grid", candidates=[30], trials=2).accuracy
    ),
    "find_scaling_factors": lambda m: (
        find_scaling_factors([m], method="grid", candidates=[30], trials=2)[0].scaling_factor
    ),
    "fine_tune": lambda m: fine_tune(m, "go-nogo", model=m, max_updates=1, trials=2).w_in,
    "fit_conversion": lambda m: fit_conversion(m, kind="one_offset", gain=8, trials=2).factor,
    "simulate": lambda m: simulate(m, U).output,
    "sweep": lambda m: sweep(m, grid={"refractory": [2]}, trials=2).csv(),
    # which training cannot go on from, so that nothing is compiled
    "train": lambda m: refusal(train, "go-nogo", n_units=3, start=m),
    "training.train_steps": lambda m: refusal(training.train_steps, "go-nogo", n_units=3, start=m),
    "analysis.faithfulness": lambda m: analysis.faithfulness(m, m, trials=2).output_r2,
    "analysis.fixed_points": lambda m: analysis.fixed_points(m, starts=2).currents,
    "analysis.perturbation_response": lambda m: (
        analysis.perturbation_response(m, n_patterns=1, trials=2).output.correlation
    ),
    "conversion.model_info": lambda m: str(conversion.model_info(m).task),
    "conversion.visited_currents": lambda m: conversion.visited_currents(m, trials=2).currents,
    "evaluation.run_both": lambda m: run_both(m, trials=2, network=m).rate.output,
    "export.to_brian2": lambda m: pytest.importorskip("brian2") and len(export.to_brian2(m, U)["neurons"]),
    "export.to_nir": lambda m: (
        pytest.importorskip("nir") and sorted(export.to_nir(m, approximate=True).nodes)
    ),
    "network.open_network": lambda m: network.open_network(m).w_in,
    "plotting.conversion": lambda m: plotting.conversion(m).get_lines()[0].get_ydata(),
    "plotting.scaling_factor": lambda m: plotting.scaling_factor(m).get_xlabel(),
    "plotting.time_constants": lambda m: plotting.time_constants(m).patches[0].get_data().values,
    "plotting.training_curve": lambda m: plotting.training_curve(m).get_lines()[0].get_ydata(),
    "plotting.weights": lambda m: plotting.weights(m).images[0].get_array(),
    "rate_model.task_for": lambda m: rate_model.task_for(m).name,
    "report.report": lambda m: len(report(m, trials=2, network=m, name="m")) > 1000,
    "simulation.Stepper": lambda m: simulation.Stepper(m).advance([1.0], duration=5.0).output,
    "simulation.step_by_step": lambda m: (
        simulation.step_by_step(m, U, spiking.RandomDraws.from_seed(1, 0, n_neurons=200, n_steps=400)).output
    ),
}
ANY = re.compile(r"\bAny(Model|Network)\b")
# results and states that hold the objects themselves, and methods, whose first parameter is their object
HOLD_OBJECTS = {
    "ScalingFactorSearch",
    "Simulation",
    "BothNetworks",
    "Imported",
    "Reproduction",
    "FineTuningState",
    "TrainingState",
}


def public_callables():
    """Each public function, and the constructor and class methods of each public class, by name."""
    found = {}
    packages = [spiking]
    packages += [
        importlib.import_module(f"spiking.{info.name}")
        for info in pkgutil.iter_modules(spiking.__path__)
        if info.ispkg
    ]
    for package in packages:
        for name in getattr(package, "__all__", ()):
            item = getattr(package, name)
            short = f"{package.__name__.removeprefix('spiking').removeprefix('.')}.{name}".removeprefix(".")
            if inspect.isfunction(item):
                found.setdefault(item, short)
            elif inspect.isclass(item) and item.__module__.startswith("spiking."):
                if item.__name__ not in HOLD_OBJECTS and "__init__" in vars(item):
                    found.setdefault(item.__init__, short)
                for key, value in vars(item).items():
                    if isinstance(value, classmethod):
                        found.setdefault(value.__func__, f"{short}.{key}")
    return found


def model_parameters(function):
    """The parameters that a user gives a model or a network, by their annotations."""
    return {
        name: str(parameter.annotation)
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in ("self", "cls")
        and re.search(r"\b(RateModel|SpikingNetwork|AnyModel|AnyNetwork)\b", str(parameter.annotation))
    }


def test_each_public_function_declares_that_it_takes_whatever_is_a_model():
    functions = {
        name: parameters
        for function, name in public_callables().items()
        if (parameters := model_parameters(function))
    }
    for name, parameters in functions.items():
        for parameter, annotation in parameters.items():
            if (name, parameter) == ("plotting.conversion", "how"):  # where a text could be meant as a kind
                continue
            assert ANY.search(annotation), (
                f"{name}: {parameter} is {annotation}; expected AnyModel or AnyNetwork"
            )
    assert set(functions) <= set(CALLS), f"no call of {set(functions) - set(CALLS)}"


@pytest.fixture(scope="module")
def model():
    return datasets.load("go-nogo-sigmoid")


def same(found, expected):
    if isinstance(expected, np.ndarray):
        return np.array_equal(found, expected, equal_nan=True)
    return found == expected or found != found


@pytest.mark.parametrize("name", CALLS)
def test_a_path_and_a_shipped_name_give_what_the_model_gives(name, model, tmp_path):
    shipped = "go-nogo-sigmoid"
    expected = CALLS[name](datasets.load(shipped)) if name != "RateModel.load" else model.w
    if hasattr(expected, "toarray"):
        expected = expected.toarray()
    for given in (shipped, datasets.load(shipped).source):
        found = CALLS[name](given)
        assert same(found.toarray() if hasattr(found, "toarray") else found, expected)


def test_a_file_of_the_name_of_a_shipped_model_comes_first(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert RateModel.load("xor").n_inputs == 2
    model.save("other.mat")
    (tmp_path / "other.mat").rename("xor")
    assert RateModel.load("xor").n_inputs == model.n_inputs == 1


def test_a_network_file_is_taken_where_a_network_is(model, tmp_path):
    lesioned = SpikingNetwork.from_rate(model).lesion([3, 5])
    lesioned.save(tmp_path / "lesioned.npz")
    run, other = (simulate(given, U, seed=3) for given in (tmp_path / "lesioned.npz", lesioned))
    assert run.network.lesioned == (3, 5)
    assert np.array_equal(run.output, other.output)


def test_a_model_without_a_recorded_factor_is_refused_as_from_rate_refuses_it(tmp_path):
    untuned = RateModel.load(model_mapping())
    with pytest.raises(ArgumentError) as expected:
        SpikingNetwork.from_rate(untuned)
    for given in (untuned, model_mapping()):
        with pytest.raises(ArgumentError) as error:
            simulate(given, U)
        assert str(error.value) == str(expected.value)
        assert "scaling_factor" in str(error.value)


@pytest.mark.parametrize("call", [simulate, evaluate, run_both, analysis.fixed_points, plotting.weights])
def test_what_is_no_model_is_named(call):
    for wrong in (3, [1], None):
        with pytest.raises(ArgumentError, match=r"(network|model) is .*; expected a RateModel"):
            call(wrong, *([U] if call is simulate else []))
    with pytest.raises(ModelFileError, match="no-such-model"):
        call("no-such-model", *([U] if call is simulate else []))


def test_nothing_is_written_into_the_package():
    expected = "'go-nogo-sigmoid', which comes with the package; expected a file of your own"
    with pytest.raises(ArgumentError, match=expected):
        find_scaling_factor("go-nogo-sigmoid", write=True)
    assert expected in str(find_scaling_factors(["go-nogo-sigmoid"], write=True)[0].error)

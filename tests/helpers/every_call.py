"""Every public callable, with arguments that it takes, for tests that replace them one by one."""

import dataclasses
import importlib
import inspect
import pkgutil

import every_field
import matplotlib
import numpy as np
from every_field import TASK
from models import model_mapping
from networks import pulse_input
from reproduction import SMALL

import spiking
from spiking import (
    RandomDraws,
    RateModel,
    Record,
    Smoothing,
    SpikingNetwork,
    analysis,
    conversion,
    evaluation,
    find_scaling_factor,
    importing,
    network,
    neuron,
    reproduce,
    simulate,
    simulation,
    sweep,
    tasks,
    training,
    tuning,
)

matplotlib.use("agg")
N = 20
WEIGHTS = {"w": np.eye(3), "w_in": np.ones((3, 1)), "w_out": np.ones((1, 3))}
MODEL = RateModel.load(model_mapping(N, task="go-nogo"))
NETWORK = SpikingNetwork.from_rate(MODEL, 50)
EVERYTHING = Record(spikes=True, filtered_rates=True, voltage=True, currents=True)
RUN = simulate(NETWORK, TASK, trials=4, seed=1, record=EVERYTHING)
TRIALS = TASK.trials(4, seed=1)
BOTH = evaluation.run_both(MODEL, TASK, 4, scaling_factor=50)
ACTIVITY = np.random.default_rng(0).standard_normal((8, 4, 6))
CONDITIONS = ("a", "b") * 4
VARIABLE = np.tile([1.0, -1.0], 4)
POINTS = analysis.fixed_points(MODEL, starts=4)
AGREEMENT = analysis.agreement([1.0, 2.0], [1.0, 2.5])
NAMED = {"step": 5, "tau": 20, "form": "rate", "activation": "relu"}
ARRAYS = {"names": {"w": "w", "w_in": "w_in", "w_out": "w_out"}, **NAMED}
CHANGE = {"pre": "all", "post": "all"}
STEPPER = NETWORK.stepper()
DRAWS = RandomDraws.from_seed(1, 0, n_neurons=N, n_steps=1000)
SPEC = SMALL.conditions[0].network
PLAIN_SEARCH = {"method": "grid", "candidates": [50], "trials": 2, "extend": False}
SEARCH = find_scaling_factor(MODEL, TASK, **PLAIN_SEARCH)

SWEEP = sweep(NETWORK, TASK, grid={"refractory": [2.0]}, trials=2)

CURVES = SWEEP.psychometric(signed=False, resamples=100)
ESTIMATE = analysis.Estimate(0.2, 0.1, 0.3)
BRAIN = {"W_rec": np.eye(3), "W_inp": np.ones((3, 1)), "W_out": np.ones((1, 3)), "dt": 1.0, "tau": 10.0}
PUBLISHED = conversion.Conversion(kind="published", factor=50)

# an object of each public class: its fields are what its constructor takes, and its methods are called
OBJECTS = [
    *(make() for make in every_field.EXAMPLES.values()),
    every_field.task_record(),
    dataclasses.replace(MODEL, activation="tanh"),
    NETWORK,
    RUN,
    SWEEP,
    CURVES,
    CURVES.curves["spiking"],
    ESTIMATE,
    analysis.PsychometricFit(
        threshold=ESTIMATE, slope=ESTIMATE, guess=ESTIMATE, lapse=ESTIMATE, resamples=100
    ),
    AGREEMENT,
    POINTS,
    POINTS.points[0],
    POINTS.distances(POINTS)[0],
    analysis.conversion_quality(BOTH),
    analysis.faithfulness(MODEL, NETWORK, TASK, trials=2),
    analysis.PerturbationResponse(AGREEMENT, AGREEMENT),
    analysis.principal_components(ACTIVITY),
    analysis.selectivity(ACTIVITY[..., 0], VARIABLE > 0),
    analysis.targeted_axes(ACTIVITY, {"x": VARIABLE}, CONDITIONS, n_components=2),
    every_field.candidate(),
    every_field.fine_tuned().fine_tuning,
    conversion.model_info(MODEL),
    conversion.model_info("go-nogo").spiking,
    conversion.visited_currents(MODEL, TASK, trials=2),
    BOTH,
    evaluation.Score(3, 4),
    importing.Agreement(0.0, 1.0, True, 5.0, 0.0),
    importing.from_named_arrays(WEIGHTS, **ARRAYS),
    every_field.readout_refit(),
    neuron.fi_curve(),
    neuron.Distribution(10.0, 3.0, "lognormal"),
    neuron.Adaptation(1.0),
    network.ShortTermPlasticity(),
    network.Plastic(network.ShortTermPlasticity(), (0,), (1, 2)),
    MODEL.run(TRIALS.inputs, seed=1, trials=range(4)),
    SPEC,
    SMALL,
    SMALL.conditions[0],
    reproduce.Paper(1.0),
    reproduce.Reproduction(SMALL, 0, 1, (), None),
    STEPPER,
    STEPPER.advance(np.zeros(1)),
    simulation.SharedNoise(1),
    RUN.spikes,
    simulation.step_by_step(NETWORK, pulse_input(), DRAWS),
    *(tasks.get(name) for name in ("go-nogo", "xor", "mante", "dms")),
    TASK,
    tasks.combine("go-nogo", "xor"),
    tasks.from_inputs(np.ones((1, 9))),
    TASK.answers(np.zeros((4, TASK.n_steps)), TASK.trials(4).time, TASK.trials(4)),
    TRIALS,
    training.FineTuningState(1, 1.0, 1.0, "", lambda: NETWORK),
    training.TrainingOptions(),
    training.TrainingState(1, 1.0, 1.0, 1.0, "learning", "", None, None, None, dict),
    tuning.SearchOptions(),
    tuning.Tuned("m.mat", SEARCH),
]

# what arguments without a default are: by their name, then for a callable of its own
BY_NAME = {
    "model": MODEL,
    "models": [MODEL],
    "network": NETWORK,
    "simulation": RUN,
    "task": TASK,
    "trials": TRIALS,
    "inputs": pulse_input(),
    "both": BOTH,
    "activity": ACTIVITY,
    "conditions": CONDITIONS,
    "counts": np.ones((8, 4, 6)),
    "path": "new",
    "folder": "new",
    "first": RUN,
    "second": RUN,
    "seed": 1,
    "smoothing": Smoothing("gaussian", 10.0),
    "draws": DRAWS,
    "units": [1, 2],
    "time_step": 0.05,
    "factor": 2.0,
    "name": "spikes",
    "condition": "go",
    "rng": np.random.default_rng(1),
    "trial": 0,
    "n_neurons": N,
    "n_steps": 100,
    "tau": 20.0,
    "step": 5.0,
    "simulations": [RUN],
    "populations": NETWORK.populations,
}
OWN = {
    "LIFParams.difference": {"other": spiking.LIFParams()},
    "LIF_network_fnc": {
        "model_path": MODEL,
        "scaling_factor": 50,
        "u": pulse_input(),
        "stims": {"mode": "none"},
        "downsample": 1,
        "use_initial_weights": False,
    },
    "Oscillation.amounts": {"first": 0, "last": 5},
    "Waveform.amounts": {"first": 0, "last": 5},
    "Stimulation.amounts": {"first": 200, "last": 205},
    "RateModel.save": {"path": "new.mat"},
    "Simulation.save": {"path": "new.h5"},
    "SpikingNetwork.save": {"path": "new.npz"},
    "SpikingNetwork.from_rate": {"scaling_factor": 50},
    "RateModel.run": {"inputs": np.ones((1, 9))},
    "RandomDraws.coins": {"count": 2},
    "RateModel.from_arrays": {**WEIGHTS, **NAMED},
    "RateModel.load": {"model": model_mapping(N)},
    "RateModel.units": {"choice": [1, 2]},
    "SpikingNetwork.units": {"choice": [1, 2]},
    "RateModel.untrained": {"n_units": N, "n_inputs": 1},
    "SpikingNetwork.with_input_weights": {"w_in": np.ones((N, 1))},
    "SpikingNetwork.with_weights": {"weights": np.zeros((N, N))},
    "SpikingNetwork.load": {"path": "network.npz"},
    "SpikingNetwork.with_delays": {"ms": 1.5},
    "SpikingNetwork.with_plasticity": {"plasticity": None},
    "Distribution.values": {"constant": "threshold", "n_neurons": 3},
    "LIFParams.from_json": {"values": spiking.LIFParams().as_json()},
    "Conversion.from_json": {"values": every_field.fine_tuned().as_json()},
    "Simulation.load": {"path": "run.h5"},
    "Simulation.times": {"quantity": "output"},
    "Smoothing.apply": {"samples": np.ones((2, 50)), "interval": 1.0},
    "FixedPoints.distances": {"other": POINTS},
    "PrincipalComponents.signed_like": {"other": analysis.principal_components(ACTIVITY)},
    "Score.of": {"correct": np.array([True, False])},
    "Imported.check": {"inputs": np.ones((1, 5)), "outputs": np.ones((1, 5))},
    "Panel.converted_by": {"conversion": "matched"},
    "Panel.only": {"values": ["2 ms"]},
    "Reproduction.values": {"condition": SMALL.conditions[0], "measure": "spiking"},
    "Spikes.first_of_trials": {"trials": 4},
    "Stepper.advance": {"inputs": np.zeros(1)},
    "TrainingOptions.resolved": {"name": "spike_noise"},
    "PrincipalComponents.project": {},
    "evaluate": {"task": TASK, "trials": 2},
    "simulate": {"inputs": TASK, "trials": 2},
    "find_scaling_factor": {"task": TASK, **PLAIN_SEARCH},
    "find_scaling_factors": {"task": TASK, **PLAIN_SEARCH},
    "fit_conversion": {"task": TASK, "trials": 2},
    "sweep": {"task": TASK, "grid": {"refractory": [2.0]}, "trials": 2},
    "train_many": {"seeds": [1]},
    "SpikingNetwork.freeze": {"inputs": np.ones((1, 5)), "trials": 2},
    "SpikingNetwork.refit_readout": {"trials": 2},
    "analysis.agreement": {"expected": [1.0, 2.0], "observed": [1.0, 2.5]},
    "analysis.faithfulness": {"network": NETWORK, "task": TASK, "trials": 2},
    "analysis.fixed_points": {"starts": 2},
    "analysis.perturbation_response": {
        "task": TASK,
        "trials": 2,
        "n_patterns": 1,
        "conversion": conversion.Conversion(kind="published", factor=50),
    },
    "analysis.psychometric": {"x": VARIABLE, "response": VARIABLE > 0, "resamples": 100},
    "PsychometricFit.predict": {"x": VARIABLE},
    "Sweep.psychometric": {"signed": False, "resamples": 100},
    "analysis.selectivity": {"activity": ACTIVITY[..., 0], "first": VARIABLE > 0},
    "analysis.targeted_axes": {"variables": {"x": VARIABLE}, "n_components": 2},
    "analysis.time_scale": {"correlation": np.exp(-np.arange(9.0)), "bin_width": 10.0},
    "connectivity.area_mask": {
        "n_units": N,
        "areas": {"A": range(10), "B": range(10, 20)},
        "connections": {("A", "B"): 0.5},
    },
    "conversion.visited_currents": {"task": TASK, "trials": 2},
    "datasets.load": {"name": "go-nogo"},
    "evaluation.run_both": {"task": TASK, "trials": 2, "scaling_factor": 50},
    "importing.from_keras": {"source": [np.ones((1, 3)), np.eye(3), np.zeros(3)], "activation": "relu"},
    "importing.from_named_arrays": {"source": WEIGHTS, **ARRAYS},
    "importing.from_psychrnn": {
        "tau": 20,
        "source": {"W_rec": np.eye(3), "W_in": np.ones((3, 1)), "W_out": np.ones((1, 3))},
    },
    "importing.from_torch": {
        "source": {"weight_hh_l0": np.eye(3), "weight_ih_l0": np.ones((3, 1)), "fc.weight": np.ones((1, 3))},
        "tau": 20,
        "activation": "relu",
    },
    "importing.from_trainrnnbrain": {
        "source": BRAIN,
        "activation": "relu",
    },
    "export.to_csv": {"path": "new.csv"},
    "export.to_mat": {"path": "new.mat"},
    "export.to_nwb": {"path": "new.nwb"},
    "export.to_nir": {"approximate": True},
    "plotting.training_curve": {"model": spiking.datasets.load("go-nogo")},
    "plotting.shade_stimulation": {
        "ax": SEARCH.plot(),
        "stimulation": simulation.Stimulation([0], (20, 50)),
    },
    "plotting.caption_of": {"figure": SEARCH.plot().figure},
    "plotting.shade_stimulus": {"ax": SEARCH.plot()},
    "Reproduction.save": {"folder": "."},
    "network.open_network": {"path": "network.npz"},
    "network.record_task": {"path": "network.npz"},
    "plotting.accuracies": {"scores": {"a": evaluation.Score(3, 4)}},
    "plotting.activity": {"values": ACTIVITY[0], "time": np.arange(6.0)},
    "plotting.comparison": {"first": BOTH, "second": BOTH},
    "plotting.fixed_points": {"rate": POINTS, "spiking": POINTS},
    "plotting.scaling_factor": {"search": SEARCH},
    "plotting.psychometric": {"curves": CURVES},
    "plotting.sweep": {"result": SWEEP},
    "plotting.trajectories": {"means": analysis.condition_means(ACTIVITY, CONDITIONS)},
    "plotting.conversion": {"how": NETWORK, "task": TASK},
    "report.report": {"task": TASK, "trials": 2, "scaling_factor": 50},
    "reproduce.panel": {"which": SMALL, "networks": 1},
    "tasks.from_inputs": {"inputs": np.ones((1, 9))},
    "tasks.combine": {},
    "tasks.get": {"name": "xor"},
}
KEYWORDS = {  # a name for **keywords
    "with_params": "refractory",
    "get": "duration",
    "train": "max_updates",
    "train_many": "max_updates",
    "train_steps": "max_updates",
    "find_scaling_factors": "margin",
}
LEFT_OUT = ("spiking.__main__", "spiking.command_line", "spiking.files")


def public():
    """Return every public function and method of the package by its name, bound, with its parameters."""
    modules = [importlib.import_module(f"spiking.{m.name}") for m in pkgutil.iter_modules(spiking.__path__)]
    objects = {type(thing): thing for thing in OBJECTS}
    seen, found = set(), {}
    for module in [spiking, *(module for module in modules if module.__name__ not in LEFT_OUT)]:
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if thing in seen if inspect.isclass(thing) or inspect.isfunction(thing) else True:
                continue
            seen.add(thing)
            if inspect.isfunction(thing):
                found[f"{module.__name__}.{name}".removeprefix("spiking.")] = thing
            elif not issubclass(thing, Exception):
                found[name] = thing
                for key in dir(thing) if thing is not tasks.Task else ():
                    member = inspect.getattr_static(thing, key)
                    if key[0] != "_" and inspect.isfunction(getattr(member, "__func__", member)):
                        found[f"{name}.{key}"] = getattr(objects.get(thing, thing), key)
    return found


def arguments(name, function):
    """Return arguments that a callable takes: those without a default, and some that make it quick."""
    example = {type(thing): thing for thing in OBJECTS}.get(function)
    if dataclasses.is_dataclass(example):
        return {item.name: getattr(example, item.name) for item in dataclasses.fields(example) if item.init}
    given = dict(OWN.get(name, {}))
    by_name = BY_NAME | of_task(function)
    for key, parameter in inspect.signature(function).parameters.items():
        plain = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if plain and parameter.default is parameter.empty and key not in given:
            given[key] = by_name[key]
    return given


def of_task(function):
    """Return what the methods of a task take."""
    task = getattr(function, "__self__", None)
    if not isinstance(task, tasks.Task):
        return {}
    trials = task.trials(4, seed=1)
    output = np.zeros((4, task.n_steps))
    return {
        "n": 4,
        "condition": trials.conditions[0],
        "output": output,
        "time": trials.time,
        "trials": trials,
    }

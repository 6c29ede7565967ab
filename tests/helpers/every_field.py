"""One object of every public dataclass with a value of its own in every field, and how to compare two."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np
from models import model_mapping
from networks import random_network
from scipy.sparse import csc_matrix

from spiking import (
    Conversion,
    Evaluation,
    LIFParams,
    Oscillation,
    RandomDraws,
    RateModel,
    Record,
    ScalingFactorSearch,
    Simulation,
    Smoothing,
    SpikingNetwork,
    Stimulation,
    Sweep,
    UnitFraction,
    Waveform,
    simulate,
    tasks,
)
from spiking.conversion.conversion import Candidate
from spiking.conversion.fine_tuning import FineTuning
from spiking.evaluation.result import Score
from spiking.files.stored_array import StoredArray
from spiking.network.readout_refit import ReadoutRefit
from spiking.network.synapses.plasticity import Plastic, ShortTermPlasticity
from spiking.neuron.adaptation import Adaptation
from spiking.rate_model.transfer import as_json

N = 20
TASK = tasks.GoNoGo(duration=100.0, stimulus_onset=25.0, stimulus_duration=30.0, score_delay=20.0)


def lif_params(**changes):
    values = {
        "tau_membrane": 9.0,
        "refractory": 1.0,
        "tau_rise": 3.0,
        "reset": -60.0,
        "threshold": 25.0,
        "bias": -1.0,
        "peak": 28.0,
        "noise": 0.2,
        "sharpness": 1.5,
        "soft_threshold": -37.0,
        "noise_scaling": "sqrt_dt",
        "initial_voltage": tuple(np.linspace(-60.0, 20.0, N).tolist()),
        "neuron": "quadratic",
        "synapse": "single_exponential",
        "adaptation": Adaptation(0.5, 80.0, "threshold"),
    }
    return LIFParams(**{**values, **changes})


def candidate(**changes):
    values = {"kind": "one_offset", "gain": 8.0, "offset": -2.5, "factor": 41.0, "correct": 19, "trials": 20}
    return Candidate(**{**values, "nrmse": 0.3, "rate": 12.5, "noise": 0.2, **changes})


def conversion():
    return Conversion(
        kind="mean_drive",
        factor=40.5,
        gain=32.0,
        offset=1.5,
        unit_offsets=tuple(np.linspace(-1.0, 3.0, N).tolist()),
        output_offsets=(0.25,),
        fitted_factor=45.0,
        fit_error=0.02,
        task="go-nogo",
        seed=2**70,
        n_trials=18,
        candidates=(candidate(), candidate(kind="published", gain=1.0, offset=0.0)),
        params=lif_params(),
        downsample=2,
    )


def fine_tuned():
    return dataclasses.replace(
        conversion(),
        kind="fine_tuned",
        start=conversion(),
        fine_tuning=FineTuning(
            task="xor",
            seed=2**70,
            updates=40,
            step=0.25,
            trials=9,
            correct_before=5,
            correct_after=8,
            error_before=0.5,
            error_after=0.25,
            scored=False,
        ),
    )


def readout_refit():
    return ReadoutRefit(task="xor", n_trials=9, seed=2**70, ridge=0.1, error_before=2.0, error_after=1.0)


def task_record():
    return tasks.TaskRecord(name="go-nogo", settings={"duration": 150.0}, file="/home/me/mine.py:GoNoGo")


def spiking_network(*, sparse=False):
    populations = random_network(N, seed=3).populations
    som = populations["inh"] & (np.cumsum(populations["inh"]) < 2)
    return dataclasses.replace(
        random_network(N, seed=3, strength=3.0, sparse=sparse),
        populations={**populations, "som": som, "pv": populations["inh"] & ~som, "PFC": np.arange(N) < 8},
        params=lif_params(),
        scaling_factor=40.5,
        offset=np.linspace(-1.0, 60.0, N),
        readout_bias=np.array([0.25]),
        initial_rates=np.linspace(0.0, 9.0, N),
        initial_currents=np.linspace(-2.0, 1.0, N),
        lesioned=(3, 7),
        weight_changes=("weights inh -> exc cut", "input weights replaced by others"),
        readout_refit=readout_refit(),
        conversion=fine_tuned(),
        delays=np.arange(N * N).reshape(N, N) / 100,
        plasticity=(plastic(), Plastic(None, (1,), (2, 3))),
        task=task_record(),
    )


def plastic():
    return Plastic(ShortTermPlasticity(0.25, 120.0, 60.0), tuple(range(9)), (0, 4, 5))


def record():
    return Record(
        output=False,
        spikes="exc",
        filtered_rates=(5, 2),
        voltage="som",
        currents=UnitFraction(0.4, "inh", seed=2),
        interval={"filtered_rates": 1.0, "currents": 0.5},
    )


def simulation(*, sparse=False):
    run = simulate(
        spiking_network(sparse=sparse),
        TASK,
        seed=2**100,
        trials=[4, 9, 2],
        record=dataclasses.replace(record(), output=True, spikes=True),
        downsample=2,  # as its conversion was fitted for
        threads=1,
    )
    assert len(run.spikes) > 20
    column = run.n_steps // (run.inputs.shape[-1] - 1)  # steps; trials end with a column of their inputs
    ends = run.n_steps - column * np.arange(3)
    early = run.spikes.step < ends[run.spikes.trial]
    spikes = dataclasses.replace(
        run.spikes, **{name: getattr(run.spikes, name)[early] for name in ("trial", "neuron", "step")}
    )
    stimulation = ("exc (2 neurons), +0.5 mV at each step, from 0 to 5 ms",)
    return dataclasses.replace(run, unfinished=True, trial_steps=ends, spikes=spikes, stimulation=stimulation)


def rate_model():
    cell, struct = np.empty((1, 2), object), np.empty((1, 1), [("window", object)])
    cell[0] = [np.array([[1.0, 2.0]]), np.array(["text"])]
    struct["window"][0, 0] = np.array([[500.0]])
    own = np.empty((1, 1), [("MD", object), ("PFC", object)])
    for name, mask in (("MD", np.arange(N) > 12), ("PFC", np.arange(N) < 8)):
        own[name][0, 0] = mask.astype(np.uint8)[:, None]
    mapping = model_mapping(
        N,
        n_inputs=2,
        n_outputs=2,
        b_out=np.array([[0.1, -0.2]]),
        som_N=np.array([[2]]),
        activation=np.array(["lif"]),
        activation_parameters=np.array([as_json({"k": 30.0, "params": lif_params()})]),
        b_rec=np.linspace(-1.0, 1.0, N)[:, None],
        initial_state=np.linspace(0.0, 2.0, N)[:, None],
        step_ms=np.array([[2.5]]),
        form=np.array(["rate"]),
        noise_sd=np.array([[0.25]]),
        unit_populations=own,
        lesioned_units=np.isin(np.arange(N), (3, 7)).astype(np.uint8)[:, None],
        weight_changes=np.array(['["weights inh -> exc cut"]']),
        taus=np.array([[4.0, 25.0]]),
        task=np.array(["xor"]),
        losses=np.array([[0.5, np.nan]]),
        cell=cell,
        struct=struct,
        sparse=csc_matrix(np.diag([1.0, 0.0, 2.5])),
    )
    mapping["w"] = mapping["w"] - np.float32(0.01)  # below zero in places: rectified
    mapping["som_m"] = mapping["som_m"].copy()
    mapping["som_m"][:3, -2:] = 0
    return dataclasses.replace(RateModel.load(mapping), unread=True)


def evaluation():
    output = np.random.default_rng(0).standard_normal((4, 1, 5))
    return Evaluation(
        task=TASK,
        seed=5,
        correct=np.array([True, False, True, True]),
        conditions=("go", "nogo", "go", "go"),
        published=np.array([True, True, True, True]),
        strict=np.array([True, False, True, True]),
        sustained=np.array([True, False, False, True]),
        decision=np.array([0.9, 0.4, 0.6, 1.1]),
        predicted=np.array([1, 1, 1, 1]),
        response_time=np.array([500.0, 512.5, 730.0, np.nan]),
        output=output,
        time=np.arange(1.0, 6.0),
        readout_refit=readout_refit(),
        rates=np.array([3.5, np.nan, 12.0]),
        network="spiking",
        changes=("2 neurons lesioned",),
        stimulation=("exc (2 neurons), +0.5 mV at each step, from 0 to 5 ms",),
    )


def scaling_factor_search():
    return ScalingFactorSearch(
        model=rate_model(),
        task=TASK,
        scaling_factor=30.0,
        method="grid",
        choice="first",
        seed=3,
        curve={25.0: Score(3, 4), 30.0: Score(4, 4)},
        plateau=(30.0,),
        extended=(25.0,),
        start=28.0,
        fresh=evaluation(),
        drive_error=0.5,
        stopped="all candidates have run all trials",
        drive_trials=8,
        downsample=2,
        params=lif_params(),
        seconds=1.5,
        nrmse={25.0: 0.4, 30.0: 0.3},
        rates={25.0: 20.0, 30.0: 12.5},
        fresh_nrmse=0.35,
        fresh_rate=13.5,
        reason="factor 30 was chosen: it is the smallest of the factors with the best accuracy, 1.000",
        by_rule={"sustained": {25.0: Score(1, 4), 30.0: Score(2, 4)}},
        better="factor 25 is not significantly less accurate, and better by another rule",
        conversion=conversion(),
    )


EXAMPLES = {
    SpikingNetwork: spiking_network,
    Simulation: simulation,
    RateModel: rate_model,
    Conversion: fine_tuned,
    LIFParams: lif_params,
    Record: record,
    Evaluation: evaluation,
    ScalingFactorSearch: scaling_factor_search,
    Sweep: lambda: Sweep(
        names=("noise",),
        task=TASK,
        n_trials=4,
        seed=1,
        strict=True,
        rows=({"noise": 0.1, "network": "spiking", "rate_hz": np.nan},),
        by_trial=(
            {
                "trial": np.arange(4),
                "label": np.array([1, 0, 1, 0]),
                "correct": np.array([True, True, False, True]),
                "predicted": np.array([1.0, 0.0, 0.0, 0.0]),
                "response_time_ms": np.array([100.0, np.nan, np.nan, np.nan]),
            },
        ),
        unused=3,
        model="trained.mat",
    ),
    Stimulation: lambda: Stimulation(
        UnitFraction(0.5, "exc", seed=1),
        (10, 20),
        amplitude=(0.1, 0.4),
        probability=0.25,
        acts_on="current",
        coin="unit",
        frequency=100.0,
        pulse_width=2.0,
    ),
    Oscillation: lambda: Oscillation((1, 2), 8.0, 1.5, 0.5, (5, 30), (0.5, 1.5)),
    Waveform: lambda: Waveform((1, 2), (0.0, 1.0), 5.0, 10.0, (0.5, 1.5)),
    UnitFraction: lambda: UnitFraction(0.2, "exc", seed=2),
    RandomDraws: lambda: RandomDraws.from_seed(
        1, 2, n_neurons=3, n_steps=4, coins=(1, 3), input_shape=(2, 1)
    ),
    Smoothing: lambda: Smoothing("exponential", 12.0),
}


def differences(found, expected, where):
    """Yield in words where two objects differ: in a type, a field, a shape, a dtype, a number, a flag."""
    if isinstance(expected, StoredArray):
        expected = np.asarray(expected)
    if isinstance(found, StoredArray):
        found = np.asarray(found)
        found.setflags(write=expected.flags.writeable)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        if list(found) != list(expected):
            yield f"{where} has {list(found)}, not {list(expected)}"
            return
        for key, value in expected.items():
            yield from differences(found[key], value, f"{where}[{key!r}]")
    elif type(found) is not type(expected):
        yield f"{where} is a {type(found).__name__}, not a {type(expected).__name__}"
    elif dataclasses.is_dataclass(expected):
        for item in dataclasses.fields(expected):
            own, other = (getattr(one, item.name) for one in (found, expected))
            yield from differences(own, other, f"{where}.{item.name}")
    elif hasattr(expected, "indptr"):
        for name in ("data", "indices", "indptr", "shape"):
            yield from differences(getattr(found, name), getattr(expected, name), f"{where}.{name}")
    elif type(expected).__module__.startswith("jax"):
        yield from differences(np.array(found), np.array(expected), where)
    elif isinstance(expected, np.ndarray):
        if (found.shape, found.dtype) != (expected.shape, expected.dtype):
            yield f"{where} is {found.dtype} {found.shape}, not {expected.dtype} {expected.shape}"
        elif expected.dtype.kind in "OV":
            pairs = zip(found.ravel().tolist(), expected.ravel().tolist(), strict=True)
            for k, (one, other) in enumerate(pairs):
                yield from differences(one, other, f"{where}[{k}]")
        elif not np.array_equal(found, expected, equal_nan=expected.dtype.kind in "fc"):
            yield f"{where} has other numbers"
        if found.flags.writeable and not expected.flags.writeable:
            yield f"{where} can be written to"
    elif isinstance(expected, tuple | list):
        if len(found) != len(expected):
            yield f"{where} has {len(found)} entries, not {len(expected)}"
            return
        for k, (one, other) in enumerate(zip(found, expected, strict=True)):
            yield from differences(one, other, f"{where}[{k}]")
    elif isinstance(expected, functools.partial):
        for name in ("func", "args", "keywords"):
            yield from differences(getattr(found, name), getattr(expected, name), f"{where}.{name}")
    elif type(expected).__eq__ is object.__eq__ and hasattr(expected, "__dict__") and not callable(expected):
        yield from differences(vars(found), vars(expected), f"vars({where})")
    elif found != expected and not (found != found and expected != expected):
        yield f"{where} is {found!r:.60}, not {expected!r:.60}"


def values_left_at_their_defaults(one):
    """Return the names of fields that have the value which they have if nobody gives one."""
    left = []
    for item in dataclasses.fields(one):
        value = getattr(one, item.name)
        if item.default is not dataclasses.MISSING:
            default = item.default
        elif item.default_factory is not dataclasses.MISSING:
            default = item.default_factory()
        else:
            default = None
        if not any(differences(value, default, "")):
            left.append(item.name)
    return left

"""Arguments that would give a wrong result without a word: flags, masked arrays, numbers beyond all size."""

import dataclasses
import itertools
from contextlib import nullcontext
from decimal import Decimal

import numpy as np
import pytest
from models import model_mapping
from networks import pulse_input, random_network
from scipy.sparse import csc_array

from spiking import (
    ArgumentError,
    LIF_network_fnc,
    LIFParams,
    RandomDraws,
    RateModel,
    Record,
    Smoothing,
    SpikingNetwork,
    Stimulation,
    Waveform,
    analysis,
    evaluate,
    export,
    find_scaling_factor,
    find_scaling_factors,
    plotting,
    simulate,
    sweep,
    tasks,
    train_many,
)
from spiking.conversion.conversion import Conversion
from spiking.conversion.fit import GAINS, fit_conversion
from spiking.evaluation.both_networks import run_both
from spiking.simulation import SharedNoise
from spiking.training.options import TrainingOptions

MODEL = RateModel.load(model_mapping(task="go-nogo"))
NETWORK = SpikingNetwork.from_rate(MODEL, 50)
RUN = simulate(NETWORK, pulse_input(), seed=1, record=Record(spikes=True))
QUIET = {"u": np.zeros((1, 3)), "stims": {"mode": "none"}, "downsample": 1}
GRID = {"grid": {"refractory": [2.0]}, "seed": 1}

FLAGS = {
    "initial": [
        lambda value: MODEL.effective_weights(initial=value),
        lambda value: MODEL.tau_decay(initial=value),
    ],
    "keep_currents": [lambda value: MODEL.run(np.zeros((1, 5)), keep_currents=value)],
    "initial_weights": [lambda value: SpikingNetwork.from_rate(MODEL, 50, initial_weights=value)],
    "readout_bias": [lambda value: SpikingNetwork.from_rate(MODEL, 50, readout_bias=value)],
    "use_initial_weights": [lambda value: LIF_network_fnc(MODEL, 50, use_initial_weights=value, **QUIET)],
    "strict": [
        lambda value: evaluate(NETWORK, "go-nogo", 1, seed=1, strict=value),
        lambda value: sweep(NETWORK, "go-nogo", strict=value, **GRID),
    ],
    "keep_outputs": [lambda value: evaluate(NETWORK, "go-nogo", 1, seed=1, keep_outputs=value)],
    "common_random_numbers": [lambda value: sweep(NETWORK, "go-nogo", common_random_numbers=value, **GRID)],
    "balanced": [lambda value: run_both(MODEL, scaling_factor=50, balanced=value)],
    "activity": [lambda value: run_both(MODEL, scaling_factor=50, activity=value)],
    "extend": [lambda value: find_scaling_factor(MODEL, seed=1, extend=value)],
    "write": [
        lambda value: find_scaling_factor(MODEL, seed=1, write=value),
        lambda value: find_scaling_factors([MODEL], seed=1, write=value),
    ],
    "force": [lambda value: find_scaling_factors([MODEL], seed=1, force=value)],
    "dale": [lambda value: TrainingOptions(dale=value)],
    "published_quirks": [lambda value: TrainingOptions(published_quirks=value)],
    "output": [lambda value: Record(output=value)],
    "rates": [lambda value: plotting.raster(RUN, rates=value)],
    "approximate": [lambda value: export.to_nir(NETWORK, approximate=value)],
}


@pytest.mark.parametrize("value", ["no", 0, None, [False]])
@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_is_true_or_false(name, value):
    for call in FLAGS[name]:
        with pytest.raises(ArgumentError, match=rf"{name} is .*; expected True or False"):
            call(value)


def masked(values):
    values = np.asarray(values, float)
    return np.ma.array(values, mask=np.arange(values.size).reshape(values.shape) == 0)


MASKED = {
    "inputs": lambda: simulate(NETWORK, masked(pulse_input())),
    "a list of inputs": lambda: simulate(NETWORK, [masked(pulse_input())]),
    "u": lambda: LIF_network_fnc(MODEL, 50, **{**QUIET, "u": masked(QUIET["u"])}, use_initial_weights=False),
    "inputs of the rate network": lambda: MODEL.run(masked(pulse_input())),
    "input_noise": lambda: simulate(NETWORK, pulse_input(), input_noise=masked([1.0])),
    "weights": lambda: NETWORK.with_weights(masked(NETWORK.dense_weights)),
    "input weights": lambda: NETWORK.with_input_weights(masked(NETWORK.w_in)),
    "offset": lambda: dataclasses.replace(NETWORK, offset=masked(np.ones(20))),
    "initial_voltage": lambda: LIFParams(initial_voltage=masked([-60.0, -50.0])),
    "samples": lambda: Waveform([0], masked([1.0, 2.0]), 1),
    "amplitude": lambda: Stimulation([0], (0, 1), masked([1.0, 2.0])),
    "unit_offsets": lambda: Conversion(kind="mean_drive", factor=9.0, unit_offsets=masked([1.0, 2.0])),
}


@pytest.mark.parametrize("name", MASKED)
def test_masked_entries_are_no_numbers(name):
    with pytest.raises(ArgumentError, match="has masked entries"):
        MASKED[name]()


def test_a_mask_without_a_masked_entry_is_as_none():
    u = pulse_input()
    run = simulate(NETWORK, np.ma.array(u, mask=np.zeros(u.shape, bool)), seed=1)
    np.testing.assert_array_equal(run.rates, RUN.rates)


def with_nan(*shape):
    values = np.zeros(shape)
    values[..., -2:] = np.nan
    return values


NOT_FINITE = {
    "inputs[0, 3]": [
        lambda: simulate(NETWORK, with_nan(1, 5)),
        lambda: evaluate(NETWORK, with_nan(1, 5), 1),
        lambda: MODEL.run(with_nan(1, 5)),
        lambda: tasks.from_inputs(with_nan(1, 5)),
        lambda: NETWORK.stepper().advance(with_nan(1, 5)),
        lambda: simulate(NETWORK, with_nan(1, 5), input_interval=5.0),
    ],
    "inputs[0, 0, 3]": [lambda: MODEL.run(with_nan(2, 1, 5)), lambda: simulate(NETWORK, with_nan(2, 1, 5))],
    "u[0, 3]": [lambda: LIF_network_fnc(MODEL, 50, with_nan(1, 5), {"mode": "none"}, 1, False)],
    "targets[0, 3]": [lambda: tasks.from_inputs(np.ones((1, 1, 5)), with_nan(1, 5))],
    "weights[0, 18]": [lambda: NETWORK.with_weights(with_nan(20, 20))],
    "w_in[0, 0]": [lambda: NETWORK.with_input_weights(with_nan(20, 1))],
    "offset[18]": [lambda: dataclasses.replace(NETWORK, offset=with_nan(20))],
    "bias[18]": [lambda: dataclasses.replace(MODEL, bias=with_nan(20))],
    "initial_voltage[18]": [lambda: LIFParams(initial_voltage=with_nan(20))],
    "samples[3]": [lambda: Waveform([0], with_nan(5), 1)],
    "unit_offsets[3]": [lambda: Conversion(kind="mean_drive", factor=9.0, unit_offsets=with_nan(5))],
    "activity[0, 3]": [lambda: analysis.principal_components(with_nan(4, 5), 1)],
    "w[0, 0]": [
        lambda: RateModel.from_arrays(
            w=with_nan(2, 2), w_in=[1, 0], w_out=[1, 0], activation="relu", tau=10, step=5, form="rate"
        )
    ],
}


@pytest.mark.parametrize("place", NOT_FINITE)
def test_the_first_entry_that_is_not_finite_is_said(place):
    for call in NOT_FINITE[place]:
        with pytest.raises(ArgumentError) as caught:
            call()
        assert str(caught.value).startswith(f"{place} is nan; expected finite numbers (")
        assert str(caught.value).endswith(" are NaN or infinite: replace them, or leave them out)")


@pytest.mark.parametrize("noise", [np.nan, np.inf, -1, "loud", True])
def test_noise_of_the_rate_network_is_a_number(noise):
    with pytest.raises(ArgumentError, match="noise is "):
        MODEL.run(np.zeros((1, 5)), noise=noise)


@pytest.mark.parametrize("inputs", [np.zeros((1, 5), complex), [["a", "b"]], [[1, 2], [3]]])
def test_inputs_of_the_rate_network_are_numbers(inputs):
    with pytest.raises(ArgumentError, match="inputs is not"):
        MODEL.run(inputs)


def test_a_rate_network_that_overflows_is_an_error():
    with pytest.raises(ArgumentError, match="synaptic currents become NaN or infinite"):
        RateModel.load(model_mapping(n_inputs=2, w_in=[[5, -5]] * 20)).run(np.full((2, 50), 1e308))


@pytest.mark.parametrize(
    "overflow",
    [
        lambda: simulate(NETWORK.with_input_weights(np.full((20, 1), -5)), np.full((1, 5), 1e308), seed=1),
        lambda: simulate(random_network(noise=1e308), pulse_input(), seed=1),
        lambda: simulate(random_network(readout_bias=1.0).with_params(noise=1e308), pulse_input(), seed=1),
        lambda: simulate(
            NETWORK,
            pulse_input(),
            seed=1,
            stimulation=[Stimulation("exc", (0, 50), -1e308, acts_on="current") for _ in range(2)],
        ),
    ],
)
def test_voltages_that_overflow_are_an_error(overflow):
    with pytest.raises(ArgumentError, match="voltages or outputs become NaN or infinite"):
        overflow()


@pytest.mark.parametrize("factor", [1e-320, 1e-309])
def test_a_scaling_factor_whose_inverse_is_infinite_is_an_error(factor):
    with pytest.raises(ArgumentError, match="expected a number above 0, from 1e-200 to 1e"):
        SpikingNetwork.from_rate(MODEL, factor)


def test_a_lesioned_neuron_without_a_voltage_is_none():
    assert np.isnan(simulate(NETWORK.lesion([3]), pulse_input(), seed=1).rates[0, 3])


def test_a_gain_that_nothing_uses_is_an_error():
    fitted = fit_conversion(MODEL, "go-nogo", trials=2)
    for arguments in ({"scaling_factor": 50}, {"conversion": "published", "scaling_factor": 50}):
        with pytest.raises(ArgumentError, match=r"gain is 4\.0, but no matched conversion is fitted"):
            SpikingNetwork.from_rate(MODEL, gain=4.0, **arguments)
    with pytest.raises(ArgumentError, match=r"gain is 4\.0, but no matched"):
        SpikingNetwork.from_rate(MODEL, conversion=fitted, gain=4.0)
    matched = SpikingNetwork.from_rate(MODEL, conversion="matched", task="go-nogo")
    assert matched.conversion.gain in GAINS


def test_a_fit_at_the_edge_of_its_offsets_says_so(monkeypatch):
    monkeypatch.setattr("spiking.conversion.fit._OFFSETS", np.linspace(-8.0, -7.0, 11))
    with pytest.warns(UserWarning, match="at gain 8 the best offset is at the edge of the compared ones"):
        fit_conversion(MODEL, "go-nogo", trials=2, gain=8)
    with pytest.warns(UserWarning, match=r"differs from the rate network's output by [\d.]+ standard"):
        fit_conversion(MODEL, "go-nogo", trials=2)


def test_a_conversion_is_simulated_with_the_downsample_that_it_was_fitted_for():
    fitted = fit_conversion(MODEL, "go-nogo", trials=2, downsample=2)
    network = SpikingNetwork.from_rate(MODEL, conversion=fitted)
    with pytest.raises(ArgumentError, match="downsample is 1, but the network's conversion was fitted for 2"):
        simulate(network, pulse_input(), seed=1)
    with pytest.raises(ArgumentError, match="downsample is 1, but"):
        evaluate(network, "go-nogo", 1, seed=1)
    assert simulate(network, pulse_input(), seed=1, downsample=2).rates.shape == (1, 20)


def test_a_record_is_a_record():
    with pytest.raises(ArgumentError, match=r"record is 5; expected a Record"):
        simulate(NETWORK, pulse_input(), record=5)


@pytest.mark.parametrize("models", ["m.mat", model_mapping(), MODEL, 3])
def test_one_model_is_not_several(models):
    with pytest.raises(ArgumentError, match=r"models is .*; expected a (list of models|sequence)"):
        find_scaling_factors(models, seed=1)


def test_training_takes_the_processors_that_are_available(monkeypatch):
    counts = []

    class Pool:
        def __init__(self, threads):
            counts.append(threads)
            raise InterruptedError

    monkeypatch.setattr("spiking.training.many.available_threads", lambda: 3)
    monkeypatch.setattr("spiking.training.many.ThreadPoolExecutor", Pool)
    with pytest.raises(InterruptedError):
        train_many("go-nogo", 20, seeds=[1, 2])
    assert counts == [3]


def test_the_comparison_of_drives_takes_no_more_threads_than_were_given(monkeypatch):
    from spiking.evaluation import recurrent_drive

    threads, own = [], recurrent_drive.simulate

    def counted(*args, **kwargs):
        threads.append(kwargs["threads"])
        return own(*args, **kwargs)

    monkeypatch.setattr(recurrent_drive, "simulate", counted)
    options = {"candidates": [40], "method": "grid", "trials": 1, "extend": False}
    find_scaling_factor(MODEL, seed=1, threads=1, **options)
    find_scaling_factors([MODEL], seed=1, threads=2, **options)
    assert threads == [1, 2]


def test_arrays_of_the_caller_stay_writable():
    w_in, mask = np.ones_like(MODEL.w_in), MODEL.inhibitory.copy()
    model = dataclasses.replace(MODEL, w_in=w_in)
    network = SpikingNetwork.from_rate(model, 30)
    readout, weights = network.readout.copy(), network.weights.copy()
    populations = {**network.populations, "areaA": mask}
    network = dataclasses.replace(network, readout=readout, weights=weights, populations=populations)
    w_in[:], readout[:], weights[:], mask[:] = 7.0, 7.0, 7.0, True
    kept = (model.w_in, network.readout, network.weights)
    assert not any((array == 7.0).all() or array.flags.writeable for array in kept)
    assert not network.populations["areaA"].all()


def raising(*_):
    raise RuntimeError


def numbers_then_an_error():
    yield 1
    raise RuntimeError


OBJECT = type("Raising", (), dict.fromkeys(("__repr__", "__float__", "__index__", "__getattr__"), raising))()
UNREADABLE = {
    "seed": lambda: simulate(NETWORK, pulse_input(), seed=OBJECT),
    "refractory": lambda: LIFParams(refractory=OBJECT),
    "inputs": lambda: simulate(NETWORK, OBJECT),
    "units": lambda: NETWORK.lesion(numbers_then_an_error()),
    "window": lambda: Stimulation([0], numbers_then_an_error()),
    "kind": lambda: Smoothing(type("Text", (str,), {"__eq__": raising, "__hash__": None})("a"), 1.0),
    "grid": lambda: sweep(NETWORK, "go-nogo", grid=type("Table", (dict,), {"items": raising})()),
    "path": lambda: NETWORK.save(type("Place", (), {"__fspath__": raising})()),
    "model": lambda: RateModel.load("\ud800"),  # a character that no file name has
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_value_whose_methods_raise(name):
    with pytest.raises(ArgumentError, match=f"^{name} .*; expected "):
        UNREADABLE[name]()


ENDLESS = {
    "pre": lambda: NETWORK.scale_weights(factor=2.0, pre=itertools.count()),
    "units": lambda: NETWORK.lesion(itertools.count()),
    "window": lambda: Stimulation([0], itertools.repeat(1.0)),
    "trials": lambda: simulate(NETWORK, pulse_input(), trials=range(10**12)),
    "models": lambda: find_scaling_factors(itertools.count()),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_sequences_without_end(name):
    with pytest.raises(ArgumentError, match=rf"^{name} .*; expected "):
        ENDLESS[name]()


@pytest.mark.parametrize(
    "value", [np.float32(3), np.array(3), np.array(3, np.int8), np.array(3.0), np.uint64(3)]
)
def test_whole_numbers_of_numpy(value):
    assert len(tasks.get("go-nogo").trials(value, seed=value).labels) == 3
    assert simulate(NETWORK, pulse_input(), trials=value, seed=value).rates.shape == (3, 20)


def test_numbers_of_the_decimal_module():
    assert Waveform([0], [Decimal("0.5"), Decimal(1)], Decimal(1)).samples == (0.5, 1.0)


def test_a_population_is_named_by_a_text_of_numpy():
    np.testing.assert_array_equal(NETWORK.units(np.str_("exc")), NETWORK.units("exc"))


@pytest.mark.parametrize(
    "value",
    [np.timedelta64(3), np.array("3"), bytearray(b"3"), memoryview(b"3"), np.array(True), np.array([[3]])],
)
def test_what_only_looks_like_a_number(value):
    for call in (lambda: simulate(NETWORK, pulse_input(), seed=value), lambda: LIFParams(refractory=value)):
        with pytest.raises(ArgumentError, match=r"^(seed|refractory) is .*; expected a "):
            call()


def test_an_array_of_one_number_is_the_constant_of_one_neuron():
    with pytest.raises(ArgumentError, match=r"^seed is .*; expected a "):
        simulate(NETWORK, pulse_input(), seed=np.array([3]))
    assert LIFParams(refractory=np.array([3])).refractory == (3.0,)
    with pytest.raises(ArgumentError, match="refractory has 1 values; expected one for each of 20 neurons"):
        NETWORK.with_params(refractory=np.array([3]))


def test_no_more_units_are_read_than_the_network_has():
    numbers = itertools.count()
    with pytest.raises(ArgumentError, match="pre has more than 20 items"):
        NETWORK.scale_weights(factor=2.0, pre=numbers)
    assert next(numbers) == 21


@pytest.mark.parametrize(
    "sizes",
    [
        {"n_neurons": 10**7, "n_steps": 100},
        {"n_neurons": 100, "n_steps": 10**7},
        {"n_neurons": 2, "n_steps": 10**6, "coins": (1, 1000)},
        {"n_neurons": 2, "n_steps": 10, "input_shape": (10**6, 1000)},
    ],
)
def test_random_numbers_of_a_trial_have_a_limit(sizes):
    with pytest.raises(ArgumentError, match="GiB of random numbers; expected at most 2 GiB"):
        RandomDraws.from_seed(1, 0, **sizes)


def test_shared_noise_has_a_limit():
    with pytest.raises(ArgumentError, match=r"n_neurons is 10000000 and n_steps is 100, which are .* GiB"):
        SharedNoise(1).of(0, 10**7, 100)


HUGE = {
    "output weights": lambda: dataclasses.replace(NETWORK, readout=np.full((1, 20), 1e308)),
    "recurrent weights": lambda: NETWORK.with_weights(np.full((20, 20), 1e308)),
    "sparse weights": lambda: dataclasses.replace(NETWORK, weights=csc_array(np.full((20, 20), -1e308))),
    "input weights": lambda: NETWORK.with_input_weights(np.full((20, 1), 1e308)),
    "the weights of a model": lambda: RateModel.load(model_mapping(20) | {"w": np.full((20, 20), 1e308)}),
    "a large factor": lambda: NETWORK.scale_weights(factor=1e300),
    "two large factors": lambda: NETWORK.scale_weights(factor=1e99).scale_weights(factor=1e308),
    "a small scaling factor": lambda: SpikingNetwork.from_rate(MODEL, 1e-150),
    "a small factor and large weights": lambda: SpikingNetwork.from_rate(
        RateModel.load(model_mapping(20) | {"w": np.full((20, 20), 1e99)}), 1e-200
    ),
}


@pytest.mark.parametrize("what", HUGE)
def test_weights_that_overflow_are_refused_without_a_warning_of_numpy(what):
    small = what.startswith("a small")  # which seems to be lambda: the one warning
    warned = pytest.warns(UserWarning, match="^scaling_factor is 1e-") if small else nullcontext()
    refusal = r"1e\+100; expected numbers|expected weights of at most 1e\+100"
    with warned, pytest.raises(ArgumentError, match=refusal):
        HUGE[what]()

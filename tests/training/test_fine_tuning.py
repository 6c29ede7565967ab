"""Fine-tuning: the kernel's spikes in JAX, what stays as it was, what is recorded, what is refused."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from models import model_mapping
from networks import pulse_input, random_network

from spiking import (
    Conversion,
    RandomDraws,
    Record,
    SpikingNetwork,
    datasets,
    evaluate,
    fine_tune,
    simulate,
    tasks,
)
from spiking.errors import ArgumentError
from spiking.network.initial_state import initial_voltages
from spiking.neuron.f_i import fi_curve
from spiking.neuron.f_i_table import fi_table
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.training.fine_tuning.forward import run, split, trained
from spiking.training.fine_tuning.loop import ValidationTest

SHORT = tasks.GoNoGo(duration=150.0, stimulus_onset=25.0, stimulus_duration=50.0, score_delay=25.0)
QUICK = {"seed": 1, "max_updates": 2, "trials": 4, "step": 1.0, "threads": 1}


def small_network(**changes):
    """A network of 30 units with SST units that receive no inhibition, a cut and a lesion."""
    som_m = np.ones((30, 30), np.float32)
    som_m[24:26, 24:] = 0
    model = RateModel.load(model_mapping(30, som_N=np.array([[2]]), som_m=som_m, **changes))
    network = SpikingNetwork.from_rate(model, 20)
    return network.cut(pre="exc", post="inh").lesion([3, 25])


def forward(network, inputs, draws, downsample):
    """Return outputs (n_outputs, columns) and spikes (steps, N) of one trial in JAX, in double precision."""
    with jax.enable_x64(True):
        constants, structure = split(network, downsample=downsample, kernel_downsample=downsample)
        start = initial_voltages(network, draws.v0)[np.newaxis]
        shape = (inputs.shape[1] - 1, structure.steps_per_column, 1, network.n_neurons)
        arguments = (inputs[np.newaxis], start, draws.noise.reshape(shape))
        function = jax.jit(
            lambda *given: run(trained(network), constants, *given, structure=structure, spikes=True)
        )
        outputs, _, spikes = function(*map(jnp.asarray, arguments))
    return np.asarray(outputs)[:, 0].T, np.asarray(spikes).reshape(-1, network.n_neurons)


STATE = {"initial_rates": np.linspace(0.0, 60.0, 20), "initial_currents": np.linspace(-9.0, 9.0, 20)}


@pytest.mark.parametrize("downsample", [1, 10])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"synapse": "single_exponential", "initial_voltage": "resting", "refractory": 3.3},
        {"neuron": "quadratic", "threshold": 30.0, "bias": 0.0, "noise_scaling": "sqrt_dt"},
    ],
    ids=["published", "single exponential", "quadratic"],
)
def test_the_forward_pass_gives_the_kernels_spikes(params, downsample):
    network = random_network(20, strength=3.0, offset=np.linspace(-1, 2, 20), readout_bias=0.3, **params)
    network, inputs = network.lesion([3]), 3 * pulse_input(21)
    assert_the_kernels_spikes(network, inputs, downsample)


@pytest.mark.parametrize("downsample", [1, 10])
@pytest.mark.parametrize("state", [("initial_rates",), tuple(STATE)], ids=["rates", "currents"])
def test_the_forward_pass_starts_from_the_initial_state(state, downsample):
    network = dataclasses.replace(random_network(20, strength=3.0), **{name: STATE[name] for name in state})
    assert_the_kernels_spikes(network.lesion([3]), 3 * pulse_input(21) + 0.5, downsample)


def assert_the_kernels_spikes(network, inputs, downsample):
    draws = RandomDraws.from_seed(1, 0, n_neurons=20, n_steps=2000 // downsample)
    outputs, spikes = forward(network, inputs, draws, downsample)
    settings = {"downsample": downsample, "input_interval": 5.0, "record": Record(spikes=True)}
    kernel = simulate(network, inputs, draws=draws, **settings)
    steps, neurons = np.nonzero(spikes)
    assert steps.size > 100
    np.testing.assert_array_equal(steps, kernel.spikes.step)
    np.testing.assert_array_equal(neurons, kernel.spikes.neuron)
    end_of_columns = kernel.output[0][:, 100 // downsample - 1 :: 100 // downsample]
    np.testing.assert_allclose(outputs, end_of_columns, rtol=0, atol=1e-10)


def test_longer_steps_keep_the_f_i_curve_and_the_area_of_currents():
    network = random_network(20)
    constants, _ = split(network, downsample=10, kernel_downsample=1)
    usual, _ = split(network, downsample=1, kernel_downsample=1)
    assert usual.threshold == network.params.threshold
    tau_membrane = 0.5 / float(constants.gain)
    threshold = float(constants.threshold)
    changed = LIFParams(tau_membrane=tau_membrane, noise=constants.noise, threshold=threshold)
    currents = np.linspace(-2.0, 10.0, 25)
    found = fi_curve(changed, downsample=10)(currents)
    np.testing.assert_allclose(found, fi_curve()(currents), rtol=0.006)  # 4 % without the change of threshold
    areas = []
    for c, size in ((usual, 1), (constants, 10)):
        h, current, area = c.jump.copy(), np.zeros(20), np.zeros(20)
        for _ in range(40_000 // size):
            current, h = current * c.decay + h * c.dt, h * c.fade
            area += current * c.dt
        areas.append(area)
    np.testing.assert_allclose(areas[0], areas[1], rtol=1e-6)


@pytest.mark.parametrize(
    ("noise", "steps", "low", "high"),
    [(0.1, (10,), 0.4, 1.2), pytest.param(0.5, (4, 10, 20), 0.25, 0.8, marks=pytest.mark.slow)],
)
def test_the_gradient_of_a_rate_is_close_to_the_slope_of_the_f_i_curve(noise, steps, low, high):
    network = random_network(11, strength=0.0, offset=np.linspace(-2.0, 8.0, 11), noise=noise)
    slopes = fi_table(network.params).slope_at(network.offset)
    start = initial_voltages(network, np.random.default_rng(0).random((20, 11)))
    inputs, keys = np.zeros((20, 1, 101), np.float32), jax.random.split(jax.random.key(0), 100)
    for downsample in steps:
        constants, structure = split(network, downsample=downsample, kernel_downsample=1)

        def total_rate(parts, constants=constants, structure=structure):
            _, rates, _ = run(parts, constants, inputs, start.astype(np.float32), keys, structure=structure)
            return jnp.sum(jnp.mean(rates[20:], axis=(0, 1)))

        gradient = np.asarray(jax.jit(jax.grad(total_rate))(trained(network)).offset)
        assert np.all((gradient > low * slopes) & (gradient < high * slopes))


def test_what_is_recorded(tmp_path):
    network = small_network()
    states = []
    tuned = fine_tune(network, SHORT, **QUICK, stop_accuracy=None, learning_rate=0.5, progress=states.append)
    changed = states[-1]
    assert [state.updates for state in states] == [0, 1, 2]
    assert [state.stopped for state in states] == ["", "", "limit"]
    assert np.isfinite(changed.loss)
    assert tuned.conversion.kind == "fine_tuned"
    assert tuned.conversion.start == Conversion(kind="published", factor=20.0)
    record = tuned.conversion.fine_tuning
    assert (record.task, record.seed, record.step, record.trials) == ("go-nogo", 1, 1.0, 4)
    assert record.correct_after >= record.correct_before
    assert "fine-tuned on go-nogo: seed 1" in repr(tuned)
    assert "from published, scaling factor 20" in repr(tuned)
    assert tuned.lesioned == (3, 25)
    assert np.isnan(simulate(tuned, SHORT, seed=3).rates[0, [3, 25]]).all()
    tuned.save(tmp_path / "tuned.npz")
    again = SpikingNetwork.load(tmp_path / "tuned.npz")
    assert again.conversion == tuned.conversion
    np.testing.assert_array_equal(again.weights, tuned.weights)
    with pytest.raises(ArgumentError, match=r"conversion is fine-tuned.*expected one .*conversion\.start"):
        SpikingNetwork.from_rate(model_mapping(30), conversion=tuned.conversion)


def last_network(network, **options):
    """Fine-tune, and return the last network, whether or not it is better."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ValidationTest, "better", lambda self, other: True)
        return fine_tune(network, SHORT, **QUICK | {"stop_accuracy": None} | options)


@pytest.fixture(scope="module")
def moved():
    """Networks, dense and sparse, and what large updates make of them."""
    both = (small_network(), as_sparse(small_network()))
    return [(network, last_network(network, max_updates=5, learning_rate=0.5)) for network in both]


def as_sparse(network):
    from scipy.sparse import csc_array

    return dataclasses.replace(network, weights=csc_array(network.weights))


def test_signs_zeros_and_lesions_stay(moved):
    network, tuned = moved[0]
    before, after = network.weights, tuned.weights
    assert np.all(np.sign(after) * np.sign(before) >= 0)
    assert np.all(after[before == 0] == 0)
    assert np.mean(after[before != 0] != before[before != 0]) > 0.5
    assert np.all(tuned.readout[network.readout == 0] == 0)
    for name in ("w_in", "readout", "offset"):
        assert np.any(getattr(tuned, name) != getattr(network, name)), name
    lesioned = list(network.lesioned)
    np.testing.assert_array_equal(after[lesioned], before[lesioned])  # what they would receive is not trained
    np.testing.assert_array_equal(tuned.offset[lesioned], network.offset[lesioned])
    for name in ("tau_decay", "readout_bias"):
        np.testing.assert_array_equal(getattr(tuned, name), getattr(network, name))
    assert (tuned.params, tuned.lesioned) == (network.params, network.lesioned)


def test_sparse_weights_stay_sparse(moved):
    (_, dense), (_, sparse) = moved
    assert sparse.weights.has_canonical_format
    np.testing.assert_array_equal(sparse.dense_weights, dense.weights)


def test_a_run_is_a_function_of_its_seed():
    runs = [[], [], []]
    for seed, losses in zip((1, 1, 2), runs, strict=True):
        settings = QUICK | {"seed": seed, "stop_accuracy": None}
        fine_tune(small_network(), SHORT, **settings, progress=lambda state, to=losses: to.append(state.loss))
    assert runs[0][1:] == runs[1][1:]
    assert runs[0][1:] != runs[2][1:]


def test_the_wanted_output_and_the_penalty_on_rates():
    network = small_network()
    model = RateModel.load(model_mapping(30))
    tuned, losses = {}, {}
    for name, options in {"target": {}, "model": {"model": model}, "penalty": {"rate_penalty": 1e3}}.items():
        states = []
        settings = {"max_updates": 20, "learning_rate": 0.1, "progress": states.append, **options}
        tuned[name] = last_network(network, **settings)
        losses[name] = states[1].loss
    assert losses["target"] == losses["penalty"]  # what is reported is the loss without the penalty
    assert abs(losses["target"] - losses["model"]) > 0.01
    rates = {name: np.nanmean(simulate(one, SHORT, trials=10).rates) for name, one in tuned.items()}
    assert rates["penalty"] < 0.9 * rates["target"]


def test_a_network_that_does_the_task_stays_as_it_is():
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"))
    tuned = fine_tune(network, "go-nogo", trials=4, stop_accuracy=0.75)
    assert tuned.conversion.fine_tuning.updates == 0
    np.testing.assert_array_equal(tuned.weights, network.weights)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "xor"}, "the network has inputs: 1, outputs: 1; expected inputs: 2, outputs: 1"),
        ({"step": 0.3}, r"step is 0\.3 ms; expected a multiple of 0\.05 ms that divides 5 ms"),
        ({"max_updates": 0}, "max_updates is 0; expected"),
        ({"batch_size": 1.5}, r"batch_size is 1\.5; expected"),
        ({"learning_rate": 0.0}, r"learning_rate is 0\.0; expected"),
        ({"rate_penalty": -1.0}, r"rate_penalty is -1\.0; expected"),
        ({"stop_accuracy": 95}, "stop_accuracy is 95; expected a number from 0 to 1"),
        ({"downsample": 2}, None),
        ({"model": 3}, "model is 3; expected a RateModel"),
        ({"model": RateModel.load(model_mapping(20, n_inputs=2))}, r"model has \(inputs, outputs\) \(2, 1\)"),
        ({"network": 3}, "network is 3; expected a RateModel or a SpikingNetwork"),
        ({"network": RateModel.load(model_mapping(20))}, "has no tuned scaling factor; give one"),
    ],
)
def test_arguments_that_cannot_be_used(options, message):
    given = {"network": small_network(), "task": SHORT, **options}
    if message is None:
        fitted = Conversion(kind="published", factor=20.0, downsample=3)
        given["network"] = dataclasses.replace(given["network"], conversion=fitted)
        message = "downsample is 2; expected 3, for which the network's conversion was fitted"
    with pytest.raises(ArgumentError, match=message):
        fine_tune(**given)


@pytest.mark.slow
def test_a_network_that_its_factor_makes_useless_is_rescued():
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), scaling_factor=90)
    assert evaluate(network, "go-nogo", 100, seed=1001).accuracy < 0.7
    tuned = fine_tune(network, "go-nogo", seed=1, max_updates=200, trials=40)
    assert evaluate(tuned, "go-nogo", 100, seed=1001).accuracy >= 0.9


def test_given_inputs_match_the_rate_network_or_targets():
    model = datasets.load("go-nogo")
    network = SpikingNetwork.from_rate(model, 75)  # its output is too small
    inputs = np.zeros((2, 1, 60))
    inputs[1, 0, 5:15] = 1.0
    told = []
    options = {"seed": 1, "max_updates": 20, "trials": 4, "step": 1.0, "threads": 1}
    tuned = fine_tune(network, inputs, model=model, progress=told.append, **options)
    record = tuned.conversion.fine_tuning
    assert (record.scored, record.correct_before, record.correct_after, record.updates) == (False, 0, 0, 20)
    assert record.error_after < 0.9 * record.error_before
    assert "error of the output" in str(record)
    assert "correct" not in str(record)
    assert told[-1].stopped == "limit"
    assert np.isnan(told[-1].accuracy)
    targets = model.run(inputs, noise=0.0).output
    given = fine_tune(network, tasks.from_inputs(inputs, targets), **options)
    record = given.conversion.fine_tuning
    assert record.error_after < 0.9 * record.error_before
    expected = r"has no targets, and model is None; expected model=, the rate network whose output to match"
    for task in (inputs, tasks.from_inputs(inputs, score=lambda output, time, number: number > 0)):
        with pytest.raises(ArgumentError, match=expected):
            fine_tune(network, task, **options)

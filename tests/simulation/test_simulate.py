"""Simulations: what is recorded, what is refused, and how they stop."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from networks import pulse_input, random_network

from spiking import (
    ArgumentError,
    LIFParams,
    RandomDraws,
    Record,
    SpikingNetwork,
    Stimulation,
    datasets,
    simulate,
)


@pytest.fixture(scope="module")
def network():
    return random_network(30, strength=3.0, bias=-39.0, n_outputs=2)


def test_only_the_output_is_kept_by_default(network):
    run = simulate(network, pulse_input(), seed=1)
    assert run.output.shape == (1, 2, 1000)
    assert run.rates.shape == (1, 30)
    assert run.spikes is run.voltage is run.currents is run.filtered_rates is None
    np.testing.assert_allclose(run.time, 0.05 * np.arange(1, 1001))
    assert run.duration == pytest.approx(50)


def test_thinned_samples_are_the_full_ones_at_their_times(network):
    full = simulate(
        network, pulse_input(), seed=1, record=Record(filtered_rates=True, voltage=True, currents=True)
    )
    thin = simulate(
        network,
        pulse_input(),
        seed=1,
        record=Record(
            filtered_rates=[4, 2],
            voltage=[7],
            currents=[0],
            interval={"output": 1.0, "voltage": 0.35, "filtered_rates": 2.5, "currents": 0.05},
        ),
    )
    for name, neurons in (
        ("output", [0, 1]),
        ("voltage", [7]),
        ("filtered_rates", [4, 2]),
        ("currents", [0]),
    ):
        times, every = thin.times(name), full.times(name)
        at = np.searchsorted(every, times - 1e-9)
        np.testing.assert_allclose(every[at], times)
        np.testing.assert_array_equal(getattr(thin, name)[0], getattr(full, name)[0][neurons][:, at])
    assert thin.output.shape == (1, 2, 50)
    assert thin.times("voltage")[0] == pytest.approx(0.35)


def test_spikes_of_chosen_neurons(network):
    every = simulate(network, pulse_input(), seed=1, trials=5, record=Record(spikes=True))
    some = simulate(network, pulse_input(), seed=1, trials=5, record=Record(spikes=[3, 8]))
    assert set(some.spikes.neuron) == {3, 8}
    assert len(some.spikes) == np.isin(every.spikes.neuron, [3, 8]).sum()
    np.testing.assert_array_equal(some.rates, every.rates)


def test_spike_matrix_events_and_rates_agree(network):
    run = simulate(network, pulse_input(), seed=1, trials=3, record=Record(spikes=True, output=False))
    assert run.output is None
    total = 0
    for trial in range(3):
        matrix = run.spike_matrix(trial)
        assert matrix.shape == (30, 1000)
        assert matrix.dtype == np.int8
        total += matrix.sum()
        np.testing.assert_allclose(matrix[:, 9:].sum(axis=1) / 0.05, run.rates[trial])
    assert total == len(run.spikes)
    np.testing.assert_allclose(run.spikes.time, (run.spikes.step + 1) * 0.05)


def test_summary_says_what_was_simulated(network):
    text = str(simulate(network, pulse_input(), seed=3, trials=2, record=Record(spikes=True)))
    assert "2 trials of 50 ms, 30 neurons" in text
    assert "seed 3" in text
    assert "mean rate" in text
    assert "exc" in text


def test_downsample_keeps_every_other_column(network):
    u = np.random.default_rng(0).standard_normal((1, 21))
    run = simulate(network, u, seed=1, downsample=2)
    assert run.n_steps == 1000
    assert run.time_step == pytest.approx(0.1)
    other = u.copy()
    other[:, 1::2] = 9
    np.testing.assert_array_equal(run.output, simulate(network, other, seed=1, downsample=2).output)


def test_stimulation_drives_its_units_within_its_window():
    network = random_network(30, density=0.0, bias=-45.0)
    stimulation = Stimulation(units=(2, 5), window=(20.0, 40.0), amplitude=1.0)
    run = simulate(network, np.zeros((1, 13)), seed=1, stimulation=stimulation, record=Record(spikes=True))
    late = run.spikes.time > 5
    assert set(run.spikes.neuron[late]) == {2, 5}
    assert run.spikes.time[late].min() > 20
    assert run.spikes.time[late].max() <= 40 + 1e-9


def test_progress_is_reported(network):
    seen = []
    simulate(network, pulse_input(3), seed=1, trials=7, progress=seen.append)
    assert seen == list(range(1, 8))


def test_arrays_of_the_caller_stay_as_they_are(network):
    u = pulse_input()
    draws = RandomDraws(v0=np.full(30, 0.5), noise=np.zeros((1000, 30)))
    before = u.copy()
    simulate(network, u, draws=draws)
    np.testing.assert_array_equal(u, before)
    assert (draws.v0 == 0.5).all()
    assert (draws.noise == 0).all()


def test_networks_and_parameters_are_frozen(network):
    with pytest.raises(AttributeError):
        network.scaling_factor = 3
    with pytest.raises(ValueError, match="read-only"):
        network.weights[0, 0] = 1
    with pytest.raises(AttributeError):
        LIFParams().bias = 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": np.zeros((2, 5))}, r"inputs has 2 rows \(shape \(2, 5\)\); expected 1"),
        ({"inputs": np.zeros((1, 1))}, "at least two to be kept"),
        ({"inputs": np.zeros((1, 4)), "downsample": 4}, "downsample=4 keeps 1"),
        ({"inputs": [[0, np.nan]]}, "NaN or infinite"),
        ({"inputs": "pulse"}, "task is 'pulse'; expected one of go-nogo"),
        ({"inputs": [["a", "b"]]}, "not numeric"),
        ({"inputs": [[1, 2], [3]]}, "not an array of numbers"),
        ({"inputs": np.zeros((2, 2, 1, 5))}, "has shape"),
        ({"inputs": np.zeros((0, 1, 5))}, "no trials"),
        ({"downsample": 0}, "downsample is 0; expected a whole number, 1 or more"),
        ({"downsample": 1.5}, "downsample is 1.5"),
        ({"threads": 0}, "threads is 0"),
        ({"trials": 0}, "trials is 0"),
        ({"trials": []}, "trials is empty"),
        ({"trials": [1, -2]}, "trials is -2"),
        ({"inputs": np.zeros((3, 1, 5)), "trials": 4}, "inputs is for 3 trials; expected 4"),
        ({"draws": RandomDraws(np.zeros(3), np.zeros((1000, 30)))}, r"draws.v0 has shape \(3,\)"),
        ({"draws": RandomDraws(np.zeros(30), np.zeros((10, 30)))}, "draws.noise has shape"),
        (
            {
                "draws": RandomDraws(np.zeros(30), np.zeros((1000, 30))),
                "stimulation": Stimulation(units=(1,), window=(0, 1)),
            },
            "draws.coin has shape None",
        ),
        (
            {"stimulation": Stimulation(units=(30,), window=(0, 1))},
            "units has 30; expected numbers from 0 to 29",
        ),
        ({"record": Record(voltage=[31])}, "record: voltage has 31; expected numbers from 0 to 29"),
        ({"record": Record(interval=0.07)}, "multiple of the time step"),
        ({"record": Record(voltage=True), "trials": 10**6}, "GB"),
    ],
)
def test_unusable_arguments_are_named(network, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        simulate(network, **{"inputs": pulse_input(), **arguments})


@pytest.mark.filterwarnings("ignore:tau_rise is")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Record(voltage=[1, 1]), "has 1 more than once"),
        (lambda: Record(spikes=[0.5]), "has 0.5"),
        (lambda: Record(interval=0), "interval is 0"),
        (lambda: Record(interval={"spikes": 1.0}), "interval names 'spikes'"),
        (lambda: Record(output=3), "output is 3"),
        (lambda: Stimulation(units=(1,), window=(3, 2)), r"window is \(3, 2\)"),
        (lambda: Stimulation(units=(1,), window=5), "window is 5"),
        (lambda: Stimulation(units=(1,), window=(0, np.inf)), "window is"),
        (lambda: Stimulation(units=(-1,), window=(0, 1)), "has -1"),
        (lambda: simulate(random_network(3), [[0, 0]], stimulation=Stimulation(units="ie", window=(0, 1))),
         "units is 'ie'; expected one of all, exc, inh, som"),
        (lambda: simulate(random_network(3), [[0, 0]], record=Record(spikes="ie")),
         "record: spikes is 'ie'; expected one of all, exc, inh, som"),
        (lambda: Stimulation(units=(1,), window=(0, 1), amplitude=np.nan), "amplitude is nan"),
        (lambda: Stimulation(units=(1,), window=(0, 1), probability=1.5), "probability is 1.5"),
        (lambda: LIFParams(tau_membrane=0), "tau_membrane is 0; expected"),
        (lambda: LIFParams(refractory=-1), "refractory is -1"),
        (lambda: LIFParams(noise=np.nan), "noise is nan"),
        (lambda: LIFParams(bias="low"), "bias is 'low'"),
        (lambda: LIFParams(threshold=-70.0), "a voltage above the reset"),
        (lambda: LIFParams(peak=-70.0), "peak is -70"),
        (lambda: LIFParams(neuron="hh"), "neuron is 'hh'; expected one of leaky, quadratic"),
        (lambda: LIFParams(synapse="none"), "synapse is 'none'"),
        (lambda: SpikingNetwork.from_rate({}, 0), "scaling_factor is 0; expected a finite number above 0"),
        (lambda: SpikingNetwork.from_rate({}, "50"), "scaling_factor is '50'"),
        (lambda: random_network(3, tau_rise=1e-3) and simulate(random_network(3, tau_rise=1e-3), [[0, 0]]),
         "time step is 0.05 ms, more than 20 times"),
    ],
)  # fmt: skip
def test_unusable_settings_are_named(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.slow
@pytest.mark.parametrize(
    "what",
    ["trials=100000", "inputs=np.zeros((1, 4_000_001))"],
    ids=["many trials", "one trial of five hours"],
)
def test_ctrl_c_stops_within_a_second(what):
    code = (
        "import numpy as np, sys; from networks import *; from spiking import *;"
        "network = random_network(200);"
        "simulate(network, pulse_input(3), seed=1); print('started', flush=True);"
        "usual = dict(inputs=pulse_input(201), seed=1, record=Record(output=False));"
        f"simulate(network, **{{**usual, **dict({what})}})"
    )
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd="tests/helpers", stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout.readline() == "started\n"
            time.sleep(0.7)
            assert process.poll() is None
            start = time.monotonic()
            os.kill(process.pid, signal.SIGINT)
            _, stderr = process.communicate(timeout=20)
        finally:
            process.kill()
    assert time.monotonic() - start < 5  # a second; the rest is for a busy machine, the run takes minutes
    assert stderr.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.slow
def test_a_thousand_trials_with_output_and_spikes_stay_below_a_gigabyte():
    code = (
        "from networks import *; from peak_memory import peak_bytes; from spiking import *;"
        "run = simulate(random_network(200, strength=2.0), pulse_input(201), seed=1, trials=1000, "
        "record=Record(spikes=True));"
        "assert run.output.shape == (1000, 1, 20000) and len(run.spikes) > 100_000;"
        "print(peak_bytes())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd="tests/helpers", capture_output=True, text=True, check=True
    )
    assert int(result.stdout) < 1e9


def test_a_rate_model_or_the_name_of_a_task():
    model = datasets.load("go-nogo-sigmoid")
    run, other = (simulate(net, "go-nogo", seed=1) for net in (model, SpikingNetwork.from_rate(model)))
    np.testing.assert_array_equal(run.output, other.output)
    assert run.task == "go-nogo"
    assert run.network.scaling_factor == 30
    np.testing.assert_array_equal(run.network.units("inh"), np.flatnonzero(model.inhibitory))

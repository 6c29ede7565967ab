"""The paragraph for a methods section says what was done with the model at hand, and nothing else."""

import dataclasses
import platform

import numba
import numpy as np
import pytest
from cue import Cue, cue_model

import spiking
from spiking import RateModel, SpikingNetwork, analysis, datasets, evaluate, tasks
from spiking.importing import from_named_arrays
from spiking.neuron import Distribution
from spiking.report.methods import methods
from spiking.tuning.recorded_search import is_recorded_choice

SHIPPED = [f"{name}{kind}" for name in ("go-nogo", "xor", "mante", "dms") for kind in ("", "-sigmoid")]


def paragraph(model, network, task=None, trials=6, seed=2):
    rate, spikes = (evaluate(one, task, trials, seed=seed) for one in (model, network))
    close = analysis.faithfulness(model, network, task, trials=trials, seed=seed)
    fresh = is_recorded_choice(model, network)
    text = methods(model, network, {"rate": rate, "spiking": spikes}, close, fresh=fresh)
    assert not [part for part in ("  ", "nan", "None", "..", " ,") if part in text]
    return text, rate, spikes


def percent(score):
    low, high = score.interval
    return f"{100 * score.accuracy:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


@pytest.mark.parametrize("name", SHIPPED)
def test_a_model_of_the_package(name):
    model = datasets.load(name)
    network = SpikingNetwork.from_rate(model)
    text = methods(model, network, {}, None)
    exc, inh = (int(model.populations[kind].sum()) for kind in ("exc", "inh"))
    units = f"{model.n_units} units ({exc} excitatory, {inh} inhibitory; Dale's law)"
    assert text.startswith(f"A rate network of {units} with {model.n_inputs} input")
    assert (
        f"was trained on the task {name.removesuffix('-sigmoid')} by backpropagation through time (" in text
    )
    assert (
        f"divided by a scaling factor of {network.scaling_factor:g} (1/lambda in Kim et al. 2019), " in text
    )
    assert ("no parameter was fitted after training" in text) == (not name.endswith("sigmoid"))
    assert ("chosen among 12 from 20 to 75 by the accuracy of the spiking network." in text) == name.endswith(
        "sigmoid"
    )
    assert "refractory period of 2 ms" in text
    assert (
        "loss: square root of the summed squared error of the output, optimiser Adam, learning rate" in text
    )
    assert "trials of the task" not in text  # nothing was evaluated
    versions = f"Python {platform.python_version()}, NumPy {np.__version__} and Numba {numba.__version__}."
    assert f"Python package spiking {spiking.__version__}, with {versions}" in text
    assert "[Software: The spiking developers, spiking: trained rate networks as" in text
    assert text.endswith("doi:10.1073/pnas.1905926116]")


def test_the_numbers_are_those_of_the_evaluation():
    model = RateModel.load(cue_model())
    text, rate, spikes = paragraph(model, SpikingNetwork.from_rate(model, 30), Cue())
    assert (
        "with 1 input, 1 output, the sigmoid activation function, no recurrent connections and a synaptic"
        in text
    )
    assert (
        "time constant of 30 ms was used. Its equations (tau dx/dt = -x + W r + W_in u, r = phi(x); phi is "
        "the activation function) were integrated by Euler's method with steps of 5 ms, with Gaussian noise "
        "(standard deviation 0.1) in each step." in text
    )  # the file does not say that it was trained
    assert "were divided by a scaling factor of 30 (1/lambda in Kim et al. 2019)." in text
    assert (
        "Both networks were run on the same 6 trials of the task cue (seed 2), whose conditions were drawn"
        in text
    )
    assert f"A trial lasted {Cue().duration:g} ms" in text
    excitatory = spikes.rates.mean()  # all units are
    assert f"in these trials: excitatory {excitatory:.1f} Hz." in text
    assert f"The rate network responded correctly in {percent(rate.score)} and the spiking" in text
    assert f"the spiking network in {percent(spikes.score)} of the trials (brackets: 95 % Wilson" in text
    assert f"The rule of a correct response was: {Cue().rule()}." in text
    sustained = f"{percent(rate.sustained_score)} and {percent(spikes.sustained_score)} of the trials"
    assert f"By the rule of a sustained response ({Cue().sustained_rule()}), {sustained}" in text
    assert "stricter" not in text  # the task has no opposite response
    assert "chosen" not in text
    assert "lesioned" not in text


def test_lesions_constants_and_steps():
    model = RateModel.load(cue_model())
    network = (
        SpikingNetwork.from_rate(model, 30).lesion([1, 2]).with_params(noise=0.2, noise_scaling="sqrt_dt")
    )
    text = methods(model, network.with_params(synapse="single_exponential"), {}, None, downsample=4)
    assert "In the spiking network, 2 units (numbers 1, 2) were lesioned." in text
    assert (
        "by Euler's method with steps of 0.2 ms. Initial voltages were drawn uniformly from the reset" in text
    )
    both = methods(model.lesion([3]), network.lesion([3]), {}, None)
    assert "In both networks, 1 unit (number 3) was lesioned. In the spiking network, 2 units" in both
    assert "standard deviation of 0.4 mV added to the voltage at every step, and single-exponential" in text
    assert "Euler's method with steps of 0.2 ms" in text


def test_constants_that_differ_between_neurons_and_from_those_of_the_training():
    model = datasets.load("go-nogo")
    changed = {"threshold": Distribution(-40, 1.5, seed=1), "refractory": {"exc": 3.0, "inh": 1.0}}
    text = methods(model, SpikingNetwork.from_rate(model).with_params(**changed), {}, None)
    assert "the spiking neuron below (but with refractory period 2 ms and threshold -40 mV), divided" in text
    assert "a refractory period of 3 ms (exc) and 1 ms (inh), a threshold of -40 +- 1.5 mV (mean and" in text


def test_a_refitted_readout_is_a_sentence():
    model = RateModel.load(cue_model())
    refitted = SpikingNetwork.from_rate(model, 30).refit_readout(Cue(), 4, seed=3)
    text = methods(model, refitted, {}, None)
    assert (
        "by ridge regression (penalty 0.01) in 4 other trials of the task cue (seed 3). Neurons had" in text
    )


def test_an_imported_network_says_where_it_is_from():
    arrays = {"W": np.eye(4) / 2, "B": np.ones((4, 1)), "C": np.ones((1, 4)), "b": np.ones(4)}
    names = {"w": "W", "w_in": "B", "w_out": "C", "bias": "b"}
    imported = from_named_arrays(arrays, names, tau=30, step=10, form="rate", activation="relu")
    text = methods(imported.model, SpikingNetwork.from_rate(imported.model, 50), {}, None)
    assert "a synaptic decay time constant of 30 ms was imported from " in text
    assert (
        "Its equations (tau dr/dt = -r + phi(W r + W_in u + b); phi is the activation function) were" in text
    )
    assert "with steps of 10 ms" in text


@pytest.mark.parametrize("kind", ["one_offset", "mean_drive", "calibrated"])
def test_fitted_conversions(kind):
    model = RateModel.load(cue_model())
    network = SpikingNetwork.from_rate(model, conversion=kind, task=Cue())
    conversion = network.conversion
    text = methods(model, network, {}, None)
    assert f"gain of {conversion.gain:.4g}, recurrent and output weights were divided by a scaling" in text
    assert f"in {conversion.n_trials} trials of the task cue (seed {conversion.seed})" in text
    assert ("all neurons received" in text) == (kind == "one_offset")
    assert ("each neuron received a constant current of its own, " in text) == (kind != "one_offset")
    assert ("by gradient descent" in text) == (kind == "calibrated")
    assert ("root mean square error of the fit" in text) == (kind != "calibrated")
    assert "simulated" not in text


def test_a_network_alone_and_inputs_without_a_score():
    model = RateModel.load(cue_model())
    network = SpikingNetwork.from_rate(model, 30)
    given = tasks.from_inputs(np.ones((2, 1, 30)))
    text = methods(None, network, {"spiking": evaluate(network, given, 2, seed=4)}, None)
    assert text.startswith("A spiking network of 20 leaky integrate-and-fire neurons (20 excitatory, 0 inhib")
    assert "The network was run on 2 trials of the given inputs (seed 4)." in text
    assert "correct" not in text
    assert "rate network without noise" not in text


def test_a_scaling_factor_that_was_not_the_choice_of_the_file_is_only_given():
    model = datasets.load("xor-sigmoid")
    text = methods(model, SpikingNetwork.from_rate(model, 41), {}, None)
    assert "were divided by a scaling factor of 41 (1/lambda in Kim et al. 2019). Neurons had" in text
    details = dataclasses.replace(model, extras={**model.extras, "scaling_factors": np.array([[30.0]])})
    assert "chosen" not in methods(details, SpikingNetwork.from_rate(details), {}, None)

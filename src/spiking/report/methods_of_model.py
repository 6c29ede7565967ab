"""Say in sentences what a rate network is and how it was trained, for the paragraph for a methods section."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from spiking.conversion.model_info import ModelInfo, model_info
from spiking.files.json_text import parsed
from spiking.network.network import SpikingNetwork
from spiking.neuron.constant import constant_words
from spiking.neuron.distribution import Distribution
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import is_of_training, last_recorded, recorded_text


def about_model(model: RateModel, network: SpikingNetwork) -> str:
    """Return what a rate network is, how it was trained or where it is from, and its equations."""
    info = model_info(model)
    units = f" ({populations(info.populations)}; Dale's law)" if info.dale else ""
    shortest, median, longest = info.tau_decay
    decay = (
        f"a synaptic decay time constant of {median:.3g} ms"
        if shortest == longest
        else f"synaptic decay time constants of {shortest:.1f} to {longest:.1f} ms (median {median:.1f} ms)"
    )
    channels = ((info.n_inputs, "input"), (info.n_outputs, "output"))
    facts = [
        *(f"{number} {name}{'' if number == 1 else 's'}" for number, name in channels),
        *_activation(model, network, info),
        f"{100 * info.density:.1f} % of the possible recurrent connections"
        if info.connections
        else "no recurrent connections",
        decay,
    ]
    start = f"A rate network of {info.n_units} units{units} with {listed(facts)}"
    bias = "" if model.bias is None else " + b"
    received = f"W r + W_in u{bias}"
    equation = (
        f"tau dx/dt = -x + {received}, r = phi(x)"
        if model.form == "current"
        else f"tau dr/dt = -r + phi({received})"
    )
    noise = f", with Gaussian noise (standard deviation {model.noise:g}) in each step" if model.noise else ""
    return (
        f"{start} {_training(model, info)}. Its equations ({equation}; phi is the activation function) were "
        f"integrated by Euler's method with steps of {model.step:g} ms{noise}."
    )


def populations(sizes: dict[str, int]) -> str:
    """Return the sizes of populations."""
    inhibitory = f"{sizes['inh']} inhibitory"
    if sizes["som"]:
        inhibitory += f", of which {sizes['pv']} PV and {sizes['som']} SST"
    return f"{sizes['exc']} excitatory, {inhibitory}"


def _activation(model: RateModel, network: SpikingNetwork, info: ModelInfo) -> list[str]:
    if model.trained_params is not None:
        changed = model.trained_params.difference(network.params)
        neuron = f" (but with {_constants(model.trained_params, network.params)})" if changed else ""
        factor = model.activation_parameters["k"]
        return [
            f"the f-I curve of the spiking neuron below{neuron}, divided by {factor:g} Hz, as its activation "
            f"function"
        ]
    if info.activation is None:
        return []
    name = {"table": "a tabulated", "callable": "a user-defined"}.get(model.activation or "")
    return [f"{name or f'the {info.activation}'} activation function"]


def _constants(params: LIFParams, others: LIFParams) -> str:
    """Return those constants of a neuron that another neuron has not, in words with units."""
    units = {"tau_membrane": "ms", "refractory": "ms", "tau_rise": "ms"}
    units |= dict.fromkeys(("threshold", "reset", "bias", "peak", "noise"), "mV")
    names = {
        "tau_membrane": "membrane time constant",
        "refractory": "refractory period",
        "tau_rise": "rise time",
    }
    return listed(
        [
            f"{names.get(field.name, field.name)} {words(value, units.get(field.name, ''))}"
            for field in fields(params)
            if (value := getattr(params, field.name)) != getattr(others, field.name)
        ]
    )


def words(value: Any, unit: str) -> str:
    """Return a constant in words, that of a distribution as mean and standard deviation over neurons."""
    if isinstance(value, Distribution):
        return (
            f"{value.mean:g} +- {value.sd:g} {unit} (mean and standard deviation over neurons, {value.shape})"
        )
    if isinstance(value, Mapping):
        return listed([f"{words(each, unit)} ({name})" for name, each in value.items()])
    return constant_words(value, unit)


def _training(model: RateModel, info: ModelInfo) -> str:
    if info.imported is not None:
        return f"was imported from {json.loads(recorded_text(model, 'imported') or '{}')['framework']}"
    if not info.trained:
        return "was used"
    task = f" on the task {info.task}" if info.task else ""
    updates = "" if info.updates is None else f"{info.updates:,} update{'s' * (info.updates != 1)}"
    if not is_of_training(model):
        return "was trained" + (f" ({updates})" if updates else "")  # its task was given later
    made_with, seed = recorded_text(model, "spiking_version"), last_recorded(model, "seed")
    recipe = f"{recorded_text(model, 'recipe')} recipe of spiking {made_with or ''}".rstrip()
    if info.library_versions is not None:
        recipe += f" with {info.library_versions}"
    details = [updates, *_optimisation(model), recipe, "" if seed is None else f"seed {seed:g}"]
    return f"was trained{task} by backpropagation through time ({', '.join(filter(None, details))})"


def _optimisation(model: RateModel) -> Iterator[str]:
    """Return loss, optimiser and learning rate, as far as the model's file records them."""
    try:
        options = parsed(recorded_text(model, "training_options") or "{}")
    except ValueError:
        return
    losses = {"l2": "square root of the summed squared error", "l1": "summed absolute error"}
    if options.get("loss") in losses:
        yield f"loss: {losses[options['loss']]} of the output"
    if "learning_rate" in options:
        rate, last = options["learning_rate"], options.get("final_learning_rate")
        falling = "" if last in (None, rate) else f" to {last:g}"
        optimiser = str(options.get("optimizer", "adam")).capitalize()
        yield f"optimiser {optimiser}, learning rate {rate:g}{falling}"


def listed(parts: list[str]) -> str:
    """Return parts of a sentence with commas and an "and"."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))

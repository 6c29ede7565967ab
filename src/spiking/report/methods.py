"""Write a paragraph for the methods section of a paper, of facts that the file and the run have."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version

import numpy as np

import spiking
from spiking.analysis.faithfulness import START_MS, Faithfulness, plain
from spiking.checks import counted
from spiking.connectivity.words import numbers_words, weights_changed, which_lesioned
from spiking.conversion.conversion import Conversion
from spiking.errors import ArgumentError
from spiking.evaluation.result import Evaluation, Score
from spiking.evaluation.words import OTHER_RULES, first_rule, rules
from spiking.network.network import SpikingNetwork
from spiking.network.synapses.words import synapse_words
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import is_of_training
from spiking.report.methods_of_model import about_model, listed, populations, words
from spiking.tasks import GivenInputs, Task
from spiking.timing import TIME_STEP_MS
from spiking.tuning.recorded_search import recorded_search

_PAPER = (
    "Kim R, Li Y, Sejnowski TJ (2019) Simple framework for constructing functional spiking recurrent neural "
    "networks. PNAS 116:22811-22820, doi:10.1073/pnas.1905926116"
)

_SOFTWARE = (
    "The spiking developers, spiking: trained rate networks as spiking networks, version "
    f"{spiking.__version__}"
)


def methods(
    model: RateModel | None,
    network: SpikingNetwork,
    scores: dict[str, Evaluation],
    close: Faithfulness | None,
    *,
    fresh: bool = False,
    downsample: int = 1,
) -> str:
    """Return a paragraph about a model, its conversion and its evaluation.

    Parameters
    ----------
    model : RateModel or None
        The rate network; None if there is only a spiking one.
    network : SpikingNetwork
    scores : dict of str to Evaluation
        Of the networks ``rate`` and ``spiking``; may be empty.
    close : Faithfulness or None
    fresh : bool
        Whether it is known that nothing was chosen on the trials.
    downsample : int
        As in `evaluate`.
    """
    sentences = [] if model is None else [about_model(model, network)]
    sentences += [
        *_about_conversion(network, model),
        *_about_changes(network, model),
        _about_neurons(network.params, downsample),
        *_about_trials(scores, fresh, trained=model is None or is_of_training(model)),
        *_about_scores(scores),
        *_about_rates(scores, network),
        *_about_faithfulness(close),
    ]
    sentences.append(
        f"Simulations used the Python package spiking {spiking.__version__}, with "
        f"Python {platform.python_version()}, NumPy {np.__version__} and Numba {version('numba')}."
    )
    return f"{' '.join(sentences)} [Software: {_SOFTWARE}. Kim et al. 2019: {_PAPER}]"


def _about_conversion(network: SpikingNetwork, model: RateModel | None) -> Iterator[str]:
    neuron = network.params.neuron
    conversion = network.conversion or Conversion(kind="published", factor=network.scaling_factor)
    if model is None:
        sizes = {name: int(mask.sum()) for name, mask in network.populations.items()}
        yield (
            f"A spiking network of {network.n_neurons} {neuron} integrate-and-fire neurons "
            f"({populations(sizes)}) was used; it had been converted from a rate network with one unit for "
            f"each neuron (Kim et al. 2019). Synaptic decay time constants were "
            f"{network.tau_decay.min():.1f} to {network.tau_decay.max():.1f} ms "
            f"(median {np.median(network.tau_decay):.1f} ms)."
        )
    else:
        yield (
            f"It was converted to a spiking network of {neuron} integrate-and-fire neurons, one for each "
            f"unit (Kim et al. 2019)."
        )
    yield from _about_parameters(conversion, model)


def _about_parameters(conversion: Conversion, model: RateModel | None) -> Iterator[str]:
    factor = f"{conversion.factor:.4g}"
    divided = (
        f"Recurrent and output weights were divided by a scaling factor of {factor} (1/lambda in Kim et al. "
        f"2019)"
    )
    if conversion.start is not None and conversion.fine_tuning is not None:
        yield from _about_parameters(conversion.start, model)
        done = conversion.fine_tuning
        if not done.updates:
            yield "Fine-tuning by surrogate gradients did not improve the network, which is that before it."
            return
        updates = counted(done.updates, "update")
        yield (
            f"Weights and constant currents of the spiking network were then fine-tuned on the task "
            f"{done.task} by surrogate gradients ({updates}, steps of {done.step:g} ms, seed "
            f"{done.seed}; {done.trials} validation trials)."
        )
    elif conversion.kind == "trained":
        of = " of the rate network, the f-I curve of the neuron" if model is None else ""
        yield f"{divided}, that of the activation function{of}; no parameter was fitted after training."
    elif conversion.kind == "published":
        yield f"{divided}{_search(conversion.factor, model)}."
    else:
        yield from _about_fit(conversion)


def _about_fit(conversion: Conversion) -> Iterator[str]:
    if conversion.unit_offsets:
        offsets = np.array(conversion.unit_offsets)
        constant = (
            f"each neuron received a constant current of its own, {offsets.min():.3g} to "
            f"{offsets.max():.3g} mV, and each output a constant"
        )
    else:
        constant = f"all neurons received a constant current of {conversion.offset:.3g} mV"
    fitted = "The scaling factor and the constant current" + ("s" if conversion.unit_offsets else "")
    yield (
        f"Recurrent and input weights were multiplied by a gain of {conversion.gain:.4g}, recurrent and "
        f"output weights were divided by a scaling factor of {conversion.factor:.4g}, and {constant}."
    )
    on = (
        f"on the synaptic currents of the rate network in {conversion.n_trials} trials of the task "
        f"{conversion.task} (seed {conversion.seed})"
    )
    if conversion.kind == "calibrated":
        yield (
            f"The constants were optimised by gradient descent so that the mean field of the spiking network "
            f"follows the rate network, {on}."
        )
    else:
        yield (
            f"{fitted} were fitted so that the f-I curve of the neurons matches the activation function "
            f"{on}; the root mean square error of the fit was {100 * conversion.fit_error:.1f} % of the "
            f"root mean square rate."
        )
    tried = conversion.candidates
    if len(tried) > 1:
        yield (
            f"This conversion was chosen among {len(tried)} by accuracy, distance of the output from the "
            f"rate network's and firing rate in {sum(one.trials for one in tried)} simulated trials."
        )


def _search(factor: float, model: RateModel | None) -> str:
    """Return how the scaling factor was chosen, if the model's file records that."""
    try:
        search = None if model is None else recorded_search(model)
    except ArgumentError:
        return ""
    if search is None or search.scaling_factor != factor or len(search.accuracy) < 2:
        return ""
    tried = list(search.accuracy)
    text = f", chosen among {len(tried)} from {tried[0]:g} to {tried[-1]:g} by the accuracy of the spiking "
    text += "network"
    trials, seed = search.details.get("search_trials"), search.details.get("seed")
    if trials is None:
        return text
    closest = search.details.get("method") == "auto" and search.details.get("choice") == "plateau"
    text += " and the distance of the output from the rate network's" if closest else ""
    task = search.details.get("task")
    return f"{text} in {trials} other simulated trials{f' of the task {task}' if task else ''} (seed {seed})"


def _about_changes(network: SpikingNetwork, model: RateModel | None) -> Iterator[str]:
    both = () if model is None else weights_changed(model)
    own = weights_changed(network)
    if both and own[: len(both)] == both:
        yield f"Changes of the weights of both networks after training: {'; '.join(both)}."
        own = own[len(both) :]
    if own:
        yield f"Changes of the weights of the spiking network: {'; '.join(own)}."
    before = set() if model is None else {*model.lesioned}
    for units, where in (
        ([unit for unit in network.lesioned if unit in before], "In both networks, "),
        ([unit for unit in network.lesioned if unit not in before], "In the spiking network, "),
    ):
        if units:
            which = which_lesioned(network) if len(units) == len(network.lesioned) else numbers_words(units)
            what = f"{len(units)} unit{'' if len(units) == 1 else 's'}{f' ({which})' if which else ''}"
            yield f"{where}{what} {'was' if len(units) == 1 else 'were'} lesioned."
    if network.readout_refit is not None:
        refit = network.readout_refit
        yield (
            f"The readout was fitted again to the filtered spikes of the spiking network, by ridge "
            f"regression (penalty {refit.ridge:g}) in {refit.n_trials} other trials of the task {refit.task} "
            f"(seed {refit.seed})."
        )
    if synapses := synapse_words(network):
        yield f"Recurrent connections had {' and '.join(synapses)}."


def _about_neurons(params: LIFParams, downsample: int) -> str:
    tau, refractory, rise = (
        words(value, "ms") for value in (params.tau_membrane, params.refractory, params.tau_rise)
    )
    step = downsample * TIME_STEP_MS
    scale = params.noise_scale(step)
    threshold, reset, bias, noise = (
        words(value, "mV")
        for value in (
            params.threshold,
            params.reset,
            params.bias,
            params.noise * scale if isinstance(params.noise, float) else params.noise,
        )
    )
    if params.neuron == "exponential":
        sharpness, soft = words(params.sharpness, "mV"), words(params.soft_threshold, "mV")
        threshold = f"{threshold}, a soft threshold of {soft} with a sharpness of {sharpness}"
    adaptation = "" if params.adaptation is None else f" with adaptation {params.adaptation.words()}"
    synapse = (
        f"double-exponential synapses with a rise time constant of {rise}"
        if params.synapse == "double_exponential"
        else "single-exponential synapses"
    )
    scaled = "" if isinstance(params.noise, float) or scale == 1.0 else f", multiplied by {scale:.3g},"
    decay = "and the decay time constants of the rate network"
    started = {
        "uniform": f"drawn uniformly from the reset voltage to {params.peak:g} mV in each trial",
        "resting": "those of the resting neuron",
    }
    voltages = params.initial_voltage
    start = started.get(voltages, "given") if isinstance(voltages, str) else "given"
    return (
        f"Neurons{adaptation} had a membrane time constant of {tau}, a refractory period of {refractory}, "
        f"a threshold of {threshold}, a reset voltage of {reset}, a constant input of {bias}, Gaussian noise "
        f"with a standard deviation of {noise}{scaled} added to the voltage at every step, and {synapse} "
        f"{decay}; the membrane equation was integrated by Euler's method with steps of {step:g} ms. Initial "
        f"voltages were {start}."
    )


def _about_trials(scores: dict[str, Evaluation], fresh: bool, *, trained: bool) -> Iterator[str]:
    if not scores:
        return
    result = scores["spiking"]
    who = "Both networks were run on the same" if len(scores) > 1 else "The network was run on"
    given = isinstance(result.task, GivenInputs)
    what = "given inputs" if given else f"task {result.task.name}"
    unseen = (
        ""
        if not fresh
        else (", with noise" if given else "")
        + f"; these trials were not used to {'train the network or to ' if trained else ''}choose its "
        + "conversion"
    )
    drawn = "" if given or result.task.block_length > 1 else ", whose conditions were drawn at random"
    yield f"{who} {result.score.trials} trials of the {what} (seed {result.seed}){drawn}{unseen}."
    yield f"A trial lasted {result.task.duration:g} ms{_settings(result.task)}."


def _settings(task: Task) -> str:
    values = {name: value for name, value in task.settings.items() if name != "duration"}
    numbers = [f"{name.replace('_', ' ')} {value:g}" for name, value in values.items() if _is_number(value)]
    return f" (settings of the task; those that are times are in ms: {', '.join(numbers)})" if numbers else ""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _about_scores(scores: dict[str, Evaluation]) -> Iterator[str]:
    if not scores or not scores["spiking"].score.scored:
        return
    first = scores["spiking"]
    words = rules(first) or {first_rule(first.task): first.task.rule()}  # at least what the evaluation used
    for name, rule in words.items():
        values = [evaluation.scores.get(name, evaluation.score) for evaluation in scores.values()]
        if name not in OTHER_RULES:
            shares = " and ".join(
                f"the {network} network responded correctly in {_score(score)}"
                if k == 0
                else f"the {network} network in {_score(score)}"
                for k, (network, score) in enumerate(zip(scores, values, strict=True))
            )
            own = rule.startswith("as ")  # a score of the task's own
            shares = f"{shares[:1].upper()}{shares[1:]}"
            yield f"{shares} of the trials (brackets: 95 % Wilson confidence intervals)."
            yield f"Responses were scored {rule}." if own else f"The rule of a correct response was: {rule}."
        else:
            start = {"strict": "stricter rule", "sustained": "rule of a sustained response"}[name]
            yield f"By the {start} ({rule}), {' and '.join(map(_score, values))} of the trials were correct."


def _about_rates(scores: dict[str, Evaluation], network: SpikingNetwork) -> Iterator[str]:
    rates = scores["spiking"].rates if scores else None
    if rates is None:
        return
    names = {"exc": "excitatory", "inh": "inhibitory"}
    if network.populations["som"].any():  # else PV means all inhibitory neurons
        names |= {"pv": "PV", "som": "SST"}
    means = {
        names[kind]: rates[members & ~np.isnan(rates)]
        for kind, members in network.populations.items()
        if kind in names
    }
    known = [f"{name} {values.mean():.1f} Hz" for name, values in means.items() if values.size]
    if known:
        yield f"Mean firing rates of the populations in these trials: {', '.join(known)}."


def _about_faithfulness(close: Faithfulness | None) -> Iterator[str]:
    if close is None:
        return
    single = _brackets(close.output_r2, close.output_r2_interval)
    means = _brackets(close.mean_output_r2, close.mean_output_r2_interval)
    measures = {
        "the largest mean output of a condition was {} times the rate network's": close.peak_ratio,
        f"the coefficient of determination R2 of the output was {{}}{single} in single trials": (
            close.output_r2
        ),
        f"{{}}{means} in the means of the conditions": close.mean_output_r2,
        "{} in the mean activity of all units": close.population_r2,
    }
    known = [words.format(plain(value)) for words, value in measures.items() if np.isfinite(value)]
    bootstrap = " (brackets: 95 % bootstrap intervals over trials)" if "[" in "".join(known) else ""
    if known:
        yield (
            f"Compared with the rate network without noise in {close.spiking.trials} trials (seed "
            f"{close.seed}), {listed(known)}{bootstrap}."
        )
    irregular = {
        "CV2 of the interspike intervals {:.2f}": close.cv2,
        "Fano factor of the spike counts in the trials of a condition {:.2f}": close.fano,
    }
    known = [words.format(value) for words, value in irregular.items() if np.isfinite(value)]
    yield (
        f"Spiking neurons fired at {close.mean_rate:.1f} Hz on average"
        + (
            f" ({', '.join(known)}; medians over neurons, from {START_MS:g} ms to the end of the trial)"
            if known
            else ""
        )
        + "."
    )


def _brackets(value: float, interval: tuple[float, float]) -> str:
    """Return the interval of a measure; nothing if it has none, or is far from any that are faithful."""
    known = np.isfinite(interval).all() and plain(value) == f"{value:.2f}"
    return f" [{', '.join(map(plain, interval))}]" if known else ""


def _score(score: Score) -> str:
    low, high = score.interval
    return f"{100 * score.accuracy:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"

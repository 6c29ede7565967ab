"""Write a paragraph for the methods section of a paper, of facts that the file and the run have."""

from __future__ import annotations

import spiking
from spiking.analysis.faithfulness import Faithfulness
from spiking.conversion.model_info import model_info
from spiking.evaluation.result import Evaluation, Score
from spiking.evaluation.words import rules
from spiking.network.network import SpikingNetwork
from spiking.neuron.params import LIFParams
from spiking.rate_model.model import RateModel
from spiking.rate_model.recorded_settings import recorded_text
from spiking.timing import TIME_STEP_MS


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
        Of the networks ``rate`` and ``spiking``.
    close : Faithfulness or None
    fresh : bool
        Whether it is known that nothing was chosen on the trials.
    downsample : int
        As in `evaluate`.
    """
    result = scores["spiking"]
    sentences = [] if model is None else [_about_model(model)]
    sentences += [
        _about_conversion(network, made=model is not None),
        _about_neurons(network.params, downsample),
        f"{'Both networks' if len(scores) > 1 else 'It'} ran {'the same ' if len(scores) > 1 else ''}"
        f"{result.score.trials} trials of the task {result.task.name} (seed {result.seed})"
        + (", which were not used in training or tuning." if fresh else "."),
    ]
    if result.score.scored:
        sentences += _about_scores(scores)
    if close is not None:
        sentences.append(
            f"Against the rate network without noise, in {close.spiking.trials} trials: {close}. "
            "(R2: explained variance; population R2: of the activity of all units.)"
        )
    sentences.append(f"Simulations used spiking {spiking.__version__}.")
    return " ".join(sentences)


def _about_model(model: RateModel) -> str:
    info = model_info(model)
    kinds = {"exc": "excitatory", "inh": "inhibitory", "pv": "of them PV", "som": "SST"}
    shown = [
        name for name in kinds if info.populations[name] and (info.populations["som"] or name in "exc inh")
    ]
    units = ", ".join(f"{info.populations[name]} {kinds[name]}" for name in shown) if info.dale else ""
    shortest, median, longest = info.tau_decay
    decay = f"{median:g}" if shortest == longest else f"{shortest:.1f} to {longest:.1f} (median {median:.1f})"
    facts = [f"activation {info.activation}"] if info.activation else []
    facts += [f"{info.density:.1%} of connections present", f"synaptic decay {decay} ms"]
    text = f"A rate network of {info.n_units} units" + (f" ({units})" if units else "")
    text += f", with {', '.join(facts)}"
    trained = [f"on the task {info.task}"] if info.task and info.trained else []
    trained += [f"for {info.updates:,} updates"] if info.updates is not None and info.trained else []
    recipe = recorded_text(model, "recipe")
    trained += [f"with the {recipe} recipe of spiking"] if recipe and info.trained else []
    return text + (f", was trained {' '.join(trained)}." if trained else " was used.")


def _about_conversion(network: SpikingNetwork, *, made: bool) -> str:
    conversion = network.conversion
    kind = "published" if conversion is None else conversion.kind
    details = f"scaling factor {network.scaling_factor:g}" if conversion is None else str(conversion)
    text = (
        f"It was converted to a spiking network by the {kind} conversion ({details})"
        if made
        else f"A spiking network of {network.n_neurons} neurons ({kind} conversion, {details}) was used"
    )
    lesioned = f"; {len(network.lesioned)} units were lesioned" if network.lesioned else ""
    return f"{text}{lesioned}."


def _about_neurons(params: LIFParams, downsample: int) -> str:
    synapse = (
        f"double-exponential synapses (rise {params.tau_rise:g} ms)"
        if params.synapse == "double_exponential"
        else "single-exponential synapses"
    )
    integrate = "leaky" if params.neuron == "leaky" else "quadratic"
    return (
        f"Neurons were {integrate} integrate-and-fire: membrane time constant {params.tau_membrane:g} ms, "
        f"refractory period {params.refractory:g} ms, threshold {params.threshold:g} mV, reset "
        f"{params.reset:g} mV, bias {params.bias:g} mV, noise of {params.noise:g} mV a step, {synapse}; "
        f"Euler steps of {downsample * TIME_STEP_MS:g} ms."
    )


def _about_scores(scores: dict[str, Evaluation]) -> list[str]:
    first = scores["spiking"]
    words = rules(first) or {"published": first.task.rule()}  # at least what the evaluation used
    starts = {"published": "Correct", "strict": "Strict rule", "sustained": "Sustained responses"}
    sentences = []
    for name, rule in words.items():
        values = [
            f"{network} network {_score(evaluation.scores.get(name, evaluation.score))}"
            for network, evaluation in scores.items()
        ]
        sentences.append(f"{starts[name]} ({rule}): {', '.join(values)}.")
    return [*sentences, "Brackets: 95 % Wilson intervals."]


def _score(score: Score) -> str:
    low, high = score.interval
    return f"{100 * score.accuracy:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"

"""Write the text of the page about a model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spiking.analysis import ConversionQuality, Faithfulness
from spiking.analysis.faithfulness import plain
from spiking.conversion.model_info import ModelInfo
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks
from spiking.evaluation.result import Evaluation, Score
from spiking.evaluation.verdict import ENOUGH, verdict
from spiking.evaluation.words import first_rule, freshness, rules
from spiking.plotting.style import POPULATION_NAMES, by_population
from spiking.rate_model.recorded_settings import recorded_scaling_factor, recorded_text, suggested_task
from spiking.simulation.result import SILENT_HZ
from spiking.tuning.recorded_search import RecordedSearch, recorded_search

_FEW_TRIALS = 50
_LEAST_RATIO, _LEAST_R2 = 0.67, 0.5  # of the output's peak, or its inverse, and of its mean; else it is far


def percent(score: Score) -> str:
    """Return an accuracy with its interval, such as ``97 % (95 % interval 91 to 99 %)``."""
    if not score.scored:
        return "not scored"
    low, high = score.interval
    return f"{100 * score.accuracy:.0f} % (95 % interval {100 * low:.0f} to {100 * high:.0f} %)"


def warnings(
    info: ModelInfo,
    both: BothNetworks,
    rate: Evaluation,
    spiking: Evaluation,
    quality: ConversionQuality,
    close: Faithfulness,
) -> list[str]:
    """Return the warnings about a model, each in one or two sentences."""
    return [
        *(f"The file: {note}." for note in info.suspicious),
        *_about_accuracy(rate, spiking, both),
        *_about_task(both),
        *_about_factor(both),
        *_about_activity(both, quality),
        *_about_output(close),
    ]


def _about_accuracy(rate: Evaluation, spiking: Evaluation, both: BothNetworks) -> Iterator[str]:
    if rate.interval[1] < ENOUGH:
        yield (
            f"The rate network itself answers only {percent(rate.score)} of the trials correctly: train it "
            f"further before you judge the conversion."
        )
    missed = verdict(rate, spiking, both.spiking.network.conversion)
    if missed is not None:
        yield _sentence(missed)
    if rate.score.trials < _FEW_TRIALS:
        yield f"Accuracies come from only {rate.score.trials} trials; their intervals are wide."


def _sentence(line: str) -> str:
    """Return a line of the screen as a sentence."""
    return f"{line[:1].upper()}{line[1:]}.".replace("`", "")


def _about_task(both: BothNetworks) -> Iterator[str]:
    suggested, recorded = suggested_task(both.model), recorded_text(both.model, "task")
    known = suggested.name if recorded is None and suggested is not None else recorded
    if known not in (None, both.task.name):
        yield (
            f"The networks run the task {both.task.name}, which was given; the file "
            f"{'records' if recorded is not None else 'name says'} {known}."
        )


def _about_factor(both: BothNetworks) -> Iterator[str]:
    factor, tuned = both.spiking.network.scaling_factor, recorded_scaling_factor(both.model)
    if tuned is None:
        yield f"The model is not tuned: the scaling factor {factor:g} was given. Run spiking tune."
    elif tuned != factor:
        yield f"The scaling factor {factor:g} was given; the file records {tuned:g} as the tuned one."


def _about_activity(both: BothNetworks, quality: ConversionQuality) -> Iterator[str]:
    means = both.spiking.rates.mean(axis=0)
    rates = means[~np.isnan(means)]  # not lesioned
    if not rates.size:
        yield "All neurons of the spiking network are lesioned."
        return
    silent = float(np.mean(rates < SILENT_HZ))
    if silent > 0.5:
        yield f"{silent:.0%} of the neurons of the spiking network fire less than {SILENT_HZ:g} Hz."
    if rates.mean() > 100:
        yield f"The mean rate of the spiking network is {rates.mean():.0f} Hz, far above rates in the cortex."
    if quality.drive.correlation < 0.8:
        yield (
            f"The recurrent drive of the spiking network is only weakly correlated with that of the rate "
            f"network ({quality.drive.correlation:.2f}): it may solve the task in another way, or not at all."
        )


def _about_output(close: Faithfulness) -> Iterator[str]:
    ratio, r2 = close.peak_ratio, close.mean_output_r2
    known = np.isfinite([ratio, r2]).all()
    if known and (not _LEAST_RATIO <= ratio <= 1 / _LEAST_RATIO or r2 < _LEAST_R2):
        yield (
            f"The output of the spiking network is far from that of the rate network ({plain(ratio)} times "
            f"as large at its peak, R2 {plain(r2)} in the means of the conditions), also where its trials "
            f"are correct: its activity is no copy of the rate network's. Try spiking tune --conversion "
            f"matched."
        )


def accuracy(rate: Evaluation, spiking: Evaluation, *, fresh: bool = False) -> str:
    """Return the sentences about the accuracies of both networks."""
    trials = freshness(rate.task, rate.seed, fresh=fresh)
    sentences = [
        f"Of the same {rate.score.trials} trials of {rate.task.name}, the rate network answers "
        f"{percent(rate.score)} correctly, the spiking network {percent(spiking.score)}"
    ]
    if rate.score.scored:
        words = rules(rate)
        sentences.append(f"Correct: {words.pop(first_rule(rate.task), rate.task.rule())}")
        sentences += [
            f"By the {name} rule ({rule}), the rate network answers {percent(rate.scores[name])} correctly, "
            f"the spiking network {percent(spiking.scores[name])}"
            for name, rule in words.items()
        ]
        trials = f"95 % Wilson intervals; {trials}"
    return " ".join(f"{sentence}." for sentence in [*sentences, f"{trials[:1].upper()}{trials[1:]}"])


def faithfulness(result: Faithfulness, trials: int) -> str:
    """Return the line that says how close the spiking network is to the rate network, and how it fires.

    `trials` is the number of trials of the accuracies, of which these are the first.
    """
    which = f"in the first {result.spiking.trials} of" if result.spiking.trials < trials else "in"
    return (
        f"Against the rate network without noise, {which} these {trials} trials: "
        f"{result}. A perfect conversion has an R2 of 1 and a peak of 1 times that of the rate network; a "
        f"Poisson process has a CV2 and a Fano factor of 1."
    )


def conversion(quality: ConversionQuality) -> str:
    """Return the sentences about the agreement of both networks."""
    drive = quality.drive
    if np.isnan(drive.slope):
        return "There is no recurrent drive to compare: the network has no recurrent connections."
    correlation = "undefined" if np.isnan(drive.correlation) else f"{drive.correlation:.2f}"
    return (
        f"In the trials that are drawn, on average, the recurrent drive of the spiking network "
        f"is {drive.slope:.2f} times as strong as that of the rate network; "
        f"their correlation is {correlation}. The drives would match at a scaling factor of "
        f"{quality.matching_factor:.1f}, if the rates did not change; this network uses "
        f"{quality.scaling_factor:g}. A perfect conversion has slope 1, error 0 and correlation 1; the "
        f"error is the root mean square difference, relative to the rate network."
    )


def rates(both: BothNetworks) -> str:
    """Return a text with the mean firing rates of the populations of the spiking network."""
    means = both.spiking.rates.mean(axis=0)
    alive = ~np.isnan(means)  # not lesioned
    populations = [
        (name, members[alive[members]]) for name, members in by_population(both.spiking.network.populations)
    ]
    parts = [
        f"{POPULATION_NAMES[name]} {means[members].mean():.1f}"
        for name, members in populations
        if members.size
    ]
    if not alive.any():
        return "all neurons are lesioned"
    silent = np.mean(means[alive] < SILENT_HZ)
    share = (
        f"{silent:.1%} of the neurons below {SILENT_HZ:g} Hz on average over all {len(both.trials)} trials"
    )
    return f"mean {means[alive].mean():.1f} Hz ({', '.join(parts)}), {share}"


def tuning(both: BothNetworks) -> str:
    """Return the sentences about the search for the scaling factor that the file records."""
    try:
        search = recorded_search(both.model)
    except ArgumentError as error:
        return f"{error}."
    matched = (
        "" if both.spiking.network.conversion is None else f"Conversion: {both.spiking.network.conversion}. "
    )
    if both.model.trained_params is not None:
        return f"Nothing was searched. Conversion: {both.spiking.network.conversion}."
    if search is None:
        return "The file records no search for the scaling factor."
    if not search.accuracy:
        return f"The file records the scaling factor {search.scaling_factor:g}, but not how it was found."
    return matched + " ".join(_about_search(search))


def _about_search(search: RecordedSearch) -> Iterator[str]:
    factors = list(search.accuracy)
    matched = search.details.get("conversion")
    among = len(matched["candidates"]) if isinstance(matched, dict) else len(factors)
    compared = f", of the chosen variant and gain {len(factors)}" if among > len(factors) else ""
    yield (
        f"The scaling factor {search.scaling_factor:g} was chosen among {among} candidates{compared} from "
        f"{factors[0]:g} to {factors[-1]:g}."
    )
    if search.details:
        yield (
            f"Method {search.details.get('method')}, choice {search.details.get('choice')}, seed "
            f"{search.details.get('seed')}, {search.details.get('search_trials')} trials in the search."
        )
    reason = search.details.get("reason")
    if reason:
        yield _sentence(reason)
    better = search.details.get("better")
    if better:
        yield _sentence(better)
    if len(search.plateau) > 1:
        yield (
            f"Candidates from {search.plateau[0]:g} to {search.plateau[-1]:g} are statistically tied with "
            f"the best."
        )
    elif search.plateau and matched is None:
        yield "No other candidate is statistically tied with it: the accuracy depends on the factor."
    if search.fresh is not None:
        yield f"On fresh trials, the accuracy was {percent(search.fresh)}."
    if not search.scores:
        yield "The file does not record the numbers of trials, so there are no intervals."

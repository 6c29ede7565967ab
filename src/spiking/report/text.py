"""Write the text of the page about a model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spiking.analysis import ConversionQuality
from spiking.conversion.model_info import ModelInfo
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks
from spiking.evaluation.evaluate import Evaluation, Score
from spiking.plotting.style import POPULATION_NAMES, by_population
from spiking.rate_model.recorded import recorded_scaling_factor
from spiking.tuning.recorded import RecordedSearch, recorded_search

_CRITERION = 0.95  # the paper's, of a trained network and of a successful conversion
_FEW_TRIALS = 50


def percent(score: Score) -> str:
    """Return an accuracy with its interval, such as ``97 % (95 % interval 91 to 99 %)``."""
    low, high = score.interval
    return f"{100 * score.accuracy:.0f} % (95 % interval {100 * low:.0f} to {100 * high:.0f} %)"


def warnings(
    info: ModelInfo,
    both: BothNetworks,
    rate: Evaluation,
    spiking: Evaluation,
    quality: ConversionQuality,
) -> list[str]:
    """Return everything that a reader should know before trusting the model, one sentence or two each."""
    return [
        *(f"The file: {note}." for note in info.suspicious),
        *_about_accuracy(rate.score, spiking.score),
        *_about_factor(both),
        *_about_activity(both, quality),
    ]


def _about_accuracy(rate: Score, spiking: Score) -> Iterator[str]:
    if rate.interval[1] < _CRITERION:
        yield (
            f"The rate network itself is right in only {percent(rate)} of the trials: train it further "
            f"before judging the conversion."
        )
    if spiking.interval[1] < rate.interval[0]:
        yield (
            f"The spiking network is right less often than the rate network: {percent(spiking)} against "
            f"{percent(rate)}."
        )
    if rate.trials < _FEW_TRIALS:
        yield f"Accuracies come from only {rate.trials} trials; their intervals are wide."


def _about_factor(both: BothNetworks) -> Iterator[str]:
    factor, tuned = both.spiking.network.scaling_factor, recorded_scaling_factor(both.model)
    if tuned is None:
        yield f"The model is not tuned: the scaling factor {factor:g} was given. Run spiking tune."
    elif tuned != factor:
        yield f"The scaling factor {factor:g} was given; the file records {tuned:g} as the tuned one."


def _about_activity(both: BothNetworks, quality: ConversionQuality) -> Iterator[str]:
    rates = both.spiking.rates.mean(axis=0)
    silent = float(np.mean(rates == 0))
    if silent > 0.5:
        yield f"{silent:.0%} of the neurons of the spiking network are silent."
    if rates.mean() > 100:
        yield f"The mean rate of the spiking network is {rates.mean():.0f} Hz, far above that of cortex."
    if quality.drive.correlation < 0.8:
        yield (
            f"The recurrent drive of the spiking network follows that of the rate network only loosely "
            f"(correlation {quality.drive.correlation:.2f}): it may solve the task in another way, or not."
        )


def accuracy(rate: Evaluation, spiking: Evaluation) -> str:
    """Return the accuracies of both networks in a sentence."""
    return (
        f"In {rate.score.trials} trials of {rate.task.name} (seed {rate.seed}; the same trials for both) the "
        f"rate network is right in {percent(rate.score)}, the spiking network in {percent(spiking.score)}. "
        f"Intervals are Wilson score intervals."
    )


def conversion(quality: ConversionQuality) -> str:
    """Return how faithful the conversion is in a sentence or two."""
    drive = quality.drive
    if np.isnan(drive.slope):
        return "There is no recurrent drive to compare: the network has no recurrent connections."
    strength = "as strong as" if 0.9 <= drive.slope <= 1.1 else f"{drive.slope:.2f} times as strong as"
    return (
        f"On average the recurrent drive of the spiking network is {strength} that of the rate network, and "
        f"follows it with a correlation of {drive.correlation:.2f}. The drives would match at a scaling "
        f"factor of {quality.matching_factor:.1f}, if rates stayed as they are; this network uses "
        f"{quality.scaling_factor:g}. A perfect conversion has slope 1, error 0 and correlation 1; the "
        f"error is the root mean square difference, relative to the rate network."
    )


def rates(both: BothNetworks) -> str:
    """Return the mean firing rates of the populations of the spiking network."""
    own = both.spiking.rates.mean(axis=0)
    populations = by_population(both.spiking.network.populations)
    parts = [f"{POPULATION_NAMES[name]} {own[members].mean():.1f}" for name, members in populations]
    return f"mean {own.mean():.1f} Hz ({', '.join(parts)}), {np.mean(own == 0):.1%} of the neurons silent"


def tuning(both: BothNetworks) -> str:
    """Return how the scaling factor was found, as far as the file says."""
    try:
        found = recorded_search(both.model)
    except ArgumentError as error:
        return f"{error}."
    matched = (
        "" if both.spiking.network.conversion is None else f"Conversion: {both.spiking.network.conversion}. "
    )
    if found is None:
        return "The file records no search for the scaling factor."
    if not found.accuracy:
        return f"The file records the scaling factor {found.scaling_factor:g}, and nothing about its search."
    return matched + " ".join(_about_search(found))


def _about_search(found: RecordedSearch) -> Iterator[str]:
    factors = list(found.accuracy)
    yield (
        f"The scaling factor {found.scaling_factor:g} was chosen among {len(factors)} candidates from "
        f"{factors[0]:g} to {factors[-1]:g}."
    )
    if found.details:
        yield (
            f"Method {found.details.get('method')}, choice {found.details.get('choice')}, seed "
            f"{found.details.get('seed')}, {found.details.get('search_trials')} trials of search."
        )
    if len(found.plateau) > 1:
        yield (
            f"From {found.plateau[0]:g} to {found.plateau[-1]:g} candidates are statistically tied with the "
            f"best."
        )
    elif found.plateau:
        yield "No other candidate is statistically tied with it: the network depends on its factor."
    if found.fresh is not None:
        yield f"On fresh trials, which took no part in the choice, it was right in {percent(found.fresh)}."
    if not found.scores:
        yield "How many trials each candidate had is not recorded, so there are no intervals."

"""Measure how faithful a conversion is: how close to its rate network, at which firing rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.analysis.components import condition_means
from spiking.analysis.conversion_quality import agreement
from spiking.analysis.spike_trains import interval_cv2, spike_counts
from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks, check_sizes
from spiking.evaluation.evaluate import evaluate
from spiking.evaluation.result import Evaluation, Score
from spiking.network.network import SpikingNetwork
from spiking.network.open import AnyNetwork, spiking_network
from spiking.random_streams import BOOTSTRAP_STREAM
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.recorded_settings import task_for
from spiking.rate_model.run import run_columns
from spiking.short_repr import short_repr
from spiking.simulation.record import Record
from spiking.simulation.simulate import simulate
from spiking.tasks.given_inputs import TaskLike
from spiking.tasks.scoring import score_trials
from spiking.timing import STEP_MS
from spiking.typing import Floats

START_MS = 50.0  # before, the spiking network fires a burst, from its random initial voltages
COMPARED_TRIALS = 40  # usual number where the measure stands beside an accuracy
_ACTIVE_HZ = 1.0
_RESAMPLES, _TOGETHER = 1000, 50
_MIN_PAIRS = 20  # of adjacent intervals, for the CV2 of a unit


@dataclass(frozen=True, kw_only=True)
class Faithfulness:
    """How faithful a spiking network is to its rate network, and how plausibly it fires.

    Both networks run the same trials. Except for the accuracy, the rate network runs without noise. Values
    are compared every 5 ms, from 50 ms on: before, the spiking network fires a burst that comes from its
    random initial voltages. (In trials that are shorter, all times are compared.) R2 is ``1 - SS(spiking -
    rate) / SS(rate - mean)``; it is 1 if both are equal, 0 if the spiking network is as far from the rate
    network as a constant, and below 0 if it is farther. Measures that are undefined, such as those of a
    network without spikes, are NaN.

    Attributes
    ----------
    task : str
        Name of the task.
    seed : int
        Seed of the trials and of the noise.
    scaling_factor : float
        Scaling factor of the spiking network; its filtered rates are divided by it.
    conversion : str
        Kind of the conversion, such as ``published`` or ``matched``.
    rate, spiking : Score
        Correct trials of both networks, with the accuracy's 95 % Wilson interval. Accuracy says little about
        faithfulness: an output that overshoots its target is correct too.
    output_r2 : float
        R2 of the output in single trials. Good: 0.95 or more (0.9 with noisier neurons); it contains the
        noise of the spikes.
    output_r2_interval : (float, float)
        95 % interval of `output_r2`: basic bootstrap over trials, with 1000 resamples drawn from the seed;
        NaN with fewer than two trials.
    output_nrmse : float
        Root mean square difference of the outputs in single trials, divided by the standard deviation of the
        rate network's output; its square is ``1 - output_r2``. Good: 0.25 or less.
    mean_output_r2, mean_output_nrmse : float
        The same of the mean outputs of each condition, in which noise is averaged out. What is left is the
        conversion's own error. Good: 0.95 or more, and 0.2 or less.
    mean_output_r2_interval : (float, float)
        95 % interval of `mean_output_r2`, as `output_r2_interval`, resampled within conditions; NaN if a
        condition has fewer than two trials.
    slope : float
        Slope of the spiking network's output on the rate network's in single trials, through the origin.
        Good: 0.9 to 1.1.
    peak_ratio : float
        Largest absolute mean output of a condition, divided by that of the rate network. Good: 0.9 to 1.1.
        The largest value of a noisy mean is too high, the more the fewer trials: compare networks in the same
        number of trials.
    population_r2 : float
        R2 of the activity of all units, means of each condition, in the units of the rate network: filtered
        rates divided by the scaling factor. The mean is over all units, conditions and times. Good: 0.95 or
        more.
    unit_r2 : float
        The same, with the mean of each unit over conditions and times, so that differences between units do
        not count as explained. Good: 0.9 or more.
    unit_correlation : float
        Correlation of a unit's activity in both networks over conditions and time, means of each condition;
        median over the units that fire with at least 1 Hz and vary. Good: 0.9 or more, which most
        conversions that do the task reach.
    selectivity_correlation : float
        Correlation, over units, of the differences of the mean activity between conditions. With more than
        two conditions, the differences are those from the unit's mean over conditions. Good: 0.9 or more.
    mean_rate : float
        Mean firing rate of all units that are not lesioned in Hz, over whole trials; 0 if all are lesioned.
        Plausible: 1 to 15 Hz.
    high_rate : float
        99th percentile of the firing rates of units in trials, in Hz. Plausible: below 100 Hz.
    cv2 : float
        Local variability of inter-spike intervals (`interval_cv2`), median over units with at least 20 pairs
        of intervals. 0 is a clock, 1 a Poisson process; in the cortex 0.5 to 1.
    fano : float
        Variance of a unit's spike count, from 50 ms to the end of the trial, over the trials of a condition,
        divided by its mean; the mean over conditions, and the median over units that fire. 0 is a clock, 1 a
        Poisson process, and usual in the cortex. Variable stimuli contribute to it. It depends on the window
        and, with few trials, on their number: more units with rare spikes then fire.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> result = analysis.faithfulness(datasets.load("go-nogo"), trials=10)
    >>> result.spiking.trials, len(str(result).splitlines())
    (10, 1)
    """

    task: str
    seed: int
    scaling_factor: float
    conversion: str
    rate: Score
    spiking: Score
    output_r2: float
    output_r2_interval: tuple[float, float]
    output_nrmse: float
    mean_output_r2: float
    mean_output_r2_interval: tuple[float, float]
    mean_output_nrmse: float
    slope: float
    peak_ratio: float
    population_r2: float
    unit_r2: float
    unit_correlation: float
    selectivity_correlation: float
    mean_rate: float
    high_rate: float
    cv2: float
    fano: float

    __repr__ = short_repr

    def __str__(self) -> str:
        """Return the most important measures in one line, without the accuracy."""
        return (
            f"output {_text(self.peak_ratio)} times the rate network's at its peak, "
            f"R2 {with_interval(self.output_r2, self.output_r2_interval, '95 % interval ')}, "
            f"of the means {with_interval(self.mean_output_r2, self.mean_output_r2_interval)}; "
            f"population R2 {_text(self.population_r2)}; "
            f"{self.mean_rate:.1f} Hz, medians of the neurons from {START_MS:g} ms on: "
            f"CV2 {_text(self.cv2)}, Fano factor within conditions {_text(self.fano)}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return all measures as ``spiking evaluate --json`` prints them; NaN becomes None."""
        values = {name: _json_value(value) for name, value in asdict(self).items()}
        return {**values, "rate": self.rate.as_json(), "spiking": self.spiking.as_json()}


@check_arguments()
def faithfulness(
    model: AnyModel,
    network: AnyNetwork | None = None,
    task: TaskLike | None = None,
    *,
    trials: int = 100,
    seed: int = 1,
    downsample: int = 1,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Faithfulness:
    """Measure how faithful a spiking network is to a rate network, in the same trials.

    Parameters
    ----------
    model : RateModel, path, str or mapping
        A model, its file, or the name of one that comes with the package.
    network : SpikingNetwork, RateModel, path, str or mapping, optional
        A network with as many units, inputs and outputs; by default ``SpikingNetwork.from_rate(model)``.
    task : Task or str, optional
        A task, or a name that `spiking.tasks.get` accepts; by default the task that the model's file records.
    trials : int
        Number of trials, those of `evaluate`. All are in memory at once: 24 bytes x trials x N for each 5 ms.
    seed : int
        Seed of the trials and of the noise.
    downsample, threads, progress : optional
        As in `evaluate`.

    Returns
    -------
    Faithfulness

    Raises
    ------
    ArgumentError
        An argument is invalid, the networks have different sizes, or no task is given or recorded.

    Examples
    --------
    >>> from spiking import SpikingNetwork, analysis, datasets
    >>> model = datasets.load("go-nogo-sigmoid")
    >>> result = analysis.faithfulness(model, SpikingNetwork.from_rate(model, scaling_factor=40), trials=10)
    >>> result.output_r2 > analysis.faithfulness(model, trials=10).output_r2
    True
    """
    model = rate_model("model", model)
    task, model = task_for(model, task), model.nonnegative()  # as it is converted
    network = SpikingNetwork.from_rate(model) if network is None else spiking_network(network)
    check_sizes(network, model)
    drawn = task.trials(trials, seed=seed)
    run = simulate(
        network,
        drawn.spiking_inputs,
        seed=seed,
        record=Record(spikes=True, filtered_rates=True, interval={"filtered_rates": STEP_MS}),
        downsample=downsample,
        threads=threads,
        progress=progress,
    )
    assert run.output is not None
    quiet = run_columns(model, drawn.inputs, noise=0.0)
    scored = score_trials(task, run.output, run.time, drawn)
    both = BothNetworks(
        model=model,
        task=task,
        seed=seed,
        trials=drawn,
        rate=quiet,
        spiking=run,
        rate_score=evaluate(model, task, trials, seed=seed),
        spiking_score=Evaluation(
            task=task, seed=seed, conditions=drawn.conditions, network="spiking", **vars(scored)
        ),
    )
    return _measured(both)


def faithfulness_of(both: BothNetworks) -> Faithfulness:
    """Measure the faithfulness in trials that were run already, with ``activity=True``.

    The scores are those of `both`; for the rest, the rate network runs once more, without noise.

    Raises
    ------
    ArgumentError
        The activity was not kept.
    """
    if both.spiking.filtered_rates is None or both.spiking.output is None:
        raise ArgumentError("the activity was not kept; use run_both with activity=True")
    fields = {name: getattr(both, name) for name in both.__dataclass_fields__}
    quiet = run_columns(both.model, both.trials.inputs, noise=0.0)
    return _measured(BothNetworks(**{**fields, "rate": quiet}))


def _measured(both: BothNetworks) -> Faithfulness:
    run, network, conditions = both.spiking, both.spiking.network, both.trials.conditions
    start = START_MS if both.activity_time[-1] > START_MS else 0.0
    late = both.activity_time >= start - 1e-6
    assert run.output is not None
    # The outputs of the spiking network have more samples than the rate network has steps.
    sampled = np.searchsorted(run.time, both.activity_time[late] - 1e-6)
    output, expected_output = run.output[:, :, sampled], both.rate.output[:, :, 1:][:, :, late]
    mean_output, expected_means = _means(output, conditions), _means(expected_output, conditions)
    activity = _means(both.spiking_activity, conditions)[:, :, late] / network.scaling_factor
    expected = _means(both.rate_activity, conditions)[:, :, late]
    unit_rates = run.rates.mean(axis=0)
    alive = run.rates[:, ~np.isnan(unit_rates)]  # not lesioned
    single, means = (
        _r2(expected_output, output, axis=(0, 2)),
        _r2(expected_means, mean_output, axis=(0, 2)),
    )
    largest = float(np.abs(expected_means).max())
    return Faithfulness(
        task=both.task.name,
        seed=both.seed,
        scaling_factor=network.scaling_factor,
        conversion="published" if network.conversion is None else network.conversion.kind,
        rate=both.rate_score.score,
        spiking=both.spiking_score.score,
        output_r2=single,
        output_r2_interval=_single_interval(expected_output, output, both.seed),
        output_nrmse=float(np.sqrt(1 - single)),
        mean_output_r2=means,
        mean_output_r2_interval=_means_interval(expected_output, output, conditions, both.seed),
        mean_output_nrmse=float(np.sqrt(1 - means)),
        slope=agreement(expected_output, output).slope,
        peak_ratio=float(np.abs(mean_output).max()) / largest if largest else np.nan,
        population_r2=_r2(expected, activity),
        unit_r2=_r2(expected, activity, axis=(0, 2)),
        unit_correlation=_unit_correlation(expected, activity, unit_rates >= _ACTIVE_HZ),
        selectivity_correlation=_selectivity_correlation(expected, activity),
        mean_rate=float(alive.mean()) if alive.size else 0.0,  # nothing fires
        high_rate=float(np.percentile(alive, 99)) if alive.size else 0.0,
        cv2=_median(interval_cv2(run, window=(start, run.duration), least=_MIN_PAIRS)),
        fano=_median(_fano(spike_counts(run, window=(start, run.duration))[:, :, 0], conditions)),
    )


def _means(values: Floats, conditions: Sequence[str]) -> Floats:
    """Return the mean of each condition, shape (conditions, ...)."""
    return np.array([*condition_means(values, conditions).values()])


def _r2(expected: Floats, observed: Floats, axis: tuple[int, ...] | None = None) -> float:
    """Return the coefficient of determination about the mean of `expected` over `axis`, all by default."""
    spread = float(np.sum((expected - expected.mean(axis=axis, keepdims=True)) ** 2))
    return 1 - float(np.sum((observed - expected) ** 2)) / spread if spread else np.nan


def _single_interval(expected: Floats, observed: Floats, seed: int) -> tuple[float, float]:
    """Return the interval of R2 over single trials, whose sums are resampled."""
    error = np.sum((observed - expected) ** 2, axis=(1, 2))
    total, square = expected.sum(axis=2), np.sum(expected**2, axis=(1, 2))  # of each trial and output
    whole = np.arange(len(expected))
    samples = expected.shape[0] * expected.shape[2]

    def r2(weights: Floats) -> Floats:
        spread = weights @ square - np.sum((weights @ total) ** 2, axis=-1) / samples
        return _one_minus(weights @ error, spread)

    return _basic_interval(r2, [whole], len(whole), seed)


def _means_interval(
    expected: Floats, observed: Floats, conditions: Sequence[str], seed: int
) -> tuple[float, float]:
    """Return the interval of R2 of the means of conditions, with trials resampled within each."""
    names = np.array(conditions)
    groups = [np.flatnonzero(names == name) for name in dict.fromkeys(conditions)]
    values = [array.reshape(len(array), -1) for array in (expected, observed)]

    def r2(weights: Floats) -> Floats:
        x, y = (
            np.stack([weights[:, group] @ own[group] / len(group) for group in groups], axis=1).reshape(
                len(weights), len(groups), *expected.shape[1:]
            )
            for own in values
        )
        spread = np.sum((x - x.mean(axis=(1, 3), keepdims=True)) ** 2, axis=(1, 2, 3))
        return _one_minus(np.sum((y - x) ** 2, axis=(1, 2, 3)), spread)

    return _basic_interval(r2, groups, len(names), seed)


def _basic_interval(
    r2: Callable[[Floats], Floats], groups: Sequence[NDArray[np.int64]], trials: int, seed: int
) -> tuple[float, float]:
    """Return the 95 % basic bootstrap interval of a function of weights (resamples, trials), at most 1.

    Parameters
    ----------
    r2 : function of array, shape (resamples, trials)
        Returns the measure if each trial occurs as often as its weight says.
    groups : sequence of array of int
        Trials that are resampled among each other.
    trials : int
    seed : int
    """
    if min(map(len, groups)) < 2:
        return np.nan, np.nan
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(BOOTSTRAP_STREAM,)))
    resampled: list[Floats] = []
    for _ in range(_RESAMPLES // _TOGETHER):
        weights = np.zeros((_TOGETHER, trials))
        for group in groups:
            weights[:, group] = rng.multinomial(len(group), np.full(len(group), 1 / len(group)), _TOGETHER)
        resampled.append(r2(weights))
    value = float(r2(np.ones((1, trials)))[0])
    low, high = np.quantile(np.concatenate(resampled), (0.025, 0.975))
    return min(2 * value - float(high), 1.0), min(2 * value - float(low), 1.0)


def _one_minus(error: Floats, spread: Floats) -> Floats:
    return 1 - np.divide(error, spread, out=np.full_like(error, np.nan), where=spread > 0)


def _unit_correlation(expected: Floats, observed: Floats, active: NDArray[np.bool_]) -> float:
    """Return the median over active units of the correlation of activity (conditions, N, samples)."""
    units = zip(np.moveaxis(expected, 1, 0)[active], np.moveaxis(observed, 1, 0)[active], strict=True)
    return _median(np.array([agreement(x, y).correlation for x, y in units]))


def _selectivity_correlation(expected: Floats, observed: Floats) -> float:
    """Return the correlation of what is left of mean activity without each unit's mean over conditions."""
    x, y = (values.mean(axis=2) - values.mean(axis=(0, 2)) for values in (expected, observed))
    return agreement(x, y).correlation if len(x) > 1 else np.nan


def _fano(counts: NDArray[np.int64], conditions: Sequence[str]) -> Floats:
    """Return the Fano factor of each unit within conditions; NaN without spikes or repeated trials."""
    labels = np.array(conditions)
    factors = []
    for name in np.unique(labels):
        own = counts[labels == name]
        if len(own) > 1:
            mean = own.mean(axis=0)
            factors.append(np.where(mean > 0, own.var(axis=0, ddof=1) / np.where(mean > 0, mean, 1), np.nan))
    defined = ~np.isnan(np.array(factors).reshape(len(factors), counts.shape[1]))
    number = defined.sum(axis=0)
    total = np.nansum(np.array(factors).reshape(defined.shape), axis=0)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _median(values: Floats) -> float:
    defined = values[np.isfinite(values)]
    return float(np.median(defined)) if defined.size else np.nan


def _text(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


def with_interval(value: float, interval: tuple[float, float], words: str = "") -> str:
    """Return a value with its interval, such as ``0.97 (0.95 to 0.98)``; `words` begin the brackets."""
    if not np.isfinite(interval).all():
        return _text(value)
    return f"{value:.2f} ({words}{interval[0]:.2f} to {interval[1]:.2f})"


def _json_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [*map(_json_value, value)]
    return None if isinstance(value, float) and np.isnan(value) else value

"""Measure how faithful a conversion is, in trials of both networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from spiking.analysis.components import condition_means
from spiking.analysis.conversion_quality import agreement
from spiking.analysis.faithfulness.intervals import condition_averages, single_trials
from spiking.analysis.faithfulness.result import START_MS, Faithfulness
from spiking.analysis.spike_trains import interval_cv2, spike_counts
from spiking.check_arguments import check_arguments
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks, check_sizes
from spiking.evaluation.evaluate import evaluate
from spiking.evaluation.result import Evaluation
from spiking.network.describe import changes_words
from spiking.network.network import SpikingNetwork
from spiking.network.open import AnyNetwork, spiking_network
from spiking.rate_model.any_model import AnyModel, rate_model
from spiking.rate_model.recorded_settings import task_for
from spiking.rate_model.run import run_columns
from spiking.simulation.record import Record
from spiking.simulation.simulate import simulate
from spiking.tasks.given_inputs import TaskLike
from spiking.tasks.scoring import score_trials
from spiking.timing import STEP_MS
from spiking.typing import Floats

COMPARED_TRIALS = 40  # usual number where the measure stands beside an accuracy
_ACTIVE_HZ = 1.0
_MIN_PAIRS = 20  # of adjacent intervals, for the CV2 of a unit


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
            task=task,
            seed=seed,
            conditions=drawn.conditions,
            network="spiking",
            changes=tuple(changes_words(network)),
            **vars(scored),
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
        output_r2_interval=single_trials(expected_output, output, both.seed),
        output_nrmse=float(np.sqrt(1 - single)),
        mean_output_r2=means,
        mean_output_r2_interval=condition_averages(expected_output, output, conditions, both.seed),
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

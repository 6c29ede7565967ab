"""Measures of spike trains: counts, rates, variability, correlation.

None of them counts the spikes in the first 9 steps of a trial, in which random initial voltages above
threshold fire at once; nor do `Simulation.rates`, as published.

Fano factor and coefficient of variation come from Elephant (``pip install 'spikernn[analysis]'``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking.check_arguments import check_arguments
from spiking.checks import positive_number, real_numbers
from spiking.errors import ArgumentError
from spiking.optional import library
from spiking.simulation.result import Simulation, Spikes
from spiking.typing import Floats

Window = tuple[float, float]
_SHORT_MS = 1e-9  # two spikes of a neuron at the same time, which only made-up data have


@check_arguments()
def spike_counts(
    simulation: Simulation, bin_width: float | None = None, *, window: Window | None = None
) -> NDArray[np.int64]:
    """Count the spikes of each neuron in bins of each trial.

    Spikes in the first 9 steps of a trial are not counted, as in `Simulation.rates`: random initial voltages
    above threshold fire at once. `Simulation.spikes` has them.

    Parameters
    ----------
    simulation : Simulation
        A simulation with recorded spikes.
    bin_width : float, optional
        Width of a bin in ms; by default one bin as long as the window. An incomplete last bin is left out.
    window : (float, float), optional
        Start and end in ms, without the end; by default the whole trial. A spike belongs to the bin in which
        its simulation step begins.

    Returns
    -------
    array of int, shape (trials, N, bins)

    Raises
    ------
    ArgumentError
        Spikes were not recorded, or the window or a bin does not fit into the trial.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> run = run_both(datasets.load("go-nogo"), trials=4, seed=1).spiking
    >>> analysis.spike_counts(run, 50).shape
    (4, 200, 20)
    """
    spikes = _spikes(simulation)
    start, stop = _window(window, simulation)
    width = stop - start if bin_width is None else positive_number("bin_width", bin_width)
    bins = int(np.floor((stop - start) / width + 1e-9))
    if bins < 1:
        raise ArgumentError(f"bin_width is {width:g} ms; expected at most the window, {stop - start:g} ms")
    # A step that begins at an edge belongs to the bin after the edge, also with rounding errors.
    index = np.floor((spikes.step * np.float64(spikes.time_step) - start) / width + 1e-9).astype(np.int64)
    inside = (index >= 0) & (index < bins) & ~spikes.initial
    shape = len(simulation.trials), simulation.network.n_neurons, bins
    flat = np.ravel_multi_index((spikes.trial[inside], spikes.neuron[inside], index[inside]), shape)
    return np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)


@check_arguments()
def population_rates(simulation: Simulation, bin_width: float = 10.0) -> dict[str, Floats]:
    """Return the mean rate of each population over time.

    As in `spike_counts`, spikes in the first 9 steps of a trial are not counted. For rates of single neurons,
    smoothed, see `spiking.smoothed_rates`.

    Parameters
    ----------
    simulation : Simulation
        A simulation with recorded spikes.
    bin_width : float
        Width of a bin in ms.

    Returns
    -------
    dict of str to array, shape (trials, bins)
        Rates in Hz of ``exc``, ``inh`` and the two parts of ``inh``, ``som`` and ``pv``; populations without
        neurons are left out.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> run = run_both(datasets.load("go-nogo"), trials=4, seed=1).spiking
    >>> analysis.population_rates(run, 10)["exc"].shape
    (4, 100)
    """
    rates = spike_counts(simulation, bin_width) * (1000.0 / bin_width)
    populations = simulation.network.populations
    return {name: rates[:, mask].mean(axis=1) for name, mask in populations.items() if mask.any()}


@check_arguments()
def fano_factor(
    simulation: Simulation, *, window: Window | None = None, members: Sequence[int] | None = None
) -> Floats:
    """Return the Fano factor of each neuron: variance of its spike counts over trials, divided by their mean.

    It is computed by Elephant (``elephant.statistics.fanofactor``), whose variance divides by the number of
    trials: the expected value for a Poisson process and n trials is about ``1 - 1/n``. Spikes in the first 9
    steps of a trial are not counted, as in `spike_counts`. The value depends on the window and on the trials:
    choose those of one condition, and report the window and the number of trials with it.

    Parameters
    ----------
    simulation : Simulation
        A simulation with recorded spikes.
    window : (float, float), optional
        Start and end, in ms, of the time in which spikes are counted, without the end; by default the whole
        trial.
    members : sequence of int, optional
        Indices of the trials to use, usually those of one condition; all by default.

    Returns
    -------
    array, shape (N,)
        NaN for neurons without spikes.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> run = run_both(datasets.load("go-nogo"), trials=4, seed=1).spiking
    >>> analysis.fano_factor(run, window=(250, 1000)).shape
    (200,)
    """
    statistics = _elephant()
    trains = _trains(simulation, window, members)
    return np.array([statistics.fanofactor(neuron_trains) for neuron_trains in trains], dtype=np.float64)


@check_arguments()
def interval_cv(
    simulation: Simulation,
    *,
    window: Window | None = None,
    members: Sequence[int] | None = None,
    least: int = 10,
) -> Floats:
    """Return the coefficient of variation of each neuron's inter-spike intervals, pooled over trials.

    It is computed by Elephant (``elephant.statistics.isi`` and ``cv``) as standard deviation divided by mean:
    1 for a Poisson process, ``1/sqrt(k)`` for a gamma process of shape k. Spikes in the first 9 steps of a
    trial are left out, as in `spike_counts`. Changes of the rate within a trial and between conditions
    increase the CV: choose a window and trials in which the rate is steady, or use `interval_cv2`.

    Parameters
    ----------
    simulation : Simulation
        With spikes recorded.
    window, members : optional
        As in `fano_factor`.
    least : int
        Minimum number of intervals; neurons with fewer have NaN.

    Returns
    -------
    array, shape (N,)

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> run = run_both(datasets.load("go-nogo"), trials=4, seed=1).spiking
    >>> analysis.interval_cv(run).shape
    (200,)
    """
    statistics = _elephant()
    pooled = [
        np.concatenate([statistics.isi(train) for train in trains if len(train) > 1] or [np.empty(0)])
        for trains in _trains(simulation, window, members)
    ]
    return np.array(
        [statistics.cv(intervals) if intervals.size >= max(2, least) else np.nan for intervals in pooled],
        dtype=np.float64,
    )


@check_arguments()
def interval_cv2(
    simulation: Simulation,
    *,
    window: Window | None = None,
    members: Sequence[int] | None = None,
    least: int = 10,
) -> Floats:
    """Return the local variability CV2 of each neuron's inter-spike intervals, pooled over trials.

    CV2 is the mean of ``2 |I2 - I1| / (I2 + I1)`` over pairs of adjacent intervals ``I1, I2`` of a trial
    (Holt et al., J. Neurophysiol. 75:1806, 1996): 0 for regular spikes, 1 for a Poisson process. Unlike
    `interval_cv`, it hardly depends on slow changes of the rate. Spikes in the first 9 steps of a trial are
    left out, as in `spike_counts`. Elephant is not needed.

    Parameters
    ----------
    simulation : Simulation
        With spikes recorded.
    window, members : optional
        As in `fano_factor`.
    least : int
        Minimum number of pairs of intervals; neurons with fewer have NaN.

    Returns
    -------
    array, shape (N,)

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> run = run_both(datasets.load("go-nogo"), trials=4, seed=1).spiking
    >>> analysis.interval_cv2(run).shape
    (200,)
    """
    values = np.full(simulation.network.n_neurons, np.nan)
    for neuron, trains in enumerate(_trains(simulation, window, members)):
        intervals = [np.diff(train) for train in trains if len(train) > 2]
        pairs = [2 * np.abs(np.diff(i)) / np.maximum(i[1:] + i[:-1], _SHORT_MS) for i in intervals]
        number = sum(pair.size for pair in pairs)
        if number >= max(1, least):
            values[neuron] = np.concatenate(pairs).mean()
    return values


@check_arguments()
def count_correlations(counts: ArrayLike, conditions: Sequence[str] | None = None) -> Floats:
    """Return Pearson's correlation of the spike counts of each pair of neurons, over trials and bins.

    Parameters
    ----------
    counts : array, shape (trials, N, bins)
        The result of `spike_counts`.
    conditions : sequence of str, optional
        The condition of each trial. If given, the mean over the trials of a condition is first subtracted
        from each bin, so that the result is the noise correlation.

    Returns
    -------
    array, shape (N, N)
        Correlations; NaN for neurons whose counts do not vary.

    Raises
    ------
    ArgumentError
        The shapes do not fit.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> counts = analysis.spike_counts(both.spiking, 50)
    >>> analysis.count_correlations(counts, both.trials.conditions).shape
    (200, 200)
    """
    values = real_numbers("counts", counts, "shape (trials, N, bins)")
    if values.ndim != 3:
        raise ArgumentError(f"counts has shape {values.shape}; expected (trials, N, bins)")
    if conditions is not None:
        labels = np.array(conditions)
        if len(labels) != len(values):
            raise ArgumentError(f"conditions has {len(labels)} names; expected {len(values)} (one per trial)")
        for name in np.unique(labels):
            values[labels == name] -= values[labels == name].mean(axis=0)
    flat = np.swapaxes(values, 0, 1).reshape(values.shape[1], -1)
    constant = np.ptp(flat, axis=1) == 0
    flat[constant] = np.nan
    return np.corrcoef(flat)


def _spikes(simulation: Simulation) -> Spikes:
    if simulation.spikes is None:
        raise ArgumentError("spikes were not recorded; simulate with record=Record(spikes=True)")
    return simulation.spikes


def _window(window: Window | None, simulation: Simulation) -> Window:
    start, stop = (0.0, simulation.duration) if window is None else (float(edge) for edge in window)
    if not 0 <= start < stop <= simulation.duration * (1 + 1e-9):
        raise ArgumentError(
            f"window is ({start:g}, {stop:g}); expected (start, stop) within 0 to {simulation.duration:g} ms"
        )
    return start, stop


def _trains(
    simulation: Simulation, window: Window | None, members: Sequence[int] | None
) -> list[list[Floats]]:
    """Return, for each neuron, the spike times in ms in each of the trials, without initial ones."""
    spikes, (start, stop) = _spikes(simulation), _window(window, simulation)
    n = simulation.network.n_neurons
    chosen = range(len(simulation.trials)) if members is None else [int(k) for k in members]
    if len(chosen) == 0 or not all(0 <= k < len(simulation.trials) for k in chosen):
        raise ArgumentError(
            f"members is {members}; expected indices of trials from 0 to {len(simulation.trials) - 1}"
        )
    begin = spikes.step * np.float64(spikes.time_step)
    inside = (begin >= start - 1e-9) & (begin < stop - 1e-9) & ~spikes.initial
    trains: list[list[Floats]] = [[] for _ in range(n)]
    for trial in chosen:
        in_trial = inside & (spikes.trial == trial)
        order = np.argsort(spikes.neuron[in_trial], kind="stable")
        ends = np.cumsum(np.bincount(spikes.neuron[in_trial], minlength=n))
        for neuron, times in enumerate(np.split(spikes.time[in_trial][order], ends[:-1])):
            trains[neuron].append(times)
    return trains


def _elephant() -> Any:
    return library("elephant.statistics", "analysis", "this measure")

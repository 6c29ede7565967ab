"""What is measured of how faithful a conversion is, in numbers and in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from spiking.evaluation.result import Score
from spiking.short_repr import short_repr

START_MS = 50.0  # before, the spiking network fires a burst, from its random initial voltages
_LOWEST, _HIGHEST = -10.0, 100.0  # beyond, digits of a measure say nothing


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
        95 % interval of `output_r2` among other sets of as many trials: quantiles of 1000 resamples of the
        trials, drawn from the seed, shifted so that their median is the estimate, and at most 1. NaN with
        fewer than two trials.
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
            f"output {plain(self.peak_ratio)} times the rate network's at its peak, "
            f"R2 {with_interval(self.output_r2, self.output_r2_interval, '95 % interval ')}, "
            f"of the means {with_interval(self.mean_output_r2, self.mean_output_r2_interval)}; "
            f"population R2 {plain(self.population_r2)}; "
            f"{self.mean_rate:.1f} Hz, medians of the neurons from {START_MS:g} ms on: "
            f"CV2 {plain(self.cv2)}, Fano factor within conditions {plain(self.fano)}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return all measures as ``spiking evaluate --json`` prints them; NaN becomes None."""
        with_units = {"mean_rate": "rate_hz", "high_rate": "high_rate_hz"}
        values = {with_units.get(name, name): _json_value(value) for name, value in asdict(self).items()}
        return {**values, "rate": self.rate.as_json(), "spiking": self.spiking.as_json()}


def plain(value: float) -> str:
    """Return a measure with two digits, or that it is far from any that are faithful."""
    if value < _LOWEST or value > _HIGHEST:
        return f"below {_LOWEST:g}" if value < _LOWEST else f"over {_HIGHEST:g}"
    return "-" if np.isnan(value) else f"{value:.2f}"


def with_interval(value: float, interval: tuple[float, float], words: str = "") -> str:
    """Return a value with its interval, such as ``0.97 (0.95 to 0.98)``; `words` begin the brackets."""
    if not np.isfinite(interval).all() or plain(value) != f"{value:.2f}":
        return plain(value)
    return f"{value:.2f} ({words}{plain(interval[0])} to {plain(interval[1])})"


def _json_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [*map(_json_value, value)]
    return None if isinstance(value, float) and np.isnan(value) else value

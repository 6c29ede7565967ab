"""Compare drives, outputs, rates and trajectories of both networks, each by slope, error and correlation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spiking.analysis.components import condition_means, principal_components
from spiking.check_arguments import check_arguments
from spiking.checks import real_numbers
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks
from spiking.short_repr import short_repr

_COMPONENTS = 3  # they explain 99 % of the variance in Fig. S2 of the paper


@dataclass(frozen=True)
class Agreement:
    """How well observed values agree with expected ones.

    Attributes
    ----------
    slope : float
        Slope of observed on expected values, through the origin; 1 is perfect.
    error : float
        Root mean square of the difference, divided by that of the expected values; 0 is perfect.
    correlation : float
        Pearson's correlation; 1 is perfect.

    Examples
    --------
    >>> from spiking import analysis
    >>> result = analysis.agreement([0.0, 1.0, 2.0], [0.0, 2.0, 4.0])
    >>> round(result.slope, 9), round(result.correlation, 9)
    (2.0, 1.0)
    """

    slope: float
    error: float
    correlation: float

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class ConversionQuality:
    """How well the spiking network agrees with the rate network, whose values are the expected ones.

    Attributes
    ----------
    drive : Agreement
        Agreement of the recurrent drives ``W r_spk / factor`` and ``W r_rate`` over trials, units and time;
        its error is the drive error of the search for the scaling factor. The mean drive of a matched
        conversion is part of the drive.
    output : Agreement
        Agreement of the outputs over trials and time, every 5 ms.
    mean_output : Agreement
        Agreement of the mean outputs of each condition, in which most of the spiking noise is averaged out.
    rates : Agreement
        Agreement of the units' mean activity over trials and time, ``r_spk / factor`` and ``r_rate``.
    trajectories : Agreement
        Agreement of the units' mean activity in each condition, every 5 ms, along the three leading principal
        components of the rate network.
    scaling_factor : float
    matching_factor : float
        The factor at which the drives would agree on average, if the rates did not change.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> analysis.conversion_quality(both).scaling_factor == both.spiking.network.scaling_factor
    True
    """

    drive: Agreement
    output: Agreement
    mean_output: Agreement
    rates: Agreement
    trajectories: Agreement
    scaling_factor: float
    matching_factor: float

    __repr__ = short_repr

    def __str__(self) -> str:
        rows = {
            "recurrent drive": self.drive,
            "output, single trials": self.output,
            "output, means": self.mean_output,
            "average rates": self.rates,
            "principal components": self.trajectories,
        }
        lines = [f"{'spiking against rate network':30}slope  error  correlation"]
        lines += [
            f"{name:30}{row.slope:5.2f}  {row.error:5.2f}  {row.correlation:11.2f}"
            for name, row in rows.items()
        ]
        return "\n".join(
            [*lines, f"scaling factor {self.scaling_factor:g}; drives match at {self.matching_factor:.1f}"]
        )


def agreement(expected: ArrayLike, observed: ArrayLike) -> Agreement:
    """Compare observed values with expected ones of the same shape; NaN if these are all 0 or do not vary.

    Raises
    ------
    ArgumentError
        The shapes differ.

    Examples
    --------
    >>> from spiking import analysis
    >>> analysis.agreement([1.0, 2.0], [1.0, 2.0]).error
    0.0
    """
    x, y = real_numbers("expected", expected, "numbers"), real_numbers("observed", observed, "numbers")
    if x.shape != y.shape:
        raise ArgumentError(f"observed has shape {y.shape}; expected {x.shape}, the shape of `expected`")
    power = float(np.sum(x**2))
    centred_x, centred_y = x - x.mean(), y - y.mean()
    spread = float(np.sqrt(np.sum(centred_x**2) * np.sum(centred_y**2)))
    return Agreement(
        slope=float(np.sum(x * y)) / power if power else np.nan,
        error=float(np.sqrt(np.sum((y - x) ** 2) / power)) if power else np.nan,
        correlation=float(np.sum(centred_x * centred_y)) / spread if spread else np.nan,
    )


@check_arguments()
def conversion_quality(both: BothNetworks) -> ConversionQuality:
    """Compare the spiking network with the rate network that it was converted from, in the same trials.

    Parameters
    ----------
    both : BothNetworks
        The result of `run_both` with ``activity=True``.

    Returns
    -------
    ConversionQuality

    Raises
    ------
    ArgumentError
        The activity was not kept.

    Examples
    --------
    >>> from spiking import analysis, datasets
    >>> from spiking.evaluation import run_both
    >>> both = run_both(datasets.load("go-nogo"), trials=4, seed=1)
    >>> quality = analysis.conversion_quality(both)
    >>> 0 < quality.rates.correlation <= 1
    True
    """
    if both.spiking.filtered_rates is None or both.spiking.output is None:
        raise ArgumentError("the activity was not kept; use run_both with activity=True")
    weights, factor = both.model.effective_weights(), both.spiking.network.scaling_factor
    rate, spiking = both.rate_activity, both.spiking_activity / factor
    conversion, received = both.spiking.network.conversion, weights @ spiking
    if conversion is not None and conversion.unit_offsets:
        received = received + conversion.mean_drive[:, np.newaxis]
    drive = agreement(weights @ rate, received)
    # The outputs of the spiking network have more samples than the rate network has steps.
    sampled = np.searchsorted(both.spiking.time, both.activity_time - 1e-6)
    output, expected = both.spiking.output[:, :, sampled], both.rate.output[:, :, 1:]
    means, expected_means, activity, expected_activity = (
        np.array([*condition_means(values, both.trials.conditions).values()])
        for values in (output, expected, spiking, rate)
    )
    leading = principal_components(expected_activity, min(_COMPONENTS, both.model.n_units))
    return ConversionQuality(
        drive=drive,
        output=agreement(expected, output),
        mean_output=agreement(expected_means, means),
        rates=agreement(rate.mean(axis=(0, 2)), spiking.mean(axis=(0, 2))),
        trajectories=agreement(leading.project(expected_activity), leading.project(activity)),
        scaling_factor=factor,
        matching_factor=drive.slope * factor,
    )

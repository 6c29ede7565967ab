"""Measure how faithful a conversion is: compare both networks in the same trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spiking.analysis.components import condition_means, principal_components
from spiking.checks import real_numbers
from spiking.errors import ArgumentError
from spiking.evaluation.both_networks import BothNetworks

_COMPONENTS = 3  # hold 99 % of the variance in the paper's Fig. S2


@dataclass(frozen=True)
class Agreement:
    """How well found values agree with expected ones.

    Attributes
    ----------
    slope : float
        Of found on expected values, through the origin; 1 is perfect.
    error : float
        Root mean square of the difference, divided by that of the expected values; 0 is perfect.
    correlation : float
        Pearson's; 1 is perfect.

    Examples
    --------
    >>> from spiking import analysis
    >>> found = analysis.agreement([0.0, 1.0, 2.0], [0.0, 2.0, 4.0])
    >>> round(found.slope, 9), round(found.correlation, 9)
    (2.0, 1.0)
    """

    slope: float
    error: float
    correlation: float


@dataclass(frozen=True, kw_only=True)
class ConversionQuality:
    """How faithful a conversion is; the rate network is what is expected.

    Attributes
    ----------
    drive : Agreement
        Of the recurrent drives, ``W r_spk / factor`` with ``W r_rate``, over trials, units and time: what the
        search for the scaling factor calls the drive error. The mean drive of a conversion counts.
    output : Agreement
        Of the outputs, over trials and time, every 5 ms.
    mean_output : Agreement
        Of the outputs averaged over the trials of a condition, which takes out most of the spiking noise.
    rates : Agreement
        Of the units' activity averaged over trials and time, ``r_spk / factor`` with ``r_rate``.
    trajectories : Agreement
        Of the units' activity averaged over the trials of a condition, along the three leading principal
        components of the rate network's, every 5 ms.
    scaling_factor : float
    matching_factor : float
        The factor at which the drives would agree on average, if the rates stayed as they are.

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


def agreement(expected: ArrayLike, found: ArrayLike) -> Agreement:
    """Compare found values with expected ones of the same shape; NaN where these are all 0 or do not vary.

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
    x, y = real_numbers("expected", expected, "numbers"), real_numbers("found", found, "numbers")
    if x.shape != y.shape:
        raise ArgumentError(f"expected has shape {x.shape}, found {y.shape}; they must be the same")
    power = float(np.sum(x**2))
    centred_x, centred_y = x - x.mean(), y - y.mean()
    spread = float(np.sqrt(np.sum(centred_x**2) * np.sum(centred_y**2)))
    return Agreement(
        slope=float(np.sum(x * y)) / power if power else np.nan,
        error=float(np.sqrt(np.sum((y - x) ** 2) / power)) if power else np.nan,
        correlation=float(np.sum(centred_x * centred_y)) / spread if spread else np.nan,
    )


def conversion_quality(both: BothNetworks) -> ConversionQuality:
    """Compare the spiking network with the rate network it was made from, in the same trials.

    Parameters
    ----------
    both : BothNetworks
        With activity.

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
        raise ArgumentError("the activity was not kept; run_both with activity=True")
    weights, factor = both.model.effective_weights(), both.spiking.network.scaling_factor
    rate, spiking = both.rate_activity, both.spiking_activity / factor
    conversion, received = both.spiking.network.conversion, weights @ spiking
    if conversion is not None and conversion.unit_offsets:
        received = received + conversion.mean_drive[:, np.newaxis]
    drive = agreement(weights @ rate, received)
    # Outputs of the spiking network have been sampled more often than the steps of the rate network.
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

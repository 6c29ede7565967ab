"""Measure the activity in panels of single networks, in the same trials of both networks."""

from __future__ import annotations

import numpy as np

from spiking.analysis.components import condition_means, principal_components
from spiking.analysis.conversion_quality import agreement
from spiking.analysis.targeted import TargetedAxes, targeted_axes
from spiking.evaluation.both_networks import BothNetworks
from spiking.typing import Floats

BIN = 5  # samples of 5 ms
_SELECTIVE = 0.01  # p value of a unit's regression coefficient


def population_rates(both: BothNetworks) -> dict[str, float | None]:
    """Return the mean rate in Hz of each population in trials of each condition, such as ``exc_go``."""
    conditions, rates = np.array(both.trials.conditions), both.spiking.rates
    return {
        f"{population}_{condition}": float(rates[conditions == condition][:, members].mean())
        for population, members in both.model.populations.items()
        if members.any()
        for condition in sorted(set(both.trials.conditions))
    }


def components_from_onset(both: BothNetworks) -> dict[str, float | None]:
    """Compare the mean rates and the principal components of the activity of both networks.

    Only activity from the onset of the stimulus counts, because both networks settle before. Most initial
    voltages of the spiking network are above threshold, so that it starts with a burst, which does not depend
    on the stimulus and can be its largest component. Returns nothing if the spiking network is silent.
    """
    on, _ = stimulus_samples(both)
    rate, spiking = (_means(both, values[..., on:]) for values in (both.rate_activity, both.spiking_activity))
    if not spiking.any():
        return {}
    components = [principal_components(means, 3) for means in (rate, spiking)]
    first = [fitted.project(means)[:, 0] for fitted, means in zip(components, (rate, spiking), strict=True)]
    return {
        "rates_alike": agreement(rate.mean(axis=(0, 2)), spiking.mean(axis=(0, 2))).correlation,
        "rate_explained": float(components[0].explained.sum()),
        "spiking_explained": float(components[1].explained.sum()),
        "pc_alike": abs(agreement(*first).correlation),
    }


def selectivity(both: BothNetworks) -> dict[str, float | None]:
    """Return the share of units with mixed selectivity.

    These are units for which a regression of the activity during the stimulus on the correct choice, both
    inputs and the context has two or more coefficients that differ from 0 (t test, p < 0.01).
    """
    variables = task_variables(both)
    design = np.column_stack([*variables.values(), np.ones(len(both.trials))])
    on, off = stimulus_samples(both)
    p = _p_values(design, both.spiking_activity[:, :, on:off].mean(axis=2))[:-1]
    return {"mixed": float(np.mean(np.sum(p < _SELECTIVE, axis=0) > 1))}


def task_variables(both: BothNetworks) -> dict[str, Floats]:
    """Return the correct choice, signs of motion and color, and context of each trial, as 1 and -1.

    The task is context integration; the context is 1 if motion counts.
    """
    on, off = stimulus_samples(both)
    stimulus = both.trials.inputs[:, :2, on:off].mean(axis=2)
    return {
        "choice": np.array(both.trials.labels, np.float64),
        "motion": np.sign(stimulus[:, 0]),
        "color": np.sign(stimulus[:, 1]),
        "context": np.array([1.0 if name.startswith("motion") else -1.0 for name in both.trials.conditions]),
    }


def stimulus_samples(both: BothNetworks) -> tuple[int, int]:
    """Return the indices of the first sample of the stimulus and the first after it, in steps of 5 ms."""
    varies = (both.trials.inputs != both.trials.inputs[:, :, :1]).any(axis=(0, 1))
    on = np.flatnonzero(varies)
    return int(on[0]), int(on[-1]) + 1


def choice_axes(both: BothNetworks) -> TargetedAxes:
    """Return the axes of choice, motion, color and context of the spiking network, from bins of 25 ms."""
    variables = task_variables(both)
    signs = np.column_stack([variables[name] for name in ("motion", "color", "context")])
    return targeted_axes(binned(both), variables, [str(row.tolist()) for row in signs])


def binned(both: BothNetworks) -> Floats:
    """Return the activity of the spiking network in bins of 25 ms, shape (trials, N, bins)."""
    values = both.spiking_activity
    bins = values.shape[2] // BIN
    means: Floats = values[:, :, : bins * BIN].reshape(*values.shape[:2], bins, BIN).mean(axis=3)
    return means


def _means(both: BothNetworks, values: Floats) -> Floats:
    return np.stack(list(condition_means(values, both.trials.conditions).values()))


def _p_values(design: Floats, values: Floats) -> Floats:
    """Return the two-sided p values of ordinary least squares, shape (columns of the design, units)."""
    from scipy.stats import t

    weights = np.linalg.pinv(design) @ values
    free = len(design) - design.shape[1]
    error = np.sqrt(((values - design @ weights) ** 2).sum(axis=0) / free)
    spread = np.sqrt(np.diag(np.linalg.inv(design.T @ design)))[:, np.newaxis] * error
    ratio = np.divide(weights, spread, out=np.zeros_like(weights), where=spread > 0)
    p: Floats = 2 * t.sf(np.abs(ratio), free)
    return p

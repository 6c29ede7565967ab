"""Measures of activity in panels of single networks; each function takes trials of both networks."""

from __future__ import annotations

import numpy as np

from spiking.analysis.components import condition_means, principal_components
from spiking.analysis.faithfulness import agreement
from spiking.analysis.targeted import TargetedAxes, targeted_axes
from spiking.evaluation.both_networks import BothNetworks
from spiking.typing import Floats

BIN = 5  # samples of 5 ms
_SELECTIVE = 0.01  # p value of a unit's regression coefficient


def population_rates(both: BothNetworks) -> dict[str, float | None]:
    """Return the average rate in Hz of each population in trials of each condition, such as ``exc_go``."""
    own, rates = np.array(both.trials.conditions), both.spiking.rates
    return {
        f"{population}_{condition}": float(rates[own == condition][:, members].mean())
        for population, members in both.model.populations.items()
        if members.any()
        for condition in sorted(set(both.trials.conditions))
    }


def components_from_onset(both: BothNetworks) -> dict[str, float | None]:
    """Return how alike both networks' average rates and principal components of activity are.

    From the onset of the stimulus on: before, both networks settle. Most initial voltages of the spiking
    network are above threshold, so that it begins with a burst, which is no answer to anything and can be the
    largest of its components. Nothing if it is silent.
    """
    on, _ = stimulus_samples(both)
    rate, spiking = (_means(both, values[..., on:]) for values in (both.rate_activity, both.spiking_activity))
    if not spiking.any():
        return {}
    found = [principal_components(means, 3) for means in (rate, spiking)]
    first = [own.project(means)[:, 0] for own, means in zip(found, (rate, spiking), strict=True)]
    return {
        "rates_alike": agreement(rate.mean(axis=(0, 2)), spiking.mean(axis=(0, 2))).correlation,
        "rate_explained": float(found[0].explained.sum()),
        "spiking_explained": float(found[1].explained.sum()),
        "pc_alike": abs(agreement(*first).correlation),
    }


def selectivity(both: BothNetworks) -> dict[str, float | None]:
    """Return the share of units of mixed selectivity.

    While the stimulus is on, a regression of the unit's activity on the choice asked for, both inputs and the
    context has two or more coefficients that differ from 0 (t test, p < 0.01).
    """
    variables = task_variables(both)
    design = np.column_stack([*variables.values(), np.ones(len(both.trials))])
    on, off = stimulus_samples(both)
    p = _p_values(design, both.spiking_activity[:, :, on:off].mean(axis=2))[:-1]
    return {"mixed": float(np.mean(np.sum(p < _SELECTIVE, axis=0) > 1))}


def task_variables(both: BothNetworks) -> dict[str, Floats]:
    """Return choice, motion, color and context (1: motion) of each trial of context integration, as +-1."""
    on, off = stimulus_samples(both)
    stimulus = both.trials.inputs[:, :2, on:off].mean(axis=2)
    return {
        "choice": np.array(both.trials.labels, np.float64),
        "motion": np.sign(stimulus[:, 0]),
        "color": np.sign(stimulus[:, 1]),
        "context": np.array([1.0 if name.startswith("motion") else -1.0 for name in both.trials.conditions]),
    }


def stimulus_samples(both: BothNetworks) -> tuple[int, int]:
    """Return the first sample of the stimulus and the first after it, of 5 ms each."""
    varies = (both.trials.inputs != both.trials.inputs[:, :, :1]).any(axis=(0, 1))
    on = np.flatnonzero(varies)
    return int(on[0]), int(on[-1]) + 1


def choice_axes(both: BothNetworks) -> TargetedAxes:
    """Return the axes of choice, motion, color and context of the spiking network, from bins of 25 ms."""
    variables = task_variables(both)
    signs = np.column_stack([variables[name] for name in ("motion", "color", "context")])
    return targeted_axes(binned(both), variables, [str(row.tolist()) for row in signs])


def binned(both: BothNetworks) -> Floats:
    """Return the activity of the spiking network in bins of 25 ms, (trials, N, bins)."""
    values = both.spiking_activity
    bins = values.shape[2] // BIN
    found: Floats = values[:, :, : bins * BIN].reshape(*values.shape[:2], bins, BIN).mean(axis=3)
    return found


def _means(both: BothNetworks, values: Floats) -> Floats:
    return np.stack(list(condition_means(values, both.trials.conditions).values()))


def _p_values(design: Floats, values: Floats) -> Floats:
    """Two-sided p values of ordinary least squares, (columns of the design, units)."""
    from scipy.stats import t

    weights = np.linalg.pinv(design) @ values
    free = len(design) - design.shape[1]
    error = np.sqrt(((values - design @ weights) ** 2).sum(axis=0) / free)
    spread = np.sqrt(np.diag(np.linalg.inv(design.T @ design)))[:, np.newaxis] * error
    ratio = np.divide(weights, spread, out=np.zeros_like(weights), where=spread > 0)
    p: Floats = 2 * t.sf(np.abs(ratio), free)
    return p

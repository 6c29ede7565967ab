"""Prepare the trials that the page draws: outputs by condition, and spikes of some trials."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking.evaluation.both_networks import BothNetworks
from spiking.plotting.marks import criteria, stimulus_windows
from spiking.plotting.style import POPULATION_COLOURS, POPULATION_NAMES, by_population
from spiking.plotting.traces import by_condition, condition_colours

_TRIALS_EACH = 3  # maximum number of trials of a condition with spikes
_SPIKES = 150_000  # maximum number of spikes, about 1.5 MB of JSON
_SAMPLES = 400  # approximate number of samples of an output


def trial_data(both: BothNetworks) -> dict[str, Any]:
    """Return the data that the page's script draws, in types of JSON; times are in ms."""
    groups = by_condition(both.spiking, both.trials, None)
    colours = condition_colours(both.trials, groups)
    each, neurons, populations = _shown(both, groups)
    thin = max(1, both.activity_time.size // _SAMPLES)
    time = both.activity_time[::thin]
    samples = np.searchsorted(both.spiking.time, time - 1e-6)
    assert both.spiking.output is not None
    spiking, rate = both.spiking.output[:, 0, samples], both.rate.output[:, 0, 1::thin]
    targets = both.trials.targets if both.trials.targets.ndim == 2 else both.trials.targets[:, 0]
    decay = both.spiking.network.tau_decay
    conditions: list[dict[str, Any]] = [
        {
            "name": name,
            "colour": colour,
            "levels": criteria(both.task, [name]),
            "stimulus": stimulus_windows(both.trials, members),
            "mean": _rounded(spiking[members].mean(axis=0)),
            "spread": _rounded(spiking[members].std(axis=0)),
            "rate": _rounded(rate[members].mean(axis=0)),
            # Inputs may be given without targets and without a score.
            "target": _target(targets[members].mean(axis=0), thin) if np.isfinite(targets).all() else [],
            "trials": [
                {
                    "number": k,
                    "output": _rounded(spiking[k]),
                    "rate": _rounded(rate[k]),
                    "correct": bool(both.spiking_score.correct[k]) if both.task.scored else None,
                    "rateCorrect": bool(both.rate_score.correct[k]) if both.task.scored else None,
                    **_spikes(both, k, neurons),
                }
                for k in members[:each]
            ],
        }
        for (name, members), colour in zip(groups.items(), colours, strict=True)
    ]
    values = [condition[key] for condition in conditions for key in ("mean", "rate", "target")]
    trials = [trial for condition in conditions for trial in condition["trials"]]
    values += [trial[key] for trial in trials for key in ("output", "rate")]
    low, high = min(map(min, filter(None, values))), max(map(max, filter(None, values)))
    edge = 0.05 * ((high - low) or 1.0)
    return {
        "duration": both.spiking.duration,
        "timeStep": both.spiking.time_step,
        "scoreFrom": both.task.score_from,
        "sampleTimes": time.tolist(),
        "range": [low - edge, high + edge],
        "neurons": neurons.tolist(),
        "decay": np.round(decay[neurons], 2).tolist(),
        "populations": populations,
        "conditions": conditions,
    }


def _shown(
    both: BothNetworks, groups: dict[str, list[int]]
) -> tuple[int, NDArray[np.int64], list[dict[str, Any]]]:
    """Choose how many trials of each condition, and which neurons, to draw without too many spikes.

    Returns the number of trials, the neurons, and a description of their populations.
    """
    assert both.spiking.spikes is not None
    per_trial = len(both.spiking.spikes) / len(both.trials)
    each = int(np.clip(_SPIKES / max(1.0, per_trial * len(groups)), 1, _TRIALS_EACH))
    every = max(1, int(np.ceil(per_trial * len(groups) * each / _SPIKES)))
    chosen, populations, first = [], [], 0
    for name, members in by_population(both.spiking.network.populations):
        subset = members[::every]
        populations.append(
            {
                "name": POPULATION_NAMES[name],
                "colour": POPULATION_COLOURS[name],
                "first": first,
                "size": len(subset),
            }
        )
        chosen.append(subset)
        first += len(subset)
    return each, np.concatenate(chosen), populations


def _spikes(both: BothNetworks, trial: int, neurons: NDArray[np.int64]) -> dict[str, Any]:
    spikes = both.spiking.spikes
    assert spikes is not None
    row = np.full(both.spiking.network.n_neurons, -1)
    row[neurons] = np.arange(neurons.size)
    first, last = np.searchsorted(spikes.trial, (trial, trial + 1))
    rows = row[spikes.neuron[first:last]]
    shown = rows >= 0
    return {
        "steps": spikes.step[first:last][shown].tolist(),
        "rows": rows[shown].tolist(),
        "counts": np.bincount(rows[shown], minlength=neurons.size).tolist(),
    }


def _target(target: NDArray[np.float64], thin: int) -> list[float]:
    """Return a target without its last sample if it changes there (see `spiking.plotting.marks.targets`)."""
    return _rounded(target[: -1 if target[-1] != target[-2] else None][1::thin])


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [float(value) for value in np.round(values, 3)]

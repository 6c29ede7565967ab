"""Psychometric and chronometric curves of the points of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spiking.analysis import PsychometricCurve, psychometric
from spiking.checks import one_of, shown
from spiking.errors import ArgumentError
from spiking.files.escape import csv_text
from spiking.short_repr import short_repr
from spiking.tasks import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spiking.experiments.result import Sweep


@dataclass(frozen=True, kw_only=True, eq=False)
class PsychometricCurves:
    """Psychometric and chronometric curves of a sweep. Prints a line for each.

    Attributes
    ----------
    x : str
        The varied name.
    signed : bool
        Whether the curves are the fraction of responses +1 against the value times the expected response, or
        the fraction of correct responses against the value.
    task : Task
        The task, without the settings that were varied.
    strict : bool
        Whether `correct` means the strict score.
    n_trials : int
        Number of trials at each point of the sweep.
    left_out : int
        Number of trials of each curve that are left out because no response is expected in them (label 0),
        over all points; only of signed curves.
    seed : int
        Seed of the trials.
    curves : mapping of str to `~spiking.analysis.PsychometricCurve`
        The curves by network, ``spiking`` and ``rate``; with other varied names also by their values:
        ``spiking, noise=0.1``.

    Examples
    --------
    >>> from spiking import datasets, sweep
    >>> result = sweep(datasets.load("go-nogo"), grid={"noise": [0.1, 0.2]}, trials=4, seed=1)
    >>> print(result.psychometric(signed=False, resamples=100))
    correct against noise; 95 % intervals
    spiking: 8 trials at 2 values, no fit: x has 2 different values; expected at least 4
    """

    x: str
    signed: bool
    task: Task
    strict: bool
    n_trials: int
    left_out: int
    seed: int
    curves: Mapping[str, PsychometricCurve] = field(repr=False)

    __repr__ = short_repr

    @property
    def response(self) -> str:
        """What is counted, in words."""
        return "response +1" if self.signed else "correct"

    def csv(self) -> str:
        """Return the points of all curves as CSV text."""
        columns = ["curve", *next(iter(self.curves.values())).columns]
        rows = [
            (name, *values)
            for name, curve in self.curves.items()
            for values in zip(*curve.columns.values(), strict=True)
        ]
        return csv_text(columns, rows)

    def as_json(self) -> dict[str, Any]:
        """Return points and fits of all curves as numbers, lists and dictionaries."""
        return {
            "x": self.x,
            "response": self.response,
            "task": self.task.name,
            "rule": self.task.rule(self.strict),
            "left_out": self.left_out,
            "seed": self.seed,
            "curves": {name: curve.as_json() for name, curve in self.curves.items()},
        }

    def plot(self, figure: Figure | None = None) -> Figure:
        """Draw the curves (see `spiking.plotting.psychometric`)."""
        from spiking.plotting import psychometric

        return psychometric(self, figure)

    def __str__(self) -> str:
        against = f"{self.x} x expected response" if self.signed else self.x
        return "\n".join(
            [
                f"{self.response} against {against}; 95 % intervals",
                *(f"{name}: {curve}" for name, curve in self.curves.items()),
                *self.remarks,
            ]
        )

    @property
    def remarks(self) -> list[str]:
        """Which trials are left out or have no response, in sentences."""
        remarks = []
        if self.left_out:
            remarks.append(
                f"Left out of each curve: {self.left_out} trials in which no response is expected (label 0)."
            )
        curves = self.curves.values()
        if self.signed and any(curve.unanswered is not None and curve.unanswered.any() for curve in curves):
            remarks.append(
                "Trials without a response count as not +1: a threshold then also depends on how often the "
                "network responds, and is not a bias between the sides alone."
            )
        return remarks


def psychometric_curves(
    result: Sweep, x: str | None, signed: bool, seed: int, resamples: int
) -> PsychometricCurves:
    """Return the curves of a sweep; arguments and errors as in `Sweep.psychometric`."""
    x = result.names[0] if x is None else one_of("x", x, result.names)
    if not result.task.scored:
        raise ArgumentError(f"the task {result.task.name} has no score; expected a task with one")
    left_out = 0
    groups: dict[str, list[tuple[float, Mapping[str, NDArray[Any]]]]] = {}
    for row, trials in zip(result.rows, result.by_trial, strict=True):
        if not isinstance(row[x], int | float):
            raise ArgumentError(f"{x} has the value {shown(row[x])}; expected numbers, to draw a curve")
        others = [f"{name}={row[name]}" for name in result.names if name != x]
        groups.setdefault(", ".join([row["network"], *others]), []).append((float(row[x]), trials))
    labels = set(result.task.conditions.values())
    if signed and not {1, -1} <= labels <= {1, -1, 0}:
        raise ArgumentError(
            f"signed is True and the expected responses of the task {result.task.name} are "
            f"{', '.join(map(str, sorted(labels)))}; expected +1 and -1 (and 0 for none): give the two sides "
            f"1 and -1 in `conditions` of the task, or use signed=False (--curve correct)"
        )
    curves = {}
    for name, points in groups.items():
        trials = {key: np.concatenate([part[key] for _, part in points]) for key in points[0][1]}
        values = np.repeat([value for value, _ in points], result.n_trials)
        if signed and np.isnan(trials["predicted"]).any():
            raise ArgumentError(
                f"signed is True and the task {result.task.name} does not define the response of a trial; "
                f"expected signed=False (--curve correct), or a method answers of the task"
            )
        if signed:  # a value times 0 would be mistaken for a stimulus of 0
            expecting = trials["label"] != 0
            left_out = int(np.sum(~expecting))
            values, trials = values[expecting], {key: part[expecting] for key, part in trials.items()}
            if not values.size:
                raise ArgumentError(
                    "no trial of the sweep expects the response +1 or -1; expected more trials"
                )
        counted = signed and not np.isnan(trials["predicted"]).any()  # none may be correct
        curves[name] = psychometric(
            values * trials["label"] if signed else values,
            trials["predicted"] == 1 if signed else trials["correct"],
            trials["response_time_ms"],
            answered=trials["predicted"] != 0 if counted else None,
            trial=trials["trial"],
            seed=seed,
            resamples=resamples,
        )
    return PsychometricCurves(
        x=x,
        signed=signed,
        task=result.task,
        strict=result.strict,
        n_trials=result.n_trials,
        left_out=left_out,
        seed=result.seed,
        curves=curves,
    )

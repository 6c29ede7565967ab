"""The result of a sweep: a tidy table with one row for each point of the grid and each network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from spiking.check_arguments import check_arguments
from spiking.evaluation.words import freshness, in_words
from spiking.experiments.curves import PsychometricCurves, psychometric_curves
from spiking.files.escape import rows_csv
from spiking.optional import library
from spiking.short_repr import short_repr
from spiking.tasks import Task

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_CHOSEN = ("lesion", "cut", "shuffle_weights")  # which fraction, is drawn at random
_IN_CONDITION, _COUNT = "accuracy_", "trials_"
_SETTINGS = ("seed", "model", "scaling_factor", "conversion", "changes", "stimulation")
_NOT_PRINTED = ("rule", "strict_low", "strict_high", "sustained_low", "sustained_high")


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """The result of `sweep`. Prints as a table.

    Attributes
    ----------
    names : tuple of str
        The names that were varied.
    task : Task
        The task, without the settings that were varied.
    n_trials : int
        Number of trials at each point.
    seed : int
        Seed of the trials and of the noise.
    strict : bool
        Whether trials were scored by the strict rule.
    rows : tuple of mapping
        One row for each point and network, in the order of the grid, the last name varying fastest: the value
        of each name (for a function, its name), with ``lesion_unit`` the ``population`` of the unit,
        ``network`` (``spiking``, or ``rate`` with `rate_network`),
        ``trials``, ``correct``, ``accuracy`` with its 95 % Wilson score interval ``low`` to ``high``, the
        same by the strict and by the sustained rule (``strict``, ``strict_low``, ...; NaN where the task does
        not define them), the accuracy in each condition with its interval and number of trials (such as
        ``accuracy_go``, ``accuracy_go_low``, ``accuracy_go_high``, ``trials_go``; NaN if no trial has it),
        ``positive`` (fraction of all trials with the response +1, correct or not: 1 if the network always
        gives it, 0 if never) and ``response_time_ms`` (mean over the trials with a response, from the start
        of the trial; not before the time from which the task is scored), both NaN where the task does not
        define them, ``rate_hz`` (mean over units and trials) and the same for each population of the
        network, ``rate_hz_exc``, ``rate_hz_inh`` and, with SST units, ``rate_hz_sst``, ``rate_hz_pv``. Rates
        leave out lesioned units; they are NaN if none is left, and for the rate network. ``readout`` is
        ``trained`` or describes the refitted readout. ``seed``, ``rule``, ``strict_rule`` and
        ``sustained_rule``, in words, are those of the trials. ``model``, ``scaling_factor``, ``conversion``,
        ``changes`` of the network and ``stimulation`` say what was run, the last two in words.
    by_trial : tuple of mapping
        The single trials of each row, as in `Evaluation.table`, arrays of shape (trials,): ``trial`` (its
        number; trials of the same number have the same random numbers), ``condition``, ``label`` (expected
        response, +1, -1 or 0), ``correct``, where the task defines them ``strict`` and ``sustained``,
        ``predicted`` (response; NaN where the task does not define it) and ``response_time_ms`` (NaN without
        a response).
    unused : int
        Number of trials in the journal that this sweep does not use.
    model : str
        Name of the file that the network came from; empty if it is not known.

    Examples
    --------
    >>> from spiking import datasets, sweep
    >>> grid = {"scale_weights.inh": [0.7, 1.0], "noise": [0.1, 0.2]}
    >>> result = sweep(datasets.load("go-nogo"), grid=grid, trials=4, seed=1)
    >>> len(result.table), list(result.table.columns[:4])
    (4, ['scale_weights.inh', 'noise', 'network', 'trials'])
    """

    names: tuple[str, ...]
    task: Task
    n_trials: int
    seed: int
    strict: bool
    rows: tuple[Mapping[str, Any], ...] = field(repr=False)
    by_trial: tuple[Mapping[str, NDArray[Any]], ...] = field(repr=False)
    unused: int = 0
    model: str = ""

    __repr__ = short_repr

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame, for example for ``table.to_xarray()``.

        Raises
        ------
        ArgumentError
            pandas is not installed.
        """
        pandas = library("pandas", "sweep", "a table")
        table: pd.DataFrame = pandas.DataFrame([dict(row) for row in self.rows])
        return table

    def csv(self) -> str:
        """Return the table as CSV text; numbers have all their digits, and NaN is an empty cell."""
        return rows_csv(self.rows)

    @property
    def _columns(self) -> list[str]:
        """Names of the columns: settings of the task may decide which conditions a point has."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    @check_arguments()
    def plot(self, y: str = "accuracy", ax: Axes | None = None) -> Axes:
        """Draw a column against the varied names (see `spiking.plotting.sweep`)."""
        from spiking.plotting import sweep

        return sweep(self, y, ax)

    @check_arguments()
    def psychometric(
        self, x: str | None = None, *, signed: bool = True, seed: int = 1, resamples: int = 1000
    ) -> PsychometricCurves:
        """Measure and fit psychometric and chronometric curves.

        There is a curve for each network and each combination of values of the other varied names. Intervals
        and reasons for a missing fit are those of `spiking.analysis.psychometric`.

        Parameters
        ----------
        x : str, optional
            The varied name with the values of the stimulus, which are numbers; by default the first.
        signed : bool
            True: the fraction of responses +1 against the value times the expected response (+1 or -1),
            such as the offset of context integration. Trials in which no response is expected (0) are left
            out, and trials without a response count as not +1; their numbers are in the result. False: the
            fraction of correct responses against the value, such as a delay.
        seed, resamples
            As in `spiking.analysis.psychometric`.

        Returns
        -------
        PsychometricCurves

        Raises
        ------
        ArgumentError
            `x` was not varied or has values that are not numbers, the task does not define responses, or, for
            signed curves, its expected responses are others than +1 and -1 (and 0).

        Examples
        --------
        >>> from spiking import datasets, sweep
        >>> grid = {"task.offset": [0.0, 0.1, 0.2, 0.4]}
        >>> result = sweep(datasets.load("mante"), grid=grid, trials=20, seed=1)
        >>> curve = result.psychometric(resamples=100).curves["spiking"]
        >>> curve.x.tolist()
        [-0.4, -0.2, -0.1, 0.0, 0.1, 0.2, 0.4]
        """
        return psychometric_curves(self, x, signed, seed, resamples)

    def __str__(self) -> str:
        hidden = {name for name in _SETTINGS if name not in self.names}
        columns = [
            name
            for name in self._columns
            if name not in hidden
            and not name.endswith(_NOT_PRINTED)
            and not name.startswith(_COUNT)
            and not (name.startswith(_IN_CONDITION) and name.endswith(("_low", "_high")))
        ]
        cells = [columns, *([_printed(row, name) for name in columns] for row in self.rows)]
        widths = [max(len(line[k]) for line in cells) for k in range(len(columns))]
        lines = ["  ".join(f"{cell:>{w}}" for cell, w in zip(line, widths, strict=True)) for line in cells]
        beside = in_words(self.task, freshness(self.task, self.seed), strict=self.strict)
        if len({row["rule"] for row in self.rows}) > 1:
            beside += "; with other settings of the task, as the column `rule` of the table says"
        others = {"strict": self.task.rule(strict=True), "sustained": self.task.sustained_rule()}
        used = self.task.rule(self.strict)
        known = [f"{name}: {rule}" for name, rule in others.items() if rule and rule != used]
        known = [line for line in known if line.split(":")[0] in self.by_trial[0]]
        if not all(math.isnan(row.get("response_time_ms", math.nan)) for row in self.rows):
            known.append(
                f"response_time_ms: from the start of the trial; the output is scored from "
                f"{self.task.score_from:g} ms, so no response is earlier"
                if len({row["rule"] for row in self.rows}) == 1
                else "response_time_ms: from the start of the trial; no response is before the scored window"
            )
        which = f"{self.model}: " if self.model else ""
        return "\n".join([*lines, *remarks(self), *known, f"{which}{beside}"])


def named(result: Sweep, model: str) -> Sweep:
    """Return the same sweep with the name of the file that the network came from."""
    return replace(result, model=model, rows=tuple({**row, "model": model} for row in result.rows))


def remarks(result: Sweep) -> list[str]:
    """Return what the names alone do not say, in sentences: what stimulated, and what was drawn once."""
    found = list(dict.fromkeys(row["stimulation"] for row in result.rows if row["stimulation"]))
    sentences = [f"Stimulation: {found[0]}."] if len(found) == 1 else []
    if len(found) > 1:
        sentences.append(f"Stimulation: at the first point {found[0]}; at the last {found[-1]}.")
    drawn = [name for name in result.names if name.split(".")[0] in _CHOSEN or name.endswith(".sd")]
    if drawn:
        sentences.append(
            f"At each value of {' and of '.join(drawn)}, one choice was drawn at random (seed "
            f"{result.seed}); intervals are over trials, not over choices."
        )
    if any(name.startswith("lesion") for name in result.names):
        sentences.append("Rates are means over the neurons that are left.")
    return sentences


def _printed(row: Mapping[str, Any], name: str) -> str:
    """Format a cell; the accuracy in a condition has its interval and its number of trials."""
    text = _cell(row.get(name, ""))
    count = row.get(f"{_COUNT}{name.removeprefix(_IN_CONDITION)}")
    if not name.startswith(_IN_CONDITION) or not count:
        return text
    return f"{text} ({row[f'{name}_low']:.2f} to {row[f'{name}_high']:.2f}) of {count}"


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

"""The measures of a network that `spiking evaluate` prints and writes: as a row of a table, and as JSON."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spiking.command_line.output import aligned, echo, faithfulness_json, table_csv

if TYPE_CHECKING:
    from spiking import RateModel, SpikingNetwork
    from spiking.analysis import Faithfulness
    from spiking.evaluation.result import Evaluation

_HEADINGS = (
    *("file", "task", "factor", "rate network", "spiking network", "sustained", "output", "R2", "Hz"),
    *("decay (ms)", "exc", "inh"),
)
_MEANING = (
    "sustained: score of the spiking network by that rule; output, R2: its output at the peak, divided by "
    "the rate network's, and R2 of single trials without noise of the rate network; Hz: mean rate; decay: "
    "shortest, median and longest synaptic decay; exc, inh: mean excitatory and inhibitory recurrent weight "
    "of the rate network"
)


def network_json(
    file: str,
    rates: RateModel | None,
    network: SpikingNetwork,
    scores: Mapping[str, Evaluation],
    close: Faithfulness | None,
    *,
    strict: bool = False,
    fresh: bool,
    downsample: int = 1,
) -> dict[str, Any]:
    """Return what is known of a network for JSON: accuracies, faithfulness, time constants and weights.

    Parameters
    ----------
    file : str
    rates, network, scores, close
        The networks, the evaluation of each (``rate``, ``spiking``), and the faithfulness.
    strict, downsample
        As in `evaluate`.
    fresh : bool
        Whether it is known that nothing was chosen on the trials.
    """
    from spiking.evaluation.words import evaluation_json
    from spiking.report.methods import methods

    row = network_row(file, rates, network, scores, close, strict=strict)
    facts = {name: row[name] for name in ("file", "task", "scaling_factor", "conversion")}
    facts |= {
        name: evaluation_json(evaluation, strict=strict, fresh=fresh or None)
        for name, evaluation in scores.items()
    }
    if close is not None:
        facts["faithfulness"] = faithfulness_json(close)
    facts["decay"] = {name: row[f"decay_{name}"] for name in ("shortest", "median", "longest")}
    facts["weights"] = {name: row[f"weight_{name}"] for name in ("exc", "inh")}
    facts["methods"] = methods(rates, network, dict(scores), close, fresh=fresh, downsample=downsample)
    return facts


def network_row(
    file: str,
    rates: RateModel | None,
    network: SpikingNetwork,
    scores: Mapping[str, Evaluation],
    close: Faithfulness | None,
    *,
    strict: bool,
) -> dict[str, Any]:
    """Return the measures of a network; those that are undefined are None.

    Weights are means over the excitatory (positive) and inhibitory (negative) connections.
    """
    spiking = scores["spiking"]
    row: dict[str, Any] = {
        "file": file,
        "task": spiking.task.name,
        "trials": spiking.score.trials,
        "seed": spiking.seed,
        "scaling_factor": network.scaling_factor,
        "conversion": "published" if network.conversion is None else network.conversion.kind,
    }
    for name in ("rate", "spiking"):
        evaluation = scores.get(name)
        low, high = (None, None) if evaluation is None else evaluation.interval
        sustained = None if evaluation is None else evaluation.sustained_score
        row |= {
            f"{name}_accuracy": None if evaluation is None else evaluation.accuracy,
            f"{name}_low": low,
            f"{name}_high": high,
            f"{name}_sustained": None if sustained is None else sustained.accuracy,
        }
    measures = ("peak_ratio", "output_r2", "mean_output_r2", "mean_rate")
    row |= {name: None if close is None else getattr(close, name) for name in measures}
    decay = np.quantile(network.tau_decay, (0, 0.5, 1)).tolist()
    row |= dict(zip(("decay_shortest", "decay_median", "decay_longest"), decay, strict=True))
    weights = None if rates is None else rates.effective_weights()
    row["weight_exc"] = None if weights is None else _mean(weights[weights > 0])
    row["weight_inh"] = None if weights is None else _mean(weights[weights < 0])
    row["rule"], row["sustained_rule"] = spiking.task.rule(strict), spiking.task.sustained_rule()
    undefined = {name for name, value in row.items() if isinstance(value, float) and not math.isfinite(value)}
    return {name: None if name in undefined else value for name, value in row.items()}


def trials_csv(scores: Mapping[str, Evaluation]) -> str:
    """Return one row a trial: what is common to both networks, then the columns of each network."""
    tables = {name: evaluation.table() for name, evaluation in scores.items()}
    shared = ("trial", "condition", "label")
    columns = {name: next(iter(tables.values()))[name] for name in shared}
    for network, table in tables.items():
        columns |= {f"{network}_{name}": values for name, values in table.items() if name not in shared}
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return table_csv([dict(zip(columns, row, strict=True)) for row in rows])


def print_networks(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print a row a network, below a heading with trials and rules."""
    first = rows[0]
    echo(f"{first['trials']} trials, seed {first['seed']}; accuracy with 95 % Wilson interval")
    for task, rule, sustained in dict.fromkeys(
        (row["task"], row["rule"], row["sustained_rule"]) for row in rows
    ):
        words = f"{task}: correct: {rule}" + (f"; sustained: {sustained}" if sustained else "")
        echo(textwrap.fill(words, 80, subsequent_indent="  "), lines=True)
    echo(textwrap.fill(_MEANING, 80, subsequent_indent="  "), lines=True)
    echo(aligned([_HEADINGS, *(_cells(row) for row in rows)]), lines=True)


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    accuracies = (
        "-"
        if row[f"{name}_accuracy"] is None
        else "{:.3f} ({:.3f} to {:.3f})".format(
            *(row[f"{name}_{key}"] for key in ("accuracy", "low", "high"))
        )
        for name in ("rate", "spiking")
    )
    decay = (f"{row[name]:.0f}" for name in ("decay_shortest", "decay_median", "decay_longest"))
    return (
        *(row["file"], row["task"], f"{row['scaling_factor']:g}"),
        *accuracies,
        _number(row["spiking_sustained"], 3),
        *(_number(row["peak_ratio"], 2), _number(row["output_r2"], 2), _number(row["mean_rate"], 1)),
        " ".join(decay),
        *(_number(row["weight_exc"], 3), _number(row["weight_inh"], 3)),
    )


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _mean(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    return float(values.mean()) if values.size else math.nan

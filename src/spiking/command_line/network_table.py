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
    from spiking.typing import Floats

_HEADINGS = (
    *("file", "task", "factor", "converged", "converts", "lesioned", "rate network", "spiking network"),
    *("strict", "sustained", "output", "R2", "decay (ms)", "exc", "inh"),
)
_MEANING = (
    "converged, converts: whether training reached its criteria, and whether the spiking network then did "
    "the task, as the file records; lesioned: number of neurons; strict, sustained: scores of the spiking "
    "network by these rules, which are harder; output, R2, in the first {compared} trials: its output at the "
    "peak, divided by the rate network's, and R2 of single trials without noise of the rate network, with "
    "95 % bootstrap interval; decay: shortest, median and longest synaptic decay; exc, inh: mean weight of "
    "the excitatory and inhibitory recurrent connections of the rate network"
)
_RATE, _TO = "mean_rate_", "_to_"  # in the names of columns by type
_MEANING_BY_TYPE = (
    "Hz: mean rate of the spiking network in all trials, and of its populations; exc to inh: mean weight of "
    "the connections from excitatory to inhibitory units, of the rate network (of a network file alone: of "
    "the spiking one)"
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
    known = ("file", "task", "scaling_factor", "conversion", "converged", "converts", "lesioned", "changes")
    facts = {name: row[name] for name in known}
    facts |= {
        name: evaluation_json(evaluation, strict=strict, fresh=fresh or None)
        for name, evaluation in scores.items()
    }
    facts["verdict"] = network_verdict(network, scores)
    if close is not None:
        facts["faithfulness"] = faithfulness_json(close)
    facts["decay"] = {name: row[f"decay_{name}"] for name in ("shortest", "median", "longest")}
    facts["mean_rate"] = row["mean_rate"]
    facts["rates"] = {name.removeprefix(_RATE): row[name] for name in row if name.startswith(_RATE)}
    facts["weights"] = {name.removeprefix("weight_"): row[name] for name in row if name.startswith("weight_")}
    facts["methods"] = methods(rates, network, dict(scores), close, fresh=fresh, downsample=downsample)
    return facts


def network_verdict(network: SpikingNetwork, scores: Mapping[str, Evaluation]) -> str | None:
    """Return what a spiking network misses; None if it is nothing, or if one network was run alone."""
    from spiking.evaluation.verdict import verdict

    both = scores.get("rate"), scores.get("spiking")
    return None if both[0] is None or both[1] is None else verdict(both[0], both[1], network.conversion)


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

    Rates are of all trials; faithfulness, CV2 and Fano factor of the first ``faithfulness_trials``.
    Weights are means over the excitatory (positive) and inhibitory (negative) connections.
    """
    from spiking.network.describe import changes_words
    from spiking.rate_model.recorded_settings import recorded_flag

    spiking = scores["spiking"]
    row: dict[str, Any] = {
        "file": file,
        "task": spiking.task.name,
        "trials": spiking.score.trials,
        "seed": spiking.seed,
        "scaling_factor": network.scaling_factor,
        "conversion": "published" if network.conversion is None else network.conversion.kind,
        "converged": None if rates is None else recorded_flag(rates, "converged"),
        "converts": None if rates is None else recorded_flag(rates, "converts"),
        "lesioned": len(network.lesioned),
        "changes": "; ".join(changes_words(network)),
    }
    for name in ("rate", "spiking"):
        evaluation = scores.get(name)
        low, high = (None, None) if evaluation is None else evaluation.interval
        scores_by_rule = {} if evaluation is None else evaluation.scores
        row |= {
            f"{name}_accuracy": None if evaluation is None else evaluation.accuracy,
            f"{name}_low": low,
            f"{name}_high": high,
            **{
                f"{name}_{rule}": scores_by_rule[rule].accuracy if rule in scores_by_rule else None
                for rule in ("strict", "sustained")
            },
        }
    measures = ("peak_ratio", "output_r2", "mean_output_r2", "population_r2", "cv2", "fano")
    row["faithfulness_trials"] = None if close is None else close.spiking.trials
    row |= {name: None if close is None else getattr(close, name) for name in measures}
    for name in ("output_r2", "mean_output_r2"):
        low, high = (None, None) if close is None else getattr(close, f"{name}_interval")
        row |= {f"{name}_low": low, f"{name}_high": high}
    decay = np.quantile(network.tau_decay, (0, 0.5, 1)).tolist()
    row |= dict(zip(("decay_shortest", "decay_median", "decay_longest"), decay, strict=True))
    weights = None if rates is None else rates.effective_weights()
    row |= _rates(network, spiking.rates) if spiking.rates is not None else {"mean_rate": None}
    row["weight_exc"] = None if weights is None else _mean(weights[weights > 0])
    row["weight_inh"] = None if weights is None else _mean(weights[weights < 0])
    row |= _weights(rates, network)
    task = spiking.task
    row |= {
        "rule": task.rule(strict),
        "strict_rule": task.rule(True),
        "sustained_rule": task.sustained_rule(),
    }
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
    names = ("task", "rule", "strict_rule", "sustained_rule")
    for task, rule, strict, sustained in dict.fromkeys(tuple(row[name] for name in names) for row in rows):
        words = f"{task}: correct: {rule}"
        words += "" if strict == rule else f"; strict: {strict}"
        words += f"; sustained: {sustained}" if sustained else ""
        echo(textwrap.fill(words, 80, subsequent_indent="  "), lines=True)
    compared = max((row["faithfulness_trials"] or 0 for row in rows), default=0)
    echo(textwrap.fill(_MEANING.format(compared=compared), 80, subsequent_indent="  "), lines=True)
    echo(aligned([_HEADINGS, *(_cells(row) for row in rows)]), lines=True)
    columns = dict.fromkeys(name for row in rows for name in row if name.startswith(_RATE) or _TO in name)
    echo(textwrap.fill(_MEANING_BY_TYPE, 80, subsequent_indent="  "), lines=True)
    by_type = [
        [
            row["file"],
            _number(row["mean_rate"], 1),
            *(_number(row.get(name), 3 if _TO in name else 1) for name in columns),
        ]
        for row in rows
    ]
    echo(aligned([["file", "Hz", *map(_heading, columns)], *by_type]), lines=True)


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
        *({True: "yes", False: "no", None: "-"}[row[name]] for name in ("converged", "converts")),
        str(row["lesioned"]),
        *accuracies,
        *(_number(row[f"spiking_{rule}"], 3) for rule in ("strict", "sustained")),
        *(_number(row["peak_ratio"], 2), _interval(row, "output_r2")),
        " ".join(decay),
        *(_number(row["weight_exc"], 3), _number(row["weight_inh"], 3)),
    )


def _rates(network: SpikingNetwork, rates: Floats) -> dict[str, float]:
    """Return the mean rate of all neurons that are not lesioned, and of those of each population."""
    alive = ~np.isnan(rates)
    row = {"mean_rate": _mean(rates[alive])}
    for name, members in network.populations.items():
        if members.any() and (name not in ("pv", "som") or network.populations["som"].any()):
            row[f"{_RATE}{_named(name)}"] = _mean(rates[members & alive])
    return row


def _weights(rates: RateModel | None, network: SpikingNetwork) -> dict[str, float]:
    """Return the mean weight of the connections from each type of units to each."""
    weights = network.dense_weights if rates is None else rates.effective_weights()
    populations = network.populations
    types = ("exc", "pv", "som") if populations["som"].any() else ("exc", "inh")
    blocks = {
        (pre, post): weights[np.ix_(populations[post], populations[pre])] for pre in types for post in types
    }
    return {
        f"weight_{_named(pre)}{_TO}{_named(post)}": _mean(block[block != 0])
        for (pre, post), block in blocks.items()
        if populations[pre].any() and populations[post].any()
    }


def _named(population: str) -> str:
    return "sst" if population == "som" else population


def _heading(column: str) -> str:
    """Return the heading of a column by type, such as ``Hz sst`` or ``exc to inh``."""
    if column.startswith(_RATE):
        return f"Hz {column.removeprefix(_RATE)}"
    return column.removeprefix("weight_").replace("_", " ")


def _interval(row: Mapping[str, Any], name: str) -> str:
    """Return a measure with its interval, if it has one."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    value = _number(row[name], 2)
    return value if low is None or high is None else f"{value} ({low:.2f} to {high:.2f})"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _mean(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    return float(values.mean()) if values.size else math.nan

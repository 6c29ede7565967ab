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
    from spiking.tasks import Task
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
_DECAYS = ("tau_decay_ms_shortest", "tau_decay_ms_median", "tau_decay_ms_longest")
_RATE, _TO = "rate_hz_", "_to_"  # in the names of columns by type
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
        f"{name}_network": evaluation_json(evaluation, strict=strict, fresh=fresh or None)
        for name, evaluation in scores.items()
    }
    facts["verdict"] = network_verdict(network, scores)
    if close is not None:
        facts["faithfulness"] = faithfulness_json(close)
    facts["tau_decay_ms"] = {name: row[f"tau_decay_ms_{name}"] for name in ("shortest", "median", "longest")}
    facts |= {name: row[name] for name in row if name.startswith("rate_hz")}
    facts["weight"] = {name.removeprefix("weight_"): row[name] for name in row if name.startswith("weight_")}
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
        row |= accuracy_columns(f"{name}_network", evaluation)
    measures = ("peak_ratio", "output_r2", "mean_output_r2", "population_r2", "cv2", "fano")
    row["faithfulness_trials"] = None if close is None else close.spiking.trials
    row |= {name: None if close is None else getattr(close, name) for name in measures}
    for name in ("output_r2", "mean_output_r2"):
        low, high = (None, None) if close is None else getattr(close, f"{name}_interval")
        row |= {f"{name}_low": low, f"{name}_high": high}
    decay = np.quantile(network.tau_decay, (0, 0.5, 1)).tolist()
    row |= dict(zip(_DECAYS, decay, strict=True))
    weights = None if rates is None else rates.effective_weights()
    row |= _rates(network, spiking.rates) if spiking.rates is not None else {"rate_hz": None}
    row["weight_exc"] = None if weights is None else _mean(weights[weights > 0])
    row["weight_inh"] = None if weights is None else _mean(weights[weights < 0])
    row |= _weights(rates, network)
    row["weights_of"] = "spiking network" if rates is None else "rate network"
    row |= rule_columns(spiking.task, strict=strict)
    undefined = {name for name, value in row.items() if isinstance(value, float) and not math.isfinite(value)}
    return {name: None if name in undefined else value for name, value in row.items()}


def accuracy_columns(network: str, evaluation: Evaluation | None) -> dict[str, Any]:
    """Return a network's accuracy by each rule, with its interval; None where it is not known."""
    columns: dict[str, Any] = {}
    scores = {} if evaluation is None else {"": evaluation.score, **evaluation.scores}
    for rule, name in (("", "accuracy"), ("strict", "strict"), ("sustained", "sustained")):
        score = scores.get(rule)
        low, high = (None, None) if score is None else score.interval
        before = f"{network}_{rule}_" if rule else f"{network}_"
        accuracy = None if score is None else score.accuracy
        columns |= {f"{network}_{name}": accuracy, f"{before}low": low, f"{before}high": high}
    return columns


def rule_columns(task: Task, *, strict: bool) -> dict[str, Any]:
    """Return when a trial is correct: by the rule of the accuracy, and by the others."""
    others = {"strict_rule": task.rule(strict=True), "sustained_rule": task.sustained_rule()}
    return {"rule": task.rule(strict), **others}


def trials_csv(scores: Mapping[str, Evaluation]) -> str:
    """Return one row a trial: what is common to both networks, then the columns of each network."""
    tables = {name: evaluation.table() for name, evaluation in scores.items()}
    shared = ("trial", "condition", "label")
    columns = {name: next(iter(tables.values()))[name] for name in shared}
    for network, table in tables.items():
        columns |= {
            f"{network}_network_{name}": values for name, values in table.items() if name not in shared
        }
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
            number(row["rate_hz"], 1),
            *(number(row.get(name), 3 if _TO in name else 1) for name in columns),
        ]
        for row in rows
    ]
    echo(aligned([["file", "Hz", *map(_heading, columns)], *by_type]), lines=True)


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    from spiking.analysis.faithfulness import plain

    accuracies = (
        "-"
        if row[f"{name}_network_accuracy"] is None
        else "{:.3f} ({:.3f} to {:.3f})".format(
            *(row[f"{name}_network_{key}"] for key in ("accuracy", "low", "high"))
        )
        for name in ("rate", "spiking")
    )
    decay = (f"{row[name]:.0f}" for name in _DECAYS)
    return (
        *(row["file"], row["task"], f"{row['scaling_factor']:g}"),
        *({True: "yes", False: "no", None: "-"}[row[name]] for name in ("converged", "converts")),
        str(row["lesioned"]),
        *accuracies,
        *(number(row[f"spiking_network_{rule}"], 3) for rule in ("strict", "sustained")),
        *(plain(_or_nan(row["peak_ratio"])), _interval(row, "output_r2")),
        " ".join(decay),
        *(number(row["weight_exc"], 3), number(row["weight_inh"], 3)),
    )


def _rates(network: SpikingNetwork, rates: Floats) -> dict[str, float]:
    """Return the mean rate of all neurons that are not lesioned, and of those of each population."""
    alive = ~np.isnan(rates)
    row = {"rate_hz": _mean(rates[alive])}
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
    from spiking.analysis.faithfulness import with_interval

    value, low, high = (_or_nan(row[key]) for key in (name, f"{name}_low", f"{name}_high"))
    return with_interval(value, (low, high))


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def number(value: float | None, digits: int) -> str:
    """Return a number with so many digits after the point, or a dash if there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def _mean(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    return float(values.mean()) if values.size else math.nan

"""`spiking evaluate`: measure the accuracy of a model, as a rate network and as a spiking network."""

from __future__ import annotations

import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spiking.command_line import options
from spiking.command_line.output import echo, faithfulness_json, faithfulness_line
from spiking.command_line.progress import progress_bar
from spiking.files.escape import csv_text

if TYPE_CHECKING:
    from spiking.evaluation.result import Evaluation, Score


def evaluate(
    model: options.Network,
    task_name: options.TaskName = None,
    settings: options.Settings = None,
    trials: options.Trials = 100,
    seed: options.Seed = 1,
    scaling_factor: options.ScalingFactor = None,
    rate_model: options.RateModelFile = None,
    strict: options.Strict = False,
    downsample: options.Downsample = 1,
    threads: options.Threads = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write a table into this file, one row per trial.")
    ] = None,
    as_json: options.AsJson = False,
    record: Annotated[
        bool,
        typer.Option(
            "--record",
            help="Write the task and its settings into the file, so that --task need not be given again.",
        ),
    ] = False,
) -> None:
    """Measure how often the rate and the spiking network are correct.

    Both networks run the same trials. Beside the task's rule stand the strict one, which forbids the
    opposite response, and the sustained one, of the mean output. Intervals are 95 % Wilson score intervals.
    The last line says how close the spiking network is to the rate network without noise, and how it fires,
    in the first 40 trials.
    A network file is compared with the rate model in --rate-model, or run alone.

    Example: spiking evaluate model.mat --task go-nogo --trials 200 --seed 1 --scaling-factor 30
    """
    import json

    from spiking.analysis.faithfulness import COMPARED_TRIALS, faithfulness
    from spiking.evaluation import evaluate as score_network
    from spiking.evaluation.words import freshness, rules
    from spiking.files.output import check_outputs, keep_text
    from spiking.network.record_task import check_recordable, record_task
    from spiking.report.methods import methods
    from spiking.tuning.recorded_search import is_recorded_choice

    check_outputs([(csv_file, (".csv",))], [model, task_name])
    rates, network = options.both_networks(model, rate_model, scaling_factor)
    task = options.chosen_task(rates or network, task_name, settings)
    if record:
        check_recordable(model, network if rates is None or rate_model is not None else rates, task)
    kind = "published" if network.conversion is None else network.conversion.kind
    scores = {}
    if rates is not None:
        scores["rate"] = score_network(rates, task, trials, seed=seed, strict=strict)
    with progress_bar("trials", trials) as advance:
        scores["spiking"] = score_network(
            network,
            task,
            trials,
            seed=seed,
            strict=strict,
            downsample=downsample,
            threads=threads,
            progress=advance,
        )
    if record:
        record_task(model, task)
        echo(f"{model} now records the task {task.name}", err=True)
    fresh = rates is not None and rate_model is None and is_recorded_choice(rates, network)
    which, close = freshness(task, seed, fresh=fresh), None
    if rates is not None:
        close = faithfulness(
            rates,
            network,
            task,
            trials=min(trials, COMPARED_TRIALS),
            seed=seed,
            downsample=downsample,
            threads=threads,
        )
    if as_json:
        facts = {
            "model": model,
            "task": task.name,
            "seed": seed,
            "trials": which,
            "rule": task.rule(strict),
            "rules": rules(scores["spiking"]),
            "scaling_factor": network.scaling_factor,
            "conversion": kind,
        }
        results = {name: _json(evaluation) for name, evaluation in scores.items()}
        measures = {} if close is None else {"faithfulness": faithfulness_json(close)}
        paragraph = {"methods": methods(rates, network, scores, close, fresh=fresh, downsample=downsample)}
        echo(json.dumps({**facts, **results, **measures, **paragraph}, indent=1), lines=True)
    else:
        echo(f"{task.name}, {trials} trials, seed {seed}, scaling factor {network.scaling_factor:g}")
        if network.conversion is not None:
            echo(str(network.conversion))
        _print_scores(scores, strict, which)
        if close is not None:
            echo(faithfulness_line(close))
    if csv_file is not None:
        keep_text(csv_file, _csv(scores))


def _print_scores(scores: dict[str, Evaluation], strict: bool, which: str) -> None:
    from spiking.evaluation.words import rules

    evaluations = list(scores.values())
    first = evaluations[0]
    if first.score.scored:
        for name, rule in rules(first).items():
            title = "correct" if name == "published" else name
            echo(textwrap.fill(f"{title}: {rule}", 115, subsequent_indent="  "), lines=True)
    _print_row("", [f"{name} network" for name in scores])
    names = list(rules(first))
    if len(names) < 2:
        _print_row("correct", [_cell(evaluation.score) for evaluation in evaluations])
    else:
        for name in names:
            title = "correct" if name == "published" else name
            _print_row(title, [_cell(evaluation.scores[name]) for evaluation in evaluations])
    for condition in first.by_condition:
        _print_row(
            f"  {condition}", [_cell(evaluation.by_condition[condition]) for evaluation in evaluations]
        )
    used = "in each condition: strict; " if strict and "strict" in names else ""
    echo(f"{used}95 % Wilson intervals; {which}")


def _csv(scores: dict[str, Evaluation]) -> str:
    """Return one row a trial: what is common to both networks, then the columns of each network."""
    tables = {name: evaluation.table() for name, evaluation in scores.items()}
    shared = ("trial", "condition", "label")
    columns = {name: next(iter(tables.values()))[name] for name in shared}
    for network, table in tables.items():
        columns |= {f"{network}_{name}": values for name, values in table.items() if name not in shared}
    rows = zip(*([_text(value) for value in values.tolist()] for values in columns.values()), strict=True)
    return csv_text(list(columns), (list(row) for row in rows))


def _text(value: object) -> object:
    return "" if isinstance(value, float) and math.isnan(value) else value


def _print_row(name: str, cells: list[str]) -> None:
    echo(f"{name:16}{''.join(f'{cell:28}' for cell in cells)}".rstrip())


def _json(evaluation: Evaluation) -> dict[str, object]:
    conditions = {name: score.as_json() for name, score in evaluation.by_condition.items()}
    others = {name: score.as_json() for name, score in evaluation.scores.items()}
    return {**evaluation.score.as_json(), "by_condition": conditions, "by_rule": others}


def _cell(score: Score) -> str:
    if not score.scored:
        return "not scored"
    low, high = score.interval
    return f"{score.accuracy:.3f} ({low:.3f} to {high:.3f})"

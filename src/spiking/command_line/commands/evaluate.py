"""`spiking evaluate`: measure the accuracy of a model, as a rate network and as a spiking network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spiking.command_line import options
from spiking.command_line.output import echo, faithfulness_json, faithfulness_line
from spiking.command_line.progress import progress_bar

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
    as_json: options.AsJson = False,
) -> None:
    """Measure how often the rate and the spiking network are correct.

    Both networks run the same trials. Intervals are 95 % Wilson score intervals. The last line says how
    close the spiking network is to the rate network without noise, and how it fires, in the first 40 trials.
    A network file is compared with the rate model in --rate-model, or run alone.

    Example: spiking evaluate model.mat --task go-nogo --trials 200 --seed 1 --scaling-factor 30
    """
    import json

    from spiking.analysis.faithfulness import COMPARED_TRIALS, faithfulness
    from spiking.evaluation import evaluate as score_network

    rates, network = options.both_networks(model, rate_model, scaling_factor)
    task = options.chosen_task(rates or network, task_name, settings)
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
    close = None
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
            "scaling_factor": network.scaling_factor,
            "conversion": kind,
        }
        results = {name: _json(evaluation) for name, evaluation in scores.items()}
        measures = {} if close is None else {"faithfulness": faithfulness_json(close)}
        echo(json.dumps({**facts, **results, **measures}, indent=1), lines=True)
        return
    echo(f"{task.name}, {trials} trials, seed {seed}, scaling factor {network.scaling_factor:g}")
    if network.conversion is not None:
        echo(str(network.conversion))
    evaluations = list(scores.values())
    _print_row("", [f"{name} network" for name in scores])
    _print_row("all", [_cell(evaluation.score) for evaluation in evaluations])
    for condition in evaluations[0].by_condition:
        _print_row(condition, [_cell(evaluation.by_condition[condition]) for evaluation in evaluations])
    if close is not None:
        echo(faithfulness_line(close))


def _print_row(name: str, cells: list[str]) -> None:
    echo(f"{name:16}{''.join(f'{cell:28}' for cell in cells)}".rstrip())


def _json(evaluation: Evaluation) -> dict[str, object]:
    conditions = {name: score.as_json() for name, score in evaluation.by_condition.items()}
    return {**evaluation.score.as_json(), "by_condition": conditions}


def _cell(score: Score) -> str:
    if not score.scored:
        return "not scored"
    low, high = score.interval
    return f"{score.accuracy:.3f} ({low:.3f} to {high:.3f})"

"""`spiking evaluate`: measure the accuracy of a model, as a rate network and as a spiking network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from spiking.command_line import options
from spiking.command_line.output import faithfulness_json, faithfulness_line
from spiking.command_line.progress import progress_bar

if TYPE_CHECKING:
    from spiking.evaluation.evaluate import Evaluation, Score


def evaluate(
    model: options.Model,
    task_name: options.TaskName = None,
    settings: options.Settings = None,
    trials: options.Trials = 100,
    seed: options.Seed = 1,
    scaling_factor: options.ScalingFactor = None,
    strict: options.Strict = False,
    downsample: options.Downsample = 1,
    threads: options.Threads = None,
    as_json: options.AsJson = False,
) -> None:
    """Measure how often the rate and the spiking network are correct.

    Both networks run the same trials. Intervals are 95 % Wilson score intervals. The last line says how
    close the spiking network is to the rate network without noise, and how it fires, in the first 40 trials.

    Example: spiking evaluate model.mat --task go-nogo --trials 200 --seed 1 --scaling-factor 30
    """
    import json

    from spiking.analysis.faithfulness import COMPARED_TRIALS, faithfulness
    from spiking.evaluation import evaluate as score_network
    from spiking.network.network import SpikingNetwork

    rate_model = options.load_model(model)
    task = options.chosen_task(rate_model, task_name, settings)
    network = SpikingNetwork.from_rate(rate_model, scaling_factor)
    kind = "published" if network.conversion is None else network.conversion.kind
    rate = score_network(rate_model, task, trials, seed=seed, strict=strict)
    with progress_bar("trials", trials) as advance:
        spiking = score_network(
            network,
            task,
            trials,
            seed=seed,
            strict=strict,
            downsample=downsample,
            threads=threads,
            progress=advance,
        )
    close = faithfulness(
        rate_model,
        network,
        task,
        trials=min(trials, COMPARED_TRIALS),
        seed=seed,
        downsample=downsample,
        threads=threads,
    )
    scores = {"rate": rate, "spiking": spiking}
    if as_json:
        facts = {
            "model": model,
            "task": task.name,
            "seed": seed,
            "scaling_factor": network.scaling_factor,
            "conversion": kind,
        }
        results = {name: _json(evaluation) for name, evaluation in scores.items()}
        measures = {"faithfulness": faithfulness_json(close)}
        typer.echo(json.dumps({**facts, **results, **measures}, indent=1))
        return
    typer.echo(f"{task.name}, {trials} trials, seed {seed}, scaling factor {network.scaling_factor:g}")
    if network.conversion is not None:
        typer.echo(str(network.conversion))
    typer.echo(f"{'':16}{'rate network':28}spiking network")
    typer.echo(f"{'all':16}{_cell(rate.score):28}{_cell(spiking.score)}")
    for name, score in rate.by_condition.items():
        typer.echo(f"{name:16}{_cell(score):28}{_cell(spiking.by_condition[name])}")
    typer.echo(faithfulness_line(close))


def _json(evaluation: Evaluation) -> dict[str, object]:
    conditions = {name: score.as_json() for name, score in evaluation.by_condition.items()}
    return {**evaluation.score.as_json(), "by_condition": conditions}


def _cell(score: Score) -> str:
    low, high = score.interval
    return f"{score.accuracy:.3f} ({low:.3f} to {high:.3f})"

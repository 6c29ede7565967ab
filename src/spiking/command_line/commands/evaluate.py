"""`spiking evaluate`: measure the accuracy of a model, as a rate network and as a spiking network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from spiking.command_line.models import SettingOption, TaskOption, chosen_task, load_model
from spiking.command_line.progress import progress_bar

if TYPE_CHECKING:
    from spiking.evaluation.evaluate import Evaluation, Score


def evaluate(
    model: Annotated[str, typer.Argument(help="Model file (.mat), or go-nogo, xor, mante or dms.")],
    task_name: TaskOption = None,
    setting: SettingOption = None,
    trials: Annotated[int, typer.Option(min=1, max=1_000_000, help="Number of trials.")] = 100,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="The same seed gives the same score.")] = 1,
    scaling_factor: Annotated[
        float | None,
        typer.Option(help="Use the published conversion with this factor. Default: as the file records."),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="A trial is wrong if the output also crosses the opposite threshold."),
    ] = False,
    downsample: Annotated[
        int, typer.Option(min=1, help="Make time steps this many times longer: faster, less accurate.")
    ] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Number of threads. Default: all processors.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure how often the rate and the spiking network are correct.

    Both networks run the same trials. Intervals are 95 % Wilson score intervals.

    Example: spiking evaluate model.mat --task go-nogo --trials 200 --seed 1 --scaling-factor 30
    """
    import json

    from spiking.evaluation import evaluate as score_network
    from spiking.network.network import SpikingNetwork

    rate_model = load_model(model)
    task = chosen_task(rate_model, task_name, setting)
    network = SpikingNetwork.from_rate(rate_model, scaling_factor)
    kind = "published" if network.conversion is None else network.conversion.kind
    rate = score_network(rate_model, task, trials, seed=seed, strict=strict)
    with progress_bar(trials) as advance:
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
    scores = {"rate": rate, "spiking": spiking}
    if as_json:
        facts = {name: _json(evaluation) for name, evaluation in scores.items()}
        print_facts = {"model": model, "task": task.name, "seed": seed}
        used = {"scaling_factor": network.scaling_factor, "conversion": kind}
        typer.echo(json.dumps({**print_facts, **used, **facts}, indent=1))
        return
    typer.echo(f"{task.name}, {trials} trials, seed {seed}, scaling factor {network.scaling_factor:g}")
    if network.conversion is not None:
        typer.echo(str(network.conversion))
    typer.echo(f"{'':16}{'rate network':28}spiking network")
    typer.echo(f"{'all':16}{_cell(rate.score):28}{_cell(spiking.score)}")
    for name, own in rate.by_condition.items():
        typer.echo(f"{name:16}{_cell(own):28}{_cell(spiking.by_condition[name])}")


def _json(evaluation: Evaluation) -> dict[str, object]:
    conditions = {name: score.as_json() for name, score in evaluation.by_condition.items()}
    return {**evaluation.score.as_json(), "by_condition": conditions}


def _cell(score: Score) -> str:
    low, high = score.interval
    return f"{score.accuracy:.3f} ({low:.3f} to {high:.3f})"

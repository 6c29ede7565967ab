"""`spiking evaluate`: measure the accuracy of a model, as a rate network and as a spiking network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking.command_line import loading, options
from spiking.command_line.network_table import (
    accuracy_columns,
    network_json,
    network_row,
    network_verdict,
    print_networks,
    rule_columns,
    trials_csv,
)
from spiking.command_line.output import (
    echo,
    faithfulness_line,
    print_failures,
    print_json,
    table_csv,
)
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError, SpikingError

if TYPE_CHECKING:
    from spiking import RateModel, SpikingNetwork
    from spiking.analysis import Faithfulness
    from spiking.evaluation.result import Evaluation
    from spiking.tasks import Task


def evaluate(
    models: options.Networks,
    task_name: options.TaskName = None,
    settings: options.Settings = None,
    trials: options.Trials = 100,
    seed: options.Seed = 1,
    scaling_factor: options.ScalingFactor = None,
    rate_model: options.RateModelFile = None,
    rate_network: Annotated[
        bool, typer.Option("--rate-network", help="Run the rate network only, which needs no scaling factor.")
    ] = False,
    strict: options.Strict = False,
    downsample: options.Downsample = 1,
    threads: options.Threads = None,
    csv_file: Annotated[
        Path | None, options.table_of("trial of one network, or per network of several")
    ] = None,
    force: options.Force = False,
    as_json: options.AsJson = False,
    record: Annotated[
        bool,
        typer.Option(
            "--record",
            help="Write the task and the accuracy into the file: --task need not be given again, and "
            "`spiking info` shows the accuracy.",
        ),
    ] = False,
) -> None:
    """Measure how often the rate and the spiking network are correct.

    Both networks run the same trials. Beside the task's rule stand the strict one, which forbids the
    opposite response, and the sustained one, of the mean output. Intervals are 95 % Wilson score intervals.
    The next line says how close the spiking network is to the rate network without noise, and how it fires,
    in the first 40 trials. If it does not reach the rate network or 95 %, by any rule, a last line says so.
    With --rate-network, the rate network is run alone, to check it before it is converted.
    A network file is compared with the rate model in --rate-model, or run alone.
    Several files, or a folder, are shown as one table: accuracies, faithfulness, rates, decays and weights.
    If one of them fails, the others are still evaluated, and the exit status is 1.

    Example: spiking evaluate model.mat --task go-nogo --trials 200 --seed 1 --scaling-factor 30
    """
    from spiking.evaluation.words import evaluation_json
    from spiking.files.output import check_outputs, keep_text
    from spiking.tuning.recorded_search import is_recorded_choice

    files = loading.model_files(models, networks=True)
    check_outputs([(csv_file, (".csv",))], [*files, task_name], force=force)

    def run(file: str, advance: Callable[[int], None]) -> _Run:
        rates, network = loading.both_networks(file, rate_model, scaling_factor, task=(task_name, settings))
        task = loading.chosen_task(rates or network, task_name, settings)
        recorded = network if rates is None or rate_model is not None else rates
        return _run(
            file,
            rates,
            network,
            task,
            recorded if record else None,
            trials=trials,
            seed=seed,
            strict=strict,
            downsample=downsample,
            threads=threads,
            fresh=rates is not None and rate_model is None and is_recorded_choice(rates, network),
            progress=advance,
        )

    many = files != models or len(files) > 1
    if rate_network:
        if scaling_factor is not None or rate_model is not None or record or downsample != 1:
            raise ArgumentError(
                "--rate-network runs no spiking network; expected no --scaling-factor, --rate-model, "
                "--record or --downsample with it"
            )
        evaluated = _rate_networks(files, task_name, settings, trials=trials, seed=seed, strict=strict)
        if as_json:
            print_json(
                [
                    {
                        "file": file,
                        "task": score.task.name,
                        "rate_network": evaluation_json(score, strict=strict, fresh=None),
                    }
                    for file, score in evaluated.items()
                ]
            )
        for file, score in evaluated.items():
            echo(f"{file}: {score}" if many else str(score), lines=True)
        if csv_file is not None:
            only = {"rate": evaluated[files[0]]}
            rows_of_rates = [
                {
                    **{"file": file, "task": score.task.name, "trials": trials, "seed": seed},
                    **accuracy_columns("rate_network", score),
                    **rule_columns(score.task, strict=strict),
                }
                for file, score in evaluated.items()
            ]
            keep_text(csv_file, table_csv(rows_of_rates) if many else trials_csv(only))
        return
    results: dict[str, _Run] = {}
    errors: dict[str, Exception] = {}
    with progress_bar("trials", trials * len(files)) as show:
        for k, file in enumerate(files):
            try:
                results[file] = run(file, lambda done, before=k * trials: show(before + done))  # type: ignore[misc]
            except SpikingError as error:  # the others are still evaluated
                if not many:
                    raise
                errors[file] = error
    failed = {file: {"file": file, "error": str(error)} for file, error in errors.items()}
    rows = {
        file: network_row(file, *result.networks, result.scores, result.close, strict=strict)
        for file, result in results.items()
    }
    if as_json:
        found = {
            file: network_json(
                *(file, *result.networks, result.scores, result.close),
                strict=strict,
                fresh=result.fresh,
                downsample=downsample,
            )
            for file, result in results.items()
        }
        print_json([{**found, **failed}[file] for file in files])
    elif many:
        if rows:
            print_networks(list(rows.values()))
        for file, result in results.items():
            missed = network_verdict(result.networks[1], result.scores)
            if missed is not None:
                echo(f"{file}: {missed}")
    else:
        _print_one(results[files[0]], trials, seed, strict)
    if csv_file is not None:
        several = [{**rows, **failed}[file] for file in files]
        keep_text(csv_file, table_csv(several) if many else trials_csv(results[files[0]].scores))
    print_failures(errors)


def _rate_networks(
    files: list[str],
    task_name: str | None,
    settings: list[str] | None,
    *,
    trials: int,
    seed: int,
    strict: bool,
) -> dict[str, Evaluation]:
    """Return how the rate network of each file did its task."""
    from spiking.evaluation import evaluate as score_network

    scores = {}
    for file in files:
        model = loading.load_model(file)
        task = loading.chosen_task(model, task_name, settings)
        scores[file] = score_network(model, task, trials, seed=seed, strict=strict)
    return scores


@dataclass(frozen=True)
class _Run:
    """The networks of a file, and how they did the task."""

    networks: tuple[RateModel | None, SpikingNetwork]
    task: Task
    scores: dict[str, Evaluation]
    close: Faithfulness | None
    fresh: bool  # whether it is known that nothing was chosen on the trials


def _run(
    file: str,
    rates: RateModel | None,
    network: SpikingNetwork,
    task: Task,
    recorded: RateModel | SpikingNetwork | None,
    *,
    trials: int,
    seed: int,
    strict: bool,
    downsample: int,
    threads: int | None,
    fresh: bool,
    progress: Callable[[int], None],
) -> _Run:
    """Run the trials; `recorded` is what is in the file, if the task is to be recorded there."""
    from spiking.analysis.faithfulness import COMPARED_TRIALS, faithfulness
    from spiking.evaluation import evaluate as score_network
    from spiking.evaluation.record_accuracy import record_accuracy
    from spiking.network.record_task import check_recordable, record_task

    if recorded is not None:
        check_recordable(file, recorded, task)
    scores = {}
    if rates is not None:
        scores["rate"] = score_network(rates, task, trials, seed=seed, strict=strict)
    scores["spiking"] = score_network(
        network,
        task,
        trials,
        seed=seed,
        strict=strict,
        downsample=downsample,
        threads=threads,
        progress=progress,
    )
    if recorded is not None:
        record_task(file, task)
        rate = None if recorded is network else scores.get("rate")
        options: dict[str, Any] = {"strict": strict, "downsample": downsample, "fresh": fresh}
        counted = record_accuracy(file, recorded, network, scores["spiking"], rate, **options)
        accuracy = "and this accuracy" if counted else "but not this accuracy, which is of another conversion"
        echo(f"{file} now records the task {task.name}, {accuracy}", err=True)
    close = None
    if rates is not None:
        compared = min(trials, COMPARED_TRIALS)
        close = faithfulness(
            rates, network, task, trials=compared, seed=seed, downsample=downsample, threads=threads
        )
    return _Run((rates, network), task, scores, close, fresh)


def _print_one(run: _Run, trials: int, seed: int, strict: bool) -> None:
    from spiking.conversion.recorded_conversion import recorded_conversion
    from spiking.evaluation.words import freshness, response_lines, score_lines
    from spiking.network.describe import changes_words

    rates, network = run.networks
    about = [f"{run.task.name}, {trials} trials, seed {seed}, scaling factor {network.scaling_factor:g}"]
    recorded = None if rates is None else recorded_conversion(rates)
    if network.conversion is None and recorded is not None and recorded.kind not in ("published", "trained"):
        about.append(f"the published conversion, not the {recorded.kind} one that the file records")
    echo("; ".join([*about, *changes_words(network)]))
    if network.conversion is not None:
        echo(str(network.conversion))
    for line in score_lines(run.scores, freshness(run.task, seed, fresh=run.fresh), strict=strict):
        echo(line, lines=True)
    for line in response_lines(run.scores):
        echo(line, lines=True)
    if run.close is not None:
        echo(faithfulness_line(run.close))
    missed = network_verdict(network, run.scores)
    if missed is not None:
        echo(missed)

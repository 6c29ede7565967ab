"""`spiking tune`: find the scaling factors of models and write them into their files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking.command_line import loading, options
from spiking.command_line.network_table import accuracy_columns, number, rule_columns
from spiking.command_line.output import (
    aligned,
    check_can_draw,
    echo,
    faithfulness_json,
    faithfulness_line,
    json_text,
    print_json,
    print_message,
    table_csv,
    write_figure,
)
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError
from spiking.tasks.number_lists import listed_numbers

if TYPE_CHECKING:
    from spiking.tuning import Tuned


def tune(
    models: Annotated[list[str], typer.Argument(metavar="MODEL", help="Model files (.mat), or folders.")],
    task_name: options.TaskName = None,
    settings: options.Settings = None,
    method: Annotated[
        str, typer.Option(metavar="auto|grid", help="Search method; grid is the published one.")
    ] = "auto",
    conversion: options.Conversion = "published",
    seed: options.Seed = 1,
    trials: options.Trials = 100,
    candidates: Annotated[
        str | None,
        typer.Option(
            help="Factors to try, such as 20,25,30 or 20:75:5. Default: 20 to 75 (grid), or chosen by auto."
        ),
    ] = None,
    choice: Annotated[
        str,
        typer.Option(
            metavar="plateau|first",
            help="plateau: of the best factors, the closest to the rate network (grid: the middle one). "
            "first: the first best one, as published.",
        ),
    ] = "plateau",
    extend: Annotated[
        bool,
        typer.Option(
            "--extend/--no-extend",
            help="Also try factors beyond the range if the best reach its end (published: never).",
        ),
    ] = True,
    noises: Annotated[
        str | None,
        typer.Option(
            help="Membrane noises to compare in a matched search, such as 0.1,0.5 (mV a step). Default: 0.1, "
            "the published one."
        ),
    ] = None,
    margin: Annotated[
        float, typer.Option(help="auto stops when no candidate can be better by more than this accuracy.")
    ] = 0.05,
    downsample: options.Downsample = 1,
    threads: options.Threads = None,
    scheduler: options.Scheduler = None,
    force: options.Force = False,
    no_write: Annotated[bool, typer.Option("--no-write", help="Do not change the model files.")] = False,
    output: Annotated[Path | None, options.output_to("Write all results into this .json file.")] = None,
    csv_file: options.Csv = None,
    plot: Annotated[Path | None, options.picture_of("accuracy against factor (one model)")] = None,
    caption: options.Caption = False,
    as_json: options.AsJson = False,
) -> None:
    """Find scaling factors of models and write them into the files.

    The model files are changed: --no-write leaves them as they are.
    Runs up to --trials of each candidate. The reported accuracy comes from as many fresh trials, which were
    not used to choose the factor. Models that are already tuned are skipped, unless --force is given. If a
    run was stopped or killed, the same command continues where it stopped. If one model fails, the others
    are still tuned, and the exit status is 1.

    Example: spiking tune models/*.mat --task go-nogo --threads 2
    """
    from spiking.files.output import PICTURES, check_outputs, keep_text
    from spiking.tuning import find_scaling_factors

    models = loading.model_files(models)
    options.check_caption(caption, plot)
    outputs = [(output, (".json",)), (csv_file, (".csv",)), (plot, PICTURES)]
    check_outputs(outputs, [*models, task_name], force=force)
    if plot is not None:
        check_can_draw(f"the picture {plot}")
        if len(models) > 1:
            raise ArgumentError(f"{len(models)} models are given; expected one with --plot")
    search_options: dict[str, Any] = {
        "method": method,
        "candidates": None if candidates is None else listed_numbers("--candidates", candidates),
        "trials": trials,
        "noises": None if noises is None else listed_numbers("--noises", noises),
        "choice": choice,
        "extend": extend,
        "margin": margin,
        "downsample": downsample,
        "conversion": conversion,
    }
    given = loading.task_settings(settings)
    with loading.cluster_client(scheduler) as client, progress_bar("models", len(models)) as advance:
        tuned = find_scaling_factors(
            models,
            task_name,
            settings=given,
            seed=seed,
            threads=threads,
            client=client,
            write=not no_write,
            force=force,
            progress=lambda models, candidates, trials: advance(
                models, note=f"{candidates} candidates, {trials} trials"
            ),
            **search_options,
        )
    for result in tuned:
        if result.search is not None:
            search = result.search
            loading.print_settings(search.model, search.task, given, suggested=task_name is None)
    if len(models) == 1 and tuned[0].error is not None:
        raise tuned[0].error
    only = tuned[0].search if len(models) == 1 else None
    entries = [_json(result) for result in tuned] if as_json or output is not None else []
    if as_json:
        print_json(entries)
        _print_skipped(tuned)
    elif only is not None:
        echo(str(only), lines=True)
        if not no_write and only.method != "trained":
            echo(f"wrote the scaling factor into {tuned[0].source} (opt_scaling_factor, tuning)")
        echo(faithfulness_line(only.faithfulness))
        if only.verdict is not None:
            echo(only.verdict)
    else:
        _print_table(tuned)
    errors = [result.error for result in tuned if result.error is not None]
    texts = {csv_file: table_csv([_row(result) for result in tuned])}
    if output is not None:
        texts[output] = json_text(entries)
    for path, text in texts.items():
        if path is not None:
            try:
                keep_text(path, text)
            except ArgumentError as failure:  # the other file is still written
                errors.append(failure)
    if plot is not None and only is not None:
        write_figure(plot, only.plot().figure, caption=caption)
    for error in errors:
        print_message(str(error))
    if errors:
        raise typer.Exit(1)


def _json(result: Tuned) -> dict[str, Any]:
    search: dict[str, Any] = {}
    if result.search is not None:
        search = {
            **result.search.as_json(),
            "verdict": result.search.verdict,
            "faithfulness": faithfulness_json(result.search.faithfulness),
        }
    error = None if result.error is None else str(result.error)
    facts = {"file": result.source, "scaling_factor": result.scaling_factor, "skipped": result.skipped}
    return {**facts, "error": error, **search}


def _row(result: Tuned) -> dict[str, Any]:
    """Return what is known of a model; the scores are those of the fresh trials."""
    search = result.search
    error = None if result.error is None else str(result.error)
    if search is None:
        note = "tuned before" if result.skipped else "failed"
        return {
            "file": result.source,
            "scaling_factor": result.scaling_factor,
            "note": note,
            "error": error,
        }
    note = "beyond the range" if search.extended else ""
    if search.conversion is not None:
        note = f"{search.conversion.kind}, gain {search.conversion.gain:g}"
    return {
        "file": result.source,
        "task": search.task.name,
        "trials": search.fresh.score.trials,
        "seed": search.seed,
        "method": search.method,
        "scaling_factor": search.scaling_factor,
        "plateau_from": search.plateau[0],
        "plateau_to": search.plateau[-1],
        **accuracy_columns("spiking_network", search.fresh),
        "nrmse": search.fresh_nrmse,
        "rate_hz": search.fresh_rate,
        "search_trials": search.search_trials,
        "drive_error": search.drive_error,
        "seconds": search.seconds,
        "note": note,
        **rule_columns(search.task, strict=False),
        "error": error,
    }


def _print_table(tuned: tuple[Tuned, ...]) -> None:
    from spiking.evaluation.words import freshness, rule_lines

    headings = ("file", "factor", "plateau", "accuracy", "95 % interval", "strict", "sustained", "NRMSE")
    cells = [(*headings, "rate (Hz)", "search trials", "seconds", "note")]
    for row in map(_row, tuned):
        factor = "-" if row["scaling_factor"] is None else f"{row['scaling_factor']:g}"
        if "trials" not in row:
            cells.append((row["file"], factor, *["-"] * 9, row["note"]))
            continue
        accuracy, low, high, strict, sustained = (
            number(row[f"spiking_network_{name}"], 3)
            for name in ("accuracy", "low", "high", "strict", "sustained")
        )
        cells.append(
            (
                *(row["file"], factor, f"{row['plateau_from']:g} to {row['plateau_to']:g}"),
                *(accuracy, f"{low} to {high}", strict, sustained, number(row["nrmse"], 3)),
                *(number(row["rate_hz"], 2), str(row["search_trials"]), f"{row['seconds']:.1f}", row["note"]),
            )
        )
    echo(aligned(cells), lines=True)
    tasks: dict[str, dict[str, None]] = {}  # the lines of each task, in the order of the files
    for search in (result.search for result in tuned if result.search is not None):
        lines = rule_lines(search.fresh, freshness(search.task, search.seed, fresh=True))
        tasks.setdefault(search.task.name, {}).update(dict.fromkeys(lines))
    for name, lines_of_task in tasks.items():
        if len(tasks) > 1:
            echo(f"{name}:")
        for line in lines_of_task:
            echo(line, lines=True)
    for result in tuned:
        if result.search is not None and result.search.verdict is not None:
            echo(f"{result.source}: {result.search.verdict}")
    _print_skipped(tuned)


def _print_skipped(tuned: tuple[Tuned, ...]) -> None:
    if any(result.skipped for result in tuned):
        echo(
            "models that were tuned before were skipped, whatever conversion and task were asked for; tune "
            "them again with --force",
            err=True,
        )

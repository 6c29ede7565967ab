"""`spiking report`: write one page about a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spiking.command_line.models import SettingOption, TaskOption, chosen_task, load_model
from spiking.command_line.progress import progress_bar
from spiking.optional import library


def report(
    model: Annotated[str, typer.Argument(help="Model file (.mat), or go-nogo, xor, mante or dms.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Page to write (.html).")] = Path(
        "report.html"
    ),
    task_name: TaskOption = None,
    setting: SettingOption = None,
    trials: Annotated[int, typer.Option(min=1, max=100_000, help="Number of trials to score.")] = 100,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="The same seed gives the same page.")] = 1,
    scaling_factor: Annotated[
        float | None,
        typer.Option(help="Divides recurrent and output weights. Default: the one that the file records."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Number of threads. Default: all processors.")
    ] = None,
) -> None:
    """Write a page about a model.

    The page shows accuracy, trials, faithfulness of the conversion, tuning and warnings. It is one file that
    opens in any browser and needs no internet connection.

    Example: spiking report model.mat --task go-nogo -o report.html
    """
    from spiking.files.output import check_outputs, keep_text
    from spiking.report import report as make

    check_outputs([(output, (".html", ".htm"))], [model, task_name])
    library("matplotlib", "figures", "a report").use("agg")  # no windows
    rate_model = load_model(model)
    with progress_bar(trials) as advance:
        page = make(
            rate_model,
            chosen_task(rate_model, task_name, setting),
            trials,
            task_file=task_name,
            seed=seed,
            scaling_factor=scaling_factor,
            name=model,
            threads=threads,
            progress=advance,
        )
    keep_text(output, page)
    typer.echo(f"wrote {output} ({len(page) / 1e6:.1f} MB)")

"""`spiking report`: write one page about a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from spiking.command_line import options
from spiking.command_line.output import check_can_draw, echo
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError


def report(
    model: options.Network,
    output: Annotated[Path | None, options.output_to("Page to write (.html). Default: report.html.")] = None,
    task_name: options.TaskName = None,
    settings: options.Settings = None,
    trials: options.Trials = 100,
    seed: options.Seed = 1,
    scaling_factor: options.ScalingFactor = None,
    rate_model: options.RateModelFile = None,
    threads: options.Threads = None,
) -> None:
    """Write a page about a model.

    The page shows accuracy, trials, faithfulness of the conversion, tuning and warnings. It is one file that
    opens in any browser and needs no internet connection. A network file is compared with the rate model in
    --rate-model.

    Example: spiking report model.mat --task go-nogo -o report.html
    """
    from spiking.files.output import check_outputs, keep_text
    from spiking.report import report as make

    path = Path("report.html") if output is None else output
    check_outputs([(path, (".html", ".htm"))], [model, task_name])
    check_can_draw("a report")
    rates, network = options.both_networks(model, rate_model, scaling_factor)
    if rates is None:
        raise ArgumentError(f"{model} is a network file; expected --rate-model with its rate model")
    with progress_bar("trials", trials) as advance:
        page = make(
            rates,
            options.chosen_task(rates, task_name, settings),
            trials,
            network=None if rate_model is None else network,
            task_file=task_name,
            seed=seed,
            scaling_factor=scaling_factor,
            name=model,
            threads=threads,
            progress=advance,
        )
    keep_text(path, page)
    echo(f"wrote {path} ({len(page) / 1e6:.1f} MB)")

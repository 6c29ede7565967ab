"""`spiking demo`: run trials of a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spiking.command_line.models import load_model, tell_settings
from spiking.command_line.pictures import check_can_draw, save_figure
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError


def demo(
    model: Annotated[
        str,
        typer.Argument(help="A trained Go-NoGo model (.mat). Default: the one that comes with the package."),
    ] = "go-nogo",
    train: Annotated[bool, typer.Option("--train", help="Train a new model instead.")] = False,
    scaling_factor: Annotated[
        float | None,
        typer.Option(
            help="Scaling factor. Default: the one that the file records, else the best of 20 to 75."
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="File for the picture (.png, .pdf, .svg). Default: demo.png.")
    ] = None,
) -> None:
    """Run trials of a trained Go-NoGo model.

    Simulates 50 Go and 50 NoGo trials as a rate network and as a spiking network, and draws both.

    Example: spiking demo --plot go-nogo.pdf
    """
    from spiking.command_line.demonstration import TRIALS, demonstrate
    from spiking.files.output import PICTURES, check_outputs
    from spiking.training import train as train_model

    if train and model != "go-nogo":
        raise ArgumentError(f"{model} and --train: give a model or have one trained, not both")
    path, no_picture = plot or Path("demo.png"), ""
    try:
        check_outputs([(path, PICTURES)], [model])
        check_can_draw(path)
    except ArgumentError as error:
        if plot is not None:
            raise
        no_picture = f"no picture: {error}"
    rate_model = train_model("go-nogo", seed=1) if train else load_model(model)
    with progress_bar(TRIALS) as advance:
        both, origin = demonstrate(rate_model, scaling_factor=scaling_factor, progress=advance)
    tell_settings(rate_model, both.task, ())
    typer.echo(str(both.spiking))
    typer.echo(f"scaling factor {both.spiking.network.scaling_factor:g}: {origin}")
    for name, scored in (("rate", both.rate_score.score), ("spiking", both.spiking_score.score)):
        told = f"{scored.correct} of {scored.trials} Go and NoGo trials correct"
        typer.echo(f"{name + ' network:':16} {told}")
    if no_picture:
        typer.echo(no_picture, err=True)
    else:
        save_figure(path, both.spiking, trials=both.trials, task=both.task, rate=both.rate)

"""`spiking demo`: run trials of a trained Go-NoGo model as a rate network and as a spiking network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spiking.command_line import loading, options
from spiking.command_line.network_table import network_json, network_verdict, trials_csv
from spiking.command_line.output import check_can_draw, echo, faithfulness_line, print_json, write_figure
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError

_TRIALS = 100  # Go and NoGo take turns
_SEARCH_TRIALS = 20


def demo(
    model: Annotated[
        str,
        typer.Argument(help="A trained Go-NoGo model (.mat). Default: the one that comes with the package."),
    ] = "go-nogo",
    train: Annotated[bool, typer.Option("--train", help="Train a new model instead.")] = False,
    scaling_factor: options.ScalingFactor = None,
    plot: Annotated[Path | None, options.picture_of("both networks")] = None,
    caption: options.Caption = False,
    csv_file: Annotated[Path | None, options.table_of("trial")] = None,
    force: options.Force = False,
    as_json: options.AsJson = False,
) -> None:
    """Run trials of a trained Go-NoGo model.

    Simulates 50 Go and 50 NoGo trials as a rate network and as a spiking network, and draws both, into
    demo.png by default. A model without a recorded scaling factor is tuned first, on other trials.

    Example: spiking demo --plot go-nogo.pdf
    """
    from spiking import find_scaling_factor
    from spiking.analysis.faithfulness import faithfulness_of
    from spiking.evaluation import run_both
    from spiking.evaluation.words import freshness, score_lines
    from spiking.files.output import PICTURES, check_outputs, keep_text
    from spiking.rate_model.recorded_settings import recorded_scaling_factor, task_for
    from spiking.tasks import GoNoGo
    from spiking.training import train as train_model
    from spiking.tuning.recorded_search import is_recorded_choice

    if train and model != "go-nogo":
        raise ArgumentError(f"{model} and --train are given; expected one of them")
    path, no_picture = plot or Path("demo.png"), ""
    check_outputs([(csv_file, (".csv",)), (plot, PICTURES)], [model], force=force)
    try:
        check_outputs([(path, PICTURES)], [model])
        check_can_draw(f"the picture {path}")
    except ArgumentError as error:
        if plot is not None:
            raise
        no_picture = f"no picture: {error}"
    rate_model = train_model("go-nogo") if train else loading.load_model(model)
    if (rate_model.n_inputs, rate_model.n_outputs) != (GoNoGo.n_inputs, GoNoGo.n_outputs):
        raise ArgumentError(
            f"{rate_model.source} has inputs: {rate_model.n_inputs}, outputs: {rate_model.n_outputs}; "
            f"expected a Go-NoGo model, with one of each"
        )
    task = task_for(rate_model, GoNoGo)
    factor, origin = scaling_factor, "as given"
    if factor is None and recorded_scaling_factor(rate_model) is not None:
        origin = "tuned, from the file"
    elif factor is None:
        factor = find_scaling_factor(rate_model, task, trials=_SEARCH_TRIALS).scaling_factor
        origin = "tuned now, on other trials"
    with progress_bar("trials", _TRIALS) as advance:
        both = run_both(rate_model, task, _TRIALS, scaling_factor=factor, progress=advance)
    loading.print_settings(rate_model, task, (), suggested=False)
    fresh = origin.startswith("tuned now") or is_recorded_choice(rate_model, both.spiking.network)
    scores = {"rate": both.rate_score, "spiking": both.spiking_score}
    close = faithfulness_of(both)
    if as_json:
        facts = network_json(
            *("a new model" if train else model, rate_model, both.spiking.network, scores, close), fresh=fresh
        )
        print_json({**facts, "chosen": origin, "plot": None if no_picture else path})
    else:
        echo(str(both.spiking), lines=True)
        echo(f"scaling factor {both.spiking.network.scaling_factor:g}: {origin}")
        echo("Go and NoGo take turns, so that these are other trials than those of `spiking evaluate`")
        for line in score_lines(scores, freshness(task, both.seed, fresh=fresh)):
            echo(line, lines=True)
        echo(faithfulness_line(close))
        missed = network_verdict(both.spiking.network, scores)
        if missed is not None:
            echo(missed)
    if csv_file is not None:
        keep_text(csv_file, trials_csv(scores))
    if no_picture:
        echo(no_picture, err=True)
    else:
        from matplotlib.figure import Figure

        from spiking import plotting

        drawn = plotting.overview(
            both.spiking, trials=both.trials, task=task, rate=both.rate, figure=Figure()
        )
        write_figure(path, drawn, caption=caption)
